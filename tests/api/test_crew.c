/* The crew: what moderators order in chat, panic, invitations, who is on duty, notes and the audit log. */
#include "desk.h"

#include "api/command.h"
#include "api/command_rules.h"
#include "api/crew.h"
#include "relay/on_air.h"
#include "relay/questions.h"
#include "relay/queue.h"

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

/* --- Panic --- */

static json_t *views(const struct desk *desk)
{
    struct str json = on_air_json(desk->relay->on_air);
    json_t *state = json_loadb(json.data, json.len, 0, NULL), *views = json_incref(json_object_get(state, "views"));
    assert_int_equal(json_get_bool(state, "is_blank", false), on_air_is_blank(desk->relay->on_air));
    json_decref(state);
    return views;
}

static void test_panic_locks(void **state)
{
    static const struct {
        const char *command, *members;
    } airing[] = {
        {"question.air", "\"id\":2"}, {"next", ""}, {"poll.air", "\"id\":1"}, {"captions.start", "\"track\":\"talk\""},
        {"captions.line", "\"track\":\"live\",\"language\":\"fa\",\"text\":\"سلام\""}, {"question.undo", "\"id\":3"},
        {"poll.open", "\"question\":\"Tea?\",\"options\":[\"yes\",\"no\"],\"on_air\":true"},
    };
    struct desk desk;
    struct caller caller;
    desk_init(&desk);
    desk_start(&desk);
    caller_open(&caller, &desk, NULL);
    caller_must(&caller, "question.add", "\"text\":\"first\"");
    caller_must(&caller, "question.add", "\"text\":\"second\"");
    caller_must(&caller, "question.add", "\"text\":\"third\"");
    caller_must(&caller, "poll.open", "\"question\":\"Tea?\",\"options\":[\"yes\",\"no\"]");
    caller_must(&caller, "captions.load", "\"track\":\"talk\",\"language\":\"en\",\"format\":\"srt\",\"text\":\"1\\n00:00:00,000 --> 01:00:00,000\\nhello\\n\"");
    caller_must(&caller, "question.air", "\"id\":3");
    caller_must(&caller, "question.answer", "\"id\":3");  // to undo this would air it again
    caller_must(&caller, "question.air", "\"id\":1");
    journal_wait(desk.relay->journal, 10000);
    caller_must(&caller, "panic", "");
    assert_true(on_air_is_blank(desk.relay->on_air));
    json_t *before = views(&desk);
    for (size_t i = 0; i < ARRAY_LENGTH(airing); i++)
        caller_refused(&caller, airing[i].command, airing[i].members, "locked: somebody pressed panic");
    // The desk works on, and what leaves the air may leave it.
    caller_must(&caller, "question.add", "\"text\":\"fourth\"");
    caller_must(&caller, "poll.air", "\"id\":1,\"on_air\":false");
    uint64_t id = desk_say(&desk, "kick", "viewer", "Is this heard?");
    assert_non_null(queue_find(desk.relay->queue, id));
    json_t *after = views(&desk);
    assert_true(json_equal(before, after));
    json_decref(after);
    journal_wait(desk.relay->journal, 10000);
    caller_close(&caller);
    desk_stop(&desk);
    desk_start(&desk);  // it stands
    assert_true(on_air_is_blank(desk.relay->on_air));
    caller_open(&caller, &desk, NULL);
    caller_refused(&caller, "next", "", "locked");
    caller_refused(&caller, "panic", "\"on\":true,\"clear\":true", "clear goes with");
    caller_must(&caller, "panic", "\"on\":false");
    after = views(&desk);
    assert_true(json_equal(before, after));
    assert_string_equal(questions_on_air(desk.relay->questions)->text, "first");
    caller_must(&caller, "panic", "");
    caller_must(&caller, "panic", "\"on\":false,\"clear\":true");
    assert_false(on_air_is_blank(desk.relay->on_air));
    assert_null(questions_on_air(desk.relay->questions));
    json_decref(before);
    json_decref(after);
    caller_close(&caller);
    desk_fini(&desk);
}

/* What was taken off the air is not brought back by undo while it is locked, whatever was done and undone in between. */
static void test_panic_locks_undo(void **state)
{
    static const char *const between[] = {"question.note", "question.edit", "question.pin"};
    for (size_t i = 0; i < ARRAY_LENGTH(between); i++) {
        struct desk desk;
        struct caller caller;
        desk_init(&desk);
        desk_start(&desk);
        caller_open(&caller, &desk, NULL);
        caller_must(&caller, "question.add", "\"text\":\"first\"");
        caller_must(&caller, "question.air", "\"id\":1");
        caller_must(&caller, "clear", "");
        caller_must(&caller, between[i], strcmp(between[i], "question.pin") == 0 ? "\"id\":1" : "\"id\":1,\"text\":\"shorter\"");
        caller_must(&caller, "panic", "");
        caller_must(&caller, "question.undo", "\"id\":1");
        caller_refused(&caller, "question.undo", "\"id\":1", "locked: somebody pressed panic");
        assert_null(questions_on_air(desk.relay->questions));
        caller_close(&caller);
        desk_fini(&desk);
    }
}

/* A command that is in no table would be a rule that holds for nothing. */
static void test_rules_name_commands(void **state)
{
    for (unsigned i = 0; command_rules_name(i); i++) {
        const struct command *command = command_at(0);
        for (size_t k = 0; (command = command_at(k)) && strcmp(command->name, command_rules_name(i)) != 0; k++)
            continue;
        if (!command)
            fail_msg("command_rules.c: there is no command \"%s\"", command_rules_name(i));
    }
}

/* --- Who is here --- */

static const json_t *person_of(const json_t *message, const char *name)
{
    size_t index;
    json_t *person;
    json_array_foreach(json_object_get(json_object_get(message, "crew"), "people"), index, person) {
        if (strcmp(json_get_text(person, "name"), name) == 0)
            return person;
    }
    return NULL;
}

static void hello(struct caller *caller, struct desk *desk, const char *name)
{
    char text[200];
    snprintf(text, sizeof(text), "{\"type\":\"hello\",\"client\":\"panel\",\"name\":\"%s\",\"topics\":[\"desk\"]}", name);
    caller_open(caller, desk, text);
}

/* The next crew event in which `name` has so many browsers. */
static void wait_browsers(struct caller *caller, const char *name, int64_t browsers)
{
    for (int64_t found = -1; found != browsers;) {
        json_t *event = caller_wait(caller, "crew");
        found = json_get_int(person_of(event, name), "browsers", -1);
        json_decref(event);
    }
}

static void test_people(void **state)
{
    struct desk desk;
    struct caller anna, phone, ben, program;
    desk_init(&desk);
    desk_start(&desk);
    hello(&anna, &desk, "anna");
    wait_browsers(&anna, "anna", 1);
    hello(&phone, &desk, "anna");
    wait_browsers(&anna, "anna", 2);  // one person still
    caller_open(&program, &desk, "{\"type\":\"hello\",\"client\":\"overlay\",\"name\":\"studio\"}");
    hello(&ben, &desk, "<script>alert(1)</script>");
    json_t *snapshot = caller_wait(&ben, "snapshot");
    assert_null(person_of(snapshot, "studio"));
    json_decref(snapshot);
    caller_must(&anna, "crew.duty", "\"languages\":[\"fa\",\"zh-Hant\"],\"time_zone\":\"Asia/Tehran\"");
    json_t *event = caller_wait(&ben, "crew");
    while (!json_get_bool(person_of(event, "anna"), "is_on_duty", false)) {
        json_decref(event);
        event = caller_wait(&ben, "crew");
    }
    const json_t *person = person_of(event, "anna");
    assert_string_equal(json_get_text(person, "time_zone"), "Asia/Tehran");
    assert_string_equal(json_string_value(json_array_get(json_object_get(person, "languages"), 1)), "zh-Hant");
    assert_true(json_get_int(person, "since_ms", 0) > 0);
    json_decref(event);
    caller_must(&anna, "crew.duty", "\"on\":true");  // what is not said stays
    caller_close(&phone);
    wait_browsers(&anna, "anna", 1);
    static const struct {
        const char *members, *words;
    } wrong[] = {
        {"\"languages\":[\"<b>\"]", "languages[0] \"<b>\""}, {"\"languages\":[\"\"]", "languages[0]"},
        {"\"languages\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\"]", "at most 8"},
        {"\"time_zone\":\"Europe/<b>\"", "time_zone \"Europe/<b>\""},
        {"\"time_zone\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", "time_zone"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
        caller_refused(&anna, "crew.duty", wrong[i].members, wrong[i].words);
    caller_close(&anna);
    wait_browsers(&ben, "anna", 0);
    caller_close(&ben);
    caller_close(&program);
    desk_stop(&desk);
    desk_start(&desk);
    hello(&ben, &desk, "ben");
    snapshot = caller_wait(&ben, "snapshot");
    person = person_of(snapshot, "anna");
    assert_true(json_get_bool(person, "is_on_duty", false));
    assert_string_equal(json_get_text(person, "time_zone"), "Asia/Tehran");
    assert_int_equal(json_get_int(person, "browsers", -1), 0);
    json_decref(snapshot);
    caller_close(&ben);
    desk_fini(&desk);
}

/* More people than there is room for: who was seen longest ago is forgotten, never one who is here. */
static void test_many_people(void **state)
{
    struct desk desk;
    struct caller anna, other;
    desk_init(&desk);
    desk_start(&desk);
    hello(&anna, &desk, "anna");
    for (int i = 0; i < CREW_PEOPLE_MAX + 20; i++) {
        char name[24];
        snprintf(name, sizeof(name), "guest %d", i);
        hello(&other, &desk, name);
        caller_close(&other);
    }
    hello(&other, &desk, "last");
    json_t *snapshot = caller_wait(&other, "snapshot");
    assert_int_equal(json_array_size(json_object_get(json_object_get(snapshot, "crew"), "people")), CREW_PEOPLE_MAX);
    assert_non_null(person_of(snapshot, "anna"));
    assert_null(person_of(snapshot, "guest 3"));
    json_decref(snapshot);
    caller_close(&other);
    caller_close(&anna);
    desk_fini(&desk);
}

static void test_notes(void **state)
{
    struct desk desk;
    struct caller anna, ben;
    desk_init(&desk);
    desk_start(&desk);
    hello(&anna, &desk, "anna");
    int64_t id = caller_must_id(&anna, "crew.note", "\"text\":\"Reza wants short questions\"");
    caller_must(&anna, "crew.note", "\"text\":\"二\"");
    caller_refused(&anna, "crew.note", "\"text\":\" \\n\"", "text is empty");
    char *long_text = xasprintf("\"text\":\"%0*d\"", CREW_NOTE_BYTES_MAX + 1, 0);
    caller_refused(&anna, "crew.note", long_text, "at most 2000");
    free(long_text);
    desk_stop(&desk);
    caller_close(&anna);
    desk_start(&desk);
    hello(&ben, &desk, "ben");
    json_t *snapshot = caller_wait(&ben, "snapshot");
    const json_t *notes = json_object_get(json_object_get(snapshot, "crew"), "notes");
    assert_int_equal(json_array_size(notes), 2);
    assert_string_equal(json_get_text(json_array_get(notes, 0), "text"), "Reza wants short questions");
    assert_string_equal(json_get_text(json_array_get(notes, 0), "by"), "anna");
    json_decref(snapshot);
    char members[40];
    snprintf(members, sizeof(members), "\"id\":%lld", (long long)id);
    caller_must(&ben, "crew.note_remove", members);
    caller_refused(&ben, "crew.note_remove", members, "there is no note");
    for (int i = 0; i < CREW_NOTES_MAX + 3; i++)
        caller_must(&ben, "crew.note", "\"text\":\"more\"");
    caller_close(&ben);
    hello(&ben, &desk, "ben");
    snapshot = caller_wait(&ben, "snapshot");
    assert_int_equal(json_array_size(json_object_get(json_object_get(snapshot, "crew"), "notes")), CREW_NOTES_MAX);
    json_decref(snapshot);
    caller_close(&ben);
    desk_fini(&desk);
}

/* --- The record --- */

static json_t *ask_audit(struct caller *caller, const char *members)
{
    journal_wait(caller->desk->relay->journal, 10000);
    json_t *reply = caller_ask(caller, "audit", members);
    json_t *entries = json_incref(json_object_get(json_object_get(reply, "result"), "entries"));
    if (!json_is_array(entries))
        fail_msg("audit {%s}: %s", members, json_get_text(json_object_get(reply, "error"), "text"));
    json_decref(reply);
    return entries;
}

static size_t count_audit(struct caller *caller, const char *members)
{
    json_t *entries = ask_audit(caller, members);
    size_t count = json_array_size(entries);
    json_decref(entries);
    return count;
}

/* The newest line of this action as text; static. */
static const char *newest(struct caller *caller, const char *action)
{
    static char text[600];
    char members[80];
    snprintf(members, sizeof(members), "\"action\":\"%s\",\"limit\":1", action);
    json_t *entries = ask_audit(caller, members);
    const json_t *entry = json_array_get(entries, 0);
    char *detail = entry ? json_dumps(json_object_get(entry, "detail"), JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS) : NULL;
    snprintf(text, sizeof(text), "%s %s", entry ? json_get_text(entry, "actor") : "", detail ? detail : "");
    free(detail);
    json_decref(entries);
    return text;
}

static void test_audit(void **state)
{
    static const struct {
        const char *command, *members, *line;
    } done[] = {
        {"question.add", "\"text\":\"a secret wish\",\"language\":\"fa\"", "anna {\"id\":1,\"language\":\"fa\",\"text\":\"…\"}"},
        {"question.edit", "\"id\":1,\"text\":\"other words\"", "anna {\"id\":1,\"text\":\"…\"}"},
        {"question.air", "\"id\":1", "anna {\"id\":1}"},
        {"poll.open", "\"question\":\"Tea?\",\"options\":[\"yes\",\"no\"],\"seconds\":60", "anna {\"id\":1,\"options\":\"…\",\"question\":\"…\",\"seconds\":60}"},
        {"captions.load", "\"track\":\"talk\",\"language\":\"en\",\"format\":\"srt\",\"text\":\"1\\n00:00:00,000 --> 00:00:01,000\\nhello\\n\"",
         "anna {\"format\":\"srt\",\"language\":\"en\",\"text\":\"…\",\"track\":\"talk\"}"},
        {"crew.duty", "\"languages\":[\"fa\"],\"time_zone\":\"Asia/Tehran\"", "anna {\"languages\":[\"fa\"],\"time_zone\":\"Asia/Tehran\"}"},
        {"crew.note", "\"text\":\"private\"", "anna {\"id\":1,\"text\":\"…\"}"},
        {"token.add", "\"role\":\"button\",\"name\":\"deck\"", "anna {\"name\":\"deck\",\"role\":\"button\"}"},
        {"invite", "\"role\":\"viewer\",\"name\":\"ben\",\"life\":\"show\"", "anna {\"id\":1,\"life\":\"show\",\"name\":\"ben\",\"role\":\"viewer\"}"},
        {"clear", "", "anna {}"},
        {"panic", "", "anna {\"on\":true}"},
        {"panic", "\"on\":false", "anna {\"on\":false}"},
    };
    struct desk desk;
    struct caller anna;
    desk_init(&desk);
    desk_start(&desk);
    caller_open(&anna, &desk, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(done); i++) {
        caller_must(&anna, done[i].command, done[i].members);
        const char *line = newest(&anna, done[i].command);
        if (strcmp(line, done[i].line) != 0)
            fail_msg("%s: %s\ninstead of %s", done[i].command, line, done[i].line);
    }
    // What failed changed nothing, and what only reads is no deed.
    size_t before = count_audit(&anna, "\"limit\":500");
    caller_refused(&anna, "question.air", "\"id\":99", "there is no question");
    caller_must(&anna, "history", "");
    caller_must(&anna, "token.list", "");
    caller_must(&anna, "invite.list", "");
    assert_int_equal(count_audit(&anna, "\"limit\":500"), before);
    caller_close(&anna);
    desk_fini(&desk);
}

static void test_audit_filters(void **state)
{
    struct desk desk;
    struct caller anna, ben;
    desk_init(&desk);
    desk_start(&desk);
    caller_open(&anna, &desk, NULL);
    caller_open(&ben, &desk, "{\"type\":\"hello\",\"client\":\"program\",\"name\":\"ben [*]?\"}");
    for (int i = 0; i < 25; i++)
        caller_must(i % 5 ? &anna : &ben, "question.add", "\"text\":\"x\"");
    caller_must(&anna, "crew.duty", "\"time_zone\":\"Asia/Tehran\"");
    assert_int_equal(count_audit(&anna, ""), 26);
    assert_int_equal(count_audit(&anna, "\"actor\":\"anna\""), 21);
    assert_int_equal(count_audit(&anna, "\"actor\":\"ben [*]?\""), 5);
    assert_int_equal(count_audit(&anna, "\"actor\":\"ann\""), 0);
    assert_int_equal(count_audit(&anna, "\"action\":\"question\""), 25);
    assert_int_equal(count_audit(&anna, "\"action\":\"question.pin\""), 0);
    assert_int_equal(count_audit(&anna, "\"text\":\"TEHRAN\""), 1);
    assert_int_equal(count_audit(&anna, "\"text\":\"[*]?\""), 5);
    assert_int_equal(count_audit(&anna, "\"text\":\"[a-z]\""), 0);  // no pattern of theirs
    assert_int_equal(count_audit(&anna, "\"to_ms\":1000"), 0);
    assert_int_equal(count_audit(&anna, "\"from_ms\":1000"), 26);
    // Page by page, over a restart's new run and a second file.
    char members[80] = "\"limit\":10", last[44] = "";
    size_t total = 0;
    for (size_t count = 10; count == 10;) {
        json_t *entries = ask_audit(&anna, members);
        count = json_array_size(entries);
        total += count;
        if (count > 0) {
            snprintf(last, sizeof(last), "%s", json_get_text(json_array_get(entries, count - 1), "id"));
            snprintf(members, sizeof(members), "\"limit\":10,\"before\":\"%s\"", last);
        }
        json_decref(entries);
    }
    assert_int_equal(total, 26);
    caller_refused(&anna, "audit", "\"before\":\"x\"", "before \"x\": expected the id of an entry");
    caller_refused(&anna, "audit", "\"limit\":501", "limit 501");
    caller_close(&anna);
    caller_close(&ben);
    desk_fini(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_in_chat), cmocka_unit_test(test_panic_locks), cmocka_unit_test(test_panic_locks_undo), cmocka_unit_test(test_rules_name_commands),
        cmocka_unit_test(test_people),       cmocka_unit_test(test_many_people), cmocka_unit_test(test_notes),
        cmocka_unit_test(test_audit),        cmocka_unit_test(test_audit_filters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
