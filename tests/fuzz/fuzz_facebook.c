/*
 * fuzz_facebook.c - hostile comments, pages, errors and headers of Meta's; lines of one input share a reader, and each page
 * is taken for the newest, so that what it leaves out comes into doubt. Deps: connector_dep.
 */
#include "decoding.h"

#include "base/json.h"
#include "connector/facebook_inside.h"

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

static struct facebook_reader *reader_of(struct connector *connector)
{
    return &container_of(connector, struct facebook, base)->reader;
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

static void try_elsewhere(struct connector *connector, const char *line, size_t len)
{
    check_doubts(reader_of(connector), line, len);
    check_words(line, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer out = {0};
    struct connector_options options = {.deliver = fuzz_check_message, .data = &out};
    struct connector *connector = connector_create_decoder("facebook", &options, NULL);
    struct facebook_reader *reader = reader_of(connector);
    reader->page_id = xstrdup("1");
    fuzz_receive_lines(connector, (const char *)data, size, try_elsewhere);
    facebook_reader_end(reader, "1");
    connector_destroy(connector);
    buffer_fini(&out);
    return 0;
}
