/*
 * picture_worker.h - the thread that reads and writes the cache on disk and decodes: all that takes long. One job after
 * the other, each answered in the loop. Around a decoding stands a poison note, so that a picture that ends the program
 * is not decoded again. Thread: the loop's.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/list.h"
#include "overlay/picture_decode.h"
#include "overlay/picture_disk.h"

struct loop;
struct picture_worker;

enum { PICTURE_SIZES_MAX = 8 };

enum picture_outcome {
    PICTURE_DECODED,
    PICTURE_NOT_KEPT,  // no bytes were given, and the disk has none
    PICTURE_BROKEN,    // error says why
};

struct picture_job {
    struct list link;                // the worker's
    char key[PICTURE_KEY_BYTES];     // of the disk
    struct buffer bytes;             // the file; empty: it is read from disk
    struct picture_size sizes[PICTURE_SIZES_MAX];
    size_t size_count;
    bool is_still;                   // no size moves: there is no room for more
    // the answer
    enum picture_outcome outcome;
    bool is_from_disk;
    struct picture_frames frames[PICTURE_SIZES_MAX];
    struct error error;
};

struct picture_worker_options {
    struct loop *loop;         // borrowed
    const char *cache_folder;  // copied; NULL: nothing is kept
    size_t cache_bytes;
    const char *poison_path;   // copied; NULL: none
    /* Required. The job is given back, its answer filled in: picture_job_destroy() when done with it. */
    void (*done)(void *data, struct picture_job *job);
    void *data;
};

struct picture_worker *picture_worker_create(const struct picture_worker_options *options, struct error *err);

/* Waits for what it is at; what waits behind that is dropped, and done() is not called any more. Accepts NULL. */
void picture_worker_destroy(struct picture_worker *worker);

/* Takes the job over. */
void picture_worker_push(struct picture_worker *worker, struct picture_job *job);

void picture_job_destroy(struct picture_job *job);  // accepts NULL
