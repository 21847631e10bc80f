/*
 * journal_load.h - what a start takes out of the files, and what stands at the head of each. Thread: the loop's, before
 * the others start; journal_write_identity() the writer's.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>

struct error;
struct journal;

/*
 * A file is made in steps, and its first transaction brings identity, state and rows together. False: killed before
 * that, it holds nothing, and the state stands in the file before it. In doubt true.
 */
bool journal_is_begun(const char *path);

void journal_load_state(struct journal *journal, sqlite3 *db);
void journal_load_gaps(struct journal *journal);  // of the last five files

/* Epoch and hash key: drawn once, and copied from file to file. */
void journal_draw_identity(struct journal *journal);
void journal_load_identity(struct journal *journal, sqlite3 *db);
bool journal_write_identity(struct journal *journal, sqlite3 *db, struct error *err);
