/* test_message.c - messages: copying, repair, sharing, and the public JSON form there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"

static char *json_of(const struct message *message)
{
    struct buffer out = {0};
    message_write_json(message, &out);
    return buffer_take(&out);
}

static struct message *parse(const char *text, struct error *err)
{
    json_t *object = json_parse(text, strlen(text), err);
    assert_non_null(object);
    struct message *message = message_from_json(object, err);
    json_decref(object);
    return message;
}

static void test_copies_everything(void **state)
{
    char text[] = "Kappa hi", name[] = "anna", badge[] = "subscriber/12";
    struct str badges[] = {str_from(badge)};
    struct emote emotes[] = {{STR("25"), STR("Kappa"), STR("https://x"), 0, 5}};
    struct message_draft draft = {
        .kind = MESSAGE_CHAT, .platform = STR("twitch"), .text = str_from(text),
        .author = {.name = str_from(name), .badges = badges, .badge_count = 1},
        .emotes = emotes, .emote_count = 1, .event_key = STR("key"),
    };
    struct message *message = message_create(&draft);
    memset(text, 'x', sizeof(text) - 1);
    memset(name, 'x', sizeof(name) - 1);
    memset(badge, 'x', sizeof(badge) - 1);
    memset(emotes, 0, sizeof(emotes));
    assert_string_equal(message->is.text.data, "Kappa hi");
    assert_string_equal(message->is.author.name.data, "anna");
    assert_string_equal(message->is.author.badges[0].data, "subscriber/12");
    assert_string_equal(message->is.emotes[0].name.data, "Kappa");
    assert_string_equal(message->is.event_key.data, "key");
    assert_string_equal(message->is.native_id.data, "");
    message_unref(message);
}

static void test_shared(void **state)
{
    struct message *message = message_create(&(struct message_draft){.kind = MESSAGE_CLEAR});
    assert_ptr_equal(message_ref(message), message);
    message_unref(message);
    message_stamp(message, 7, 1000);
    assert_int_equal(message->id, 7);
    assert_int_equal(message_time_ms(message), 1000);
    assert_true(message_is_control(message));
    message_unref(message);
    message_unref(NULL);
}

static void test_repairs_texts_and_ranges(void **state)
{
    struct emote emotes[] = {
        {STR("25"), STR("Kappa"), {0}, 2, 7}, {STR("x"), STR("y"), {0}, 3, 99}, {STR("z\xff"), STR("z"), {0}, 0, 1},
    };
    struct message_draft draft = {
        .kind = MESSAGE_CHAT, .text = STR("\xff Kappa"), .author = {.name = STR("a\xc3")},
        .emotes = emotes, .emote_count = 3,
    };
    struct message *message = message_create(&draft);
    assert_string_equal(message->is.text.data, "\xef\xbf\xbd Kappa");
    assert_string_equal(message->is.author.name.data, "a\xef\xbf\xbd");
    assert_int_equal(message->is.emote_count, 2);
    assert_int_equal(message->is.emotes[0].from, 4);
    assert_int_equal(message->is.emotes[0].to, 9);
    assert_int_equal(message->is.emotes[1].to, 3);
    assert_string_equal(message->is.emotes[1].id.data, "z\xef\xbf\xbd");
    message_unref(message);
}

static void test_drops_unsound_ranges(void **state)
{
    static const struct {
        uint32_t from, to;
        bool stays;
    } cases[] = {{0, 3, true}, {3, 4, true}, {1, 3, false}, {0, 2, false}, {2, 2, false}, {3, 1, false}, {0, 9, false}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct emote emote = {STR("1"), STR("n"), {0}, cases[i].from, cases[i].to};
        struct message *message = message_create(
            &(struct message_draft){.kind = MESSAGE_CHAT, .text = STR("字ab"), .emotes = &emote, .emote_count = 1});
        if (message->is.emote_count != cases[i].stays)
            fail_msg("%u-%u", cases[i].from, cases[i].to);
        message_unref(message);
    }
}

static const char full[] =
    "{\"v\":1,\"id\":4711,\"kind\":\"chat\",\"platform\":\"twitch\",\"source\":\"twitch:anna\","
    "\"native_id\":\"885196de\",\"time_ms\":1643904084794,\"received_ms\":1643904084901,"
    "\"author\":{\"id\":\"117166826\",\"login\":\"niloufar\",\"name\":\"نیلوفر\","
    "\"roles\":[\"moderator\",\"subscriber\"],\"badges\":[\"moderator/1\",\"subscriber/12\"],"
    "\"badge_images\":[\"\",\"https://c\"],\"months\":14,\"color\":\"#1E90FF\","
    "\"avatar\":\"https://a\"},\"text\":\"Kappa این آهنگ؟\","
    "\"emotes\":[{\"id\":\"25\",\"name\":\"Kappa\",\"from\":0,\"to\":5,\"url\":\"https://b\"}],"
    "\"reply_to\":{\"native_id\":\"r\",\"author\":\"anna\",\"text\":\"t\"},"
    "\"money\":{\"micros\":5000000,\"currency\":\"USD\",\"unit\":\"bits\",\"units\":100,\"item\":\"Rose\","
    "\"count\":5,\"streak\":\"open\"},"
    "\"target\":{\"native_id\":\"n\",\"author_id\":\"a\",\"seconds\":600},"
    "\"detail\":{\"viewers\":42},\"history\":true,\"foreign\":true,\"own\":true}";

static void test_json_there_and_back(void **state)
{
    struct error err = {0};
    struct message *message = parse(full, &err);
    assert_non_null(message);
    assert_int_equal(message->is.money.micros, 5000000);
    assert_int_equal(message->is.author.roles, ROLE_MODERATOR | ROLE_SUBSCRIBER);
    char *text = json_of(message);
    assert_string_equal(text, full);
    free(text);
    message_unref(message);
}

static void test_absent_fields_stay_absent(void **state)
{
    struct message *message = message_create(&(struct message_draft){.kind = MESSAGE_CLEAR, .platform = STR("twitch")});
    char *text = json_of(message);
    assert_string_equal(text, "{\"v\":1,\"kind\":\"clear\",\"platform\":\"twitch\"}");
    free(text);
    message_unref(message);
}

static void test_json_errors(void **state)
{
    static const struct {
        const char *json, *says;
    } cases[] = {
        {"[]", "message: expected an object"},
        {"{}", "message: kind: expected one of chat"},
        {"{\"kind\":\"chatt\"}", "message: kind: expected one of chat"},
        {"{\"kind\":7}", "message: kind: expected a string"},
        {"{\"v\":2,\"kind\":\"chat\"}", "message: v: expected 1"},
        {"{\"kind\":\"chat\",\"text\":[]}", "message: text: expected a string"},
        {"{\"kind\":\"chat\",\"time_ms\":-1}", "message: time_ms: expected a whole number"},
        {"{\"kind\":\"chat\",\"author\":\"anna\"}", "message: author: expected an object"},
        {"{\"kind\":\"chat\",\"author\":{\"name\":1}}", "message: author.name: expected a string"},
        {"{\"kind\":\"chat\",\"author\":{\"roles\":[1]}}", "message: author.roles: expected an array of strings"},
        {"{\"kind\":\"chat\",\"author\":{\"badges\":[1]}}", "message: author.badges: expected an array of strings"},
        {"{\"kind\":\"chat\",\"author\":{\"badges\":[\"a/1\"],\"badge_images\":[\"\",\"\"]}}", "message: author.badge_images: expected as many"},
        {"{\"kind\":\"chat\",\"emotes\":[1]}", "message: emotes: expected an array of objects"},
        {"{\"kind\":\"chat\",\"emotes\":[{\"from\":\"0\"}]}", "message: emotes.from: expected a whole number"},
        {"{\"kind\":\"gift\",\"money\":{\"streak\":\"on\"}}", "message: money.streak: expected \"open\""},
        {"{\"kind\":\"chat\",\"history\":1}", "message: history: expected true or false"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error err = {0};
        if (parse(cases[i].json, &err))
            fail_msg("%s: accepted", cases[i].json);
        if (strncmp(err.text, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("%s: says \"%s\"", cases[i].json, err.text);
    }
}

static void test_kind_names(void **state)
{
    for (int kind = MESSAGE_NONE + 1; kind < MESSAGE_KIND_COUNT; kind++) {
        const char *name = message_kind_name((enum message_kind)kind);
        assert_true(*name != '\0');
        assert_int_equal(message_kind_from_name(str_from(name)), kind);
    }
    assert_int_equal(message_kind_from_name(STR("")), MESSAGE_NONE);
    assert_string_equal(message_role_name(ROLE_VIP), "vip");
    assert_null(message_role_name(1u << 30));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies_everything),
        cmocka_unit_test(test_shared),
        cmocka_unit_test(test_repairs_texts_and_ranges),
        cmocka_unit_test(test_drops_unsound_ranges),
        cmocka_unit_test(test_json_there_and_back),
        cmocka_unit_test(test_absent_fields_stay_absent),
        cmocka_unit_test(test_json_errors),
        cmocka_unit_test(test_kind_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
