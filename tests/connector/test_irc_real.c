/* The irc connector against a real InspIRCd and a real ngIRCd. Argument: "inspircd" or "ngircd". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "chat/message.h"
#include "ircd.h"
#include "stage.h"

static struct ircd ircd;
static enum ircd_kind kind;

struct show {
    struct stage stage;
    struct person op, guest;  // op has the channel: on InspIRCd who comes first
    const char *words;
    enum { BY_TCP, BY_TLS, BY_WEBSOCKET } way;
};

static int start_server(void **state)
{
    if (!ircd_start(&ircd, kind))
        return -1;
    return 0;
}

static int stop_server(void **state)
{
    ircd_stop(&ircd);
    return 0;
}

/* ---- conditions ---- */

static bool is_in(void *data)
{
    return ((struct person *)data)->is_in;
}

static bool op_heard(void *data)
{
    struct show *show = data;
    return person_heard(&show->op, show->words);
}

static void until_op_heard(struct show *show, const char *words)
{
    show->words = words;
    stage_until(&show->stage, words, op_heard, show);
}

static bool has_words(void *data)
{
    struct show *show = data;
    return stage_has_text(&show->stage, show->words);
}

static void until_text(struct show *show, const char *text)
{
    show->words = text;
    stage_until(&show->stage, text, has_words, show);
}

static bool has_said_state(void *data)
{
    struct show *show = data;
    return stage_said(&show->stage, show->words);
}

static void until_said(struct show *show, const char *state)
{
    show->words = state;
    stage_until(&show->stage, state, has_said_state, show);
}

static const struct message *find(const struct show *show, enum message_kind message_kind, const char *text)
{
    for (size_t i = 0; i < show->stage.message_count; i++) {
        const struct message *message = show->stage.messages[i];
        if (message->is.kind == message_kind && (!text || strcmp(message->is.text.data, text) == 0))
            return message;
    }
    return NULL;
}

/* ---- begin and end ---- */

static void begin(struct show *show)
{
    *show = (struct show){0};
    stage_init(&show->stage);
    person_start(&show->op, show->stage.loop, &ircd, "sara");
    stage_until(&show->stage, "sara is in", is_in, &show->op);
}

static void enter_with(struct show *show, const char *cursor, const char *more)
{
    char server[64];
    uint16_t port = show->way == BY_TLS ? ircd.tls_port : show->way == BY_WEBSOCKET ? ircd.web_port : ircd.port;
    snprintf(server, sizeof(server), "%s://127.0.0.1:%u", show->way == BY_TLS ? "ircs" : show->way == BY_WEBSOCKET ? "ws" : "irc", port);
    stage_start(&show->stage, cursor, "{\"connector\":\"irc\",\"server\":\"%s\",\"channel\":\"#live\",\"rejoin_ms\":300,\"ca_file\":\"%s/ca.pem\"%s}",
                server, ircd.folder, more);
}

static void enter(struct show *show, const char *more)
{
    enter_with(show, NULL, more);
    stage_until_state(&show->stage, CONNECTOR_LIVE);
}

static void end(struct show *show)
{
    stage_stop(&show->stage);
    person_stop(&show->op);
    person_stop(&show->guest);
    stage_fini(&show->stage);
}

static uint64_t act(struct show *show, struct connector_act what)
{
    return connector_act(show->stage.connector, &what);
}

/* ---- listening and saying ---- */

static void listen_and_say(void **state, int way, const char *more)
{
    struct show show;
    begin(&show);
    show.way = way;
    enter(&show, more);
    person_say(&show.op, "PRIVMSG #live :سلام دنیا — 你好，世界 🎉");
    person_say(&show.op, "PRIVMSG #live :\1ACTION \x02揮手\x02\1");
    person_say(&show.op, "PRIVMSG #live :\x03" "04قرمز\x03 stays");
    until_text(&show, "قرمز stays");
    const struct message *first = find(&show, MESSAGE_CHAT, "سلام دنیا — 你好，世界 🎉");
    assert_non_null(first);
    assert_string_equal(first->is.author.name.data, "sara");
    assert_string_equal(first->is.author.id.data, "~sara");
    assert_non_null(find(&show, MESSAGE_ACTION, "揮手"));
    if (kind == IRCD_INSPIRCD) {
        assert_true(first->is.author.roles & ROLE_MODERATOR);
        assert_true(first->is.native_id.len > 0);
        assert_true(llabs(first->is.time_ms - clock_unix_ms()) < 60000);
    }
    act(&show, (struct connector_act){.kind = CONNECTOR_SAY, .text = "درود بر شما 世界 🎉", .native_id = first->is.native_id.data});
    act(&show, (struct connector_act){.kind = CONNECTOR_SAY, .text = "/me دست تکان می‌دهد"});
    stage_until_results(&show.stage, 2);
    until_op_heard(&show, "ACTION دست تکان می‌دهد");
    assert_true(person_heard(&show.op, "PRIVMSG #live :درود بر شما 世界 🎉"));
    until_text(&show, "دست تکان می‌دهد");
    const struct message *own = find(&show, MESSAGE_CHAT, "درود بر شما 世界 🎉");
    const struct message *own_action = find(&show, MESSAGE_ACTION, "دست تکان می‌دهد");
    assert_true(own && own->is.is_own && own_action && own_action->is.is_own);
    assert_false(first->is.is_own);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(show.stage.results[i].outcome, CONNECTOR_ACCEPTED);
    if (kind == IRCD_INSPIRCD) {
        assert_string_equal(show.stage.results[0].native_id, own->is.native_id.data);
        assert_string_equal(own->is.reply_to.native_id.data, first->is.native_id.data);
    }
    assert_int_equal(show.stage.gap_count, 0);
    assert_int_equal(connector_health(show.stage.connector)->dropped, 0);
    end(&show);
}

static void test_tcp(void **state)
{
    listen_and_say(state, BY_TCP, "");
}

static void test_tls(void **state)
{
    listen_and_say(state, BY_TLS, "");
}

static void test_websocket(void **state)
{
    listen_and_say(state, BY_WEBSOCKET, "");
}

/* The test's own CA is not the system's. */
static void test_wrong_certificate(void **state)
{
    struct show show;
    begin(&show);
    stage_start(&show.stage, NULL, "{\"connector\":\"irc\",\"server\":\"127.0.0.1:%u\",\"channel\":\"#live\"}", ircd.tls_port);
    until_said(&show, "failed: 127.0.0.1:");
    assert_non_null(strstr(show.stage.states[show.stage.state_count - 1], "the certificate is refused"));
    end(&show);
}

/* Every byte of a long text comes through, at most 512 bytes a line, no character cut. */
static void test_long_text(void **state)
{
    struct show show;
    struct buffer text = {0};
    begin(&show);
    enter(&show, "");
    for (int i = 0; i < 80; i++)
        buffer_printf(&text, "سلام%d", i);  // no blank: cut at characters
    buffer_add_char(&text, '\0');
    act(&show, (struct connector_act){.kind = CONNECTOR_SAY, .text = text.data});
    stage_until_results(&show.stage, 1);
    assert_int_equal(show.stage.results[0].outcome, CONNECTOR_ACCEPTED);
    until_op_heard(&show, "سلام79");
    buffer_add_char(&show.op.said, '\0');
    assert_string_equal(show.op.said.data, text.data);
    buffer_fini(&text);
    end(&show);
}

static void test_nick_in_use(void **state)
{
    struct show show;
    begin(&show);
    enter(&show, ",\"nick\":\"Sara\"");
    assert_true(stage_said(&show.stage, "live: joined #live as Sara_1"));
    end(&show);
}

/* ---- losses ---- */

static bool op_is_gone(void *data)
{
    return ((struct show *)data)->op.is_gone;
}

static bool is_live_again(void *data)
{
    const struct show *show = data;
    return connector_health(show->stage.connector)->reconnects > 0;
}

static void test_kill_and_restart(void **state)
{
    struct show show;
    begin(&show);
    enter(&show, "");
    person_say(&show.op, "PRIVMSG #live :before");
    until_text(&show, "before");
    int64_t killed_ms = clock_unix_ms();
    ircd_kill(&ircd);
    stage_until(&show.stage, "sara is thrown out", op_is_gone, &show);
    ircd_restart(&ircd);
    stage_until(&show.stage, "it is live again", is_live_again, &show);
    assert_int_equal(show.stage.gap_count, 1);
    assert_true(show.stage.gaps[0].from_ms <= killed_ms && show.stage.gaps[0].from_ms > killed_ms - 10000);
    assert_true(show.stage.gaps[0].to_ms >= killed_ms);
    assert_non_null(strstr(show.stage.gaps[0].reason, "connection lost: "));
    person_stop(&show.op);
    person_start(&show.op, show.stage.loop, &ircd, "sara");
    stage_until(&show.stage, "sara is back", is_in, &show.op);
    person_say(&show.op, "PRIVMSG #live :after");
    until_text(&show, "after");
    end(&show);
}

/* A life later, by the cursor: what was said meanwhile is a gap. */
static void test_cursor(void **state)
{
    struct show show;
    char cursor[1024];
    begin(&show);
    enter(&show, "");
    person_say(&show.op, "PRIVMSG #live :heard");
    until_text(&show, "heard");
    stage_stop(&show.stage);
    snprintf(cursor, sizeof(cursor), "%s", show.stage.cursor);
    assert_non_null(strstr(cursor, "alive_ms"));
    person_say(&show.op, "PRIVMSG #live :missed");
    enter_with(&show, cursor, "");
    stage_until_gaps(&show.stage, 1);
    assert_string_equal(show.stage.gaps[0].reason, "we were not running");
    assert_false(stage_has_text(&show.stage, "missed"));
    end(&show);
}

/* ---- the channel's doors ---- */

static void test_refused(void **state)
{
    static const struct {
        const char *set, *unset, *state, *remedy;
    } doors[] = {
        {"MODE #live +i", "INVITE antiphon #live", "failed: #live: the channel is by invitation only", "/invite"},
        {"MODE #live -i+k secret", "MODE #live -k secret", "failed: #live: the channel's key is wrong or missing", "channel_key"},
        {"MODE #live +b antiphon!*@*", "MODE #live -b antiphon!*@*", "failed: #live: we are banned from the channel", "lift the ban"},
        {"MODE #live +l 1", "MODE #live -l", "failed: #live: the channel is full", ""},
    };
    struct show show;
    begin(&show);
    for (size_t i = 0; i < ARRAY_LENGTH(doors); i++) {
        person_say(&show.op, "%s", doors[i].set);
        person_say(&show.op, "PING :set%zu", i);
        char pong[16];
        snprintf(pong, sizeof(pong), ":set%zu", i);
        until_op_heard(&show, pong);
        show.stage.state_count = 0;
        enter_with(&show, NULL, "");
        until_said(&show, doors[i].state);
        assert_non_null(strstr(connector_health(show.stage.connector)->remedy, doors[i].remedy));
        person_say(&show.op, "%s", doors[i].unset);
        stage_until_state(&show.stage, CONNECTOR_LIVE);
        assert_string_equal(connector_health(show.stage.connector)->remedy, "");
        stage_stop(&show.stage);
    }
    end(&show);
}

static void test_kicked(void **state)
{
    struct show show;
    begin(&show);
    enter(&show, "");
    person_say(&show.op, "KICK #live antiphon :برو بیرون");
    until_said(&show, "failed: sara sent us out of #live: برو بیرون");
    assert_true(strlen(connector_health(show.stage.connector)->remedy) > 0);
    act(&show, (struct connector_act){.kind = CONNECTOR_SAY, .text = "not there"});
    stage_until_results(&show.stage, 1);
    assert_int_equal(show.stage.results[0].outcome, CONNECTOR_UNABLE);
    stage_until_state(&show.stage, CONNECTOR_LIVE);
    assert_int_equal(show.stage.gap_count, 1);
    end(&show);
}

static bool has_room(void *data)
{
    return find(data, MESSAGE_ROOM, NULL) != NULL;
}

static void test_moderated(void **state)
{
    struct show show;
    begin(&show);
    enter(&show, "");
    person_say(&show.op, "MODE #live +m");
    stage_until(&show.stage, "the room is moderated", has_room, &show);
    act(&show, (struct connector_act){.kind = CONNECTOR_SAY, .text = "may I?"});
    stage_until_results(&show.stage, 1);
    assert_int_equal(show.stage.results[0].outcome, CONNECTOR_DROPPED);
    assert_true(strlen(show.stage.results[0].text) > 0);
    person_say(&show.op, "MODE #live -m");
    end(&show);
}

/* ---- moderation ---- */

static bool we_may_ban(void *data)
{
    const struct show *show = data;
    return connector_can(show->stage.connector, CONNECTOR_BAN, NULL);
}

static bool guest_is_out(void *data)
{
    return person_heard(&((struct show *)data)->guest, "KICK #live troll");
}

static void test_ban(void **state)
{
    struct show show;
    const char *why_not = NULL;
    begin(&show);
    person_start(&show.guest, show.stage.loop, &ircd, "troll");
    stage_until(&show.stage, "the guest is in", is_in, &show.guest);
    enter(&show, "");
    assert_false(connector_can(show.stage.connector, CONNECTOR_BAN, &why_not));
    assert_non_null(strstr(why_not, "operator"));
    assert_false(connector_can(show.stage.connector, CONNECTOR_TIMEOUT, &why_not));
    person_say(&show.op, "MODE #live +o antiphon");
    stage_until(&show.stage, "we are operator", we_may_ban, &show);
    act(&show, (struct connector_act){.kind = CONNECTOR_BAN, .author_id = "~troll", .text = "هرزنامه"});
    stage_until_results(&show.stage, 1);
    assert_int_equal(show.stage.results[0].outcome, CONNECTOR_ACCEPTED);
    stage_until(&show.stage, "the troll is out", guest_is_out, &show);
    assert_true(person_heard(&show.guest, ":هرزنامه"));
    const struct message *ban = find(&show, MESSAGE_BAN, NULL);
    assert_non_null(ban);
    assert_string_equal(ban->is.target.author_id.data, "~troll");
    act(&show, (struct connector_act){.kind = CONNECTOR_UNBAN, .author_id = "~troll"});
    stage_until_results(&show.stage, 2);
    assert_int_equal(show.stage.results[1].outcome, CONNECTOR_ACCEPTED);
    assert_non_null(find(&show, MESSAGE_UNBAN, NULL));
    show.guest.is_in = false;
    person_say(&show.guest, "JOIN #live");
    stage_until(&show.stage, "the guest is in again", is_in, &show.guest);
    end(&show);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest rich[] = {
        cmocka_unit_test(test_tcp),       cmocka_unit_test(test_tls),     cmocka_unit_test(test_websocket),
        cmocka_unit_test(test_wrong_certificate), cmocka_unit_test(test_long_text), cmocka_unit_test(test_nick_in_use),
        cmocka_unit_test(test_refused),   cmocka_unit_test(test_kicked),  cmocka_unit_test(test_moderated),
        cmocka_unit_test(test_ban),       cmocka_unit_test(test_cursor),  cmocka_unit_test(test_kill_and_restart),
    };
    kind = argc > 1 && strcmp(argv[1], "ngircd") == 0 ? IRCD_NGIRCD : IRCD_INSPIRCD;
    const char *program = kind == IRCD_NGIRCD ? "/usr/sbin/ngircd" : "/usr/sbin/inspircd";
    FILE *file = fopen(program, "r");
    if (!file) {
        printf("%s is not installed: skipped\n", program);
        return 77;
    }
    fclose(file);
    const struct CMUnitTest plain[] = {
        rich[0], rich[1], rich[3], rich[4], rich[5], rich[6], rich[7], rich[8], rich[9], rich[10], rich[11]};
    return kind == IRCD_NGIRCD ? cmocka_run_group_tests(plain, start_server, stop_server)
                               : cmocka_run_group_tests(rich, start_server, stop_server);
}
