/* kick.c - Kick's chat: configuration, cursor, frames, and the table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "connector/fields.h"
#include "connector/inbound.h"
#include "connector/kick_inside.h"
#include "net/http.h"
#include "net/signature.h"

enum { PING_MS = 30 * 1000, DEAD_MS = 30 * 1000, JOIN_MS = 15 * 1000, CHANNEL_BYTES_MAX = 64 };

/* What the web site's own player uses (2026-11). It may change: then the configuration says the new one. */
#define PUSHER_URL "wss://ws-us2.pusher.com"
#define PUSHER_KEY "32cbd69e4b950bf97679"

static const struct connector_key keys[] = {
    {"channel", JSON_STRING, true, "the name as in kick.com/NAME, or the address", "anna"},
    {"read", JSON_STRING, false, "socket (the site's own, undocumented), door (official webhooks), or both", "socket"},
    {"token", JSON_STRING, false, "for webhooks: the secret in this source's address at the door", "secret:kick_door"},
    {"chatroom_id", JSON_INTEGER, false, "the chat's number, if it cannot be looked up"}, {"channel_id", JSON_INTEGER, false},
    {"app_key", JSON_STRING, false}, {"url", JSON_STRING, false}, {"api_url", JSON_STRING, false},
    {"site_url", JSON_STRING, false}, {"ping_ms", JSON_INTEGER, false}, {"dead_ms", JSON_INTEGER, false},
    {"join_ms", JSON_INTEGER, false}, {NULL},
};

struct kick *kick_of(struct connector *base)
{
    return container_of(base, struct kick, base);
}

/* ---- configuration ---- */

/* "anna", "@Anna" or the channel's address, as people paste them → "anna". NULL: no name of a channel. */
static char *slug_of(const char *text)
{
    static const char *const before[] = {"https://", "http://", "www.", "kick.com/", "@"};
    for (size_t i = 0; i < ARRAY_LENGTH(before); i++) {
        if (strncasecmp(text, before[i], strlen(before[i])) == 0)
            text += strlen(before[i]);
    }
    size_t len = strcspn(text, "/?#");
    if (len < 1 || len > CHANNEL_BYTES_MAX)
        return NULL;
    char *slug = xstrndup(text, len);
    for (char *c = slug; *c; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c |= 0x20;
        if ((*c < 'a' || *c > 'z') && (*c < '0' || *c > '9') && *c != '_' && *c != '-') {
            free(slug);
            return NULL;
        }
    }
    return slug;
}

static bool check_id(const json_t *config, const char *key, struct error *err)
{
    int64_t id = json_get_int(config, key, 1);
    return id > 0 || error_set(err, ERROR_DATA, "%s %lld: expected a number above 0", key, (long long)id);
}

/* Which ways in: the socket, and with a token at the door the webhooks too. */
static const char *ways_of(const json_t *config)
{
    return connector_config_text(config, "read", connector_config_text(config, "token", NULL) ? "both" : "socket");
}

static bool check_ways(const json_t *config, struct error *err)
{
    const char *read = ways_of(config), *token = connector_config_text(config, "token", NULL);
    if (strcmp(read, "socket") != 0 && strcmp(read, "webhook") != 0 && strcmp(read, "both") != 0)
        return error_set(err, ERROR_DATA, "read \"%s\": expected \"socket\", \"webhook\" or \"both\"", read);
    if (strcmp(read, "socket") != 0 && !token)
        return error_set(err, ERROR_DATA, "token: missing; webhooks come to an address of the door, which ends in it");
    return !token || inbound_check_token(token, err);
}

static char *kick_check(const json_t *config, struct error *err)
{
    const char *channel = json_get_text(config, "channel");
    if (!check_id(config, "chatroom_id", err) || !check_id(config, "channel_id", err) || !check_ways(config, err))
        return NULL;
    char *slug = slug_of(channel);
    if (!slug)
        error_set(err, ERROR_DATA, "channel \"%s\": expected the name as in kick.com/NAME: letters, digits, _ and -", channel);
    return slug;
}

static char *address_of(const json_t *config, const char *key, const char *otherwise)
{
    char *address = xstrdup(connector_config_text(config, key, otherwise));
    size_t len = strlen(address);
    while (len > 0 && address[len - 1] == '/')
        address[--len] = '\0';
    return address;
}

static struct connector *kick_create(const json_t *config)
{
    struct kick *kick = xcalloc(1, sizeof(*kick));
    kick_reader_init(&kick->reader, &kick->base);
    const char *channel = json_get_text(config, "channel");
    kick->channel = channel ? slug_of(channel) : NULL;
    kick->url = address_of(config, "url", PUSHER_URL);
    kick->api_url = address_of(config, "api_url", "https://api.kick.com/public/v1");
    kick->site_url = address_of(config, "site_url", "https://kick.com");
    kick->app_key = xstrdup(connector_config_text(config, "app_key", PUSHER_KEY));
    kick->has_socket = strcmp(ways_of(config), "webhook") != 0;
    if (strcmp(ways_of(config), "socket") != 0)
        kick->door_token = xstrdup(connector_config_text(config, "token", NULL));
    kick->chatroom_id = json_get_int(config, "chatroom_id", 0);
    kick->channel_id = json_get_int(config, "channel_id", 0);
    kick->ping_ms = json_get_int(config, "ping_ms", PING_MS);
    kick->dead_ms = json_get_int(config, "dead_ms", DEAD_MS);
    kick->join_ms = json_get_int(config, "join_ms", JOIN_MS);
    return &kick->base;
}

/* ---- the cursor ---- */

void kick_give_cursor(struct kick *kick)
{
    char text[200];
    snprintf(text, sizeof(text), "{\"alive_ms\":%lld,\"chatroom_id\":%lld,\"channel_id\":%lld,\"user_id\":%lld}",
             (long long)kick->alive_ms, (long long)kick->chatroom_id, (long long)kick->channel_id, (long long)kick->user_id);
    kick->cursor_ms = kick->alive_ms;
    connector_set_cursor(&kick->base, text);
}

/* What the configuration says comes first: ids that were found may be another channel's by now. */
static void take_cursor(struct kick *kick)
{
    json_t *cursor = connector_cursor(&kick->base);
    kick->alive_ms = json_get_int(cursor, "alive_ms", 0);
    if (kick->chatroom_id == 0)
        kick->chatroom_id = json_get_int(cursor, "chatroom_id", 0);
    if (kick->channel_id == 0)
        kick->channel_id = json_get_int(cursor, "channel_id", 0);
    kick->user_id = json_get_int(cursor, "user_id", 0);
    json_decref(cursor);
}

/* ---- frames ---- */

/* A webhook on paper: {"headers":{"Kick-Event-Type":…},"body":{…}}. */
static bool read_frame(struct kick *kick, const json_t *frame, struct error *err)
{
    const json_t *headers = json_object_get(frame, "headers");
    if (headers && !kick->base.options.loop)
        return kick_reader_webhook(&kick->reader, field_text(headers, "Kick-Event-Type"),
                                   field_text(headers, "Kick-Event-Message-Id"), json_object_get(frame, "body"), err);
    return kick_socket_protocol(kick, frame) || kick_reader_event(&kick->reader, frame, err);
}

bool kick_receive(struct connector *base, const char *text, size_t len, struct error *err)
{
    struct error why = {0};
    if (!connector_begin_frame(base, text, len))
        return true;
    json_t *frame = json_parse(text, len, &why);
    bool is_good = frame && read_frame(kick_of(base), frame, &why);
    json_decref(frame);
    connector_end_frame(base, &why);
    if (!is_good && err)
        *err = why;
    return is_good;
}

/* ---- the table ---- */

static void kick_start(struct connector *base)
{
    struct kick *kick = kick_of(base);
    take_cursor(kick);
    connector_set_state(base, CONNECTOR_CONNECTING, "connecting to kick.com/%s", kick->channel);
    if (kick->has_socket)
        kick_socket_start(kick);
    kick_account_start(kick);
    kick_door_start(kick);
}

static void kick_stop(struct connector *base)
{
    struct kick *kick = kick_of(base);
    kick_socket_stop(kick);
    kick_account_stop(kick);
    kick_door_stop(kick);
    http_cancel(kick->lookup);
    http_cancel(kick->write);
    kick->lookup = kick->write = NULL;
}

static void kick_destroy(struct connector *base)
{
    struct kick *kick = kick_of(base);
    kick_reader_fini(&kick->reader);
    signature_key_destroy(kick->key);
    buffer_fini(&kick->address);
    char *texts[] = {kick->channel, kick->url, kick->app_key, kick->api_url, kick->site_url, kick->loss,
                     kick->door_token, kick->used_token};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        free(texts[i]);
    free(kick);
}

const struct connector_impl kick_connector = {
    .name = "kick", .title = "Kick", .keys = keys, .text_limit = {500, CONNECTOR_CODE_POINTS}, .pace = {20, 30 * 1000, 0}, .check = kick_check, .create = kick_create, .start = kick_start,
    .receive = kick_receive, .token = kick_token, .request = kick_request,
    .can = kick_can, .act = kick_act, .stop = kick_stop, .destroy = kick_destroy,
};
