/* test_youtube_frames.c - recorded pages and items; pages cut anywhere; names, days and errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/memory.h"
#include "connector/connector_impl.h"
#include "connector/youtube_api.h"
#include "connector/youtube_find.h"
#include "connector/youtube_names.h"
#include "connector/youtube_quota.h"
#include "connector/youtube_scan.h"
#include "decoding.h"

static void test_cases(void **state)
{
    check_cases("youtube", 36);
}

/* ---- the scanner ---- */

struct pieces {
    struct buffer text;
    size_t refused;
};

static void add_item(void *data, const char *text, size_t len)
{
    buffer_printf(&((struct pieces *)data)->text, "item %.*s\n", (int)len, text);
}

static void add_page(void *data, const char *text, size_t len)
{
    buffer_printf(&((struct pieces *)data)->text, "page %.*s\n", (int)len, text);
}

static void count_refused(void *data, const struct error *err)
{
    ((struct pieces *)data)->refused++;
}

static const struct youtube_scan_handler handler = {.on_item = add_item, .on_page = add_page, .on_refused = count_refused};

static const char stream[] =
    "[{\"kind\":\"x\",\"items\":[{\"id\":\"1\",\"t\":\"a \\\"]}\\\\\"},{\"id\":\"2\",\"o\":{\"items\":[{}]}}],"
    "\"nextPageToken\":\"T1\"}\r\n,\r\n{\"a\":{\"items\":[{\"no\":1}]} , \"items\" : [ ] ,\"nextPageToken\":\"T2\"}"
    "{\"items\":[{\"id\":\"3\"}]}]";
static const char pieces_expected[] =
    "item {\"id\":\"1\",\"t\":\"a \\\"]}\\\\\"}\nitem {\"id\":\"2\",\"o\":{\"items\":[{}]}}\n"
    "page {\"kind\":\"x\",\"items\":[],\"nextPageToken\":\"T1\"}\n"
    "page {\"a\":{\"items\":[{\"no\":1}]} , \"items\" : [] ,\"nextPageToken\":\"T2\"}\n"
    "item {\"id\":\"3\"}\npage {\"items\":[]}\n";

static void check_pieces(const char *what, size_t at, const struct pieces *pieces)
{
    if (pieces->text.len != sizeof(pieces_expected) - 1 ||
        memcmp(pieces->text.data, pieces_expected, pieces->text.len) != 0)
        fail_msg("%s %zu: %.*s", what, at, (int)pieces->text.len, pieces->text.data);
}

static void test_cut_at_every_byte(void **state)
{
    struct youtube_scan scan;
    struct pieces pieces = {0};
    youtube_scan_init(&scan, &handler, &pieces);
    for (size_t cut = 0; cut < sizeof(stream); cut++) {
        buffer_clear(&pieces.text);
        youtube_scan_reset(&scan);
        assert_true(youtube_scan_feed(&scan, stream, cut, NULL));
        assert_true(youtube_scan_feed(&scan, stream + cut, sizeof(stream) - 1 - cut, NULL));
        check_pieces("cut at", cut, &pieces);
        assert_true(youtube_scan_is_between(&scan));
    }
    youtube_scan_fini(&scan);
    buffer_fini(&pieces.text);
}

static void test_byte_by_byte(void **state)
{
    struct youtube_scan scan;
    struct pieces pieces = {0};
    youtube_scan_init(&scan, &handler, &pieces);
    for (size_t i = 0; i + 1 < sizeof(stream); i++) {
        char byte = stream[i];
        assert_true(youtube_scan_feed(&scan, &byte, 1, NULL));
    }
    check_pieces("byte by byte", 0, &pieces);
    youtube_scan_fini(&scan);
    buffer_fini(&pieces.text);
}

static void feed_repeated(struct youtube_scan *scan, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_true(youtube_scan_feed(scan, text, strlen(text), NULL));
}

static void feed(struct youtube_scan *scan, const char *text)
{
    feed_repeated(scan, text, 1);
}

static void test_bounds(void **state)
{
    struct youtube_scan scan;
    struct pieces pieces = {0};
    youtube_scan_init(&scan, &handler, &pieces);
    feed(&scan, "[{\"items\":[{\"long\":\"");
    feed_repeated(&scan, "0123456789abcdef", 1 << 16);
    feed(&scan, "\"},{\"id\":1}],\"long\":\"");
    assert_int_equal(pieces.refused, 1);
    feed_repeated(&scan, "0123456789abcdef", 1 << 16);
    feed(&scan, "\"},{\"items\":[]}");
    assert_int_equal(pieces.refused, 2);
    feed(&scan, "{\"deep\":");
    feed_repeated(&scan, "[", 1000);
    feed_repeated(&scan, "]", 1000);
    feed(&scan, ",\"items\":[{\"id\":2}]}");
    assert_int_equal(pieces.refused, 3);
    buffer_add_char(&pieces.text, '\0');
    // The page around a refused item counts; a refused page does not, though its items were given.
    assert_string_equal(pieces.text.data, "item {\"id\":1}\npage {\"items\":[]}\n");
    youtube_scan_fini(&scan);
    buffer_fini(&pieces.text);
}

static void test_never_ending_page(void **state)
{
    struct youtube_scan scan;
    struct pieces pieces = {0};
    struct error err = {0};
    static char block[1 << 20];
    memset(block, '[', sizeof(block));
    youtube_scan_init(&scan, &handler, &pieces);
    feed(&scan, "{\"a\":");
    int i = 0;
    while (i < 100 && youtube_scan_feed(&scan, block, sizeof(block), &err))
        i++;
    assert_true(i < 100);
    assert_memory_equal(err.text, "a page that does not end", 24);
    youtube_scan_fini(&scan);
    buffer_fini(&pieces.text);
}

/* ---- names ---- */

static void check_name(const char *text, char *got, const char *expected)
{
    if (!got != !expected || (got && strcmp(got, expected) != 0))
        fail_msg("\"%s\": got \"%s\", expected \"%s\"", text, got ? got : "nothing", expected ? expected : "nothing");
    free(got);
}

static void test_names(void **state)
{
    static const struct {
        const char *text, *video, *channel;
    } cases[] = {
        {"dQw4w9WgXcQ", "dQw4w9WgXcQ", "@dQw4w9WgXcQ"},
        {"https://www.youtube.com/watch?v=dQw4w9WgXcQ", "dQw4w9WgXcQ", NULL},
        {"https://www.youtube.com/watch?app=desktop&v=dQw4w9WgXcQ&t=3s", "dQw4w9WgXcQ", NULL},
        {"https://youtu.be/dQw4w9WgXcQ?si=x", "dQw4w9WgXcQ", NULL},
        {"youtube.com/live/dQw4w9WgXcQ?feature=share", "dQw4w9WgXcQ", NULL},
        {"https://m.youtube.com/shorts/dQw4w9WgXcQ", "dQw4w9WgXcQ", NULL},
        {"https://studio.youtube.com/video/dQw4w9WgXcQ/livestreaming", "dQw4w9WgXcQ", NULL},
        {"short", NULL, "@short"},
        {"dQw4w9WgXcQx", NULL, "@dQw4w9WgXcQx"},
        {"@anna", NULL, "@anna"},
        {"https://www.youtube.com/@anna/live", NULL, "@anna"},
        {"@نیلوفر", NULL, "@نیلوفر"},
        {"UCsaraParsi0000000000000", NULL, "UCsaraParsi0000000000000"},
        {"https://www.youtube.com/channel/UCsaraParsi0000000000000/videos", NULL, "UCsaraParsi0000000000000"},
        {"https://www.youtube.com/user/anna", NULL, "user:anna"},
        {"https://www.youtube.com/c/anna", NULL, "user:anna"},
        {"", NULL, NULL},
        {"@", NULL, NULL},
        {"an na", NULL, NULL},
        {"https://www.youtube.com/", NULL, NULL},
        {"https://www.youtube.com/watch?v=short", NULL, NULL},
        {"https://example.com/watch?v=dQw4w9WgXcQ", NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        check_name(cases[i].text, youtube_video_id(cases[i].text), cases[i].video);
        check_name(cases[i].text, youtube_channel_name(cases[i].text), cases[i].channel);
    }
}

/* ---- the quota ---- */

/* Unix ms and the next midnight in Los Angeles, from the time zone database. */
static void test_day_ends(void **state)
{
    static const int64_t cases[][2] = {
        {1772953200000, 1772956800000},  // 2026-03-07 evening
        {1772956800000, 1773039600000},  // 2026-03-08, a day of 23 hours
        {1772960400000, 1773039600000},
        {1793514600000, 1793516400000},  // 2026-10-31 evening
        {1793516400000, 1793606400000},  // 2026-11-01, a day of 25 hours
        {1793525400000, 1793606400000},
        {1795363200000, 1795420800000},  // winter
        {1782889199000, 1782889200000},  // summer, a second before midnight
        {1782889200000, 1782975600000},
        {1798790399000, 1798790400000},  // the year's last second
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        if (youtube_day_end_ms(cases[i][0]) != cases[i][1])
            fail_msg("%lld: %lld", (long long)cases[i][0], (long long)youtube_day_end_ms(cases[i][0]));
    }
}

static void test_budget(void **state)
{
    int64_t now_ms = 1795363200000, end_ms = 1795420800000;
    struct youtube_quota quota = {.limit = 12};
    assert_true(youtube_quota_take(&quota, YOUTUBE_CHAT_STREAM, now_ms));
    assert_true(youtube_quota_take(&quota, YOUTUBE_CHAT_LIST, now_ms));
    assert_true(youtube_quota_used(&quota, now_ms) > 0.8);
    assert_false(youtube_quota_take(&quota, YOUTUBE_CHAT_LIST, now_ms));
    assert_int_equal(quota.parked_ms, end_ms);
    assert_false(youtube_quota_take(&quota, YOUTUBE_VIDEOS_LIST, end_ms - 1));
    assert_true(youtube_quota_take(&quota, YOUTUBE_CHAT_LIST, end_ms));
    assert_int_equal(quota.spent, 5);
    youtube_quota_park(&quota, end_ms);
    assert_false(youtube_quota_take(&quota, YOUTUBE_VIDEOS_LIST, end_ms + 1000));
}

/* ---- errors ---- */

static void test_explanations(void **state)
{
#define ERROR_BODY(code, reason, message) \
    "{\"error\":{\"code\":" code ",\"message\":\"" message "\",\"errors\":[{\"reason\":\"" reason "\"}]}}"
    static const struct {
        int status;
        const char *body;
        enum youtube_act act;
        const char *says;
    } cases[] = {
        {403, ERROR_BODY("403", "quotaExceeded", "m"), YOUTUBE_PARK, "the API key's quota"},
        {403, ERROR_BODY("403", "dailyLimitExceeded", "m"), YOUTUBE_PARK, "the API key's quota"},
        {403, ERROR_BODY("403", "rateLimitExceeded", "m"), YOUTUBE_SLOWER, "YouTube asks us"},
        {429, ERROR_BODY("429", "userRateLimitExceeded", "m"), YOUTUBE_SLOWER, "YouTube asks us"},
        {429, "", YOUTUBE_SLOWER, "status"},
        {403, ERROR_BODY("403", "liveChatEnded", "m"), YOUTUBE_ENDED, "the chat is over"},
        {403, ERROR_BODY("403", "liveChatDisabled", "m"), YOUTUBE_REFUSED, "the chat of this broadcast is switched off"},
        {403, ERROR_BODY("403", "forbidden", "m"), YOUTUBE_REFUSED, "the chat is private"},
        {403, ERROR_BODY("403", "somethingNew", "words"), YOUTUBE_REFUSED, "words"},
        {404, ERROR_BODY("404", "liveChatNotFound", "m"), YOUTUBE_FIND_AGAIN, "the chat is gone"},
        {404, "<html>not found</html>", YOUTUBE_NO_STREAM, "status"},
        {400, ERROR_BODY("400", "pageTokenInvalid", "m"), YOUTUBE_DROP_TOKEN, "the place"},
        {400, ERROR_BODY("400", "invalidValue", "The request specifies an invalid page token."), YOUTUBE_DROP_TOKEN, "The"},
        {400, ERROR_BODY("400", "badRequest", "API key not valid. Please pass a valid API key."), YOUTUBE_REFUSED, "api_key:"},
        {401, ERROR_BODY("401", "authError", "m"), YOUTUBE_REFUSED, "api_key:"},
        {500, ERROR_BODY("500", "backendError", "Internal"), YOUTUBE_RETRY, "Internal"},
        {503, "", YOUTUBE_RETRY, "status"},
        {0, "", YOUTUBE_RETRY, "status"},
        {0, ERROR_BODY("403", "quotaExceeded", "inside a stream"), YOUTUBE_PARK, "the API key's quota"},
        {403, "[" ERROR_BODY("403", "quotaExceeded", "in an array") "]", YOUTUBE_PARK, "the API key's quota"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct youtube_failure failure = youtube_explain(cases[i].status, cases[i].body, strlen(cases[i].body), "status");
        if (failure.act != cases[i].act || strncmp(failure.text, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("%d %s: %d \"%s\"", cases[i].status, cases[i].body, (int)failure.act, failure.text);
    }
}

/* ---- which broadcast ---- */

static void test_choice(void **state)
{
    static const char answer[] =
        "{\"items\":[{\"id\":\"clip\",\"snippet\":{\"liveBroadcastContent\":\"none\"}},"
        "{\"id\":\"soon\",\"snippet\":{\"liveBroadcastContent\":\"upcoming\"},"
        "\"liveStreamingDetails\":{\"activeLiveChatId\":\"C0\",\"scheduledStartTime\":\"2026-11-23T00:00:00Z\"}},"
        "{\"id\":\"old\",\"liveStreamingDetails\":{\"activeLiveChatId\":\"C1\",\"actualStartTime\":\"2026-11-22T10:00:00Z\"}},"
        "{\"id\":\"new\",\"snippet\":{\"channelId\":\"UC1\"},"
        "\"liveStreamingDetails\":{\"activeLiveChatId\":\"C2\",\"actualStartTime\":\"2026-11-22T18:00:00Z\"}},"
        "{\"id\":\"over\",\"liveStreamingDetails\":{\"activeLiveChatId\":\"C3\",\"actualStartTime\":\"2026-11-22T19:00:00Z\","
        "\"actualEndTime\":\"2026-11-22T20:00:00Z\"}}]}";
    struct youtube_broadcast found;
    json_t *object = json_loads(answer, 0, NULL);
    assert_true(youtube_broadcast_choose(object, NULL, false, &found));
    assert_string_equal(found.chat, "C2");
    assert_string_equal(found.channel, "UC1");
    assert_true(youtube_broadcast_choose(object, "C2", false, &found));
    assert_string_equal(found.chat, "C1");
    json_array_remove(json_object_get(object, "items"), 3);
    json_array_remove(json_object_get(object, "items"), 2);
    assert_false(youtube_broadcast_choose(object, NULL, false, &found));
    assert_true(youtube_broadcast_choose(object, NULL, true, &found));
    assert_string_equal(found.chat, "C0");
    json_decref(object);
    assert_false(youtube_broadcast_choose(NULL, NULL, true, &found));
}

static void test_addresses(void **state)
{
    struct buffer url = {0};
    youtube_url_begin(&url, "http://h/v3/", "/videos");
    youtube_url_add(&url, "part", "a,b");
    youtube_url_add(&url, "id", "x y&z=نی");
    buffer_add_char(&url, '\0');
    assert_string_equal(url.data, "http://h/v3/videos?part=a,b&id=x%20y%26z%3D%D9%86%DB%8C");
    buffer_fini(&url);
}

static void test_configuration(void **state)
{
    static const struct {
        const char *config, *id_or_error;
    } cases[] = {
        {"{\"connector\":\"youtube\",\"channel\":\"@anna\",\"api_key\":\"k\"}", "youtube:@anna"},
        {"{\"connector\":\"youtube\",\"video\":\"https://youtu.be/dQw4w9WgXcQ\",\"api_key\":\"k\"}", "youtube:dQw4w9WgXcQ"},
        {"{\"connector\":\"youtube\",\"video\":\"dQw4w9WgXcQ\",\"api_url\":\"http://127.0.0.1:1\"}", "youtube:dQw4w9WgXcQ"},
        {"{\"connector\":\"youtube\",\"api_key\":\"k\"}", "video, channel: give one of them"},
        {"{\"connector\":\"youtube\",\"video\":\"a\",\"channel\":\"b\",\"api_key\":\"k\"}", "video, channel: give one of them"},
        {"{\"connector\":\"youtube\",\"channel\":\"@anna\"}", "api_key: missing; make one in the Google Cloud console and give it as a secret, or give \"login\": true"},
        {"{\"connector\":\"youtube\",\"channel\":\"an na\",\"api_key\":\"k\"}", "channel \"an na\": expected @handle, a channel's id (UC…) or its address"},
        {"{\"connector\":\"youtube\",\"video\":\"x\",\"api_key\":\"k\"}", "video \"x\": expected a video's id (11 characters) or its address"},
        {"{\"connector\":\"youtube\",\"channel\":\"@anna\",\"api_key\":\"k\",\"method\":\"push\"}", "method \"push\": expected \"auto\", \"stream\", \"list\" or \"web\""},
        {"{\"connector\":\"youtube\",\"channel\":\"@anna\",\"method\":\"web\"}", "youtube:@anna"},
        {"{\"connector\":\"youtube\",\"channel\":\"@anna\",\"login\":true}", "youtube:@anna"},
        {"{\"connector\":\"youtube\",\"channel\":\"@anna\",\"api_key\":\" k\\n\"}", "youtube:@anna"},
        {"{\"connector\":\"youtube\",\"channel\":\"@anna\",\"api_key\":\"k k\"}", "api_key: there is a blank or a line end within it; paste it again, in one piece"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error err = {0};
        json_t *config = json_loads(cases[i].config, 0, NULL);
        char *id = connector_source_id(config, &err);
        if (strcmp(id ? id : err.text, cases[i].id_or_error) != 0)
            fail_msg("%s: \"%s\"", cases[i].config, id ? id : err.text);
        free(id);
        json_decref(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_byte_by_byte), cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_never_ending_page), cmocka_unit_test(test_names),
        cmocka_unit_test(test_day_ends),     cmocka_unit_test(test_budget),
        cmocka_unit_test(test_explanations), cmocka_unit_test(test_choice),
        cmocka_unit_test(test_addresses),    cmocka_unit_test(test_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
