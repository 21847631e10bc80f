/* What is done on the platforms and what came of it; and what is passed on by rule, without circles. The platforms are made
 * of arrays here: this file stands in for relay/sources.c. */
#include "relay_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/list.h"
#include "base/memory.h"
#include "net/loop.h"
#include "relay/crosspost.h"
#include "relay/queue.h"
#include "relay/replies.h"
#include "relay/sources.h"

enum { SOURCES = 4, ACTS_MAX = 256 };

/* ---- A stand-in for sources.c ---- */

static struct source stage[SOURCES] = {{.id = "twitch:anna"}, {.id = "irc:anna"}, {.id = "kick:anna"}, {.id = "x:anna"}};
static const char *refusals[SOURCES];  // NULL: it can
static struct {
    char source[32];
    enum connector_act_kind kind;
    char text[400], native_id[64];
} acts[ACTS_MAX];
static uint64_t act_count;

static size_t place_of(const char *id)
{
    for (size_t i = 0; i < SOURCES; i++) {
        if (strcmp(stage[i].id, id) == 0)
            return i;
    }
    return SOURCES;
}

const struct source *sources_find(const struct sources *sources, const char *id)
{
    size_t place = place_of(id);
    return place < SOURCES ? &stage[place] : NULL;
}

void sources_each(const struct sources *sources, void (*fn)(void *data, const struct source *source), void *data)
{
    for (size_t i = 0; i < SOURCES; i++)
        fn(data, &stage[i]);
}

bool sources_can(const struct sources *sources, const char *id, enum connector_act_kind kind, const char **why_not)
{
    size_t place = place_of(id);
    const char *why = place == SOURCES ? "there is no such source" : refusals[place];
    if (why_not)
        *why_not = why;
    return !why;
}

uint64_t sources_act(struct sources *sources, const char *id, const struct connector_act *act)
{
    assert_true(act_count < ACTS_MAX);
    snprintf(acts[act_count].source, sizeof(acts[0].source), "%s", id);
    snprintf(acts[act_count].text, sizeof(acts[0].text), "%s", act->text ? act->text : "");
    snprintf(acts[act_count].native_id, sizeof(acts[0].native_id), "%s", act->native_id ? act->native_id : "");
    acts[act_count].kind = act->kind;
    return ++act_count;
}

/* ---- The bench ---- */

struct bench {
    char *folder;
    struct loop *loop;
    struct journal *journal;
    struct replies *replies;
    struct crosspost *crosspost;
    int told;
    char notices[2000];
    int is_noticed;
    uint64_t last_id;
};

static void hear_sent(void *data, const struct sent *sent)
{
    struct bench *bench = data;
    bench->told++;
}

static void hear_notice(void *data, const char *level, const char *where, const char *text)
{
    struct bench *bench = data;
    strncat(bench->notices, text, sizeof(bench->notices) - strlen(bench->notices) - 1);
    fixture_done(&bench->is_noticed);
}

static int set_up(void **state)
{
    struct bench *bench = xcalloc(1, sizeof(*bench));
    memset(refusals, 0, sizeof(refusals));
    act_count = 0;
    bench->folder = fixture_folder();
    bench->loop = fixture_loop();
    bench->journal = fixture_open(bench->folder, bench->loop);
    bench->replies = replies_create(&(struct replies_options){.journal = bench->journal, .changed = hear_sent, .data = bench});
    bench->crosspost = crosspost_create(&(struct crosspost_options){
        .loop = bench->loop, .tell_ms = 50, .on_notice = hear_notice, .data = bench});
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    crosspost_destroy(bench->crosspost);
    replies_destroy(bench->replies);
    journal_close(bench->journal);
    loop_destroy(bench->loop);
    fixture_remove(bench->folder);
    free(bench);
    return 0;
}

/* ---- Replies ---- */

static const struct sent *say(struct bench *bench, const char *text, const char *const *to, size_t count)
{
    struct error err = {0};
    const struct sent *sent = replies_act(bench->replies, &(struct connector_act){.kind = CONNECTOR_SAY, .text = text}, to,
                                          count, "boris", &err);
    if (!sent)
        fail_msg("%s", err.text);
    return sent;
}

static void answer(struct bench *bench, const char *source, uint64_t act, enum connector_outcome outcome, const char *text,
                   const char *native_id)
{
    const struct connector_result result = {act, CONNECTOR_SAY, outcome, text, native_id};
    replies_handle_result(bench->replies, source, &result);
    crosspost_handle_result(bench->crosspost, source, &result);
}

static void assert_json(const struct sent *sent, const char *words)
{
    struct buffer json = {0};
    sent_write_json(sent, &json);
    char *text = buffer_take(&json);
    if (!strstr(text, words))
        fail_msg("\"%s\" is not in %s", words, text);
    free(text);
}

static void each_source_has_its_result(void **state)
{
    struct bench *bench = *state;
    refusals[2] = "log in first: antiphon login kick";
    const char *const to[] = {"twitch:anna", "irc:anna", "kick:anna", "irc:anna"};
    const struct sent *sent = say(bench, "سلام", to, 4);
    assert_int_equal(sent->count, 3);
    assert_int_equal(act_count, 2);
    assert_false(sent->is_done);
    assert_json(sent, "{\"source\":\"twitch:anna\",\"outcome\":\"waiting\"}");
    assert_json(sent, "{\"source\":\"kick:anna\",\"outcome\":\"unable\",\"text\":\"log in first: antiphon login kick\"}");
    answer(bench, "irc:anna", 2, CONNECTOR_DROPPED, "too fast", "");
    answer(bench, "irc:anna", 2, CONNECTOR_ACCEPTED, "", "");   // a second word changes nothing
    answer(bench, "twitch:anna", 2, CONNECTOR_ACCEPTED, "", "");  // nor does one about something else
    assert_false(sent->is_done);
    answer(bench, "twitch:anna", 1, CONNECTOR_ACCEPTED, "", "m-1");
    assert_true(sent->is_done);
    assert_json(sent, "\"native_id\":\"m-1\"");
    assert_json(sent, "\"outcome\":\"dropped\",\"text\":\"too fast\"");
    assert_int_equal(bench->told, 3);
    fixture_commit(bench->journal, bench->loop);
    assert_int_equal(fixture_files_with(bench->folder, "platform.say"), 1);
}

static void to_all_that_can(void **state)
{
    struct bench *bench = *state;
    refusals[0] = refusals[3] = "read only";
    const struct sent *sent = say(bench, "hello", NULL, 0);
    assert_int_equal(sent->count, 2);
    assert_string_equal(acts[0].source, "irc:anna");
    refusals[1] = refusals[2] = "read only";
    struct error err = {0};
    assert_null(replies_act(bench->replies, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "x"}, NULL, 0, "b", &err));
    assert_non_null(strstr(err.text, "no source can do that"));
}

static void what_is_not_right_is_refused(void **state)
{
    static const struct {
        struct connector_act act;
        const char *to, *words;
    } cases[] = {
        {{.kind = CONNECTOR_SAY, .text = " \n"}, "irc:anna", "text is empty"},
        {{.kind = CONNECTOR_SAY, .text = "x"}, "irc:nobody", "no source \"irc:nobody\""},
        {{.kind = CONNECTOR_SAY, .text = "\xff"}, "irc:anna", "no UTF-8"},
        {{.kind = CONNECTOR_DELETE}, "irc:anna", "what it is about"},
        {{.kind = CONNECTOR_BAN, .author_id = ""}, "irc:anna", "whom it is about"},
        {{.kind = CONNECTOR_TIMEOUT, .author_id = "u1"}, "irc:anna", "seconds 0"},
        {{.kind = CONNECTOR_POLL_START, .text = "q", .option_count = 1}, "irc:anna", "options: 1"},
    };
    struct bench *bench = *state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error err = {0};
        assert_null(replies_act(bench->replies, &cases[i].act, &cases[i].to, 1, "boris", &err));
        if (!strstr(err.text, cases[i].words))
            fail_msg("case %zu: \"%s\" is not in \"%s\"", i, cases[i].words, err.text);
    }
    assert_int_equal(act_count, 0);
    assert_int_equal(bench->told, 0);
}

static void who_goes_leaves_it_open(void **state)
{
    struct bench *bench = *state;
    const struct sent *sent = say(bench, "hello", (const char *[]){"irc:anna", "x:anna"}, 2);
    replies_handle_source_gone(bench->replies, "irc:anna");
    assert_json(sent, "\"outcome\":\"unsure\",\"text\":\"the source was removed");
    assert_false(sent->is_done);
}

static void count_sent(void *data, const struct sent *sent)
{
    ++*(size_t *)data;
}

static void the_last_hundred_are_kept(void **state)
{
    struct bench *bench = *state;
    for (int i = 0; i < 130; i++)
        say(bench, "hello", (const char *[]){"irc:anna"}, 1);
    size_t count = 0;
    replies_each(bench->replies, count_sent, &count);
    assert_int_equal(count, REPLIES_KEPT);
    assert_null(replies_find(bench->replies, 30));
    assert_int_equal(replies_find(bench->replies, 31)->id, 31);
    answer(bench, "irc:anna", 130, CONNECTOR_ACCEPTED, "", "");
    assert_true(replies_find(bench->replies, 130)->is_done);
}

/* ---- Cross-posting ---- */

static void set_rules(struct bench *bench, const char *text)
{
    struct error err = {0};
    json_t *rules = json_loads(text, 0, NULL);
    if (!crosspost_check(rules, &err))
        fail_msg("%s", err.text);
    crosspost_set_rules(bench->crosspost, rules);
    json_decref(rules);
}

static uint64_t hear(struct bench *bench, const char *source, struct message_draft draft)
{
    char platform[16];
    snprintf(platform, sizeof(platform), "%.*s", (int)strcspn(source, ":"), source);
    draft.platform = str_from(platform);
    draft.source = str_from(source);
    if (draft.kind == MESSAGE_NONE)
        draft.kind = MESSAGE_CHAT;
    if (draft.author.name.len == 0)
        draft.author.name = STR("Niloufar");
    struct message *message = message_create(&draft);
    message_stamp(message, ++bench->last_id, clock_unix_ms());
    crosspost_handle_message(bench->crosspost, message);
    message_unref(message);
    return bench->last_id;
}

static void passed_on_with_its_mark(void **state)
{
    struct bench *bench = *state;
    set_rules(bench, "[{\"from\":[\"twitch:anna\"],\"to\":[\"irc:anna\",\"kick:anna\"]}]");
    hear(bench, "twitch:anna", (struct message_draft){.text = STR("سلام @anna\nbye")});
    assert_int_equal(act_count, 2);
    assert_string_equal(acts[0].source, "irc:anna");
    assert_string_equal(acts[0].text, "[twitch] Niloufar: سلام @\u200banna bye");
    assert_string_equal(acts[1].source, "kick:anna");
    hear(bench, "x:anna", (struct message_draft){.text = STR("not by this rule")});
    hear(bench, "twitch:anna", (struct message_draft){.kind = MESSAGE_RAID, .text = STR("nor this kind")});
    assert_int_equal(act_count, 2);
}

static void nothing_runs_in_circles(void **state)
{
    struct bench *bench = *state;
    set_rules(bench, "[{\"from\":[\"twitch:anna\",\"irc:anna\"],\"to\":[\"twitch:anna\",\"irc:anna\"]}]");
    hear(bench, "twitch:anna", (struct message_draft){.text = STR("hello")});
    assert_int_equal(act_count, 1);  // not to where it comes from
    assert_string_equal(acts[0].source, "irc:anna");
    // Our own words come back: marked, unmarked as somebody else's, and as a bot repeats them without the mark's bracket.
    hear(bench, "irc:anna", (struct message_draft){.text = STR("[twitch] Niloufar: hello"), .is_own = true});
    hear(bench, "irc:anna", (struct message_draft){.text = STR("[twitch] Niloufar: hello")});
    hear(bench, "irc:anna", (struct message_draft){.text = STR("<twitch> Niloufar: Hello!")});
    hear(bench, "irc:anna", (struct message_draft){.text = STR("I am a machine"), .author.roles = ROLE_BOT});
    hear(bench, "irc:anna", (struct message_draft){.text = STR("[youtube] somebody's other bridge")});
    hear(bench, "irc:anna", (struct message_draft){.text = STR("of yesterday"), .is_history = true});
    hear(bench, "twitch:anna", (struct message_draft){.text = STR("of a partner"), .is_foreign = true});
    hear(bench, "twitch:anna", (struct message_draft){.text = STR("HELLO")});  // the same again, half a minute
    assert_int_equal(act_count, 1);
    hear(bench, "irc:anna", (struct message_draft){.text = STR("[sic] a bracket is no mark")});
    assert_int_equal(act_count, 2);
    assert_string_equal(acts[1].source, "twitch:anna");
}

static void floods_are_cut_and_said(void **state)
{
    struct bench *bench = *state;
    set_rules(bench, "[{\"from\":[\"twitch:anna\"],\"to\":[\"irc:anna\"],\"per_minute\":5}]");
    for (int i = 0; i < 40; i++) {
        char text[32];
        snprintf(text, sizeof(text), "line %d", i);
        hear(bench, "twitch:anna", (struct message_draft){.text = str_from(text)});
    }
    assert_int_equal(act_count, 5);
    struct crosspost_counts counts;
    crosspost_get_counts(bench->crosspost, &counts);
    assert_int_equal(counts.passed, 5);
    assert_int_equal(counts.held, 35);
    fixture_run(bench->loop, &bench->is_noticed);
    assert_string_equal(bench->notices, "crosspost[0]: 35 messages were not passed on: more than 5 a minute");
}

static void roles_may_be_asked_for(void **state)
{
    struct bench *bench = *state;
    set_rules(bench, "[{\"from\":[\"twitch:anna\"],\"to\":[\"irc:anna\"],\"roles\":[\"moderator\",\"broadcaster\"],\"kinds\":[\"action\"]}]");
    hear(bench, "twitch:anna", (struct message_draft){.kind = MESSAGE_ACTION, .text = STR("waves")});
    hear(bench, "twitch:anna", (struct message_draft){.text = STR("waves"), .author.roles = ROLE_MODERATOR});
    assert_int_equal(act_count, 0);
    hear(bench, "twitch:anna", (struct message_draft){.kind = MESSAGE_ACTION, .text = STR("waves"), .author.roles = ROLE_MODERATOR | ROLE_VIP});
    assert_int_equal(act_count, 1);
    assert_string_equal(acts[0].text, "[twitch] Niloufar waves");
}

static void copies_go_with_their_original(void **state)
{
    struct bench *bench = *state;
    set_rules(bench, "[{\"from\":[\"twitch:anna\"],\"to\":[\"irc:anna\",\"kick:anna\"]}]");
    uint64_t id = hear(bench, "twitch:anna", (struct message_draft){.text = STR("rude")});
    answer(bench, "irc:anna", 1, CONNECTOR_ACCEPTED, "", "copy-1");
    crosspost_handle_removal(bench->crosspost, &(struct queue_removal){.ids = &id, .id_count = 1});
    assert_int_equal(act_count, 3);
    assert_int_equal(acts[2].kind, CONNECTOR_DELETE);
    assert_string_equal(acts[2].source, "irc:anna");
    assert_string_equal(acts[2].native_id, "copy-1");
    // The other copy's id was not known yet: it goes when it is.
    answer(bench, "kick:anna", 2, CONNECTOR_ACCEPTED, "", "copy-2");
    assert_int_equal(act_count, 4);
    assert_string_equal(acts[3].native_id, "copy-2");
}

static void rules_are_checked(void **state)
{
    static const struct {
        const char *rules, *words;
    } cases[] = {
        {"{}", "crosspost: expected a list"},
        {"[7]", "crosspost[0]: expected an object"},
        {"[{\"from\":[\"a:b\"]}]", "crosspost[0]: to: expected a list"},
        {"[{\"from\":[],\"to\":[\"a:b\"]}]", "from: expected a list of 1"},
        {"[{\"from\":[\"anna\"],\"to\":[\"a:b\"]}]", "from[0] \"anna\": expected a source's id"},
        {"[{\"from\":[\"a:b\"],\"to\":[\"a:b\"],\"kinds\":[\"delete\"]}]", "kinds[0] \"delete\": expected chat"},
        {"[{\"from\":[\"a:b\"],\"to\":[\"a:b\"],\"roles\":[\"king\"]}]", "roles[0] \"king\": expected a role"},
        {"[{\"from\":[\"a:b\"],\"to\":[\"a:b\"]},{\"form\":[]}]", "crosspost[1]: form: there is no such key"},
        {"[{\"from\":[\"a:b\"],\"to\":[\"a:b\"],\"per_minute\":0}]", "per_minute: expected a whole number from 1 to 600"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error err = {0};
        json_t *rules = json_loads(cases[i].rules, 0, NULL);
        assert_false(crosspost_check(rules, &err));
        if (!strstr(err.text, cases[i].words))
            fail_msg("%s: \"%s\" is not in \"%s\"", cases[i].rules, cases[i].words, err.text);
        json_decref(rules);
    }
    assert_true(crosspost_check(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_source_has_its_result, set_up, tear_down),
        cmocka_unit_test_setup_teardown(to_all_that_can, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_right_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_goes_leaves_it_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_last_hundred_are_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(passed_on_with_its_mark, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_runs_in_circles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(floods_are_cut_and_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(roles_may_be_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(copies_go_with_their_original, set_up, tear_down),
        cmocka_unit_test(rules_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
