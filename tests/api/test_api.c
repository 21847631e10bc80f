/* The thin path: a question from the chat to the clients' air, over the Unix socket. */
#include "desk.h"

static void test_thin_path(void **state)
{
    struct desk desk;
    desk_init(&desk);
    desk_start(&desk);
    struct caller overlay, panel;
    caller_open(&overlay, &desk, "{\"type\":\"hello\",\"client\":\"overlay\",\"name\":\"studio\",\"topics\":[\"on_air\"]}");
    json_t *snapshot = caller_wait(&overlay, "snapshot");
    assert_null(json_object_get(snapshot, "questions"));
    json_decref(snapshot);
    caller_open(&panel, &desk, "{\"type\":\"hello\",\"client\":\"panel\",\"name\":\"anna\"}");
    json_decref(caller_wait(&panel, "snapshot"));

    uint64_t message = desk_say(&desk, "twitch", "niloufar", "این آهنگ برای شما چه معنایی دارد؟");
    json_decref(caller_wait(&panel, "messages"));
    char members[64];
    snprintf(members, sizeof(members), "\"message\":%llu", (unsigned long long)message);
    int64_t id = caller_must_id(&panel, "question.pick", members);
    snprintf(members, sizeof(members), "\"id\":%lld", (long long)id);
    caller_must(&panel, "question.air", members);
    json_t *event = caller_wait(&overlay, "on_air");
    const json_t *question = json_object_get(
        json_object_get(json_object_get(json_object_get(event, "on_air"), "views"), "main"), "question");
    assert_string_equal(json_get_text(question, "text"), "این آهنگ برای شما چه معنایی دارد؟");
    assert_string_equal(json_get_text(json_object_get(question, "author"), "name"), "niloufar");
    json_decref(event);
    caller_close(&overlay);
    caller_close(&panel);
    desk_fini(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thin_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
