/* Who has been heard, and what it makes of those who wait. */
#include "relay_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "net/loop.h"
#include "relay/heard.h"
#include "relay/questions.h"
#include "words_fixture.h"

static void count_changed(void *data)
{
    ++*(int *)data;
}

/* A question as heard.h looks at it. */
static struct question made(uint64_t id, enum question_state state, const char *language, struct question_ask *ask, bool is_first_time)
{
    return (struct question){.id = id, .state = state, .language = (char *)language, .asks = ask, .ask_count = ask ? 1 : 0,
                             .is_first_time = is_first_time};
}

static char *json_of(const struct heard *heard)
{
    struct buffer out = {0};
    heard_write_json(heard, NULL, &out);
    return buffer_take(&out);
}

static void assert_has(const struct heard *heard, const char *part)
{
    char *text = json_of(heard);
    if (!strstr(text, part))
        fail_msg("%s is not in %s", part, text);
    free(text);
}

static void test_meter(void **state)
{
    int changed = 0;
    char *folder = fixture_folder();
    struct loop *loop = fixture_loop();
    struct journal *journal = fixture_open(folder, loop);
    const struct heard_options options = {.journal = journal, .data = &changed, .changed = count_changed};
    struct heard *heard = heard_create(&options);
    struct question_ask twitch = {.platform = (char *)"twitch"}, kick = {.platform = (char *)"kick"};
    struct question english = made(1, QUESTION_ON_AIR, "en", &twitch, false);
    struct question waiting_english = made(2, QUESTION_READY, "en", &twitch, false);
    struct question persian = made(3, QUESTION_READY, "fa", &kick, true), own = made(4, QUESTION_READY, "en", NULL, false);
    assert_int_equal(heard_fairness(heard, &persian), FAIRNESS_EVEN);

    heard_handle_question(heard, &english, 1000000);
    heard_handle_question(heard, &english, 1005000);  // told again: nothing new
    assert_int_equal(changed, 1);
    assert_has(heard, "\"languages\":[{\"language\":\"en\",\"heard\":1,\"asked\":1,\"seconds\":0}]");

    // killed and started on air: the time goes on
    heard_destroy(heard);
    heard = heard_create(&(struct heard_options){.journal = journal, .data = &changed, .changed = count_changed});
    english.state = QUESTION_ANSWERED;
    heard_handle_question(heard, &english, 1090000);
    assert_int_equal(changed, 2);
    assert_has(heard, "\"languages\":[{\"language\":\"en\",\"heard\":1,\"asked\":1,\"seconds\":90}]");
    assert_has(heard, "\"platforms\":[{\"platform\":\"twitch\",\"heard\":1,\"asked\":1,\"seconds\":90}]");
    assert_has(heard, "\"first_timers\":{\"heard\":0,\"asked\":0,\"seconds\":0},\"others\":{\"heard\":1,\"asked\":1,\"seconds\":90}");

    // en 120 s of 150 with the grace, so 100 - 50 * 2 * 120 / 150 = 20; fa 100 - 50 * 2 * 30 / 150 = 80, in all three
    assert_int_equal(heard_fairness(heard, &persian), 80);
    assert_int_equal(heard_fairness(heard, &waiting_english), 41);  // one language and platform alone are even: only first-timers wait
    assert_int_equal(heard_fairness(heard, &own), FAIRNESS_EVEN);

    // the Persian one is heard as long: even again; deleted on air it leaves the meter running no longer
    persian.state = QUESTION_ON_AIR;
    heard_handle_question(heard, &persian, 2000000);
    heard_handle_removed(heard, 3, 2090000);
    heard_handle_removed(heard, 3, 2990000);
    assert_has(heard, "{\"language\":\"fa\",\"heard\":1,\"asked\":1,\"seconds\":90}");
    assert_int_equal(heard_fairness(heard, &persian), FAIRNESS_EVEN);
    assert_int_equal(heard_fairness(heard, &waiting_english), FAIRNESS_EVEN);

    heard_begin_show(heard, 3000000);
    assert_has(heard, "{\"since_ms\":3000000,\"languages\":[],\"platforms\":[]");
    heard_destroy(heard);
    journal_close(journal);
    loop_destroy(loop);
    fixture_remove(folder);
}

/* --- First-timers --- */

static void ignore_changed(void *data, const struct question *question)
{
}

static void ignore_removed(void *data, uint64_t id)
{
}

static void ignore_dirty(void *data)
{
}

static const struct question *ask(struct questions *questions, uint64_t id, const char *author, const char *text)
{
    struct message *message = message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = STR("twitch"), .source = STR("twitch:anna"), .author = {.id = str_from(author)}, .text = str_from(text)});
    message_stamp(message, id, clock_unix_ms());
    questions_handle_message(questions, message);
    message_unref(message);
    return questions_at(questions, questions_count(questions) - 1);
}

static void test_first_timers(void **state)
{
    struct error err = {0};
    char *folder = fixture_folder();
    struct loop *loop = fixture_loop();
    struct question_words *words = fixture_words("en fa");
    struct questions_options options = {.words = words, .changed = ignore_changed, .removed = ignore_removed, .dirty = ignore_dirty};
    for (int run = 0; run < 2; run++) {
        options.journal = fixture_open(folder, loop);
        struct questions *questions = questions_create(&options, &err);
        uint64_t id = (uint64_t)run * 10;
        assert_int_equal(ask(questions, id + 1, "u1", run ? "do you sell shirts?" : "do you like tea?")->is_first_time, run == 0);
        assert_int_equal(ask(questions, id + 2, "u1", run ? "do you sell hats?" : "do you like milk?")->is_first_time, false);
        assert_int_equal(ask(questions, id + 3, run ? "u3" : "u2", run ? "چند سالته؟" : "کی میای ایران؟")->is_first_time, true);
        questions_flush(questions);
        questions_destroy(questions);
        journal_close(options.journal);
    }
    question_words_destroy(words);
    loop_destroy(loop);
    fixture_remove(folder);
}

static void count_state(void *data, const char *key, const char *text)
{
    ++*(size_t *)data;
}

/* Invented authors by the thousand: what is known of askers does not grow with them, and the newest is known. */
static void test_many_askers(void **state)
{
    struct error err = {0};
    char *folder = fixture_folder(), author[32];
    struct loop *loop = fixture_loop();
    struct question_words *words = fixture_words("en fa");
    struct questions_options options = {.words = words, .changed = ignore_changed, .removed = ignore_removed, .dirty = ignore_dirty};
    options.journal = fixture_open(folder, loop);
    struct questions *questions = questions_create(&options, &err);
    for (uint64_t i = 1; i <= QUESTION_ASKERS_MAX + 1000; i++) {
        snprintf(author, sizeof(author), "u%llu", (unsigned long long)i);
        ask(questions, i, author, "do you like tea?");
    }
    size_t count = 0;
    journal_each_state(options.journal, "asker:", count_state, &count);
    assert_int_equal(count, QUESTION_ASKERS_MAX);
    assert_false(ask(questions, QUESTION_ASKERS_MAX + 2000, author, "which hat is the best of all?")->is_first_time);
    assert_true(ask(questions, QUESTION_ASKERS_MAX + 2001, "another", "where do we eat tonight?")->is_first_time);
    questions_destroy(questions);
    journal_close(options.journal);
    question_words_destroy(words);
    loop_destroy(loop);
    fixture_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_meter),
        cmocka_unit_test(test_first_timers),
        cmocka_unit_test(test_many_askers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
