/* Before air, from a message to what clients see: nothing waits for what is held longer, and nothing comes while locked. */
#include "desk.h"

#include "base/str.h"
#include "relay/gate.h"
#include "relay/on_air.h"
#include "relay/questions.h"

struct stage {
    struct desk desk;
    struct caller caller;
    char own_words[128];
    json_t *gate;
};

static void begin(struct stage *stage, const char *settings)
{
    static const struct on_air_view views[] = {{.name = "main", .cards = ON_AIR_CHAT | ON_AIR_TICKER | ON_AIR_ALERTS}};
    desk_init(&stage->desk);
    snprintf(stage->own_words, sizeof(stage->own_words), "%s/words.txt", stage->desk.folder);
    FILE *file = fopen(stage->own_words, "w");
    assert_non_null(file);
    fputs("badword\n", file);
    fclose(file);
    stage->gate = json_loads(settings, 0, NULL);
    stage->desk.relay_options.own_words = stage->own_words;
    stage->desk.relay_options.gate = stage->gate;
    stage->desk.relay_options.views = views;
    stage->desk.relay_options.view_count = ARRAY_LENGTH(views);
    desk_start(&stage->desk);
    caller_open(&stage->caller, &stage->desk, NULL);
}

static void end(struct stage *stage)
{
    caller_close(&stage->caller);
    desk_fini(&stage->desk);
    json_decref(stage->gate);
}

static bool is_on_air(const struct stage *stage, const char *text)
{
    return strstr(on_air_json(stage->desk.relay->on_air).data, text) != NULL;
}

static void wait_for_air(struct stage *stage, const char *text)
{
    while (!is_on_air(stage, text))
        json_decref(caller_wait(&stage->caller, "on_air"));
}

/* A line is held for a minute: the next one, which is not, and what is caught are not. */
static void test_nothing_waits_for_others(void **state)
{
    struct stage stage;
    begin(&stage, "{\"hold_ms\":60000}");
    desk_say(&stage.desk, "twitch", "anna", "held for a minute");
    kit_turn(&stage.desk.kit, 50);
    uint64_t id = desk_say(&stage.desk, "twitch", "anna", "a badword");
    json_t *caught = caller_wait(&stage.caller, "caught");
    assert_int_equal(json_get_int(json_array_get(json_object_get(caught, "items"), 0), "id", 0), (int64_t)id);
    json_decref(caught);
    caller_must(&stage.caller, "gate.set", "\"settings\":{\"hold_ms\":0}");
    desk_say(&stage.desk, "twitch", "anna", "not held");
    wait_for_air(&stage, "not held");
    assert_false(is_on_air(&stage, "held for a minute"));
    end(&stage);
}

/* Panic: what passes meanwhile is seen by nobody, and letting something through is refused. */
static void test_locked(void **state)
{
    struct stage stage;
    begin(&stage, "{\"hold_ms\":0}");
    uint64_t id = desk_say(&stage.desk, "twitch", "anna", "a badword");
    json_decref(caller_wait(&stage.caller, "caught"));
    caller_must(&stage.caller, "panic", "");
    char member[40];
    snprintf(member, sizeof(member), "\"id\":%llu", (unsigned long long)id);
    caller_refused(&stage.caller, "caught.allow", member, "locked");
    desk_say(&stage.desk, "twitch", "anna", "written meanwhile");
    struct gate_counts counts = {0};
    while (counts.passed == 0) {
        kit_turn(&stage.desk.kit, 20);
        gate_get_counts(stage.desk.relay->gate, &counts);
    }
    assert_true(on_air_is_blank(stage.desk.relay->on_air));
    caller_must(&stage.caller, "panic", "\"on\":false");
    caller_must(&stage.caller, "caught.allow", member);
    wait_for_air(&stage, "badword");
    end(&stage);
}

/* What it answered was deleted: a reply loses its quote, not its place on air, nor the number and votes of its question. */
static void test_reply_stays(void **state)
{
    struct stage stage;
    begin(&stage, "{\"hold_ms\":0}");
    desk_say(&stage.desk, "twitch", "evil", "quoted words");
    struct message_draft reply = {
        .kind = MESSAGE_CHAT, .platform = STR("twitch"), .source = STR("twitch:show"), .native_id = STR("r1"), .event_key = STR("r1"),
        .author = {.id = STR("good"), .name = STR("good")}, .text = STR("when does the tour begin?"),
        .reply_to = {.native_id = STR("n1"), .author = STR("evil"), .text = STR("quoted words")}};
    desk_push(&stage.desk, &reply);
    reply.native_id = reply.event_key = STR("r2");
    reply.text = STR("a badword");
    desk_push(&stage.desk, &reply);
    wait_for_air(&stage, "when does the tour");
    while (gate_caught_count(stage.desk.relay->gate) == 0)
        kit_turn(&stage.desk.kit, 10);
    assert_int_equal(questions_count(stage.desk.relay->questions), 1);
    uint64_t id = questions_at(stage.desk.relay->questions, 0)->id;
    caller_must(&stage.caller, "gate.set", "\"settings\":{\"hold_ms\":60000}");
    desk_push(&stage.desk, &(struct message_draft){.kind = MESSAGE_DELETE, .platform = STR("twitch"), .source = STR("twitch:show"),
                                                   .target = {.native_id = STR("n1")}});
    assert_false(is_on_air(&stage, "quoted words"));
    assert_true(is_on_air(&stage, "when does the tour"));
    assert_int_equal(questions_at(stage.desk.relay->questions, 0)->id, id);
    assert_int_equal(gate_caught_count(stage.desk.relay->gate), 1);
    assert_int_equal(gate_caught_at(stage.desk.relay->gate, 0)->message->is.reply_to.text.len, 0);
    end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nothing_waits_for_others), cmocka_unit_test(test_locked), cmocka_unit_test(test_reply_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
