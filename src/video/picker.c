#include "video/picker.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"

enum { PACES = 4, STRETCH_MAX = 10 };

struct entry {
    struct list link;  // in picker.waiting
    int64_t due_ns;
    void *frame;       // owned
    size_t bytes;
};

struct picker {
    struct picker_options options;
    struct list waiting;     // entry, by when they are due
    size_t count, bytes;
    struct entry *shown;     // owned; NULL: the holding picture
    int64_t shown_since_ns;  // the tick at which it was first given
    int64_t last_due_ns;   // of the one given last
    int64_t paces_ns[PACES]; // the last distances between those; 0: none yet
    unsigned pace_count;
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

void picker_add(struct picker *picker, int64_t due_ns, void *frame, size_t bytes)
{
    struct entry *entry = xcalloc(1, sizeof(*entry));
    *entry = (struct entry){.due_ns = due_ns, .frame = frame, .bytes = bytes};
    struct list *before = picker->waiting.prev;
    while (before != &picker->waiting && container_of(before, struct entry, link)->due_ns > due_ns)
        before = before->prev;
    list_add(before, &entry->link);
    picker->count++;
    picker->bytes += bytes;
    while (picker->count > 1
           && (picker->count > picker->options.frames_max || picker->bytes > picker->options.bytes_max))
        drop(picker, take_first(picker));
}

void picker_shift(struct picker *picker, int64_t by_ns)
{
    struct entry *entry;
    if (by_ns == 0)
        return;
    list_for_each(entry, &picker->waiting, link)
        entry->due_ns += by_ns;
}

static bool has_due(const struct picker *picker, int64_t until_ns)
{
    return !list_is_empty(&picker->waiting)
        && container_of(picker->waiting.next, struct entry, link)->due_ns <= until_ns;
}

static void note_pace(struct picker *picker, int64_t due_ns)
{
    picker->paces_ns[picker->pace_count++ % PACES] = due_ns - picker->last_due_ns;
    picker->last_due_ns = due_ns;
}

/* Stamps that jump make no pace: one ordinary distance among the last is enough for the usual time. */
static int64_t hold_after(const struct picker *picker)
{
    int64_t usual_ns = picker->options.hold_after_ns, least_ns = INT64_MAX;
    for (size_t i = 0; i < PACES; i++) {
        if (picker->paces_ns[i] < least_ns)
            least_ns = picker->paces_ns[i];
    }
    if (least_ns <= usual_ns / 2)
        return usual_ns;
    int64_t most_ns = usual_ns * STRETCH_MAX;
    return least_ns > most_ns / 2 ? most_ns : least_ns * 2;
}

enum picker_choice picker_pick(struct picker *picker, int64_t now_ns, void **frame)
{
    struct entry *newest = NULL;
    while (has_due(picker, newest ? now_ns - picker->options.slack_ns : now_ns)) {
        drop(picker, newest);
        newest = take_first(picker);
    }
    if (!newest && has_due(picker, now_ns + picker->options.slack_ns))
        newest = take_first(picker);
    if (newest) {
        drop(picker, picker->shown);
        picker->shown = newest;
        note_pace(picker, newest->due_ns);
        picker->shown_since_ns = now_ns;
    } else if (picker->shown && now_ns - picker->shown_since_ns >= hold_after(picker)) {
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
