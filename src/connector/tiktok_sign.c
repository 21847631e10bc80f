/*
 * tiktok_sign.c - the first fetch, which a sign server signs: it tells the websocket's address and place, and brings the
 * first messages. Each costs of a small budget (a dozen an hour has been seen), so the wait between two doubles until a
 * connection has proved itself. Nobody's login is ever given to a sign server.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/tiktok_inside.h"
#include "net/form.h"
#include "net/http.h"

enum { SIGN_MS_MAX = 10 * 60 * 1000, SELDOM_MS = 10 * 60 * 1000, COOKIE_BYTES_MAX = 4096 };

static void add(struct buffer *url, const char *name, struct str value)
{
    if (value.len == 0)
        return;
    buffer_add_char(url, memchr(url->data, '?', url->len) ? '&' : '?');
    buffer_add_string(url, name);
    buffer_add_char(url, '=');
    form_escape(url, value.data, value.len);
}

static void add_text(struct buffer *url, const char *name, const char *value)
{
    add(url, name, str_from(value));
}

/* ---- the websocket's address ---- */

/* What the web client says of itself, July 2026; room, place and time are added. */
static const char *const parameters[][2] = {
    {"aid", "1988"}, {"app_language", "en"}, {"app_name", "tiktok_web"}, {"browser_language", "en-US"},
    {"browser_name", "Mozilla"}, {"browser_online", "true"}, {"browser_platform", "Win32"},
    {"browser_version", TIKTOK_USER_AGENT + sizeof("Mozilla/") - 1}, {"compress", "gzip"}, {"cookie_enabled", "true"},
    {"device_platform", "web"}, {"did_rule", "3"}, {"heartbeat_duration", "0"}, {"history_comment_count", "6"},
    {"identity", "audience"}, {"last_rtt", "150"}, {"live_id", "12"}, {"resp_content_type", "protobuf"},
    {"screen_height", "1080"}, {"screen_width", "1920"}, {"sup_ws_ds_opt", "1"}, {"tz_name", "Etc/UTC"},
    {"update_version_code", "2.0.0"}, {"version_code", "180800"}, {"webcast_language", "en"}, {"ws_direct", "0"},
    {"client_enter", "1"},
};

static bool is_ours(struct str key)
{
    static const char *const more[] = {"cursor", "internal_ext", "room_id"};
    for (size_t i = 0; i < ARRAY_LENGTH(parameters); i++) {
        if (str_equal(key, str_from(parameters[i][0])))
            return true;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(more); i++) {
        if (str_equal(key, str_from(more[i])))
            return true;
    }
    return false;
}

/* A parameter's name comes from outside: only what needs no escaping is one. */
static bool is_name(struct str key)
{
    for (size_t i = 0; i < key.len; i++) {
        char c = key.data[i];
        if (!(((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return key.len > 0 && key.len < 64;
}

static char *socket_url(const struct tiktok *tiktok, const struct tiktok_envelope *envelope)
{
    struct buffer url = {0};
    buffer_add(&url, envelope->push_server.data, envelope->push_server.len);
    for (size_t i = 0; i < envelope->route_count; i++) {
        struct str key = envelope->route[i].key;
        if (!is_name(key) || is_ours(key))
            continue;
        char *name = xstrndup(key.data, key.len);
        add(&url, name, envelope->route[i].value);
        free(name);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(parameters); i++)
        add_text(&url, parameters[i][0], parameters[i][1]);
    add_text(&url, "cursor", tiktok->cursor);
    add_text(&url, "internal_ext", tiktok->ext);
    add_text(&url, "room_id", tiktok->room);
    buffer_add_string(&url, "&version_code=270000");  // a second time, and last: as the web client does
    return buffer_take(&url);
}

/* ---- the answer ---- */

static void wait_longer(struct tiktok *tiktok)
{
    tiktok->sign_wait_ms = tiktok->sign_wait_ms * 2 < SIGN_MS_MAX ? tiktok->sign_wait_ms * 2 : SIGN_MS_MAX;
}

static void fail(struct tiktok *tiktok, int64_t wait_ms, const char *remedy, const char *text)
{
    char again[32];
    if (remedy)
        connector_set_remedy(&tiktok->base, "%s", remedy);
    connector_set_state(&tiktok->base, CONNECTOR_FAILED, "the sign server %s (%s)", text, connector_again_text(wait_ms, again));
    tiktok_later(tiktok, wait_ms, tiktok_find_room);
}

/* Retry-After in seconds, else X-RateLimit-Reset in Unix seconds, else a long while. */
static int64_t limit_wait_ms(const struct http_result *result)
{
    const char *after = http_result_header(result, "retry-after"), *reset = http_result_header(result, "x-ratelimit-reset");
    int64_t wait_ms = after ? strtoll(after, NULL, 10) * 1000 : reset ? strtoll(reset, NULL, 10) * 1000 - clock_unix_ms() : 0;
    return wait_ms > 0 && wait_ms < 24 * 3600 * 1000 ? wait_ms : SIGN_MS_MAX;
}

/* {"message":…,"limit_label":…}. */
static void handle_limit(struct tiktok *tiktok, const struct http_result *result)
{
    char again[32];
    int64_t wait_ms = limit_wait_ms(result);
    json_t *body = json_parse(result->body, result->len, NULL);
    const char *label = json_get_text(body, "limit_label");
    connector_set_state(&tiktok->base, CONNECTOR_WAITING, "the sign server's limit is used up%s%s (%s)", label ? ": " : "",
                        label ? label : "", connector_again_text(wait_ms, again));
    json_decref(body);
    tiktok_later(tiktok, wait_ms, tiktok_find_room);
}

static void handle_refusal(struct tiktok *tiktok, const struct http_result *result)
{
    switch (result->status) {
    case 401: fail(tiktok, SELDOM_MS, "check sign_key", "does not know the key (401)"); break;
    case 403: fail(tiktok, SELDOM_MS, "check sign_key and what its plan covers", "refuses (403): the key or its plan"); break;
    case 402: fail(tiktok, SELDOM_MS, "the sign server wants to be paid for this", "wants to be paid (402)"); break;
    case 404: fail(tiktok, SELDOM_MS, "check sign_url", "knows no such address (404): is sign_url right?"); break;
    case 429: handle_limit(tiktok, result); break;
    default:
        tiktok_lose(tiktok, tiktok_find_room, result->error.text);
        wait_longer(tiktok);
        break;
    }
}

/* A signed address with a secret cookie: never over an open line, unless the sign server itself is asked over one. */
static bool may_open(const struct tiktok *tiktok, struct str push_server)
{
    return str_starts_with(push_server, STR("wss://")) ||
           (str_starts_with(push_server, STR("ws://")) && strncmp(tiktok->sign_url, "http://", 7) == 0);
}

static void take_place(struct tiktok *tiktok, const struct tiktok_envelope *envelope)
{
    if (envelope->cursor.len > 0)
        tiktok_set_text(&tiktok->cursor, envelope->cursor);
    if (envelope->internal_ext.len > 0)
        tiktok_set_text(&tiktok->ext, envelope->internal_ext);
}

static void handle_fetched(struct tiktok *tiktok, const struct http_result *result)
{
    struct tiktok_envelope envelope;
    struct error err = {0};
    struct tiktok_reader *reader = &tiktok->reader;
    const char *cookie = http_result_header(result, "x-set-tt-cookie"), *room = http_result_header(result, "x-room-id");
    reader->history_before_ms = tiktok->alive_ms;
    if (!tiktok->room && room)
        tiktok_set_text(&tiktok->room, str_from(room));
    tiktok_read_result(reader, result->body, result->len, &envelope, &err);  // events were counted and logged there
    if (reader->is_ended) {
        tiktok_end_broadcast(tiktok);
    } else if (!may_open(tiktok, envelope.push_server) || !cookie || strlen(cookie) > COOKIE_BYTES_MAX || !tiktok->room) {
        fail(tiktok, tiktok->sign_wait_ms, NULL, "gives no address, cookie or room for the websocket");
    } else {
        take_place(tiktok, &envelope);
        tiktok_set_text(&tiktok->cookie, str_from(cookie));
        free(tiktok->push_url);
        tiktok->push_url = socket_url(tiktok, &envelope);
        tiktok_socket_open(tiktok);
    }
}

static void handle_done(void *data, const struct http_result *result)
{
    struct tiktok *tiktok = data;
    tiktok->request = NULL;
    if (result->error.code != ERROR_NONE) {
        handle_refusal(tiktok, result);
    } else if (result->len == 0) {
        fail(tiktok, tiktok->sign_wait_ms, NULL, "answers with nothing");
        wait_longer(tiktok);
    } else {
        handle_fetched(tiktok, result);
    }
}

/* ---- the request ---- */

static void begin_url(struct tiktok *tiktok, struct buffer *url)
{
    size_t len = strlen(tiktok->sign_url);
    while (len > 0 && tiktok->sign_url[len - 1] == '/')
        len--;
    buffer_add(url, tiktok->sign_url, len);
    buffer_add_string(url, "/webcast/fetch");
    add_text(url, "client", "antiphon");
    add_text(url, "room_id", tiktok->room);
    add_text(url, "unique_id", tiktok->channel);
    add_text(url, "cursor", tiktok->cursor);
    add_text(url, "user_agent", TIKTOK_USER_AGENT);
    add_text(url, "client_enter", "true");
    add_text(url, "platform", "web");
    add_text(url, "tt_target_idc", tiktok->idc);
    buffer_add_char(url, '\0');
}

void tiktok_sign(struct tiktok *tiktok)
{
    struct error err = {0};
    struct buffer url = {0};
    int64_t now_ms = clock_monotonic_ms(), due_ms = tiktok->signed_ms + tiktok->sign_wait_ms;
    if (tiktok->signed_ms > 0 && now_ms < due_ms) {
        tiktok_later(tiktok, due_ms - now_ms, tiktok_sign);
        return;
    }
    if (tiktok->signed_ms > 0)
        wait_longer(tiktok);
    tiktok->signed_ms = now_ms;
    begin_url(tiktok, &url);
    struct net_header headers[] = {{"Accept", "application/protobuf"}, {"x-api-key", tiktok->sign_key}};
    struct http_options options = {
        .url = url.data, .headers = headers,
        .header_count = *tiktok->sign_key ? 2 : 1, .body_bytes_max = TIKTOK_FRAME_BYTES_MAX, .on_done = handle_done,
        .data = tiktok};
    connector_fill_http(&tiktok->base, &options);
    connector_set_state(&tiktok->base, CONNECTOR_CONNECTING, "asking the sign server for the LIVE of @%s", tiktok->channel);
    tiktok->request = http_start(tiktok->base.options.loop, &options, &err);
    if (!tiktok->request)
        connector_set_state(&tiktok->base, CONNECTOR_FAILED, "sign_url: %s", err.text);
    buffer_fini(&url);
}
