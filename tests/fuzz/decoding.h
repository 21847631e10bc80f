/*
 * decoding.h - what the platforms' entries share: the input's lines go to one connector, as they would in one connection,
 * and whatever message comes of it must be valid and readable again.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/utf8.h"
#include "chat/message.h"
#include "connector/connector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What else an entry tries with a line; the connector is the platform's decoder. */
typedef void (*fuzz_line_fn)(struct connector *connector, const char *line, size_t len);

/* For connector_options.deliver; data: a struct buffer. */
static inline void fuzz_check_message(void *data, struct message *message)
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

/* A copy of its own for each, so that a look behind its end is found. */
static inline void fuzz_receive(struct connector *connector, const char *text, size_t len, fuzz_line_fn also)
{
    char *line = malloc(len + 1);
    memcpy(line, text, len);
    connector_receive(connector, line, len, NULL);
    if (also)
        also(connector, line, len);
    free(line);
}

static inline void fuzz_receive_lines(struct connector *connector, const char *at, size_t size, fuzz_line_fn also)
{
    const char *end = at + size;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline : end) - at);
        fuzz_receive(connector, at, len, also);
        at = newline ? newline + 1 : end;
    }
}

/* also: NULL: nothing more. */
static inline int fuzz_decode(const char *platform, const uint8_t *data, size_t size, fuzz_line_fn also)
{
    struct buffer out = {0};
    struct connector_options options = {.deliver = fuzz_check_message, .data = &out};
    struct connector *connector = connector_create_decoder(platform, &options, NULL);
    fuzz_receive_lines(connector, (const char *)data, size, also);
    connector_destroy(connector);
    buffer_fini(&out);
    return 0;
}
