/* What clients are told of finding, upvotes and who has been heard; and that words change while the relay runs. */
#include <inttypes.h>
#include <string.h>

#include "desk.h"
#include "relay/question_words.h"
#include "relay/questions.h"
#include "relay/relay.h"

static const json_t *find_language(const json_t *heard, const char *language)
{
    size_t index;
    json_t *row;
    json_array_foreach(json_object_get(heard, "languages"), index, row)
    {
        if (strcmp(json_get_text(row, "language"), language) == 0)
            return row;
    }
    return NULL;
}

/* The next event `heard` with so many on air in this language; those of who only asks come between. */
static json_t *wait_heard(struct caller *caller, const char *language, int64_t wanted)
{
    for (;;) {
        json_t *event = caller_wait(caller, "heard");
        if (json_get_int(find_language(json_object_get(event, "heard"), language), "heard", -1) == wanted)
            return event;
        json_decref(event);
    }
}

static void test_heard(void **state)
{
    struct desk desk;
    struct caller caller;
    desk_init(&desk);
    desk_start(&desk);
    caller_open(&caller, &desk, "{\"type\":\"hello\",\"client\":\"panel\",\"name\":\"anna\",\"topics\":[\"desk\"]}");
    json_t *snapshot = caller_wait(&caller, "snapshot");
    assert_int_equal(json_array_size(json_object_get(json_object_get(snapshot, "heard"), "languages")), 0);
    json_decref(snapshot);

    desk_say(&desk, "twitch", "u1", "چرا این آهنگ را می‌خوانی؟");
    json_t *event = caller_wait(&caller, "questions");
    const json_t *question = json_array_get(json_object_get(event, "questions"), 0);
    assert_string_equal(json_get_text(question, "language"), "fa");
    assert_int_equal(json_get_int(question, "votes", 0), 1);
    assert_true(json_get_bool(question, "is_first_time", false));
    char vote[32], members[64];
    snprintf(vote, sizeof(vote), "+1 %s", json_get_text(question, "code"));
    snprintf(members, sizeof(members), "\"id\":%" PRId64, json_get_int(question, "id", 0));
    json_decref(event);

    desk_say(&desk, "twitch", "u2", vote);
    event = caller_wait(&caller, "questions");
    question = json_array_get(json_object_get(event, "questions"), 0);
    assert_int_equal(json_get_int(question, "votes", 0), 2);
    assert_int_equal(json_get_int(question, "upvotes", 0), 1);
    json_decref(event);

    caller_must(&caller, "question.air", members);
    event = wait_heard(&caller, "fa", 1);
    assert_true(json_is_object(json_object_get(event, "fairness")));
    json_decref(event);
    caller_must(&caller, "show.begin", "");
    event = caller_wait(&caller, "heard");
    json_decref(event);
    caller_close(&caller);
    desk_fini(&desk);
}

/* As SIGHUP does. What is wrong in a file is a notice. */
static void test_words_change(void **state)
{
    struct desk desk;
    struct caller caller;
    desk_init(&desk);
    desk_start(&desk);
    caller_open(&caller, &desk, "{\"type\":\"hello\",\"client\":\"panel\",\"name\":\"anna\",\"topics\":[\"desk\"]}");
    char path[128];
    snprintf(path, sizeof(path), "%s/en.txt", desk.folder);
    FILE *file = fopen(path, "w");
    fputs("open wherefore\nopne why\n", file);
    fclose(file);
    desk_say(&desk, "twitch", "u1", "wherefore art thou romeo");
    const char *own[] = {"!frag"};
    relay_set_question_words(desk.relay, &(struct question_words_options){
        .folder = desk.folder, .commands = own, .command_count = 1});
    json_t *notice = caller_wait(&caller, "notice");
    if (!strstr(json_get_text(notice, "text"), "en.txt:2:"))
        fail_msg("%s", json_get_text(notice, "text"));
    json_decref(notice);
    desk_say(&desk, "twitch", "u2", "wherefore art thou juliet");
    json_t *event = caller_wait(&caller, "questions");
    assert_string_equal(json_get_text(json_array_get(json_object_get(event, "questions"), 0), "text"), "wherefore art thou juliet");
    json_decref(event);
    desk_say(&desk, "twitch", "u3", "!frag den Namen des Hundes");
    event = caller_wait(&caller, "questions");
    json_decref(event);
    assert_int_equal(questions_count(desk.relay->questions), 2);
    unlink(path);
    caller_close(&caller);
    desk_fini(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heard),
        cmocka_unit_test(test_words_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
