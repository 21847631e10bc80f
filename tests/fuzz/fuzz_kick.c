/* fuzz_kick.c - hostile frames of Kick's socket, webhooks and history; lines of one input share a reader. Deps: connector_dep. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/utf8.h"
#include "chat/message.h"
#include "connector/kick_inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_message(void *data, struct message *message)
{
    struct buffer *out = data;
    buffer_clear(out);
    message_write_json(message, out);
    if (!utf8_is_valid(out->data, out->len))
        abort();
    // What we write, we can read again.
    json_t *object = json_loadb(out->data, out->len, JSON_ALLOW_NUL, NULL);
    struct message *again = message_from_json(object, NULL);
    if (!again || again->is.emote_count != message->is.emote_count)
        abort();
    message_unref(again);
    json_decref(object);
}

/* The same bytes as a message of the site's history, and as the body of a webhook. */
static void try_elsewhere(struct connector *connector, const char *line, size_t len)
{
    static const char *const types[] = {"chat.message.sent", "channel.subscription.gifts", "moderation.banned", "kicks.gifted"};
    struct kick_reader *reader = &kick_of(connector)->reader;
    json_t *value = json_parse(line, len, NULL);
    const char *data = json_get_text(value, "data");
    json_t *inner = data ? json_parse(data, strlen(data), NULL) : NULL;
    kick_reader_history(reader, inner ? inner : value, NULL);
    for (size_t i = 0; value && i < ARRAY_LENGTH(types); i++)
        kick_reader_webhook(reader, str_from(types[i]), STR("01J"), inner ? inner : value, NULL);
    json_decref(inner);
    json_decref(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer out = {0};
    struct connector_options options = {.deliver = check_message, .data = &out};
    struct connector *connector = connector_create_decoder("kick", &options, NULL);
    const char *at = (const char *)data, *end = at + size;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline : end) - at);
        char *line = malloc(len + 1);
        memcpy(line, at, len);
        connector_receive(connector, line, len, NULL);
        try_elsewhere(connector, line, len);
        free(line);
        at = newline ? newline + 1 : end;
    }
    connector_destroy(connector);
    buffer_fini(&out);
    return 0;
}
