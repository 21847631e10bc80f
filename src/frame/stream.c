#include "frame/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "frame/rows.h"

/* Notes older than this may be overwritten while they are read; 8 pictures of slack. */
enum { NOTES_MAX = LAYOUT_RING - 8 };

static bool is_sealed_memory(int fd, struct error *err)
{
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0)
        return error_set(err, ERROR_DATA, "the descriptor is no memfd");
    if ((seals & (F_SEAL_SHRINK | F_SEAL_GROW)) != (F_SEAL_SHRINK | F_SEAL_GROW))
        return error_set(err, ERROR_DATA, "the memory is not sealed against shrinking and growing");
    /* Huge pages can be sealed as well, but touching one that is not there ends in SIGBUS. */
    struct statfs kind;
    if (fstatfs(fd, &kind) < 0)
        return error_errno(err, "statfs");
    if (kind.f_type != TMPFS_MAGIC)
        return error_set(err, ERROR_DATA, "the memory is of another kind than a plain memfd");
    return true;
}

bool stream_open(struct stream *stream, int fd, struct error *err)
{
    struct layout_header header;
    struct stat info;
    *stream = (struct stream){0};
    if (!is_sealed_memory(fd, err))
        return false;
    if (fstat(fd, &info) < 0)
        return error_errno(err, "stat");
    if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
        return error_set(err, ERROR_DATA, "the memory is too small for a header");
    if (!layout_check(&stream->layout, &header, (uint64_t)info.st_size, err))
        return false;
    void *map = mmap(NULL, stream->layout.size_bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return error_errno(err, "mapping %zu bytes", stream->layout.size_bytes);
    stream->map = map;
    return true;
}

bool stream_open_memory(struct stream *stream, const void *data, size_t len, struct error *err)
{
    struct layout_header header;
    *stream = (struct stream){0};
    if (len < sizeof(header))
        return error_set(err, ERROR_DATA, "the memory is too small for a header");
    memcpy(&header, data, sizeof(header));
    if (!layout_check(&stream->layout, &header, len, err))
        return false;
    stream->map = data;
    return true;
}

void stream_close(struct stream *stream)
{
    if (stream->map)
        munmap((void *)(uintptr_t)stream->map, stream->layout.size_bytes);
    *stream = (struct stream){0};
}

static const struct layout_header *get_header(const struct stream *stream)
{
    return (const struct layout_header *)(const void *)stream->map;
}

uint64_t stream_newest(const struct stream *stream)
{
    return atomic_load_explicit(&get_header(stream)->newest, memory_order_acquire);
}

int64_t stream_heartbeat_ns(const struct stream *stream)
{
    return atomic_load_explicit(&get_header(stream)->heartbeat_ns, memory_order_acquire);
}

/* ---- damage ---- */

enum note { NOTE_GOOD, NOTE_GONE, NOTE_BAD };

static enum note read_note(const struct stream *stream, uint64_t sequence, struct layout_damage *note)
{
    const struct layout_damage *shared = &get_header(stream)->damage[sequence % LAYOUT_RING];
    if (atomic_load_explicit(&shared->sequence, memory_order_acquire) != sequence)
        return NOTE_GONE;
    note->count = shared->count;
    memcpy(note->boxes, shared->boxes, sizeof(note->boxes));
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&shared->sequence, memory_order_relaxed) != sequence)
        return NOTE_GONE;
    return layout_damage_is_valid(&stream->layout, note) ? NOTE_GOOD : NOTE_BAD;
}

static void add_box(struct frame_box *boxes, size_t *count, const struct layout_box *box)
{
    if (*count < FRAME_DAMAGE_BOXES) {
        boxes[(*count)++] = (struct frame_box){box->left, box->top, box->right, box->bottom};
        return;
    }
    struct frame_box all = {box->left, box->top, box->right, box->bottom};
    for (size_t i = 0; i < *count; i++) {
        all.left = boxes[i].left < all.left ? boxes[i].left : all.left;
        all.top = boxes[i].top < all.top ? boxes[i].top : all.top;
        all.right = boxes[i].right > all.right ? boxes[i].right : all.right;
        all.bottom = boxes[i].bottom > all.bottom ? boxes[i].bottom : all.bottom;
    }
    boxes[0] = all;
    *count = 1;
}

bool stream_damage(const struct stream *stream, uint64_t from, uint64_t to, struct frame_box *boxes,
                   size_t *count)
{
    const struct frame_box whole = {0, 0, stream->layout.width_px, stream->layout.height_px};
    *count = 0;
    if (from != 0 && from < to && to - from <= NOTES_MAX) {
        struct layout_damage note;
        for (uint64_t n = from + 1; n <= to; n++) {
            enum note result = read_note(stream, n, &note);
            if (result == NOTE_BAD)
                return false;
            if (result == NOTE_GONE)
                goto all;
            for (uint32_t i = 0; i < note.count; i++)
                add_box(boxes, count, &note.boxes[i]);
        }
        return true;
    }
all:
    boxes[0] = whole;
    *count = 1;
    return true;
}

/* ---- pictures ---- */

void copy_fini(struct copy *copy)
{
    free(copy->pixels);
    free(copy->rows);
    *copy = (struct copy){0};
}

static bool prepare(struct copy *copy, const struct layout *layout)
{
    if (copy->pixels && copy->layout.width_px == layout->width_px &&
        copy->layout.height_px == layout->height_px)
        return true;
    copy_fini(copy);
    copy->pixels = calloc((size_t)layout->height_px, layout->stride_bytes);
    copy->rows = calloc((size_t)layout->height_px, sizeof(copy->rows[0]));
    copy->layout = *layout;
    copy->is_fresh = true;
    if (copy->pixels && copy->rows)
        return true;
    copy_fini(copy);
    return false;
}

static bool is_still(const struct layout_slot *slot, uint64_t sequence)
{
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&slot->sequence, memory_order_relaxed) == sequence;
}

enum stream_result stream_take(const struct stream *stream, uint64_t sequence, struct copy *copy)
{
    const struct layout *layout = &stream->layout;
    const uint8_t *base = stream->map + layout_slot_offset(layout, sequence);
    const struct layout_slot *slot = (const struct layout_slot *)(const void *)base;
    struct frame_box boxes[FRAME_DAMAGE_BOXES];
    size_t count;

    if (!prepare(copy, layout))
        return STREAM_FULL;
    if (atomic_load_explicit(&slot->sequence, memory_order_acquire) != sequence)
        return STREAM_TORN;
    uint64_t held = copy->sequence;
    copy->sequence = 0;
    memcpy(copy->rows, base + sizeof(*slot), (size_t)layout->height_px * sizeof(copy->rows[0]));
    copy->published_ns = slot->published_ns;
    if (!is_still(slot, sequence))
        return STREAM_TORN;
    if (!layout_rows_are_valid(layout, copy->rows) || !stream_damage(stream, held, sequence, boxes, &count))
        return STREAM_BAD;
    for (size_t i = 0; i < count; i++)
        rows_copy(copy->pixels, layout->stride_bytes, base + layout->pixels_offset, layout->stride_bytes,
                  copy->rows, &boxes[i], copy->is_fresh);
    copy->is_fresh = false;
    if (!is_still(slot, sequence))
        return STREAM_TORN;
    copy->sequence = sequence;
    return STREAM_TAKEN;
}
