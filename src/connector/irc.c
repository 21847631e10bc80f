/*
 * irc.c - a channel of any IRC network as a chat: what is configured, and when to connect again.
 * IRC replays nothing by itself: what was said from the last sign of life to the next JOIN is asked for where the
 * server keeps history (irc_history.c), and a gap elsewhere. One source is one channel and one connection.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/irc_inside.h"
#include "connector/irc_wire.h"

enum {
    SELDOM_MS = 10 * 60 * 1000,  // between attempts that hardly help: an account that is refused, a ban
    THROTTLED_MS = 60 * 1000,    // the server said that we come too often
    CURSOR_MS = 1000,
    NICK_BYTES_MAX = 30, CHANNEL_BYTES_MAX = 200,
};

static const struct connector_key keys[] = {
    {"server", JSON_STRING, true, "host, host:port, irc://… (without TLS) or wss://…", "irc.libera.chat"},
    {"channel", JSON_STRING, false, "the channel, with its #", "#live"},
    {"channel_key", JSON_STRING, false, "the channel's password, where it has one", NULL},
    {"nick", JSON_STRING, false, "the name that antiphon goes by there", "antiphon"},
    {"account", JSON_STRING, false, "the account to log in with, where one is wanted", "anna"},
    {"password", JSON_STRING, false, "the account's password", "secret:irc"},
    {"nickserv", JSON_TRUE, false, "log in with NickServ if the server offers no SASL", NULL},
    {"server_password", JSON_STRING, false, "the server's own password, of bouncers above all", "secret:bouncer"},
    {"broadcaster", JSON_STRING, false, "the streamer's nick or account", "anna"},
    {"encoding", JSON_STRING, false, "of what is not UTF-8: windows-1252 (as usual), or utf-8 to mark it as broken", "windows-1252"},
    {"origin", JSON_STRING, false},
    {"idle_ms", JSON_INTEGER, false},
    {"dead_ms", JSON_INTEGER, false},
    {"login_ms", JSON_INTEGER, false},
    {"join_ms", JSON_INTEGER, false},
    {"rejoin_ms", JSON_INTEGER, false},
    {"retry_ms", JSON_INTEGER, false},
    {NULL},
};

static struct irc *get_irc(struct connector *base)
{
    return container_of(base, struct irc, base);
}

/* ---- configuration ---- */

static bool is_word(const char *text, size_t bytes_max)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f || text[i] == ',' || text[i] == '\a')
            return false;
    }
    return len > 0 && len <= bytes_max && text[0] != ':';
}

/* "live" and "#live" → "#live"; "##chat", "&local", "+x" and "!x" stay. The caller frees. */
static char *channel_of(const json_t *config, const struct irc_address *address)
{
    const char *text = connector_config_text(config, "channel", address->channel);
    if (!text)
        return NULL;
    return xasprintf("%s%s", strchr("#&+!", text[0]) ? "" : "#", text);
}

static bool check_words(const json_t *config, struct error *err)
{
    static const char *const words[] = {"nick", "account", "channel_key"};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        const char *text = connector_config_text(config, words[i], NULL);
        size_t most = strcmp(words[i], "nick") == 0 ? NICK_BYTES_MAX : CHANNEL_BYTES_MAX;
        if (text && !is_word(text, most))
            return strcmp(words[i], "channel_key") == 0
                       ? error_set(err, ERROR_DATA, "channel_key: expected a word without blanks and commas")
                       : error_set(err, ERROR_DATA, "%s \"%s\": expected a word of at most %zu bytes, without blanks "
                                   "and commas", words[i], text, most);
    }
    const char *encoding = connector_config_text(config, "encoding", "windows-1252");
    if (strcasecmp(encoding, "windows-1252") != 0 && strcasecmp(encoding, "utf-8") != 0)
        return error_set(err, ERROR_DATA, "encoding \"%s\": expected \"windows-1252\" or \"utf-8\"", encoding);
    return true;
}

static bool check_secrets(const json_t *config, struct error *err)
{
    static const char *const secrets[] = {"password", "server_password"};
    for (size_t i = 0; i < ARRAY_LENGTH(secrets); i++) {
        char *secret = connector_config_secret(config, secrets[i], err);
        if (!secret)
            return false;
        free(secret);
    }
    bool has_account = connector_config_text(config, "account", NULL);
    if (connector_config_text(config, "password", NULL) && !has_account)
        return error_set(err, ERROR_DATA, "password: belongs to an account; set \"account\" too");
    return true;
}

static char *irc_check(const json_t *config, struct error *err)
{
    struct irc_address address = {0};
    char *name = NULL, *channel = NULL;
    if (!irc_address_parse(json_get_text(config, "server"), &address, err))
        goto out;
    channel = channel_of(config, &address);
    if (!channel || strlen(channel) < 2 || !is_word(channel, CHANNEL_BYTES_MAX))
        error_set(err, ERROR_DATA, "channel \"%s\": expected a channel's name like \"#live\", without blanks and commas",
                  channel ? channel : "");
    else if (check_words(config, err) && check_secrets(config, err))
        name = xasprintf("%s/%s", address.host, channel);
    for (char *c = name; c && *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
out:
    free(channel);
    irc_address_fini(&address);
    return name;
}

static char *secret_of(const json_t *config, const char *key)
{
    char *secret = connector_config_secret(config, key, NULL);
    if (secret && !*secret) {
        free(secret);
        secret = NULL;
    }
    return secret;
}

static void read_config(struct irc *irc, const json_t *config)
{
    const char *server = json_get_text(config, "server");
    if (server)
        irc_address_parse(server, &irc->address, NULL);
    irc->channel = channel_of(config, &irc->address);
    irc->reader.channel = xstrdup(irc->channel);
    irc->reader.broadcaster = xstrdup(connector_config_text(config, "broadcaster", NULL));
    irc->reader.is_legacy = strcasecmp(connector_config_text(config, "encoding", "windows-1252"), "utf-8") != 0;
    irc->channel_key = xstrdup(connector_config_text(config, "channel_key", NULL));
    irc->nick = xstrdup(connector_config_text(config, "nick", "antiphon"));
    irc->account = xstrdup(connector_config_text(config, "account", NULL));
    irc->password = secret_of(config, "password");
    irc->server_password = secret_of(config, "server_password");
    irc->origin = xstrdup(connector_config_text(config, "origin", NULL));
    irc->may_nickserv = json_is_true(json_object_get(config, "nickserv"));
    irc->idle_ms = json_get_int(config, "idle_ms", 30 * 1000);
    irc->dead_ms = json_get_int(config, "dead_ms", 20 * 1000);
    irc->login_ms = json_get_int(config, "login_ms", 30 * 1000);
    irc->join_ms = json_get_int(config, "join_ms", 15 * 1000);
    irc->rejoin_ms = json_get_int(config, "rejoin_ms", 60 * 1000);
}

/* ---- what we know to have arrived ---- */

static void give_cursor(struct irc *irc)
{
    char text[48];
    snprintf(text, sizeof(text), "{\"alive_ms\":%lld}", (long long)irc->alive_ms);
    irc->cursor_ms = irc->alive_ms;
    connector_set_cursor(&irc->base, text);
}

/* While history is asked for, the place is where we were before. */
void irc_note_alive(struct irc *irc, int64_t alive_ms)
{
    if (irc->history.is_open)
        return;
    if (alive_ms > irc->alive_ms)
        irc->alive_ms = alive_ms;
    if (irc->alive_ms - irc->cursor_ms >= CURSOR_MS)
        give_cursor(irc);
}

/* ---- again ---- */

static bool says_any(const char *text, const char *const *words)
{
    for (; text && *words; words++) {
        if (strcasestr(text, *words))
            return true;
    }
    return false;
}

static void connect_now(void *data)
{
    irc_session_open(data);
}

static int64_t wait_for(struct irc *irc, bool is_denied)
{
    static const char *const throttled[] = {"throttl", "too fast", "too many", "reconnect", "slow down", NULL};
    int64_t delay_ms = backoff_next_ms(&irc->backoff);
    if (is_denied)
        return random_jitter(SELDOM_MS, 20);
    if (says_any(irc->farewell, throttled) && delay_ms < THROTTLED_MS)
        return THROTTLED_MS + (int64_t)random_below(THROTTLED_MS / 4);
    return delay_ms;
}

/* A server's ERROR says more than the closed socket behind it. */
void irc_handle_end(struct irc *irc, const struct error *why)
{
    static const char *const banned[] = {"banned", "k-line", "k:line", "kline", "g-line", "g:line", "gline", "z-line",
                                         "z:line", "zline", "d-line", "dline", "not welcome", NULL};
    char again[32];
    bool is_banned = why->code == ERROR_AGAIN && says_any(irc->farewell, banned);
    bool is_denied = is_banned || why->code == ERROR_DENIED || why->code == ERROR_DATA || why->code == ERROR_SYSTEM;
    char *text = irc->farewell && why->code == ERROR_AGAIN ? xasprintf("%s: the server says: %s", irc->address.host, irc->farewell)
                                                           : xstrdup(why->text);
    if (!irc->loss)
        irc->loss = xasprintf("connection lost: %s", text);
    int64_t delay_ms = wait_for(irc, is_denied);
    timer_start(&irc->retry, delay_ms);
    connector_again_text(delay_ms, again);
    if (is_banned)
        connector_set_remedy(&irc->base, "ask the network's operators, or connect from another address");
    else if (is_denied && !*connector_health(&irc->base)->remedy)
        connector_set_remedy(&irc->base, "check \"server\"; a certificate of its own goes into \"ca_file\"");
    connector_set_state(&irc->base, is_denied ? CONNECTOR_FAILED : CONNECTOR_CONNECTING, "%s (%s)", text, again);
    free(text);
}

/* ---- the table ---- */

static struct connector *irc_create(const json_t *config)
{
    struct irc *irc = xcalloc(1, sizeof(*irc));
    irc_reader_init(&irc->reader, &irc->base);
    read_config(irc, config);
    irc->backoff = (struct backoff){.first_ms = json_get_int(config, "retry_ms", 5000), .limit_ms = 300000};
    return &irc->base;
}

static void irc_start(struct connector *base)
{
    struct irc *irc = get_irc(base);
    timer_init(&irc->retry, base->options.loop, connect_now, irc);
    json_t *cursor = connector_cursor(base);
    irc->alive_ms = json_get_int(cursor, "alive_ms", 0);
    json_decref(cursor);
    connector_set_state(base, CONNECTOR_CONNECTING, "connecting to %s for %s", irc->address.host, irc->channel);
    timer_start(&irc->retry, backoff_next_ms(&irc->backoff));
}

static bool irc_receive(struct connector *base, const char *text, size_t len, struct error *err)
{
    struct irc *irc = get_irc(base);
    struct irc_line line;
    struct error other, *why = err ? err : &other;
    why->code = ERROR_NONE;
    while (len > 0 && (text[len - 1] == '\r' || text[len - 1] == '\n'))
        len--;
    if (len == 0 || !connector_begin_frame(base, text, len))
        return true;
    bool is_good = irc_line_parse(&line, text, len, why) && irc_reader_read(&irc->reader, &line, why);
    connector_end_frame(base, why);
    return is_good;
}

static void irc_stop(struct connector *base)
{
    struct irc *irc = get_irc(base);
    if (irc->stage == IRC_JOINED && !irc->history.is_open)
        give_cursor(irc);
}

static void irc_destroy(struct connector *base)
{
    struct irc *irc = get_irc(base);
    timer_stop(&irc->retry);
    timer_stop(&irc->fence);
    irc_session_close(irc);
    irc_reader_fini(&irc->reader);
    irc_address_fini(&irc->address);
    char *const texts[] = {irc->channel, irc->channel_key, irc->nick, irc->account, irc->password, irc->server_password,
                           irc->origin, irc->loss, irc->farewell, irc->task.text, irc->task.reply_to, irc->history.reason};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        free(texts[i]);
    free(irc);
}

const struct connector_impl irc_connector = {
    .name = "irc", .title = "IRC", .keys = keys, .text_limit = {400, CONNECTOR_BYTES},
    .pace = {.count = 4, .per_ms = 10 * 1000}, .check = irc_check, .create = irc_create, .start = irc_start,
    .receive = irc_receive, .can = irc_can, .act = irc_act, .stop = irc_stop, .destroy = irc_destroy,
};
