/*
 * journal_files.h - the folder of the journal: which files there are, in order, and the lock that keeps others out.
 * "journal-00000000000000004711.db" holds the messages from that id on; "search-….db" beside it is made from it.
 * Thread: any, for the list (it has a lock of its own); open and close: the loop's.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

struct journal_files {
    char *folder;  // owned
    int lock_fd;   // flock()ed while open
    pthread_mutex_t lock;
    uint64_t *first_ids;  // growing; owned
    size_t count;
    uint64_t generation;  // changes with the list: a name may come to mean another file
};

/* False: the folder is another process's, or its name is impossible. A folder that cannot be written is no failure. */
bool journal_files_open(struct journal_files *files, const char *folder, struct error *err);

/* Where the folder could not be made or locked before. False: it still cannot. Thread: the writer's. */
bool journal_files_retry(struct journal_files *files, struct error *err);
void journal_files_close(struct journal_files *files);

/* A copy of the list, growing, for the caller to free; NULL and 0: none. */
uint64_t *journal_files_list(struct journal_files *files, size_t *count);
uint64_t journal_files_newest(struct journal_files *files);  // 0: none

uint64_t journal_files_generation(struct journal_files *files);

void journal_files_add(struct journal_files *files, uint64_t first_id);
void journal_files_forget(struct journal_files *files, uint64_t first_id);

char *journal_files_path(const struct journal_files *files, uint64_t first_id);    // the caller frees
char *journal_files_search_path(const struct journal_files *files, uint64_t first_id);

/* Forgets the file and deletes it with all that belongs to it. */
void journal_files_remove(struct journal_files *files, uint64_t first_id);

/* Forgets the file and renames it to "….damaged-TIME", for a person to look at. Returns the new name; caller frees. */
char *journal_files_set_aside(struct journal_files *files, uint64_t first_id);
