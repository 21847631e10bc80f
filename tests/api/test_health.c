/* A source's health as clients and Prometheus see it: with the real Twitch connector on the rehearsal. */
#include "desk.h"
#include "theatre.h"

#include "base/clock.h"
#include "rehearsal/rehearsal.h"
#include "relay/on_air.h"
#include "relay/sources.h"

enum { SILENCE_MS = 400, TALK = 12, HEARD = TALK + 1 };  // and the rules of the room, which come with the JOIN

struct hall {
    struct desk desk;
    struct theatre *theatre;
    struct caller owner;
};

static void begin(struct hall *hall)
{
    *hall = (struct hall){0};
    desk_init(&hall->desk);
    hall->desk.relay_options.silence_ms = SILENCE_MS;
    hall->theatre = theatre_open(&(struct rehearsal_options){0});
    json_t *sources = json_pack("[o]", theatre_source(hall->theatre, "twitch"));
    hall->desk.relay_options.sources = sources;
    desk_start(&hall->desk);
    json_decref(sources);
    caller_open(&hall->owner, &hall->desk, NULL);
}

static void end(struct hall *hall)
{
    caller_close(&hall->owner);
    desk_fini(&hall->desk);
    theatre_close(hall->theatre);
}

/* The next news of the source for which `is_it` holds; the caller frees. */
static json_t *wait_source(struct hall *hall, bool (*is_it)(const json_t *source))
{
    while (true) {
        json_t *event = caller_wait(&hall->owner, "source");
        json_t *source = json_incref(json_object_get(event, "source"));
        json_decref(event);
        if (is_it(source))
            return source;
        json_decref(source);
    }
}

static bool is_live(const json_t *source)
{
    return strcmp(json_get_text(source, "state"), "live") == 0;
}

static bool is_silent(const json_t *source)
{
    return json_object_get(source, "silent_since_ms") != NULL;
}

static bool is_heard(const json_t *source)
{
    return !is_silent(source) && json_get_int(source, "messages", 0) == HEARD + 1;
}

static void say(struct hall *hall, int number)
{
    char id[16];
    snprintf(id, sizeof(id), "s%d", number);
    struct message *message = message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = STR("twitch"), .native_id = str_from(id), .text = STR("سلام"),
        .author = {.id = STR("117166826"), .login = STR("niloufar"), .name = STR("نیلوفر")}});
    theatre_say(hall->theatre, message);
    message_unref(message);
}

static const char *metrics(struct hall *hall, const char *token)
{
    return desk_http(&hall->desk, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n"
                     "Authorization: Bearer %s\r\n\r\n", api_port(hall->desk.api), token);
}

static void assert_has(const char *answer, const char *words)
{
    if (!answer || !strstr(answer, words))
        fail_msg("\"%s\" is not in: %s", words, answer ? answer : "nothing came");
}

/* Twelve messages some 20 ms apart, and then nothing: that is said once, and taken back with the next message. */
static void test_silence_is_said(void **state)
{
    struct hall hall;
    begin(&hall);
    json_decref(wait_source(&hall, is_live));
    for (int i = 0; i < TALK; i++) {
        int64_t until_ms = clock_monotonic_ms() + 20;
        say(&hall, i);
        while (clock_monotonic_ms() < until_ms)
            kit_turn(&hall.desk.kit, 5);
    }
    json_t *source = wait_source(&hall, is_silent);
    assert_string_equal(json_get_text(source, "state"), "live");
    assert_int_equal(json_get_int(source, "messages", 0), HEARD);
    assert_in_range(json_get_int(source, "interval_ms", 0), 10, 100);
    assert_true(json_get_int(source, "silent_since_ms", 0) <= clock_unix_ms() - SILENCE_MS);
    json_decref(source);

    json_t *reply = caller_ask(&hall.owner, "token.add", "\"role\":\"viewer\",\"name\":\"prometheus\"");
    char *token = xstrdup(json_get_text(json_object_get(reply, "result"), "token"));
    json_decref(reply);
    const char *answer = metrics(&hall, token);
    assert_has(answer, "antiphon_source_silent{source=\"twitch:rehearsal\",platform=\"twitch\"} 1\n");
    assert_has(answer, "antiphon_source_live{source=\"twitch:rehearsal\",platform=\"twitch\"} 1\n");
    assert_has(answer, "antiphon_source_messages_total{source=\"twitch:rehearsal\",platform=\"twitch\"} 13\n");
    assert_has(answer, "# TYPE antiphon_source_interval_seconds gauge\nantiphon_source_interval_seconds{");

    say(&hall, TALK);
    json_decref(wait_source(&hall, is_heard));
    assert_has(metrics(&hall, token), "antiphon_source_silent{source=\"twitch:rehearsal\",platform=\"twitch\"} 0\n");
    free(token);
    end(&hall);
}

/* The notice names the source and what is usual; a chat that only lost its connection is not called silent. */
static void test_lost_is_not_silent(void **state)
{
    struct hall hall;
    begin(&hall);
    json_decref(wait_source(&hall, is_live));
    for (int i = 0; i < TALK; i++) {
        int64_t until_ms = clock_monotonic_ms() + 10;
        say(&hall, i);
        while (clock_monotonic_ms() < until_ms)
            kit_turn(&hall.desk.kit, 5);
    }
    json_t *notice = caller_wait(&hall.owner, "notice");
    assert_string_equal(json_get_text(notice, "where"), "twitch:rehearsal");
    assert_has(json_get_text(notice, "text"), "usually something comes every 0.0 s");
    json_decref(notice);
    const struct source *source = sources_find(hall.desk.relay->sources, "twitch:rehearsal");
    assert_true(source->silent_since_ms > 0);
    theatre_fault(hall.theatre, "refuse", "twitch");
    theatre_fault(hall.theatre, "drop", "twitch");
    while (source->health.state == CONNECTOR_LIVE)
        kit_turn(&hall.desk.kit, 10);
    assert_int_equal(source->silent_since_ms, 0);
    assert_int_equal(source->gaps, 0);  // a gap is recorded when it is known how long it was
    theatre_fault(hall.theatre, "resume", "twitch");
    while (source->health.state != CONNECTOR_LIVE || source->gaps == 0)
        kit_turn(&hall.desk.kit, 10);
    assert_int_equal(source->health.reconnects, 1);
    end(&hall);
}

static bool has_off_air(const json_t *source)
{
    return json_object_get(json_object_get(source, "removal"), "off_air") != NULL;
}

static void assert_delays(const json_t *removal, const char *key, int count)
{
    const json_t *delays = json_object_get(removal, key);
    assert_int_equal(json_get_int(delays, "count", 0), count);
    double last_ms = json_number_value(json_object_get(delays, "last_ms"));
    double worst_ms = json_number_value(json_object_get(delays, "worst_ms"));
    if (last_ms < 0 || last_ms > worst_ms || worst_ms > 20000)
        fail_msg("%s: last %g ms, worst %g ms", key, last_ms, worst_ms);
}

static void retract(struct hall *hall, const char *word)
{
    struct message *message = message_create(&(struct message_draft){
        .kind = MESSAGE_DELETE, .platform = STR("twitch"), .target = {.native_id = str_from(word)}});
    theatre_say(hall->theatre, message);
    message_unref(message);
}

/* A picked question is shown when the journal has it: not before is there anything to take off. */
static void wait_until_shown(struct caller *overlay)
{
    for (bool is_shown = false; !is_shown;) {
        json_t *event = caller_wait(overlay, "on_air");
        const json_t *views = json_object_get(json_object_get(event, "on_air"), "views");
        is_shown = json_object_get(json_object_get(views, "main"), "question") != NULL;
        json_decref(event);
    }
}

/* Deleted on its platform while it is on air: how long until it is nowhere, and until the overlay has painted that. */
static void test_removal_is_measured(void **state)
{
    struct hall hall;
    begin(&hall);
    json_decref(wait_source(&hall, is_live));
    struct caller overlay;
    caller_open(&overlay, &hall.desk, "{\"type\":\"hello\",\"client\":\"overlay\",\"name\":\"a\",\"topics\":[\"on_air\",\"desk\"]}");
    say(&hall, 1);
    say(&hall, 2);
    json_t *event = caller_wait(&hall.owner, "messages");
    char members[64];
    snprintf(members, sizeof(members), "\"message\":%lld",
             (long long)json_get_int(json_array_get(json_object_get(event, "messages"), 0), "id", 0));
    json_decref(event);
    snprintf(members, sizeof(members), "\"id\":%lld", (long long)caller_must_id(&hall.owner, "question.pick", members));
    caller_must(&hall.owner, "question.air", members);
    wait_until_shown(&overlay);

    retract(&hall, "s2");  // not on air: nothing to paint
    retract(&hall, "s1");
    json_decref(caller_wait(&overlay, "question_removed"));  // behind the state without it
    char *report = xasprintf("{\"type\":\"report\",\"applied\":{\"revision\":\"%s\",\"at_ms\":1,\"age_ms\":0}}",
                             on_air_revision(hall.desk.relay->on_air));
    caller_say(&overlay, report);
    free(report);
    json_t *source = wait_source(&hall, has_off_air);
    const json_t *removal = json_object_get(source, "removal");
    assert_delays(removal, "lists", 2);
    assert_delays(removal, "off_air", 1);
    assert_delays(removal, "way", 2);
    assert_delays(removal, "whole", 1);
    json_decref(source);

    json_t *reply = caller_ask(&hall.owner, "token.add", "\"role\":\"viewer\",\"name\":\"prometheus\"");
    const char *answer = metrics(&hall, json_get_text(json_object_get(reply, "result"), "token"));
    assert_has(answer, "antiphon_source_removals_total{source=\"twitch:rehearsal\",platform=\"twitch\"} 2\n");
    assert_has(answer, "\nantiphon_source_off_air_worst_seconds{source=\"twitch:rehearsal\",platform=\"twitch\"} ");
    json_decref(reply);
    caller_close(&overlay);
    end(&hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silence_is_said),
        cmocka_unit_test(test_lost_is_not_silent),
        cmocka_unit_test(test_removal_is_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
