/*
 * The other direction: what a moderator writes goes out on a websocket that is open here, and what the program answers is
 * the result. {"type":"say","ref":"7","text":"…"} → {"type":"said","ref":"7","result":"accepted"}. docs/door.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "connector/door_inside.h"

/* ---- who can ---- */

/* The newest program that can do it; who has not said what it can is taken for one that can say. NULL: none is there. */
static struct door_guest *find_able(const struct door *door, enum connector_act_kind kind)
{
    struct door_guest *guest, *found = NULL;
    list_for_each(guest, &door->guests, link) {
        if (guest->is_talking && guest->can & 1u << kind)
            found = guest;
    }
    return found;
}

const char *door_can(struct connector *base, enum connector_act_kind kind)
{
    const struct door *door = container_of(base, struct door, base);
    if (find_able(door, kind))
        return NULL;
    return door->socket_count == 0 ? "no program is connected by websocket: see docs/door.md"
                                   : "no program that is connected can do this: see \"hello\" in docs/door.md";
}

void door_act(struct connector *base, const struct connector_task *task)
{
    struct door *door = container_of(base, struct door, base);
    const struct connector_act *act = &task->act;
    struct door_guest *guest = find_able(door, act->kind);
    if (!guest) {
        connector_task_done(base, task->number, CONNECTOR_UNABLE, NULL, "no program is connected by websocket");
        return;
    }
    char ref[24];
    snprintf(ref, sizeof(ref), "%llu", (unsigned long long)task->number);
    json_t *frame = json_pack("{s:s,s:s,s:s*,s:s*,s:s*}", "type", connector_act_name(act->kind), "ref", ref, "text", act->text,
                              act->kind == CONNECTOR_SAY ? "reply_to" : "native_id", act->native_id, "author_id",
                              act->author_id);
    if (act->seconds > 0)
        json_object_set_new(frame, "seconds", json_integer(act->seconds));
    char *text = json_dumps(frame, JSON_COMPACT);
    door->task = task->number;
    door->asked = guest;
    bool is_sent = text && inbound_socket_send(guest->socket, text, strlen(text));
    free(text);
    json_decref(frame);
    if (is_sent)
        return;
    door->asked = NULL;
    connector_task_done(base, task->number, CONNECTOR_UNABLE, NULL, "the program reads too slowly");
}

/* ---- what it answers ---- */

/* {"type":"hello","can":["say","delete"]} */
static bool take_hello(struct door_guest *guest, const json_t *object, struct error *err)
{
    const json_t *can = json_object_get(object, "can");
    unsigned wanted = 0;
    if (!json_is_array(can))
        return error_set(err, ERROR_DATA, "can: expected a list like [\"say\"]; an empty one takes nothing");
    for (size_t i = 0; i < json_array_size(can); i++) {
        const char *name = json_string_value(json_array_get(can, i));
        for (int kind = 0; kind < CONNECTOR_ACT_COUNT; kind++)
            wanted |= name && strcmp(name, connector_act_name((enum connector_act_kind)kind)) == 0 ? 1u << kind : 0;
    }
    // Polls have answers of several kinds, and clearing is nobody's by the door.
    const unsigned known = 1u << CONNECTOR_SAY | 1u << CONNECTOR_ANNOUNCE | 1u << CONNECTOR_DELETE | 1u << CONNECTOR_TIMEOUT |
                           1u << CONNECTOR_BAN | 1u << CONNECTOR_UNBAN;
    guest->can = wanted & known;
    return true;
}

static bool take_result(struct door *door, const json_t *object, struct error *err)
{
    const char *result = json_get_text(object, "result"), *reason = json_get_text(object, "reason");
    bool is_accepted = result && strcmp(result, "accepted") == 0, is_dropped = result && strcmp(result, "dropped") == 0;
    if (!is_accepted && !is_dropped)
        return error_set(err, ERROR_DATA, "result: expected \"accepted\" or \"dropped\"");
    uint64_t number = (uint64_t)json_get_int(object, "ref", 0);
    if (number == door->task)
        door->asked = NULL;
    connector_task_done(&door->base, number, is_accepted ? CONNECTOR_ACCEPTED : CONNECTOR_DROPPED,
                        json_get_text(object, "native_id"), "%.200s", reason ? reason : "");
    return true;
}

bool door_hear(struct door *door, const json_t *object, struct error *err)
{
    const char *type = json_get_text(object, "type");
    if (door->speaker && type && strcmp(type, "hello") == 0)
        return take_hello(door->speaker, object, err);
    if (door->speaker && type && strcmp(type, "said") == 0)
        return take_result(door, object, err);
    return error_set(err, ERROR_DATA, "type: a program says \"hello\" or \"said\", and only by websocket; messages have no type");
}

void door_forget(struct door *door, struct door_guest *guest)
{
    if (door->asked != guest)
        return;
    door->asked = NULL;
    connector_task_done(&door->base, door->task, CONNECTOR_UNSURE, NULL, "the program went away before it answered");
}
