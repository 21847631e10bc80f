#include "overlay/picture_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/signature.h"
#include "overlay/pictures.h"

/* "APIC" and the version, then the SHA-256 of what follows. */
enum { MAGIC_BYTES = 8, HEAD_BYTES = MAGIC_BYTES + SIGNATURE_BYTES, KEEP_S = 30 * 24 * 3600 };
static const char magic[MAGIC_BYTES + 1] = "APIC0001";

struct picture_disk {
    char *folder;  // owned
    size_t cap_bytes, bytes;
    bool is_told;  // that it cannot be written
};

struct found {
    char name[PICTURE_KEY_BYTES];
    int64_t used_s;
    size_t bytes;
};

struct listing {
    struct found *items;  // owned
    size_t count;
};

static char *path_of(const struct picture_disk *disk, const char *key)
{
    return xasprintf("%s/%s", disk->folder, key);
}

/* ---- what is there */

/* Only what has the form of our names is ever touched; a half-written one ends in ".new". */
static bool is_ours(const char *name)
{
    size_t len = strspn(name, "0123456789abcdef");
    return len == PICTURE_KEY_BYTES - 1 && (name[len] == '\0' || strcmp(name + len, ".new") == 0);
}

static bool take(struct listing *listing, int folder, const char *name)
{
    struct stat info;
    if (!is_ours(name) || fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode))
        return false;
    if (strlen(name) >= PICTURE_KEY_BYTES) {
        unlinkat(folder, name, 0);
        return false;
    }
    listing->items = xreallocarray(listing->items, listing->count + 1, sizeof(*listing->items));
    struct found *item = &listing->items[listing->count++];
    *item = (struct found){.used_s = info.st_mtime, .bytes = (size_t)info.st_size};
    snprintf(item->name, sizeof(item->name), "%s", name);
    return true;
}

static bool list_folder(const char *path, struct listing *listing, struct error *err)
{
    DIR *folder = opendir(path);
    if (!folder)
        return error_errno(err, "%s", path);
    for (const struct dirent *entry; (entry = readdir(folder));)
        take(listing, dirfd(folder), entry->d_name);
    closedir(folder);
    return true;
}

static int compare_use(const void *a, const void *b)
{
    const struct found *first = a, *second = b;
    return first->used_s < second->used_s ? -1 : first->used_s > second->used_s;
}

/* Those used longest ago go first, until `room` bytes are left free below the cap. */
static void make_room(struct picture_disk *disk, size_t room)
{
    struct listing listing = {0};
    int64_t oldest_s = (int64_t)time(NULL) - KEEP_S;
    if (!list_folder(disk->folder, &listing, NULL))
        return;
    if (listing.count > 1)  // an empty list has no items to point at
        qsort(listing.items, listing.count, sizeof(*listing.items), compare_use);
    disk->bytes = 0;
    for (size_t i = 0; i < listing.count; i++)
        disk->bytes += listing.items[i].bytes;
    for (size_t i = 0; i < listing.count; i++) {
        if (listing.items[i].used_s >= oldest_s && disk->bytes + room <= disk->cap_bytes)
            break;
        disk->bytes -= listing.items[i].bytes;
        picture_disk_remove(disk, listing.items[i].name);
    }
    free(listing.items);
}

struct picture_disk *picture_disk_open(const char *folder, size_t cap_bytes, struct error *err)
{
    if (!file_make_folder(folder, err))
        return NULL;
    struct picture_disk *disk = xcalloc(1, sizeof(*disk));
    disk->folder = xstrdup(folder);
    disk->cap_bytes = cap_bytes;
    make_room(disk, 0);
    return disk;
}

void picture_disk_close(struct picture_disk *disk)
{
    if (!disk)
        return;
    free(disk->folder);
    free(disk);
}

/* ---- one file */

void picture_disk_key(const char *url, char key[PICTURE_KEY_BYTES])
{
    unsigned char digest[SIGNATURE_BYTES];
    signature_sha256(url, strlen(url), digest);
    signature_to_hex(digest, key);
}

static bool is_whole(const struct buffer *file)
{
    unsigned char digest[SIGNATURE_BYTES];
    if (file->len < HEAD_BYTES || memcmp(file->data, magic, MAGIC_BYTES) != 0)
        return false;
    signature_sha256(file->data + HEAD_BYTES, file->len - HEAD_BYTES, digest);
    return memcmp(digest, file->data + MAGIC_BYTES, SIGNATURE_BYTES) == 0;
}

bool picture_disk_read(struct picture_disk *disk, const char *key, struct buffer *out)
{
    char *path = path_of(disk, key);
    struct buffer file = {0};
    struct stat info;
    bool is_there = lstat(path, &info) == 0;
    // Of a pipe nobody would write into, reading would never end.
    bool is_good = is_there && S_ISREG(info.st_mode) && file_read(path, PICTURE_BYTES_MAX + HEAD_BYTES, &file, NULL) && is_whole(&file);
    if (is_good) {
        buffer_add(out, file.data + HEAD_BYTES, file.len - HEAD_BYTES);
        utimensat(AT_FDCWD, path, NULL, 0);  // used now
    } else if (is_there) {
        log_warn("overlay/pictures", "%s: damaged, and fetched anew", path);
        picture_disk_remove(disk, key);
    }
    buffer_fini(&file);
    free(path);
    return is_good;
}

/* Not synced: a picture can be had again, and one that is torn is seen by its hash. Nothing is written through a link. */
static bool write_file(const char *path, const void *bytes, size_t len)
{
    unsigned char head[HEAD_BYTES];
    memcpy(head, magic, MAGIC_BYTES);
    signature_sha256(bytes, len, head + MAGIC_BYTES);
    unlink(path);
    FILE *file = fopen(path, "wbxe");
    if (!file)
        return false;
    bool is_good = fwrite(head, 1, sizeof(head), file) == sizeof(head) && fwrite(bytes, 1, len, file) == len;
    is_good &= fclose(file) == 0;
    if (!is_good)
        unlink(path);
    return is_good;
}

static void tell_once(struct picture_disk *disk, const char *path)
{
    struct error err = {0};
    error_errno(&err, "%s", path);
    if (!disk->is_told)
        log_warn("overlay/pictures", "%s; pictures are not kept", err.text);
    disk->is_told = true;
}

void picture_disk_write(struct picture_disk *disk, const char *key, const void *bytes, size_t len)
{
    size_t whole = len + HEAD_BYTES;
    if (whole > disk->cap_bytes)
        return;
    if (disk->bytes + whole > disk->cap_bytes)
        make_room(disk, whole + disk->cap_bytes / 10);  // not again for each that follows
    char *path = path_of(disk, key), *fresh = xasprintf("%s.new", path);
    if (write_file(fresh, bytes, len) && rename(fresh, path) == 0) {
        disk->bytes += whole;
    } else {
        tell_once(disk, path);
        unlink(fresh);
    }
    free(path);
    free(fresh);
}

void picture_disk_remove(struct picture_disk *disk, const char *key)
{
    char *path = path_of(disk, key);
    unlink(path);
    free(path);
}

size_t picture_disk_bytes(const struct picture_disk *disk)
{
    return disk->bytes;
}
