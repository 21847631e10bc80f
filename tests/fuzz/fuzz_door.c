/*
 * fuzz_door.c - hostile payloads at the door, of every kind, as recorded and by POST. A line is one payload as `antiphon
 * decode door` reads it; what stands behind a comma of its first word are arguments that a tool appended.
 */
#include "decoding.h"

#include "base/memory.h"
#include "connector/inbound.h"

static void check_caption(void *data, const struct connector_caption *caption)
{
    if (!utf8_is_valid(caption->text.data, caption->text.len))
        abort();
}

static const char *no_query(const struct inbound_request *request, const char *name)
{
    return NULL;
}

static const char *encoding(const struct inbound_request *request, const char *name)
{
    return request->len > 2 && (unsigned char)request->body[0] == 0x1f ? "gzip" : NULL;
}

/* The same payload by POST: "captions,seq=7 text" has arguments behind its kind. */
static void post(struct connector *connector, const char *line, size_t len)
{
    const char *space = memchr(line, ' ', len);
    char *kind = xstrndup(line, space ? (size_t)(space - line) : len);
    char *body = xstrndup(space ? space + 1 : "", space ? len - (size_t)(space + 1 - line) : 0);
    struct inbound_request request = {.method = "POST", .kind = kind, .body = body,
        .len = space ? len - (size_t)(space + 1 - line) : 0, .query = no_query, .header = encoding};
    struct inbound_answer answer = {0};
    connector_request(connector, &request, &answer);
    if (answer.body.len > 0 && !utf8_is_valid(answer.body.data, answer.body.len))
        abort();
    buffer_fini(&answer.body);
    free(body);
    free(kind);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer out = {0};
    struct connector_options options = {.deliver = fuzz_check_message, .on_caption = check_caption, .data = &out};
    struct connector *connector = connector_create_decoder("door", &options, NULL);
    fuzz_receive_lines(connector, (const char *)data, size, post);
    connector_destroy(connector);
    buffer_fini(&out);
    return 0;
}
