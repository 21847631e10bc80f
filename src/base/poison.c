#include "base/poison.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"

enum { QUARANTINE_MAX = 64 };
#define MAGIC UINT64_C(0x31306e6f73696f70)

struct page {
    uint64_t magic;
    struct hash_key key;
    uint64_t quarantine[QUARANTINE_MAX];  // hashes, oldest overwritten first
    uint32_t quarantine_count;            // ever added
    uint32_t is_busy;
    uint64_t hash;                        // of what is worked on
    struct poison_case now;
};

struct poison {
    struct page *page;  // mapped, shared
    bool has_found;
    struct poison_case found;
};

static uint64_t thing_hash(const struct page *page, const char *where, const void *data, size_t len)
{
    // The place counts too: the same bytes on another source go another way.
    return hash_bytes(&page->key, data, len) ^ hash_bytes(&page->key, where, strlen(where));
}

static bool is_sound(const struct page *page)
{
    return page->magic == MAGIC && page->is_busy <= 1 && memchr(page->now.where, 0, POISON_WHERE_BYTES);
}

static void adopt(struct poison *poison)
{
    struct page *page = poison->page;
    if (!is_sound(page)) {
        memset(page, 0, sizeof(*page));
        random_bytes(&page->key, sizeof(page->key));
        page->magic = MAGIC;
    } else if (page->is_busy) {
        poison->has_found = true;
        poison->found = page->now;
        page->quarantine[page->quarantine_count++ % QUARANTINE_MAX] = page->hash;
    }
    page->is_busy = 0;
}

struct poison *poison_open(const char *path, struct error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(struct page)) != 0) {
        error_errno(err, "%s", path);
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    void *page = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (page == MAP_FAILED) {
        error_errno(err, "%s: mmap", path);
        return NULL;
    }
    struct poison *poison = xcalloc(1, sizeof(*poison));
    poison->page = page;
    adopt(poison);
    return poison;
}

void poison_close(struct poison *poison)
{
    if (!poison)
        return;
    munmap(poison->page, sizeof(*poison->page));
    free(poison);
}

bool poison_found(const struct poison *poison, struct poison_case *found)
{
    if (!poison || !poison->has_found)
        return false;
    *found = poison->found;
    return true;
}

static bool is_quarantined(const struct page *page, uint64_t hash)
{
    uint32_t count = page->quarantine_count < QUARANTINE_MAX ? page->quarantine_count : QUARANTINE_MAX;
    for (uint32_t i = 0; i < count; i++) {
        if (page->quarantine[i] == hash)
            return true;
    }
    return false;
}

bool poison_begin(struct poison *poison, const char *where, const void *data, size_t len)
{
    if (!poison)
        return true;
    struct page *page = poison->page;
    page->hash = thing_hash(page, where, data, len);
    if (page->quarantine_count > 0 && is_quarantined(page, page->hash))
        return false;
    size_t where_len = strnlen(where, POISON_WHERE_BYTES - 1);
    memcpy(page->now.where, where, where_len);
    page->now.where[where_len] = '\0';
    page->now.len = len;
    memcpy(page->now.sample, data, len < POISON_SAMPLE_BYTES ? len : POISON_SAMPLE_BYTES);
    __atomic_store_n(&page->is_busy, 1, __ATOMIC_RELEASE);
    return true;
}

void poison_end(struct poison *poison)
{
    if (poison)
        __atomic_store_n(&poison->page->is_busy, 0, __ATOMIC_RELEASE);
}
