/* words_private.h - what the files behind words.h share. Thread: any, while nobody changes the words. */
#pragma once

#include "relay/lookalike.h"
#include "relay/words.h"

/*
 * One letter of a text as it is compared, the same letter behind it counted into it ("baaad" is b, a three times, d), or
 * the break between two words, whose base is ' '.
 */
struct spot {
    uint32_t base;      // what it looks like
    uint32_t plain;     // what it is
    uint32_t from, to;  // bytes of the text
    uint16_t run;
    uint8_t flags;
    uint8_t tokens, long_tokens;  // that begin in it
    uint8_t spaces_before, spaces_within;  // words brought together over a blank
};

enum {
    SPOT_BREAK = 1 << 0,
    SPOT_START = 1 << 1,   // the first letter of a word
    SPOT_END = 1 << 2,     // the last one
    SPOT_MARKED = 1 << 3,  // with an accent
    SPOT_STAND_IN = 1 << 4,  // a digit or symbol for a letter
    SPOT_DIGIT = 1 << 5,
};

/* --- words_reading.c: the ways in which a text can be read --- */

enum stand_ins { AS_WRITTEN, STAND_INS_FIRST, STAND_INS_SECOND };  // 1 is 1, i, l

struct raw;
struct token;

struct reading {
    struct spot *spots;  // owned; grows and stays
    size_t count, capacity;
    struct raw *raws;
    size_t raw_count, raw_capacity;
    struct token *tokens;
    size_t token_count, token_capacity;
    bool has_stand_ins, has_second;  // of reading_begin()
    bool has_joins;                  // of reading_make()
};

void reading_fini(struct reading *reading);

/* Looks at each character once. */
void reading_begin(struct reading *reading, struct str text, const struct emote *emotes, size_t emote_count);

/* Makes the spots. In this order, as what stands for letters is made letters for good; AS_WRITTEN once only. */
void reading_make(struct reading *reading, enum stand_ins stand_ins);

/* The same once more, and words that a trick may have parted are one. */
void reading_join(struct reading *reading);

/* --- words_tree.c: all entries at once --- */

struct pattern {
    struct spot *spots;  // owned
    size_t count;
    uint32_t word;       // index of what it belongs to
    uint32_t next;       // another one with the same letters; 0: none, else index + 1
};

struct tree;

/* patterns: their `next` is filled in. */
struct tree *tree_create(struct pattern *patterns, size_t count);
void tree_destroy(struct tree *tree);  // accepts NULL

/* fn: the pattern `index` (and its `next`) ends with the spot `end`. False from it ends the search. */
void tree_search(const struct tree *tree, const struct spot *spots, size_t count,
                 bool (*fn)(void *data, uint32_t index, size_t end), void *data);

/* --- words.c --- */

/* False: why_not says what is wrong with the entry. */
bool words_add_entry(struct words *words, const char *list, const char *category, struct str entry, const char **why_not);
void words_remove_entry(struct words *words, struct str entry);
const char *words_keep_name(struct words *words, const char *name, size_t len);  // lives as long as the lists
