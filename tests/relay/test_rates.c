/* Messages a second and a source: what is counted, what ages, what is written. */
#include "relay_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "relay/rates.h"

static void add(struct rates *rates, const char *source, const char *text, bool is_history)
{
    struct message *message = message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = STR("twitch"), .source = str_from(source), .text = str_from(text),
        .is_history = is_history});
    rates_add(rates, message);
    message_unref(message);
}

static json_t *second(const struct rates *rates)
{
    struct buffer json = {0};
    buffer_add_char(&json, '{');
    rates_write_second(rates, &json);
    buffer_add_char(&json, '}');
    json_t *object = json_parse(json.data, json.len, NULL);
    assert_non_null(object);
    buffer_fini(&json);
    return object;
}

static json_t *whole(const struct rates *rates)
{
    struct buffer json = {0};
    rates_write_json(rates, &json);
    json_t *object = json_parse(json.data, json.len, NULL);
    assert_non_null(object);
    buffer_fini(&json);
    return object;
}

static void steps(struct rates *rates, int seconds)
{
    while (seconds-- > 0)
        rates_step(rates);
}

static void test_seconds(void **state)
{
    struct rates *rates = rates_create(&(struct rates_options){0});
    for (int i = 0; i < 7; i++)
        add(rates, "twitch:anna", "سلام به همه، چطورید", false);
    add(rates, "kick:anna", "hello", false);
    add(rates, "kick:anna", "of before", true);
    json_t *none = second(rates);
    assert_int_equal(json_object_size(json_object_get(none, "sources")), 0);
    json_decref(none);
    rates_step(rates);
    json_t *seen = second(rates);
    assert_int_equal(json_get_int(json_object_get(seen, "sources"), "twitch:anna", 0), 7);
    assert_int_equal(json_get_int(json_object_get(seen, "sources"), "kick:anna", 0), 1);
    assert_int_equal(json_get_int(json_object_get(seen, "languages"), "fa", 0), 7);
    json_decref(seen);
    rates_step(rates);
    seen = second(rates);
    assert_int_equal(json_object_size(json_object_get(seen, "sources")), 0);
    json_decref(seen);
    rates_destroy(rates);
}

static void test_steps(void **state)
{
    struct rates *rates = rates_create(&(struct rates_options){0});
    for (int i = 0; i < 12; i++) {
        add(rates, "twitch:anna", "x", false);
        rates_step(rates);
    }
    json_t *seen = whole(rates);
    json_t *counts = json_object_get(json_object_get(json_object_get(seen, "sources"), "twitch:anna"), "counts");
    assert_int_equal(json_array_size(counts), 2);
    assert_int_equal(json_integer_value(json_array_get(counts, 0)), RATES_STEP_S);
    assert_int_equal(json_integer_value(json_array_get(counts, 1)), RATES_STEP_S);
    assert_int_equal(json_get_int(seen, "step_ms", 0), RATES_STEP_S * 1000);
    assert_int_equal(json_get_int(json_object_get(seen, "languages"), "und", 0), 12);
    json_decref(seen);
    rates_destroy(rates);
}

/* Ten minutes and no more; what said nothing in them is forgotten. */
static void test_ages(void **state)
{
    struct rates *rates = rates_create(&(struct rates_options){0});
    add(rates, "twitch:anna", "x", false);
    for (int i = 0; i < RATES_STEPS * RATES_STEP_S; i++) {
        add(rates, "kick:anna", "x", false);
        rates_step(rates);
    }
    json_t *seen = whole(rates);
    json_t *counts = json_object_get(json_object_get(json_object_get(seen, "sources"), "twitch:anna"), "counts");
    assert_int_equal(json_array_size(counts), RATES_STEPS);
    assert_int_equal(json_integer_value(json_array_get(counts, 0)), 1);
    json_decref(seen);
    steps(rates, RATES_STEP_S);
    seen = whole(rates);
    assert_null(json_object_get(json_object_get(seen, "sources"), "twitch:anna"));
    counts = json_object_get(json_object_get(json_object_get(seen, "sources"), "kick:anna"), "counts");
    assert_int_equal(json_array_size(counts), RATES_STEPS);
    assert_int_equal(json_get_int(json_object_get(seen, "languages"), "und", 0), (RATES_STEPS - 1) * RATES_STEP_S);
    json_decref(seen);
    rates_destroy(rates);
}

static void test_too_many(void **state)
{
    struct rates *rates = rates_create(&(struct rates_options){0});
    for (int i = 0; i < 3 * RATES_SERIES_MAX; i++) {
        char source[24];
        snprintf(source, sizeof(source), "irc:%d", i);
        add(rates, source, "x", false);
    }
    rates_step(rates);
    json_t *seen = second(rates);
    assert_int_equal(json_object_size(json_object_get(seen, "sources")), RATES_SERIES_MAX);
    json_decref(seen);
    rates_destroy(rates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seconds), cmocka_unit_test(test_steps), cmocka_unit_test(test_ages), cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
