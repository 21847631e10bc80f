/*
 * fuzz_tiktok.c - hostile frames of TikFinity and of the webcast. Input that begins with "{" is JSON, one frame a line;
 * anything else is the bytes of one binary frame, or base64 of them, as the recorded ones are. Deps: connector_dep.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/utf8.h"
#include "chat/message.h"
#include "connector/connector.h"
#include "net/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

static void check_message(void *data, struct message *message)
{
    struct buffer *out = data;
    buffer_clear(out);
    message_write_json(message, out);
    if (!utf8_is_valid(out->data, out->len))
        abort();
    json_t *object = json_loadb(out->data, out->len, JSON_ALLOW_NUL, NULL);
    struct message *again = message_from_json(object, NULL);
    if (!again || again->is.emote_count != message->is.emote_count)
        abort();
    message_unref(again);
    json_decref(object);
}

static void receive(struct connector *connector, const char *text, size_t len)
{
    char *line = malloc(len + 1);
    memcpy(line, text, len);
    connector_receive(connector, line, len, NULL);
    free(line);
}

static void receive_lines(struct connector *connector, const char *at, const char *end)
{
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline : end) - at);
        receive(connector, at, len);
        at = newline ? newline + 1 : end;
    }
}

static bool is_base64(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] < '+' || data[i] > 'z')
            return data[i] == '\n';
    }
    return size > 3;
}

/* A recorded frame is changed below its base64, not in it. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    struct buffer bytes = {0};
    if (is_base64(data, size) && base64_decode(&bytes, (const char *)data, size) && bytes.len > 0 && bytes.len <= max_size) {
        memcpy(data, bytes.data, bytes.len);
        size = bytes.len;
    }
    buffer_fini(&bytes);
    return LLVMFuzzerMutate(data, size, max_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer out = {0}, text = {0};
    struct connector_options options = {.deliver = check_message, .data = &out};
    struct connector *connector = connector_create_decoder("tiktok", &options, NULL);
    if (size > 0 && (data[0] == '{' || is_base64(data, size))) {
        receive_lines(connector, (const char *)data, (const char *)data + size);
    } else {
        base64_encode(&text, data, size);
        receive(connector, text.data ? text.data : "", text.len);
    }
    connector_destroy(connector);
    buffer_fini(&out);
    buffer_fini(&text);
    return 0;
}
