/*
 * Social Stream Ninja: a browser extension that reads the chats of 120 sites from the streamer's own tabs and sends each
 * line as JSON; what we say it types into those tabs. By its author's relay server (wss://io.socialstream.ninja), or to
 * a server of our own on this machine ("listen"), which is better: nothing leaves the machine then.
 * There is no acknowledgement of a join, no replay, and no second secret besides the session's name.
 */
#include "connector/socialstream_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/websocket.h"

enum { TICK_MS = 1000, QUIET_MS = 5000, MARGIN_MS = 1000, ECHO_MS = 60 * 1000, TEXT_MAX = 2000, NAME_BYTES_MAX = 32, SESSION_BYTES_MAX = 128 };

static const struct connector_key keys[] = {
    {"session", JSON_STRING, true, "the session id that the extension shows; whoever knows it can read and write", "secret:ssn"},
    {"listen", JSON_STRING, false, "be the extension's local server, so that nothing leaves this machine", "127.0.0.1:3000"},
    {"target", JSON_STRING, false, "where replies go: one site's type; none: into all open chats", "twitch"},
    {"all_events", JSON_TRUE, false, "joins and likes as well", NULL},
    {"name", JSON_STRING, false, "what this source is called, if there are several", "main"},
    {"url", JSON_STRING, false, NULL, NULL}, {"ping_s", JSON_INTEGER, false, NULL, NULL}, {NULL},
};

static struct socialstream *get_ssn(struct connector *base)
{
    return container_of(base, struct socialstream, base);
}

/* ---- configuration ---- */

static bool is_word(const char *text, const char *allowed, size_t max)
{
    size_t len = strlen(text);
    return len > 0 && len <= max && strspn(text, allowed) == len;
}

static char *ssn_check(const json_t *config, struct error *err)
{
    const char *name = connector_config_text(config, "name", "ninja");
    if (!is_word(name, "abcdefghijklmnopqrstuvwxyz0123456789-_", NAME_BYTES_MAX)) {
        error_set(err, ERROR_DATA, "name: expected 1 to %d of a-z, 0-9, - and _", NAME_BYTES_MAX);
        return NULL;
    }
    char *session = connector_config_secret(config, "session", err);
    bool is_good = session && *session && strlen(session) <= SESSION_BYTES_MAX && !strchr(session, '/');
    if (session && !is_good)
        error_set(err, ERROR_DATA, "session: expected the id that the extension shows, at most %d bytes", SESSION_BYTES_MAX);
    free(session);
    return is_good ? xstrdup(name) : NULL;
}

static struct connector *ssn_create(const json_t *config)
{
    struct socialstream *ssn = xcalloc(1, sizeof(*ssn));
    socialstream_reader_init(&ssn->reader, &ssn->base);
    ssn->reader.wants_all = json_get_bool(config, "all_events", config == NULL);
    ssn->name = xstrdup(connector_config_text(config, "name", "ninja"));
    ssn->session = connector_config_secret(config, "session", NULL);
    if (ssn->session && strlen(ssn->session) >= 6)
        log_hide(ssn->session);
    ssn->url = xstrdup(connector_config_text(config, "url", "wss://io.socialstream.ninja"));
    ssn->listen = xstrdup(connector_config_text(config, "listen", NULL));
    ssn->target = xstrdup(connector_config_text(config, "target", NULL));
    ssn->idle_ping_s = (int)json_get_int(config, "ping_s", 0);
    ssn->chat.owner = ssn->command.owner = ssn;
    ssn->command.is_command = true;
    ssn->chat.backoff.limit_ms = ssn->command.backoff.limit_ms = 30 * 1000;
    return &ssn->base;
}

/* ---- what is known to have come ---- */

static void give_cursor(struct socialstream *ssn)
{
    char text[48];
    snprintf(text, sizeof(text), "{\"alive_ms\":%lld}", (long long)ssn->alive_ms);
    ssn->cursor_ms = ssn->alive_ms;
    connector_set_cursor(&ssn->base, text);
}

static bool is_live(const struct socialstream *ssn)
{
    return ssn->host ? socialstream_host_is_live(ssn->host) : ssn->chat.is_open;
}

static void note_alive(struct socialstream *ssn, int64_t alive_ms)
{
    ssn->alive_ms = alive_ms > ssn->alive_ms ? alive_ms : ssn->alive_ms;
}

/* A whole message has come: what was sent up to a moment before it has come as well. */
void socialstream_heard(struct socialstream *ssn)
{
    ssn->heard_ms = clock_monotonic_ms();
    note_alive(ssn, clock_unix_ms() - MARGIN_MS);
}

/*
 * In a quiet chat a pong says the same. While messages come it does not: the sign of life may have been half of one. To
 * our own server the extension comes by loopback, where nothing is lost on a connection that stands.
 */
static void note_quiet(struct socialstream *ssn)
{
    int64_t now_ms = clock_monotonic_ms();
    if (ssn->host && is_live(ssn)) {
        note_alive(ssn, clock_unix_ms() - MARGIN_MS);
    } else if (ssn->chat.is_open && now_ms - ssn->heard_ms >= QUIET_MS) {
        note_alive(ssn, clock_unix_ms() - (now_ms - websocket_alive_ms(ssn->chat.websocket)) - MARGIN_MS);
    }
}

static void handle_tick(void *data)
{
    struct socialstream *ssn = data;
    note_quiet(ssn);
    if (ssn->alive_ms - ssn->cursor_ms >= TICK_MS)
        give_cursor(ssn);
    if (is_live(ssn))
        timer_start(&ssn->tick, TICK_MS);
}

void socialstream_joined(struct socialstream *ssn, const char *words)
{
    int64_t now_ms = clock_unix_ms();
    // The relay server does not acknowledge a join: what is sent until it has read ours is lost as well.
    int64_t heard_ms = now_ms + (ssn->host ? 0 : MARGIN_MS);
    if (ssn->alive_ms > 0)
        connector_gap(&ssn->base, ssn->alive_ms, heard_ms, ssn->loss ? ssn->loss : "we were not running");
    ssn->alive_ms = now_ms;
    ssn->heard_ms = clock_monotonic_ms();
    connector_set_state(&ssn->base, CONNECTOR_LIVE, "%s", words);
    give_cursor(ssn);
    timer_start(&ssn->tick, TICK_MS);
}

void socialstream_lost(struct socialstream *ssn, const char *why)
{
    free(ssn->loss);
    ssn->loss = xasprintf("connection lost: %s", why);
}

/* ---- what comes ---- */

/* What we had typed into the pages comes back from them, under the streamer's name. */
static bool is_echo(struct socialstream *ssn, struct str text)
{
    int64_t now_ms = clock_monotonic_ms();
    uint64_t hash = hash_bytes(&ssn->reader.key, text.data, text.len);
    for (size_t i = 0; i < SOCIALSTREAM_SAID && text.len > 0; i++) {
        if (ssn->said[i].hash == hash && ssn->said[i].at_ms && now_ms - ssn->said[i].at_ms < ECHO_MS)
            return true;
    }
    return false;
}

bool socialstream_is_own(struct socialstream_reader *reader, const struct message_draft *draft)
{
    if (!reader->base->options.loop || reader->base->impl != &socialstream_connector)
        return false;
    return is_echo(get_ssn(reader->base), draft->text);
}

static void end_task(struct socialstream *ssn, const json_t *result)
{
    const json_t *error = json_object_get(result, "error");
    const char *word = json_is_string(result) ? json_string_value(result) : json_get_text(result, "status");
    bool is_no = json_is_false(result) || (word && (strcmp(word, "failed") == 0 || strcmp(word, "timeout") == 0)) ||
                 (json_is_object(result) && !json_get_bool(result, "ok", true));
    const char *why = json_get_text(error, "message");
    ssn->waiting = 0;
    if (is_no) {
        connector_task_done(&ssn->base, ssn->task, CONNECTOR_DROPPED, NULL, "Social Stream Ninja says %s%s%s",
                            word ? word : "no", why ? ": " : "; is a tab with that chat open?", why ? why : "");
    } else {
        connector_task_done(&ssn->base, ssn->task, CONNECTOR_ACCEPTED, NULL,
                            "handed to the open tabs; what the sites do with it is not told");
    }
}

/* {"callback":{"get":"antiphon-7","result":true}} */
static bool take_callback(struct socialstream *ssn, const json_t *object)
{
    const json_t *callback = json_object_get(object, "callback");
    const char *get = json_get_text(callback, "get");
    char expected[40];
    snprintf(expected, sizeof(expected), "antiphon-%llu", (unsigned long long)ssn->waiting);
    if (ssn->waiting && get && strcmp(get, expected) == 0)
        end_task(ssn, json_object_get(callback, "result"));
    return callback != NULL;
}

static bool read_frame(struct socialstream *ssn, const char *text, size_t len, struct error *err)
{
    if (len > SOCIALSTREAM_BYTES_MAX)
        return error_set(err, ERROR_DATA, "an object of %zu bytes; at most %d", len, SOCIALSTREAM_BYTES_MAX);
    json_t *object = json_parse(text, len, err);
    bool is_good = object && (take_callback(ssn, object) || socialstream_reader_read(&ssn->reader, object, err));
    json_decref(object);
    return is_good;
}

static bool take(struct socialstream *ssn, const char *text, size_t len, struct error *err)
{
    struct error why = {0};
    if (!connector_begin_frame(&ssn->base, text, len))
        return true;
    bool is_good = read_frame(ssn, text, len, &why);
    connector_end_frame(&ssn->base, is_good ? NULL : &why);
    if (!is_good && err)
        *err = why;
    return is_good;
}

void socialstream_take(struct socialstream *ssn, const char *text, size_t len)
{
    take(ssn, text, len, NULL);
}

/* ---- by the relay server ---- */

static void connect_link(void *data);

static void send_join(struct socialstream_link *link)
{
    // "in" is the channel that we hear, "out" the one that we send on; without numbers it would be 1, and no chat.
    json_t *join = json_pack("{s:s,s:i,s:i}", "join", link->owner->session, "in", link->is_command ? 2 : 4, "out",
                             link->is_command ? 1 : 3);
    char *text = json_dumps(join, JSON_COMPACT);
    websocket_send(link->websocket, text, strlen(text), NULL);
    free(text);
    json_decref(join);
}

static void handle_open(void *data)
{
    struct socialstream_link *link = data;
    link->is_open = true;
    send_join(link);
    if (!link->is_command)
        socialstream_joined(link->owner, "joined; the relay server does not say whether the extension is there");
}

static void handle_message(void *data, const char *bytes, size_t len, bool is_text)
{
    struct socialstream_link *link = data;
    backoff_reset(&link->backoff);
    if (is_text)
        socialstream_take(link->owner, bytes, len);
    if (is_text && !link->is_command)
        socialstream_heard(link->owner);
}

static void tell_failure(struct socialstream *ssn, const struct websocket_close *end, int64_t delay_ms)
{
    char again[32];
    connector_again_text(delay_ms, again);
    if (end->http_status == 401 || end->http_status == 403) {
        connector_set_remedy(&ssn->base, "look at the session id in the extension, and at \"session\"");
        connector_set_state(&ssn->base, CONNECTOR_FAILED, "refused: %s (%s)", end->error.text, again);
    } else {
        connector_set_state(&ssn->base, end->error.code == ERROR_AGAIN ? CONNECTOR_CONNECTING : CONNECTOR_FAILED, "%s (%s)",
                            end->error.text, again);
    }
}

static void handle_close(void *data, const struct websocket_close *end)
{
    struct socialstream_link *link = data;
    struct socialstream *ssn = link->owner;
    bool is_refused = end->http_status == 401 || end->http_status == 403;
    bool is_pause = is_refused || end->http_status == 404 || end->http_status == 429;
    int64_t delay_ms = is_pause ? 5 * 60 * 1000 : backoff_next_ms(&link->backoff);
    if (link->is_open && !link->is_command) {
        note_quiet(ssn);
        socialstream_lost(ssn, end->error.text);
    }
    link->is_open = false;
    if (!link->is_command) {
        tell_failure(ssn, end, delay_ms);
    } else if (ssn->waiting) {
        ssn->waiting = 0;
        connector_task_done(&ssn->base, ssn->task, CONNECTOR_UNSURE, NULL, "the connection ended before an answer came");
    }
    timer_start(&link->retry, delay_ms);
}

static const struct websocket_handler link_handler = {
    .on_open = handle_open, .on_message = handle_message, .on_close = handle_close};

static void connect_link(void *data)
{
    struct socialstream_link *link = data;
    struct socialstream *ssn = link->owner;
    struct error err = {0};
    struct websocket_options options = {
        .url = ssn->url, .message_bytes_max = SOCIALSTREAM_BYTES_MAX, .idle_ping_s = ssn->idle_ping_s,
        .idle_hangup_s = ssn->idle_ping_s ? 2 * ssn->idle_ping_s : 0, .handler = &link_handler, .data = link};
    connector_fill_websocket(&ssn->base, &options);
    websocket_destroy(link->websocket);
    link->websocket = websocket_create(ssn->base.options.loop, &options, &err);
    if (!link->websocket)
        connector_set_state(&ssn->base, CONNECTOR_FAILED, "url: %s", err.text);
    else if (!link->is_command)
        connector_set_state(&ssn->base, CONNECTOR_CONNECTING, "connecting");
}

/* ---- writing ---- */

static bool can_send(const struct socialstream *ssn)
{
    return ssn->host ? socialstream_host_can_send(ssn->host) : ssn->command.is_open;
}

static const char *ssn_can(struct connector *base, enum connector_act_kind kind)
{
    struct socialstream *ssn = get_ssn(base);
    if (kind != CONNECTOR_SAY)
        return "Social Stream Ninja only types chat lines into the open tabs: do this on the site itself";
    if (!can_send(ssn))
        return ssn->host ? "the extension is not connected: is \"Enable remote API control\" on?" : "not connected";
    return NULL;
}

static void note_said(struct socialstream *ssn, struct str text)
{
    size_t at = ssn->said_count++ % SOCIALSTREAM_SAID;
    ssn->said[at].hash = hash_bytes(&ssn->reader.key, text.data, text.len);
    ssn->said[at].at_ms = clock_monotonic_ms();
}

static void ssn_act(struct connector *base, const struct connector_task *task)
{
    struct socialstream *ssn = get_ssn(base);
    char get[40];
    ssn->task = task->number;
    ssn->waiting = ++ssn->requests;
    snprintf(get, sizeof(get), "antiphon-%llu", (unsigned long long)ssn->waiting);
    json_t *command = json_pack("{s:s,s:s?,s:s,s:s}", "action", "sendChat", "target", ssn->target, "value", task->act.text,
                                "get", get);
    char *text = json_dumps(command, JSON_COMPACT);
    note_said(ssn, str_from(task->act.text));
    bool is_sent = ssn->host ? socialstream_host_send(ssn->host, text, strlen(text))
                             : websocket_send(ssn->command.websocket, text, strlen(text), NULL);
    free(text);
    json_decref(command);
    if (is_sent)
        return;
    ssn->waiting = 0;
    connector_task_done(base, task->number, CONNECTOR_UNABLE, NULL, "not connected");
}

/* ---- the table ---- */

static void start_host(struct socialstream *ssn)
{
    struct error err = {0};
    ssn->host = socialstream_host_create(ssn, &err);
    if (ssn->host) {
        connector_set_state(&ssn->base, CONNECTOR_WAITING, "listening on %s; the extension has not come yet", ssn->listen);
    } else {
        connector_set_remedy(&ssn->base, "choose another address for \"listen\", and the same in the extension");
        connector_set_state(&ssn->base, CONNECTOR_FAILED, "listen: %s", err.text);
    }
}

static void ssn_start(struct connector *base)
{
    struct socialstream *ssn = get_ssn(base);
    timer_init(&ssn->tick, base->options.loop, handle_tick, ssn);
    timer_init(&ssn->chat.retry, base->options.loop, connect_link, &ssn->chat);
    timer_init(&ssn->command.retry, base->options.loop, connect_link, &ssn->command);
    json_t *cursor = connector_cursor(base);
    ssn->alive_ms = json_get_int(cursor, "alive_ms", 0);
    json_decref(cursor);
    if (ssn->listen) {
        start_host(ssn);
        return;
    }
    connector_set_state(base, CONNECTOR_CONNECTING, "connecting");
    timer_start(&ssn->chat.retry, backoff_next_ms(&ssn->chat.backoff));
    timer_start(&ssn->command.retry, backoff_next_ms(&ssn->command.backoff));
}

static bool ssn_receive(struct connector *base, const char *text, size_t len, struct error *err)
{
    return take(get_ssn(base), text, len, err);
}

static void ssn_stop(struct connector *base)
{
    struct socialstream *ssn = get_ssn(base);
    if (is_live(ssn))
        give_cursor(ssn);
}

static void ssn_destroy(struct connector *base)
{
    struct socialstream *ssn = get_ssn(base);
    timer_stop(&ssn->tick);
    timer_stop(&ssn->chat.retry);
    timer_stop(&ssn->command.retry);
    websocket_destroy(ssn->chat.websocket);
    websocket_destroy(ssn->command.websocket);
    socialstream_host_destroy(ssn->host);
    socialstream_reader_fini(&ssn->reader);
    free(ssn->name);
    free(ssn->session);
    free(ssn->url);
    free(ssn->listen);
    free(ssn->target);
    free(ssn->loss);
    free(ssn);
}

const struct connector_impl socialstream_connector = {
    .name = "socialstream", .title = "Social Stream Ninja", .keys = keys,
    .text_limit = {TEXT_MAX, CONNECTOR_UTF16_UNITS}, .pace = {.count = 20, .per_ms = 30 * 1000, .gap_ms = 1000},
    .check = ssn_check, .create = ssn_create, .start = ssn_start, .receive = ssn_receive, .can = ssn_can, .act = ssn_act,
    .stop = ssn_stop, .destroy = ssn_destroy,
};
