/* test_irc_live.c - IRC played by the rehearsal: what the real servers of test_irc_real.c cannot do, and what goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../net/peer.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "connector/connector.h"
#include "hall.h"

/* settings: up to three. more: of the source's configuration, ",\"key\":value", or "". */
static void open_hall(struct hall *hall, const char *const settings[3], const char *more)
{
    hall_open(hall, "irc", settings, settings ? 3 : 0);
    snprintf(hall->config, sizeof(hall->config), "{\"connector\":\"irc\",\"channel\":\"#rehearsal\",\"rejoin_ms\":200,\"retry_ms\":100,\"server\":"
             "\"ws://127.0.0.1:%u/irc\"%s}", rehearsal_port(hall->rehearsal), more);
}

static void begin_with(struct hall *hall, const char *const settings[3], const char *more)
{
    open_hall(hall, settings, more);
    stage_start(&hall->stage, NULL, "%s", hall->config);
}

static void begin(struct hall *hall, const char *const settings[3])
{
    begin_with(hall, settings, "");
    stage_until_state(&hall->stage, CONNECTOR_LIVE);
}

static void say(struct hall *hall, const char *text)
{
    hall_say(hall, "{\"kind\":\"chat\",\"platform\":\"irc\",\"native_id\":\"w%d\",\"author\":{\"id\":\"niloufar\",\"name\":"
             "\"نیلوفر\"},\"text\":\"%s\"}", ++hall->said, text);
}

static bool is_live_again(void *data)
{
    const struct hall *hall = data;
    const struct connector_health *health = connector_health(hall->stage.connector);
    return health->reconnects > 0 && health->state == CONNECTOR_LIVE;
}

static void until_live_again(struct hall *hall)
{
    stage_until(&hall->stage, "it is live again", is_live_again, hall);
}

static size_t count_text(const struct hall *hall, const char *text)
{
    size_t count = 0;
    for (size_t i = 0; i < hall->stage.message_count; i++)
        count += strcmp(hall->stage.messages[i]->is.text.data, text) == 0;
    return count;
}

static uint64_t act(struct hall *hall, struct connector_act what)
{
    return connector_act(hall->stage.connector, &what);
}

/* ---- every kind, there and back ---- */

static const struct {
    const char *json;
    enum message_kind kind;
} kinds[] = {
    {"\"kind\":\"chat\",\"native_id\":\"k1\",\"author\":{\"id\":\"sara\",\"name\":\"sara\"},\"text\":\"سلام 你好 🎉; a\\\\b\"", MESSAGE_CHAT},
    {"\"kind\":\"action\",\"native_id\":\"k2\",\"author\":{\"id\":\"~阿明\",\"name\":\"阿明\"},\"text\":\"揮手\"", MESSAGE_ACTION},
    {"\"kind\":\"chat\",\"native_id\":\"k3\",\"author\":{\"id\":\"x\",\"name\":\"a b\"},\"text\":\"re\",\"reply_to\":{\"native_id\":\"k1\"}", MESSAGE_CHAT},
    {"\"kind\":\"notice\",\"native_id\":\"k4\",\"author\":{\"name\":\"Server\"},\"text\":\"soon\"", MESSAGE_NOTICE},
    {"\"kind\":\"like\",\"native_id\":\"k5\",\"author\":{\"id\":\"y\",\"name\":\"y\"},\"text\":\"👍\",\"reply_to\":{\"native_id\":\"k1\"}", MESSAGE_LIKE},
    {"\"kind\":\"join\",\"author\":{\"id\":\"z\",\"name\":\"z\"}", MESSAGE_JOIN},
    {"\"kind\":\"delete\",\"target\":{\"native_id\":\"k1\"}", MESSAGE_DELETE},
    {"\"kind\":\"ban\",\"target\":{\"author_id\":\"~troll\",\"seconds\":1}", MESSAGE_BAN},
    {"\"kind\":\"ban\",\"target\":{\"author_id\":\"~troll\"}", MESSAGE_BAN},
    {"\"kind\":\"unban\",\"target\":{\"author_id\":\"~troll\"}", MESSAGE_UNBAN},
    {"\"kind\":\"room\",\"detail\":{\"moderated\":true,\"invite_only\":false}", MESSAGE_ROOM},
};

static void test_kinds(void **state)
{
    struct hall hall;
    begin(&hall, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        char line[512];
        snprintf(line, sizeof(line), "{\"platform\":\"irc\",%s}", kinds[i].json);
        hall_say(&hall, "%s", line);
        stage_until_messages(&hall.stage, i + 1);
        json_t *object = json_loads(line, 0, NULL);
        struct message *sent = message_from_json(object, NULL);
        const struct message *got = hall.stage.messages[i];
        if (got->is.kind != kinds[i].kind || !str_equal(got->is.native_id, sent->is.native_id) ||
            !str_equal(got->is.text, sent->is.text) || !str_equal(got->is.target.author_id, sent->is.target.author_id) ||
            !str_equal(got->is.target.native_id, sent->is.target.native_id) || got->is.target.seconds != sent->is.target.seconds ||
            !str_equal(got->is.reply_to.native_id, sent->is.reply_to.native_id) ||
            (kinds[i].kind != MESSAGE_NOTICE && got->is.author.id.len && !str_equal(got->is.author.id, sent->is.author.id)))
            fail_msg("%s became %s \"%s\" of %s", kinds[i].json, message_kind_name(got->is.kind), got->is.text.data, got->is.author.id.data);
        message_unref(sent);
        json_decref(object);
    }
    hall_say(&hall, "{\"platform\":\"irc\",\"kind\":\"raid\",\"author\":{\"id\":\"r\"}}");  // no such thing: left out
    assert_int_equal(connector_health(hall.stage.connector)->dropped, 0);
    hall_close(&hall);
}

/* ---- accounts ---- */

static void test_sasl(void **state)
{
    static const char *const settings[3] = {"irc.password=hunter22", "irc.registered_only=1"};
    struct hall hall;
    begin_with(&hall, settings, ",\"account\":\"anna\",\"password\":\" hunter22\\n\"");
    stage_until_state(&hall.stage, CONNECTOR_LIVE);
    hall_close(&hall);
    begin_with(&hall, settings, ",\"account\":\"anna\",\"password\":\"wrong-one\"");
    stage_until_state(&hall.stage, CONNECTOR_FAILED);
    const struct connector_health *health = connector_health(hall.stage.connector);
    assert_non_null(strstr(health->text, "the server refuses the account \"anna\": SASL authentication failed (again in "));
    assert_non_null(strstr(health->remedy, "\"password\""));
    assert_null(strstr(health->text, "wrong-one"));
    hall_close(&hall);
    begin_with(&hall, settings, "");
    stage_until_said(&hall.stage, "failed: #rehearsal: the channel wants a registered account");
    assert_non_null(strstr(connector_health(hall.stage.connector)->remedy, "\"account\""));
    hall_close(&hall);
    begin_with(&hall, NULL, ",\"account\":\"anna\",\"password\":\"hunter22\"");  // a server without SASL
    stage_until_state(&hall.stage, CONNECTOR_FAILED);
    assert_non_null(strstr(connector_health(hall.stage.connector)->text, "\"nickserv\": true"));
    hall_close(&hall);
    static const char *const old[3] = {"irc.password=hunter22", "irc.registered_only=1", "irc.sasl=0"};
    begin_with(&hall, old, ",\"account\":\"anna\",\"password\":\"hunter22\",\"nickserv\":true,\"nick\":\"sara\"");
    stage_until_state(&hall.stage, CONNECTOR_LIVE);
    assert_true(stage_said(&hall.stage, "live: joined #rehearsal as sara_1"));
    hall_close(&hall);
    begin_with(&hall, old, ",\"account\":\"anna\",\"password\":\"hunter23\",\"nickserv\":true");
    stage_until_said(&hall.stage, "failed: #rehearsal: the channel wants a registered account");
    hall_close(&hall);
}

/* The account's password in pieces of 400 bytes, and one that ends with a whole piece. */
static void test_long_password(void **state)
{
    for (size_t len = 292; len < 297; len++) {
        struct hall hall;
        char setting[400] = "irc.password=", more[500], password[320];
        memset(password, 'p', len);
        password[len] = '\0';
        strcat(setting, password);
        snprintf(more, sizeof(more), ",\"account\":\"anna\",\"password\":\"%s\"", password);
        const char *const settings[3] = {setting};
        begin_with(&hall, settings, more);
        stage_until_state(&hall.stage, CONNECTOR_LIVE);
        hall_close(&hall);
    }
}

static void test_wrong_channel(void **state)
{
    struct hall hall;
    static const char *const settings[3] = {"irc.channel=other"};
    begin_with(&hall, settings, "");
    stage_until_said(&hall.stage, "failed: #rehearsal: there is no such channel");
    hall_close(&hall);
}

/* ---- what was missed ---- */

static void check_history(const char *setting, int count)
{
    const char *const settings[3] = {setting};
    struct hall hall;
    char last[32];
    snprintf(last, sizeof(last), "missed %d", count - 1);
    begin(&hall, settings);
    say(&hall, "heard");
    stage_until_text(&hall.stage, "heard");
    hall_fault(&hall, "drop", 0);
    for (int i = 0; i < count; i++) {
        char text[32];
        snprintf(text, sizeof(text), "missed %d", i);
        say(&hall, text);
    }
    until_live_again(&hall);
    say(&hall, "live");
    stage_until_text(&hall.stage, "live");
    stage_until_text(&hall.stage, last);
    assert_int_equal(hall.stage.gap_count, 0);
    for (size_t i = 0; i < hall.stage.message_count; i++) {
        const struct message *message = hall.stage.messages[i];
        if (strncmp(message->is.text.data, "missed ", 7) == 0)
            assert_true(message->is.is_history && message->is.native_id.len > 0);
    }
    assert_false(hall.stage.messages[0]->is.is_history);
    hall_close(&hall);
}

/* Three pages by ids; one by the time alone, which many lines share. */
static void test_history(void **state)
{
    check_history("irc.history=1", 250);
    check_history("irc.history=2", 80);
}

/* In the next life, too; and at the very first connection the last lines are history. */
static void test_history_by_cursor(void **state)
{
    static const char *const settings[3] = {"irc.history=1"};
    struct hall hall;
    char cursor[1024];
    begin(&hall, settings);
    say(&hall, "heard");
    stage_until_text(&hall.stage, "heard");
    stage_stop(&hall.stage);
    snprintf(cursor, sizeof(cursor), "%s", hall.stage.cursor);
    say(&hall, "missed");
    stage_start(&hall.stage, cursor, "%s", hall.config);
    stage_until_text(&hall.stage, "missed");
    assert_int_equal(hall.stage.gap_count, 0);
    stage_stop(&hall.stage);
    size_t before = count_text(&hall, "missed");
    stage_start(&hall.stage, NULL, "%s", hall.config);
    stage_until_messages(&hall.stage, hall.stage.message_count + 2);
    assert_int_equal(count_text(&hall, "missed"), before + 1);
    hall_close(&hall);
}

static void test_no_history(void **state)
{
    struct hall hall;
    begin(&hall, NULL);
    say(&hall, "heard");
    stage_until_text(&hall.stage, "heard");
    int64_t heard_ms = clock_unix_ms();
    hall_fault(&hall, "drop", 0);
    say(&hall, "missed");
    until_live_again(&hall);
    say(&hall, "live");
    stage_until_text(&hall.stage, "live");
    assert_int_equal(count_text(&hall, "missed"), 0);
    assert_int_equal(hall.stage.gap_count, 1);
    assert_true(hall.stage.gaps[0].from_ms <= heard_ms && hall.stage.gaps[0].to_ms >= heard_ms);
    hall_close(&hall);
}

/* ---- under load, cut three times ---- */

enum { LOAD_PER_S = 400, CUTS = 3, HEARD_EACH = 200, NUMBERS_MAX = 1 << 16 };

static bool has_enough(void *data)
{
    const struct hall *hall = data;
    return hall->stage.message_count >= (size_t)hall->said;
}

/* The number of a text "#17 …"; 0: none. */
static size_t number_of(const struct message *message)
{
    unsigned long number = 0;
    return sscanf(message->is.text.data, "#%lu ", &number) == 1 && number < NUMBERS_MAX ? number : 0;
}

static bool is_in_a_gap(const struct hall *hall, int64_t before_ms, int64_t behind_ms)
{
    for (size_t i = 0; i < hall->stage.gap_count; i++) {
        if (hall->stage.gaps[i].from_ms <= before_ms && hall->stage.gaps[i].to_ms >= before_ms &&
            hall->stage.gaps[i].to_ms <= behind_ms + 1000)
            return true;
    }
    return false;
}

/* Every number once, or between two that are on both sides of a recorded gap. */
static size_t count_missing(const struct hall *hall)
{
    int64_t *times = xcalloc(NUMBERS_MAX, sizeof(*times));
    size_t first = NUMBERS_MAX, last = 0, missing = 0, before = 0;
    for (size_t i = 0; i < hall->stage.message_count; i++) {
        size_t number = number_of(hall->stage.messages[i]);
        assert_true(number > 0);
        if (times[number])
            fail_msg("number %zu came twice", number);
        times[number] = hall->stage.messages[i]->is.time_ms;
        first = number < first ? number : first;
        last = number > last ? number : last;
    }
    for (size_t number = first; number <= last; number++) {
        if (times[number] && number > before + 1 && number > first && !is_in_a_gap(hall, times[before], times[number]))
            fail_msg("numbers %zu to %zu are neither here nor in a gap", before + 1, number - 1);
        missing += times[number] == 0;
        before = times[number] ? number : before;
    }
    free(times);
    return missing;
}

static size_t play_with_cuts(const char *setting, size_t *gaps)
{
    struct hall hall = {0};
    struct error err = {0};
    char path[512];
    const char *const settings[1] = {setting};
    snprintf(path, sizeof(path), "%s/assets/demo/transcript.jsonl", getenv("ANTIPHON_SOURCE_ROOT"));
    stage_init(&hall.stage);
    hall.rehearsal = rehearsal_create(hall.stage.loop, &(struct rehearsal_options){
        .transcript = path, .as = "irc", .load_per_s = LOAD_PER_S, .settings = settings, .setting_count = 1}, &err);
    assert_string_equal(err.text, "");
    json_t *addresses = rehearsal_addresses(hall.rehearsal);
    const char *channel = json_get_text(json_array_get(json_object_get(addresses, "sources"), 0), "channel");
    stage_start(&hall.stage, NULL, "{\"connector\":\"irc\",\"retry_ms\":50,\"channel\":\"%s\",\"server\":\"ws://127.0.0.1:%u/irc\"}",
                channel, rehearsal_port(hall.rehearsal));
    for (int i = 0; i <= CUTS; i++) {
        hall.said = (i + 1) * HEARD_EACH;
        stage_until(&hall.stage, "enough is heard", has_enough, &hall);
        if (i == CUTS)
            break;
        hall_fault(&hall, "drop", 0);
        rehearsal_fault(hall.rehearsal, "refuse", "irc", 120, &err);
    }
    size_t missing = count_missing(&hall);
    *gaps = hall.stage.gap_count;
    json_decref(addresses);
    hall_close(&hall);
    return missing;
}

static void test_cuts(void **state)
{
    size_t gaps;
    size_t missing = play_with_cuts("irc.history=0", &gaps);
    print_message("without history: %zu lines missing, %zu gaps\n", missing, gaps);
    assert_int_equal(gaps, CUTS);
    assert_true(missing > 0);
}

/* The reader of the journal takes each id once: what overlaps is left out here as there. */
static void test_cuts_with_history(void **state)
{
    struct hall hall = {0};
    static const char *const settings[3] = {"irc.history=1"};
    begin(&hall, settings);
    for (int cut = 0; cut < CUTS; cut++) {
        for (int i = 0; i < 130; i++) {
            char text[32];
            snprintf(text, sizeof(text), "line %d", hall.said);
            if (i == 60)
                hall_fault(&hall, "drop", 0);
            say(&hall, text);
        }
        char last[32];
        snprintf(last, sizeof(last), "line %d", hall.said - 1);
        stage_until_text(&hall.stage, last);
        until_live_again(&hall);
    }
    for (int i = 0; i < hall.said; i++) {
        char text[32], id[32];
        snprintf(text, sizeof(text), "line %d", i);
        snprintf(id, sizeof(id), "w%d", i + 1);
        bool is_here = false;
        for (size_t k = 0; k < hall.stage.message_count; k++)
            is_here |= strcmp(hall.stage.messages[k]->is.text.data, text) == 0 && strcmp(hall.stage.messages[k]->is.event_key.data, id) == 0;
        if (!is_here)
            fail_msg("%s is lost", text);
    }
    assert_int_equal(hall.stage.gap_count, 0);
    hall_close(&hall);
}

/* ---- what goes wrong ---- */

static void test_silence(void **state)
{
    struct hall hall;
    begin_with(&hall, NULL, ",\"idle_ms\":50,\"dead_ms\":100,\"login_ms\":300");
    stage_until_state(&hall.stage, CONNECTOR_LIVE);
    hall_fault(&hall, "hang", 0);
    stage_until_said(&hall.stage, "connecting: no answer to PING within 0.1 s");
    hall_fault(&hall, "resume", 0);
    until_live_again(&hall);
    assert_int_equal(hall.stage.gap_count, 1);
    hall_close(&hall);
}

static void test_endings(void **state)
{
    static const struct {
        const char *fault, *state;
    } endings[] = {
        {"reconnect", "connecting: 127.0.0.1: the server says: Closing link: (antiphon@rehearsal) [Server restarting]"},
        {"throttle", "connecting: 127.0.0.1: the server says: Closing link: (antiphon@rehearsal) [Reconnecting too fast"},
        {"gline", "failed: 127.0.0.1: the server says: Closing link: (antiphon@rehearsal) [G-Lined"},
        {"kick", "failed: op sent us out of #rehearsal: out with you"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(endings); i++) {
        struct hall hall;
        begin(&hall, NULL);
        hall_fault(&hall, endings[i].fault, 0);
        stage_until_said(&hall.stage, endings[i].state);
        const struct connector_health *health = connector_health(hall.stage.connector);
        int seconds = 0;
        const char *again = strstr(health->text, "(again in ");
        sscanf(again ? again : "", "(again in %d s", &seconds);
        if (strcmp(endings[i].fault, "throttle") == 0)
            assert_true(seconds >= 60);
        else if (strcmp(endings[i].fault, "gline") == 0)
            assert_true(seconds >= 400 && strlen(health->remedy) > 0);
        else
            until_live_again(&hall);
        hall_close(&hall);
    }
}

static void test_garbage(void **state)
{
    struct hall hall;
    begin(&hall, NULL);
    hall_fault(&hall, "garbage", 0);
    say(&hall, "the next one is read");
    stage_until_text(&hall.stage, "the next one is read");
    assert_int_equal(connector_health(hall.stage.connector)->dropped, 1);
    assert_int_equal(hall.stage.gap_count, 0);
    hall_close(&hall);
}

static void test_refused(void **state)
{
    struct hall hall;
    open_hall(&hall, NULL, "");
    hall_fault(&hall, "refuse", 0);
    stage_start(&hall.stage, NULL, "%s", hall.config);
    stage_until_said(&hall.stage, "connecting: ws://127.0.0.1:");
    assert_non_null(strstr(connector_health(hall.stage.connector)->text, "HTTP status 503"));
    hall_fault(&hall, "resume", 0);
    stage_until_state(&hall.stage, CONNECTOR_LIVE);
    assert_int_equal(hall.stage.gap_count, 0);  // we had never been there
    hall_close(&hall);
}

/* Cut at every stage before the channel: a server that accepts and says nothing, one that ends in the middle, noise. */
static void test_early_ends(void **state)
{
    static const struct {
        const char *name;
        struct peer peer;
        const char *state;
    } cases[] = {
        {"silent", {.hangs = true}, "connecting: no answer to the login within 0.3 s"},
        {"closed at once", {.closes = true}, "connecting: 127.0.0.1:"},
        {"ends within a line", {.greeting = ":irc.test NOTICE * :*** Looki", .closes = true}, "connecting: 127.0.0.1:"},
        {"ends after the greeting", {.greeting = ":irc.test 001 antiphon :Welcome\r\n", .closes = true}, "connecting: 127.0.0.1:"},
        {"throttled at once", {.greeting = "ERROR :Trying to reconnect too fast.\r\n", .closes = true}, "connecting: 127.0.0.1: the server says: Trying to"},
        {"banned at once", {.greeting = ":irc.test 465 antiphon :You are banned from this server\r\n"}, "failed: the server does not let us in: You are banned"},
        {"wants a password", {.greeting = ":irc.test 464 antiphon :Password incorrect\r\n"}, "failed: the server's password is wrong or missing: Password incorrect"},
        {"not IRC", {.greeting = "HTTP/1.1 400 Bad Request\r\n\r\n", .closes = true}, "connecting: 127.0.0.1:"},
        {"every nick is taken", {.greeting = ":x 433 * a :no\r\n:x 433 * a :no\r\n:x 433 * a :no\r\n:x 433 * a :no\r\n:x 433 * a :no\r\n"
            ":x 433 * a :no\r\n:x 433 * a :no\r\n:x 433 * a :no\r\n:x 433 * a :no\r\n:x 433 * a :no\r\n"}, "connecting: the nick \"antiphon\" and nine others"},
        {"a login that nobody asked for", {.greeting = ":x CAP * ACK :sasl\r\nAUTHENTICATE +\r\n:x 904 * :SASL failed\r\n"}, "connecting: no answer to the login within 0.3 s"},
        {"no CAP, joins nothing", {.greeting = ":x 421 antiphon CAP :Unknown\r\n:x 001 antiphon :hi\r\n"}, "failed: no answer to JOIN within 0.2 s"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct hall hall = {0};
        struct peer peer = cases[i].peer;
        peer_start(&peer);
        stage_init(&hall.stage);
        stage_start(&hall.stage, NULL, "{\"connector\":\"irc\",\"server\":\"irc://127.0.0.1:%u/#live\",\"login_ms\":300,\"join_ms\":200}", peer.port);
        stage_until_said(&hall.stage, cases[i].state);
        assert_int_equal(hall.stage.gap_count, 0);
        stage_stop(&hall.stage);
        peer_stop(&peer);
        stage_fini(&hall.stage);
    }
}

/* 10 MB without an end, and then a good line: one frame is lost, nothing else. */
static void test_endless_line(void **state)
{
    struct hall hall = {0};
    struct buffer text = {0};
    buffer_add_string(&text, ":x 001 antiphon :hi\r\n:antiphon!a@b JOIN #live\r\n:a!u@h PRIVMSG #live :");
    size_t start = text.len;
    memset(buffer_reserve(&text, 10 << 20), 'x', 10 << 20);
    text.len = start + (10 << 20);
    buffer_add_string(&text, "\r\n:a!u@h PRIVMSG #live :next\r\n");
    struct peer peer = {.greeting = text.data, .greeting_len = text.len};
    peer_start(&peer);
    stage_init(&hall.stage);
    stage_start(&hall.stage, NULL, "{\"connector\":\"irc\",\"server\":\"irc://127.0.0.1:%u/#live\"}", peer.port);
    stage_until_text(&hall.stage, "next");
    assert_int_equal(connector_health(hall.stage.connector)->dropped, 1);
    stage_stop(&hall.stage);
    peer_stop(&peer);
    stage_fini(&hall.stage);
    buffer_fini(&text);
}

/* ---- writing ---- */

static const struct {
    const char *name, *setting;
    bool has_id;
} echoes[] = {{"with echo-message", "irc.echo=1", true}, {"without", "irc.echo=0", false}};

static void test_say(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(echoes); i++) {
        const char *const settings[3] = {echoes[i].setting};
        struct hall hall;
        begin(&hall, settings);
        act(&hall, (struct connector_act){.kind = CONNECTOR_SAY, .text = "درود\r\nQUIT :no 🎉"});
        act(&hall, (struct connector_act){.kind = CONNECTOR_ANNOUNCE, .text = "soon"});
        stage_until_results(&hall.stage, 2);
        stage_until_text(&hall.stage, "درود  QUIT :no 🎉");
        for (size_t k = 0; k < 2; k++) {
            if (hall.stage.results[k].outcome != CONNECTOR_ACCEPTED || (hall.stage.results[k].native_id[0] != '\0') != echoes[i].has_id)
                fail_msg("%s: %s", echoes[i].name, hall.stage.results[k].text);
        }
        assert_int_equal(count_text(&hall, "درود  QUIT :no 🎉"), 1);
        assert_true(hall.stage.messages[0]->is.is_own);
        const json_t *writes = rehearsal_writes(hall.rehearsal, "irc");
        assert_int_equal(json_array_size(writes), 2);
        assert_string_equal(json_get_text(json_array_get(writes, 1), "act"), "announce");
        hall_close(&hall);
    }
}

static void test_refused_words(void **state)
{
    static const char *const settings[3] = {"irc.op=0"};
    struct hall hall;
    begin(&hall, settings);
    const char *why = NULL;
    hall_fault(&hall, "moderate", 0);
    act(&hall, (struct connector_act){.kind = CONNECTOR_SAY, .text = "may I?"});
    stage_until_results(&hall.stage, 1);
    assert_int_equal(hall.stage.results[0].outcome, CONNECTOR_DROPPED);
    assert_string_equal(hall.stage.results[0].text, "Cannot send to channel");
    assert_false(connector_can(hall.stage.connector, CONNECTOR_BAN, &why));
    assert_false(connector_can(hall.stage.connector, CONNECTOR_POLL_START, &why));
    hall_close(&hall);
}

static void test_delete(void **state)
{
    struct hall hall;
    begin(&hall, NULL);
    say(&hall, "to be deleted");
    stage_until_text(&hall.stage, "to be deleted");
    act(&hall, (struct connector_act){.kind = CONNECTOR_DELETE, .native_id = "w1"});
    act(&hall, (struct connector_act){.kind = CONNECTOR_DELETE, .native_id = "never-there"});
    act(&hall, (struct connector_act){.kind = CONNECTOR_DELETE, .native_id = "w1 #live\r\nQUIT"});
    stage_until_results(&hall.stage, 3);
    assert_int_equal(hall.stage.results[0].outcome, CONNECTOR_ACCEPTED);
    assert_int_equal(hall.stage.results[1].outcome, CONNECTOR_DROPPED);
    assert_string_equal(hall.stage.results[1].text, "The message cannot be taken back");
    assert_int_equal(hall.stage.results[2].outcome, CONNECTOR_UNABLE);
    assert_int_equal(hall.stage.messages[1]->is.kind, MESSAGE_DELETE);
    hall_close(&hall);
    static const char *const settings[3] = {"irc.redact=0"};
    const char *why = NULL;
    begin(&hall, settings);
    assert_false(connector_can(hall.stage.connector, CONNECTOR_DELETE, &why));
    assert_non_null(strstr(why, "message-redaction"));
    hall_close(&hall);
}

/* Said, and the connection goes before an answer: nobody knows. */
static bool is_written(void *data)
{
    return json_array_size(rehearsal_writes(((struct hall *)data)->rehearsal, "irc")) == 1;
}

static void test_unsure(void **state)
{
    static const char *const settings[3] = {"irc.echo=0"};
    struct hall hall;
    begin(&hall, settings);
    hall_fault(&hall, "stall", 0);  // it hears, and says nothing
    act(&hall, (struct connector_act){.kind = CONNECTOR_SAY, .text = "into the void"});
    stage_until(&hall.stage, "it is written", is_written, &hall);
    hall_fault(&hall, "drop", 0);
    stage_until_results(&hall.stage, 1);
    assert_int_equal(hall.stage.results[0].outcome, CONNECTOR_UNSURE);
    assert_string_equal(hall.stage.results[0].text, "the connection was lost before the server answered");
    hall_close(&hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),        cmocka_unit_test(test_sasl),       cmocka_unit_test(test_long_password),
        cmocka_unit_test(test_wrong_channel), cmocka_unit_test(test_history),   cmocka_unit_test(test_history_by_cursor),
        cmocka_unit_test(test_cuts),         cmocka_unit_test(test_cuts_with_history),
        cmocka_unit_test(test_no_history),   cmocka_unit_test(test_silence),    cmocka_unit_test(test_endings),
        cmocka_unit_test(test_garbage),      cmocka_unit_test(test_refused),    cmocka_unit_test(test_early_ends),
        cmocka_unit_test(test_endless_line), cmocka_unit_test(test_say),        cmocka_unit_test(test_refused_words),
        cmocka_unit_test(test_delete),       cmocka_unit_test(test_unsure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
