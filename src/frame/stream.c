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

bool stream_damage(const struct stream *stream, uint64_t from, uint64_t to, struct boxes *boxes)
{
    const struct boxes whole = {1, {{0, 0, stream->layout.width_px, stream->layout.height_px}}};
    *boxes = whole;
    if (from == 0 || from >= to || to - from > NOTES_MAX)
        return true;
    boxes->count = 0;
    for (uint64_t n = from + 1; n <= to; n++) {
        struct layout_damage note;
        enum note result = read_note(stream, n, &note);
        if (result == NOTE_BAD)
            return false;
        if (result == NOTE_GONE) {
            *boxes = whole;
            return true;
        }
        for (uint32_t i = 0; i < note.count; i++) {
            const struct layout_box *box = &note.boxes[i];
            boxes_add(boxes, &(struct frame_box){box->left, box->top, box->right, box->bottom});
        }
    }
    return true;
}

/* ---- pictures ---- */

void copy_fini(struct copy *copy)
{
    free(copy->pixels);
    free(copy->rows);
    free(copy->spare);
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
    copy->spare = calloc((size_t)layout->height_px, sizeof(copy->rows[0]));
    copy->layout = *layout;
    copy->is_whole = true;
    if (copy->pixels && copy->rows && copy->spare)
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
    struct boxes boxes;

    if (!prepare(copy, layout))
        return STREAM_FULL;
    if (atomic_load_explicit(&slot->sequence, memory_order_acquire) != sequence)
        return STREAM_TORN;
    uint64_t held = copy->sequence;
    copy->sequence = 0;
    memcpy(copy->spare, base + sizeof(*slot), (size_t)layout->height_px * sizeof(copy->spare[0]));
    copy->published_ns = slot->published_ns;
    if (!is_still(slot, sequence))
        return STREAM_TORN;
    if (!layout_rows_are_valid(layout, copy->spare) || !stream_damage(stream, held, sequence, &boxes))
        return STREAM_BAD;
    for (size_t i = 0; i < boxes.count; i++)
        rows_copy(copy->pixels, layout->stride_bytes, base + layout->pixels_offset, layout->stride_bytes,
                  copy->spare, copy->is_whole ? copy->rows : NULL, &boxes.list[i]);
    struct frame_row *rows = copy->spare;
    copy->spare = copy->rows;
    copy->rows = rows;
    copy->is_whole = false;
    if (!is_still(slot, sequence))
        return STREAM_TORN;
    copy->is_whole = true;
    copy->sequence = sequence;
    return STREAM_TAKEN;
}
