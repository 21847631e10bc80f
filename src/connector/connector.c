#include "connector/connector.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/poison.h"
#include "connector/connector_impl.h"
#include "connector/health.h"
#include "connector/emote_sets.h"
#include "connector/inbound.h"
#include "connector/outbox.h"
#include "net/http.h"
#include "net/proxy.h"
#include "net/websocket.h"

/* Every platform, in alphabetical order. */
static const struct connector_impl *const connectors[] = {
    &discord_connector,
    &door_connector,
    &facebook_connector,
    &instagram_connector,
    &irc_connector,
    &kick_connector,
    &reddit_connector,
    &socialstream_connector,
    &tiktok_connector,
    &twitch_connector,
    &x_connector,
    &youtube_connector,
};

const char *connector_name_at(size_t index)
{
    return index < ARRAY_LENGTH(connectors) ? connectors[index]->name : NULL;
}

static const struct connector_impl *find_impl(const char *name, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LENGTH(connectors); i++) {
        if (strcmp(connectors[i]->name, name) == 0)
            return connectors[i];
    }
    char known[256] = "";
    for (size_t i = 0; i < ARRAY_LENGTH(connectors); i++) {
        size_t len = strlen(known);
        snprintf(known + len, sizeof(known) - len, "%s\"%s\"", i ? ", " : "", connectors[i]->name);
    }
    error_set(err, ERROR_DATA, "connector \"%s\": expected one of %s", name, known);
    return NULL;
}

/* ---- configuration ---- */

static const char *type_words(json_type type)
{
    return type == JSON_STRING ? "a text" : type == JSON_INTEGER ? "a whole number" : "true or false";
}

enum { HOLD_MS_MAX = 600 * 1000 };

static const struct connector_key common_keys[] = {
    {"proxy", JSON_STRING, false, "the way out, where there is one: a proxy for this source alone", "socks5h://127.0.0.1:9050"},
    {"ca_file", JSON_STRING, false, "a PEM file of certificates trusted besides the system's", "/etc/ssl/own.pem"},
    {"hold_ms", JSON_INTEGER, false, "so long its lines wait before a chat box shows them, in milliseconds; usual: 4000", "8000"},
    {"emote_sets", JSON_NULL, false, NULL, NULL},  // JSON_NULL: emote_sets_check() looks at it
    {"emote_url", JSON_STRING, false, NULL, NULL},
    {NULL},
};

static const struct connector_key *find_key(const struct connector_key *keys, const char *name)
{
    static const struct connector_key connector = {"connector", JSON_STRING, true};
    const struct connector_key *const tables[] = {common_keys, keys};
    for (size_t i = 0; i < ARRAY_LENGTH(tables); i++) {
        for (const struct connector_key *key = tables[i]; key->name; key++) {
            if (strcmp(key->name, name) == 0)
                return key;
        }
    }
    return strcmp(name, connector.name) == 0 ? &connector : NULL;
}

const struct connector_key *connector_keys(const char *platform)
{
    const struct connector_impl *impl = find_impl(platform, NULL);
    return impl ? impl->keys : NULL;
}

const struct connector_key *connector_common_keys(void)
{
    return common_keys;
}

const char *connector_title(const char *platform)
{
    const struct connector_impl *impl = find_impl(platform, NULL);
    return !impl ? NULL : impl->title ? impl->title : impl->name;
}

/* "chanel" is close to "channel": the key that begins most alike; NULL: none does. */
static const char *nearest_key(const struct connector_key *keys, const char *name)
{
    const struct connector_key *const tables[] = {keys, common_keys};
    const char *best = NULL;
    size_t best_shared = 2;
    for (size_t i = 0; i < ARRAY_LENGTH(tables); i++) {
        for (const struct connector_key *key = tables[i]; key->name; key++) {
            size_t shared = 0;
            while (name[shared] && name[shared] == key->name[shared])
                shared++;
            if (shared > best_shared) {
                best_shared = shared;
                best = key->name;
            }
        }
    }
    return best;
}

static bool refuse_key(const struct connector_impl *impl, const char *name, struct error *err)
{
    const char *meant = nearest_key(impl->keys, name);
    return error_set(err, ERROR_DATA, "%s: the connector \"%s\" knows no such key%s%s%s; docs/sources/%s.md lists them", name,
                     impl->name, meant ? " (\"" : "", meant ? meant : "", meant ? "\" is meant?)" : "", impl->name);
}

static bool has_type(const json_t *value, json_type type)
{
    return type == JSON_NULL || (type == JSON_TRUE ? json_is_boolean(value) : json_typeof(value) == type);
}

static bool check_keys(const struct connector_impl *impl, const json_t *config, struct error *err)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)config, name, value) {
        const struct connector_key *key = find_key(impl->keys, name);
        if (!key)
            return refuse_key(impl, name, err);
        if (!has_type(value, key->type))
            return error_set(err, ERROR_DATA, "%s: expected %s", name, type_words(key->type));
    }
    for (const struct connector_key *key = impl->keys; key->name; key++) {
        if (key->is_required && !json_object_get(config, key->name))
            return error_set(err, ERROR_DATA, "%s: missing; the connector \"%s\" needs it", key->name, impl->name);
    }
    return true;
}

/* Used by the relay (gate.h): it belongs to every source. */
static bool check_hold(const json_t *config, struct error *err)
{
    json_int_t hold_ms = json_integer_value(json_object_get(config, "hold_ms"));
    return (hold_ms >= 0 && hold_ms <= HOLD_MS_MAX) ||
           error_set(err, ERROR_DATA, "hold_ms %" JSON_INTEGER_FORMAT ": expected 0 to %d milliseconds", hold_ms, HOLD_MS_MAX);
}

static bool check_proxy(const json_t *config, struct error *err)
{
    struct proxy proxy = {0};
    bool is_good = proxy_parse(json_get_text(config, "proxy"), &proxy, err);
    proxy_fini(&proxy);
    return is_good;
}

static const struct connector_impl *check_config(const json_t *config, char **source, struct error *err)
{
    const char *name = json_get_text(config, "connector");
    if (!name) {
        error_set(err, ERROR_DATA, "connector: missing; expected a text like \"twitch\"");
        return NULL;
    }
    const struct connector_impl *impl = find_impl(name, err);
    if (!impl || !check_keys(impl, config, err) || !check_hold(config, err) || !check_proxy(config, err) || !emote_sets_check(config, err))
        return NULL;
    char *rest = impl->check(config, err);
    if (!rest)
        return NULL;
    *source = xasprintf("%s:%s", impl->name, rest);
    free(rest);
    return impl;
}

bool connector_wants_token(const char *platform)
{
    const struct connector_impl *impl = find_impl(platform, NULL);
    return impl && impl->wants_token;
}

char *connector_source_id(const json_t *config, struct error *err)
{
    char *source = NULL;
    check_config(config, &source, err);
    return source;
}

static bool is_blank_or_control(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

char *connector_config_secret(const json_t *config, const char *key, struct error *err)
{
    const char *text = connector_config_text(config, key, "");
    size_t len = strlen(text);
    while (len > 0 && is_blank_or_control(text[len - 1]))
        len--;
    for (; len > 0 && is_blank_or_control(*text); len--)
        text++;
    for (size_t i = 0; i < len; i++) {
        if (is_blank_or_control(text[i])) {
            error_set(err, ERROR_DATA, "%s: there is a blank or a line end within it; paste it again, in one piece", key);
            return NULL;
        }
    }
    return xstrndup(text, len);
}

const char *connector_config_text(const json_t *config, const char *key, const char *otherwise)
{
    const char *text = json_get_text(config, key);
    return text && *text ? text : otherwise;
}

/* ---- life ---- */

static struct connector *build(const struct connector_impl *impl, const json_t *config, char *source,
                               const struct connector_options *options)
{
    assert(options->deliver);
    struct connector *base = impl->create(config);
    base->impl = impl;
    base->options = *options;
    base->source = source;
    list_init(&base->sockets);
    base->cursor = options->cursor && *options->cursor ? xstrdup(options->cursor) : NULL;
    base->options.cursor = base->cursor;
    const char *ca_file = connector_config_text(config, "ca_file", options->ca_file);
    base->ca_file = xstrdup(ca_file);
    base->options.ca_file = base->ca_file;
    if (connector_token(base))
        log_hide(connector_token(base));
    base->proxy = xstrdup(connector_config_text(config, "proxy", NULL));
    base->text = xstrdup("not started");
    base->remedy = xstrdup("");
    base->health = (struct connector_health){.text = base->text, .remedy = base->remedy, .since_ms = clock_unix_ms()};
    base->text_limit = impl->text_limit;
    base->pace = impl->pace;
    base->emote_sets = emote_sets_create(base, config);
    return base;
}

struct connector *connector_create(const json_t *config, const struct connector_options *options, struct error *err)
{
    char *source = NULL;
    const struct connector_impl *impl = check_config(config, &source, err);
    return impl ? build(impl, config, source, options) : NULL;
}

struct connector *connector_create_decoder(const char *platform, const struct connector_options *options,
                                           struct error *err)
{
    const struct connector_impl *impl = find_impl(platform, err);
    if (!impl)
        return NULL;
    struct connector_options offline = *options;
    offline.loop = NULL;
    struct connector *base = build(impl, NULL, xstrdup(platform), &offline);
    base->is_decoder = true;
    return base;
}

void connector_start(struct connector *connector)
{
    assert(connector->options.loop);
    connector->impl->start(connector);
}

void connector_destroy(struct connector *connector)
{
    if (!connector)
        return;
    connector_end_sockets(connector);
    if (connector->impl->stop && connector->options.loop)
        connector->impl->stop(connector);
    outbox_destroy(connector->outbox);
    connector->outbox = NULL;
    free(connector->source);
    free(connector->cursor);
    emote_sets_destroy(connector->emote_sets);
    free(connector->ca_file);
    free(connector->proxy);
    free(connector->text);
    free(connector->remedy);
    free(connector->own_author_id);
    free(connector->own_other_id);
    connector->impl->destroy(connector);
}

void connector_note_repeat(struct connector *connector)
{
    connector->repeats++;
}

const struct connector_health *connector_health(const struct connector *connector)
{
    return &connector->health;
}

const char *connector_source(const struct connector *connector)
{
    return connector->source;
}

const char *connector_platform(const struct connector *connector)
{
    return connector->impl->name;
}

bool connector_receive(struct connector *connector, const char *frame, size_t len, struct error *err)
{
    return connector->impl->receive(connector, frame, len, err);
}

/* ---- writing ---- */

static const char *const act_names[] = {
    [CONNECTOR_SAY] = "say", [CONNECTOR_ANNOUNCE] = "announce", [CONNECTOR_DELETE] = "delete",
    [CONNECTOR_TIMEOUT] = "timeout", [CONNECTOR_BAN] = "ban", [CONNECTOR_UNBAN] = "unban", [CONNECTOR_CLEAR] = "clear",
    [CONNECTOR_POLL_START] = "poll_start", [CONNECTOR_POLL_END] = "poll_end",
};

const char *connector_act_name(enum connector_act_kind kind)
{
    return (unsigned)kind < ARRAY_LENGTH(act_names) ? act_names[kind] : NULL;
}

const char *connector_outcome_name(enum connector_outcome outcome)
{
    static const char *const names[] = {
        [CONNECTOR_ACCEPTED] = "accepted", [CONNECTOR_DROPPED] = "dropped", [CONNECTOR_UNABLE] = "unable",
        [CONNECTOR_UNSURE] = "unsure",
    };
    return (unsigned)outcome < ARRAY_LENGTH(names) ? names[outcome] : "";
}

bool connector_can(struct connector *connector, enum connector_act_kind kind, const char **why_not)
{
    const struct connector_impl *impl = connector->impl;
    const char *reason = impl->can ? impl->can(connector, kind) : "antiphon cannot write there";
    if (why_not)
        *why_not = reason;
    return !reason;
}

uint64_t connector_act(struct connector *connector, const struct connector_act *act)
{
    assert(connector->options.loop);
    if (!connector->outbox)
        connector->outbox = outbox_create(connector);
    return outbox_push(connector->outbox, act);
}

void connector_task_done(struct connector *base, uint64_t number, enum connector_outcome outcome, const char *native_id,
                         const char *format, ...)
{
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (base->outbox)  // a program at the door may "answer" before anything was asked
        outbox_finish(base->outbox, number, outcome, native_id, text);
}

void connector_task_again(struct connector *base, uint64_t number, int64_t retry_ms, const char *why)
{
    if (base->outbox)
        outbox_repeat(base->outbox, number, retry_ms, why);
}

void connector_set_own_author(struct connector *base, const char *author_id)
{
    free(base->own_author_id);
    base->own_author_id = xstrdup(author_id);
}

void connector_set_other_author(struct connector *base, const char *author_id)
{
    free(base->own_other_id);
    base->own_other_id = xstrdup(author_id);
}

/* ---- what platforms use ---- */

void connector_set_channel(struct connector *base, const char *channel_id)
{
    if (base->emote_sets)
        emote_sets_set_channel(base->emote_sets, base->impl->name, channel_id);
}

void connector_fill_http(const struct connector *base, struct http_options *options)
{
    options->ca_file = base->ca_file;
    options->proxy = base->proxy;
}

void connector_fill_websocket(const struct connector *base, struct websocket_options *options)
{
    options->ca_file = base->ca_file;
    options->proxy = base->proxy;
}

/* To the tick of the system's clock (4 ms), at a third of the price: this is asked for each message. */
static int64_t coarse_unix_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / NS_PER_MS;
}

static bool is_own(const struct connector *base, const struct message_draft *draft)
{
    bool is_said = draft->kind == MESSAGE_CHAT || draft->kind == MESSAGE_ACTION;
    return is_said && base->outbox && outbox_knows(base->outbox, draft->native_id, draft->author.id, draft->text);
}

void connector_deliver(struct connector *base, struct message_draft *draft)
{
    int64_t now_ms = coarse_unix_ms();
    if (draft->platform.len == 0)
        draft->platform = str_from(base->impl->name);
    if (draft->source.len == 0)
        draft->source = str_from(base->source);
    draft->is_own = draft->is_own || is_own(base, draft);
    if (base->emote_sets)
        emote_sets_apply(base->emote_sets, draft);
    if (draft->time_ms < 0)
        draft->time_ms = 0;  // "0226-11-22T…": no clock of a platform
    if (draft->time_ms > 0 && !draft->is_history)
        health_note_skew(base, now_ms, draft->time_ms);
    struct message *message = message_create(draft);
    base->health.messages++;
    base->health.last_message_ms = now_ms;
    base->options.deliver(base->options.data, message);
    message_unref(message);
}

/*
 * A test hook: ANTIPHON_TEST_ABORT_ON=TEXT in the environment makes the first work on a frame that holds TEXT end
 * the process, as a fault in a parser would. Read once.
 */
static void abort_for_test(const char *frame, size_t len)
{
    static const char *text;
    static bool is_read;
    if (!is_read)
        text = getenv("ANTIPHON_TEST_ABORT_ON");
    is_read = true;
    if (text && *text && memmem(frame, len, text, strlen(text)))
        abort();
}

bool connector_begin_frame(struct connector *base, const char *frame, size_t len)
{
    if (!poison_begin(base->options.poison, base->source, frame, len)) {
        int64_t now_ms = clock_unix_ms();
        base->health.dropped++;
        log_warn("connector", "%s: skipped a frame of %zu bytes that ended an earlier run", base->source, len);
        connector_gap(base, now_ms, now_ms, "a frame that ended an earlier run of the program was skipped");
        return false;
    }
    abort_for_test(frame, len);
    return true;
}

void connector_end_frame(struct connector *base, const struct error *err)
{
    poison_end(base->options.poison);
    if (!err || err->code == ERROR_NONE)
        return;
    uint64_t dropped = ++base->health.dropped;
    // Hostile peers can send many: the log gets the first, second, fourth, eighth …
    if (base->options.loop && (dropped & (dropped - 1)) == 0)
        log_warn("connector", "%s: dropped a frame (%llu so far): %s", base->source, (unsigned long long)dropped,
                 err->text);
}

void connector_gap(struct connector *base, int64_t from_ms, int64_t to_ms, const char *reason)
{
    if (from_ms <= 0)
        return;
    from_ms -= from_ms % 1000;
    if (base->options.on_gap)
        base->options.on_gap(base->options.data, from_ms, to_ms < from_ms ? from_ms : to_ms, reason);
}

void connector_set_cursor(struct connector *base, const char *cursor)
{
    if (base->options.on_cursor)
        base->options.on_cursor(base->options.data, cursor);
}

void connector_set_cursor_json(struct connector *base, json_t *cursor)
{
    char *text = json_dumps(cursor, JSON_COMPACT);
    connector_set_cursor(base, text);
    free(text);
    json_decref(cursor);
}

json_t *connector_cursor(const struct connector *base)
{
    const char *text = base->options.cursor;
    return text ? json_parse(text, strlen(text), NULL) : NULL;
}
