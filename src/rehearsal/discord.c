#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "rehearsal/discord_inside.h"

/*
 * Discord's gateway, version 10: https://discord.com/developers/docs/events/gateway (August 2026). Who comes back with
 * session and number gets all that was missed, as long as the log reaches; who leaves with 1000 or 1001 has ended it.
 */

enum { PAYLOAD_BYTES_MAX = 4096, PAYLOADS_A_MINUTE = 120, GREETING_EVENTS = 2, CONTENT_INTENT = 1 << 15 };

struct client {
    struct side_client base;
    struct discord_session *session;  // NULL: not identified
    uint64_t next;                    // place in the log
    int64_t window_ms;                // monotonic: when the minute began in which payloads are counted
    int payloads;
    char authority[64];
    bool has_beaten;                  // since the timer last looked
    struct timer heartbeat;
};

struct discord_side *discord_side_of(struct side *base)
{
    return container_of(base, struct discord_side, base);
}

static struct client *get_client(struct side_client *base)
{
    return container_of(base, struct client, base);
}

/* ---- the log ---- */

uint64_t discord_side_new_id(struct discord_side *side)
{
    uint64_t id = (uint64_t)(clock_unix_ms() - DISCORD_EPOCH_MS) << 22;
    side->last_id = id > side->last_id ? id : side->last_id + 1;
    return side->last_id;
}

static void entry_fini(struct discord_entry *entry)
{
    free(entry->word);
    free(entry->name);
    free(entry->data);
    *entry = (struct discord_entry){0};
}

struct discord_entry *discord_side_find(struct discord_side *side, struct str word, uint64_t id)
{
    for (uint64_t place = side->end; place-- > side->first;) {
        struct discord_entry *entry = &side->log[place % DISCORD_LOG];
        bool is_named = word.len > 0 && entry->word && str_equal(str_from(entry->word), word);
        if (entry->id && (is_named || (id && entry->id == id)) && strcmp(entry->name, "MESSAGE_CREATE") == 0)
            return entry;
    }
    return NULL;
}

static void send_entry(struct client *client, uint64_t place)
{
    struct discord_side *side = discord_side_of(client->base.side);
    const struct discord_entry *entry = &side->log[place % DISCORD_LOG];
    side_client_printf(&client->base, "{\"op\":0,\"s\":%" PRIu64 ",\"t\":\"%s\",\"d\":%s}",
                       place - client->session->begin + GREETING_EVENTS + 1, entry->name, entry->data ? entry->data : "{}");
    client->next = place + 1;
}

void discord_side_tell(struct discord_side *side, const char *name, json_t *data, uint64_t id, struct str word)
{
    if (side->end - side->first == DISCORD_LOG)
        entry_fini(&side->log[side->first++ % DISCORD_LOG]);
    uint64_t place = side->end++;
    side->log[place % DISCORD_LOG] = (struct discord_entry){
        id, word.len ? xstrndup(word.data, word.len) : NULL, xstrdup(name), json_dumps(data, JSON_COMPACT)};
    json_decref(data);
    struct side_client *base;
    list_for_each(base, &side->base.clients, link) {
        if (get_client(base)->session)
            send_entry(get_client(base), place);
    }
}

static void say(struct side *base, const struct message *message)
{
    struct discord_side *side = discord_side_of(base);
    uint64_t id = side->written_id ? side->written_id : discord_side_new_id(side);
    const char *name;
    json_t *data = discord_frame(side, message, id, &name);
    char text[DISCORD_ID_BYTES];
    if (!data) {
        base->skipped++;
        return;
    }
    bool is_new = strcmp(name, "MESSAGE_CREATE") == 0;
    snprintf(text, sizeof(text), "%" PRIu64, is_new ? id : 0);
    side_note_as(base, message, is_new ? text : NULL);
    discord_side_tell(side, name, data, is_new ? id : 0, message->is.native_id);
}

/* ---- sessions ---- */

static struct discord_session *find_session(struct discord_side *side, const char *id)
{
    for (size_t i = 0; id && i < DISCORD_SESSIONS; i++) {
        if (side->sessions[i].id[0] && strcmp(side->sessions[i].id, id) == 0)
            return &side->sessions[i];
    }
    return NULL;
}

static struct discord_session *new_session(struct discord_side *side)
{
    struct discord_session *session = &side->sessions[side->next_session++ % DISCORD_SESSIONS];
    struct side_client *base;
    list_for_each(base, &side->base.clients, link) {  // 32 sessions later its place is another's
        if (get_client(base)->session == session)
            get_client(base)->session = NULL;
    }
    uint64_t words[2];
    random_bytes(words, sizeof(words));
    snprintf(session->id, sizeof(session->id), "%016" PRIx64 "%016" PRIx64, words[0], words[1]);
    session->begin = side->end;
    session->is_connected = true;
    return session;
}

/* In the tables of the rehearsal alone. */
static void greet(struct client *client)
{
    struct discord_side *side = discord_side_of(client->base.side);
    const char *channel = side_text(&side->base, "channel");
    side_client_printf(&client->base, "{\"op\":0,\"s\":1,\"t\":\"READY\",\"d\":{\"v\":10,\"user\":{\"id\":\"" DISCORD_BOT "\",\"username\":"
        "\"rehearsal_bot\",\"bot\":true},\"guilds\":[{\"id\":\"" DISCORD_GUILD "\",\"unavailable\":true}],\"session_id\":\"%s\","
        "\"resume_gateway_url\":\"ws://%s/discord/gateway\",\"application\":{\"id\":\"" DISCORD_BOT "\"}}}",
        client->session->id, client->authority);
    side_client_printf(&client->base, "{\"op\":0,\"s\":2,\"t\":\"GUILD_CREATE\",\"d\":{\"id\":\"" DISCORD_GUILD "\",\"name\":\"Rehearsal\","
        "\"owner_id\":\"%" PRIu64 "\",\"roles\":[{\"id\":\"" DISCORD_ROLE "\",\"name\":\"moderators\",\"color\":3447003,\"position\":1,"
        "\"permissions\":\"8192\"}],\"channels\":[{\"id\":\"%s\",\"type\":0,\"name\":\"rehearsal\"}]}}", side->owner, channel);
}

static void identify(struct client *client, const json_t *data)
{
    struct discord_side *side = discord_side_of(client->base.side);
    const char *token = json_get_text(data, "token");
    int64_t intents = json_get_int(data, "intents", 0);
    if (client->session) {
        side_client_close(&client->base, 4005, "Already authenticated.");
    } else if (!token || strcmp(token, side_text(&side->base, "token")) != 0) {
        side_client_close(&client->base, 4004, "Authentication failed.");
    } else if ((intents & CONTENT_INTENT) && !side_number(&side->base, "content_intent")) {
        side_client_close(&client->base, 4014, "Disallowed intent(s).");
    } else {
        side->identifies++;
        client->session = new_session(side);
        client->next = side->end;
        greet(client);
        side_client_came(&side->base);
    }
}

static void resume_session(struct client *client, const json_t *data)
{
    struct discord_side *side = discord_side_of(client->base.side);
    const char *token = json_get_text(data, "token");
    struct discord_session *session = find_session(side, json_get_text(data, "session_id"));
    int64_t seq = json_get_int(data, "seq", -1);
    if (!token || strcmp(token, side_text(&side->base, "token")) != 0) {
        side_client_close(&client->base, 4004, "Authentication failed.");
        return;
    }
    uint64_t place = session ? session->begin + (uint64_t)(seq < GREETING_EVENTS ? 0 : seq - GREETING_EVENTS) : 0;
    if (session && (seq < 0 || place > side->end)) {
        side_client_close(&client->base, 4007, "Invalid seq.");
        return;
    }
    if (!session || place < side->first) {
        side->invalid++;
        side_client_printf(&client->base, "{\"op\":9,\"d\":false}");
        return;
    }
    side->resumes++;
    client->session = session;
    session->is_connected = true;
    if (seq < GREETING_EVENTS)
        greet(client);
    while (place < side->end)
        send_entry(client, place++);
    client->next = side->end;
    side_client_printf(&client->base, "{\"op\":0,\"s\":%" PRIu64 ",\"t\":\"RESUMED\",\"d\":{}}",
                       place - session->begin + GREETING_EVENTS);
    side_client_came(&side->base);
}

/* ---- the websocket ---- */

static struct side_client *accept_client(struct side *base, const struct server_request *request, int *status)
{
    if (strcmp(server_request_path(request), "/discord/gateway") != 0 && strcmp(server_request_path(request), "/discord/gateway/") != 0) {
        *status = 404;
        return NULL;
    }
    struct client *client = xcalloc(1, sizeof(*client));
    snprintf(client->authority, sizeof(client->authority), "%s", side_authority(request));
    return &client->base;
}

/* Who has not beaten for two turns is gone. */
static void handle_silence(void *data)
{
    struct client *client = data;
    if (!client->has_beaten) {
        discord_side_of(client->base.side)->zombies++;
        side_client_close(&client->base, 4009, "Session timed out.");
        return;
    }
    client->has_beaten = false;
    timer_start(&client->heartbeat, 2 * side_number(client->base.side, "heartbeat_ms"));
}

static void open_client(struct side_client *base)
{
    struct client *client = get_client(base);
    timer_init(&client->heartbeat, rehearsal_loop(base->side->rehearsal), handle_silence, client);
    timer_start(&client->heartbeat, 2 * side_number(base->side, "heartbeat_ms"));
    side_client_printf(base, "{\"op\":10,\"d\":{\"heartbeat_interval\":%" PRId64 "}}", side_number(base->side, "heartbeat_ms"));
}

static bool is_too_fast(struct client *client)
{
    int64_t now_ms = clock_monotonic_ms();
    if (now_ms - client->window_ms > 60000) {
        client->window_ms = now_ms;
        client->payloads = 0;
    }
    return ++client->payloads > PAYLOADS_A_MINUTE;
}

static void handle_op(struct client *client, const json_t *frame)
{
    const json_t *data = json_object_get(frame, "d");
    switch (json_get_int(frame, "op", -1)) {
    case 1:
        client->has_beaten = true;
        side_client_printf(&client->base, "{\"op\":11}");
        break;
    case 2: identify(client, data); break;
    case 6: resume_session(client, data); break;
    default: side_client_close(&client->base, client->session ? 4001 : 4003, NULL); break;
    }
}

static void receive(struct side_client *base, const char *bytes, size_t len, bool is_text)
{
    json_t *frame = len <= PAYLOAD_BYTES_MAX ? json_parse(bytes, len, NULL) : NULL;
    if (!json_is_object(frame))
        side_client_close(base, 4002, "Error while decoding payload.");
    else if (is_too_fast(get_client(base)))
        side_client_close(base, 4008, "Rate limited.");
    else
        handle_op(get_client(base), frame);
    json_decref(frame);
}

static void close_client(struct side_client *base)
{
    struct client *client = get_client(base);
    if (client->session && (base->close_code == 1000 || base->close_code == 1001))
        client->session->id[0] = '\0';
    if (client->session)
        client->session->is_connected = false;
    timer_stop(&client->heartbeat);
    free(client);
}

/* ---- faults ---- */

static void garbage(struct side *base)
{
    static const char noise[] = "{\"op\":0,\"s\":999999,\"t\":\"MESSAGE_CREATE\",\"d\":{\"id\":nonsense,\"content\":\"\xff\xfe\"";
    side_broadcast(base, NULL, noise, sizeof(noise) - 1, true);
}

static void reconnect(struct side *base)
{
    static const char frame[] = "{\"op\":7,\"d\":null}";
    side_broadcast(base, NULL, frame, sizeof(frame) - 1, true);
}

static void forget_sessions(struct discord_side *side)
{
    for (size_t i = 0; i < DISCORD_SESSIONS; i++)
        side->sessions[i].id[0] = '\0';
}

static void close_all(struct side *base, int code)
{
    struct side_client *client, *next;
    list_for_each_safe(client, next, &base->clients, link)
        side_client_close(client, code, "As was asked for.");
}

/* forget: the sessions are gone, and who resumes learns it. close4014: all are closed with that code. */
static bool special(struct side *base, const char *fault)
{
    static const char invalid[] = "{\"op\":9,\"d\":false}";
    struct discord_side *side = discord_side_of(base);
    if (strcmp(fault, "forget") == 0) {
        forget_sessions(side);
    } else if (strcmp(fault, "invalid") == 0) {
        forget_sessions(side);
        side_broadcast(base, NULL, invalid, sizeof(invalid) - 1, true);
    } else if (strncmp(fault, "close", 5) == 0 && atoi(fault + 5) >= 1000 && atoi(fault + 5) < 5000) {
        close_all(base, atoi(fault + 5));
    } else {
        return false;
    }
    return true;
}

/* ---- the table ---- */

static void address(const struct side *base, const char *authority, json_t *addresses, json_t *sources)
{
    json_object_set_new(addresses, "discord", json_sprintf("http://%s/discord/api", authority));
    json_array_append_new(sources, json_pack("{s:s, s:s, s:s, s:o, s:O}", "connector", "discord", "channel",
        side_text(base, "channel"), "token", side_text(base, "token"), "webhook",
        json_sprintf("http://%s/discord/api/webhooks/" DISCORD_HOOK "/rehearsal-hook", authority), "api_url",
        json_object_get(addresses, "discord")));
}

static void describe(const struct side *base, json_t *state)
{
    const struct discord_side *side = container_of(base, struct discord_side, base);
    json_object_set_new(state, "identifies", json_integer((json_int_t)side->identifies));
    json_object_set_new(state, "resumes", json_integer((json_int_t)side->resumes));
    json_object_set_new(state, "invalid", json_integer((json_int_t)side->invalid));
    json_object_set_new(state, "zombies", json_integer((json_int_t)side->zombies));
}

static struct side *create(struct rehearsal *rehearsal)
{
    struct discord_side *side = xcalloc(1, sizeof(*side));
    return &side->base;
}

static void destroy(struct side *base)
{
    struct discord_side *side = discord_side_of(base);
    while (side->first < side->end)
        entry_fini(&side->log[side->first++ % DISCORD_LOG]);
    free(side);
}

static const struct side_setting settings[] = {
    {"channel", "3000000000000000000", "the channel's id"},
    {"token", "rehearsal-token", "the bot's, the only one that is accepted"},
    {"heartbeat_ms", "41250", "between heartbeats"},
    {"content_intent", "1", "0: Message Content Intent is off in the portal"},
    {"sessions_left", "1000", "new sessions that the day has left"},
    {"writes_max", "5", "messages in 5 s"},
    {NULL},
};

const struct side_impl discord_side = {
    .name = "discord", .settings = settings, .create = create, .destroy = destroy, .say = say,
    .request = discord_side_request, .address = address, .describe = describe, .accept = accept_client,
    .open = open_client, .receive = receive, .close = close_client, .garbage = garbage, .reconnect = reconnect,
    .special = special, .specials = "forget, invalid, close4000 (any code)",
};
