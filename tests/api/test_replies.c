/* Words and orders from here on a platform and back: with the real Discord connector on the rehearsal's server. */
#include "desk.h"
#include "theatre.h"

#include "rehearsal/rehearsal.h"
#include "relay/questions.h"
#include "relay/sources.h"

struct hall {
    struct desk desk;
    struct theatre *theatre;
    struct caller anna;
    char *discord;  // the source's id
};

static void begin(struct hall *hall, bool is_crossposting)
{
    *hall = (struct hall){0};
    desk_init(&hall->desk);
    hall->theatre = theatre_open(&(struct rehearsal_options){0});
    json_t *discord = theatre_source(hall->theatre, "discord");
    json_t *sources = json_pack("[o,o]", theatre_source(hall->theatre, "twitch"), discord);
    hall->discord = connector_source_id(discord, NULL);
    json_t *rules = json_pack("[{s:[s,s],s:[s,s]}]", "from", "twitch:rehearsal", hall->discord, "to", hall->discord,
                              "twitch:rehearsal");
    hall->desk.relay_options.sources = sources;
    hall->desk.relay_options.crosspost = is_crossposting ? rules : NULL;
    desk_start(&hall->desk);
    json_decref(sources);
    json_decref(rules);
    caller_open(&hall->anna, &hall->desk, NULL);
    json_decref(caller_wait(&hall->anna, "snapshot"));
    const struct source *one = sources_find(hall->desk.relay->sources, "twitch:rehearsal");
    const struct source *other = sources_find(hall->desk.relay->sources, hall->discord);
    while (one->health.state != CONNECTOR_LIVE || other->health.state != CONNECTOR_LIVE)
        kit_turn(&hall->desk.kit, 10);
}

static void end(struct hall *hall)
{
    caller_close(&hall->anna);
    desk_fini(&hall->desk);
    theatre_close(hall->theatre);
    free(hall->discord);
}

static json_t *wait_done(struct hall *hall)
{
    while (true) {
        json_t *event = caller_wait(&hall->anna, "sent");
        json_t *sent = json_incref(json_object_get(event, "sent"));
        json_decref(event);
        if (json_get_bool(sent, "is_done", false))
            return sent;
        json_decref(sent);
    }
}

/* The next message with this text in the feed. */
static json_t *wait_message(struct hall *hall, const char *text)
{
    while (true) {
        json_t *event = caller_wait(&hall->anna, "messages"), *message, *found = NULL;
        size_t index;
        json_array_foreach(json_object_get(event, "messages"), index, message) {
            const char *its = json_get_text(message, "text");
            if (its && strcmp(its, text) == 0)
                found = json_incref(message);
        }
        json_decref(event);
        if (found)
            return found;
    }
}

/* The platform's own record of what was written there: the entry at `index` of "discord"; NULL: not yet. */
static json_t *written_at(struct hall *hall, size_t index)
{
    json_t *writes = theatre_writes(hall->theatre, "discord");
    json_t *entry = json_incref(json_array_get(writes, index));
    json_decref(writes);
    return entry;
}

static json_t *wait_written(struct hall *hall, size_t index)
{
    json_t *entry;
    while (!(entry = written_at(hall, index)))
        kit_turn(&hall->desk.kit, 10);
    return entry;
}

static void write_on_twitch(struct hall *hall, const char *id, const char *text)
{
    struct message *message = message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = STR("twitch"), .native_id = str_from(id), .text = str_from(text),
        .author = {.id = STR("117166826"), .login = STR("niloufar"), .name = STR("Niloufar")}});
    theatre_say(hall->theatre, message);
    message_unref(message);
}

/* Said, taken, written there, back in the feed as ours: no question although it asks. */
static void test_said_and_back(void **state)
{
    struct hall hall;
    begin(&hall, false);
    char *members = xasprintf("\"text\":\"این آهنگ چیست؟\",\"to\":[\"%s\"]", hall.discord);
    json_t *reply = caller_ask(&hall.anna, "say", members);
    assert_true(json_get_bool(reply, "ok", false));
    assert_false(json_get_bool(json_object_get(json_object_get(reply, "result"), "sent"), "is_done", true));
    json_decref(reply);
    free(members);
    // Answer and echo race each other: both are looked for from the start.
    json_t *echo = NULL, *sent = NULL, *event;
    while (!echo || !sent) {
        while (json_array_size(hall.anna.inbox) == 0)
            kit_run(&hall.desk.kit);
        event = json_incref(json_array_get(hall.anna.inbox, 0));
        json_array_remove(hall.anna.inbox, 0);
        const json_t *one = json_object_get(event, "sent"), *first = json_array_get(json_object_get(event, "messages"), 0);
        if (one && json_get_bool(one, "is_done", false))
            sent = json_incref((json_t *)one);
        if (first && json_get_text(first, "text"))
            echo = json_incref((json_t *)first);
        json_decref(event);
    }
    const json_t *result = json_array_get(json_object_get(sent, "results"), 0);
    assert_string_equal(json_get_text(result, "outcome"), "accepted");
    assert_string_equal(json_get_text(result, "native_id"), json_get_text(echo, "native_id"));
    assert_string_equal(json_get_text(echo, "text"), "این آهنگ چیست؟");
    assert_true(json_get_bool(echo, "own", false));
    assert_int_equal(questions_count(hall.desk.relay->questions), 0);
    json_t *entry = wait_written(&hall, 0);
    assert_string_equal(json_get_text(entry, "act"), "say");
    assert_string_equal(json_get_text(entry, "text"), "این آهنگ چیست؟");
    json_decref(entry);
    json_decref(echo);
    json_decref(sent);
    end(&hall);
}

/* Over HTTP the answer waits for the platforms. */
static void test_one_shot_waits(void **state)
{
    struct hall hall;
    begin(&hall, false);
    json_t *reply = caller_ask(&hall.anna, "token.add", "\"role\":\"moderator\",\"name\":\"deck\"");
    const char *token = json_get_text(json_object_get(reply, "result"), "token"), body[] = "{\"text\":\"hello\"}";
    const char *answer = desk_http(&hall.desk, "POST /api/v1/say HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n"
                                   "Authorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n%s", api_port(hall.desk.api), token,
                                   strlen(body), body);
    if (!strstr(answer, "\"outcome\":\"accepted\"") || !strstr(answer, "\"is_done\":true"))
        fail_msg("%s", answer);
    json_decref(reply);
    end(&hall);
}

/* A moderator's order reaches the platform, and its echo empties our own lists. */
static void test_moderated_there(void **state)
{
    struct hall hall;
    begin(&hall, false);
    struct message *message = message_create(&(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = STR("discord"), .native_id = STR("rude"), .text = STR("rude words"),
        .author = {.id = STR("4711"), .login = STR("otto"), .name = STR("Otto")}});
    theatre_say(hall.theatre, message);
    message_unref(message);
    json_t *heard = wait_message(&hall, "rude words");
    char *members = xasprintf("\"action\":\"delete\",\"message\":%lld", (long long)json_get_int(heard, "id", 0));
    json_t *reply = caller_ask(&hall.anna, "source.moderate", members);
    assert_true(json_get_bool(reply, "ok", false));
    json_decref(reply);
    json_t *sent = wait_done(&hall);
    assert_string_equal(json_get_text(json_array_get(json_object_get(sent, "results"), 0), "outcome"), "accepted");
    while (queue_find(hall.desk.relay->queue, (uint64_t)json_get_int(heard, "id", 0)))
        kit_turn(&hall.desk.kit, 10);
    json_decref(sent);
    json_decref(heard);
    free(members);
    end(&hall);
}

/*
 * Passed on once, though the rule would also take it from where it went: the copy that comes back is ours. It goes with its
 * original.
 */
static void test_passed_on_without_circles(void **state)
{
    struct hall hall;
    begin(&hall, true);
    write_on_twitch(&hall, "t1", "hello there");
    json_t *entry = wait_written(&hall, 0);
    assert_string_equal(json_get_text(entry, "text"), "[twitch] Niloufar: hello there");
    json_decref(entry);
    json_t *echo = wait_message(&hall, "[twitch] Niloufar: hello there");
    assert_true(json_get_bool(echo, "own", false));
    json_decref(echo);
    write_on_twitch(&hall, "t2", "and more");
    entry = wait_written(&hall, 1);
    assert_string_equal(json_get_text(entry, "text"), "[twitch] Niloufar: and more");
    json_decref(entry);
    struct message *message = message_create(&(struct message_draft){
        .kind = MESSAGE_DELETE, .platform = STR("twitch"), .target = {.native_id = STR("t1")}});
    theatre_say(hall.theatre, message);
    message_unref(message);
    entry = wait_written(&hall, 2);
    assert_string_equal(json_get_text(entry, "act"), "delete");
    json_decref(entry);
    end(&hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_said_and_back),
        cmocka_unit_test(test_one_shot_waits),
        cmocka_unit_test(test_moderated_there),
        cmocka_unit_test(test_passed_on_without_circles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
