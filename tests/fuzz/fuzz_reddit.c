/* fuzz_reddit.c - hostile pages of a thread; lines of one input share a connector. Deps: connector_dep. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/utf8.h"
#include "chat/message.h"
#include "connector/connector.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer out = {0};
    struct connector_options options = {.deliver = check_message, .data = &out};
    struct connector *connector = connector_create_decoder("reddit", &options, NULL);
    const char *at = (const char *)data, *end = at + size;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline : end) - at);
        char *line = malloc(len + 1);
        memcpy(line, at, len);
        connector_receive(connector, line, len, NULL);
        free(line);
        at = newline ? newline + 1 : end;
    }
    connector_destroy(connector);
    buffer_fini(&out);
    return 0;
}
