/*
 * What a restart must know: which lines and events had passed, what was caught and not decided, and until when. Ids only:
 * the texts are the queue's, and what was deleted meanwhile is not there any more.
 *
 *     {"at":1643904084794,"newest":15,"lines":[12,15],"events":[[14,1643904084000,0,13]],"caught":[16],"dropped":[9]}
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/gate_private.h"
#include "relay/journal.h"
#include "relay/queue.h"

#define STATE_KEY "gate:state"

enum { NAME_WITHHELD = 1, TEXT_WITHHELD = 2 };

/* What should have come on air longer ago than that before the end of the run is no news any more. */
enum { LATE_MS = 15000 };

static bool any_platform(const void *data, struct str platform)
{
    return true;
}

static void add_lines(const struct gate *gate, struct buffer *out)
{
    size_t max = gate->lane_count * GATE_LINES;
    const struct gate_line **lines = xcalloc(max + 1, sizeof(const struct gate_line *));
    size_t count = gate_lines(gate, any_platform, NULL, lines, max);
    for (size_t i = 0; i < count; i++)
        buffer_printf(out, "%s%" PRIu64, i ? "," : "", lines[i]->message->id);
    free(lines);
}

void gate_save(struct gate *gate)
{
    gate->is_changed = false;
    if (!gate->options.journal || !gate->options.is_wanted)
        return;
    struct buffer out = {0};
    buffer_printf(&out, "{\"at\":%" PRId64 ",\"newest\":%" PRIu64 ",\"lines\":[", clock_unix_ms(), gate->newest);
    add_lines(gate, &out);
    buffer_add_string(&out, "],\"events\":[");
    for (size_t i = 0; i < gate->event_count; i++) {
        const struct gate_event *event = &gate->events[i];
        int flags = (event->is_name_withheld ? NAME_WITHHELD : 0) | (event->is_text_withheld ? TEXT_WITHHELD : 0);
        buffer_printf(&out, "%s[%" PRIu64 ",%" PRId64 ",%d,%" PRIu64 "]", i ? "," : "", event->message->id, event->passed_ms, flags,
                      event->first);
    }
    buffer_add_string(&out, "],\"caught\":[");
    for (size_t i = 0; i < gate->caught_count; i++)
        buffer_printf(&out, "%s%" PRIu64, i ? "," : "", gate->caught[i]->message->id);
    buffer_add_string(&out, "],\"dropped\":[");
    for (size_t i = 0; i < gate->dropped_count && i < GATE_DROPPED; i++)
        buffer_printf(&out, "%s%" PRIu64, i ? "," : "", gate->dropped[i]);
    buffer_add_string(&out, "]}");
    char *text = buffer_take(&out);
    journal_set_state(gate->options.journal, STATE_KEY, text);
    free(text);
}

static struct message *find_message(const struct queue *queue, const json_t *id)
{
    return queue_find(queue, (uint64_t)json_integer_value(id));
}

static void resume_lines(struct gate *gate, const struct queue *queue, const json_t *lines)
{
    for (size_t i = 0; i < json_array_size(lines); i++) {
        struct message *message = find_message(queue, json_array_get(lines, i));
        struct gate_reason reasons[GATE_REASONS_MAX];
        if (message && !gate_is_event(message))  // what has a reason and had passed was allowed by a moderator
            gate_show_line(gate, message, gate_is_bad_name(gate, message), rules_look(gate, message, reasons) > 0);
    }
}

static void resume_events(struct gate *gate, const struct queue *queue, const json_t *events)
{
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        struct message *message = find_message(queue, json_array_get(event, 0));
        json_int_t flags = json_integer_value(json_array_get(event, 2)), first = json_integer_value(json_array_get(event, 3));
        if (message && gate_is_event(message))
            gate_show_event(gate, message, first > 0 ? (uint64_t)first : message->id, &(struct held){
                .is_name_withheld = flags & NAME_WITHHELD,
                .is_text_withheld = flags & TEXT_WITHHELD}, json_integer_value(json_array_get(event, 1)));
    }
}

/* The reasons are found again; where the lists have changed since, nothing is: a moderator has seen to that. */
static void resume_caught(struct gate *gate, const struct queue *queue, const json_t *caught)
{
    for (size_t i = 0; i < json_array_size(caught); i++) {
        struct message *message = find_message(queue, json_array_get(caught, i));
        struct gate_reason reasons[GATE_REASONS_MAX];
        size_t count = message ? rules_look(gate, message, reasons) : 0;
        if (count > 0)
            gate_catch(gate, message, reasons, count);
    }
}

static uint64_t newest_of(const json_t *ids)
{
    uint64_t newest = 0;
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const json_t *item = json_array_get(ids, i);
        uint64_t id = (uint64_t)json_integer_value(json_is_array(item) ? json_array_get(item, 0) : item);
        newest = id > newest ? id : newest;
    }
    return newest;
}

static bool is_known(const json_t *ids, uint64_t id)
{
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const json_t *item = json_array_get(ids, i);
        if ((uint64_t)json_integer_value(json_is_array(item) ? json_array_get(item, 0) : item) == id)
            return true;
    }
    return false;
}

/* What came after the state was stored, or was still on its way then. */
static bool was_seen_to(const json_t *state, uint64_t id)
{
    static const char *const keys[] = {"lines", "events", "caught", "dropped"};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        if (is_known(json_object_get(state, keys[i]), id))
            return true;
    }
    return false;
}

static void resume_held(struct gate *gate, const struct queue *queue, const json_t *state, int64_t now_ms)
{
    int64_t at_ms = json_get_int(state, "at", 0);
    uint64_t newest = newest_of(json_object_get(state, "lines")), newest_event = newest_of(json_object_get(state, "events"));
    newest = newest_event > newest ? newest_event : newest;
    newest = gate->newest > newest ? gate->newest : newest;
    for (struct message *message = queue_next(queue, 0); message; message = queue_next(queue, message->id)) {
        int64_t hold_ms = gate->options.hold_ms ? gate->options.hold_ms(gate->options.data, message->is.source) : -1;
        int64_t due_ms = message->received_ms + (hold_ms >= 0 ? hold_ms : gate->rules.hold_ms);
        bool was_on_its_way = message->id > newest || due_ms > at_ms - GATE_PASS_MS;
        if (was_on_its_way && due_ms >= at_ms - LATE_MS && !was_seen_to(state, message->id) &&
            !queue_is_cleared(queue, message))
            gate_handle_message(gate, message, queue_find_gift(queue, message->id), now_ms);
    }
}

void gate_resume(struct gate *gate, const struct queue *queue)
{
    const char *text = gate->options.journal ? journal_state(gate->options.journal, STATE_KEY) : NULL;
    if (!text || !gate->options.is_wanted)
        return;
    json_t *state = json_parse(text, strlen(text), NULL);
    gate->newest = (uint64_t)json_get_int(state, "newest", 0);
    resume_lines(gate, queue, json_object_get(state, "lines"));
    resume_events(gate, queue, json_object_get(state, "events"));
    resume_caught(gate, queue, json_object_get(state, "caught"));
    gate->resumed = state;
}

void gate_resume_held(struct gate *gate, const struct queue *queue, int64_t now_ms)
{
    if (gate->resumed)
        resume_held(gate, queue, gate->resumed, now_ms);
    json_decref(gate->resumed);
    gate->resumed = NULL;
}
