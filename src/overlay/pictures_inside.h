/*
 * pictures_inside.h - what pictures.c (who shows what, and what stays in memory) and picture_source.c (how an address
 * becomes pictures, and when it is tried again) share; nobody else includes it. Thread: the loop's.
 */
#pragma once

#include "base/list.h"
#include "net/backoff.h"
#include "net/loop.h"
#include "overlay/picture_hosts.h"
#include "overlay/picture_worker.h"
#include "overlay/pictures.h"

enum { SOURCE_BUCKETS = 512, SOURCES_MAX = 2048 };

enum source_stage {
    SOURCE_IDLE,
    SOURCE_IN_LINE,     // in pictures.to_look: the disk is asked
    SOURCE_TO_FETCH,    // in pictures.to_fetch: it is not on disk
    SOURCE_FETCHING,
    SOURCE_AT_WORKER,
};

/* One address. */
struct source {
    struct list link;      // in pictures.buckets
    struct list age;       // in pictures.sources, the one asked for last at the end
    struct list line;      // in pictures.to_look or pictures.to_fetch
    struct pictures *pictures;
    char *url;             // owned
    char key[PICTURE_KEY_BYTES];
    const char *own;       // in url: the SHA-256 of the host's own; NULL: it is fetched
    enum source_stage stage;
    struct http_request *request;  // while it is fetched over the network
    struct list items;     // struct picture, one a size
    struct backoff backoff;
    int64_t retry_ms;      // monotonic; not tried again before; 0: it has not failed
};

/* An address in one size. */
struct picture {
    struct list link;      // in source.items
    struct list idle;      // in pictures.idle while nobody shows it, the one shown last at the end
    struct source *source;
    struct picture_size size;
    enum picture_state state;
    int width_px, height_px;
    size_t count, bytes;   // of frames
    struct image **images; // owned, both
    int *until_ms;
    struct list uses;      // struct picture_use
};

struct pictures {
    struct pictures_options options;  // without what was copied
    struct picture_hosts *hosts;      // owned, these two
    struct picture_worker *worker;
    struct list buckets[SOURCE_BUCKETS];
    struct list sources, to_look, to_fetch;
    size_t source_count;
    int looking, fetching;            // at the worker from the line; over the network
    struct timer retry;
    struct list idle;
    int64_t told_from_ms;             // since then `told` lines were written about failures
    int told;
    struct pictures_stats stats;
};

/* ---- picture_source.c */

struct source *source_find(struct pictures *pictures, const char *url);  // made if it is new
void source_destroy(struct source *source);

/* A size is wanted that is not here: it is got, unless that is under way or was tried in vain just now. */
void source_need(struct source *source);

void sources_handle_job(void *data, struct picture_job *job);
void sources_handle_retry(void *data);

/* ---- pictures.c */

bool picture_is_wanted(const struct picture *picture);  // somebody shows it, and it is not here
void picture_take(struct picture *picture, struct picture_frames *frames);  // empties *frames
void picture_fail(struct picture *picture);
void picture_destroy(struct picture *picture);
