/*
 * test_x_frames.c - recorded posts, pages and events of X; the keys that they are taken once by; what the configuration
 * takes.
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
#include "chat/message.h"
#include "connector/connector.h"
#include "connector/x_reader.h"
#include "decoding.h"

static void test_cases(void **state)
{
    check_cases("x", 7);
}

static void take_key(void *data, struct message *message)
{
    struct buffer *keys = data;
    buffer_add(keys, message->is.event_key.data, message->is.event_key.len);
    buffer_add_char(keys, ' ');
}

/* An edited post is dropped by the first key where it is known, and taken by the second. */
static void test_keys(void **state)
{
    static const char *const frames[] = {
        "{\"data\":{\"id\":\"10\",\"text\":\"a\",\"edit_history_tweet_ids\":[\"10\"]}}",
        "{\"data\":{\"id\":\"12\",\"text\":\"b\",\"edit_history_tweet_ids\":[\"10\",\"11\",\"12\"]}}",
        "{\"data\":{\"event_type\":\"broadcast.chat\",\"payload\":{\"message_id\":\"5\",\"message\":\"m\"}}}",
        "{\"data\":{\"event_type\":\"broadcast.end\",\"payload\":{\"broadcast_id\":\"1mG\"}}}",
        "{\"data\":{\"event_type\":\"broadcast.end\",\"payload\":{\"broadcast_id\":\"1mG\"}}}",
    };
    struct buffer keys = {0};
    struct connector *connector = connector_create_decoder(
        "x", &(struct connector_options){.deliver = take_key, .data = &keys}, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(frames); i++)
        assert_true(connector_receive(connector, frames[i], strlen(frames[i]), NULL));
    buffer_add_char(&keys, '\0');
    assert_string_equal(keys.data, "10 10 10#edit12 5 end:1mG ");
    buffer_fini(&keys);
    connector_destroy(connector);
}

static void test_newer(void **state)
{
    assert_true(x_id_is_newer("10", "9"));
    assert_true(x_id_is_newer("1990000000000000001", "1990000000000000000"));
    assert_false(x_id_is_newer("1990000000000000000", "1990000000000000000"));
    assert_true(x_id_is_newer("1", ""));
}

static const struct {
    const char *name, *config, *says;
    bool is_good;
} configs[] = {
    {"hashtag", "{\"hashtag\":\"#\\u067e\\u0631\\u0633\\u0634\",\"bearer\":\" AAA%3D\\n\"}", "x:#\xd9\xbe\xd8\xb1\xd8\xb3\xd8\xb4", true},
    {"hashtag without sign", "{\"hashtag\":\"qa\",\"bearer\":\"A\"}", "x:#qa", true},
    {"full-width sign", "{\"hashtag\":\"\\uff03qa\",\"bearer\":\"A\"}", "x:#qa", true},
    {"query", "{\"query\":\"@anna -is:retweet\",\"bearer\":\"A\"}", "x:@anna -is:retweet", true},
    {"both", "{\"query\":\"a\",\"hashtag\":\"b\",\"bearer\":\"A\"}", "hashtag or query", false},
    {"neither", "{\"bearer\":\"A\"}", "hashtag or query", false},
    {"hashtag with blanks", "{\"hashtag\":\"a b\",\"bearer\":\"A\"}", "has no blanks", false},
    {"hashtag with operators", "{\"hashtag\":\"a\\\" OR b\",\"bearer\":\"A\"}", "has no blanks", false},
    {"no token", "{\"hashtag\":\"a\"}", "bearer: missing", false},
    {"token with blanks", "{\"hashtag\":\"a\",\"bearer\":\"A A\"}", "bearer", false},
    {"backfill", "{\"hashtag\":\"a\",\"bearer\":\"A\",\"backfill_minutes\":6}", "0 to 5", false},
    {"as", "{\"hashtag\":\"a\",\"bearer\":\"A\",\"as\":\"poem\"}", "\"question\" or \"chat\"", false},
    {"method", "{\"method\":\"magic\"}", "\"posts\", \"activity\" or \"broadcast\"", false},
    {"activity", "{\"method\":\"activity\",\"user_id\":\"1111\",\"bearer\":\"A\"}", "x:user:1111", true},
    {"activity by name", "{\"method\":\"activity\",\"user_id\":\"@anna\",\"bearer\":\"A\"}", "user_id", false},
    {"broadcast", "{\"method\":\"broadcast\",\"user_token\":\"A\"}", "x:broadcast:own", true},
    {"broadcast's address", "{\"method\":\"broadcast\",\"broadcast\":\"https://x.com/i/broadcasts/1mGPaZ\",\"user_token\":\"A\"}", "x:broadcast:1mGPaZ", true},
    {"no broadcast", "{\"method\":\"broadcast\",\"broadcast\":\"a/b?c\",\"user_token\":\"A\"}", "broadcasts/ID", false},
};

static void test_configuration(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(configs); i++) {
        struct error err = {0};
        json_t *config = json_parse(configs[i].config, strlen(configs[i].config), &err);
        assert_non_null(config);
        json_object_set_new(config, "connector", json_string("x"));
        char *id = connector_source_id(config, &err);
        if ((id != NULL) != configs[i].is_good || !strstr(id ? id : err.text, configs[i].says))
            fail_msg("%s: %s", configs[i].name, id ? id : err.text);
        if (strstr(err.text, "A A"))
            fail_msg("%s: the token stands in the error: %s", configs[i].name, err.text);
        free(id);
        json_decref(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases), cmocka_unit_test(test_keys), cmocka_unit_test(test_newer),
        cmocka_unit_test(test_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
