#include "base/poison.h"

#include <fcntl.h>
#include <signal.h>
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

enum { QUARANTINE_MAX = 64, OPEN_MAX = 8 };
#define MAGIC UINT64_C(0x33306e6f73696f70)

struct page {
    uint64_t magic;
    struct hash_key key;
    uint64_t quarantine[QUARANTINE_MAX];  // hashes, oldest overwritten first
    uint32_t quarantine_count;            // ever added
    uint32_t is_busy;
    uint32_t has_crashed;                 // the worker's own signal, not a kill from outside
    int32_t worker;                       // its thread's id
    uint64_t hash;                        // of what is worked on
    uint64_t suspect;                     // of what the last run was killed at; 0: nothing
    struct poison_case now;
};

struct poison {
    struct page *page;  // mapped, shared
    bool has_found;
    struct poison_case found;
};

/* The pages that a crash has to mark. A slot is taken and given back, never moved: the handler only reads. */
static struct page *_Atomic open_pages[OPEN_MAX];

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE};

/* Runs in the thread that crashed: only what that thread was at is to blame. SA_RESETHAND: the signal comes again. */
static void mark_crash(int signo)
{
    for (size_t i = 0; i < OPEN_MAX; i++) {
        struct page *page = open_pages[i];
        if (page && page->is_busy && page->worker == (int32_t)gettid())
            page->has_crashed = 1;
    }
    raise(signo);
}

/* A sanitizer's or a debugger's handler stays: it ends in SIGABRT, which is ours. */
static void install_handlers(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(fatal_signals); i++) {
        struct sigaction now, ours = {.sa_handler = mark_crash, .sa_flags = (int)(SA_RESETHAND | SA_ONSTACK)};
        if (sigaction(fatal_signals[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
            sigaction(fatal_signals[i], &ours, NULL);
    }
}

static void swap_page(struct page *from, struct page *to)
{
    for (size_t i = 0; i < OPEN_MAX; i++) {
        struct page *expected = from;
        if (__atomic_compare_exchange_n((struct page **)&open_pages[i], &expected, to, false, __ATOMIC_SEQ_CST,
                __ATOMIC_SEQ_CST))
            return;
    }
}

static uint64_t thing_hash(const struct page *page, const char *where, const void *data, size_t len)
{
    // The place counts too: the same bytes on another source go another way.
    return hash_bytes(&page->key, data, len) ^ hash_bytes(&page->key, where, strlen(where));
}

static bool is_sound(const struct page *page)
{
    return page->magic == MAGIC && page->is_busy <= 1 && memchr(page->now.where, 0, POISON_WHERE_BYTES);
}

static void blame(struct poison *poison)
{
    struct page *page = poison->page;
    bool is_second_time = page->suspect == page->hash;
    page->suspect = page->hash;
    if (!page->has_crashed && !is_second_time)
        return;
    poison->has_found = true;
    poison->found = page->now;
    page->quarantine[page->quarantine_count++ % QUARANTINE_MAX] = page->hash;
}

static void adopt(struct poison *poison)
{
    struct page *page = poison->page;
    if (!is_sound(page)) {
        memset(page, 0, sizeof(*page));
        random_bytes(&page->key, sizeof(page->key));
        page->magic = MAGIC;
    } else if (page->is_busy) {
        blame(poison);
    }
    page->is_busy = page->has_crashed = 0;
    page->worker = (int32_t)gettid();
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
    swap_page(NULL, poison->page);
    install_handlers();
    return poison;
}

void poison_close(struct poison *poison)
{
    if (!poison)
        return;
    swap_page(poison->page, NULL);
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
    __atomic_store_n(&page->is_busy, 1, __ATOMIC_RELEASE);
    return true;
}

void poison_end(struct poison *poison)
{
    if (poison)
        __atomic_store_n(&poison->page->is_busy, 0, __ATOMIC_RELEASE);
}
