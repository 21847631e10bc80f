/*
 * A program that sends to the door (docs/door.md): each message of the transcript by POST, with its id, until it is
 * acknowledged; and one in ten again, as a sender does that is not sure. What is played here arrives once.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "rehearsal/push.h"
#include "rehearsal/side.h"

struct door_side {
    struct side base;
    struct push *push;
    uint64_t repeated;
};

static struct door_side *get_side(struct side *base)
{
    return container_of(base, struct door_side, base);
}

static struct side *create(struct rehearsal *rehearsal)
{
    struct door_side *side = xcalloc(1, sizeof(*side));
    // It does not give up: who was not acknowledged sends again.
    side->push = push_create(&side->base, rehearsal_loop(rehearsal), &(struct push_options){.attempts_max = 1000});
    return &side->base;
}

static void destroy(struct side *base)
{
    push_destroy(get_side(base)->push);
    free(get_side(base));
}

/* The door has no client to wait for: that there is somewhere to send to begins the show. */
static void aim(struct side *base)
{
    if (side_target(base))
        side_client_came(base);
    push_go_on(get_side(base)->push);
}

static void send(struct door_side *side, const struct buffer *json)
{
    static const struct net_header header = {"content-type", "application/json"};
    push_send(side->push, "/generic", &header, 1, json->data, json->len);
}

static void say(struct side *base, const struct message *message)
{
    struct door_side *side = get_side(base);
    struct buffer json = {0};
    message_write_json(message, &json);
    side_note(base, message);
    send(side, &json);
    int64_t repeat = side_number(base, "repeat");
    if (message->is.native_id.len > 0 && repeat > 0 && base->said % (uint64_t)repeat == 0) {
        side->repeated++;
        send(side, &json);
    }
    buffer_fini(&json);
}

static void go_on(struct side *base)
{
    push_go_on(get_side(base)->push);
}

static void drop(struct side *base)
{
    push_drop(get_side(base)->push);
}

/* It calls: --set door.target=http://127.0.0.1:8471/in/TOKEN says where to. */
static void address(const struct side *base, const char *authority, json_t *addresses, json_t *sources)
{
    json_array_append_new(sources, json_pack("{s:s,s:s,s:s}", "connector", "door", "name", "rehearsal", "token", side_text(base, "token")));
}

static void describe(const struct side *base, json_t *state)
{
    const struct door_side *side = container_of(base, const struct door_side, base);
    json_object_set_new(state, "repeated", json_integer((json_int_t)side->repeated));
    push_describe(side->push, state);
}

static const struct side_setting settings[] = {
    {"token", "rehearsal-0123456789abcdef", "of the source's entry; the target has it too"},
    {"repeat", "10", "each so many-th is sent twice"}, {NULL},
};

const struct side_impl door_side = {
    .name = "door", .settings = settings, .create = create, .destroy = destroy, .aim = aim, .say = say, .address = address,
    .describe = describe, .drop = drop, .resume = go_on,
};
