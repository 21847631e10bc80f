/*
 * tiktok.c - TikTok LIVE, of which TikTok publishes nothing. Two ways: TikFinity, an app that the streamer runs and that
 * passes the chat on over a local websocket; and TikTok's own webcast by a third party's sign server, which TikTok's
 * terms do not allow and which is off unless it is switched on by hand.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/tiktok_inside.h"
#include "net/http.h"
#include "net/websocket.h"

enum {
    TICK_MS = 1000, HANDLE_MAX = 32, RESUME_BYTES_MAX = 1024,
    WAIT_MS = 60 * 1000, QUIET_MS = 60 * 1000, HEARTBEAT_MS = 10 * 1000, SIGN_MS = 10 * 1000,
    STREAK_MS = 10 * 1000, LIKES_MS = 5 * 1000, PROVED_MS = 60 * 1000,
};

static const struct connector_key keys[] = {
    {"channel", JSON_STRING, false, "the handle; needed by the webcast only", "@anna"},
    {"method", JSON_STRING, false, "tikfinity (the app on this computer), or webcast (unofficial)", "tikfinity"},
    {"unofficial", JSON_TRUE, false, "yes to the webcast, although TikTok does not allow it"},
    {"sign_url", JSON_STRING, false, "the sign server of the webcast", "https://api.eulerstream.com"},
    {"sign_key", JSON_STRING, false, "its key", "secret:euler"},
    {"url", JSON_STRING, false}, {"site_url", JSON_STRING, false}, {"wait_ms", JSON_INTEGER, false}, {"quiet_ms", JSON_INTEGER, false},
    {"heartbeat_ms", JSON_INTEGER, false}, {"sign_ms", JSON_INTEGER, false}, {"streak_ms", JSON_INTEGER, false},
    {"likes_ms", JSON_INTEGER, false}, {"proved_ms", JSON_INTEGER, false}, {NULL},
};

/* ---- configuration ---- */

/* "anna", "@anna" or an address of hers, as people paste them → "anna". NULL: no handle. */
static char *handle_of(const char *text)
{
    static const char *const before[] = {"https://", "http://", "www.", "m.", "tiktok.com/", "@"};
    while (*text == ' ')
        text++;
    for (size_t i = 0; i < ARRAY_LENGTH(before); i++) {
        if (strncasecmp(text, before[i], strlen(before[i])) == 0)
            text += strlen(before[i]);
    }
    size_t len = strcspn(text, "/?");
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    if (len < 1 || len > HANDLE_MAX)
        return NULL;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool is_plain = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
        if (!is_plain)
            return NULL;
    }
    return xstrndup(text, len);
}

static bool check_webcast(const json_t *config, const char *channel, struct error *err)
{
    if (!json_get_bool(config, "unofficial", false))
        return error_set(err, ERROR_DATA, "method \"webcast\": it reads TikTok's own protocol with signatures of a third "
                         "party, which TikTok's terms do not allow; set \"unofficial\": true if you answer for that, or leave "
                         "method out and use TikFinity");
    if (!channel)
        return error_set(err, ERROR_DATA, "channel: missing; method \"webcast\" needs it");
    if (!json_get_text(config, "sign_url"))
        return error_set(err, ERROR_DATA, "sign_url: missing; expected the address of a sign server, such as "
                         "\"https://api.eulerstream.com\"");
    char *key = connector_config_secret(config, "sign_key", err);
    free(key);
    return key != NULL;
}

static char *tiktok_check(const json_t *config, struct error *err)
{
    const char *channel = json_get_text(config, "channel"), *method = connector_config_text(config, "method", "tikfinity");
    char *handle = channel ? handle_of(channel) : NULL;
    bool is_webcast = strcmp(method, "webcast") == 0;
    if (channel && !handle) {
        error_set(err, ERROR_DATA, "channel \"%s\": expected the handle: at most %d letters, digits, _ and .", channel,
                  HANDLE_MAX);
        return NULL;
    }
    if (!is_webcast && strcmp(method, "tikfinity") != 0) {
        error_set(err, ERROR_DATA, "method \"%s\": expected \"tikfinity\" or \"webcast\"", method);
    } else if (!is_webcast || check_webcast(config, channel, err)) {
        return handle ? handle : xstrdup("tikfinity");
    }
    free(handle);
    return NULL;
}

/* ---- what both ways need ---- */

static void run_step(void *data)
{
    struct tiktok *tiktok = data;
    tiktok->step(tiktok);
}

void tiktok_later(struct tiktok *tiktok, int64_t delay_ms, tiktok_step step)
{
    tiktok->step = step;
    timer_start(&tiktok->timer, delay_ms);
}

void tiktok_set_text(char **slot, struct str text)
{
    char *copy = text.len > 0 ? xstrndup(text.data, text.len) : NULL;
    free(*slot);
    *slot = copy;
}

static void set_short(json_t *cursor, const char *key, const char *text)
{
    if (text && strlen(text) <= RESUME_BYTES_MAX)
        json_object_set_new(cursor, key, json_string(text));
}

static void give_cursor(struct tiktok *tiktok)
{
    json_t *cursor = json_pack("{s:I}", "alive_ms", (json_int_t)tiktok->alive_ms);
    set_short(cursor, "room", tiktok->room);
    set_short(cursor, "cursor", tiktok->cursor);
    set_short(cursor, "ext", tiktok->ext);
    tiktok->cursor_ms = tiktok->alive_ms;
    connector_set_cursor_json(&tiktok->base, cursor);
}

void tiktok_note_alive(struct tiktok *tiktok, int64_t alive_ms)
{
    if (alive_ms > tiktok->alive_ms)
        tiktok->alive_ms = alive_ms;
    if (tiktok->alive_ms - tiktok->cursor_ms >= TICK_MS)
        give_cursor(tiktok);
}

void tiktok_enter(struct tiktok *tiktok)
{
    int64_t now_ms = clock_unix_ms();
    if (tiktok->alive_ms > 0)
        connector_gap(&tiktok->base, tiktok->alive_ms, now_ms, tiktok->loss ? tiktok->loss : "we were not running");
    tiktok->alive_ms = now_ms;
    tiktok->heard_ms = clock_monotonic_ms();
    tiktok->heard = tiktok->reader.events;
    tiktok->is_in = true;
    give_cursor(tiktok);
    timer_start(&tiktok->tick, TICK_MS);
}

void tiktok_leave(struct tiktok *tiktok, const char *why)
{
    websocket_destroy(tiktok->socket);
    tiktok->socket = NULL;
    tiktok->is_in = false;
    timer_stop(&tiktok->tick);
    timer_stop(&tiktok->heartbeat);
    timer_stop(&tiktok->deadline);
    free(tiktok->loss);
    tiktok->loss = xasprintf("connection lost: %s", why);
}

void tiktok_lose(struct tiktok *tiktok, tiktok_step again, const char *why)
{
    char words[32];
    char *kept = xstrdup(why);  // it may stand in what is destroyed
    int64_t delay_ms = backoff_next_ms(&tiktok->backoff);
    tiktok_leave(tiktok, kept);
    tiktok_later(tiktok, delay_ms, again);
    connector_set_state(&tiktok->base, CONNECTOR_CONNECTING, "%s (%s)", kept, connector_again_text(delay_ms, words));
    free(kept);
}

static void handle_tick(void *data)
{
    struct tiktok *tiktok = data;
    timer_start(&tiktok->tick, TICK_MS);
    if (tiktok->is_webcast) {
        tiktok_socket_tick(tiktok);
    } else {
        tiktok_app_tick(tiktok);
    }
}

/* ---- the table ---- */

static struct connector *tiktok_create(const json_t *config)
{
    struct tiktok *tiktok = xcalloc(1, sizeof(*tiktok));
    const char *channel = json_get_text(config, "channel");
    tiktok_reader_init(&tiktok->reader, &tiktok->base);
    tiktok->channel = channel ? handle_of(channel) : NULL;
    tiktok->is_webcast = strcmp(connector_config_text(config, "method", "tikfinity"), "webcast") == 0;
    tiktok->url = xstrdup(connector_config_text(config, "url", "ws://localhost:21213/"));
    tiktok->site_url = xstrdup(connector_config_text(config, "site_url", "https://www.tiktok.com"));
    tiktok->sign_url = xstrdup(connector_config_text(config, "sign_url", ""));
    tiktok->sign_key = connector_config_secret(config, "sign_key", NULL);
    tiktok->wait_ms = json_get_int(config, "wait_ms", WAIT_MS);
    tiktok->quiet_ms = json_get_int(config, "quiet_ms", QUIET_MS);
    tiktok->heartbeat_ms = json_get_int(config, "heartbeat_ms", HEARTBEAT_MS);
    tiktok->sign_ms = json_get_int(config, "sign_ms", SIGN_MS);
    tiktok->sign_wait_ms = tiktok->sign_ms;
    tiktok->streak_ms = json_get_int(config, "streak_ms", STREAK_MS);
    tiktok->proved_ms = json_get_int(config, "proved_ms", PROVED_MS);
    tiktok->likes_ms = json_get_int(config, "likes_ms", LIKES_MS);
    if (!tiktok->is_webcast)
        tiktok->backoff = (struct backoff){.first_ms = 2000, .limit_ms = 10000};  // as TikFinity's other clients do
    return &tiktok->base;
}

static void read_cursor(struct tiktok *tiktok)
{
    json_t *cursor = connector_cursor(&tiktok->base);
    tiktok->alive_ms = json_get_int(cursor, "alive_ms", 0);
    tiktok_set_text(&tiktok->room, str_from(json_get_text(cursor, "room")));
    tiktok_set_text(&tiktok->cursor, str_from(json_get_text(cursor, "cursor")));
    tiktok_set_text(&tiktok->ext, str_from(json_get_text(cursor, "ext")));
    json_decref(cursor);
}

static void tiktok_start(struct connector *base)
{
    struct tiktok *tiktok = get_tiktok(base);
    struct loop *loop = base->options.loop;
    timer_init(&tiktok->timer, loop, run_step, tiktok);
    timer_init(&tiktok->tick, loop, handle_tick, tiktok);
    tiktok_reader_start(&tiktok->reader, tiktok->streak_ms, tiktok->likes_ms);
    read_cursor(tiktok);
    tiktok_later(tiktok, backoff_next_ms(&tiktok->backoff), tiktok->is_webcast ? tiktok_find_room : tiktok_app_connect);
}

static bool tiktok_receive(struct connector *base, const char *text, size_t len, struct error *err)
{
    struct error why = {0};
    bool is_good = tiktok_read_recorded(&get_tiktok(base)->reader, text, len, &why);
    if (!is_good && err)
        *err = why;
    return is_good;
}

static void tiktok_stop(struct connector *base)
{
    struct tiktok *tiktok = get_tiktok(base);
    if (tiktok->is_in)
        give_cursor(tiktok);
}

static void tiktok_destroy(struct connector *base)
{
    struct tiktok *tiktok = get_tiktok(base);
    timer_stop(&tiktok->timer);
    timer_stop(&tiktok->tick);
    timer_stop(&tiktok->heartbeat);
    timer_stop(&tiktok->deadline);
    http_cancel(tiktok->request);
    websocket_destroy(tiktok->socket);
    tiktok_reader_fini(&tiktok->reader);
    buffer_fini(&tiktok->out);
    char *const owned[] = {tiktok->channel, tiktok->url, tiktok->site_url, tiktok->sign_url, tiktok->sign_key, tiktok->loss,
                           tiktok->room, tiktok->cursor, tiktok->ext, tiktok->push_url, tiktok->cookie, tiktok->idc};
    for (size_t i = 0; i < ARRAY_LENGTH(owned); i++)
        free(owned[i]);
    free(tiktok);
}

const struct connector_impl tiktok_connector = {
    .name = "tiktok", .title = "TikTok", .keys = keys, .check = tiktok_check, .create = tiktok_create, .start = tiktok_start,
    .receive = tiktok_receive, .stop = tiktok_stop, .destroy = tiktok_destroy,
};
