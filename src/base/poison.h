/*
 * poison.h - what this process is working on, in a small mapped file that outlives it.
 * Before a thing from outside is parsed or drawn it is noted; after, the note is cleared. A note found at start names
 * the thing at which the process ended. If the working thread itself crashed (a signal like SIGSEGV or SIGABRT), the
 * thing is quarantined: it goes on a list in the same file and is refused from then on. If the process was killed from
 * outside (kill -9, out of memory), the thing may be innocent: it is quarantined only when that happens a second time
 * at the same thing.
 * The note holds a keyed hash and the place, never the thing: what is deleted must not survive here.
 * A few stores per note, no system call. Thread: the one that called poison_open(); one poison a thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct error;
struct poison;

enum { POISON_WHERE_BYTES = 128 };

/* What killed the last run: where it came from and how long it was. */
struct poison_case {
    char where[POISON_WHERE_BYTES];
    size_t len;  // bytes
};

/*
 * Opens or makes the file. A damaged file is begun anew. NULL: it cannot be mapped. Handlers for the fatal signals are
 * installed where there are none; they mark the note and let the signal take its course.
 */
struct poison *poison_open(const char *path, struct error *err);
void poison_close(struct poison *poison);

/* True if a thing was quarantined because the last run died of it; *found describes it. */
bool poison_found(const struct poison *poison, struct poison_case *found);

/* False: this very thing is quarantined, skip it. True: noted; call poison_end() when done with it. NULL poison: true. */
bool poison_begin(struct poison *poison, const char *where, const void *data, size_t len);
void poison_end(struct poison *poison);
