/*
 * stream.h - one writer's memory as a reader sees it: opened with suspicion, copied with doubt. Behind the door of
 * frame.h. Thread: its reader's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame/boxes.h"
#include "frame/layout.h"

struct error;

struct stream {
    struct layout layout;
    const uint8_t *map;  // NULL: closed
};

/* A reader's copy of one picture; {0} is one without memory. */
struct copy {
    uint8_t *pixels;         // owned
    struct frame_row *rows;  // owned
    struct frame_row *spare; // for the rows of the next picture; owned
    struct layout layout;    // of what it was allocated for
    uint64_t sequence;       // 0: not a picture of this stream
    int64_t published_ns;
    bool is_whole;  // zero outside the rows' spans; a torn copy is not
};

/*
 * Maps the memfd behind fd, which stays the caller's. False, and err says why: not sealed against shrinking, of a
 * kind whose pages can fail, or with a header that layout_check() refuses.
 */
bool stream_open(struct stream *stream, int fd, struct error *err);

/* Memory of our own in place of a memfd; for tests. len bytes at data, which outlive the stream. */
bool stream_open_memory(struct stream *stream, const void *data, size_t len, struct error *err);
void stream_close(struct stream *stream);

uint64_t stream_newest(const struct stream *stream);
int64_t stream_heartbeat_ns(const struct stream *stream);

/*
 * What differs between two pictures of this stream; the whole picture where the writer's notes are gone or `from`
 * is 0. False: the notes are no valid boxes.
 */
bool stream_damage(const struct stream *stream, uint64_t from, uint64_t to, struct boxes *boxes);

enum stream_result {
    STREAM_TAKEN,
    STREAM_TORN,  // overwritten meanwhile: look for a newer one
    STREAM_BAD,   // spans or damage outside the picture: not a writer to listen to
    STREAM_FULL,  // no memory for the copy
};

/* Brings copy, which may hold an older picture of this same stream, to picture `sequence`. */
enum stream_result stream_take(const struct stream *stream, uint64_t sequence, struct copy *copy);

void copy_fini(struct copy *copy);
