#include "video/picker.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"

struct entry {
    struct list link;  // in picker.waiting
    int64_t stamp_ns;
    void *frame;       // owned
    size_t bytes;
};

struct picker {
    struct picker_options options;
    struct list waiting;     // entry, by stamp
    size_t count, bytes;
    struct entry *shown;     // owned; NULL: the holding picture
    int64_t shown_since_ns;  // the tick at which it was first given
};

struct picker *picker_create(const struct picker_options *options)
{
    struct picker *picker = xcalloc(1, sizeof(*picker));
    picker->options = *options;
    if (!picker->options.frames_max)
        picker->options.frames_max = 64;
    if (!picker->options.bytes_max)
        picker->options.bytes_max = (size_t)256 << 20;
    if (!picker->options.hold_after_ns)
        picker->options.hold_after_ns = 400 * NS_PER_MS;
    list_init(&picker->waiting);
    return picker;
}

static void drop(struct picker *picker, struct entry *entry)
{
    if (!entry)
        return;
    picker->options.release(entry->frame);
    free(entry);
}

static struct entry *take_first(struct picker *picker)
{
    struct entry *entry = container_of(picker->waiting.next, struct entry, link);
    list_remove(&entry->link);
    picker->count--;
    picker->bytes -= entry->bytes;
    return entry;
}

void picker_flush(struct picker *picker)
{
    while (!list_is_empty(&picker->waiting))
        drop(picker, take_first(picker));
}

void picker_destroy(struct picker *picker)
{
    if (!picker)
        return;
    picker_flush(picker);
    drop(picker, picker->shown);
    free(picker);
}

void picker_add(struct picker *picker, int64_t stamp_ns, void *frame, size_t bytes)
{
    struct entry *entry = xcalloc(1, sizeof(*entry));
    *entry = (struct entry){.stamp_ns = stamp_ns, .frame = frame, .bytes = bytes};
    struct list *before = picker->waiting.prev;
    while (before != &picker->waiting && container_of(before, struct entry, link)->stamp_ns > stamp_ns)
        before = before->prev;
    list_add(before, &entry->link);
    picker->count++;
    picker->bytes += bytes;
    while (picker->count > 1
           && (picker->count > picker->options.frames_max || picker->bytes > picker->options.bytes_max))
        drop(picker, take_first(picker));
}

static bool has_due(const struct picker *picker, int64_t until_ns)
{
    return !list_is_empty(&picker->waiting)
        && container_of(picker->waiting.next, struct entry, link)->stamp_ns <= until_ns;
}

enum picker_choice picker_pick(struct picker *picker, int64_t now_ns, int64_t offset_ns, void **frame)
{
    struct entry *newest = NULL;
    while (has_due(picker, now_ns - offset_ns)) {
        drop(picker, newest);
        newest = take_first(picker);
    }
    if (newest) {
        drop(picker, picker->shown);
        picker->shown = newest;
        picker->shown_since_ns = now_ns;
    } else if (picker->shown && now_ns - picker->shown_since_ns >= picker->options.hold_after_ns) {
        drop(picker, picker->shown);
        picker->shown = NULL;
    }
    *frame = picker->shown ? picker->shown->frame : NULL;
    if (!picker->shown)
        return PICKER_HOLD;
    return newest ? PICKER_NEW : PICKER_REPEAT;
}

size_t picker_waiting(const struct picker *picker)
{
    return picker->count;
}
