/* The crew: what moderators order in chat, panic, invitations, who is on duty, notes and the audit log. */
#include "desk.h"

#include "relay/questions.h"

static void say_in_chat(struct desk *desk, const char *native_id, const char *author, const char *text, uint32_t roles)
{
    struct message_draft draft = {
        .kind = MESSAGE_CHAT, .platform = STR("twitch"), .source = STR("twitch:show"), .native_id = str_from(native_id),
        .event_key = str_from(native_id), .author = {.id = str_from(author), .login = str_from(author), .roles = roles},
        .text = str_from(text),
    };
    desk_push(desk, &draft);
}

/* --- "!next" in chat --- */

static void test_next_in_chat(void **state)
{
    struct desk desk;
    struct caller caller;
    desk_init(&desk);
    desk_start(&desk);
    caller_open(&caller, &desk, NULL);
    caller_must(&caller, "question.add", "\"text\":\"first\"");
    caller_must(&caller, "question.add", "\"text\":\"second\"");
    say_in_chat(&desk, "a1", "viewer", "!next", 0);
    assert_null(questions_on_air(desk.relay->questions));
    say_in_chat(&desk, "a2", "niloufar", "!next", ROLE_MODERATOR);
    say_in_chat(&desk, "a2", "niloufar", "!next", ROLE_MODERATOR);  // delivered twice
    const struct question *question = questions_on_air(desk.relay->questions);
    assert_non_null(question);
    assert_string_equal(question->text, "first");
    assert_string_equal(question->changed_by, "niloufar@twitch");
    caller_must(&caller, "panic", "");
    say_in_chat(&desk, "a3", "reza", "!next", ROLE_BROADCASTER);
    assert_string_equal(questions_on_air(desk.relay->questions)->text, "first");
    json_t *notice = caller_wait(&caller, "notice");
    assert_non_null(strstr(json_get_text(notice, "text"), "!next of reza@twitch was not done: locked"));
    json_decref(notice);
    caller_close(&caller);
    desk_fini(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_in_chat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
