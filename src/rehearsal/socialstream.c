/*
 * Social Stream Ninja's relay server as programs meet it (August 2026): whoever joins the right session on the right
 * channel hears, everybody else hears nothing and is told nothing. No replay, no acknowledgement of a join. A command
 * (channel 1) is answered on channel 2; what was typed into the pages then comes back as chat.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "rehearsal/side.h"

enum { CHANNEL_COMMANDS = 1, CHANNEL_ANSWERS = 2, CHANNEL_CHAT = 4 };

struct ssn_side {
    struct side base;
    uint64_t counter;    // the extension's own `id`
    uint64_t joins, strangers;
    bool has_no_tab;     // the fault "notab": nothing can be typed anywhere
};

struct client {
    struct side_client base;
    bool is_joined, is_ours;
    int in, out;
};

static struct ssn_side *get_side(struct side *base)
{
    return container_of(base, struct ssn_side, base);
}

static struct client *get_client(struct side_client *base)
{
    return container_of(base, struct client, base);
}

/* ---- what is sent ---- */

static void add_escaped(struct buffer *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const char *entity = text[i] == '&' ? "&amp;" : text[i] == '<' ? "&lt;" : text[i] == '>' ? "&gt;" : text[i] == '"' ? "&quot;" : NULL;
        if (entity)
            buffer_add_string(out, entity);
        else
            buffer_add_char(out, text[i]);
    }
}

/* As the scrapers send it: entities, and a picture for each emote that has an address. */
static json_t *html_of(const struct message_draft *is)
{
    struct buffer html = {0};
    size_t at = 0;
    for (size_t i = 0; i < is->emote_count; i++) {
        const struct emote *emote = &is->emotes[i];
        if (emote->url.len == 0 || emote->from < at)
            continue;
        add_escaped(&html, is->text.data + at, emote->from - at);
        buffer_add_string(&html, "<img src=\"");
        add_escaped(&html, emote->url.data, emote->url.len);
        buffer_add_string(&html, "\" alt=\"");
        add_escaped(&html, is->text.data + emote->from, emote->to - emote->from);
        buffer_add_string(&html, "\" class=\"regular-emote\"/>");
        at = emote->to;
    }
    add_escaped(&html, is->text.data + at, is->text.len - at);
    json_t *text = json_stringn(html.data ? html.data : "", html.len);
    buffer_fini(&html);
    return text;
}

static json_t *text_of(struct str text)
{
    return json_stringn(text.data ? text.data : "", text.len);
}

/* "5.00 USD", "500 bits" */
static json_t *amount_of(const struct money *money)
{
    if (money->unit.len > 0)
        return json_sprintf("%lld %.*s", (long long)money->units, (int)money->unit.len, money->unit.data);
    return json_sprintf("%lld.%02lld %.*s", (long long)(money->micros / 1000000), (long long)(money->micros / 10000 % 100),
                        (int)money->currency.len, money->currency.data ? money->currency.data : "");
}

static const char *membership_event(const struct message_draft *is)
{
    const char *event = json_get_text(is->detail, "event");
    return !event || strcmp(event, "new") == 0 ? "new_subscriber" : strcmp(event, "milestone") == 0 ? "membermilestone"
         : strcmp(event, "gifted") == 0 ? "subscription_gift" : strcmp(event, "received") == 0 ? "giftredemption" : "resub";
}

/* False: the extension has no such thing. */
static bool add_event(const struct message_draft *is, json_t *object, json_t *meta)
{
    switch (is->kind) {
    case MESSAGE_CHAT:
    case MESSAGE_ACTION:
        return true;
    case MESSAGE_QUESTION:
        json_object_set_new(object, "question", json_true());
        return true;
    case MESSAGE_GIFT:
        json_object_set_new(object, "hasDonation", amount_of(&is->money));
        return true;
    case MESSAGE_MEMBERSHIP:
        json_object_set_new(object, "event", json_string(membership_event(is)));
        json_object_set_new(object, "membership", json_string("MEMBERSHIP"));
        json_object_set_new(object, "subtitle", text_of(is->money.item));
        json_object_set_new(meta, "total", json_integer(is->money.count));
        return true;
    case MESSAGE_RAID:
        json_object_set_new(object, "event", json_string("raid"));
        json_object_set_new(meta, "viewers", json_integer(json_get_int(is->detail, "viewers", 0)));
        return true;
    case MESSAGE_FOLLOW:
        json_object_set_new(object, "event", json_string("new_follower"));
        return true;
    case MESSAGE_NOTICE:
        json_object_set_new(object, "event", json_true());
        return true;
    case MESSAGE_END:
        json_object_set_new(object, "event", json_string("stream_offline"));
        return true;
    default:
        return false;
    }
}

static json_t *line_of(struct ssn_side *side, const struct message_draft *is, const char *type)
{
    json_t *meta = json_object();
    json_t *object = json_pack("{s:o,s:o,s:o,s:b,s:s,s:s,s:b,s:I}", "chatname", text_of(is->author.name.len ? is->author.name : is->author.login),
                               "userid", text_of(is->author.id), "chatmessage", html_of(is), "textonly", 0, "type", type,
                               "hasDonation", "", "event", 0, "id", (json_int_t)++side->counter);
    json_object_set_new(object, "chatimg", text_of(is->author.avatar));
    json_object_set_new(object, "nameColor", text_of(is->author.color));
    json_object_set_new(object, "moderator", json_boolean(is->author.roles & ROLE_MODERATOR));
    json_object_set_new(object, "timestamp", json_integer(is->time_ms));
    if (is->native_id.len > 0)
        json_object_set_new(meta, "messageId", text_of(is->native_id));
    bool is_known = add_event(is, object, meta);
    json_object_set_new(object, "meta", meta);
    if (is_known)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *object_of(struct ssn_side *side, const struct message *message)
{
    const struct message_draft *is = &message->is;
    const char *type = side_text(&side->base, "type");
    if (is->kind == MESSAGE_DELETE)
        return json_pack("{s:{s:o,s:s}}", "delete", "id", text_of(is->target.native_id), "type", type);
    if (is->kind == MESSAGE_CLEAR)
        return json_pack("{s:{s:s}}", "delete", "type", type);
    if (is->kind == MESSAGE_BAN)
        return json_pack("{s:s,s:s,s:{s:s,s:o,s:I,s:b}}", "type", type, "event", "user_banned", "meta", "platform", type, "userId",
                         text_of(is->target.author_id), "durationSeconds", (json_int_t)is->target.seconds, "permanent",
                         is->target.seconds == 0);
    return line_of(side, is, type);
}

static bool hears_chat(const struct side_client *base)
{
    const struct client *client = container_of(base, struct client, base);
    return client->is_ours && client->in == CHANNEL_CHAT;
}

static bool hears_answers(const struct side_client *base)
{
    const struct client *client = container_of(base, struct client, base);
    return client->is_ours && client->in == CHANNEL_ANSWERS;
}

static void send_object(struct side *base, bool (*wants)(const struct side_client *client), json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    side_broadcast(base, wants, text, strlen(text), true);
    free(text);
    json_decref(object);
}

static void say(struct side *base, const struct message *message)
{
    json_t *object = object_of(get_side(base), message);
    if (object) {
        side_note(base, message);
        send_object(base, hears_chat, object);
    } else {
        base->skipped++;
    }
}

/* ---- what clients say ---- */

static void join(struct side_client *base, const char *session, int in, int out)
{
    struct client *client = get_client(base);
    struct ssn_side *side = get_side(base->side);
    client->is_joined = true;
    client->is_ours = strcmp(session, side_text(base->side, "session")) == 0;
    client->in = in;
    client->out = out;
    side->joins++;
    side->strangers += !client->is_ours;
    if (hears_chat(base))
        side_client_came(base->side);
}

static void type_in(struct side *base, const json_t *command)
{
    static const struct message_author author = {.id = {"streamer", 8}, .name = {"The Streamer", 12}, .roles = ROLE_BROADCASTER};
    char id[TRANSCRIPT_ID_BYTES];
    bool is_good = !get_side(base)->has_no_tab;
    json_t *get = json_object_get(command, "get");
    struct side_write write = {.act = "say", .outcome = is_good ? "accepted" : "dropped", .text = json_get_text(command, "value"),
                               .why = is_good ? NULL : "no tab"};
    side_mint_id(base, id);
    write.native_id = is_good ? id : NULL;
    side_note_write(base, &write);
    if (json_is_string(get))
        send_object(base, hears_answers, json_pack("{s:{s:O,s:b}}", "callback", "get", get, "result", is_good));
    if (is_good)
        side_echo(base, &write, &author);
}

static void receive(struct side_client *base, const char *bytes, size_t len, bool is_text)
{
    struct client *client = get_client(base);
    json_t *object = json_parse(bytes, len, NULL);
    const char *session = json_get_text(object, "join"), *action = json_get_text(object, "action");
    if (session) {
        join(base, session, (int)json_get_int(object, "in", CHANNEL_COMMANDS), (int)json_get_int(object, "out", CHANNEL_ANSWERS));
    } else if (client->is_ours && client->out == CHANNEL_COMMANDS && action && strcmp(action, "sendChat") == 0) {
        type_in(base->side, object);
    }
    json_decref(object);
}

/* "/socialstream/join/SESSION/IN/OUT" says in the address what {"join":…} says otherwise. */
static struct side_client *accept_client(struct side *base, const struct server_request *request, int *status)
{
    return &((struct client *)xcalloc(1, sizeof(struct client)))->base;
}

static void close_client(struct side_client *base)
{
    free(get_client(base));
}

/* ---- the table ---- */

static struct side *create(struct rehearsal *rehearsal)
{
    return &((struct ssn_side *)xcalloc(1, sizeof(struct ssn_side)))->base;
}

static void destroy(struct side *base)
{
    free(get_side(base));
}

static void address(const struct side *base, const char *authority, json_t *addresses, json_t *sources)
{
    char *url = xasprintf("ws://%s/socialstream", authority);
    json_object_set_new(addresses, "socialstream", json_string(url));
    json_array_append_new(sources, json_pack("{s:s,s:s,s:s}", "connector", "socialstream", "session", side_text(base, "session"), "url", url));
    free(url);
}

static void describe(const struct side *base, json_t *state)
{
    const struct ssn_side *side = container_of(base, const struct ssn_side, base);
    json_object_set_new(state, "joins", json_integer((json_int_t)side->joins));
    json_object_set_new(state, "strangers", json_integer((json_int_t)side->strangers));
}

static void garbage(struct side *base)
{
    side_broadcast(base, hears_chat, "{\"type\":\"picarto\",\"chatmessage\":", 33, true);
}

static bool special(struct side *base, const char *fault)
{
    bool is_known = strcmp(fault, "notab") == 0 || strcmp(fault, "resume") == 0;
    if (is_known)
        get_side(base)->has_no_tab = strcmp(fault, "notab") == 0;
    return is_known;
}

static const struct side_setting settings[] = {
    {"session", "rehearsal-session", "the session id"}, {"type", "picarto", "the site whose chat it is"}, {NULL},
};

const struct side_impl socialstream_side = {
    .name = "socialstream", .settings = settings, .create = create, .destroy = destroy, .say = say, .address = address,
    .describe = describe, .accept = accept_client, .receive = receive, .close = close_client, .garbage = garbage,
    .special = special, .specials = "notab",
};
