/*
 * question_group.h - the questions that are there, found by one that asks the same, at a cost that does not grow with their
 * number. Thread: the relay's own.
 *
 * How: each question stands under at most twelve signs, and one sign leads to a bucket of one cache line, which holds the newest
 * eight; so at most 96 candidates are looked at, however many there are and whatever a crowd asks by one pattern.
 * Six signs are MinHash bands (Broder 1997; Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", 3.4): the character
 * 3-grams of the tokens (pairs, in scripts without spaces) give 12 minima, two of which make a band; two questions that share a
 * proportion s of their grams share a band with 1 - (1 - s²)⁶: 0.93 at 0.6, 0.22 at 0.2. They find what is spelt otherwise.
 * Alone they fail where thousands ask by one pattern ("do you like …"), as the pattern's grams crowd the buckets (measured:
 * 8 % found of 250,000 by each of four patterns). So the other six are of the set of tokens, whole and with each of five left
 * out: the same words in another order, or one more or misspelt. An inverted list of rare grams has the same trouble.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct question_group;
struct question_print;

struct question_group *question_group_create(void);
void question_group_destroy(struct question_group *group);  // accepts NULL

/* Takes the place of what had this id. id: not 0. The print is copied. */
void question_group_add(struct question_group *group, uint64_t id, const struct question_print *print);
bool question_group_remove(struct question_group *group, uint64_t id);  // false: it is not there

/* The one with the same letters, else the most alike by question_print_likeness(); of equals the oldest. 0: none. */
uint64_t question_group_find(const struct question_group *group, const struct question_print *print);

size_t question_group_count(const struct question_group *group);
size_t question_group_bytes(const struct question_group *group);  // of memory, without malloc's own
