/* test_twitch_account_live.c - the Twitch connector with a login, against the rehearsal: events, writing, pictures, and every end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "connector/login.h"
#include "rehearsal/rehearsal.h"
#include "stage.h"

struct world {
    struct stage stage;
    struct rehearsal *rehearsal;
    struct logins *logins;
    char *stored;  // owned
    const char *wanted;
    long long count;
};

static char *load(void *data, const char *platform)
{
    struct world *world = data;
    return strcmp(platform, "twitch") == 0 ? xstrdup(world->stored) : NULL;
}

static bool save(void *data, const char *platform, const char *json, struct error *err)
{
    struct world *world = data;
    free(world->stored);
    world->stored = xstrdup(json);
    return true;
}

static int set_up(void **state)
{
    struct world *world = xcalloc(1, sizeof(*world));
    stage_init(&world->stage);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    stage_stop(&world->stage);
    logins_destroy(world->logins);
    rehearsal_destroy(world->rehearsal);
    stage_fini(&world->stage);
    free(world->stored);
    free(world);
    return 0;
}

#define ALL                                                                                                      \
    "bits:read channel:manage:polls channel:moderate channel:read:polls channel:read:redemptions "               \
    "channel:read:subscriptions channel:read:predictions channel:read:hype_train channel:read:charity "          \
    "moderator:manage:announcements moderator:manage:automod moderator:manage:banned_users "                     \
    "moderator:manage:chat_messages moderator:read:blocked_terms moderator:read:chat_settings "                  \
    "moderator:read:followers moderator:read:moderators moderator:read:unban_requests moderator:read:vips "      \
    "moderator:read:warnings user:read:chat user:write:chat"

static void open_rehearsal(struct world *world, const char *const *settings, size_t count)
{
    struct error err = {0};
    world->rehearsal = rehearsal_create(world->stage.loop, &(struct rehearsal_options){
        .settings = settings, .setting_count = count}, &err);
    if (!world->rehearsal)
        fail_msg("%s", err.text);
}

static void log_in(struct world *world, const char *scopes)
{
    struct error err = {0};
    int64_t now_ms = clock_unix_ms();
    free(world->stored);
    world->stored = xasprintf("{\"client_id\":\"rehearsal-client\",\"access_token\":\"rehearsal-twitch-token\",\"refresh_token\":"
                              "\"rehearsal-twitch-refresh\",\"scopes\":\"%s\",\"account_id\":\"700100200\",\"account_name\":\"rehearsal\","
                              "\"obtained_ms\":%lld,\"expires_ms\":%lld}", scopes, (long long)now_ms - 3600000, (long long)now_ms + 3 * 3600000);
    json_t *config = json_pack("{s:{s:s,s:o}}", "twitch", "client_id", "rehearsal-client", "url",
                               json_sprintf("http://127.0.0.1:%d/login/twitch", rehearsal_port(world->rehearsal)));
    if (!world->logins)
        world->logins = logins_create(&(struct logins_options){.loop = world->stage.loop, .load = load, .save = save, .data = world});
    if (!logins_configure(world->logins, config, &err))
        fail_msg("%s", err.text);
    json_decref(config);
    world->stage.logins = world->logins;
}

static void start(struct world *world, const char *cursor)
{
    int port = rehearsal_port(world->rehearsal);
    stage_start(&world->stage, cursor, "{\"connector\":\"twitch\",\"channel\":\"rehearsal\",\"url\":\"ws://127.0.0.1:%d/\","
                "\"api_url\":\"http://127.0.0.1:%d/twitch/helix\",\"eventsub_url\":\"ws://127.0.0.1:%d/twitch/eventsub\"}",
                port, port, port);
}

/* ---- conditions ---- */

static bool says(void *data)
{
    struct world *world = data;
    return strstr(connector_health(world->stage.connector)->text, world->wanted) != NULL;
}

static void until_words(struct world *world, const char *words)
{
    world->wanted = words;
    stage_until(&world->stage, words, says, world);
}

static long long events_count(struct world *world, const char *key)
{
    json_t *state = rehearsal_state(world->rehearsal);
    long long count = json_get_int(json_object_get(json_object_get(state, "twitch"), "events"), key, -1);
    json_decref(state);
    return count;
}

static bool has_count(void *data)
{
    struct world *world = data;
    return events_count(world, world->wanted) >= world->count;
}

static void until_count(struct world *world, const char *key, long long count)
{
    world->wanted = key;
    world->count = count;
    stage_until(&world->stage, key, has_count, world);
}

static const struct message *find(struct world *world, enum message_kind kind)
{
    for (size_t i = world->stage.message_count; i-- > 0;) {
        if (world->stage.messages[i]->is.kind == kind)
            return world->stage.messages[i];
    }
    return NULL;
}

static bool has_kind(void *data)
{
    struct world *world = data;
    return find(world, (enum message_kind)world->count) != NULL;
}

static const struct message *until_kind(struct world *world, enum message_kind kind)
{
    world->count = kind;
    stage_until(&world->stage, message_kind_name(kind), has_kind, world);
    return find(world, kind);
}

static void say(struct world *world, const char *json)
{
    struct error err = {0};
    json_t *object = json_parse(json, strlen(json), &err);
    struct message *message = message_from_json(object, &err);
    if (!message)
        fail_msg("%s", err.text);
    rehearsal_say(world->rehearsal, message);
    message_unref(message);
    json_decref(object);
}

static void fault(struct world *world, const char *name)
{
    struct error err = {0};
    if (!rehearsal_fault(world->rehearsal, name, "twitch", 0, &err))
        fail_msg("%s", err.text);
}

static void begin(struct world *world)
{
    open_rehearsal(world, NULL, 0);
    log_in(world, ALL);
    start(world, NULL);
    until_words(world, "kinds of events");
}

#define FOLLOW(name) "{\"kind\":\"follow\",\"platform\":\"twitch\",\"author\":{\"id\":\"" name "\",\"login\":\"" name "\",\"name\":\"" name "\"}}"
#define CHAT(id, text) "{\"kind\":\"chat\",\"platform\":\"twitch\",\"native_id\":\"" id "\",\"author\":{\"id\":\"510220330\",\"login\":\"sara\"," \
    "\"name\":\"سارا\",\"badges\":[\"subscriber/12\",\"vip/1\"]},\"text\":\"" text "\"}"

static void act(struct world *world, const struct connector_act *what, enum connector_outcome outcome, const char *words);

/* ---- events ---- */

static void test_subscribes_and_delivers(void **state)
{
    struct world *world = *state;
    begin(world);
    assert_int_equal(events_count(world, "refused"), 0);
    assert_int_equal(events_count(world, "conflicts"), 0);
    assert_true(events_count(world, "enabled") > 20);
    say(world, FOLLOW("fan1"));
    assert_string_equal(until_kind(world, MESSAGE_FOLLOW)->is.author.id.data, "fan1");
    say(world, "{\"kind\":\"poll\",\"platform\":\"twitch\",\"native_id\":\"p1\",\"text\":\"بازی؟\",\"detail\":{\"state\":\"closed\","
               "\"options\":[{\"text\":\"شطرنج\",\"votes\":3},{\"text\":\"圍棋\",\"votes\":4}]}}");
    const struct message *poll = until_kind(world, MESSAGE_POLL);
    assert_int_equal(json_get_int(json_array_get(json_object_get(poll->is.detail, "options"), 1), "votes", 0), 4);
    say(world, "{\"kind\":\"end\",\"platform\":\"twitch\"}");
    until_kind(world, MESSAGE_END);
    assert_int_equal(world->stage.gap_count, 0);
}

static bool knows_moderator(void *data)
{
    struct world *world = data;
    for (size_t i = 0; i < world->stage.message_count; i++) {
        const struct message *message = world->stage.messages[i];
        if (message->is.kind == MESSAGE_BAN && json_get_text(message->is.detail, "moderator"))
            return strcmp(json_get_text(message->is.detail, "reason"), "تبلیغات") == 0 && message->is.target.seconds == 600;
    }
    return false;
}

/* IRC removes, EventSub tells why; the room is emptied once. */
static void test_moderation_with_reason(void **state)
{
    struct world *world = *state;
    begin(world);
    say(world, "{\"kind\":\"ban\",\"platform\":\"twitch\",\"target\":{\"author_id\":\"670990001\",\"seconds\":600},"
               "\"detail\":{\"reason\":\"تبلیغات\"}}");
    stage_until(&world->stage, "a ban with its reason", knows_moderator, world);
    say(world, "{\"kind\":\"clear\",\"platform\":\"twitch\"}");
    until_kind(world, MESSAGE_CLEAR);
    say(world, "{\"kind\":\"notice\",\"platform\":\"twitch\",\"native_id\":\"h1\",\"author\":{\"id\":\"1\",\"name\":\"某人\"},"
               "\"detail\":{\"event\":\"automod_hold\",\"held\":\"bad words\"}}");
    say(world, FOLLOW("after"));
    until_kind(world, MESSAGE_FOLLOW);
    size_t clears = 0;
    for (size_t i = 0; i < world->stage.message_count; i++) {
        const struct message_draft *is = &world->stage.messages[i]->is;
        clears += is->kind == MESSAGE_CLEAR;
        assert_null(is->text.data && strstr(is->text.data, "bad words") ? is->text.data : NULL);
    }
    assert_int_equal(clears, 1);
}

/* Chat, bits and members come by IRC alone. */
static void test_chat_comes_once(void **state)
{
    struct world *world = *state;
    begin(world);
    size_t before = world->stage.message_count;
    say(world, CHAT("m1", "once"));
    say(world, "{\"kind\":\"gift\",\"platform\":\"twitch\",\"native_id\":\"g1\",\"author\":{\"id\":\"1\",\"name\":\"a\"},\"text\":\"Cheer100\","
               "\"money\":{\"micros\":1000000,\"currency\":\"USD\",\"unit\":\"bits\",\"units\":100}}");
    say(world, FOLLOW("f"));
    until_kind(world, MESSAGE_FOLLOW);
    stage_until_messages(&world->stage, before + 3);
    assert_int_equal(world->stage.message_count, before + 3);
}

static void test_moves_without_loss(void **state)
{
    struct world *world = *state;
    begin(world);
    long long subscribed = events_count(world, "subscribed");
    fault(world, "reconnect");
    // Said to the old socket while the new one is on its way, and to the new one afterwards.
    say(world, FOLLOW("during"));
    until_count(world, "moved", 1);
    say(world, FOLLOW("after"));
    size_t follows = 0;
    while (follows < 2) {
        follows = 0;
        until_kind(world, MESSAGE_FOLLOW);
        stage_until_messages(&world->stage, world->stage.message_count);
        for (size_t i = 0; i < world->stage.message_count; i++)
            follows += world->stage.messages[i]->is.kind == MESSAGE_FOLLOW;
    }
    assert_int_equal(follows, 2);
    assert_int_equal(events_count(world, "subscribed"), subscribed);
    assert_int_equal(events_count(world, "conflicts"), 0);
    assert_int_equal(world->stage.gap_count, 0);
}

static bool has_events_gap(void *data)
{
    struct world *world = data;
    for (size_t i = 0; i < world->stage.gap_count; i++) {
        if (strstr(world->stage.gaps[i].reason, "events of EventSub"))
            return true;
    }
    return false;
}

/* After each of them: a fresh session, all subscriptions anew, and a gap. */
static void test_close_codes(void **state)
{
    static const char *const codes[] = {"close4000", "close4002", "close4003", "close4004", "close4005", "close4006", "close4007"};
    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++) {
        struct world *world = *state;
        begin(world);
        long long enabled = events_count(world, "enabled"), subscribed = events_count(world, "subscribed");
        fault(world, codes[i]);
        stage_until(&world->stage, codes[i], has_events_gap, world);
        assert_int_equal(events_count(world, "subscribed"), 2 * subscribed);
        assert_int_equal(events_count(world, "enabled"), enabled);
        say(world, FOLLOW("after"));
        until_kind(world, MESSAGE_FOLLOW);
        tear_down(state);
        set_up(state);
    }
}

/* Our own mistake: said, and no hurry. */
static void test_close_4001(void **state)
{
    struct world *world = *state;
    begin(world);
    fault(world, "close4001");
    until_words(world, "events: ");
    assert_non_null(strstr(connector_health(world->stage.connector)->text, "again in"));
    assert_int_equal(events_count(world, "sessions"), 1);
    assert_int_equal(connector_health(world->stage.connector)->state, CONNECTOR_LIVE);
}

/* A dead session's subscriptions are still there: they are found, removed, and made anew. */
static void test_orphans(void **state)
{
    struct world *world = *state;
    begin(world);
    long long enabled = events_count(world, "enabled");
    fault(world, "orphan");
    fault(world, "close4000");
    stage_until(&world->stage, "all anew", has_events_gap, world);
    assert_int_equal(events_count(world, "conflicts"), enabled);
    assert_int_equal(events_count(world, "enabled"), enabled);
    say(world, FOLLOW("after"));
    until_kind(world, MESSAGE_FOLLOW);
}

static bool was_silent(void *data)
{
    struct world *world = data;
    for (size_t i = 0; i < world->stage.state_count; i++) {
        if (strstr(world->stage.states[i], "no keepalive within 1.2 s"))
            return true;
    }
    return false;
}

static void test_silence_is_noticed(void **state)
{
    struct world *world = *state;
    static const char *const settings[] = {"twitch.keepalive_s=1"};
    open_rehearsal(world, settings, 1);
    log_in(world, ALL);
    start(world, NULL);
    until_words(world, "kinds of events");
    fault(world, "stall");
    stage_until(&world->stage, "silence", was_silent, world);
    fault(world, "resume");
    stage_until(&world->stage, "a gap of events", has_events_gap, world);
}

static void test_unused_session(void **state)
{
    struct world *world = *state;
    static const char *const settings[] = {"twitch.unused_ms=100", "twitch.points=0"};
    open_rehearsal(world, settings, 2);
    log_in(world, ALL);
    start(world, NULL);
    // Without points not even the channel's id is known: nothing is opened that could not be used.
    until_words(world, "events: ");
    assert_int_equal(events_count(world, "sessions"), 0);
    assert_int_equal(connector_health(world->stage.connector)->state, CONNECTOR_LIVE);
    assert_int_equal(connector_health(world->stage.connector)->budget.left, 0);
}

static void test_revocation(void **state)
{
    struct world *world = *state;
    begin(world);
    fault(world, "revoke");
    until_words(world, "1 taken back by Twitch");
}

static size_t count_kind(const struct world *world, enum message_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < world->stage.message_count; i++)
        count += world->stage.messages[i]->is.kind == kind;
    return count;
}

/* At least once is Twitch's promise; once is ours. */
static void test_repeated_frame(void **state)
{
    struct world *world = *state;
    begin(world);
    say(world, FOLLOW("fan"));
    until_kind(world, MESSAGE_FOLLOW);
    fault(world, "repeat");
    say(world, "{\"kind\":\"end\",\"platform\":\"twitch\"}");
    until_kind(world, MESSAGE_END);
    assert_int_equal(count_kind(world, MESSAGE_FOLLOW), 1);
}

/* The way out leads nowhere: the old session serves until its time is over, then all begins anew. */
static void test_moved_astray(void **state)
{
    struct world *world = *state;
    static const char *const settings[] = {"twitch.grace_ms=400"};
    open_rehearsal(world, settings, 1);
    log_in(world, ALL);
    start(world, NULL);
    until_words(world, "kinds of events");
    fault(world, "astray");
    say(world, FOLLOW("meanwhile"));
    until_kind(world, MESSAGE_FOLLOW);
    stage_until(&world->stage, "a fresh session", has_events_gap, world);
    assert_int_equal(events_count(world, "moved"), 0);
    assert_int_equal(world->stage.gap_count, 1);
}

/* The login was granted more than Twitch lets it do: each refusal is one kind less, the rest comes. */
static void test_refused_types(void **state)
{
    struct world *world = *state;
    const char *why;
    static const char *const settings[] = {"twitch.scopes=user:read:chat channel:read:redemptions"};
    open_rehearsal(world, settings, 1);
    log_in(world, ALL);
    start(world, NULL);
    until_words(world, "kinds of events");
    assert_true(events_count(world, "refused") > 10);
    assert_true(events_count(world, "enabled") >= 9);
    assert_true(connector_can(world->stage.connector, CONNECTOR_SAY, &why));
    act(world, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "x"}, CONNECTOR_UNABLE,
        "Twitch: Missing scope: user:write:chat; the login lacks user:write:chat: log in again: antiphon login twitch");
}

static void test_no_such_channel(void **state)
{
    struct world *world = *state;
    open_rehearsal(world, NULL, 0);
    log_in(world, ALL);
    int port = rehearsal_port(world->rehearsal);
    stage_start(&world->stage, NULL, "{\"connector\":\"twitch\",\"channel\":\"nobody\",\"join_ms\":200,\"url\":\"ws://127.0.0.1:%d/\","
                "\"api_url\":\"http://127.0.0.1:%d/twitch/helix\",\"eventsub_url\":\"ws://127.0.0.1:%d/twitch/eventsub\"}",
                port, port, port);
    stage_until_state(&world->stage, CONNECTOR_FAILED);
    assert_true(stage_said(&world->stage, "failed: no answer to JOIN #nobody"));
    assert_string_equal(connector_health(world->stage.connector)->remedy,
                        "check the name in \"channel\": https://www.twitch.tv/nobody should show it");
}

static void test_missing_scopes(void **state)
{
    struct world *world = *state;
    static const char *const settings[] = {"twitch.scopes=user:read:chat user:write:chat",
                                           "login.twitch_scopes=user:read:chat user:write:chat"};
    open_rehearsal(world, settings, 2);
    log_in(world, "user:read:chat user:write:chat");
    start(world, NULL);
    until_words(world, "kinds of events");
    assert_int_equal(events_count(world, "refused"), 0);  // what is not granted is not asked for
    const char *remedy = connector_health(world->stage.connector)->remedy, *why = NULL;
    assert_non_null(strstr(remedy, "log in again to get the events of"));
    assert_non_null(strstr(remedy, "channel.poll"));
    assert_true(connector_can(world->stage.connector, CONNECTOR_SAY, &why));
    assert_false(connector_can(world->stage.connector, CONNECTOR_BAN, &why));
    assert_string_equal(why, "the login lacks moderator:manage:banned_users: log in again: antiphon login twitch");
}

static void test_old_life(void **state)
{
    struct world *world = *state;
    open_rehearsal(world, NULL, 0);
    log_in(world, ALL);
    start(world, "{\"alive_ms\":1795312845123,\"events_ms\":1795312840000}");
    stage_until(&world->stage, "a gap of events", has_events_gap, world);
    assert_int_equal(world->stage.gap_count, 2);
    stage_stop(&world->stage);
    assert_non_null(strstr(world->stage.cursor, "\"events_ms\":"));
}

static void test_nobody_logged_in(void **state)
{
    struct world *world = *state;
    const char *why = NULL;
    open_rehearsal(world, NULL, 0);
    start(world, NULL);
    stage_until_state(&world->stage, CONNECTOR_LIVE);
    assert_false(connector_can(world->stage.connector, CONNECTOR_SAY, &why));
    assert_string_equal(why, "nobody is logged in at Twitch: antiphon login twitch");
    assert_int_equal(events_count(world, "sessions"), 0);
}

/* ---- pictures ---- */

static bool has_picture(void *data)
{
    struct world *world = data;
    const struct message *message = find(world, MESSAGE_CHAT);
    if (message && message->is.author.avatar.len > 0 && message->is.author.badge_images)
        return true;
    // The first message does not wait: somebody writes again.
    say(world, CHAT("m", "again"));
    return false;
}

static void test_pictures(void **state)
{
    struct world *world = *state;
    begin(world);
    stage_until(&world->stage, "an avatar", has_picture, world);
    const struct message_author *author = &find(world, MESSAGE_CHAT)->is.author;
    assert_non_null(strstr(author->avatar.data, "jtv_user_pictures/510220330-"));
    assert_non_null(strstr(author->badge_images[0].data, "badges/v1/subscriber-12/"));
    assert_non_null(strstr(author->badge_images[1].data, "badges/v1/vip-1/"));
}

/* ---- writing ---- */

static void act(struct world *world, const struct connector_act *what, enum connector_outcome outcome, const char *words)
{
    size_t before = world->stage.result_count;
    connector_act(world->stage.connector, what);
    stage_until_results(&world->stage, before + 1);
    if (world->stage.results[before].outcome != outcome || !strstr(world->stage.results[before].text, words))
        fail_msg("%s: %s", connector_outcome_name(world->stage.results[before].outcome), world->stage.results[before].text);
}

static void test_says_and_recognises_itself(void **state)
{
    struct world *world = *state;
    begin(world);
    act(world, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "سلام 😂", .native_id = "m1"}, CONNECTOR_ACCEPTED, "");
    const struct message *echo = until_kind(world, MESSAGE_CHAT);
    assert_true(echo->is.is_own);
    assert_string_equal(echo->is.native_id.data, world->stage.results[0].native_id);
    const json_t *write = json_array_get(rehearsal_writes(world->rehearsal, "twitch"), 0);
    assert_string_equal(json_get_text(write, "reply_to"), "m1");
    // 200 is no promise.
    act(world, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "سلام 😂"}, CONNECTOR_DROPPED, "msg_duplicate");
    fault(world, "reject");
    act(world, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "other"}, CONNECTOR_DROPPED, "being checked by mods");
}

static void test_long_text_is_split(void **state)
{
    struct world *world = *state;
    begin(world);
    char text[1201];
    for (size_t i = 0; i < 1200; i++)
        text[i] = i % 10 == 9 ? ' ' : (char)('a' + i % 26);
    text[1200] = '\0';
    act(world, &(struct connector_act){.kind = CONNECTOR_SAY, .text = text}, CONNECTOR_ACCEPTED, "");
    assert_int_equal(json_array_size(rehearsal_writes(world->rehearsal, "twitch")), 3);
}

static void test_moderates(void **state)
{
    struct world *world = *state;
    static const char *const options[] = {"شطرنج", "圍棋"};
    begin(world);
    act(world, &(struct connector_act){.kind = CONNECTOR_ANNOUNCE, .text = "تا ۵ دقیقه"}, CONNECTOR_ACCEPTED, "");
    act(world, &(struct connector_act){.kind = CONNECTOR_DELETE, .native_id = "m 1&x"}, CONNECTOR_ACCEPTED, "");
    act(world, &(struct connector_act){.kind = CONNECTOR_DELETE, .native_id = ""}, CONNECTOR_UNABLE, "needs the message's id");
    act(world, &(struct connector_act){.kind = CONNECTOR_TIMEOUT, .author_id = "67", .seconds = 60, .text = "بس"}, CONNECTOR_ACCEPTED, "");
    act(world, &(struct connector_act){.kind = CONNECTOR_TIMEOUT, .author_id = "67", .seconds = 9999999}, CONNECTOR_UNABLE, "14 days");
    act(world, &(struct connector_act){.kind = CONNECTOR_BAN, .author_id = "67"}, CONNECTOR_ACCEPTED, "");
    act(world, &(struct connector_act){.kind = CONNECTOR_BAN, .author_id = "700100200"}, CONNECTOR_DROPPED, "may not be banned");
    act(world, &(struct connector_act){.kind = CONNECTOR_UNBAN, .author_id = "67"}, CONNECTOR_ACCEPTED, "");
    until_kind(world, MESSAGE_UNBAN);
    act(world, &(struct connector_act){.kind = CONNECTOR_CLEAR}, CONNECTOR_ACCEPTED, "");
    act(world, &(struct connector_act){.kind = CONNECTOR_POLL_START, .text = "بازی؟", .options = options, .option_count = 1},
        CONNECTOR_UNABLE, "2 to 5 options");
    act(world, &(struct connector_act){.kind = CONNECTOR_POLL_START, .text = "بازی؟", .options = options, .option_count = 2},
        CONNECTOR_ACCEPTED, "");
    char *poll = xstrdup(world->stage.results[world->stage.result_count - 1].native_id);
    act(world, &(struct connector_act){.kind = CONNECTOR_POLL_START, .text = "دوم", .options = options, .option_count = 2},
        CONNECTOR_DROPPED, "already an active poll");
    act(world, &(struct connector_act){.kind = CONNECTOR_POLL_END, .native_id = poll}, CONNECTOR_ACCEPTED, "");
    free(poll);
    const json_t *writes = rehearsal_writes(world->rehearsal, "twitch");
    assert_string_equal(json_get_text(json_array_get(writes, 1), "native_id"), "m 1&x");
    assert_string_equal(json_get_text(json_array_get(writes, 1), "act"), "delete");
}

/* A token that ends in the middle: renewed, and the request repeated once. */
static void test_token_ends(void **state)
{
    struct world *world = *state;
    begin(world);
    fault(world, "expire");
    act(world, &(struct connector_act){.kind = CONNECTOR_SAY, .text = "still here"}, CONNECTOR_ACCEPTED, "");
    assert_null(strstr(world->stored, "rehearsal-twitch-token"));
    assert_non_null(strstr(world->stored, "\"at-"));
}

static void test_points_run_out(void **state)
{
    struct world *world = *state;
    static const char *const settings[] = {"twitch.points=40"};
    open_rehearsal(world, settings, 1);
    log_in(world, ALL);
    start(world, NULL);
    until_words(world, "kinds of events");
    const struct connector_budget *budget = &connector_health(world->stage.connector)->budget;
    assert_int_equal(budget->limit, 40);
    assert_true(budget->left < 40 && budget->resets_ms > clock_unix_ms() - 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* With the pauses that a lost connection asks for. */
static int run_slow_tests(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_close_codes), TEST(test_orphans), TEST(test_silence_is_noticed), TEST(test_pictures), TEST(test_moves_without_loss),
        TEST(test_moved_astray),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return run_slow_tests();
    const struct CMUnitTest tests[] = {
        TEST(test_subscribes_and_delivers), TEST(test_moderation_with_reason), TEST(test_chat_comes_once),
        TEST(test_close_4001), TEST(test_unused_session), TEST(test_revocation), TEST(test_missing_scopes),
        TEST(test_old_life), TEST(test_nobody_logged_in), TEST(test_says_and_recognises_itself),
        TEST(test_long_text_is_split), TEST(test_moderates), TEST(test_token_ends), TEST(test_points_run_out),
        TEST(test_repeated_frame), TEST(test_refused_types), TEST(test_no_such_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
