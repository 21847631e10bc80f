#include "relay/host_pictures.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/loop.h"
#include "net/signature.h"
#include "relay/host_cards.h"

#define NAME_PREFIX "antiphon:"

enum { HEX_LEN = SIGNATURE_HEX_BYTES - 1 };

struct picture {
    char name[HOST_CARD_PICTURE_BYTES];
    int64_t unused_ms;  // monotonic: since when no card uses it; 0: one does
};

/* One that is being written. Freed in the loop, by finish(). */
struct writing {
    struct host_pictures *pictures;  // NULL: they are gone, and done was called
    pthread_t thread;
    char name[HOST_CARD_PICTURE_BYTES], *path;  // path: owned
    void *bytes;                                // owned
    size_t len;
    bool is_done;
    struct error err;
    host_picture_fn done;
    void *data;
};

struct host_pictures {
    struct host_pictures_options options;
    char *folder;
    struct picture items[HOST_PICTURES_MAX];
    size_t count;
    struct writing *writing;  // NULL: none
    struct timer timer;       // the next one is to be forgotten
};

/* --- Names --- */

static bool is_hex(const char *text, size_t len)
{
    return len == HEX_LEN && strspn(text, "0123456789abcdef") >= HEX_LEN;
}

/* HEX or antiphon:HEX → HEX; NULL: no such name, so never a path. */
static const char *hex_of(const char *name)
{
    if (strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX)) == 0)
        name += strlen(NAME_PREFIX);
    return is_hex(name, strlen(name)) ? name : NULL;
}

static char *path_of(const struct host_pictures *pictures, const char *name)
{
    return xasprintf("%s/%s", pictures->folder, hex_of(name));
}

static struct picture *find(const struct host_pictures *pictures, const char *name)
{
    const char *hex = hex_of(name);
    for (size_t i = 0; hex && i < pictures->count; i++) {
        if (strcmp(hex_of(pictures->items[i].name), hex) == 0)
            return (struct picture *)&pictures->items[i];
    }
    return NULL;
}

bool host_pictures_has(const struct host_pictures *pictures, const char *name)
{
    return strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX)) == 0 && find(pictures, name);
}

size_t host_pictures_count(const struct host_pictures *pictures)
{
    return pictures->count;
}

/* PNG (ISO 15948, 5.2), JPEG (ISO 10918-1, B.1.1.3), GIF87a and 89a, WebP (RFC 9649, 2.4). */
const char *host_picture_type(const void *bytes, size_t len)
{
    if (len >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0)
        return "image/png";
    if (len >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0)
        return "image/jpeg";
    if (len >= 6 && (memcmp(bytes, "GIF87a", 6) == 0 || memcmp(bytes, "GIF89a", 6) == 0))
        return "image/gif";
    if (len >= 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp((const char *)bytes + 8, "WEBP", 4) == 0)
        return "image/webp";
    return NULL;
}

/* --- What is there, and how long --- */

static void insert(struct host_pictures *pictures, const char *name)
{
    struct picture *picture = &pictures->items[pictures->count++];
    snprintf(picture->name, sizeof(picture->name), "%s", name);
    picture->unused_ms = pictures->options.is_used(pictures->options.data, name) ? 0 : clock_monotonic_ms();
}

static void forget(struct host_pictures *pictures, size_t index)
{
    char *path = path_of(pictures, pictures->items[index].name);
    if (unlink(path) != 0 && errno != ENOENT)
        log_warn("relay/host_pictures", "%s: %s", path, strerror(errno));
    free(path);
    size_t rest = --pictures->count - index;
    memmove(&pictures->items[index], &pictures->items[index + 1], rest * sizeof(*pictures->items));
}

/* Forgets what has been unused for its time, and comes again for the next. */
static void sweep(void *data)
{
    struct host_pictures *pictures = data;
    int64_t now_ms = clock_monotonic_ms(), next_ms = 0;
    for (size_t i = pictures->count; i-- > 0;) {
        int64_t end_ms = pictures->items[i].unused_ms + HOST_PICTURE_KEEP_MS;
        if (pictures->items[i].unused_ms == 0)
            continue;
        if (end_ms <= now_ms) {
            forget(pictures, i);
        } else if (next_ms == 0 || end_ms < next_ms) {
            next_ms = end_ms;
        }
    }
    if (next_ms != 0)
        timer_start(&pictures->timer, next_ms - now_ms);
}

void host_pictures_note_use(struct host_pictures *pictures)
{
    if (!pictures)
        return;
    for (size_t i = 0; i < pictures->count; i++) {
        struct picture *picture = &pictures->items[i];
        if (pictures->options.is_used(pictures->options.data, picture->name)) {
            picture->unused_ms = 0;
        } else if (picture->unused_ms == 0) {
            picture->unused_ms = clock_monotonic_ms();
        }
    }
    sweep(pictures);
}

/* False: full of what cards use. Else the one that has been unused longest makes room. */
static bool make_room(struct host_pictures *pictures, struct error *err)
{
    size_t oldest = HOST_PICTURES_MAX;
    for (size_t i = 0; i < pictures->count; i++) {
        int64_t unused_ms = pictures->items[i].unused_ms;
        if (unused_ms != 0 && (oldest == HOST_PICTURES_MAX || unused_ms < pictures->items[oldest].unused_ms))
            oldest = i;
    }
    if (pictures->count < HOST_PICTURES_MAX)
        return true;
    if (oldest == HOST_PICTURES_MAX)
        return error_set(err, ERROR_AGAIN, "%d pictures are kept: forget a card with one first", HOST_PICTURES_MAX);
    forget(pictures, oldest);
    return true;
}

/* --- Writing --- */

static void finish(void *data)
{
    struct writing *writing = data;
    struct host_pictures *pictures = writing->pictures;
    if (pictures) {
        pthread_join(writing->thread, NULL);
        pictures->writing = NULL;
        if (writing->is_done) {
            insert(pictures, writing->name);
            sweep(pictures);
        }
        writing->done(writing->data, writing->is_done ? writing->name : NULL, &writing->err);
    }
    free(writing->bytes);
    free(writing->path);
    free(writing);
}

static void *write_it(void *data)
{
    struct writing *writing = data;
    writing->is_done = file_write_atomic(writing->path, writing->bytes, writing->len, 0600, &writing->err);
    loop_post(writing->pictures->options.loop, finish, writing);
    return NULL;
}

static void name_bytes(const void *bytes, size_t len, char name[HOST_CARD_PICTURE_BYTES])
{
    unsigned char digest[SIGNATURE_BYTES];
    char hex[SIGNATURE_HEX_BYTES];
    signature_sha256(bytes, len, digest);
    signature_to_hex(digest, hex);
    snprintf(name, HOST_CARD_PICTURE_BYTES, NAME_PREFIX "%s", hex);
}

static bool start_writing(struct host_pictures *pictures, struct writing *writing, struct error *err)
{
    pictures->writing = writing;
    if (!file_make_folder(pictures->folder, err)) {
        pictures->writing = NULL;
        return false;
    }
    int failed = pthread_create(&writing->thread, NULL, write_it, writing);
    if (failed == 0)
        return true;
    pictures->writing = NULL;
    return error_set(err, ERROR_SYSTEM, "no thread to write it: %s", strerror(failed));
}

static bool check(const struct host_pictures *pictures, const void *bytes, size_t len, struct error *err)
{
    if (!host_picture_type(bytes, len))
        return error_set(err, ERROR_DATA, "this is no picture: PNG, JPEG, WebP or GIF is expected");
    if (len > HOST_PICTURE_BYTES_MAX)
        return error_set(err, ERROR_DATA, "the picture has %zu bytes: %d are the most", len, HOST_PICTURE_BYTES_MAX);
    if (pictures->writing)
        return error_set(err, ERROR_AGAIN, "another picture is being kept: try again");
    return true;
}

bool host_pictures_add(struct host_pictures *pictures, const void *bytes, size_t len, host_picture_fn done, void *data,
                       struct error *err)
{
    if (!check(pictures, bytes, len, err))
        return false;
    struct writing *writing = xcalloc(1, sizeof(*writing));
    *writing = (struct writing){.pictures = pictures, .done = done, .data = data, .len = len};
    name_bytes(bytes, len, writing->name);
    struct picture *known = find(pictures, writing->name);
    if (known) {
        if (known->unused_ms != 0)
            known->unused_ms = clock_monotonic_ms();
        done(data, known->name, NULL);
        free(writing);
        return true;
    }
    writing->path = path_of(pictures, writing->name);
    writing->bytes = xmalloc(len);
    memcpy(writing->bytes, bytes, len);
    if (make_room(pictures, err) && start_writing(pictures, writing, err))
        return true;
    free(writing->bytes);
    free(writing->path);
    free(writing);
    return false;
}

/* --- Reading --- */

static bool read_part(const char *path, size_t from, size_t max, struct buffer *out, size_t *total, struct error *err)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool is_good = fd >= 0 && fstat(fd, &info) == 0;
    ssize_t got = is_good ? pread(fd, buffer_reserve(out, max), max, (off_t)from) : -1;
    if (got < 0)
        error_errno(err, "%s", path);
    if (fd >= 0)
        close(fd);
    if (got < 0)
        return false;
    out->len += (size_t)got;
    *total = (size_t)info.st_size;
    return true;
}

bool host_pictures_read(const struct host_pictures *pictures, const char *name, size_t from, size_t max, struct buffer *out,
                        size_t *total, struct error *err)
{
    if (!find(pictures, name))
        return error_set(err, ERROR_DATA, "there is no picture \"%.80s\"", name);
    if (from > HOST_PICTURE_BYTES_MAX)
        return error_set(err, ERROR_DATA, "from %zu: a picture has %d bytes at most", from, HOST_PICTURE_BYTES_MAX);
    char *path = path_of(pictures, name);
    bool is_read = read_part(path, from, max, out, total, err);
    free(path);
    return is_read;
}

/* --- Coming and going --- */

/* What no card uses, and what a kill left half written, goes. Other people's files stay. */
static void take_file(struct host_pictures *pictures, const char *file)
{
    char name[HOST_CARD_PICTURE_BYTES];
    bool is_left_over = strlen(file) > HEX_LEN && is_hex(file, HEX_LEN) && strstr(file + HEX_LEN, ".new");
    snprintf(name, sizeof(name), NAME_PREFIX "%.64s", file);
    bool is_ours = is_hex(file, strlen(file));
    if (is_ours && pictures->count < HOST_PICTURES_MAX && pictures->options.is_used(pictures->options.data, name)) {
        insert(pictures, name);
    } else if (is_ours || is_left_over) {
        char *path = xasprintf("%s/%s", pictures->folder, file);
        unlink(path);
        free(path);
    }
}

struct host_pictures *host_pictures_create(const struct host_pictures_options *options)
{
    struct host_pictures *pictures = xcalloc(1, sizeof(*pictures));
    pictures->options = *options;
    pictures->folder = xasprintf("%s/pictures", options->data_folder);
    timer_init(&pictures->timer, options->loop, sweep, pictures);
    DIR *dir = opendir(pictures->folder);
    if (!dir && errno != ENOENT)
        log_warn("relay/host_pictures", "%s: %s; there are no pictures", pictures->folder, strerror(errno));
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        take_file(pictures, entry->d_name);
    if (dir)
        closedir(dir);
    return pictures;
}

void host_pictures_destroy(struct host_pictures *pictures)
{
    if (!pictures)
        return;
    struct writing *writing = pictures->writing;
    if (writing) {
        pthread_join(writing->thread, NULL);
        const struct error err = {.code = ERROR_AGAIN, .text = "the relay is ending"};
        writing->done(writing->data, NULL, &err);
        writing->pictures = NULL;  // finish() was posted and frees it
    }
    timer_stop(&pictures->timer);
    free(pictures->folder);
    free(pictures);
}
