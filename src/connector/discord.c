/*
 * discord.c - chosen channels of a Discord server, by a bot: which connection is current, when to come again, and what
 * was missed. A lost connection resumes its session and gets all it missed; where the session is gone, the channels are
 * read again from the last moment that was heard, and only what cannot be read is a gap.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/utf8.h"
#include "connector/discord_inside.h"
#include "connector/fields.h"

enum {
    CURSOR_MS = 1000,
    SETTLE_MS = 5000,              // servers are told one by one after READY
    ENDS_MAX = 4,                  // without READY between; then the address for resuming is given up
    INVALID_MS = 1000, INVALID_SPREAD_MS = 4000,   // before a new session, as Discord asks
    TOKEN_SELDOM_MS = 60 * 60 * 1000,  // 10,000 refused calls in 10 minutes ban the address
    SELDOM_MS = 15 * 60 * 1000,    // a switch in the portal may have been thrown
    HISTORY_HOURS_MAX = 24 * 14,
};

/* GUILDS, GUILD_MODERATION, GUILD_MESSAGES, MESSAGE_CONTENT, GUILD_MESSAGE_POLLS. */
#define INTENTS (1 << 0 | 1 << 2 | 1 << 9 | 1 << 15 | 1 << 24)

static const struct connector_key keys[] = {
    {"channel", JSON_STRING, true, "channel ids, or their addresses, with commas; the first one is written to", "1311111111111111111"},
    {"token", JSON_STRING, true, "the bot's token, from the developer portal", "secret:discord"},
    {"webhook", JSON_STRING, false, "a webhook's address: antiphon writes by it rather than as the bot", "secret:discord_webhook"},
    {"history_hours", JSON_INTEGER, false, "on the very first start, read what was written in the last so many hours", "0"},
    {"api_url", JSON_STRING, false}, {"answer_ms", JSON_INTEGER, false}, {NULL},
};

static struct discord *get_discord(struct connector *base)
{
    return container_of(base, struct discord, base);
}

/* ---- configuration ---- */

/*
 * One channel, as people paste it: an id, or the address of it, which ends with it. Returns the bytes used, 0: it is
 * none; *id 0 with bytes: a separator.
 */
static size_t next_channel(const char *text, uint64_t *id)
{
    size_t blank = strspn(text, " ,;\t\n"), len = strcspn(text + blank, " ,;\t\n");
    struct str word = {text + blank, len};
    *id = 0;
    if (len == 0)
        return blank;
    if (str_starts_with(word, STR("http"))) {
        const char *slash = memrchr(word.data, '/', word.len);
        word = (struct str){slash + 1, len - (size_t)(slash + 1 - word.data)};
    }
    *id = discord_id_of(word);
    return *id ? blank + len : 0;
}

static size_t read_channels(const char *text, uint64_t channels[DISCORD_CHANNELS_MAX], size_t *count)
{
    size_t used = 0;
    *count = 0;
    while (text[used]) {
        uint64_t id;
        size_t step = next_channel(text + used, &id);
        if (step == 0 || (id && *count == DISCORD_CHANNELS_MAX))
            return used;
        if (id)
            channels[(*count)++] = id;
        used += step;
    }
    return used;
}

static bool check_webhook(const char *webhook, struct error *err)
{
    bool is_ok = !webhook || !*webhook || strncmp(webhook, "https://", 8) == 0 || strncmp(webhook, "http://", 7) == 0;
    is_ok = is_ok && (!webhook || !*webhook || strstr(webhook, "/webhooks/"));
    return is_ok || error_set(err, ERROR_DATA, "webhook: expected its address, https://discord.com/api/webhooks/… (channel "
                              "settings, Integrations, Webhooks, Copy Webhook URL)");
}

static bool check_secrets(const json_t *config, struct error *err)
{
    char *token = connector_config_secret(config, "token", err);
    char *webhook = token ? connector_config_secret(config, "webhook", err) : NULL;
    bool ok = webhook && check_webhook(webhook, err);
    if (ok && !*token)
        ok = error_set(err, ERROR_DATA, "token: missing; the bot's token from the developer portal, as a secret");
    free(token);
    free(webhook);
    return ok;
}

static char *discord_check(const json_t *config, struct error *err)
{
    uint64_t channels[DISCORD_CHANNELS_MAX];
    size_t count;
    const char *text = json_get_text(config, "channel");
    size_t used = read_channels(text, channels, &count);
    int64_t hours = json_get_int(config, "history_hours", 0);
    if (text[used] || count == 0) {
        error_set(err, ERROR_DATA, "channel \"%s\": expected up to %d channel ids (right click, Copy Channel ID), with commas "
                  "between", text + used, DISCORD_CHANNELS_MAX);
        return NULL;
    }
    if (hours < 0 || hours > HISTORY_HOURS_MAX) {
        error_set(err, ERROR_DATA, "history_hours: expected 0 to %d", HISTORY_HOURS_MAX);
        return NULL;
    }
    return check_secrets(config, err) ? xasprintf("%" PRIu64, channels[0]) : NULL;
}

static void set_text(char **slot, const char *text)
{
    char *copy = xstrdup(text);
    free(*slot);
    *slot = copy;
}

static struct connector *discord_create(const json_t *config)
{
    struct discord *discord = xcalloc(1, sizeof(*discord));
    discord->reader.base = &discord->base;
    if (!config)
        return &discord->base;
    read_channels(json_get_text(config, "channel"), discord->reader.channels, &discord->reader.channel_count);
    discord->token = connector_config_secret(config, "token", NULL);
    discord->webhook = connector_config_secret(config, "webhook", NULL);
    discord->api_url = xstrdup(connector_config_text(config, "api_url", "https://discord.com/api/v10"));
    discord->answer_ms = json_get_int(config, "answer_ms", 0);
    discord->history_ms = json_get_int(config, "history_hours", 0) * 3600 * 1000;
    log_hide(discord->token);
    log_hide(discord->webhook);
    return &discord->base;
}

/* ---- what we know to have read ---- */

static void give_cursor(struct discord *discord)
{
    json_t *cursor = json_pack("{s:I}", "alive_ms", (json_int_t)discord->alive_ms);
    int64_t seq = discord->gateway && discord_gateway_is_ready(discord->gateway) ? discord_gateway_seq(discord->gateway)
                                                                                 : discord->seq;
    if (discord->session) {
        json_object_set_new(cursor, "session", json_string(discord->session));
        json_object_set_new(cursor, "seq", json_integer(seq));
    }
    if (discord->resume_url)
        json_object_set_new(cursor, "url", json_string(discord->resume_url));
    discord->cursor_ms = clock_monotonic_ms();
    connector_set_cursor_json(&discord->base, cursor);
}

static void take_cursor(struct discord *discord)
{
    json_t *cursor = connector_cursor(&discord->base);
    discord->alive_ms = json_get_int(cursor, "alive_ms", 0);
    discord->seq = json_get_int(cursor, "seq", 0);
    set_text(&discord->session, json_get_text(cursor, "session"));
    set_text(&discord->resume_url, json_get_text(cursor, "url"));
    json_decref(cursor);
}

/* While something older is read again, nothing newer may be called read. */
static void note_alive(struct discord *discord, int64_t alive_ms)
{
    if (discord->history.is_running || !discord_gateway_is_ready(discord->gateway))
        return;
    if (alive_ms > discord->alive_ms)
        discord->alive_ms = alive_ms;
    if (clock_monotonic_ms() - discord->cursor_ms >= CURSOR_MS)
        give_cursor(discord);
}

/* ---- states ---- */

static void tell_live(struct discord *discord)
{
    struct buffer names = {0};
    size_t known = 0, count = discord->reader.channel_count;
    for (size_t i = 0; i < count; i++) {
        const char *name = discord_channel_name(&discord->reader.guilds, discord->reader.channels[i]);
        if (name)
            buffer_printf(&names, "%s#%s", known++ ? ", " : "", name);
    }
    const struct discord_guild *guild = discord_guild_of_channel(&discord->reader.guilds, discord->reader.channels[0]);
    if (guild && guild->is_unavailable)
        connector_set_state(&discord->base, CONNECTOR_WAITING, "Discord has an outage of this server");
    else if (known == count)
        connector_set_state(&discord->base, CONNECTOR_LIVE, "reading %.*s", (int)names.len, names.data);
    else if (known > 0)
        connector_set_state(&discord->base, CONNECTOR_LIVE, "reading %.*s; %zu of %zu channels cannot be seen by the bot",
                            (int)names.len, names.data, count - known, count);
    else
        connector_set_state(&discord->base, CONNECTOR_LIVE, "connected");
    buffer_fini(&names);
}

static bool sees_some(const struct discord *discord)
{
    for (size_t i = 0; i < discord->reader.channel_count; i++) {
        if (discord_channel_name(&discord->reader.guilds, discord->reader.channels[i]))
            return true;
    }
    return false;
}

/* All servers should have been told by now: a channel without a name is one that the bot cannot see. */
static void handle_settled(void *data)
{
    struct discord *discord = data;
    if (!discord_gateway_is_ready(discord->gateway))
        return;
    if (sees_some(discord)) {
        tell_live(discord);
        return;
    }
    connector_set_remedy(&discord->base, "invite the bot to the server, and give it View Channel and Read Message History");
    connector_set_state(&discord->base, CONNECTOR_FAILED, "the bot does not see channel %" PRIu64 ": is the id right, and is the "
                        "bot invited?", discord->reader.channels[0]);
}

/* ---- connections ---- */

static const struct discord_gateway_handler gateway_handler;

static void handle_reap(void *data)
{
    struct discord *discord = data;
    discord_gateway_destroy(discord->ended);
    discord->ended = NULL;
}

static void open_gateway(struct discord *discord)
{
    struct error err = {0};
    handle_reap(discord);
    const char *url = discord->session && discord->resume_url ? discord->resume_url : discord->gateway_url;
    discord->gateway = discord_gateway_create(&(struct discord_gateway_options){
        .base = &discord->base, .url = url, .token = discord->token, .intents = INTENTS, .session = discord->session,
        .seq = discord->seq, .answer_ms = discord->answer_ms, .handler = &gateway_handler, .data = discord}, &err);
    if (discord->gateway)
        connector_set_state(&discord->base, CONNECTOR_CONNECTING, "connecting");
    else
        connector_set_state(&discord->base, CONNECTOR_FAILED, "gateway: %s", err.text);
}

static void try_again(struct discord *discord, int64_t delay_ms, const char *text)
{
    char again[32];
    timer_start(&discord->retry, delay_ms);
    connector_set_state(&discord->base, CONNECTOR_CONNECTING, "%s (%s)", text, connector_again_text(delay_ms, again));
}

/* remedy NULL: the token is refused. */
static void fail(struct discord *discord, const char *remedy, const char *text)
{
    timer_start(&discord->retry, random_jitter(remedy ? SELDOM_MS : TOKEN_SELDOM_MS, 10));
    connector_set_remedy(&discord->base, "%s", remedy ? remedy : "make a new token in Discord's developer portal (Bot, Reset "
                         "Token) and give it as the secret");
    connector_set_state(&discord->base, CONNECTOR_FAILED, "%s", text);
}

/* The address, and how many new sessions are left today: using up all of them would reset the token. */
static void handle_address(void *data, const struct http_result *result)
{
    struct discord *discord = data;
    char text[300];
    discord->request = NULL;
    discord_rest_text(result, text, sizeof(text));
    if (result->status == 401 || result->status == 403) {
        fail(discord, NULL, result->status == 401 ? "Discord refuses the bot token" : text);
        return;
    }
    if (result->error.code != ERROR_NONE) {
        try_again(discord, result->status == 429 ? discord_rest_wait_ms(result) : backoff_next_ms(&discord->backoff), text);
        return;
    }
    json_t *body = json_parse(result->body, result->len, NULL);
    const json_t *limit = json_object_get(body, "session_start_limit");
    int64_t left = json_get_int(limit, "remaining", 1), reset_ms = json_get_int(limit, "reset_after", 0);
    set_text(&discord->gateway_url, json_get_text(body, "url"));
    connector_set_budget(&discord->base, "new sessions today", left, json_get_int(limit, "total", 0),
                         reset_ms > 0 ? clock_unix_ms() + reset_ms : 0);
    json_decref(body);
    if (!discord->gateway_url) {
        try_again(discord, backoff_next_ms(&discord->backoff), "/gateway/bot gives no address");
    } else if (left < 1 && !discord->session) {
        timer_start(&discord->retry, reset_ms > 1000 ? reset_ms : 1000);
        connector_set_state(&discord->base, CONNECTOR_WAITING, "the bot has no new session left today; goes on in %lld min",
                            (long long)(reset_ms / 60000 + 1));
    } else {
        open_gateway(discord);
    }
}

static void ask_address(struct discord *discord)
{
    struct error err = {0};
    discord->request = discord_rest(discord, "GET", "/gateway/bot", NULL, handle_address, &err);
    if (discord->request)
        connector_set_state(&discord->base, CONNECTOR_CONNECTING, "connecting");
    else
        connector_set_state(&discord->base, CONNECTOR_FAILED, "api_url: %s", err.text);
}

static void connect_now(void *data)
{
    struct discord *discord = data;
    bool knows_address = discord->session && discord->resume_url;
    if (knows_address || discord->gateway_url)
        open_gateway(discord);
    else
        ask_address(discord);
}

/* ---- the connection's news ---- */

/* Servers and channels come and go, and with them what can be read. */
static void note_servers(struct discord *discord, struct str name)
{
    bool is_server = str_starts_with(name, STR("GUILD_CREATE")) || str_starts_with(name, STR("GUILD_DELETE")) ||
                     str_starts_with(name, STR("CHANNEL_"));
    if (is_server && discord_gateway_is_ready(discord->gateway))
        timer_start(&discord->settle, sees_some(discord) ? 0 : SETTLE_MS);
}

static bool read_frame(struct discord *discord, const char *bytes, size_t len, struct error *err)
{
    json_t *frame = json_parse_repaired(bytes, len, err);
    if (!frame)
        return false;
    bool is_good = json_is_object(frame) || error_set(err, ERROR_DATA, "expected an object");
    struct str name = field_text(frame, "t");
    if (is_good && name.len > 0) {
        is_good = discord_reader_event(&discord->reader, name, json_object_get(frame, "d"), err);
        note_servers(discord, name);
    }
    // Behind the event: its number counts when it has been read.
    if (discord->gateway && json_is_object(frame))
        discord_gateway_handle(discord->gateway, frame);
    json_decref(frame);
    return is_good;
}

static void handle_frame(void *data, const char *bytes, size_t len)
{
    struct discord *discord = data;
    struct error err = {0};
    int64_t newest_ms = discord->reader.newest_ms;
    if (!connector_begin_frame(&discord->base, bytes, len))
        return;
    read_frame(discord, bytes, len, &err);
    connector_end_frame(&discord->base, &err);
    if (discord->reader.newest_ms > newest_ms)
        note_alive(discord, discord->reader.newest_ms);
}

static void handle_alive(void *data, int64_t sent_ms)
{
    note_alive(data, sent_ms);
}

/* By a webhook it is the webhook that writes: its id stands before its token in the address. Answers are the bot's. */
static void set_own_author(struct discord *discord, const json_t *ready)
{
    const char *id = json_get_text(json_object_get(ready, "user"), "id");
    const char *hook = discord->webhook && *discord->webhook ? strstr(discord->webhook, "/webhooks/") : NULL;
    char *hook_id = hook ? xstrndup(hook + 10, strspn(hook + 10, "0123456789")) : NULL;
    connector_set_own_author(&discord->base, id);
    connector_set_other_author(&discord->base, hook_id);
    free(hook_id);
}

static void start_session(struct discord *discord, const json_t *ready)
{
    int64_t now_ms = clock_unix_ms();
    set_text(&discord->session, json_get_text(ready, "session_id"));
    set_text(&discord->resume_url, json_get_text(ready, "resume_gateway_url"));
    set_own_author(discord, ready);
    discord->history.is_first = discord->alive_ms == 0;
    if (discord->alive_ms > 0)
        discord_history_start(discord, discord->alive_ms);
    else if (discord->history_ms > 0)
        discord_history_start(discord, now_ms - discord->history_ms);
    if (!discord->history.is_running)
        note_alive(discord, now_ms);
}

static void handle_ready(void *data, const json_t *ready)
{
    struct discord *discord = data;
    discord->ends = 0;
    backoff_reset(&discord->backoff);
    if (ready)
        start_session(discord, ready);
    tell_live(discord);
    timer_start(&discord->settle, SETTLE_MS);
    give_cursor(discord);
}

void discord_history_done(struct discord *discord)
{
    // The servers' names may not have been told when it began.
    note_alive(discord, discord->history.to_ms);
    give_cursor(discord);
}

static void forget_session(struct discord *discord)
{
    set_text(&discord->session, NULL);
    set_text(&discord->resume_url, NULL);
    discord->seq = 0;
}

/* The address for resuming may be one that is down for good: then by the front door. */
static void count_end(struct discord *discord)
{
    if (++discord->ends < ENDS_MAX)
        return;
    discord->ends = 0;
    set_text(&discord->resume_url, NULL);
    set_text(&discord->gateway_url, NULL);
}

static void handle_end(void *data, enum discord_end end, const struct error *why, const char *remedy)
{
    struct discord *discord = data;
    free(discord->loss);
    discord->loss = xasprintf("connection lost: %s", why->text);
    discord->seq = discord_gateway_seq(discord->gateway);
    discord->ended = discord->gateway;
    discord->gateway = NULL;
    timer_start(&discord->reap, 0);
    timer_stop(&discord->settle);
    count_end(discord);
    if (end == DISCORD_STOP) {
        forget_session(discord);
        fail(discord, remedy, why->text);
    } else if (end == DISCORD_IDENTIFY) {
        forget_session(discord);
        try_again(discord, INVALID_MS + (int64_t)random_below(INVALID_SPREAD_MS), why->text);
    } else {
        try_again(discord, backoff_next_ms(&discord->backoff), why->text);
    }
}

static const struct discord_gateway_handler gateway_handler = {
    .on_frame = handle_frame, .on_ready = handle_ready, .on_alive = handle_alive, .on_end = handle_end,
};

/* ---- the table ---- */

static void handle_tick(void *data)
{
    struct discord *discord = data;
    discord_polls_tell(&discord->reader);
    timer_start(&discord->tick, CURSOR_MS);
}

static void discord_start(struct connector *base)
{
    struct discord *discord = get_discord(base);
    struct loop *loop = base->options.loop;
    timer_init(&discord->retry, loop, connect_now, discord);
    timer_init(&discord->reap, loop, handle_reap, discord);
    timer_init(&discord->tick, loop, handle_tick, discord);
    timer_init(&discord->settle, loop, handle_settled, discord);
    if (base->options.cursor)
        take_cursor(discord);
    connector_set_state(base, CONNECTOR_CONNECTING, "connecting");
    timer_start(&discord->retry, backoff_next_ms(&discord->backoff));
    timer_start(&discord->tick, CURSOR_MS);
}

static bool discord_receive(struct connector *base, const char *text, size_t len, struct error *err)
{
    struct discord *discord = get_discord(base);
    struct error why = {0};
    if (!connector_begin_frame(base, text, len))
        return true;
    bool is_good = read_frame(discord, text, len, &why);
    discord_polls_tell(&discord->reader);
    connector_end_frame(base, &why);
    if (!is_good && err)
        *err = why;
    return is_good;
}

static void discord_stop(struct connector *base)
{
    struct discord *discord = get_discord(base);
    if (discord->session || discord->alive_ms > 0)
        give_cursor(discord);
}

static void discord_destroy(struct connector *base)
{
    struct discord *discord = get_discord(base);
    timer_stop(&discord->retry);
    timer_stop(&discord->reap);
    timer_stop(&discord->tick);
    timer_stop(&discord->settle);
    discord_history_stop(discord);
    http_cancel(discord->request);
    http_cancel(discord->writing.request);
    discord_gateway_destroy(discord->gateway);
    discord_gateway_destroy(discord->ended);
    discord_reader_fini(&discord->reader);
    char *texts[] = {discord->token, discord->api_url, discord->webhook, discord->gateway_url, discord->session,
                     discord->resume_url, discord->loss, discord->writing.native_id};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        free(texts[i]);
    free(discord);
}

/* 5 in 5 s is what a channel takes from one bot or webhook at present; beyond it the answers tell how long to wait. */
const struct connector_impl discord_connector = {
    .name = "discord", .title = "Discord", .keys = keys, .text_limit = {2000, CONNECTOR_CODE_POINTS}, .pace = {5, 5000, 0},
    .check = discord_check, .create = discord_create, .start = discord_start, .receive = discord_receive,
    .can = discord_can, .act = discord_act, .stop = discord_stop, .destroy = discord_destroy,
};
