#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "frame/boxes.h"
#include "frame/frame.h"
#include "frame/layout.h"
#include "frame/rows.h"
#include "frame/wire.h"

enum { READERS_MAX = 32 };

struct memory {
    struct layout layout;
    int fd;
    uint8_t *map;  // the whole stream
};

struct frame_writer {
    char *path;  // owned
    int listen_fd, lock_fd, epoll_fd;
    int readers[READERS_MAX];
    size_t reader_count;

    struct memory memory;
    uint64_t sequence;       // newest published in this memory; 0: none
    uint64_t published;      // over all memories
    /* Ours and not the memory's, so that readers cannot spoil them. */
    struct frame_row *rows;                     // of the newest picture; owned
    struct frame_row *held[LAYOUT_SLOTS_MAX];   // of what each slot holds; owned
    /* What differs from picture n - 1 to n, at n % LAYOUT_RING. */
    struct boxes damage[LAYOUT_RING];
};

/* ---- memory ---- */

static struct layout_header *get_header(const struct memory *memory)
{
    return (struct layout_header *)(void *)memory->map;
}

static void memory_fini(struct memory *memory)
{
    if (memory->map)
        munmap(memory->map, memory->layout.size_bytes);
    if (memory->fd >= 0)
        close(memory->fd);
    *memory = (struct memory){.fd = -1};
}

static void write_header(const struct memory *memory)
{
    const struct layout *layout = &memory->layout;
    struct layout_header *header = get_header(memory);
    header->magic = LAYOUT_MAGIC;
    header->version = LAYOUT_VERSION;
    header->header_bytes = LAYOUT_HEADER_BYTES;
    header->width_px = (uint32_t)layout->width_px;
    header->height_px = (uint32_t)layout->height_px;
    header->stride_bytes = (uint32_t)layout->stride_bytes;
    header->format = LAYOUT_FORMAT_BGRA;
    header->slots = layout->slots;
    header->slot_bytes = layout->slot_bytes;
    header->size_bytes = layout->size_bytes;
    atomic_store(&header->heartbeat_ns, clock_monotonic_ns());
}

static bool seal(int fd)
{
    /* FUTURE_WRITE keeps readers from writing; kernels before 5.1 do not have it. */
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) < 0 && errno != EINVAL)
        return false;
    return fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
}

static bool memory_init(struct memory *memory, int32_t width_px, int32_t height_px, int slots,
                        struct error *err)
{
    *memory = (struct memory){.fd = -1};
    struct layout *layout = &memory->layout;
    if (!layout_init(layout, width_px, height_px, slots))
        return error_set(err, ERROR_DATA, "frame stream of %dx%d with %d slots: 1 to %d px a side, 3 to 8 slots",
                         width_px, height_px, slots, FRAME_SIDE_MAX);
    memory->fd = memfd_create("antiphon-frames", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory->fd < 0 || ftruncate(memory->fd, (off_t)layout->size_bytes) < 0)
        goto fail;
    void *map = mmap(NULL, layout->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd, 0);
    if (map == MAP_FAILED)
        goto fail;
    memory->map = map;
    write_header(memory);
    if (!seal(memory->fd))
        goto fail;
    return true;
fail:
    error_errno(err, "frame stream of %zu bytes", layout->size_bytes);
    memory_fini(memory);
    return false;
}

static void free_rows(struct frame_writer *writer)
{
    free(writer->rows);
    for (int i = 0; i < LAYOUT_SLOTS_MAX; i++)
        free(writer->held[i]);
}

/* For new memory: nothing is visible yet. */
static void make_rows(struct frame_writer *writer)
{
    const struct layout *layout = &writer->memory.layout;
    writer->rows = xcalloc((size_t)layout->height_px, sizeof(writer->rows[0]));
    for (uint32_t i = 0; i < layout->slots; i++)
        writer->held[i] = xcalloc((size_t)layout->height_px, sizeof(writer->rows[0]));
}

/* ---- readers ---- */

static void drop_reader(struct frame_writer *writer, size_t index)
{
    close(writer->readers[index]);
    writer->readers[index] = writer->readers[--writer->reader_count];
}

static bool watch(struct frame_writer *writer, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(writer->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void accept_reader(struct frame_writer *writer)
{
    int fd = accept4(writer->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    if (!wire_peer_is_us(fd)) {
        log_warn("frame/writer", "%s: a reader of another user was refused", writer->path);
    } else if (writer->reader_count == READERS_MAX) {
        log_warn("frame/writer", "%s: more than %d readers: one was refused", writer->path, READERS_MAX);
    } else if (wire_send(fd, WIRE_MEMORY, writer->sequence, writer->memory.fd) && watch(writer, fd)) {
        writer->readers[writer->reader_count++] = fd;
        return;
    }
    close(fd);
}

/* Readers send nothing: what is readable has hung up, and one that speaks is no reader of ours. */
static void drop_spoken(struct frame_writer *writer, int fd)
{
    for (size_t i = 0; i < writer->reader_count; i++) {
        if (writer->readers[i] == fd) {
            drop_reader(writer, i);
            return;
        }
    }
}

static void tell_readers(struct frame_writer *writer, enum wire_type type, int memory_fd)
{
    for (size_t i = writer->reader_count; i-- > 0;) {
        if (!wire_send(writer->readers[i], type, writer->sequence, memory_fd))
            drop_reader(writer, i);
    }
}

int frame_writer_fd(const struct frame_writer *writer)
{
    return writer->epoll_fd;
}

void frame_writer_handle(struct frame_writer *writer)
{
    struct epoll_event events[READERS_MAX + 1];
    int count = epoll_wait(writer->epoll_fd, events, READERS_MAX + 1, 0);
    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == writer->listen_fd)
            accept_reader(writer);
        else
            drop_spoken(writer, events[i].data.fd);
    }
}

size_t frame_writer_readers(const struct frame_writer *writer)
{
    return writer->reader_count;
}

/* ---- life ---- */

struct frame_writer *frame_writer_create(const struct frame_writer_options *options, struct error *err)
{
    struct frame_writer *writer = xcalloc(1, sizeof(*writer));
    writer->path = xstrdup(options->path);
    writer->listen_fd = writer->lock_fd = writer->epoll_fd = writer->memory.fd = -1;
    if (!memory_init(&writer->memory, options->width_px, options->height_px, options->slots ? options->slots : 4,
                     err))
        goto fail;
    make_rows(writer);
    writer->listen_fd = wire_listen(options->path, &writer->lock_fd, err);
    if (writer->listen_fd < 0)
        goto fail;
    writer->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (writer->epoll_fd < 0 || !watch(writer, writer->listen_fd)) {
        error_errno(err, "%s: epoll", options->path);
        goto fail;
    }
    return writer;
fail:
    frame_writer_destroy(writer);
    return NULL;
}

void frame_writer_destroy(struct frame_writer *writer)
{
    if (!writer)
        return;
    while (writer->reader_count > 0)
        drop_reader(writer, writer->reader_count - 1);
    if (writer->listen_fd >= 0) {
        unlink(writer->path);
        close(writer->listen_fd);
    }
    if (writer->lock_fd >= 0)
        close(writer->lock_fd);
    if (writer->epoll_fd >= 0)
        close(writer->epoll_fd);
    memory_fini(&writer->memory);
    free_rows(writer);
    free(writer->path);
    free(writer);
}

bool frame_writer_resize(struct frame_writer *writer, int32_t width_px, int32_t height_px, struct error *err)
{
    struct memory memory;
    if (!memory_init(&memory, width_px, height_px, (int)writer->memory.layout.slots, err))
        return false;
    memory_fini(&writer->memory);
    writer->memory = memory;
    writer->sequence = 0;
    free_rows(writer);
    make_rows(writer);
    /* A reader that is so far behind that it cannot take this message would read the old memory for ever. */
    for (size_t i = writer->reader_count; i-- > 0;) {
        errno = 0;
        if (!wire_send(writer->readers[i], WIRE_MEMORY, 0, memory.fd) || errno == EAGAIN)
            drop_reader(writer, i);
    }
    return true;
}

void frame_writer_beat(struct frame_writer *writer)
{
    atomic_store_explicit(&get_header(&writer->memory)->heartbeat_ns, clock_monotonic_ns(), memory_order_release);
}

uint64_t frame_writer_sequence(const struct frame_writer *writer)
{
    return writer->published;
}

/* ---- publishing ---- */

static bool clip(const struct layout *layout, struct frame_box *box)
{
    box->left = box->left < 0 ? 0 : box->left;
    box->top = box->top < 0 ? 0 : box->top;
    box->right = box->right > layout->width_px ? layout->width_px : box->right;
    box->bottom = box->bottom > layout->height_px ? layout->height_px : box->bottom;
    return box->left < box->right && box->top < box->bottom;
}

static void announce_damage(struct frame_writer *writer, uint64_t sequence)
{
    struct layout_damage *shared = &get_header(&writer->memory)->damage[sequence % LAYOUT_RING];
    const struct boxes *damage = &writer->damage[sequence % LAYOUT_RING];
    atomic_store_explicit(&shared->sequence, 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    shared->count = (uint32_t)damage->count;
    for (size_t i = 0; i < damage->count; i++) {
        const struct frame_box *box = &damage->list[i];
        shared->boxes[i] = (struct layout_box){(uint16_t)box->left, (uint16_t)box->top, (uint16_t)box->right,
                                               (uint16_t)box->bottom};
    }
    atomic_store_explicit(&shared->sequence, sequence, memory_order_release);
}

static void scan_rows(struct frame_writer *writer, const uint8_t *pixels, size_t stride_bytes,
                      const struct boxes *damage)
{
    for (size_t i = 0; i < damage->count; i++) {
        const struct frame_box *box = &damage->list[i];
        for (int32_t y = box->top; y < box->bottom; y++)
            rows_rescan(pixels + (size_t)y * stride_bytes, writer->memory.layout.width_px, box->left, box->right,
                &writer->rows[y]);
    }
}

/* All that changed since the picture that the slot still holds; it may hold none. */
static void collect_changes(const struct frame_writer *writer, uint64_t sequence, struct boxes *changes)
{
    const struct layout *layout = &writer->memory.layout;
    *changes = (struct boxes){1, {{0, 0, layout->width_px, layout->height_px}}};
    if (sequence <= layout->slots)
        return;
    changes->count = 0;
    for (uint64_t n = sequence - layout->slots + 1; n <= sequence; n++) {
        const struct boxes *damage = &writer->damage[n % LAYOUT_RING];
        for (size_t i = 0; i < damage->count; i++)
            boxes_add(changes, &damage->list[i]);
    }
}

/* The slot's table of rows, and our note of it, only where it differs: whole, they are as large as a card. */
static void copy_rows(struct frame_writer *writer, struct frame_row *table, struct frame_row *held, const struct boxes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct frame_box *box = &changes->list[i];
        size_t bytes = (size_t)(box->bottom - box->top) * sizeof(held[0]);
        memcpy(table + box->top, writer->rows + box->top, bytes);
        memcpy(held + box->top, writer->rows + box->top, bytes);
    }
}

static void fill_slot(struct frame_writer *writer, const uint8_t *pixels, size_t stride_bytes, uint64_t sequence)
{
    const struct layout *layout = &writer->memory.layout;
    uint8_t *base = writer->memory.map + layout_slot_offset(layout, sequence);
    struct layout_slot *slot = (struct layout_slot *)(void *)base;
    struct frame_row *held = writer->held[sequence % layout->slots];
    struct boxes changes;

    collect_changes(writer, sequence, &changes);
    atomic_store_explicit(&slot->sequence, 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    for (size_t i = 0; i < changes.count; i++)
        rows_copy(base + layout->pixels_offset, layout->stride_bytes, pixels, stride_bytes, writer->rows, held, &changes.list[i]);
    copy_rows(writer, (struct frame_row *)(void *)(base + sizeof(*slot)), held, &changes);
    slot->published_ns = clock_monotonic_ns();
    atomic_store_explicit(&slot->sequence, sequence, memory_order_release);
}

void frame_writer_publish(struct frame_writer *writer, const void *pixels, size_t stride_bytes,
                          const struct frame_box *damage, size_t count)
{
    const struct layout *layout = &writer->memory.layout;
    const struct frame_box whole = {0, 0, layout->width_px, layout->height_px};
    uint64_t sequence = writer->sequence + 1;
    if (!damage || sequence == 1) {
        damage = &whole;
        count = 1;
    }
    struct boxes *noted = &writer->damage[sequence % LAYOUT_RING];
    noted->count = 0;
    for (size_t i = 0; i < count; i++) {
        struct frame_box box = damage[i];
        if (clip(layout, &box))
            boxes_add(noted, &box);
    }
    if (noted->count == 0)
        return;
    scan_rows(writer, pixels, stride_bytes, noted);
    announce_damage(writer, sequence);
    fill_slot(writer, pixels, stride_bytes, sequence);
    writer->sequence = sequence;
    writer->published++;
    atomic_store_explicit(&get_header(&writer->memory)->newest, sequence, memory_order_release);
    frame_writer_beat(writer);
    tell_readers(writer, WIRE_NEWS, -1);
}
