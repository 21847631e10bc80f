/* What leaves: deleted, cleared, edited, or held by a list that has a new word. */
#include <stdlib.h>
#include <string.h>

#include "chat/message.h"
#include "relay/gate_private.h"
#include "relay/queue.h"

typedef bool (*meant_fn)(const void *data, const struct message *message);

void gate_forget_caught(struct gate_caught *caught)
{
    message_unref(caught->message);
    free(caught);
}

void gate_remove_line(struct lane *lane, size_t index)
{
    message_unref(lane->lines[index].message);
    memmove(&lane->lines[index], &lane->lines[index + 1], (--lane->count - index) * sizeof(lane->lines[0]));
}

void gate_remove_event(struct gate *gate, size_t index)
{
    message_unref(gate->events[index].message);
    memmove(&gate->events[index], &gate->events[index + 1], (--gate->event_count - index) * sizeof(gate->events[0]));
}

void gate_remove_caught(struct gate *gate, size_t index)
{
    struct gate_caught *caught = gate->caught[index];
    uint64_t id = caught->message->id;
    bool was_told = index < gate->told_count;
    memmove(&gate->caught[index], &gate->caught[index + 1], (--gate->caught_count - index) * sizeof(gate->caught[0]));
    gate->told_count -= was_told;
    gate->is_changed = true;
    gate_forget_caught(caught);
    if (was_told && gate->options.caught_removed)
        gate->options.caught_removed(gate->options.data, id);
}

static int compare_ids(const void *a, const void *b)
{
    uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;
    return (first > second) - (first < second);
}

static bool is_meant(const struct queue_removal *removal, const struct message *message)
{
    if (removal->id_count > 0 && bsearch(&message->id, removal->ids, removal->id_count, sizeof(message->id), compare_ids))
        return true;
    if (!str_equal(removal->platform, message->is.platform) || (removal->up_to != 0 && message->id > removal->up_to) ||
        (removal->source.len > 0 && !str_equal(removal->source, message->is.source)))
        return false;
    return (removal->native_id.len > 0 && str_equal(removal->native_id, message->is.native_id)) ||
           (removal->author_id.len > 0 && str_equal(removal->author_id, message->is.author.id));
}

static bool remove_shown(struct gate *gate, meant_fn is_meant, const void *data)
{
    bool is_changed = false;
    for (size_t i = 0; i < gate->lane_count; i++) {
        for (size_t k = gate->lanes[i].count; k-- > 0;) {
            if (!is_meant(data, gate->lanes[i].lines[k].message))
                continue;
            gate_remove_line(&gate->lanes[i], k);
            is_changed = true;
        }
    }
    for (size_t i = gate->event_count; i-- > 0;) {
        if (!is_meant(data, gate->events[i].message))
            continue;
        gate_remove_event(gate, i);
        is_changed = true;
    }
    return is_changed;
}

static void remove_all_held(struct gate *gate, meant_fn is_meant, const void *data)
{
    size_t kept = 0;
    for (size_t i = 0; i < gate->held_count; i++) {
        if (is_meant(data, gate->held[i].message)) {
            message_unref(gate->held[i].message);
        } else {
            gate->held[kept++] = gate->held[i];
        }
    }
    gate->held_count = kept;
}

/* From everywhere, and off air before this returns. */
static void remove_meant(struct gate *gate, meant_fn is_meant, const void *data)
{
    size_t held = gate->held_count;
    remove_all_held(gate, is_meant, data);
    gate->counts.gone += held - gate->held_count;
    for (size_t i = gate->caught_count; i-- > 0;) {
        if (is_meant(data, gate->caught[i]->message))
            gate_remove_caught(gate, i);
    }
    if (remove_shown(gate, is_meant, data))
        gate_note_change(gate);
    if (gate->is_changed)
        gate_save(gate);
}

static bool removal_means(const void *data, const struct message *message)
{
    return is_meant(data, message);
}

void gate_handle_removal(struct gate *gate, const struct queue_removal *removal)
{
    remove_meant(gate, removal_means, removal);
}

struct cleared {
    struct str source;
    uint64_t up_to;
};

static bool clear_means(const void *data, const struct message *message)
{
    const struct cleared *cleared = data;
    return str_equal(cleared->source, message->is.source) && message->id <= cleared->up_to;
}

void gate_handle_clear(struct gate *gate, struct str source, uint64_t up_to)
{
    remove_meant(gate, clear_means, &(struct cleared){source, up_to});
}

static bool all_are_meant(const void *data, const struct message *message)
{
    return true;
}

void gate_clear(struct gate *gate)
{
    if (remove_shown(gate, all_are_meant, NULL))
        gate_note_change(gate);
    gate_save(gate);
}

static bool id_means(const void *data, const struct message *message)
{
    return *(const uint64_t *)data == message->id;
}

static bool take_same(struct message **place, struct message *message)
{
    if ((*place)->id != message->id || !str_equal((*place)->is.text, message->is.text))
        return false;
    message_ref(message);
    message_unref(*place);
    *place = message;
    return true;
}

/* Only what it answered was deleted: its own words stay where they stand. */
static bool takes_same_words(struct gate *gate, struct message *message)
{
    bool is_there = false;
    for (size_t i = 0; i < gate->held_count; i++)
        is_there |= take_same(&gate->held[i].message, message);
    for (size_t i = 0; i < gate->event_count; i++)
        is_there |= take_same(&gate->events[i].message, message);
    for (size_t i = 0; i < gate->caught_count; i++)
        is_there |= take_same(&gate->caught[i]->message, message);
    for (size_t i = 0; i < gate->lane_count; i++) {
        for (size_t k = 0; k < gate->lanes[i].count; k++)
            is_there |= take_same(&gate->lanes[i].lines[k].message, message);
    }
    return is_there;
}

void gate_handle_edit(struct gate *gate, struct message *message, int64_t now_ms)
{
    if (!gate->options.is_wanted || takes_same_words(gate, message))
        return;
    size_t before = gate->held_count + gate->caught_count + gate->event_count;
    for (size_t i = 0; i < gate->lane_count; i++)
        before += gate->lanes[i].count;
    remove_meant(gate, id_means, &message->id);
    size_t after = gate->held_count + gate->caught_count + gate->event_count;
    for (size_t i = 0; i < gate->lane_count; i++)
        after += gate->lanes[i].count;
    if (after < before)  // what had long left, or was ignored, does not come back by being edited
        gate_handle_message(gate, message, NULL, now_ms);
}

/* --- New words --- */

static bool was_allowed(const struct gate *gate, const struct message *message)
{
    for (size_t i = 0; i < gate->lane_count; i++) {
        for (size_t k = 0; k < gate->lanes[i].count; k++) {
            if (gate->lanes[i].lines[k].message == message)
                return gate->lanes[i].lines[k].is_allowed;
        }
    }
    return false;
}

static bool has_new_reason(const void *data, const struct message *message)
{
    struct gate *const *gate = data;
    struct gate_reason reasons[GATE_REASONS_MAX];
    bool is_left = gate_is_event(message) || was_allowed(*gate, message);
    size_t count = is_left ? 0 : rules_look(*gate, message, reasons);
    if (count > 0)
        gate_catch(*gate, (struct message *)(uintptr_t)message, reasons, count);
    return count > 0;
}

/* A word was added because it is on air now: what holds it goes to the list. */
void gate_look_again(struct gate *gate)
{
    remove_all_held(gate, has_new_reason, &gate);
    if (remove_shown(gate, has_new_reason, &gate))
        gate_note_change(gate);
}
