#include "kit.h"

#include <stdio.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "net/sse.h"

/* What was told: "event|id|data" and "#comment", each with a line end. */
struct listener {
    struct sse *sse;
    struct buffer told;
    bool destroy_at_first;
};

static void take_event(void *data, const struct sse_event *event)
{
    struct listener *listener = data;
    assert_int_equal(event->data[event->len], '\0');
    buffer_printf(&listener->told, "%s|%s|%s\n", event->event, event->id, event->data);
    if (listener->destroy_at_first) {
        sse_destroy(listener->sse);
        listener->sse = NULL;
    }
}

static void take_comment(void *data, const char *text, size_t len)
{
    struct listener *listener = data;
    buffer_printf(&listener->told, "#%.*s\n", (int)len, text);
}

static void begin(struct listener *listener, size_t event_bytes_max)
{
    *listener = (struct listener){0};
    struct sse_options options = {.on_event = take_event, .on_comment = take_comment, .data = listener,
                                  .event_bytes_max = event_bytes_max};
    listener->sse = sse_create(&options);
}

static void end(struct listener *listener)
{
    sse_destroy(listener->sse);
    buffer_fini(&listener->told);
}

static const struct {
    const char *name, *stream, *told;
} cases[] = {
    {"nothing", "", ""},
    {"one", "data: hello\n\n", "message||hello\n"},
    {"all fields", "event: live_comment\nid: 7\ndata: {\"a\":1}\nretry: 500\n\n", "live_comment|7|{\"a\":1}\n"},
    {"several lines of data", "data: a\ndata: b\ndata\ndata:c\n\n", "message||a\nb\n\nc\n"},
    {"only one blank is dropped", "data:  two\ndata:none\n\n", "message|| two\nnone\n"},
    {"CR", "data: a\rdata: b\r\rdata: c\r\r", "message||a\nb\nmessage||c\n"},
    {"CRLF", "data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", "message||a\nb\nmessage||c\n"},
    {"mixed", "data: a\ndata: b\r\ndata: c\r\n\ndata: d\n\r\n", "message||a\nb\nc\nmessage||d\n"},
    {"BOM", "\xef\xbb\xbf" "data: a\n\n\xef\xbb\xbf" "data: b\n\n", "message||a\n"},
    {"comments", ":\n: beat\n:beat:2\ndata: a\n\n", "#\n# beat\n#beat:2\nmessage||a\n"},
    {"the id stays", "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", "message|1|a\nmessage|1|b\nmessage||c\n"},
    {"an event without data is none", "event: x\n\ndata: a\n\n", "message||a\n"},
    {"empty data is an event", "data\n\ndata:\n\n", "message||\nmessage||\n"},
    {"cut off at the end", "data: a\n\ndata: b\n", "message||a\n"},
    {"unknown fields", "name: x\n: c\nDATA: y\ndata: a\nfoo\n\n", "# c\nmessage||a\n"},
    {"colons in data", "data: a: b:c\ndata::\n\n", "message||a: b:c\n:\n"},
    {"Persian, Chinese, emoji", "event: چت\ndata: سلام 你好 🎉\n\n", "چت||سلام 你好 🎉\n"},
    {"broken UTF-8 is the owner's", "data: \xd8\n\n", "message||\xd8\n"},
};

static void expect(const char *name, size_t piece, struct listener *listener, const char *told)
{
    size_t len = strlen(told);
    if (listener->told.len != len || (len && memcmp(listener->told.data, told, len) != 0))
        fail_msg("%s, pieces of %zu: told \"%.*s\"", name, piece, (int)listener->told.len, listener->told.data);
}

/* Whole, and cut at every length of piece. */
static void test_cases(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        size_t len = strlen(cases[i].stream);
        for (size_t piece = 1; piece <= len + 1; piece++) {
            struct listener listener;
            begin(&listener, 0);
            for (size_t at = 0; at < len; at += piece)
                assert_true(sse_feed(listener.sse, cases[i].stream + at, at + piece < len ? piece : len - at, NULL));
            expect(cases[i].name, piece, &listener, cases[i].told);
            end(&listener);
        }
    }
}

static const struct {
    const char *value;
    int64_t ms;
} retries[] = {{"500", 500}, {"0", 0}, {"", 0}, {"1.5", 0}, {"-1", 0}, {"99999999999999999999999", 3600000}, {"x", 0}};

static void test_retry_and_id(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(retries); i++) {
        struct listener listener;
        char text[64];
        begin(&listener, 0);
        snprintf(text, sizeof(text), "retry: %s\n\n", retries[i].value);
        sse_feed(listener.sse, text, strlen(text), NULL);
        assert_int_equal(sse_retry_ms(listener.sse), retries[i].ms);
        end(&listener);
    }
    struct listener listener;
    begin(&listener, 0);
    assert_string_equal(sse_last_id(listener.sse), "");
    sse_feed(listener.sse, "id: a\n\nid: b\0c\n\n", 17, NULL);
    assert_string_equal(sse_last_id(listener.sse), "a");
    sse_feed(listener.sse, "id: not yet\n", 12, NULL);
    assert_string_equal(sse_last_id(listener.sse), "a");
    end(&listener);
}

/* A long event is given up whole, the next one is told; the same when it is one line without an end. */
static void test_bound(void **state)
{
    static const char *const streams[] = {
        "data: 0123456789\ndata: 0123456789\ndata: 0123456789\ndata: more\n\ndata: next\n\n",
        "data: 0123456789012345678901234567890123456789\n\ndata: next\n\n",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(streams); i++) {
        size_t len = strlen(streams[i]);
        for (size_t piece = 1; piece <= len; piece++) {
            struct listener listener;
            struct error err = {0};
            int refused = 0;
            begin(&listener, 32);
            for (size_t at = 0; at < len; at += piece)
                refused += !sse_feed(listener.sse, streams[i] + at, at + piece < len ? piece : len - at, &err);
            assert_int_equal(refused, 1);
            assert_string_equal(err.text, "an event is longer than 32 bytes");
            expect("bound", piece, &listener, "message||next\n");
            end(&listener);
        }
    }
}

static void test_destroy_within(void **state)
{
    struct listener listener;
    begin(&listener, 0);
    listener.destroy_at_first = true;
    assert_true(sse_feed(listener.sse, "data: a\n\ndata: b\n\n", 18, NULL));
    expect("destroyed", 18, &listener, "message||a\n");
    end(&listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases), cmocka_unit_test(test_retry_and_id),
        cmocka_unit_test(test_bound), cmocka_unit_test(test_destroy_within),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
