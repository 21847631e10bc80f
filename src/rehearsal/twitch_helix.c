/*
 * twitch_helix.c - the part of Twitch's HTTP API that a chat needs, as strict as it is: a token of login.c's and its
 * Client-Id, points that run out, 200 also where a message is dropped. https://dev.twitch.tv/docs/api (2026-09)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/utf8.h"
#include "net/form.h"
#include "rehearsal/login.h"
#include "rehearsal/twitch_inside.h"

enum { MINUTE_MS = 60 * 1000, SAY_MS = 30 * 1000, TEXT_CHARS_MAX = 500, IDS_MAX = 100 };

struct call {
    struct twitch_side *side;
    struct server_request *request;
    json_t *body;  // owned; NULL: none, or none that can be read
};

/* ---- answers ---- */

static void answer_json(struct call *call, int status, json_t *json)
{
    struct twitch_api *api = &call->side->api;
    int64_t limit = side_number(&call->side->base, "points");
    char left[24], all[24], reset[24];
    snprintf(left, sizeof(left), "%lld", (long long)(limit - api->points > 0 ? limit - api->points : 0));
    snprintf(all, sizeof(all), "%lld", (long long)limit);
    int64_t wait_ms = api->minute_ms + MINUTE_MS - clock_monotonic_ms();
    snprintf(reset, sizeof(reset), "%lld", (long long)((clock_unix_ms() + (wait_ms > 0 ? wait_ms : 0)) / 1000));
    const struct net_header headers[] = {
        {"ratelimit-limit", all}, {"ratelimit-remaining", left}, {"ratelimit-reset", reset}};
    char *text = json ? json_dumps(json, JSON_COMPACT) : xstrdup("");
    server_respond(call->request, status, "application/json", headers, 3, text, strlen(text));
    free(text);
    json_decref(json);
}

static void refuse(struct call *call, int status, const char *message)
{
    static const struct {
        int status;
        const char *word;
    } words[] = {{400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"}, {409, "Conflict"},
                 {429, "Too Many Requests"}};
    const char *word = "Error";
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (words[i].status == status)
            word = words[i].word;
    }
    answer_json(call, status, json_pack("{s:s,s:i,s:s}", "error", word, "status", status, "message", message));
}

static void answer_data(struct call *call, int status, json_t *items)
{
    answer_json(call, status, json_pack("{s:o}", "data", items));
}

static bool is_text(const char *text, const char *expected)
{
    return text && strcmp(text, expected) == 0;
}

static const char *argument(struct call *call, const char *name)
{
    return server_request_argument(call->request, name);
}

static bool is_account(struct call *call, const char *id)
{
    return is_text(id, side_text(&call->side->base, "account_id"));
}

static bool has_scope(struct call *call, const char *scope)
{
    const char *scopes = side_text(&call->side->base, "scopes");
    return !*scope || !scopes || strstr(scopes, scope);
}

/* True: refused. The channel, and who acts in it, must be named rightly. */
static bool is_refused(struct call *call, const char *broadcaster, const char *moderator, const char *scope)
{
    char words[160];
    snprintf(words, sizeof(words), "Missing scope: %s", scope);
    if (!has_scope(call, scope)) {
        refuse(call, 401, words);
    } else if (!is_text(broadcaster, TWITCH_ROOM_ID)) {
        refuse(call, 400, "The ID in broadcaster_id was not found.");
    } else if (moderator && !is_account(call, moderator)) {
        refuse(call, 401, "The ID in moderator_id must match the user ID found in the request's OAuth token.");
    } else {
        return false;
    }
    return true;
}

/* ---- people and pictures ---- */

static void add_person(struct call *call, json_t *people, const char *id, const char *login)
{
    char room[64];
    snprintf(room, sizeof(room), "user%.40s", id);
    char url[160];
    snprintf(url, sizeof(url), "https://static-cdn.jtvnw.net/jtv_user_pictures/%.40s-profile_image-300x300.png", id);
    json_array_append_new(people, json_pack("{s:s,s:s,s:s,s:s}", "id", id, "login", login ? login : room, "display_name",
                                            login ? login : room, "profile_image_url", url));
}

static void get_users(struct call *call)
{
    struct str rest = str_from(server_request_query(call->request));
    struct buffer name = {0}, value = {0};
    json_t *people = json_array();
    int count = 0;
    while (form_next(&rest, &name, &value)) {
        buffer_add_char(&name, '\0');
        buffer_add_char(&value, '\0');
        if (is_text(name.data, "id"))
            add_person(call, people, value.data, strcmp(value.data, TWITCH_ROOM_ID) == 0 ? call->side->channel : NULL);
        else if (is_text(name.data, "login") && strcmp(value.data, call->side->channel) == 0)
            add_person(call, people, TWITCH_ROOM_ID, call->side->channel);
        count++;
    }
    buffer_fini(&name);
    buffer_fini(&value);
    if (count > IDS_MAX) {
        json_decref(people);
        refuse(call, 400, "The number of id and login query parameters exceeds 100.");
    } else {
        answer_data(call, 200, people);
    }
}

static json_t *badge(const char *set, const char *version)
{
    char url[160];
    snprintf(url, sizeof(url), "https://static-cdn.jtvnw.net/badges/v1/%s-%s/2", set, version);
    return json_pack("{s:s,s:[{s:s,s:s,s:s}]}", "set_id", set, "versions", "id", version, "image_url_2x", url, "title", set);
}

static void get_global_badges(struct call *call)
{
    answer_data(call, 200, json_pack("[o,o,o]", badge("moderator", "1"), badge("vip", "1"), badge("bits", "100")));
}

static void get_badges(struct call *call)
{
    if (!is_refused(call, argument(call, "broadcaster_id"), NULL, ""))
        answer_data(call, 200, json_pack("[o]", badge("subscriber", "12")));
}

static void get_cheermotes(struct call *call)
{
    static const char url[] = "https://d3aqoihi2n8ty8.cloudfront.net/actions/cheer/dark/animated/1/2.gif";
    static const char own[] = "https://d3aqoihi2n8ty8.cloudfront.net/partner-actions/700100200/barg/1/2.gif";
    answer_data(call, 200, json_pack("[{s:s,s:[{s:i,s:{s:{s:{s:s}}}}]},{s:s,s:[{s:i,s:{s:{s:{s:s}}}}]}]",
        "prefix", "Cheer", "tiers", "min_bits", 1, "images", "dark", "animated", "2", url,
        "prefix", "barg", "tiers", "min_bits", 1, "images", "dark", "animated", "2", own));
}

/* ---- subscriptions ---- */

static struct twitch_subscription *find_subscription(struct twitch_api *api, const char *type)
{
    for (size_t i = 0; i < TWITCH_SUBSCRIPTIONS_MAX; i++) {
        if (api->subscriptions[i].number && strcmp(api->subscriptions[i].type, type) == 0)
            return &api->subscriptions[i];
    }
    return NULL;
}

static json_t *describe_subscription(const struct twitch_subscription *item)
{
    char id[40];
    snprintf(id, sizeof(id), "subscription-%llu", (unsigned long long)item->number);
    return json_pack("{s:s,s:s,s:s,s:s,s:i,s:{s:s,s:s}}", "id", id, "status", "enabled", "type", item->type, "version",
                     twitch_eventsub_version(item->type), "cost", 0, "transport", "method", "websocket", "session_id",
                     item->session);
}

static void subscribe(struct call *call, const char *type, const char *session)
{
    struct twitch_api *api = &call->side->api;
    for (size_t i = 0; i < TWITCH_SUBSCRIPTIONS_MAX; i++) {
        struct twitch_subscription *item = &api->subscriptions[i];
        if (item->number)
            continue;
        item->number = ++api->subscribed;
        item->type = twitch_eventsub_type(type);
        snprintf(item->session, sizeof(item->session), "%s", session);
        answer_data(call, 202, json_pack("[o]", describe_subscription(item)));
        return;
    }
    refuse(call, 429, "number of websocket transports limit exceeded");
}

static void post_subscription(struct call *call)
{
    struct twitch_api *api = &call->side->api;
    const char *type = json_get_text(call->body, "type"), *version = json_get_text(call->body, "version");
    const json_t *transport = json_object_get(call->body, "transport"), *condition = json_object_get(call->body, "condition");
    const char *session = json_get_text(transport, "session_id"), *known = type ? twitch_eventsub_version(type) : NULL;
    const char *channel = json_get_text(condition, "broadcaster_user_id"), *as = json_get_text(condition, "moderator_user_id");
    if (!channel)
        channel = json_get_text(condition, "from_broadcaster_user_id");
    if (!known || !is_text(version, known) || !session || !is_text(channel, TWITCH_ROOM_ID) || (as && !is_account(call, as))) {
        api->refused++;
        refuse(call, 400, "invalid type, version, condition or transport");
    } else if (!twitch_eventsub_find(call->side, session)) {
        api->refused++;
        refuse(call, 400, "websocket transport session does not exist or has already disconnected");
    } else if (!has_scope(call, twitch_eventsub_scope(type))) {
        api->refused++;
        refuse(call, 403, "subscription missing proper authorization");
    } else if (find_subscription(api, type)) {
        api->conflicts++;
        refuse(call, 409, "subscription already exists");
    } else {
        subscribe(call, type, session);
    }
}

static void get_subscriptions(struct call *call)
{
    const char *type = argument(call, "type");
    json_t *items = json_array();
    for (size_t i = 0; i < TWITCH_SUBSCRIPTIONS_MAX; i++) {
        const struct twitch_subscription *item = &call->side->api.subscriptions[i];
        if (item->number && (!type || strcmp(item->type, type) == 0))
            json_array_append_new(items, describe_subscription(item));
    }
    answer_data(call, 200, items);
}

static void delete_subscription(struct call *call)
{
    const char *id = argument(call, "id");
    unsigned long long number = id && strncmp(id, "subscription-", 13) == 0 ? strtoull(id + 13, NULL, 10) : 0;
    for (size_t i = 0; i < TWITCH_SUBSCRIPTIONS_MAX && number; i++) {
        struct twitch_subscription *item = &call->side->api.subscriptions[i];
        if (item->number == number) {
            item->number = 0;
            answer_json(call, 204, NULL);
            return;
        }
    }
    refuse(call, 404, "The subscription was not found.");
}

/* ---- writing ---- */

static void note(struct call *call, struct side_write *write, const char *outcome, const char *why)
{
    write->outcome = outcome;
    write->why = why;
    side_note_write(&call->side->base, write);
}

static struct message_author account_of(struct call *call)
{
    const struct side *side = &call->side->base;
    return (struct message_author){.id = str_from(side_text(side, "account_id")), .login = str_from(call->side->channel),
                                   .name = str_from(call->side->channel), .roles = ROLE_BROADCASTER};
}

static void drop_message(struct call *call, struct side_write *write, const char *code, const char *message)
{
    note(call, write, "dropped", code);
    answer_data(call, 200, json_pack("[{s:s,s:b,s:{s:s,s:s}}]", "message_id", "", "is_sent", 0, "drop_reason", "code", code,
                                     "message", message));
}

/* NULL: it may be sent. */
static const char *why_dropped(struct call *call, const char *text)
{
    struct twitch_api *api = &call->side->api;
    int64_t now_ms = clock_monotonic_ms(), recent = 0;
    uint64_t hash = hash_bytes(&api->key, text, strlen(text));
    bool is_repeated = false;
    for (size_t i = 0; i < TWITCH_SAYS; i++) {
        bool is_recent = api->said_ms[i] && now_ms - api->said_ms[i] < SAY_MS;
        recent += is_recent;
        is_repeated |= is_recent && api->said_hash[i] == hash;
    }
    if (api->rejects_next) {
        api->rejects_next = false;
        return "msg_rejected";
    }
    if (is_repeated)
        return "msg_duplicate";
    if (recent >= side_number(&call->side->base, "says_max"))
        return "msg_ratelimit";
    api->said_ms[api->said_at % TWITCH_SAYS] = now_ms;
    api->said_hash[api->said_at++ % TWITCH_SAYS] = hash;
    return NULL;
}

static const char *words_of(const char *code)
{
    return strcmp(code, "msg_duplicate") == 0 ? "Your message is identical to the previous one sent within the last 30 seconds."
         : strcmp(code, "msg_ratelimit") == 0 ? "Your message was not sent because you are sending messages too quickly."
         : "Your message is being checked by mods and has not been sent.";
}

static void post_message(struct call *call)
{
    const char *text = json_get_text(call->body, "message"), *sender = json_get_text(call->body, "sender_id");
    struct side_write write = {.act = "say", .text = text, .reply_to = json_get_text(call->body, "reply_parent_message_id")};
    if (is_refused(call, json_get_text(call->body, "broadcaster_id"), NULL, "user:write:chat"))
        return;
    if (!is_account(call, sender)) {
        refuse(call, 401, "The ID in sender_id must match the user ID found in the request's OAuth token.");
    } else if (!text || !*text || utf8_count(text, strlen(text)) > TEXT_CHARS_MAX) {
        note(call, &write, "denied", "length");
        refuse(call, 400, "The message must have 1 to 500 characters.");
    } else {
        const char *code = why_dropped(call, text);
        if (code) {
            drop_message(call, &write, code, words_of(code));
            return;
        }
        char id[TRANSCRIPT_ID_BYTES];
        struct message_author author = account_of(call);
        side_mint_id(&call->side->base, id);
        write.native_id = id;
        note(call, &write, "accepted", NULL);
        side_echo(&call->side->base, &write, &author);
        answer_data(call, 200, json_pack("[{s:s,s:b,s:n}]", "message_id", id, "is_sent", 1, "drop_reason"));
    }
}

static void post_announcement(struct call *call)
{
    const char *text = json_get_text(call->body, "message");
    struct side_write write = {.act = "announce", .text = text};
    if (is_refused(call, argument(call, "broadcaster_id"), argument(call, "moderator_id"), "moderator:manage:announcements"))
        return;
    if (!text || !*text) {
        refuse(call, 400, "The message field is required.");
        return;
    }
    char id[TRANSCRIPT_ID_BYTES];
    side_mint_id(&call->side->base, id);
    note(call, &write, "accepted", NULL);
    json_t *detail = json_pack("{s:s}", "event", "announcement");
    struct message_draft draft = {.kind = MESSAGE_NOTICE, .native_id = str_from(id), .time_ms = clock_unix_ms(),
                                  .author = account_of(call), .text = str_from(text), .detail = detail};
    struct message *message = message_create(&draft);
    call->side->base.impl->say(&call->side->base, message);
    message_unref(message);
    json_decref(detail);
    answer_json(call, 204, NULL);
}

static void delete_chat(struct call *call)
{
    const char *id = argument(call, "message_id");
    struct side_write write = {.act = id ? "delete" : "clear", .native_id = id};
    if (is_refused(call, argument(call, "broadcaster_id"), argument(call, "moderator_id"), "moderator:manage:chat_messages"))
        return;
    note(call, &write, "accepted", NULL);
    side_echo(&call->side->base, &write, &(struct message_author){0});
    answer_json(call, 204, NULL);
}

static void post_ban(struct call *call)
{
    const json_t *data = json_object_get(call->body, "data"), *duration = json_object_get(data, "duration");
    int64_t seconds = json_get_int(data, "duration", 0);
    struct side_write write = {.act = duration ? "timeout" : "ban", .author_id = json_get_text(data, "user_id"),
                               .seconds = seconds, .text = json_get_text(data, "reason")};
    if (is_refused(call, argument(call, "broadcaster_id"), argument(call, "moderator_id"), "moderator:manage:banned_users"))
        return;
    if (!write.author_id || (duration && (seconds < 1 || seconds > 1209600))) {
        refuse(call, 400, "The value in the duration field must be 1 to 1209600.");
    } else if (is_account(call, write.author_id)) {
        note(call, &write, "denied", "broadcaster");
        refuse(call, 400, "The user specified in the user_id field may not be banned.");
    } else {
        note(call, &write, "accepted", NULL);
        side_echo(&call->side->base, &write, &(struct message_author){0});
        answer_data(call, 200, json_pack("[{s:s,s:s,s:s}]", "broadcaster_id", TWITCH_ROOM_ID, "moderator_id",
                                         side_text(&call->side->base, "account_id"), "user_id", write.author_id));
    }
}

static void delete_ban(struct call *call)
{
    struct side_write write = {.act = "unban", .author_id = argument(call, "user_id")};
    if (is_refused(call, argument(call, "broadcaster_id"), argument(call, "moderator_id"), "moderator:manage:banned_users"))
        return;
    if (!write.author_id) {
        refuse(call, 400, "The user_id query parameter is required.");
        return;
    }
    note(call, &write, "accepted", NULL);
    struct message_draft draft = {.kind = MESSAGE_UNBAN, .time_ms = clock_unix_ms(), .target = {.author_id = str_from(write.author_id)}};
    struct message *message = message_create(&draft);
    twitch_event_send(call->side, message);
    message_unref(message);
    answer_json(call, 204, NULL);
}

static void show_poll(struct call *call, const char *id, const char *title, const json_t *choices, bool is_closed)
{
    json_t *options = json_array(), *choice;
    size_t i;
    json_array_foreach (choices, i, choice) {
        const char *text = json_get_text(choice, "title");
        json_array_append_new(options, json_pack("{s:s,s:i}", "text", text ? text : "", "votes", 0));
    }
    json_t *detail = json_pack("{s:o,s:s}", "options", options, "state", is_closed ? "closed" : "open");
    struct message_draft draft = {.kind = MESSAGE_POLL, .native_id = str_from(id), .time_ms = clock_unix_ms(),
                                  .text = str_from(title), .detail = detail};
    struct message *message = message_create(&draft);
    twitch_event_send(call->side, message);
    message_unref(message);
    json_decref(detail);
}

static void post_poll(struct call *call)
{
    struct twitch_api *api = &call->side->api;
    const json_t *choices = json_object_get(call->body, "choices");
    const char *title = json_get_text(call->body, "title");
    int64_t seconds = json_get_int(call->body, "duration", 0);
    struct side_write write = {.act = "poll_start", .text = title, .seconds = seconds, .detail = (json_t *)choices};
    if (is_refused(call, json_get_text(call->body, "broadcaster_id"), NULL, "channel:manage:polls"))
        return;
    if (!title || utf8_count(title, strlen(title)) > 60 || json_array_size(choices) < 2 || json_array_size(choices) > 5 ||
        seconds < 15 || seconds > 1800) {
        refuse(call, 400, "invalid title, choices or duration");
    } else if (*api->poll) {
        note(call, &write, "denied", "another poll runs");
        refuse(call, 400, "There is already an active poll.");
    } else {
        snprintf(api->poll, sizeof(api->poll), "poll-%llu", (unsigned long long)++call->side->base.minted);
        write.native_id = api->poll;
        note(call, &write, "accepted", NULL);
        show_poll(call, api->poll, title, choices, false);
        answer_data(call, 200, json_pack("[{s:s,s:s,s:s}]", "id", api->poll, "title", title, "status", "ACTIVE"));
    }
}

static void patch_poll(struct call *call)
{
    struct twitch_api *api = &call->side->api;
    const char *id = json_get_text(call->body, "id");
    struct side_write write = {.act = "poll_end", .native_id = id};
    if (is_refused(call, json_get_text(call->body, "broadcaster_id"), NULL, "channel:manage:polls"))
        return;
    if (!id || !*api->poll || strcmp(id, api->poll) != 0) {
        refuse(call, 400, "The poll in the ID field is not active.");
        return;
    }
    note(call, &write, "accepted", NULL);
    show_poll(call, id, "", NULL, true);
    answer_data(call, 200, json_pack("[{s:s,s:s}]", "id", id, "status", "TERMINATED"));
    api->poll[0] = '\0';
}

/* ---- routing ---- */

static const struct route {
    enum server_method method;
    const char *path;
    void (*handle)(struct call *call);
} routes[] = {
    {METHOD_GET, "/users", get_users}, {METHOD_GET, "/chat/badges/global", get_global_badges},
    {METHOD_GET, "/chat/badges", get_badges}, {METHOD_GET, "/bits/cheermotes", get_cheermotes},
    {METHOD_POST, "/eventsub/subscriptions", post_subscription}, {METHOD_GET, "/eventsub/subscriptions", get_subscriptions},
    {METHOD_DELETE, "/eventsub/subscriptions", delete_subscription}, {METHOD_POST, "/chat/messages", post_message},
    {METHOD_POST, "/chat/announcements", post_announcement}, {METHOD_DELETE, "/moderation/chat", delete_chat},
    {METHOD_POST, "/moderation/bans", post_ban}, {METHOD_DELETE, "/moderation/bans", delete_ban},
    {METHOD_POST, "/polls", post_poll}, {METHOD_PATCH, "/polls", patch_poll},
};

static bool is_token(struct twitch_side *side, const struct server_request *request)
{
    const char *token = login_side_token(request);
    if (!token || !login_side_knows(side->base.rehearsal, "twitch", token))
        return false;
    snprintf(side->api.token, sizeof(side->api.token), "%s", token);
    return strcmp(token, side->api.bad_token) != 0;
}

/* True: the points of this minute are used up. */
static bool is_empty(struct twitch_side *side)
{
    struct twitch_api *api = &side->api;
    int64_t now_ms = clock_monotonic_ms();
    if (api->minute_ms == 0 || now_ms - api->minute_ms >= MINUTE_MS) {
        api->minute_ms = now_ms;
        api->points = 0;
    }
    return api->points++ >= side_number(&side->base, "points");
}

static void handle_helix(struct twitch_side *side, struct server_request *request, const char *path)
{
    size_t len;
    const char *text = server_request_body(request, &len);
    struct call call = {side, request, text && len > 0 ? json_parse(text, len, NULL) : NULL};
    const char *client_id = server_request_header(request, "client-id");
    if (!is_token(side, request)) {
        refuse(&call, 401, "Invalid OAuth token");
    } else if (!is_text(client_id, side_text(&side->base, "client_id"))) {
        refuse(&call, 401, "Client ID and OAuth token do not match");
    } else if (is_empty(side)) {
        refuse(&call, 429, "Too Many Requests");
    } else {
        const struct route *route = routes, *end = routes + ARRAY_LENGTH(routes);
        while (route < end && (route->method != server_request_method(request) || strcmp(route->path, path) != 0))
            route++;
        if (route < end)
            route->handle(&call);
        else
            refuse(&call, 404, "no such endpoint in the rehearsal");
    }
    json_decref(call.body);
}

bool twitch_helix_request(struct side *base, struct server_request *request, const char *path)
{
    struct twitch_side *side = twitch_side_of(base);
    if (strncmp(path, "/helix/", 7) != 0)
        return false;
    handle_helix(side, request, path + 6);
    return true;
}
