/* How a text is read: characters become letters, letters words, and what a trick has parted comes together again. */
#include <stdlib.h>
#include <string.h>
#include <unicode/unorm2.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "chat/message.h"
#include "relay/words_private.h"

/* One letter, digit, blank or symbol of the text. */
struct raw {
    uint32_t letter, plain;
    uint32_t from, to;
    uint8_t group;  // GLYPH_…, GROUP_DIGITS; 0: no part of a word
    uint8_t flags;  // SPOT_MARKED, SPOT_DIGIT, SPOT_STAND_IN
    uint8_t gap;    // of what is no part of one
    bool is_letter, may_stand_in;
    const struct glyph *glyph;
};

enum gap { GAP_NONE, GAP_SYMBOL, GAP_SPACE, GAP_HARD };  // hard: nothing is brought together over it

/* A word: letters of one group with nothing between them. */
struct token {
    uint32_t first, end;  // of raws
    uint32_t distinct;    // letters, the same one behind it not counted
    uint8_t group;
    uint8_t gap;          // before it
};

enum { GROUP_DIGITS = 100 };

void reading_fini(struct reading *reading)
{
    free(reading->spots);
    free(reading->raws);
    free(reading->tokens);
}

/* --- Characters --- */

static inline struct raw *add_raw(struct reading *reading)
{
    if (reading->raw_count == reading->raw_capacity) {
        reading->raw_capacity = reading->raw_capacity ? reading->raw_capacity * 2 : 256;
        reading->raws = xreallocarray(reading->raws, reading->raw_capacity, sizeof(*reading->raws));
    }
    return &reading->raws[reading->raw_count++];
}

static inline uint8_t gap_of(const struct glyph *glyph)
{
    return glyph->kind == GLYPH_SPACE ? GAP_SPACE : glyph->plain == 0x3002 ? GAP_HARD : GAP_SYMBOL;  // 。
}

static inline void add_glyph(struct reading *reading, const struct glyph *glyph, uint32_t from, uint32_t to)
{
    bool is_letter = glyph->kind == GLYPH_LETTER, is_digit = glyph->kind == GLYPH_DIGIT;
    size_t count = glyph->count > 1 ? glyph->count : 1;
    for (size_t i = 0; i < count; i++) {
        *add_raw(reading) = (struct raw){
            .letter = glyph->letters[i], .plain = glyph->plain, .from = from, .to = to, .glyph = glyph,
            .group = is_letter ? glyph->group : is_digit ? GROUP_DIGITS : 0,
            .flags = (uint8_t)((glyph->is_marked ? SPOT_MARKED : 0) | (is_digit ? SPOT_DIGIT : 0)),
            .gap = is_letter || is_digit ? GAP_NONE : gap_of(glyph), .is_letter = is_letter};
    }
}

static void add_gap(struct reading *reading, uint32_t from, uint32_t to)
{
    *add_raw(reading) = (struct raw){.from = from, .to = to, .gap = GAP_HARD, .glyph = lookalike_find(0)};
}

/* A letter and its mark are what they are as one character, where there is one. */
static void mark_last(struct reading *reading, uint32_t mark)
{
    if (reading->raw_count == 0)
        return;
    struct raw *last = &reading->raws[reading->raw_count - 1];
    UErrorCode status = U_ZERO_ERROR;
    UChar32 whole = unorm2_composePair(unorm2_getNFCInstance(&status), (UChar32)last->plain, (UChar32)mark);
    last->flags |= SPOT_MARKED;
    if (whole > 0)
        last->plain = (uint32_t)whole;
}

static inline void add_character(struct reading *reading, const struct glyph *ascii, struct str text, uint32_t *at)
{
    size_t size = 1;
    unsigned char byte = (unsigned char)text.data[*at];
    uint32_t c = byte < 0x80 ? byte : utf8_decode(text.data + *at, text.len - *at, &size);
    const struct glyph *glyph = byte < 0x80 ? &ascii[byte] : lookalike_find(c);
    if (glyph->kind == GLYPH_MARK) {
        mark_last(reading, c);
    } else if (glyph->kind != GLYPH_DROPPED) {
        add_glyph(reading, glyph, *at, *at + (uint32_t)size);
    }
    *at += (uint32_t)size;
}

/* --- Digits and symbols that stand for letters --- */

static bool is_word_part(const struct raw *raw)
{
    return raw->group == GLYPH_ALPHABET || raw->glyph->stands_for;
}

static bool is_digit(const struct raw *raw)
{
    return raw->group == GROUP_DIGITS;
}

static bool is_money(const struct raw *raws, size_t count, size_t i)
{
    if (is_digit(&raws[i]) || raws[i].plain == '@' || raws[i].plain == '!' || raws[i].plain == '|')
        return false;
    return (i + 1 < count && is_digit(&raws[i + 1])) || (i > 0 && is_digit(&raws[i - 1]));
}

/* "!" and its like at a word's end are what they are. */
static bool is_end_mark(uint32_t plain)
{
    return plain == '!' || plain == '|' || plain == '+';
}

/*
 * Of raws first … end: 455 is a number and "$5" a price, but "a55" and "@$$" are words. A trailing "!" is one.
 */
static void mark_stand_ins(struct reading *reading, size_t first, size_t end)
{
    struct raw *raws = reading->raws;
    size_t letters = 0, signs = 0;
    for (size_t i = first; i < end; i++) {
        letters += raws[i].is_letter;
        signs += raws[i].plain == '@';
    }
    if (letters == 0 && (signs == 0 || end - first < 3))
        return;
    while (end > first && is_end_mark(raws[end - 1].plain))
        end--;
    for (size_t i = first; i < end; i++) {
        const struct glyph *glyph = raws[i].glyph;
        if (!glyph->stands_for || raws[i].is_letter || is_money(raws, reading->raw_count, i))
            continue;
        raws[i].may_stand_in = true;
        reading->has_stand_ins = true;
        reading->has_second |= glyph->or_for != 0;
    }
}

static void find_stand_ins(struct reading *reading)
{
    for (size_t i = 0; i < reading->raw_count;) {
        size_t first = i;
        bool has_any = false;
        for (; i < reading->raw_count && is_word_part(&reading->raws[i]); i++)
            has_any |= !reading->raws[i].is_letter;
        if (has_any)
            mark_stand_ins(reading, first, i);
        if (i == first)
            i++;
    }
}

/* "bu11", "bu||": twice it is an l. */
static bool is_twice(const struct reading *reading, size_t i)
{
    const struct raw *raws = reading->raws;
    return (i > 0 && raws[i - 1].plain == raws[i].plain) || (i + 1 < reading->raw_count && raws[i + 1].plain == raws[i].plain);
}

/* From now on they are letters. */
static void use_stand_ins(struct reading *reading, enum stand_ins stand_ins)
{
    for (size_t i = 0; i < reading->raw_count; i++) {
        struct raw *raw = &reading->raws[i];
        if (!raw->may_stand_in)
            continue;
        bool is_second = stand_ins == STAND_INS_SECOND || (raw->glyph->or_for == 'l' && is_twice(reading, i));
        raw->letter = (uint32_t)(is_second && raw->glyph->or_for ? raw->glyph->or_for : raw->glyph->stands_for);
        raw->group = GLYPH_ALPHABET;
        raw->flags = SPOT_STAND_IN;
    }
}

void reading_begin(struct reading *reading, struct str text, const struct emote *emotes, size_t emote_count)
{
    reading->raw_count = 0;
    reading->has_stand_ins = reading->has_second = false;
    const struct glyph *ascii = lookalike_find(0);
    bool may_stand_in = false;
    size_t next = 0;
    for (uint32_t at = 0; at < text.len;) {
        while (next < emote_count && emotes[next].from < at)
            next++;  // out of order, or within another: its letters count
        if (next < emote_count && emotes[next].from == at && emotes[next].to > at && emotes[next].to <= text.len) {
            add_gap(reading, at, emotes[next].to);
            at = emotes[next++].to;
            continue;
        }
        add_character(reading, ascii, text, &at);
    }
    for (size_t i = 0; i < reading->raw_count; i++)
        may_stand_in |= !reading->raws[i].is_letter && reading->raws[i].glyph->stands_for;
    if (may_stand_in)
        find_stand_ins(reading);
}

/* --- Words --- */

static struct token *add_token(struct reading *reading)
{
    if (reading->token_count == reading->token_capacity) {
        reading->token_capacity = reading->token_capacity ? reading->token_capacity * 2 : 64;
        reading->tokens = xreallocarray(reading->tokens, reading->token_capacity, sizeof(*reading->tokens));
    }
    return &reading->tokens[reading->token_count++];
}

static void find_tokens(struct reading *reading)
{
    uint8_t gap = GAP_HARD;
    struct token *token = NULL;
    uint32_t last = 0;
    reading->token_count = 0;
    for (uint32_t i = 0; i < reading->raw_count; i++) {
        const struct raw *raw = &reading->raws[i];
        if (raw->group == 0) {
            gap = token || raw->gap > gap ? raw->gap : gap;
            token = NULL;
            continue;
        }
        if (!token || token->group != raw->group) {
            uint8_t before = token ? GAP_NONE : gap;
            token = add_token(reading);
            *token = (struct token){.first = i, .group = raw->group, .gap = before};
            last = 0;
        }
        token->end = i + 1;
        token->distinct += raw->letter != last;
        last = raw->letter;
    }
}

static bool is_vowel(uint32_t letter)
{
    return letter == 'a' || letter == 'e' || letter == 'i' || letter == 'o' || letter == 'u' || letter == 'y';
}

/* "f uck": a consonant does not stand alone. */
static bool is_lone_consonant(const struct reading *reading, const struct token *token)
{
    return token->distinct == 1 && token->group == GLYPH_ALPHABET && !is_vowel(reading->raws[token->first].letter);
}

/* Over a blank: what stands there alone on both sides ("f u c k"; the s of "it's hit" does not). */
static bool joins_over_space(const struct reading *reading, size_t index)
{
    const struct token *left = &reading->tokens[index - 1], *right = &reading->tokens[index];
    uint8_t behind = index + 1 < reading->token_count ? reading->tokens[index + 1].gap : GAP_HARD;
    bool left_is_free = left->distinct > 1 || left->gap >= GAP_SPACE;
    bool right_is_free = right->distinct > 1 || behind >= GAP_SPACE;
    if (!left_is_free || !right_is_free)
        return false;
    if (left->distinct == 1 && (right->distinct == 1 || (index > 1 && left[-1].distinct == 1)))
        return true;  // "f u c k", "f u ck"
    return is_lone_consonant(reading, left) || is_lone_consonant(reading, right);
}

/* Whether the token and the one before it may be one word that somebody has parted. */
static bool joins(const struct reading *reading, size_t index)
{
    if (index == 0)
        return false;
    const struct token *left = &reading->tokens[index - 1], *right = &reading->tokens[index];
    if (left->group != right->group || right->gap == GAP_NONE || right->gap == GAP_HARD)
        return false;
    return right->gap == GAP_SYMBOL || joins_over_space(reading, index);
}

/* --- Spots --- */

static inline struct spot *add_spot(struct reading *reading)
{
    if (reading->count == reading->capacity) {
        reading->capacity = reading->capacity ? reading->capacity * 2 : 256;
        reading->spots = xreallocarray(reading->spots, reading->capacity, sizeof(*reading->spots));
    }
    return &reading->spots[reading->count++];
}

static void add_break(struct reading *reading, uint32_t at)
{
    *add_spot(reading) = (struct spot){.base = ' ', .plain = ' ', .from = at, .to = at, .run = 1, .flags = SPOT_BREAK};
}

static void repeat_spot(struct spot *spot, const struct raw *raw)
{
    if (spot->run < UINT16_MAX)
        spot->run++;
    spot->to = raw->to;
    spot->flags = (uint8_t)((spot->flags & ~SPOT_END) | (raw->flags & SPOT_MARKED));
}

static inline void add_letter(struct reading *reading, const struct raw *raw)
{
    struct spot *last = reading->count > 0 ? &reading->spots[reading->count - 1] : NULL;
    if (last && last->base == raw->letter) {
        repeat_spot(last, raw);
        return;
    }
    *add_spot(reading) = (struct spot){
        .base = raw->letter, .plain = raw->plain, .from = raw->from, .to = raw->to, .run = 1, .flags = raw->flags};
}

static void add_word(struct reading *reading, const struct token *token, bool is_joined)
{
    size_t before = reading->count;
    add_letter(reading, &reading->raws[token->first]);
    struct spot *first = &reading->spots[reading->count - 1];
    bool is_space = is_joined && token->gap == GAP_SPACE;
    if (reading->count > before) {
        first->flags |= SPOT_START;
        first->spaces_before = is_space;
    } else {
        first->spaces_within |= is_space;
    }
    first->tokens += first->tokens < UINT8_MAX;
    first->long_tokens += token->distinct > 1 && first->long_tokens < UINT8_MAX;
    for (uint32_t i = token->first + 1; i < token->end; i++)
        add_letter(reading, &reading->raws[i]);
    reading->spots[reading->count - 1].flags |= SPOT_END;
}

/* Blanks part no words in scripts that have none. */
static bool runs_on(const struct reading *reading, size_t index)
{
    const struct token *right = &reading->tokens[index];
    return right->group == GLYPH_UNSPACED && reading->tokens[index - 1].group == GLYPH_UNSPACED &&
           (right->gap == GAP_SYMBOL || right->gap == GAP_SPACE);
}

void reading_make(struct reading *reading, enum stand_ins stand_ins)
{
    if (stand_ins != AS_WRITTEN)
        use_stand_ins(reading, stand_ins);
    find_tokens(reading);
    reading->count = 0;
    reading->has_joins = false;
    for (size_t i = 0; i < reading->token_count; i++) {
        bool is_run = i > 0 && runs_on(reading, i);
        if (i > 0 && !is_run) {
            reading->has_joins |= joins(reading, i);
            add_break(reading, reading->raws[reading->tokens[i].first].from);
        }
        add_word(reading, &reading->tokens[i], false);
    }
}

void reading_join(struct reading *reading)
{
    reading->count = 0;
    for (size_t i = 0; i < reading->token_count; i++) {
        bool is_joined = joins(reading, i);
        if (i > 0 && !is_joined)
            add_break(reading, reading->raws[reading->tokens[i].first].from);
        add_word(reading, &reading->tokens[i], is_joined);
    }
}
