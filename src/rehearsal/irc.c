#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/memory.h"
#include "rehearsal/irc_frame.h"
#include "rehearsal/irc_inside.h"

/*
 * An IRC server with IRCv3 and one channel, by websocket (one line a message): capabilities, SASL PLAIN, nicks that are
 * taken, history if it is set, 512 bytes a line, excess flood. Of the real servers, InspIRCd and ngIRCd, the tests use
 * the programs themselves; what those cannot do (SASL without services, history, REDACT) is here.
 */

static struct irc_side *get_side(struct side *base)
{
    return container_of(base, struct irc_side, base);
}

static struct client *get_client(struct side_client *base)
{
    return container_of(base, struct client, base);
}

static struct irc_side *side_of(struct client *client)
{
    return get_side(client->base.side);
}

/* --- Speaking --- */

static bool wants_tags(const struct side_client *base)
{
    const struct client *client = container_of(base, struct client, base);
    const uint32_t needed = CAP_TAGS | CAP_TIME | CAP_ACCOUNT | CAP_REDACT;
    return client->is_joined && (client->caps & needed) == needed;
}

static bool wants_plain(const struct side_client *base)
{
    return container_of(base, struct client, base)->is_joined && !wants_tags(base);
}

static void send_each(struct side *base, const struct buffer *lines, bool (*wants)(const struct side_client *client))
{
    for (const char *at = lines->data, *end = at + lines->len; at && at < end;) {
        size_t len = (size_t)((const char *)memchr(at, '\n', (size_t)(end - at)) - at);
        side_broadcast(base, wants, at, len, true);
        at += len + 1;
    }
}

static void end_with(struct client *client, const char *why)
{
    side_client_printf(&client->base, "ERROR :Closing link: (%s@rehearsal) [%s]", nick_of(client), why);
    side_client_close(&client->base, 1000, NULL);
    client->is_refused = true;
}

/* --- What was said --- */

static void remember(struct irc_side *side, struct str id, bool is_client)
{
    struct recalled *recalled = &side->recent[side->recent_count++ % RECALL];
    snprintf(recalled->id, sizeof(recalled->id), "%.*s", (int)(id.len < TRANSCRIPT_ID_BYTES ? id.len : 0), id.len ? id.data : "");
    recalled->is_client = is_client;
}

static struct recalled *recall(struct irc_side *side, const char *id)
{
    for (size_t i = 0; i < RECALL; i++) {
        if (side->recent[i].id[0] && strcmp(side->recent[i].id, id) == 0)
            return &side->recent[i];
    }
    return NULL;
}

static void say(struct side *base, const struct message *message)
{
    struct irc_side *side = get_side(base);
    struct buffer tagged = {0}, plain = {0};
    if (irc_frame_write(message, side->channel, &tagged, &plain)) {
        send_each(base, &tagged, wants_tags);
        send_each(base, &plain, wants_plain);
        side_note(base, message);
        if (message->is.kind == MESSAGE_CHAT || message->is.kind == MESSAGE_ACTION)
            irc_keep(side, message->is.time_ms, &tagged);
        remember(side, message->is.native_id, false);
    } else {
        base->skipped++;
    }
    buffer_fini(&tagged);
    buffer_fini(&plain);
}

/* --- The channel --- */

/* Who is in the transcript is there, with the mark of their role. */
static void send_names(struct client *client)
{
    struct irc_side *side = side_of(client);
    const struct transcript *transcript = rehearsal_transcript(side->base.rehearsal);
    const struct transcript_line *line;
    struct buffer names = {0};
    for (size_t i = 0; transcript && names.len < 300 && (line = transcript_at(transcript, i)); i++) {
        const struct message_author *author = &line->message->is.author;
        char nick[32];
        irc_frame_nick(author->name.len ? author->name : author->login, nick);
        const char *mark = author->roles & ROLE_BROADCASTER ? "~" : author->roles & ROLE_MODERATOR ? "@"
                         : author->roles & (ROLE_VIP | ROLE_SUBSCRIBER) ? "+" : "";
        if (*mark)
            buffer_printf(&names, "%s%s ", mark, nick);
    }
    numeric(client, "353", "%s = %s :@op %.*s%s%s", client->nick, side->channel, (int)names.len, names.len ? names.data : "",
            client->is_op ? "@" : "", client->nick);
    numeric(client, "366", "%s %s :End of /NAMES list.", client->nick, side->channel);
    buffer_fini(&names);
}

static void handle_join(struct client *client, const char *name, const char *key)
{
    struct irc_side *side = side_of(client);
    const char *wanted = side_text(&side->base, "key");
    if (strcasecmp(name, side->channel) != 0) {
        numeric(client, "403", "%s %s :No such channel", client->nick, name);
    } else if (wanted && strcmp(wanted, key) != 0) {
        numeric(client, "475", "%s %s :Cannot join channel (+k)", client->nick, name);
    } else if (is_set(client, "registered_only") && !client->is_logged_in) {
        numeric(client, "477", "%s %s :Cannot join channel (+R): you need a registered nick", client->nick, name);
    } else if (!client->is_joined) {
        client->is_joined = true;
        client->is_op = is_set(client, "op");
        side_client_printf(&client->base, ":%s!~user@rehearsal JOIN %s", client->nick, side->channel);
        send_names(client);
        side_client_came(&side->base);
    }
}

/* --- What clients write --- */

static void note(struct client *client, const char *act, const char *outcome, const char *why, const char *text, const char *id)
{
    side_note_write(client->base.side, &(struct side_write){.act = act, .outcome = outcome, .why = why, .text = text, .native_id = id});
}


static void send_echo(struct client *from, const struct buffer *tagged, const struct buffer *plain)
{
    struct side_client *other;
    list_for_each(other, &from->base.side->clients, link) {
        struct client *client = get_client(other);
        const struct buffer *line = wants_tags(other) ? tagged : plain;
        if (client->is_joined && (client != from || (client->caps & CAP_ECHO)))
            side_client_send(other, line->data, line->len - 1);
    }
}

static void handle_words(struct client *client, const char *command, const char *target, const char *words)
{
    struct irc_side *side = side_of(client);
    const char *act = strcmp(command, "NOTICE") == 0 ? "announce" : "say";
    char id[TRANSCRIPT_ID_BYTES];
    if (strcasecmp(target, "NickServ") == 0) {
        irc_nickserv(client, words);
        return;
    }
    if (strcasecmp(target, side->channel) != 0 || !client->is_joined || (side->is_moderated && !client->is_op)) {
        numeric(client, "404", "%s %s :Cannot send to channel", client->nick, target);
        note(client, act, "dropped", "404", words, NULL);
        return;
    }
    side_mint_id(&side->base, id);
    struct buffer tagged = {0}, plain = {0};
    size_t frame = strlen(client->nick) + strlen(side->channel) + strlen(":!~user@rehearsal PRIVMSG  :");
    bool is_action = strncmp(words, "\1ACTION ", 8) == 0;
    buffer_printf(&plain, ":%s!~user@rehearsal %s %s :%s", client->nick, command, side->channel, is_action ? "\1ACTION " : "");
    irc_frame_words(&plain, str_from(words + (is_action ? 8 : 0)), IRC_FRAME_LINE_BYTES - frame);
    if (is_action)
        plain.data[plain.len - 1] = '\1';
    buffer_add_char(&plain, '\n');
    buffer_add_char(&tagged, '@');
    irc_frame_tags(&tagged, clock_unix_ms(), str_from(id), client->is_logged_in ? str_from(side_text(&side->base, "account")) : STR(""), STR(""));
    buffer_add_char(&tagged, ' ');
    buffer_add(&tagged, plain.data, plain.len);
    send_echo(client, &tagged, &plain);
    irc_keep(side, clock_unix_ms(), &tagged);
    remember(side, str_from(id), true);
    note(client, act, "accepted", NULL, words, id);
    buffer_fini(&tagged);
    buffer_fini(&plain);
}

static void handle_redact(struct client *client, const char *target, const char *id)
{
    struct irc_side *side = side_of(client);
    struct recalled *recalled = recall(side, id);
    const char *why = !recalled ? "UNKNOWN_MSGID" : recalled->is_client || client->is_op ? NULL : "REDACT_FORBIDDEN";
    note(client, "delete", why ? "dropped" : "accepted", why, NULL, id);
    if (why) {
        side_client_printf(&client->base, ":irc.rehearsal FAIL REDACT %s %s %s :The message cannot be taken back", why, target, id);
        return;
    }
    recalled->id[0] = '\0';
    char *line = xasprintf(":%s!~user@rehearsal REDACT %s %s", client->nick, side->channel, id);
    side_broadcast(&side->base, wants_tags, line, strlen(line), true);
    free(line);
}

static bool check_op(struct client *client)
{
    if (!client->is_op)
        numeric(client, "482", "%s %s :You're not a channel operator", client->nick, side_of(client)->channel);
    return client->is_op;
}

static bool wants_any(const struct side_client *base)
{
    return container_of(base, struct client, base)->is_joined;
}

static void handle_mode(struct client *client, const char *modes, const char *mask)
{
    bool is_ban = strcmp(modes, "+b") == 0;
    if ((!is_ban && strcmp(modes, "-b") != 0) || !mask[0])
        return;
    bool ok = check_op(client);
    side_note_write(client->base.side, &(struct side_write){.act = is_ban ? "ban" : "unban", .outcome = ok ? "accepted" : "dropped",
                                                          .why = ok ? NULL : "482", .author_id = mask});
    if (!ok)
        return;
    char *line = xasprintf(":%s!~user@rehearsal MODE %s %s %s", client->nick, side_of(client)->channel, modes, mask);
    side_broadcast(client->base.side, wants_any, line, strlen(line), true);
    free(line);
}

static void handle_kick(struct client *client, const char *nick, const char *why)
{
    if (!check_op(client))
        return;
    char *line = xasprintf(":%s!~user@rehearsal KICK %s %s :%s", client->nick, side_of(client)->channel, nick, why);
    side_broadcast(client->base.side, wants_any, line, strlen(line), true);
    free(line);
}

/* --- Lines --- */

static bool is_flood(struct client *client)
{
    int64_t now_ms = clock_monotonic_ms(), *oldest = &client->lines_ms[client->line_count++ % FLOOD_LINES];
    bool is_too_fast = client->is_registered && *oldest && now_ms - *oldest < FLOOD_MS;
    *oldest = now_ms;
    return is_too_fast;
}

/* Cuts the line into words; the last begins with a colon or is the fifteenth. */
static size_t split(char *line, char *words[16])
{
    size_t count = 0;
    while (*line && count < 15) {
        if (*line == ':' && count > 0) {
            words[count++] = line + 1;
            break;
        }
        words[count++] = line;
        line += strcspn(line, " ");
        while (*line == ' ')
            *line++ = '\0';
    }
    for (size_t i = count; i < 16; i++)
        words[i] = "";
    return count;
}

static void handle_ping_due(void *data)
{
    struct client *client = data;
    if (client->is_pinged) {
        end_with(client, "Ping timeout");
        return;
    }
    client->is_pinged = true;
    side_client_printf(&client->base, "PING :irc.rehearsal");
    timer_start(&client->ping_timer, side_number(client->base.side, "pong_ms"));
}

static void handle_pong(struct client *client)
{
    client->is_pinged = false;
    timer_start(&client->ping_timer, side_number(client->base.side, "ping_ms"));
}

static void handle_registered(struct client *client, char *words[16])
{
    const char *command = words[0];
    if (strcasecmp(command, "JOIN") == 0)
        handle_join(client, words[1], words[2]);
    else if (strcasecmp(command, "PRIVMSG") == 0 || strcasecmp(command, "NOTICE") == 0)
        handle_words(client, strcasecmp(command, "NOTICE") == 0 ? "NOTICE" : "PRIVMSG", words[1], words[2]);
    else if (strcasecmp(command, "REDACT") == 0 && is_set(client, "redact"))
        handle_redact(client, words[1], words[2]);
    else if (strcasecmp(command, "MODE") == 0)
        handle_mode(client, words[2], words[3]);
    else if (strcasecmp(command, "KICK") == 0)
        handle_kick(client, words[2], words[3]);
    else if (strcasecmp(command, "CHATHISTORY") == 0 && is_set(client, "history"))
        irc_history(client, words[1], words[3], strtoll(words[4], NULL, 10));
    else
        numeric(client, "421", "%s %s :Unknown command", client->nick, command);
}

static void handle_line(struct client *client, char *line)
{
    char *words[16];
    if (*line == '@') {
        char *space = strchr(line, ' ');
        if (!(client->caps & CAP_TAGS) || !space) {
            numeric(client, "421", "%s %.20s :Unknown command", nick_of(client), line);
            return;
        }
        line = space + 1;
    }
    if (split(line, words) == 0)
        return;
    const char *command = words[0];
    if (strcasecmp(command, "PING") == 0)
        side_client_printf(&client->base, ":irc.rehearsal PONG irc.rehearsal :%s", words[1]);
    else if (strcasecmp(command, "PONG") == 0)
        handle_pong(client);
    else if (strcasecmp(command, "CAP") == 0)
        irc_cap(client, words[1], words[2]);
    else if (strcasecmp(command, "NICK") == 0)
        irc_nick(client, words[1]);
    else if (strcasecmp(command, "USER") == 0) {
        client->has_user = true;
        irc_welcome(client);
    } else if (strcasecmp(command, "AUTHENTICATE") == 0)
        irc_authenticate(client, words[1]);
    else if (strcasecmp(command, "QUIT") == 0)
        end_with(client, "Quit");
    else if (!client->is_registered && strcasecmp(command, "PASS") != 0)
        numeric(client, "451", "%s :You have not registered", nick_of(client));
    else if (client->is_registered)
        handle_registered(client, words);
}

/* --- The websocket --- */

static struct side_client *accept_client(struct side *base, const struct server_request *request, int *status)
{
    if (!server_request_header(request, "origin")) {
        *status = 400;  // as InspIRCd
        return NULL;
    }
    struct client *client = xcalloc(1, sizeof(*client));
    timer_init(&client->ping_timer, rehearsal_loop(base->rehearsal), handle_ping_due, client);
    return &client->base;
}

static void open_client(struct side_client *base)
{
    timer_start(&get_client(base)->ping_timer, side_number(base->side, "ping_ms"));
}

static void receive(struct side_client *base, const char *bytes, size_t len, bool is_text)
{
    struct client *client = get_client(base);
    if (client->is_refused)
        return;
    if (is_flood(client)) {
        get_side(base->side)->floods++;
        end_with(client, "Excess Flood");
        return;
    }
    char *line = xstrndup(bytes, len < LINE_BYTES_MAX ? len : LINE_BYTES_MAX);
    handle_line(client, line);
    free(line);
}

static void close_client(struct side_client *base)
{
    struct client *client = get_client(base);
    timer_stop(&client->ping_timer);
    buffer_fini(&client->sasl);
    free(client);
}

/* --- Faults --- */

static void drop(struct side *base)
{
    struct side_client *client;
    list_for_each(client, &base->clients, link)
        get_client(client)->is_joined = false;
}

static void garbage(struct side *base)
{
    static const char noise[] = "@time=;;;=x :\x01 12x #live";
    side_broadcast(base, NULL, noise, sizeof(noise) - 1, true);
}

static void end_all(struct side *base, const char *why)
{
    struct side_client *client, *next;
    list_for_each_safe(client, next, &base->clients, link)
        end_with(get_client(client), why);
}

static void reconnect(struct side *base)
{
    end_all(base, "Server restarting");
}

static void kick_all(struct irc_side *side)
{
    struct side_client *base;
    list_for_each(base, &side->base.clients, link) {
        struct client *client = get_client(base);
        if (client->is_joined)
            side_client_printf(base, ":op!op@rehearsal KICK %s %s :out with you", side->channel, client->nick);
        client->is_joined = false;
    }
}

static bool special(struct side *base, const char *fault)
{
    struct irc_side *side = get_side(base);
    if (strcmp(fault, "moderate") == 0)
        side->is_moderated = true;
    else if (strcmp(fault, "resume") == 0)
        side->is_moderated = false;
    else if (strcmp(fault, "kick") == 0)
        kick_all(side);
    else if (strcmp(fault, "throttle") == 0)
        end_all(base, "Reconnecting too fast, throttled");
    else if (strcmp(fault, "gline") == 0)
        end_all(base, "G-Lined: no bots here");
    else
        return false;
    return true;
}

static void describe(const struct side *base, json_t *state)
{
    const struct irc_side *side = container_of(base, struct irc_side, base);
    int joined = 0;
    const struct side_client *client;
    list_for_each(client, &base->clients, link)
        joined += container_of(client, struct client, base)->is_joined;
    json_object_set_new(state, "joined", json_integer(joined));
    json_object_set_new(state, "floods", json_integer((json_int_t)side->floods));
}

/* --- Life --- */

static void address(const struct side *base, const char *authority, json_t *addresses, json_t *sources)
{
    const struct irc_side *side = container_of(base, struct irc_side, base);
    json_object_set_new(addresses, "irc", json_sprintf("ws://%s/irc", authority));
    json_array_append_new(sources, json_pack("{s:s, s:s, s:O}", "connector", "irc", "channel", side->channel, "server",
                                             json_object_get(addresses, "irc")));
}

/* Of "irc:irc.libera.chat/#live" the channel counts. */
static void start(struct side *base)
{
    struct irc_side *side = get_side(base);
    const char *room = side_room(base, "channel"), *slash = strrchr(room, '/');
    room = slash ? slash + 1 : room;
    side->channel = xasprintf("%s%s", strchr("#&+!", room[0]) ? "" : "#", room);
}

static struct side *create(struct rehearsal *rehearsal)
{
    struct irc_side *side = xcalloc(1, sizeof(*side));
    return &side->base;
}

static void destroy(struct side *base)
{
    struct irc_side *side = get_side(base);
    for (size_t i = 0; i < HISTORY_MAX; i++)
        free(side->history[i].line);
    free(side->channel);
    free(side);
}

static const struct side_setting settings[] = {
    {"channel", "rehearsal", "the channel; usual: the transcript's"},
    {"key", NULL, "the channel's password"},
    {"registered_only", "0", "1: only those with an account come in"},
    {"op", "1", "0: who joins is no operator"},
    {"account", "anna", "for SASL PLAIN, with irc.password"},
    {"password", NULL, "none: there is no SASL"},
    {"sasl", "1", "0: the account by NickServ only"},
    {"taken", "sara", "a nick that is in use"},
    {"echo", "1", "0: no echo-message"},
    {"redact", "1", "0: no message-redaction"},
    {"history", "0", "1: draft/chathistory, of the last 4,096 lines; 2: asked for by time only"},
    {"ping_ms", "60000", "between PINGs"},
    {"pong_ms", "20000", "that a PING waits for its answer"},
    {NULL},
};

static const char *const subprotocols[] = {"text.ircv3.net", NULL};

const struct side_impl irc_side = {
    .name = "irc", .settings = settings, .create = create, .start = start, .destroy = destroy, .say = say,
    .address = address, .describe = describe, .subprotocols = subprotocols, .accept = accept_client, .open = open_client,
    .receive = receive, .close = close_client, .drop = drop, .garbage = garbage, .reconnect = reconnect, .special = special,
    .specials = "kick, moderate, throttle, gline",
};
