/* Before air, as clients see it: caught, allowed, dropped, the rules and the lists, warnings of questions, polls from chat. */
#include "desk.h"

#include <string.h>

#include "relay/gate.h"
#include "relay/on_air.h"

struct office {
    struct desk desk;
    struct caller owner;
    char words[100];
    json_t *settings;
    int saved;
};

static bool save_gate(void *data, const json_t *gate, struct error *err)
{
    struct office *office = data;
    office->saved++;
    return json_is_object(gate);
}

static void write_words(const struct office *office, const char *lines)
{
    FILE *file = fopen(office->words, "w");
    assert_non_null(file);
    fputs(lines, file);
    fclose(file);
}

static void begin(struct office *office)
{
    static const struct on_air_view view = {.name = "main", .cards = ON_AIR_USUAL | ON_AIR_GATED};
    *office = (struct office){0};
    desk_init(&office->desk);
    snprintf(office->words, sizeof(office->words), "%s/words.txt", office->desk.folder);
    write_words(office, "badword\n");
    office->settings = json_pack("{s:i}", "hold_ms", 0);
    office->desk.relay_options.views = &view;
    office->desk.relay_options.view_count = 1;
    office->desk.relay_options.own_words = office->words;
    office->desk.relay_options.gate = office->settings;
    office->desk.relay_options.save_gate = save_gate;
    office->desk.relay_options.data = office;
    desk_start(&office->desk);
    caller_open(&office->owner, &office->desk, "{\"type\":\"hello\",\"client\":\"panel\",\"name\":\"test\"}");
    json_decref(caller_wait(&office->owner, "snapshot"));
}

static void end(struct office *office)
{
    caller_close(&office->owner);
    json_decref(office->settings);
    desk_fini(&office->desk);
}

/* The next on-air state in which the chat box holds these words. */
static void wait_line(struct office *office, const char *words)
{
    bool is_there = false;
    while (!is_there) {
        json_t *event = caller_wait(&office->owner, "on_air");
        char *text = json_dumps(json_object_get(event, "on_air"), JSON_COMPACT | JSON_SORT_KEYS);
        is_there = strstr(text, words) != NULL;
        assert_null(strstr(text, "badword!"));
        free(text);
        json_decref(event);
    }
}

static void test_caught_allow_drop(void **state)
{
    struct office office;
    begin(&office);
    uint64_t first = desk_say(&office.desk, "twitch", "anna", "badword, but fine");
    json_t *event = caller_wait(&office.owner, "caught");
    const json_t *item = json_array_get(json_object_get(event, "items"), 0);
    assert_int_equal(json_get_int(item, "id", 0), first);
    assert_string_equal(json_get_text(json_array_get(json_object_get(item, "reasons"), 0), "word"), "badword");
    json_decref(event);
    char members[40];
    snprintf(members, sizeof(members), "\"id\":%llu", (unsigned long long)first);
    caller_must(&office.owner, "caught.allow", members);
    wait_line(&office, "but fine");
    caller_refused(&office.owner, "caught.allow", members, "somebody was faster");

    uint64_t second = desk_say(&office.desk, "twitch", "anna", "badword!");
    json_decref(caller_wait(&office.owner, "caught"));
    snprintf(members, sizeof(members), "\"id\":%llu", (unsigned long long)second);
    caller_must(&office.owner, "caught.drop", members);
    desk_say(&office.desk, "twitch", "anna", "all is well");
    wait_line(&office, "all is well");
    end(&office);
}

static void test_locked(void **state)
{
    struct office office;
    begin(&office);
    uint64_t id = desk_say(&office.desk, "twitch", "anna", "badword here");
    json_decref(caller_wait(&office.owner, "caught"));
    caller_must(&office.owner, "panic", "\"on\":true");
    char members[40];
    snprintf(members, sizeof(members), "\"id\":%llu", (unsigned long long)id);
    caller_refused(&office.owner, "caught.allow", members, "locked");
    end(&office);
}

static void test_rules(void **state)
{
    struct office office;
    begin(&office);
    caller_refused(&office.owner, "gate.set", "\"settings\":{\"hold\":1}", "gate.hold: there is no such key");
    assert_int_equal(office.saved, 0);
    caller_must(&office.owner, "gate.set", "\"settings\":{\"hold_ms\":1500,\"links\":\"allow\"}");
    assert_int_equal(office.saved, 1);
    json_t *reply = caller_ask(&office.owner, "gate.get", "");
    const json_t *gate = json_object_get(json_object_get(reply, "result"), "gate");
    assert_int_equal(json_get_int(gate, "hold_ms", 0), 1500);
    assert_string_equal(json_get_text(json_object_get(gate, "settings"), "links"), "allow");
    json_decref(reply);
    write_words(&office, "badword\n***\nworse\n");
    reply = caller_ask(&office.owner, "gate.read_words", "");
    const json_t *result = json_object_get(reply, "result");
    assert_int_equal(json_get_int(result, "words", 0), 2);
    const char *bad = json_string_value(json_array_get(json_object_get(result, "bad_lines"), 0));
    assert_non_null(bad);
    assert_int_equal(strncmp(bad, "words.txt:2: ", 13), 0);
    json_decref(reply);
    reply = caller_ask(&office.owner, "gate.try", "\"text\":\"what is w.o.r.s.e\"");
    assert_true(json_get_bool(json_object_get(reply, "result"), "is_caught", false));
    assert_int_equal(json_get_int(json_object_get(reply, "result"), "from", 0), 8);
    json_decref(reply);
    end(&office);
}

static void test_question_is_warned_of(void **state)
{
    struct office office;
    begin(&office);
    desk_say(&office.desk, "twitch", "anna", "What is a b4dword to you?");
    json_t *event = caller_wait(&office.owner, "questions");
    const json_t *question = json_array_get(json_object_get(event, "questions"), 0);
    const json_t *warning = json_object_get(question, "warning");
    assert_string_equal(json_get_text(warning, "in"), "text");
    assert_string_equal(json_get_text(warning, "word"), "badword");
    json_decref(event);
    desk_push(&office.desk, &(struct message_draft){
        .kind = MESSAGE_CHAT, .platform = STR("twitch"), .source = STR("twitch:x"), .native_id = STR("q9"), .event_key = STR("q9"),
        .author = {.id = STR("9"), .name = STR("badword")}, .text = STR("Which song is next tonight?")});
    event = caller_wait(&office.owner, "questions");
    question = json_array_get(json_object_get(event, "questions"), 0);
    assert_string_equal(json_get_text(json_object_get(question, "warning"), "in"), "name");
    char members[40];
    snprintf(members, sizeof(members), "\"id\":%lld", (long long)json_get_int(question, "id", 0));
    json_decref(event);
    caller_must(&office.owner, "question.air", members);
    wait_line(&office, "\"author\":{\"is_name_withheld\":true,\"name\":\"Twitch\"}");
    end(&office);
}

static void test_poll_from_chat(void **state)
{
    struct office office;
    begin(&office);
    struct message_draft draft = {
        .kind = MESSAGE_CHAT, .platform = STR("twitch"), .source = STR("twitch:x"), .native_id = STR("p1"), .event_key = STR("p1"),
        .author = {.id = STR("7"), .name = STR("mod"), .roles = ROLE_MODERATOR}, .text = STR("!poll Next? | chess | b.a.d.w.o.r.d")};
    desk_push(&office.desk, &draft);
    json_t *event = caller_wait(&office.owner, "notice");
    assert_non_null(strstr(json_get_text(event, "text"), "word list \"own\""));
    json_decref(event);
    draft.native_id = draft.event_key = STR("p2");
    draft.author.id = STR("8");  // who has just ordered something rests a moment
    draft.text = STR("!poll Next? | chess | go");
    desk_push(&office.desk, &draft);
    event = caller_wait(&office.owner, "poll");
    assert_string_equal(json_get_text(json_object_get(event, "poll"), "question"), "Next?");
    json_decref(event);
    end(&office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_caught_allow_drop), cmocka_unit_test(test_locked), cmocka_unit_test(test_rules),
        cmocka_unit_test(test_question_is_warned_of), cmocka_unit_test(test_poll_from_chat),
    };
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
