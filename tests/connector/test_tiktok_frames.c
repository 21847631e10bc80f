/*
 * test_tiktok_frames.c - recorded events of TikFinity and of the webcast (tiktok_frames.py wrote the latter byte by byte),
 * and what the JSON form does not show: the keys that events are taken once by, and frames of protobuf-c's own making.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/connector_impl.h"
#include "connector/tiktok.pb-c.h"
#include "decoding.h"
#include "net/base64.h"

static void test_cases(void **state)
{
    check_cases("tiktok", 25);
}

struct taken {
    char keys[64][96], texts[64][96];
    size_t count;
};

static void take(void *data, struct message *message)
{
    struct taken *taken = data;
    snprintf(taken->keys[taken->count % 64], 96, "%.*s", (int)message->is.event_key.len, message->is.event_key.data);
    snprintf(taken->texts[taken->count++ % 64], 96, "%.*s", (int)message->is.text.len, message->is.text.data);
}

static struct connector *decoder(struct taken *taken)
{
    struct error err = {0};
    struct connector *connector = connector_create_decoder(
        "tiktok", &(struct connector_options){.deliver = take, .data = taken}, &err);
    assert_non_null(connector);
    return connector;
}

static void receive(struct connector *connector, const char *text)
{
    struct error err = {0};
    if (!connector_receive(connector, text, strlen(text), &err))
        fail_msg("%s", err.text);
}

#define GIFT(count, end, type, id) \
    "{\"event\":\"gift\",\"data\":{\"giftId\":7,\"groupId\":\"9\",\"repeatCount\":" #count ",\"repeatEnd\":" #end \
    ",\"giftType\":" #type ",\"diamondCount\":1,\"userId\":\"5\",\"msgId\":\"" #id "\"}}"

/* The closing event has the last one's count, and is another event all the same. */
static void test_keys(void **state)
{
    struct taken taken = {0};
    struct connector *connector = decoder(&taken);
    receive(connector, GIFT(1, false, 1, 100));
    receive(connector, GIFT(3, false, 1, 101));
    receive(connector, GIFT(3, true, 1, 102));
    receive(connector, GIFT(3, false, 2, 103));
    receive(connector, "{\"event\":\"gift\",\"data\":{\"giftId\":7,\"giftType\":2,\"diamondCount\":1,\"userId\":\"5\",\"msgId\":\"104\","
                       "\"orderId\":\"77\",\"repeatCount\":2}}");
    receive(connector, "{\"event\":\"follow\",\"data\":{\"userId\":\"5\",\"msgId\":\"105\"}}");
    static const char *const expected[] = {"5:7:9#1", "5:7:9#3", "5:7:9#3#end", "103", "order:77#2", "105"};
    assert_int_equal(taken.count, ARRAY_LENGTH(expected));
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++)
        assert_string_equal(taken.keys[i], expected[i]);
    connector_destroy(connector);
}

/* protobuf-c writes what we read; the recorded frames are the other hand. */
static void test_packed_by_the_library(void **state)
{
    struct taken taken = {0};
    struct connector *connector = decoder(&taken);
    uint8_t chat_bytes[256], result_bytes[512], frame_bytes[1024];
    Tiktok__Common common = TIKTOK__COMMON__INIT;
    common.msg_id = INT64_MAX;
    Tiktok__ChatEvent chat = TIKTOK__CHAT_EVENT__INIT;
    chat.common = &common;
    chat.content = (ProtobufCBinaryData){6, (uint8_t *)"\xe4\xbd\xa0\xe5\xa5\xbd"};
    Tiktok__Inner inner = TIKTOK__INNER__INIT, *inners[] = {&inner};
    inner.method = (ProtobufCBinaryData){18, (uint8_t *)"WebcastChatMessage"};
    inner.payload = (ProtobufCBinaryData){tiktok__chat_event__pack(&chat, chat_bytes), chat_bytes};
    Tiktok__FetchResult result = TIKTOK__FETCH_RESULT__INIT;
    result.n_messages = 1;
    result.messages = inners;
    Tiktok__PushFrame frame = TIKTOK__PUSH_FRAME__INIT;
    frame.payload_type = (ProtobufCBinaryData){3, (uint8_t *)"msg"};
    frame.payload = (ProtobufCBinaryData){tiktok__fetch_result__pack(&result, result_bytes), result_bytes};
    size_t len = tiktok__push_frame__pack(&frame, frame_bytes);
    struct buffer text = {0};
    base64_encode(&text, frame_bytes, len);
    buffer_add_char(&text, '\0');
    receive(connector, text.data);
    assert_int_equal(taken.count, 1);
    assert_string_equal(taken.texts[0], "\xe4\xbd\xa0\xe5\xa5\xbd");
    assert_string_equal(taken.keys[0], "9223372036854775807");
    buffer_fini(&text);
    connector_destroy(connector);
}

static const struct {
    const char *name, *config, *says;  // the source's name, or words of the error
    bool is_good;
} configs[] = {
    {"nothing", "{}", "tiktok:tikfinity", true},
    {"handle", "{\"channel\":\"@Anna.live_1\"}", "tiktok:Anna.live_1", true},
    {"address", "{\"channel\":\"https://www.tiktok.com/@anna/live?lang=fa\"}", "tiktok:anna", true},
    {"blanks", "{\"channel\":\"an na\\u0000\"}", "channel", false},
    {"no handle", "{\"channel\":\"\\u0646\\u06cc\"}", "channel", false},
    {"method", "{\"method\":\"magic\"}", "expected \"tikfinity\" or \"webcast\"", false},
    {"not switched on", "{\"method\":\"webcast\",\"channel\":\"anna\",\"sign_url\":\"https://s\"}", "terms do not allow", false},
    {"switched off", "{\"method\":\"webcast\",\"unofficial\":false,\"channel\":\"anna\",\"sign_url\":\"https://s\"}", "\"unofficial\": true", false},
    {"no channel", "{\"method\":\"webcast\",\"unofficial\":true,\"sign_url\":\"https://s\"}", "channel: missing", false},
    {"no sign server", "{\"method\":\"webcast\",\"unofficial\":true,\"channel\":\"anna\"}", "sign_url: missing", false},
    {"webcast", "{\"method\":\"webcast\",\"unofficial\":true,\"channel\":\"anna\",\"sign_url\":\"https://s\",\"sign_key\":\" k\\n\"}", "tiktok:anna", true},
    {"key with blanks", "{\"method\":\"webcast\",\"unofficial\":true,\"channel\":\"anna\",\"sign_url\":\"https://s\",\"sign_key\":\"k k\"}", "sign_key", false},
};

static void test_configuration(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(configs); i++) {
        struct error err = {0};
        json_t *config = json_parse(configs[i].config, strlen(configs[i].config), &err);
        assert_non_null(config);
        json_object_set_new(config, "connector", json_string("tiktok"));
        char *id = connector_source_id(config, &err);
        if ((id != NULL) != configs[i].is_good || !strstr(id ? id : err.text, configs[i].says))
            fail_msg("%s: %s", configs[i].name, id ? id : err.text);
        if (strstr(err.text, "k k"))
            fail_msg("%s: the key stands in the error: %s", configs[i].name, err.text);
        free(id);
        json_decref(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases), cmocka_unit_test(test_keys), cmocka_unit_test(test_packed_by_the_library),
        cmocka_unit_test(test_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
