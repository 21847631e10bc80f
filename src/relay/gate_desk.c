/* What moderators decide of what was caught, and what views and clients ask. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/gate_private.h"

static size_t find_caught(const struct gate *gate, uint64_t message, struct error *err)
{
    size_t i = 0;
    while (i < gate->caught_count && gate->caught[i]->message->id != message)
        i++;
    if (i == gate->caught_count)
        error_set(err, ERROR_DATA, "there is nothing caught of message %" PRIu64 ": somebody was faster, or it was deleted", message);
    return i;
}

/* An alert is there already, or will be: its text joins it. */
static bool give_text_back(struct gate *gate, uint64_t message)
{
    bool is_there = false;
    for (size_t i = 0; i < gate->held_count; i++) {
        if (gate->held[i].message->id == message) {
            gate->held[i].is_text_withheld = false;
            is_there = true;
        }
    }
    for (size_t i = 0; i < gate->event_count; i++) {
        if (gate->events[i].message->id == message) {
            gate->events[i].is_text_withheld = false;
            is_there = true;
        }
    }
    return is_there;
}

bool gate_allow(struct gate *gate, uint64_t message, int64_t now_ms, struct error *err)
{
    size_t index = find_caught(gate, message, err);
    if (index == gate->caught_count)
        return false;
    struct message *held = message_ref(gate->caught[index]->message);
    gate_remove_caught(gate, index);
    gate->counts.passed++;
    if (!gate_is_event(held)) {
        gate_show_line(gate, held, gate_is_bad_name(gate, held), true);
    } else if (!give_text_back(gate, message)) {
        gate_show_event(gate, held, held->id, &(struct held){.is_name_withheld = gate_is_bad_name(gate, held)}, clock_unix_ms());
    }
    message_unref(held);
    gate_note_change(gate);
    gate_save(gate);
    return true;
}

bool gate_drop(struct gate *gate, uint64_t message, struct error *err)
{
    size_t index = find_caught(gate, message, err);
    if (index == gate->caught_count)
        return false;
    gate_remove_caught(gate, index);
    gate->dropped[gate->dropped_count++ % GATE_DROPPED] = message;
    gate_save(gate);
    return true;
}

size_t gate_caught_count(const struct gate *gate)
{
    return gate->caught_count;
}

const struct gate_caught *gate_caught_at(const struct gate *gate, size_t index)
{
    return gate->caught[index];
}

/* --- What views ask --- */

static int compare_lines(const void *a, const void *b)
{
    const struct gate_line *left = *(const struct gate_line *const *)a, *right = *(const struct gate_line *const *)b;
    return (left->order > right->order) - (left->order < right->order);
}

size_t gate_lines(const struct gate *gate, bool (*shows)(const void *data, struct str platform), const void *data,
                  const struct gate_line **lines, size_t max)
{
    const struct gate_line **all = xcalloc(gate->lane_count * GATE_LINES + 1, sizeof(const struct gate_line *));
    size_t count = 0;
    for (size_t i = 0; i < gate->lane_count; i++) {
        const struct lane *lane = &gate->lanes[i];
        if (!shows(data, str_from(lane->platform)))
            continue;
        for (size_t k = 0; k < lane->count; k++)
            all[count++] = &lane->lines[k];
    }
    qsort(all, count, sizeof(const struct gate_line *), compare_lines);
    size_t first = count > max ? count - max : 0;
    memcpy(lines, all + first, (count - first) * sizeof(const struct gate_line *));
    free(all);
    return count - first;
}

size_t gate_events(const struct gate *gate, const struct gate_event **events, size_t max)
{
    size_t first = gate->event_count > max ? gate->event_count - max : 0;
    for (size_t i = first; i < gate->event_count; i++)
        events[i - first] = &gate->events[i];
    return gate->event_count - first;
}

void gate_get_counts(const struct gate *gate, struct gate_counts *counts)
{
    *counts = gate->counts;
    counts->held = gate->held_count;
}
