/* feed.filter: which part of the chat this client is sent. */
#include <inttypes.h>

#include "api/client.h"
#include "api/command.h"
#include "api/feed.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "chat/message.h"
#include "relay/message_filter.h"
#include "relay/queue.h"

/* The newest of the queue that pass, oldest first: what the client shows from the start. */
static json_t *newest_json(const struct call *call)
{
    const struct message_filter *filter = feed_filter_of(call->client);
    const struct queue *queue = call->api->relay->queue;
    json_t *list = json_array();
    const struct message *message = queue_previous(queue, 0);
    for (size_t count = 0; message && count < FEED_SNAPSHOT; message = queue_previous(queue, message->id)) {
        if (!message_filter_passes(filter, message, NULL))
            continue;
        struct buffer text = {0};
        message_write_json(message, &text);
        json_array_insert_new(list, 0, json_parse(text.data, text.len, NULL));
        buffer_fini(&text);
        count++;
    }
    return list;
}

static enum outcome feed_filter(const struct call *call, json_t **result, struct error *err)
{
    bool is_all;
    if (!call->client) {
        error_set(err, ERROR_DATA, "a filter is of one websocket, and this came by HTTP: history takes the same members");
        return COMMAND_FAILED;
    }
    struct message_filter *filter = message_filter_create(call->arguments, &is_all, err);
    bool is_set = (filter || is_all) && feed_set_filter(call->api->feed, call->client, filter, err);
    message_filter_unref(filter);
    if (!is_set)
        return COMMAND_FAILED;
    *result = json_pack("{s:o}", "feed", newest_json(call));
    return COMMAND_DONE;
}

const struct command commands_feed[] = {
    {"feed.filter", API_ROLE_VIEWER,
     {{"sources", ARGUMENT_TEXTS, true}, {"platforms", ARGUMENT_TEXTS, true}, {"languages", ARGUMENT_TEXTS, true},
      {"roles", ARGUMENT_TEXTS, true}, {"kinds", ARGUMENT_TEXTS, true}, {"money", ARGUMENT_BOOL, true},
      {"questions", ARGUMENT_BOOL, true}, {"text", ARGUMENT_TEXT, true}}, feed_filter},
    {0},
};
