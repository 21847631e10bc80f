/*
 * host_pictures.h - the host's own pictures, as they were uploaded: kept in the data folder under the SHA-256 of their bytes,
 * named "antiphon:HEX" by the cards that show them. Nothing here decodes them; only the first bytes are looked at, for the
 * kind. One that no card uses is forgotten HOST_PICTURE_KEEP_MS later, so that an undo finds it, and with the next start.
 * Writing (and its sync) is done by a thread, so the loop does not wait for the disk. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct error;
struct host_pictures;
struct loop;

enum {
    HOST_PICTURE_BYTES_MAX = 2 * 1024 * 1024,
    HOST_PICTURES_MAX = 64,
    HOST_PICTURE_KEEP_MS = 10 * 60 * 1000,
};

struct host_pictures_options {
    struct loop *loop;        // borrowed, outlives it
    const char *data_folder;  // copied; theirs is "pictures" in it
    void *data;
    bool (*is_used)(void *data, const char *name);  // required: does a card name it?
};

/* A folder that cannot be read is a line in the log: then there are none. */
struct host_pictures *host_pictures_create(const struct host_pictures_options *options);
void host_pictures_destroy(struct host_pictures *pictures);  // ends what is being written; accepts NULL

/* "image/png", "image/jpeg", "image/webp", "image/gif"; NULL: none of these. By the first bytes. */
const char *host_picture_type(const void *bytes, size_t len);

/* name: "antiphon:HEX"; NULL: it could not be written, and err says why. In the loop, also from host_pictures_destroy(). */
typedef void (*host_picture_fn)(void *data, const char *name, const struct error *err);

/*
 * Keeps a copy of the bytes; done comes once, maybe within the call. False: refused, err says why, and done does not
 * come. ERROR_AGAIN: another one is being written, or there are too many.
 */
bool host_pictures_add(struct host_pictures *pictures, const void *bytes, size_t len, host_picture_fn done, void *data,
                       struct error *err);

bool host_pictures_has(const struct host_pictures *pictures, const char *name);
size_t host_pictures_count(const struct host_pictures *pictures);

/*
 * At most `max` bytes from byte `from` on are added to `out`; *total: how many it has. False: there is none of this name
 * (with or without "antiphon:"), or its file cannot be read.
 */
bool host_pictures_read(const struct host_pictures *pictures, const char *name, size_t from, size_t max, struct buffer *out,
                        size_t *total, struct error *err);

/* The cards are others: what none of them uses any more begins to wait for its end. Accepts NULL. */
void host_pictures_note_use(struct host_pictures *pictures);
