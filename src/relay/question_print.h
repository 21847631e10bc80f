/*
 * question_print.h - a question reduced to what it asks, and whether two ask the same. Reading: letters of one form
 * (letters.h, han.h), elongations shortened, the translator's aliases and endings applied, what says nothing left out. What
 * is left stands as tokens - words, or letters of scripts without spaces - beside negations, numbers and persons.
 * Thread: the relay's own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct question_words;

enum { PRINT_LETTERS_MAX = 240, PRINT_TOKENS_MAX = 48, PRINT_NUMBERS_MAX = 8, PRINT_PERSONS_MAX = 12 };

struct print_token {
    uint32_t hash;
    uint8_t from, count;  // in letters
    bool asks;            // what, when: it may stand anywhere in the sentence
};

struct question_print {
    uint64_t key;          // of all its letters; two with one key are one question. 0: nothing to compare
    uint32_t numbers[PRINT_NUMBERS_MAX];
    uint8_t number_count, negations;
    uint8_t person_count, token_count, letter_count;
    uint8_t persons[PRINT_PERSONS_MAX];
    const struct print_token *tokens;
    const uint16_t *letters;  // of all words that say something, common ones too, without spaces
};

/* Where one is made, on the stack. */
struct print_space {
    struct question_print print;
    struct print_token tokens[PRINT_TOKENS_MAX];
    uint16_t letters[PRINT_LETTERS_MAX];
};

/* Returns space->print. */
const struct question_print *question_print_make(struct print_space *space, const struct question_words *words, struct str text);

/* In one allocation as large as it needs; the caller frees. */
struct question_print *question_print_copy(const struct question_print *print);

/*
 * Near-misses are no match: another number, negation, person or name, subject and object swapped. Rather one question
 * too many in the list than two different ones in one. 0: they do not ask the same; else how alike they are, to 100.
 */
int question_print_likeness(const struct question_print *a, const struct question_print *b);
