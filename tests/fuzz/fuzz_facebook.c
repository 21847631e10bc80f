/*
 * fuzz_facebook.c - hostile comments, pages, errors and headers of Meta's; lines of one input share a reader, and each page
 * is taken for the newest, so that what it leaves out comes into doubt. Deps: connector_dep.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/utf8.h"
#include "chat/message.h"
#include "connector/facebook_inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_message(void *data, struct message *message)
{
    struct buffer *out = data;
    buffer_clear(out);
    message_write_json(message, out);
    if (!utf8_is_valid(out->data, out->len))
        abort();
    json_t *object = json_loadb(out->data, out->len, JSON_ALLOW_NUL, NULL);
    struct message *again = message_from_json(object, NULL);
    if (!again)
        abort();
    message_unref(again);
    json_decref(object);
}

static void check_words(const char *line, size_t len)
{
    int64_t regain_ms;
    struct graph_failure failure = graph_explain(400, line, len, "nothing");
    char *text = xstrndup(line, len);
    int usage = graph_usage(text, text, &regain_ms);
    if (!utf8_is_valid(failure.text, strlen(failure.text)) || usage < -1 || usage > 1000 || regain_ms < 0)
        abort();
    free(text);
}

static void check_doubts(struct facebook_reader *reader, const char *line, size_t len)
{
    json_t *page = json_parse(line, len, NULL);
    facebook_reader_page(reader, page, true, NULL);
    const char *doubt;
    for (int i = 0; i < 8 && (doubt = facebook_reader_doubt(reader)); i++) {
        char *id = xstrdup(doubt);
        facebook_reader_settle(reader, id, i % 2);
        free(id);
    }
    json_decref(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer out = {0};
    struct connector_options options = {.deliver = check_message, .data = &out};
    struct connector *connector = connector_create_decoder("facebook", &options, NULL);
    struct facebook_reader *reader = &container_of(connector, struct facebook, base)->reader;
    const char *at = (const char *)data, *end = at + size;
    reader->page_id = xstrdup("1");
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline : end) - at);
        char *line = malloc(len + 1);
        memcpy(line, at, len);
        connector_receive(connector, line, len, NULL);
        check_doubts(reader, line, len);
        check_words(line, len);
        free(line);
        at = newline ? newline + 1 : end;
    }
    facebook_reader_end(reader, "1");
    connector_destroy(connector);
    buffer_fini(&out);
    return 0;
}
