#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "rehearsal/inside.h"
#include "rehearsal/twitch_frame.h"

/*
 * Twitch's IRC over websocket as an anonymous reader sees it: https://dev.twitch.tv/docs/chat/irc (August 2026).
 * What it never does is replay; what it never says is that a channel does not exist.
 */

enum {
    BURST_MS = 10000, BURST_MAX = 256, RECALL = 512, LINE_BYTES_MAX = 4096, NICK_BYTES = 32, LINES_A_FRAME = 16,
    FLUSH_MS = 5,
};

#define ROOM_ID "700100200"

/* Who wrote what, lately. */
struct recalled {
    char *id, *author_id, *login, *text;  // owned
};

struct twitch_side {
    struct side base;
    struct list clients;  // struct client
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

struct client {
    struct list link;  // in twitch_side.clients
    struct twitch_side *side;
    struct server_socket *socket;
    char nick[NICK_BYTES];  // "": not logged in
    bool has_tags, has_commands, is_joined, is_login_refused;
    bool is_pinged;        // and has not answered
    struct timer ping_timer;
    struct buffer held;    // while stalled
};

static struct twitch_side *get_side(struct side *base)
{
    return container_of(base, struct twitch_side, base);
}

static const struct rehearsal_options *options_of(const struct twitch_side *side)
{
    return rehearsal_options(side->base.rehearsal);
}

/* --- Speaking --- */

static void send_bytes(struct client *client, const char *bytes, size_t len)
{
    enum fault_state fault = client->side->base.fault;
    if (fault == FAULT_HANG)
        return;
    if (fault == FAULT_STALL)
        buffer_add(&client->held, bytes, len);
    else if (len > 0)
        server_socket_send_text(client->socket, bytes, len);
}

static void __attribute__((format(printf, 2, 3))) reply(struct client *client, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = NULL;
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        return;
    send_bytes(client, text, (size_t)len);
    free(text);
}

/* Shared by all that are up to date; only the stalled keep a copy. */
static void flush(void *data)
{
    struct twitch_side *side = data;
    timer_stop(&side->flush_timer);
    side->waiting = 0;
    if (side->tagged.len == 0)
        return;
    struct payload *tagged = payload_create(side->tagged.data, side->tagged.len);
    struct client *client, *next;
    list_for_each_safe(client, next, &side->clients, link) {
        if (!client->is_joined || side->base.fault == FAULT_HANG)
            continue;
        if (!client->has_tags || !client->has_commands)
            send_bytes(client, side->plain.data, side->plain.len);
        else if (side->base.fault == FAULT_STALL)
            buffer_add(&client->held, side->tagged.data, side->tagged.len);
        else
            server_socket_send(client->socket, tagged);
    }
    payload_unref(tagged);
    buffer_clear(&side->tagged);
    buffer_clear(&side->plain);
}

/* Without the capability there are no tags; without `commands` only PRIVMSG stays. */
static void add_plain(struct twitch_side *side, const char *line, size_t len)
{
    const char *space = line[0] == '@' ? memchr(line, ' ', len) : NULL;
    size_t skip = space ? (size_t)(space - line) + 1 : 0;
    if (memmem(line + skip, len - skip, " PRIVMSG ", 9))
        buffer_add(&side->plain, line + skip, len - skip);
}

static void send_lines(struct twitch_side *side, const char *lines, size_t len)
{
    buffer_add(&side->tagged, lines, len);
    add_plain(side, lines, len);
    if (++side->waiting >= LINES_A_FRAME)
        flush(side);
    else if (!timer_is_running(&side->flush_timer))
        timer_start(&side->flush_timer, options_of(side)->load_per_s > 0 ? FLUSH_MS : 0);
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
    struct recalled *item = &side->recent[side->recent_at++ % RECALL];
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
        const struct recalled *item = &side->recent[i];
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
    return (struct twitch_frame_room){options_of(side)->twitch_channel, ROOM_ID, recall, side};
}

static void say(struct side *base, const struct message *message)
{
    struct twitch_side *side = get_side(base);
    struct twitch_frame_room room = room_of(side);
    struct buffer line = {0};
    if (twitch_frame_write(message, &room, &line)) {
        side_note(base, message, clock_unix_ms());
        send_lines(side, line.data, line.len);
        if (message->is.text.len > 0)
            remember(side, message);
    } else {
        base->skipped++;
    }
    buffer_fini(&line);
}

/* --- What clients say --- */

static void handle_ping_due(void *data)
{
    struct client *client = data;
    const struct rehearsal_options *options = options_of(client->side);
    if (client->is_pinged) {
        client->side->pongs_missed++;
        server_socket_abort(client->socket);
        return;
    }
    client->is_pinged = true;
    client->side->pings++;
    reply(client, "PING :tmi.twitch.tv\r\n");
    timer_start(&client->ping_timer, options->pong_ms);
}

static void handle_pong(struct client *client)
{
    client->is_pinged = false;
    timer_start(&client->ping_timer, random_jitter(options_of(client->side)->ping_ms, 5));
}

static void handle_cap(struct client *client, const char *text)
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
            reply(client, ":tmi.twitch.tv CAP * NAK %s\r\n", list);
            return;
        }
        asks[found] = true;
        at += len;
    }
    client->has_tags |= asks[0];
    client->has_commands |= asks[1];
    reply(client, ":tmi.twitch.tv CAP * ACK %s\r\n", list);
}

/* The rehearsal knows no accounts: who does not come as justinfan is refused as with a bad token. */
static void refuse_login(struct client *client, const char *words)
{
    client->is_login_refused = true;
    reply(client, ":tmi.twitch.tv NOTICE * :%s\r\n", words);
    server_socket_close(client->socket, 1000, NULL);
}

static bool is_anonymous(const char *nick)
{
    static const char prefix[] = "justinfan";
    size_t len = sizeof(prefix) - 1;
    return strncmp(nick, prefix, len) == 0 && nick[len] && strspn(nick + len, "0123456789") == strlen(nick + len);
}

static void handle_nick(struct client *client, const char *nick)
{
    static const char *const words[] = {"001", "002", "003", "004", "375", "372", "376"};
    static const char *const texts[] = {"Welcome, GLHF!", "Your host is tmi.twitch.tv", "This server is rather new", "-",
                                        "-", "You are in a maze of twisty passages, all alike.", ">"};
    if (client->nick[0] || client->is_login_refused)
        return;
    if (strlen(nick) >= NICK_BYTES || !is_anonymous(nick)) {
        refuse_login(client, nick[0] ? "Login authentication failed" : "Invalid NICK");
        return;
    }
    strcpy(client->nick, nick);
    struct buffer lines = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        buffer_printf(&lines, ":tmi.twitch.tv %s %s :%s\r\n", words[i], nick, texts[i]);
    send_bytes(client, lines.data, lines.len);
    buffer_fini(&lines);
}

/* Each room of a JOIN counts. Beyond the limit Twitch says nothing, either. */
static bool may_join(struct twitch_side *side)
{
    int64_t now_ms = clock_monotonic_ms();
    int recent = 0, limit = options_of(side)->joins_max;
    for (size_t i = 0; i < BURST_MAX; i++)
        recent += side->joins[i] && side->joins[i] > now_ms - BURST_MS;
    if (recent >= limit) {
        side->joins_refused++;
        return false;
    }
    side->joins[side->join_at++ % BURST_MAX] = now_ms;
    return true;
}

static void join_one(struct client *client, const char *name, size_t len)
{
    struct twitch_side *side = client->side;
    const char *channel = options_of(side)->twitch_channel, *nick = client->nick;
    bool is_ours = len == strlen(channel) + 1 && name[0] == '#' && strncmp(name + 1, channel, len - 1) == 0;
    if (!may_join(side) || !is_ours || side->base.fault == FAULT_HANG)
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
    send_bytes(client, lines.data, lines.len);
    buffer_fini(&lines);
    client->is_joined = true;
    rehearsal_client_came(&side->base);
}

static void handle_join(struct client *client, const char *names)
{
    if (!client->nick[0])
        return;
    for (const char *at = names; *at;) {
        size_t len = strcspn(at, ",");
        join_one(client, at, len);
        at += len + (at[len] == ',');
    }
}

static void handle_part(struct client *client, const char *channel)
{
    const char *nick = client->nick;
    if (!client->is_joined || channel[0] != '#' || strcmp(channel + 1, options_of(client->side)->twitch_channel) != 0)
        return;
    client->is_joined = false;
    reply(client, ":%s!%s@%s.tmi.twitch.tv PART %s\r\n", nick, nick, nick, channel);
}

static void handle_line(struct client *client, char *line)
{
    char *rest = strchr(line, ' ');
    if (rest)
        *rest++ = '\0';
    else
        rest = line + strlen(line);
    const char *text = rest[0] == ':' ? rest + 1 : rest;
    if (strcmp(line, "PING") == 0)
        reply(client, ":tmi.twitch.tv PONG tmi.twitch.tv :%s\r\n", text);
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
        server_socket_close(client->socket, 1000, NULL);
    else if (strcmp(line, "PASS") != 0 && strcmp(line, "PRIVMSG") != 0 && client->nick[0])
        reply(client, ":tmi.twitch.tv 421 %s %s :Unknown command\r\n", client->nick, line);
}

/* --- The websocket --- */

static int accept_client(void *data, const struct server_request *request, void **session)
{
    struct twitch_side *side = get_side(rehearsal_twitch(data));
    if (side->base.fault == FAULT_REFUSE)
        return 503;
    struct client *client = xcalloc(1, sizeof(*client));
    client->side = side;
    list_init(&client->link);
    *session = client;
    return 0;
}

static void handle_open(void *data, struct server_socket *socket)
{
    struct client *client = server_socket_session(socket);
    client->socket = socket;
    list_append(&client->side->clients, &client->link);
    timer_init(&client->ping_timer, rehearsal_loop(data), handle_ping_due, client);
    timer_start(&client->ping_timer, random_jitter(options_of(client->side)->ping_ms, 5));
}

static void handle_message(void *data, struct server_socket *socket, const char *bytes, size_t len, bool is_text)
{
    struct client *client = server_socket_session(socket);
    for (const char *at = bytes, *end = bytes + len; at < end && client->side->base.fault != FAULT_HANG;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t line_len = (size_t)((newline ? newline : end) - at);
        size_t keep = line_len > 0 && at[line_len - 1] == '\r' ? line_len - 1 : line_len;
        char *line = xstrndup(at, keep < LINE_BYTES_MAX ? keep : LINE_BYTES_MAX);
        if (line[0])
            handle_line(client, line);
        free(line);
        at += line_len + 1;
    }
}

/* Twitch drops who does not read. */
static void handle_overflow(void *data, struct server_socket *socket)
{
    server_socket_abort(socket);
}

static void handle_close(void *data, struct server_socket *socket, void *session, int code)
{
    struct client *client = session;
    list_remove(&client->link);
    timer_stop(&client->ping_timer);
    buffer_fini(&client->held);
    free(client);
}

const struct server_protocol twitch_side_protocol = {
    .name = NULL, .accept = accept_client, .on_open = handle_open, .on_message = handle_message,
    .on_overflow = handle_overflow, .on_close = handle_close,
};

/* --- Faults --- */

static void drop(struct side *base)
{
    struct client *client, *next;
    list_for_each_safe(client, next, &get_side(base)->clients, link) {
        client->is_joined = false;
        server_socket_abort(client->socket);
    }
}

static void garbage(struct side *base)
{
    static const char noise[] = "@badges=;;;=\xff\xfe;id :\x01\x02 PRIVMSG\r\n@ : \r\n\xf0\x28\x8c\x28 CLEARCHAT #\r\n";
    struct client *client;
    list_for_each(client, &get_side(base)->clients, link)
        send_bytes(client, noise, sizeof(noise) - 1);
}

static void reconnect(struct side *base)
{
    flush(get_side(base));
    struct client *client;
    list_for_each(client, &get_side(base)->clients, link)
        reply(client, ":tmi.twitch.tv RECONNECT\r\n");
}

static void resume(struct side *base)
{
    struct client *client;
    list_for_each(client, &get_side(base)->clients, link) {
        send_bytes(client, client->held.data, client->held.len);
        buffer_clear(&client->held);
    }
}

static bool special(struct side *base, const char *fault)
{
    return false;
}

static void describe(const struct side *base, json_t *state)
{
    const struct twitch_side *side = container_of(base, struct twitch_side, base);
    int clients = 0, joined = 0;
    const struct client *client;
    list_for_each(client, &side->clients, link) {
        clients++;
        joined += client->is_joined;
    }
    json_object_set_new(state, "clients", json_integer(clients));
    json_object_set_new(state, "joined", json_integer(joined));
    json_object_set_new(state, "joins_refused", json_integer((json_int_t)side->joins_refused));
    json_object_set_new(state, "pings", json_integer((json_int_t)side->pings));
    json_object_set_new(state, "pongs_missed", json_integer((json_int_t)side->pongs_missed));
}

static void destroy(struct side *base)
{
    struct twitch_side *side = get_side(base);
    timer_stop(&side->flush_timer);
    for (size_t i = 0; i < RECALL; i++)
        forget(&side->recent[i]);
    buffer_fini(&side->tagged);
    buffer_fini(&side->plain);
    free(side);
}

static const struct side_impl impl = {
    "twitch", say, drop, garbage, reconnect, resume, special, describe, destroy,
};

struct side *twitch_side_create(struct rehearsal *rehearsal)
{
    struct twitch_side *side = xcalloc(1, sizeof(*side));
    side->base.impl = &impl;
    side->base.rehearsal = rehearsal;
    list_init(&side->clients);
    timer_init(&side->flush_timer, rehearsal_loop(rehearsal), flush, side);
    return &side->base;
}
