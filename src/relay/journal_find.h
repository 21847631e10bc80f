/*
 * journal_find.h - which rows of one file an erasure or an edit is about, and overwriting them. Thread: the keeper's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct erasure;
struct error;
struct search;
struct shelf;

/* search: of the same file; NULL: it has none, all rows are looked at. *rows grows by the number overwritten. */
bool find_and_erase(struct shelf *shelf, struct search *search, struct erasure *erasure, size_t *rows, struct error *err);
