/*
 * pictures.h - pictures from outside: avatars, emotes, the host's own. One store for the process.
 * Whoever shows a picture says so by a `struct picture_use`, never waits, and hears when there is other news of it. A
 * picture is fetched, kept on disk, decoded by a thread of its own and made once for each size; what nobody shows any
 * more stays in memory until the room is needed. Every address and every file is hostile: docs/pictures.md tells the
 * bounds. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct image;
struct loop;
struct picture_use;
struct pictures;

struct pictures_options {
    struct loop *loop;         // borrowed
    const char *cache_folder;  // for the files as they came, made if it is missing; copied; NULL: none are kept
    int cache_mb;              // of all files there; 0: PICTURES_CACHE_MB, PICTURES_CACHE_NONE: they are erased
    const char *const *hosts;  // besides the known ones (picture_hosts.h), copied, ends with NULL; NULL: none
    const char *poison_path;   // notes of what is being decoded; copied; NULL: none are kept
    size_t memory_bytes;       // of decoded pictures that nobody shows; 0: 24 MiB
    int64_t timeout_ms;        // that one address may take; 0: 10000
    /* Optional. Asks for one of the host's own pictures, by its SHA-256 in hex: pictures_take_own() is the answer. */
    void (*ask_own)(void *data, const char *hash);
    void *data;
};

enum { PICTURES_CACHE_MB = 64, PICTURES_CACHE_NONE = -1, PICTURE_BYTES_MAX = 2 << 20 };

/* NULL: no thread could be started. A cache folder that cannot be used is told and done without. */
struct pictures *pictures_open(const struct pictures_options *options, struct error *err);

/* Accepts NULL. After all uses. */
void pictures_close(struct pictures *pictures);

/* A file of the host's own has come; or (bytes NULL) it will not, and err says why. */
void pictures_take_own(struct pictures *pictures, const char *hash, const void *bytes, size_t len,
    const struct error *err);

struct pictures_stats {
    size_t here, bytes;           // pictures in memory, of any size, and what they take
    uint64_t fetched, decoded, from_disk, failed;
};
struct pictures_stats pictures_stats(const struct pictures *pictures);

/* ---- showing one */

enum picture_fit {
    PICTURE_CONTAIN,  // all of it, in its own shape, as large as the box allows
    PICTURE_COVER,    // fills the box; what is too wide or too high is cut off on both sides
};

struct picture_want {
    const char *url;             // https://…, or antiphon:SHA256HEX: the host's own
    int width_px, height_px;     // of the box
    enum picture_fit fit;
    int radius_px;               // of its corners; half a side makes a disc
    bool is_still;               // the first frame only, whatever moves
};

enum picture_state {
    PICTURE_WAITING,  // on its way
    PICTURE_HERE,
    PICTURE_ABSENT,   // it cannot be had, or not for a while; that may change
};

/*
 * changed(data): its state is another; never called from within picture_use_create(), and neither makes nor destroys uses.
 * pictures NULL: it stays absent.
 */
struct picture_use *picture_use_create(struct pictures *pictures, const struct picture_want *want,
    void (*changed)(void *data), void *data);
void picture_use_destroy(struct picture_use *use);  // accepts NULL

enum picture_state picture_use_state(const struct picture_use *use);

/* px of the picture as made for the box; false: it is not here. */
bool picture_use_size(const struct picture_use *use, int *width_px, int *height_px);

/*
 * The frame that is due at now_ms, and until when in *until_ms (0: it stands still). All uses of one picture are in
 * step. Call while it is here.
 */
size_t picture_use_frame_at(const struct picture_use *use, int64_t now_ms, int64_t *until_ms);

/* Borrowed until the use is destroyed or its state changes. NULL: not here. */
struct image *picture_use_image(const struct picture_use *use, size_t frame);
