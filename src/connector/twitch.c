/*
 * twitch.c - Twitch's chat by anonymous IRC: which session is current, when to try again, what was missed. What a login
 * adds is twitch_account.c's.
 * IRC replays nothing: whatever was written between the last sign of life and the next JOIN is a gap. When Twitch
 * announces a restart (RECONNECT), a second session joins before the first is dropped, and nothing is missed.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/connector_impl.h"
#include "connector/twitch_account.h"
#include "connector/twitch_event.h"
#include "connector/twitch_reader.h"
#include "connector/twitch_session.h"
#include "net/backoff.h"
#include "net/loop.h"

enum {
    LINGER_MS = 2000,           // the old session stays so long beside the new one
    SELDOM_MS = 5 * 60 * 1000,  // between attempts that hardly help
    CURSOR_MS = 1000,
    QUIET_MS = 5000,
    TRUSTED_SKEW_MS = 60 * 1000,
    SEEN_COUNT = 4096,          // events remembered while two sessions overlap
    // 20 logins and 20 JOINs in 10 s are allowed; each of our sessions takes one of both.
    BUDGET_COUNT = 18,
    BUDGET_MS = 10 * 1000,
};

struct seen {  // what came by one session must not come again by the other
    struct hash_key key;
    size_t count;
    uint64_t hashes[SEEN_COUNT];
};

struct twitch {
    struct connector base;
    char *channel, *url;  // owned
    int64_t idle_ms, dead_ms, join_ms;
    struct twitch_session *current, *next, *old;  // owned; next: on the way in, old: on the way out
    struct twitch_session *ended[4];              // owned; to be destroyed outside their callbacks
    size_t ended_count;
    struct seen *seen;        // owned; NULL unless sessions overlap
    struct backoff backoff;
    struct timer retry, reap, linger, tick;
    int64_t alive_ms;         // Unix: when the connection was last known to work; 0: never
    int64_t cursor_ms;        // alive_ms of the last cursor given
    int64_t batch_ms;         // monotonic: when lines last came
    int64_t sent_ms;          // the newest time of Twitch's clock among the lines just read
    char *loss;               // owned; why the last session ended
    struct twitch_reader reader;
    struct twitch_events events;
    struct twitch_account *account;  // owned; NULL: not started
    char *api_url, *eventsub_url;    // owned
    int64_t events_ms;        // Unix: of the last life, until when all events came
};

static const struct connector_key keys[] = {
    {"channel", JSON_STRING, true, "the name as in twitch.tv/NAME, or the address", "anna"}, {"url", JSON_STRING, false},
    {"api_url", JSON_STRING, false}, {"eventsub_url", JSON_STRING, false}, {"idle_ms", JSON_INTEGER, false}, {"dead_ms", JSON_INTEGER, false}, {"join_ms", JSON_INTEGER, false}, {NULL},
};

static struct twitch *get_twitch(struct connector *base)
{
    return container_of(base, struct twitch, base);
}

/* ---- configuration ---- */

/* "anna", "#Anna", "@anna" or the channel's address, as people paste them → "anna". NULL: no login. */
static char *login_of(const char *text)
{
    static const char *const before[] = {"https://", "http://", "www.", "m.", "twitch.tv/", "#", "@"};
    for (size_t i = 0; i < ARRAY_LENGTH(before); i++) {
        if (strncasecmp(text, before[i], strlen(before[i])) == 0)
            text += strlen(before[i]);
    }
    size_t len = strcspn(text, "/?");
    if (len < 1 || len > 25)
        return NULL;
    char *login = xstrndup(text, len);
    for (char *c = login; *c; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c |= 0x20;
        if ((*c < 'a' || *c > 'z') && (*c < '0' || *c > '9') && *c != '_') {
            free(login);
            return NULL;
        }
    }
    return login;
}

static char *twitch_check(const json_t *config, struct error *err)
{
    const char *channel = json_get_text(config, "channel");
    char *login = login_of(channel);
    if (!login)
        error_set(err, ERROR_DATA, "channel \"%s\": expected the channel's login: at most 25 letters, digits and _",
                  channel);
    return login;
}

/* ---- deadlines shared by all Twitch sources of the process ---- */

/* 0: a session may begin now, and counts; else how long to wait. */
static int64_t take_start(int64_t now_ms)
{
    static int64_t starts[BUDGET_COUNT];  // the last ones, in a ring
    static size_t next;
    int64_t *oldest = &starts[next % BUDGET_COUNT];
    if (*oldest && now_ms - *oldest < BUDGET_MS)
        return BUDGET_MS - (now_ms - *oldest);
    *oldest = now_ms;
    next++;
    return 0;
}

/* ---- sessions ---- */

static const struct twitch_session_handler session_handler;

static struct twitch_session *open_session(struct twitch *twitch, struct error *err)
{
    return twitch_session_create(&(struct twitch_session_options){
        .loop = twitch->base.options.loop, .url = twitch->url, .ca_file = twitch->base.ca_file, .proxy = twitch->base.proxy,
        .channel = twitch->channel, .idle_ms = twitch->idle_ms, .dead_ms = twitch->dead_ms,
        .join_ms = twitch->join_ms, .handler = &session_handler, .data = twitch}, err);
}

static void connect_now(void *data)
{
    struct twitch *twitch = data;
    struct error err = {0};
    int64_t turn_ms = take_start(clock_monotonic_ms());
    if (turn_ms > 0) {
        timer_start(&twitch->retry, turn_ms);
        return;
    }
    twitch->current = open_session(twitch, &err);
    if (twitch->current) {
        connector_set_state(&twitch->base, CONNECTOR_CONNECTING, "connecting for #%s", twitch->channel);
    } else {
        connector_set_state(&twitch->base, CONNECTOR_FAILED, "url: %s", err.text);
    }
}

static void reap_sessions(void *data)
{
    struct twitch *twitch = data;
    while (twitch->ended_count > 0)
        twitch_session_destroy(twitch->ended[--twitch->ended_count]);
}

static void discard(struct twitch *twitch, struct twitch_session *session)
{
    if (!session)
        return;
    assert(twitch->ended_count < ARRAY_LENGTH(twitch->ended));  // there are three sessions at most
    twitch->ended[twitch->ended_count++] = session;
    timer_start(&twitch->reap, 0);
}

static void begin_overlap(struct twitch *twitch)
{
    free(twitch->seen);
    twitch->seen = xcalloc(1, sizeof(*twitch->seen));
    random_bytes(&twitch->seen->key, sizeof(twitch->seen->key));
}

static void end_overlap(void *data)
{
    struct twitch *twitch = data;
    discard(twitch, twitch->old);
    twitch->old = NULL;
    free(twitch->seen);
    twitch->seen = NULL;
}

/* ---- what we know to have arrived ---- */

static void give_cursor(struct twitch *twitch)
{
    char text[96];
    int64_t events_ms = twitch_account_events_ms(twitch->account);
    if (events_ms > 0) {
        snprintf(text, sizeof(text), "{\"alive_ms\":%lld,\"events_ms\":%lld}", (long long)twitch->alive_ms,
                 (long long)events_ms);
    } else {
        snprintf(text, sizeof(text), "{\"alive_ms\":%lld}", (long long)twitch->alive_ms);
    }
    twitch->cursor_ms = twitch->alive_ms;
    connector_set_cursor(&twitch->base, text);
}

static void note_alive(struct twitch *twitch, int64_t alive_ms)
{
    if (alive_ms > twitch->alive_ms)
        twitch->alive_ms = alive_ms;
    if (twitch->alive_ms - twitch->cursor_ms >= CURSOR_MS)
        give_cursor(twitch);
}

/*
 * A pong proves that all that was sent before it has arrived, but it was sent up to a round trip before it came: a
 * second is taken off.
 */
static void note_pongs(struct twitch *twitch)
{
    if (!twitch_session_is_joined(twitch->current))
        return;
    // While lines come we may be behind with reading, pongs too: the lines' own times say how far we are.
    if (clock_monotonic_ms() - twitch->batch_ms >= QUIET_MS)
        note_alive(twitch, twitch_session_alive_ms(twitch->current) - 1000);
}

static void handle_tick(void *data)
{
    struct twitch *twitch = data;
    note_pongs(twitch);
    if (twitch->current)
        timer_start(&twitch->tick, CURSOR_MS);
}

static void handle_batch(void *data, struct twitch_session *session)
{
    struct twitch *twitch = data;
    if (session != twitch->current || !twitch_session_is_joined(session))
        return;
    twitch->batch_ms = clock_monotonic_ms();
    // Under load a line is read long after it was sent, and what lies behind it may die with us unread.
    int64_t now_ms = clock_unix_ms(), sent_ms = twitch->sent_ms;
    bool is_behind = sent_ms > 0 && sent_ms < now_ms && now_ms - sent_ms < TRUSTED_SKEW_MS;
    note_alive(twitch, is_behind ? sent_ms : now_ms);
}

/* ---- sessions' news ---- */

static bool is_repetition(struct twitch *twitch, const struct twitch_line *line, struct str text)
{
    struct seen *seen = twitch->seen;
    if (!seen || str_equal(line->command, STR("PING")))
        return false;
    struct str key = twitch_event_key(line);
    if (key.len == 0)
        key = text;
    uint64_t hash = hash_bytes(&seen->key, key.data, key.len);
    size_t known = seen->count < SEEN_COUNT ? seen->count : SEEN_COUNT;
    for (size_t i = 0; i < known; i++) {
        if (seen->hashes[i] == hash)
            return true;
    }
    seen->hashes[seen->count++ % SEEN_COUNT] = hash;
    return false;
}

/* The room's number comes with its state, right behind the JOIN. */
static void note_room(struct twitch *twitch, const struct twitch_line *line)
{
    char id[32];
    struct str room = twitch_line_tag(line, TAG_ROOM_ID);
    if (!str_equal(line->command, STR("ROOMSTATE")) || room.len == 0 || room.len >= sizeof(id))
        return;
    memcpy(id, room.data, room.len);
    id[room.len] = '\0';
    connector_set_channel(&twitch->base, id);
}

static bool read_line(struct twitch *twitch, struct twitch_session *session, struct str text, struct error *err)
{
    struct twitch_line line;
    if (!twitch_line_parse(&line, text.data, text.len, err))
        return false;
    int64_t sent_ms = twitch_line_int(&line, TAG_TMI_SENT_TS, 0);
    if (sent_ms > 0)
        twitch->sent_ms = sent_ms;
    twitch_session_handle(session, &line);
    twitch_account_note_line(twitch->account, &line);
    note_room(twitch, &line);
    return is_repetition(twitch, &line, text) || twitch_reader_read(&twitch->reader, &line, err);
}

static void handle_line(void *data, struct twitch_session *session, struct str text)
{
    struct twitch *twitch = data;
    struct error err;
    err.code = ERROR_NONE;  // its text is long, and not emptied for each line
    if (!connector_begin_frame(&twitch->base, text.data, text.len))
        return;
    read_line(twitch, session, text, &err);
    connector_end_frame(&twitch->base, &err);
}

/* The chat's state, and what the login adds. A remedy is told with the next words, and being live again ends it. */
static void say_live(struct twitch *twitch)
{
    const char *words = twitch_account_words(twitch->account), *remedy = twitch_account_remedy(twitch->account);
    double took_s = (double)twitch_session_join_took_ms(twitch->current) / 1000;
    if (twitch->base.health.state != CONNECTOR_LIVE)
        connector_set_state(&twitch->base, CONNECTOR_LIVE, "joined #%s (%.1f s)", twitch->channel, took_s);
    connector_set_remedy(&twitch->base, "%s", remedy);
    connector_set_state(&twitch->base, CONNECTOR_LIVE, "joined #%s (%.1f s)%s%s", twitch->channel, took_s,
                        *words ? "; " : "", words);
}

static void handle_account(void *data)
{
    struct twitch *twitch = data;
    if (twitch->base.health.state == CONNECTOR_LIVE && twitch_session_is_joined(twitch->current))
        say_live(twitch);
}

static void handle_joined(void *data, struct twitch_session *session)
{
    struct twitch *twitch = data;
    int64_t now_ms = clock_unix_ms();
    if (session == twitch->next) {
        // Both are in the room, nothing was missed. What the old one still brings is deduped, then it may go.
        discard(twitch, twitch->old);
        twitch->old = twitch->current;
        twitch->current = twitch->next;
        twitch->next = NULL;
        timer_start(&twitch->linger, LINGER_MS);
    } else if (twitch->alive_ms > 0) {
        connector_gap(&twitch->base, twitch->alive_ms, now_ms, twitch->loss ? twitch->loss : "we were not running");
    }
    twitch->alive_ms = now_ms;
    twitch->sent_ms = 0;
    backoff_reset(&twitch->backoff);
    twitch->events.is_room_elsewhere = true;
    say_live(twitch);
    give_cursor(twitch);
    timer_start(&twitch->tick, CURSOR_MS);
}

static void handle_reconnect(void *data, struct twitch_session *session)
{
    struct twitch *twitch = data;
    struct error err = {0};
    if (session != twitch->current || twitch->next || !twitch_session_is_joined(session))
        return;
    begin_overlap(twitch);
    take_start(clock_monotonic_ms());  // it counts, but does not wait: the old session's time is short
    twitch->next = open_session(twitch, &err);
    connector_set_state(&twitch->base, CONNECTOR_LIVE, "joined #%s; Twitch asks us to reconnect", twitch->channel);
}

static void lose_current(struct twitch *twitch, const struct error *why)
{
    struct connector *base = &twitch->base;
    char again[32];
    free(twitch->loss);
    twitch->loss = xasprintf("connection lost: %s", why->text);
    twitch->events.is_room_elsewhere = false;
    if (why->code == ERROR_DATA || why->text[0] == '#')
        connector_set_remedy(base, "check the name in \"channel\": https://www.twitch.tv/%s should show it", twitch->channel);
    if (why->code == ERROR_DENIED) {
        timer_start(&twitch->retry, random_jitter(SELDOM_MS, 20));
        connector_set_state(base, CONNECTOR_FAILED, "%s", why->text);
        return;
    }
    int64_t delay_ms = backoff_next_ms(&twitch->backoff);
    timer_start(&twitch->retry, delay_ms);
    connector_again_text(delay_ms, again);
    if (why->code == ERROR_DATA) {
        connector_set_state(base, CONNECTOR_FAILED, "%s (%s)", why->text, again);
    } else {
        connector_set_state(base, CONNECTOR_CONNECTING, "%s (%s)", why->text, again);
    }
}

static void handle_end(void *data, struct twitch_session *session, const struct error *why)
{
    struct twitch *twitch = data;
    discard(twitch, session);
    if (session == twitch->old) {
        twitch->old = NULL;
    } else if (session == twitch->next) {
        twitch->next = NULL;  // the current one is still there; its end opens the next
        end_overlap(twitch);
    } else if (session == twitch->current) {
        twitch->current = twitch->next;
        twitch->next = NULL;
        end_overlap(twitch);
        if (twitch->current) {
            free(twitch->loss);
            twitch->loss = xasprintf("connection lost: %s", why->text);
            connector_set_state(&twitch->base, CONNECTOR_CONNECTING, "connecting for #%s", twitch->channel);
        } else {
            lose_current(twitch, why);
        }
    }
}

static const struct twitch_session_handler session_handler = {
    .on_line = handle_line, .on_batch = handle_batch, .on_joined = handle_joined,
    .on_reconnect = handle_reconnect, .on_end = handle_end,
};

/* ---- the table ---- */

static struct connector *twitch_create(const json_t *config)
{
    struct twitch *twitch = xcalloc(1, sizeof(*twitch));
    twitch_reader_init(&twitch->reader, &twitch->base);
    twitch_events_init(&twitch->events, &twitch->reader);
    const char *channel = json_get_text(config, "channel");
    twitch->channel = channel ? login_of(channel) : NULL;
    twitch->url = xstrdup(connector_config_text(config, "url", "wss://irc-ws.chat.twitch.tv:443"));
    twitch->api_url = xstrdup(connector_config_text(config, "api_url", "https://api.twitch.tv/helix"));
    twitch->eventsub_url = xstrdup(connector_config_text(config, "eventsub_url",
        "wss://eventsub.wss.twitch.tv/ws?keepalive_timeout_seconds=30"));
    twitch->idle_ms = json_get_int(config, "idle_ms", 60 * 1000);
    twitch->dead_ms = json_get_int(config, "dead_ms", 10 * 1000);
    twitch->join_ms = json_get_int(config, "join_ms", 10 * 1000);
    return &twitch->base;
}

static void twitch_start(struct connector *base)
{
    struct twitch *twitch = get_twitch(base);
    struct loop *loop = base->options.loop;
    timer_init(&twitch->retry, loop, connect_now, twitch);
    timer_init(&twitch->reap, loop, reap_sessions, twitch);
    timer_init(&twitch->linger, loop, end_overlap, twitch);
    timer_init(&twitch->tick, loop, handle_tick, twitch);
    json_t *cursor = connector_cursor(base);
    twitch->alive_ms = json_get_int(cursor, "alive_ms", 0);
    twitch->events_ms = json_get_int(cursor, "events_ms", 0);
    json_decref(cursor);
    connector_set_state(base, CONNECTOR_CONNECTING, "connecting for #%s", twitch->channel);
    timer_start(&twitch->retry, backoff_next_ms(&twitch->backoff));
    twitch->events.is_chat_elsewhere = true;
    if (base->options.logins)
        twitch->account = twitch_account_create(&(struct twitch_account_options){
            .base = base, .reader = &twitch->reader, .events = &twitch->events, .channel = twitch->channel,
            .api_url = twitch->api_url, .eventsub_url = twitch->eventsub_url, .events_ms = twitch->events_ms,
            .on_change = handle_account, .data = twitch});
}

static const char *twitch_can(struct connector *base, enum connector_act_kind kind)
{
    return twitch_account_can(get_twitch(base)->account, kind);
}

static void twitch_act(struct connector *base, const struct connector_task *task)
{
    twitch_account_act(get_twitch(base)->account, task);
}

static bool read_frame(struct twitch *twitch, const char *text, size_t len, struct error *err)
{
    struct twitch_envelope envelope;
    if (!twitch_envelope_open(&envelope, text, len, err))
        return false;
    bool is_good = envelope.type != TWITCH_NOTIFICATION || twitch_events_read(&twitch->events, &envelope, err);
    twitch_envelope_close(&envelope);
    return is_good;
}

/* A line of IRC, or a frame of EventSub. */
static bool twitch_receive(struct connector *base, const char *text, size_t len, struct error *err)
{
    struct twitch *twitch = get_twitch(base);
    struct twitch_line line;
    struct error other, *why = err ? err : &other;
    why->code = ERROR_NONE;
    if (!connector_begin_frame(base, text, len))
        return true;
    bool is_good = len > 0 && text[0] == '{'
                       ? read_frame(twitch, text, len, why)
                       : twitch_line_parse(&line, text, len, why) && twitch_reader_read(&twitch->reader, &line, why);
    connector_end_frame(base, why);
    return is_good;
}

static void twitch_stop(struct connector *base)
{
    struct twitch *twitch = get_twitch(base);
    note_pongs(twitch);
    if (twitch_session_is_joined(twitch->current))
        give_cursor(twitch);
}

static void twitch_destroy(struct connector *base)
{
    struct twitch *twitch = get_twitch(base);
    timer_stop(&twitch->retry);
    timer_stop(&twitch->reap);
    timer_stop(&twitch->linger);
    timer_stop(&twitch->tick);
    twitch_account_destroy(twitch->account);
    reap_sessions(twitch);
    twitch_session_destroy(twitch->current);
    twitch_session_destroy(twitch->next);
    twitch_session_destroy(twitch->old);
    free(twitch->seen);
    free(twitch->loss);
    free(twitch->channel);
    free(twitch->url);
    free(twitch->api_url);
    free(twitch->eventsub_url);
    free(twitch);
}

const struct connector_impl twitch_connector = {
    .name = "twitch", .title = "Twitch", .keys = keys, .check = twitch_check, .create = twitch_create, .start = twitch_start,
    .text_limit = {500, CONNECTOR_CODE_POINTS}, .pace = {20, 30 * 1000, 1000},
    .receive = twitch_receive, .can = twitch_can, .act = twitch_act, .stop = twitch_stop, .destroy = twitch_destroy,
};
