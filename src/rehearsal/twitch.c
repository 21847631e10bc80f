#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "rehearsal/twitch_frame.h"
#include "rehearsal/twitch_inside.h"

/*
 * Twitch's IRC over websocket as an anonymous reader sees it: https://dev.twitch.tv/docs/chat/irc (August 2026). What a
 * login opens besides is twitch_eventsub.c's and twitch_helix.c's.
 * What it never does is replay; what it never says is that a channel does not exist.
 */

enum {
    BURST_MS = 10000, BURST_MAX = 256, RECALL = 512, LINE_BYTES_MAX = 4096, LINES_A_FRAME = 16,
    FLUSH_MS = 5,
};

/* Who wrote what, lately. */
struct recalled {
    char *id, *author_id, *login, *text;  // owned
};

struct twitch_irc {
    struct recalled recent[RECALL];
    size_t recent_at;
    int64_t joins[BURST_MAX];  // when, of the newest
    size_t join_at;
    uint64_t joins_refused, pongs_missed, pings;
    // Lines that wait to go out together: the platform, too, puts several into one websocket message.
    struct buffer tagged, plain;  // for those with tags and commands; for those with neither
    int waiting;
    struct timer flush_timer;
};

static struct twitch_side *side_of(struct twitch_client *client)
{
    return twitch_side_of(client->base.side);
}

/* --- Speaking --- */

static bool wants_tagged(const struct side_client *base)
{
    const struct twitch_client *client = container_of(base, struct twitch_client, base);
    return client->is_joined && client->has_tags && client->has_commands;
}

static bool wants_plain(const struct side_client *base)
{
    const struct twitch_client *client = container_of(base, struct twitch_client, base);
    return client->is_joined && !(client->has_tags && client->has_commands);
}

static bool wants_irc(const struct side_client *base)
{
    return !container_of(base, struct twitch_client, base)->is_eventsub;
}

static void flush(void *data)
{
    struct twitch_side *side = data;
    timer_stop(&side->irc->flush_timer);
    side->irc->waiting = 0;
    if (side->irc->tagged.len > 0)
        side_broadcast(&side->base, wants_tagged, side->irc->tagged.data, side->irc->tagged.len, true);
    if (side->irc->plain.len > 0)
        side_broadcast(&side->base, wants_plain, side->irc->plain.data, side->irc->plain.len, true);
    buffer_clear(&side->irc->tagged);
    buffer_clear(&side->irc->plain);
}

/* Without the capability there are no tags; without `commands` only PRIVMSG stays. */
static void add_plain(struct twitch_side *side, const char *line, size_t len)
{
    const char *space = line[0] == '@' ? memchr(line, ' ', len) : NULL;
    size_t skip = space ? (size_t)(space - line) + 1 : 0;
    if (memmem(line + skip, len - skip, " PRIVMSG ", 9))
        buffer_add(&side->irc->plain, line + skip, len - skip);
}

static void send_lines(struct twitch_side *side, const char *lines, size_t len)
{
    buffer_add(&side->irc->tagged, lines, len);
    add_plain(side, lines, len);
    if (++side->irc->waiting >= LINES_A_FRAME)
        flush(side);
    else if (!timer_is_running(&side->irc->flush_timer))
        timer_start(&side->irc->flush_timer, rehearsal_load(side->base.rehearsal) > 0 ? FLUSH_MS : 0);
}

/* --- Messages --- */

static void forget(struct recalled *item)
{
    free(item->id);
    free(item->author_id);
    free(item->login);
    free(item->text);
    *item = (struct recalled){0};
}

static void remember(struct twitch_side *side, const struct message *message)
{
    const struct message_draft *is = &message->is;
    struct recalled *item = &side->irc->recent[side->irc->recent_at++ % RECALL];
    forget(item);
    struct str login = is->author.login.len ? is->author.login : is->author.name;
    item->id = xstrndup(is->native_id.data, is->native_id.len);
    item->author_id = is->author.id.len ? xstrndup(is->author.id.data, is->author.id.len) : NULL;
    item->login = login.len ? xstrndup(login.data, login.len) : NULL;
    item->text = is->text.len ? xstrndup(is->text.data, is->text.len) : NULL;
}

static bool recall(void *data, struct str id, struct str *login, struct str *text)
{
    struct twitch_side *side = data;
    for (size_t i = 0; i < RECALL; i++) {
        const struct recalled *item = &side->irc->recent[i];
        if ((item->id && str_equal(str_from(item->id), id)) || (item->author_id && str_equal(str_from(item->author_id), id))) {
            *login = item->login ? str_from(item->login) : *login;
            *text = str_from(item->text);
            return true;
        }
    }
    return false;
}

static struct twitch_frame_room room_of(struct twitch_side *side)
{
    return (struct twitch_frame_room){side->channel, TWITCH_ROOM_ID, recall, side};
}

static void say(struct side *base, const struct message *message)
{
    struct twitch_side *side = twitch_side_of(base);
    struct twitch_frame_room room = room_of(side);
    struct buffer line = {0};
    bool is_event = twitch_event_send(side, message);
    // What has an event of its own is no line: a redemption, a message that is held back.
    bool is_line = message->is.kind != MESSAGE_NOTICE || !is_event;
    if (is_line && twitch_frame_write(message, &room, &line)) {
        send_lines(side, line.data, line.len);
        if (message->is.text.len > 0)
            remember(side, message);
    }
    if (is_event || line.len > 0)
        side_note(base, message);
    else
        base->skipped++;
    buffer_fini(&line);
}

/* --- What clients say --- */

static void handle_ping_due(void *data)
{
    struct twitch_client *client = data;
    struct twitch_side *side = side_of(client);
    if (client->is_pinged) {
        side->irc->pongs_missed++;
        server_socket_abort(client->base.socket);
        return;
    }
    client->is_pinged = true;
    side->irc->pings++;
    side_client_printf(&client->base, "PING :tmi.twitch.tv\r\n");
    timer_start(&client->ping_timer, side_number(&side->base, "pong_ms"));
}

static void handle_pong(struct twitch_client *client)
{
    client->is_pinged = false;
    timer_start(&client->ping_timer, random_jitter(side_number(client->base.side, "ping_ms"), 5));
}

static void handle_cap(struct twitch_client *client, const char *text)
{
    static const char *const known[] = {"twitch.tv/tags", "twitch.tv/commands", "twitch.tv/membership"};
    const char *list = strchr(text, ':');
    if (strncmp(text, "REQ ", 4) != 0 || !list)
        return;
    bool asks[3] = {false};
    for (const char *at = list + 1; *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        int found = -1;
        for (int i = 0; i < 3; i++) {
            if (strlen(known[i]) == len && strncmp(at, known[i], len) == 0)
                found = i;
        }
        if (found < 0) {
            side_client_printf(&client->base, ":tmi.twitch.tv CAP * NAK %s\r\n", list);
            return;
        }
        asks[found] = true;
        at += len;
    }
    client->has_tags |= asks[0];
    client->has_commands |= asks[1];
    side_client_printf(&client->base, ":tmi.twitch.tv CAP * ACK %s\r\n", list);
}

/* The rehearsal knows no accounts: who does not come as justinfan is refused as with a bad token. */
static void refuse_login(struct twitch_client *client, const char *words)
{
    client->is_login_refused = true;
    side_client_printf(&client->base, ":tmi.twitch.tv NOTICE * :%s\r\n", words);
    side_client_close(&client->base, 1000, NULL);
}

static bool is_anonymous(const char *nick)
{
    static const char prefix[] = "justinfan";
    size_t len = sizeof(prefix) - 1;
    return strncmp(nick, prefix, len) == 0 && nick[len] && strspn(nick + len, "0123456789") == strlen(nick + len);
}

static void handle_nick(struct twitch_client *client, const char *nick)
{
    static const char *const words[] = {"001", "002", "003", "004", "375", "372", "376"};
    static const char *const texts[] = {"Welcome, GLHF!", "Your host is tmi.twitch.tv", "This server is rather new", "-",
                                        "-", "You are in a maze of twisty passages, all alike.", ">"};
    if (client->nick[0] || client->is_login_refused)
        return;
    if (strlen(nick) >= TWITCH_NICK_BYTES || !is_anonymous(nick)) {
        refuse_login(client, nick[0] ? "Login authentication failed" : "Invalid NICK");
        return;
    }
    strcpy(client->nick, nick);
    struct buffer lines = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        buffer_printf(&lines, ":tmi.twitch.tv %s %s :%s\r\n", words[i], nick, texts[i]);
    side_client_send(&client->base, lines.data, lines.len);
    buffer_fini(&lines);
}

/* Each room of a JOIN counts. Beyond the limit Twitch says nothing, either. */
static bool may_join(struct twitch_side *side)
{
    int64_t now_ms = clock_monotonic_ms();
    int64_t recent = 0, limit = side_number(&side->base, "joins_max");
    for (size_t i = 0; i < BURST_MAX; i++)
        recent += side->irc->joins[i] && side->irc->joins[i] > now_ms - BURST_MS;
    if (recent >= limit) {
        side->irc->joins_refused++;
        return false;
    }
    side->irc->joins[side->irc->join_at++ % BURST_MAX] = now_ms;
    return true;
}

static void join_one(struct twitch_client *client, const char *name, size_t len)
{
    struct twitch_side *side = side_of(client);
    const char *channel = side->channel, *nick = client->nick;
    bool is_ours = len == strlen(channel) + 1 && name[0] == '#' && strncmp(name + 1, channel, len - 1) == 0;
    if (!may_join(side) || !is_ours)
        return;
    struct buffer lines = {0};
    buffer_printf(&lines, ":%s!%s@%s.tmi.twitch.tv JOIN #%s\r\n", nick, nick, nick, channel);
    buffer_printf(&lines, ":%s.tmi.twitch.tv 353 %s = #%s :%s\r\n", nick, nick, channel, nick);
    buffer_printf(&lines, ":%s.tmi.twitch.tv 366 %s #%s :End of /NAMES list\r\n", nick, nick, channel);
    if (client->has_commands) {
        struct twitch_frame_room room = room_of(side);
        size_t before = lines.len;
        twitch_frame_write_room(&room, &lines);
        if (!client->has_tags) {
            const char *space = memchr(lines.data + before, ' ', lines.len - before);
            size_t tags = (size_t)(space + 1 - (lines.data + before));
            memmove(lines.data + before, space + 1, lines.len - before - tags);
            lines.len -= tags;
        }
    }
    flush(side);  // what was written before the JOIN is not for it
    side_client_send(&client->base, lines.data, lines.len);
    buffer_fini(&lines);
    client->is_joined = true;
    side_client_came(&side->base);
}

static void handle_join(struct twitch_client *client, const char *names)
{
    if (!client->nick[0])
        return;
    for (const char *at = names; *at;) {
        size_t len = strcspn(at, ",");
        join_one(client, at, len);
        at += len + (at[len] == ',');
    }
}

static void handle_part(struct twitch_client *client, const char *channel)
{
    const char *nick = client->nick;
    if (!client->is_joined || channel[0] != '#' || strcmp(channel + 1, side_of(client)->channel) != 0)
        return;
    client->is_joined = false;
    side_client_printf(&client->base, ":%s!%s@%s.tmi.twitch.tv PART %s\r\n", nick, nick, nick, channel);
}

static void handle_line(struct twitch_client *client, char *line)
{
    char *rest = strchr(line, ' ');
    if (rest)
        *rest++ = '\0';
    else
        rest = line + strlen(line);
    const char *text = rest[0] == ':' ? rest + 1 : rest;
    if (strcmp(line, "PING") == 0)
        side_client_printf(&client->base, ":tmi.twitch.tv PONG tmi.twitch.tv :%s\r\n", text);
    else if (strcmp(line, "PONG") == 0)
        handle_pong(client);
    else if (strcmp(line, "CAP") == 0)
        handle_cap(client, rest);
    else if (strcmp(line, "NICK") == 0)
        handle_nick(client, text);
    else if (strcmp(line, "JOIN") == 0)
        handle_join(client, text);
    else if (strcmp(line, "PART") == 0)
        handle_part(client, text);
    else if (strcmp(line, "QUIT") == 0)
        side_client_close(&client->base, 1000, NULL);
    else if (strcmp(line, "PASS") != 0 && strcmp(line, "PRIVMSG") != 0 && client->nick[0])
        side_client_printf(&client->base, ":tmi.twitch.tv 421 %s %s :Unknown command\r\n", client->nick, line);
}

/* --- The websocket --- */

static struct side_client *accept_client(struct side *base, const struct server_request *request, int *status)
{
    struct twitch_client *client = xcalloc(1, sizeof(*client));
    client->base.side = base;
    if (twitch_eventsub_is_path(server_request_path(request)))
        twitch_eventsub_init(client, request);
    timer_init(&client->ping_timer, rehearsal_loop(base->rehearsal), handle_ping_due, client);
    return &client->base;
}

static void open_client(struct side_client *base)
{
    if (twitch_client_of(base)->is_eventsub) {
        twitch_eventsub_open(twitch_client_of(base));
        return;
    }
    timer_start(&twitch_client_of(base)->ping_timer, random_jitter(side_number(base->side, "ping_ms"), 5));
}

static void receive(struct side_client *base, const char *bytes, size_t len, bool is_text)
{
    if (twitch_client_of(base)->is_eventsub) {
        twitch_eventsub_receive(twitch_client_of(base));
        return;
    }
    for (const char *at = bytes, *end = bytes + len; at < end && base->side->fault != FAULT_HANG;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t line_len = (size_t)((newline ? newline : end) - at);
        size_t keep = line_len > 0 && at[line_len - 1] == '\r' ? line_len - 1 : line_len;
        char *line = xstrndup(at, keep < LINE_BYTES_MAX ? keep : LINE_BYTES_MAX);
        if (line[0])
            handle_line(twitch_client_of(base), line);
        free(line);
        at += line_len + 1;
    }
}

static void close_client(struct side_client *base)
{
    if (twitch_client_of(base)->is_eventsub)
        twitch_eventsub_close(twitch_client_of(base));
    timer_stop(&twitch_client_of(base)->ping_timer);
    free(twitch_client_of(base));
}

/* --- Faults --- */

/* What is on the way out goes nowhere. */
static void drop(struct side *base)
{
    struct side_client *client;
    list_for_each(client, &base->clients, link)
        twitch_client_of(client)->is_joined = false;
}

static void garbage(struct side *base)
{
    static const char noise[] = "@badges=;;;=\xff\xfe;id :\x01\x02 PRIVMSG\r\n@ : \r\n\xf0\x28\x8c\x28 CLEARCHAT #\r\n";
    side_broadcast(base, NULL, noise, sizeof(noise) - 1, true);
}

static void reconnect(struct side *base)
{
    static const char line[] = ":tmi.twitch.tv RECONNECT\r\n";
    flush(twitch_side_of(base));
    side_broadcast(base, wants_irc, line, sizeof(line) - 1, true);
    twitch_eventsub_reconnect(twitch_side_of(base));
}

/* "reject": the next chat message is dropped. "expire": the token that was last shown is none any more. "orphan": subscriptions outlive sessions. */
static bool special(struct side *base, const char *fault)
{
    struct twitch_api *api = &twitch_side_of(base)->api;
    if (strcmp(fault, "reject") == 0) {
        api->rejects_next = true;
    } else if (strcmp(fault, "expire") == 0) {
        memcpy(api->bad_token, api->token, sizeof(api->bad_token));
    } else if (strcmp(fault, "orphan") == 0) {
        api->keeps_orphans = true;
    } else if (strcmp(fault, "resume") == 0) {
        api->keeps_orphans = api->rejects_next = false;
        api->bad_token[0] = '\0';
    } else {
        return twitch_eventsub_special(twitch_side_of(base), fault);
    }
    return true;
}

static void describe_api(const struct twitch_api *api, json_t *state)
{
    int enabled = 0;
    for (size_t i = 0; i < TWITCH_SUBSCRIPTIONS_MAX; i++)
        enabled += api->subscriptions[i].number != 0;
    json_object_set_new(state, "events", json_pack("{s:i,s:I,s:I,s:I,s:I,s:I,s:I}", "enabled", enabled, "subscribed",
        (json_int_t)api->subscribed, "refused", (json_int_t)api->refused, "conflicts", (json_int_t)api->conflicts, "unused",
        (json_int_t)api->unused, "sessions", (json_int_t)api->sessions, "moved", (json_int_t)api->moved));
}

static void describe(const struct side *base, json_t *state)
{
    const struct twitch_side *side = container_of(base, struct twitch_side, base);
    int joined = 0;
    const struct side_client *client;
    list_for_each(client, &base->clients, link)
        joined += container_of(client, struct twitch_client, base)->is_joined;
    json_object_set_new(state, "joined", json_integer(joined));
    json_object_set_new(state, "joins_refused", json_integer((json_int_t)side->irc->joins_refused));
    json_object_set_new(state, "pings", json_integer((json_int_t)side->irc->pings));
    describe_api(&side->api, state);
    json_object_set_new(state, "pongs_missed", json_integer((json_int_t)side->irc->pongs_missed));
}

static void destroy(struct side *base)
{
    struct twitch_side *side = twitch_side_of(base);
    timer_stop(&side->irc->flush_timer);
    for (size_t i = 0; i < RECALL; i++)
        forget(&side->irc->recent[i]);
    buffer_fini(&side->irc->tagged);
    buffer_fini(&side->irc->plain);
    free(side->irc);
    free(side->api.last);
    free(side);
}

static void address(const struct side *base, const char *authority, json_t *addresses, json_t *sources)
{
    json_object_set_new(addresses, "twitch", json_sprintf("ws://%s/", authority));
    json_array_append_new(sources, json_pack("{s:s, s:s, s:O, s:o, s:o}", "connector", "twitch", "channel",
        side_room(base, "channel"), "url", json_object_get(addresses, "twitch"),
        "api_url", json_sprintf("http://%s/twitch/helix", authority),
        "eventsub_url", json_sprintf("ws://%s/twitch/eventsub", authority)));
}

static void start(struct side *base)
{
    twitch_side_of(base)->channel = side_room(base, "channel");
}

static struct side *create(struct rehearsal *rehearsal)
{
    struct twitch_side *side = xcalloc(1, sizeof(*side));
    side->irc = xcalloc(1, sizeof(*side->irc));
    random_bytes(&side->api.key, sizeof(side->api.key));
    timer_init(&side->irc->flush_timer, rehearsal_loop(rehearsal), flush, side);
    return &side->base;
}

/* A UUID of version 4. */
static const struct side_setting settings[] = {
    {"channel", "rehearsal", "the channel's login; usual: the transcript's"},
    {"ping_ms", "300000", "between PINGs"},
    {"pong_ms", "10000", "that a PING waits for its answer"},
    {"joins_max", "20", "in 10 s"},
    {"client_id", "rehearsal-client", "the application that it was given to"},
    {"account_id", TWITCH_ROOM_ID, "whose token it is; usual: the channel's"},
    {"scopes", NULL, "what it allows; usual: all that is asked for"},
    {"points", "800", "requests a minute"},
    {"says_max", "100", "chat messages in 30 s"},
    {"keepalive_s", "10", "between two frames of EventSub"},
    {"unused_ms", "10000", "that a session waits for its first subscription"},
    {"grace_ms", "30000", "that an old session stays after session_reconnect"},
    {NULL},
};

const struct side_impl twitch_side = {
    .name = "twitch", .settings = settings, .create = create, .start = start, .destroy = destroy, .say = say,
    .make_id = transcript_make_uuid, .address = address, .describe = describe, .is_root = true, .accept = accept_client,
    .open = open_client, .receive = receive, .close = close_client, .drop = drop, .garbage = garbage,
    .reconnect = reconnect, .request = twitch_helix_request, .special = special,
    .specials = "close4000 … close4007, astray, expire, orphan, reject, repeat, revoke",
};
