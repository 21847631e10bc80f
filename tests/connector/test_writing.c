/* What is written: splitting, pace, deadlines, results, and our own words when they come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
#include "connector/connector_impl.h"
#include "connector/outbox.h"
#include "connector/split.h"
#include "net/loop.h"

/* ---- splitting ---- */

static const struct split_case {
    const char *text;
    struct connector_text_limit limit;
    const char *parts[6];
} split_cases[] = {
    {"short", {20, CONNECTOR_CODE_POINTS}, {"short"}},
    {"", {20, CONNECTOR_CODE_POINTS}, {""}},
    {"no limit at all", {0, CONNECTOR_BYTES}, {"no limit at all"}},
    {"one two three", {8, CONNECTOR_CODE_POINTS}, {"one two", "three"}},
    {"one two  \n three", {8, CONNECTOR_CODE_POINTS}, {"one two", "three"}},
    {"exactly8 exactly8", {8, CONNECTOR_CODE_POINTS}, {"exactly8", "exactly8"}},
    {"unbreakable", {4, CONNECTOR_CODE_POINTS}, {"unbr", "eaka", "ble"}},
    {"سلام دنیا", {9, CONNECTOR_BYTES}, {"سلام", "دنیا"}},
    {"你好世界", {7, CONNECTOR_BYTES}, {"你好", "世界"}},
    {"😀😀😀", {4, CONNECTOR_UTF16_UNITS}, {"😀😀", "😀"}},
    // A family is four people and three joiners, and stays together.
    {"ab👨‍👩‍👧‍👦", {7, CONNECTOR_CODE_POINTS}, {"ab", "👨‍👩‍👧‍👦"}},
    // A letter keeps its marks.
    {"xxxxa\u0301b", {5, CONNECTOR_CODE_POINTS}, {"xxxx", "a\u0301b"}},
};

static void check_split(const struct split_case *one)
{
    const char *rest = one->text;
    size_t part = 0, skip;
    do {
        size_t len = split_next(rest, strlen(rest), one->limit, &skip);
        assert_true(part < ARRAY_LENGTH(one->parts) && one->parts[part]);
        char *text = xstrndup(rest, len);
        assert_string_equal(text, one->parts[part]);
        free(text);
        rest += len + skip;
        part++;
    } while (*rest);
    assert_true(part == ARRAY_LENGTH(one->parts) || !one->parts[part]);
}

static void test_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(split_cases); i++)
        check_split(&split_cases[i]);
}

static void test_split_always_ends(void **state)
{
    (void)state;
    char marks[2 * 400 + 1] = "a";  // one letter with 400 marks: longer than a message by itself
    for (size_t i = 0; i < 399; i++)
        memcpy(marks + 1 + 2 * i, "\u0301", 2);
    size_t offset = 0, skip;
    while (offset < strlen(marks)) {
        size_t len = split_next(marks + offset, strlen(marks + offset),
                                (struct connector_text_limit){50, CONNECTOR_CODE_POINTS}, &skip);
        assert_true(len > 0);
        offset += len + skip;
    }
}

/* ---- a platform made for these tests ---- */

enum answer { ANSWER_NOW, ANSWER_LATER, ANSWER_DROP_SECOND, ANSWER_LIMITED_ONCE };

struct show {
    struct connector base;
    struct loop *loop;
    enum answer answer;
    const char *why_not;
    char said[64][256];
    int64_t said_ms[64];
    size_t said_count;
    uint64_t last_number;
    struct {
        uint64_t act;
        enum connector_outcome outcome;
        char text[200], native_id[64];
    } results[64];
    size_t result_count, wanted;
    struct message *delivered;
};

static const char *fake_can(struct connector *base, enum connector_act_kind kind)
{
    return kind == CONNECTOR_BAN ? "no bans here" : container_of(base, struct show, base)->why_not;
}

static void fake_act(struct connector *base, const struct connector_task *task)
{
    struct show *show = container_of(base, struct show, base);
    size_t n = show->said_count++;
    snprintf(show->said[n], sizeof(show->said[n]), "%s", task->act.text ? task->act.text : "");
    show->said_ms[n] = clock_monotonic_ms();
    show->last_number = task->number;
    if (show->answer == ANSWER_LATER) {
        loop_stop(show->loop);
        return;
    }
    if (show->answer == ANSWER_LIMITED_ONCE && n == 0) {
        connector_task_again(base, task->number, 30, "too fast");
    } else if (show->answer == ANSWER_DROP_SECOND && n == 1) {
        connector_task_done(base, task->number, CONNECTOR_DROPPED, NULL, "held by a filter");
    } else {
        char id[32];
        snprintf(id, sizeof(id), "m%zu", n);
        connector_task_done(base, task->number, CONNECTOR_ACCEPTED, id, "%s", "");
    }
}

static const struct connector_impl fake = {.name = "fake", .can = fake_can, .act = fake_act};

static void take_result(void *data, const struct connector_result *result)
{
    struct show *show = data;
    size_t n = show->result_count++;
    show->results[n].act = result->act;
    show->results[n].outcome = result->outcome;
    snprintf(show->results[n].text, sizeof(show->results[n].text), "%s", result->text);
    snprintf(show->results[n].native_id, sizeof(show->results[n].native_id), "%s", result->native_id);
    if (show->result_count >= show->wanted)
        loop_stop(show->loop);
}

static void take_message(void *data, struct message *message)
{
    struct show *show = data;
    message_unref(show->delivered);
    show->delivered = message_ref(message);
}

static int set_up(void **state)
{
    struct show *show = xcalloc(1, sizeof(*show));
    show->loop = loop_create(NULL);
    show->base = (struct connector){
        .impl = &fake, .source = xstrdup("fake:here"),
        .options = {.loop = show->loop, .deliver = take_message, .on_result = take_result, .data = show}};
    *state = show;
    return show->loop ? 0 : -1;
}

static int tear_down(void **state)
{
    struct show *show = *state;
    outbox_destroy(show->base.outbox);
    message_unref(show->delivered);
    loop_destroy(show->loop);
    free(show->base.source);
    free(show->base.own_author_id);
    free(show);
    return 0;
}

static void run_until_results(struct show *show, size_t count)
{
    show->wanted = count;
    assert_true(loop_run(show->loop, NULL));
    assert_int_equal(show->result_count, count);
}

static uint64_t say(struct show *show, const char *text)
{
    return connector_act(&show->base, &(struct connector_act){.kind = CONNECTOR_SAY, .text = text});
}

/* ---- the cases ---- */

static void test_parts_have_one_result(void **state)
{
    struct show *show = *state;
    show->base.text_limit = (struct connector_text_limit){8, CONNECTOR_CODE_POINTS};
    assert_int_equal(say(show, "one two three"), 1);
    run_until_results(show, 1);
    assert_int_equal(show->results[0].outcome, CONNECTOR_ACCEPTED);
    assert_string_equal(show->results[0].native_id, "m0");
    assert_int_equal(show->said_count, 2);
    assert_string_equal(show->said[1], "three");
}

static void test_a_dropped_part_ends_it(void **state)
{
    struct show *show = *state;
    show->answer = ANSWER_DROP_SECOND;
    show->base.text_limit = (struct connector_text_limit){5, CONNECTOR_CODE_POINTS};
    say(show, "one two three");
    run_until_results(show, 1);
    assert_int_equal(show->results[0].outcome, CONNECTOR_DROPPED);
    assert_string_equal(show->results[0].text, "part 2 of 3: held by a filter");
    assert_int_equal(show->said_count, 2);
}

static void test_what_cannot_be_done_is_said(void **state)
{
    struct show *show = *state;
    const char *why;
    assert_false(connector_can(&show->base, CONNECTOR_BAN, &why));
    assert_string_equal(why, "no bans here");
    connector_act(&show->base, &(struct connector_act){.kind = CONNECTOR_BAN, .author_id = "7"});
    run_until_results(show, 1);
    assert_int_equal(show->results[0].outcome, CONNECTOR_UNABLE);
    assert_string_equal(show->results[0].text, "no bans here");
    assert_int_equal(show->said_count, 0);
}

static void test_pace_is_kept(void **state)
{
    struct show *show = *state;
    show->base.pace = (struct connector_pace){.count = 2, .per_ms = 120, .gap_ms = 20};
    for (int i = 0; i < 3; i++)
        say(show, "quick");
    run_until_results(show, 3);
    assert_true(show->said_ms[1] - show->said_ms[0] >= 20);
    assert_true(show->said_ms[2] - show->said_ms[0] >= 120);
}

static void test_a_limit_repeats_the_same_words(void **state)
{
    struct show *show = *state;
    show->answer = ANSWER_LIMITED_ONCE;
    say(show, "again");
    run_until_results(show, 1);
    assert_int_equal(show->results[0].outcome, CONNECTOR_ACCEPTED);
    assert_int_equal(show->said_count, 2);
    assert_string_equal(show->said[0], show->said[1]);
    assert_true(show->said_ms[1] - show->said_ms[0] >= 30);
}

static void test_too_long_a_wait_is_told(void **state)
{
    struct show *show = *state;
    show->answer = ANSWER_LATER;
    say(show, "later");
    assert_true(loop_run(show->loop, NULL));
    connector_task_again(&show->base, show->last_number, 3600 * 1000, "too many today");
    assert_int_equal(show->result_count, 1);
    assert_int_equal(show->results[0].outcome, CONNECTOR_UNABLE);
    assert_string_equal(show->results[0].text, "too many today; to be tried again in 3600 s");
}

static void test_a_late_answer_hits_nobody(void **state)
{
    struct show *show = *state;
    say(show, "first");
    run_until_results(show, 1);
    uint64_t stale = show->last_number;
    connector_task_done(&show->base, stale, CONNECTOR_DROPPED, NULL, "late");
    assert_int_equal(show->result_count, 1);
}

static void test_a_flood_is_refused(void **state)
{
    struct show *show = *state;
    for (int i = 0; i < 52; i++)
        say(show, "flood");
    run_until_results(show, 52);
    size_t refused = 0;
    for (size_t i = 0; i < 52; i++) {
        bool is_beyond = show->results[i].act > 50;
        assert_int_equal(show->results[i].outcome, is_beyond ? CONNECTOR_UNABLE : CONNECTOR_ACCEPTED);
        refused += is_beyond;
    }
    assert_int_equal(refused, 2);
}

static bool comes_back_as_own(struct show *show, const char *id, const char *author, const char *text)
{
    connector_deliver(&show->base, &(struct message_draft){
        .kind = MESSAGE_CHAT, .native_id = str_from(id), .author.id = str_from(author), .text = str_from(text)});
    return show->delivered->is.is_own;
}

static void test_our_echo_is_known(void **state)
{
    struct show *show = *state;
    assert_false(comes_back_as_own(show, "m0", "7", "salam"));
    connector_set_own_author(&show->base, "7");
    say(show, "salam");
    run_until_results(show, 1);
    assert_true(comes_back_as_own(show, "m0", "", "salam"));       // by its id
    assert_true(comes_back_as_own(show, "other", "7", "salam"));   // by author and words: it came before the answer
    assert_false(comes_back_as_own(show, "other", "8", "salam"));  // somebody else says the same
    assert_false(comes_back_as_own(show, "other", "7", "typed by hand"));
}

static void test_skew_is_the_least(void **state)
{
    struct show *show = *state;
    int64_t now_ms = clock_unix_ms();
    static const int64_t ages_ms[] = {900, 400, 1500};
    for (size_t i = 0; i < ARRAY_LENGTH(ages_ms); i++)
        connector_deliver(&show->base, &(struct message_draft){.kind = MESSAGE_CHAT, .time_ms = now_ms - ages_ms[i]});
    assert_true(show->base.health.has_skew);
    assert_in_range(show->base.health.skew_ms, 380, 890);
}

/* ---- pasted secrets ---- */

static void test_secrets_are_trimmed(void **state)
{
    (void)state;
    static const struct {
        const char *json, *secret;
    } cases[] = {
        {"{\"token\":\"abc\"}", "abc"}, {"{\"token\":\" abc\\r\\n\"}", "abc"}, {"{}", ""}, {"{\"token\":\" \\n\"}", ""},
        {"{\"token\":\"ab c\"}", NULL}, {"{\"token\":\"abc\\nabc\"}", NULL},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        json_t *config = json_loads(cases[i].json, 0, NULL);
        struct error err = {0};
        char *secret = connector_config_secret(config, "token", &err);
        if (cases[i].secret) {
            assert_string_equal(secret, cases[i].secret);
        } else {
            assert_null(secret);
            assert_non_null(strstr(err.text, "token"));
            assert_null(strstr(err.text, "ab"));
        }
        free(secret);
        json_decref(config);
    }
}

static void test_a_wrong_proxy_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *proxy;
        bool is_good;
    } cases[] = {{"socks5h://127.0.0.1:9050", true}, {"http://u:pass@proxy:3128", true}, {"ftp://u:pass@proxy:21", false}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        json_t *config = json_pack("{s:s, s:s, s:s}", "connector", "twitch", "channel", "anna", "proxy", cases[i].proxy);
        struct error err = {0};
        char *source = connector_source_id(config, &err);
        assert_int_equal(source != NULL, cases[i].is_good);
        if (!cases[i].is_good) {
            assert_non_null(strstr(err.text, "proxy"));
            assert_null(strstr(err.text, "pass@"));
        }
        free(source);
        json_decref(config);
    }
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split), cmocka_unit_test(test_split_always_ends), cmocka_unit_test(test_secrets_are_trimmed),
        cmocka_unit_test(test_a_wrong_proxy_is_named),
        CASE(test_parts_have_one_result), CASE(test_a_dropped_part_ends_it), CASE(test_what_cannot_be_done_is_said),
        CASE(test_pace_is_kept), CASE(test_a_limit_repeats_the_same_words), CASE(test_too_long_a_wait_is_told),
        CASE(test_a_late_answer_hits_nobody), CASE(test_a_flood_is_refused), CASE(test_our_echo_is_known),
        CASE(test_skew_is_the_least),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
