/* Orders in chat: who is heard, with which words, and each message once, over restarts too. */
#include "relay_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "net/loop.h"
#include "relay/chat_commands.h"

struct desk {
    struct chat_commands *commands;
    int count, notices;
    char by[CHAT_COMMAND_BY_BYTES], rest[64], notice[640];
    const char *refusal;  // NULL: done
    uint64_t last_id;
};

static bool note_order(void *data, const struct chat_command *command, struct error *err)
{
    struct desk *desk = data;
    desk->count++;
    snprintf(desk->by, sizeof(desk->by), "%s", command->by);
    snprintf(desk->rest, sizeof(desk->rest), "%.*s", (int)command->rest.len, command->rest.data);
    return !desk->refusal || error_set(err, ERROR_AGAIN, "%s", desk->refusal);
}

static void note_notice(void *data, const char *level, const char *where, const char *text)
{
    struct desk *desk = data;
    desk->notices++;
    snprintf(desk->notice, sizeof(desk->notice), "%s", text);
}

static void open_desk(struct desk *desk, struct journal *journal)
{
    desk->commands = chat_commands_create(&(struct chat_commands_options){.journal = journal, .notice = note_notice, .data = desk});
    chat_commands_register(desk->commands, "next", note_order, desk);
}

static struct message_draft draft_of(const char *author, const char *text, uint32_t roles)
{
    return (struct message_draft){.kind = MESSAGE_CHAT, .platform = STR("twitch"), .source = STR("twitch:anna"),
                                  .author = {.id = str_from(author), .login = str_from(author), .name = STR("نیلوفر"), .roles = roles},
                                  .text = str_from(text)};
}

static bool say(struct desk *desk, const struct message_draft *draft, uint64_t id, int64_t age_ms)
{
    struct message *message = message_create(draft);
    message_stamp(message, id ? id : ++desk->last_id, clock_unix_ms() - age_ms);
    bool is_order = chat_commands_handle_message(desk->commands, message);
    message_unref(message);
    return is_order;
}

static void test_who_is_heard(void **state)
{
    static const struct {
        const char *name, *text;
        uint32_t roles;
        enum message_kind kind;
        bool is_history, is_own, is_foreign;
        int64_t age_ms;
        bool is_heard;
    } cases[] = {
        {"moderator", "!next", ROLE_MODERATOR, .is_heard = true},
        {"broadcaster", "!next", ROLE_BROADCASTER, .is_heard = true},
        {"with more words", "!NEXT please", ROLE_MODERATOR | ROLE_SUBSCRIBER, .is_heard = true},
        {"a flood's helper", "!next \xf3\xa0\x80\x80", ROLE_MODERATOR, .is_heard = true},
        {"action", "!next", ROLE_MODERATOR, .kind = MESSAGE_ACTION, .is_heard = true},
        {"viewer", "!next", 0},
        {"vip", "!next", ROLE_VIP | ROLE_SUBSCRIBER | ROLE_VERIFIED | ROLE_STAFF},
        {"bot", "!next", ROLE_MODERATOR | ROLE_BOT},
        {"history", "!next", ROLE_MODERATOR, .is_history = true},
        {"own echo", "!next", ROLE_BROADCASTER, .is_own = true},
        {"guest of a shared chat", "!next", ROLE_MODERATOR, .is_foreign = true},
        {"of before the restart", "!next", ROLE_MODERATOR, .age_ms = CHAT_COMMAND_LATE_MS + 1000},
        {"within a sentence", "say !next", ROLE_MODERATOR},
        {"another word", "!nextgame", ROLE_MODERATOR},
        {"a prefix", "!nex", ROLE_MODERATOR},
        {"nobody does it", "!poll a b", ROLE_MODERATOR},
        {"a gift", "!next", ROLE_MODERATOR, .kind = MESSAGE_GIFT},
        {"an edit", "!next", ROLE_MODERATOR, .kind = MESSAGE_EDIT},
    };
    struct desk desk = {0};
    open_desk(&desk, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char author[24];
        snprintf(author, sizeof(author), "person%zu", i);
        struct message_draft draft = draft_of(author, cases[i].text, cases[i].roles);
        draft.kind = cases[i].kind ? cases[i].kind : MESSAGE_CHAT;
        draft.is_history = cases[i].is_history;
        draft.is_own = cases[i].is_own;
        draft.is_foreign = cases[i].is_foreign;
        int before = desk.count;
        say(&desk, &draft, 0, cases[i].age_ms);
        if ((desk.count > before) != cases[i].is_heard)
            fail_msg("%s: %d", cases[i].name, desk.count - before);
    }
    assert_int_equal(desk.notices, 0);
    chat_commands_destroy(desk.commands);
}

static void test_what_it_gets(void **state)
{
    struct desk desk = {.refusal = "no question is ready"};
    open_desk(&desk, NULL);
    struct message_draft draft = draft_of("niloufar", " ", ROLE_MODERATOR);
    assert_false(say(&desk, &draft, 0, 0));
    draft.text = STR("!next  \t the longest one \n");
    assert_true(say(&desk, &draft, 0, 0));
    assert_string_equal(desk.by, "niloufar@twitch");
    assert_string_equal(desk.rest, "the longest one");
    assert_string_equal(desk.notice, "!next of niloufar@twitch was not done: no question is ready");
    char name[200];
    for (size_t i = 0; i < 99; i++)
        memcpy(name + 2 * i, "ن", 2);
    name[198] = '\0';
    draft = draft_of(name, "!next", ROLE_MODERATOR);
    say(&desk, &draft, 0, 0);
    assert_int_equal(strlen(desk.by), 48 + strlen("@twitch"));  // cut at a character
    chat_commands_destroy(desk.commands);
}

/* One person's second order within three seconds is not heard; another person's is. */
static void test_rest(void **state)
{
    struct desk desk = {0};
    open_desk(&desk, NULL);
    struct message_draft anna = draft_of("anna", "!next", ROLE_MODERATOR), ben = draft_of("ben", "!next", ROLE_MODERATOR);
    for (int i = 0; i < 100; i++)
        assert_true(say(&desk, &anna, 0, 0));
    assert_int_equal(desk.count, 1);
    say(&desk, &ben, 0, 0);
    assert_int_equal(desk.count, 2);
    for (int i = 0; i < 200; i++) {  // more people than are remembered
        char author[16];
        snprintf(author, sizeof(author), "p%d", i);
        struct message_draft draft = draft_of(author, "!next", ROLE_MODERATOR);
        say(&desk, &draft, 0, 0);
    }
    assert_int_equal(desk.count, 202);
    chat_commands_destroy(desk.commands);
}

static void test_once_over_restarts(void **state)
{
    char *folder = fixture_folder();
    struct loop *loop = fixture_loop();
    struct journal *journal = fixture_open(folder, loop);
    struct desk desk = {0};
    open_desk(&desk, journal);
    struct message_draft draft = draft_of("anna", "!next", ROLE_MODERATOR);
    say(&desk, &draft, 41, 0);
    say(&desk, &draft, 41, 0);
    assert_int_equal(desk.count, 1);
    fixture_commit(journal, loop);
    chat_commands_destroy(desk.commands);
    journal_close(journal);
    journal = fixture_open(folder, loop);
    open_desk(&desk, journal);  // nobody rests any more: only the id says it
    say(&desk, &draft, 41, 0);
    assert_int_equal(desk.count, 1);
    say(&desk, &draft, 42, 0);
    assert_int_equal(desk.count, 2);
    chat_commands_destroy(desk.commands);
    journal_close(journal);
    loop_destroy(loop);
    fixture_remove(folder);
}

static void test_words(void **state)
{
    static const struct {
        const char *words, *error;  // NULL: good
    } cases[] = {
        {"{}", NULL},
        {"{\"next\":\"!بعدی\",\"poll\":\"\"}", NULL},
        {"[]", "chat_commands: expected an object"},
        {"{\"panic\":\"!panic\"}", "chat_commands.panic: there is no such command"},
        {"{\"next\":7}", "chat_commands.next: expected a text"},
        {"{\"next\":\"!next one\"}", "chat_commands.next \"!next one\": expected one word"},
        {"{\"next\":\"!aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}", "at most 31 bytes"},
        {"{\"next\":\"!a\\u0000b\"}", "chat_commands.next: expected a text"},
        {"{\"next\":\"!POLL\"}", "chat_commands.poll \"!poll\": next has this word"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error err = {0};
        json_t *words = json_loads(cases[i].words, JSON_ALLOW_NUL, NULL);
        assert_non_null(words);
        bool is_good = chat_commands_check(words, &err);
        if (is_good != !cases[i].error || (cases[i].error && !strstr(err.text, cases[i].error)))
            fail_msg("%s: %s", cases[i].words, err.text);
        json_decref(words);
    }
    struct desk desk = {0};
    open_desk(&desk, NULL);
    json_t *words = json_loads("{\"next\":\"!بعدی\"}", 0, NULL);
    chat_commands_set_words(desk.commands, words);
    json_decref(words);
    struct message_draft old = draft_of("anna", "!next", ROLE_MODERATOR), new = draft_of("anna", "!بعدی", ROLE_MODERATOR);
    say(&desk, &old, 0, 0);
    assert_int_equal(desk.count, 0);
    say(&desk, &new, 0, 0);
    assert_int_equal(desk.count, 1);
    words = json_loads("{\"next\":\"\"}", 0, NULL);
    chat_commands_set_words(desk.commands, words);
    json_decref(words);
    struct message_draft empty = draft_of("ben", "", ROLE_MODERATOR), blank = draft_of("ben", "  hello", ROLE_MODERATOR);
    assert_false(say(&desk, &empty, 0, 0));
    assert_false(say(&desk, &blank, 0, 0));  // its first word is empty, and so is the configured one
    chat_commands_destroy(desk.commands);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_heard),       cmocka_unit_test(test_what_it_gets), cmocka_unit_test(test_rest),
        cmocka_unit_test(test_once_over_restarts), cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
