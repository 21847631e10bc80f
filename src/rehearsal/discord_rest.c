#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"
#include "rehearsal/discord_inside.h"

/* Discord's HTTP API: https://discord.com/developers/docs/reference (August 2026). */

enum { CONTENT_MAX = 2000, WINDOW_MS = 5000, PAGE_MAX = 100 };

static void fail(struct server_request *request, int status, int code, const char *message)
{
    server_respond_json(request, status, NULL, 0, json_pack("{s:s, s:i}", "message", message, "code", code));
}

static bool is_bot(struct discord_side *side, struct server_request *request)
{
    const char *header = server_request_header(request, "authorization"), *agent = server_request_header(request, "user-agent");
    if (!agent || strncmp(agent, "DiscordBot (", 12) != 0)
        fail(request, 403, 40333, "internal network error");  // what the edge does with strangers
    else if (!header || strncmp(header, "Bot ", 4) != 0 || strcmp(header + 4, side_text(&side->base, "token")) != 0)
        fail(request, 401, 0, "401: Unauthorized");
    else
        return true;
    return false;
}

/* ---- reading ---- */

static void get_gateway(struct discord_side *side, struct server_request *request)
{
    server_respond_json(request, 200, NULL, 0, json_pack("{s:o, s:i, s:{s:i, s:I, s:i, s:i}}", "url",
        json_sprintf("ws://%s/discord/gateway", side_authority(request)), "shards", 1,
        "session_start_limit", "total", 1000, "remaining", (json_int_t)side_number(&side->base, "sessions_left"),
        "reset_after", 60000, "max_concurrency", 1));
}

/* Those that follow `after`, the nearest first found, the newest first given. */
static void get_messages(struct discord_side *side, struct server_request *request)
{
    const char *after_text = server_request_argument(request, "after"), *limit_text = server_request_argument(request, "limit");
    uint64_t after = after_text ? strtoull(after_text, NULL, 10) : 0;
    long limit = limit_text ? strtol(limit_text, NULL, 10) : 50;
    json_t *page = json_array();
    if (limit < 1 || limit > PAGE_MAX) {
        json_decref(page);
        fail(request, 400, 50035, "Invalid Form Body");
        return;
    }
    for (uint64_t place = side->first; place < side->end && json_array_size(page) < (size_t)limit; place++) {
        const struct discord_entry *entry = &side->log[place % DISCORD_LOG];
        if (entry->id <= after || !entry->data || strcmp(entry->name, "MESSAGE_CREATE") != 0)
            continue;
        json_t *message = json_loads(entry->data, 0, NULL);
        json_object_del(message, "guild_id");  // the API's messages have neither
        json_object_del(message, "member");
        json_array_insert_new(page, 0, message);
    }
    server_respond_json(request, 200, NULL, 0, page);
}

/* ---- writing ---- */

static void note(struct discord_side *side, struct side_write write, const char *outcome, const char *why)
{
    write.outcome = outcome;
    write.why = why;
    side_note_write(&side->base, &write);
}

/* False: it was answered with 429. */
static bool take_write(struct discord_side *side, struct server_request *request, const struct side_write *write)
{
    int64_t now_ms = clock_monotonic_ms(), wait_ms = 0;
    int64_t limit = side_number(&side->base, "writes_max");
    limit = limit < DISCORD_WRITES ? limit : DISCORD_WRITES;
    int64_t *oldest = &side->writes[(side->next_write + DISCORD_WRITES - (size_t)limit) % DISCORD_WRITES];
    if (limit > 0 && *oldest && now_ms - *oldest < WINDOW_MS)
        wait_ms = WINDOW_MS - (now_ms - *oldest);
    if (wait_ms > 0) {
        note(side, *write, "limited", NULL);
        server_respond_json(request, 429, NULL, 0, json_pack("{s:s, s:f, s:b}", "message", "You are being rate limited.", "retry_after",
                                        (double)wait_ms / 1000, "global", 0));
        return false;
    }
    side->writes[side->next_write++ % DISCORD_WRITES] = now_ms;
    return true;
}

static void say_written(struct discord_side *side, struct server_request *request, json_t *body,
                        const struct message_author *author)
{
    char id[DISCORD_ID_BYTES];
    const char *text = json_get_text(body, "content"), *nonce = json_get_text(body, "nonce");
    struct side_write write = {.act = "say", .text = text, .native_id = id,
                               .reply_to = json_get_text(json_object_get(body, "message_reference"), "message_id")};
    bool is_repeated = nonce && json_get_bool(body, "enforce_nonce", false) && strcmp(nonce, side->nonce) == 0;
    uint64_t number = is_repeated ? strtoull(side->nonce_id, NULL, 10) : discord_side_new_id(side);
    snprintf(id, sizeof(id), "%" PRIu64, number);
    if (!is_repeated) {
        note(side, write, "accepted", NULL);
        // The transcript's words and these ids live in one log: an answer to a message is found by its id.
        struct discord_entry *first = write.reply_to ? discord_side_find(side, (struct str){0}, strtoull(write.reply_to, NULL, 10)) : NULL;
        write.reply_to = first ? first->word : NULL;
        side->written_id = number;
        side_echo(&side->base, &write, author);
        side->written_id = 0;
        snprintf(side->nonce, sizeof(side->nonce), "%.60s", nonce ? nonce : "");
        memcpy(side->nonce_id, id, sizeof(id));
    }
    server_respond_json(request, 200, NULL, 0, json_pack("{s:s, s:s, s:s}", "id", id, "channel_id", side_text(&side->base, "channel"), "content",
                                    text));
}

static void start_poll(struct discord_side *side, struct server_request *request, json_t *body)
{
    const json_t *poll = json_object_get(body, "poll"), *answers = json_object_get(poll, "answers");
    char id[DISCORD_ID_BYTES];
    const char *title = json_get_text(json_object_get(poll, "question"), "text");
    snprintf(id, sizeof(id), "%" PRIu64, discord_side_new_id(side));
    struct side_write write = {.act = "poll_start", .text = title, .native_id = id};
    json_t *options = json_array();
    for (size_t i = 0; i < json_array_size(answers); i++) {
        const char *text = json_get_text(json_object_get(json_array_get(answers, i), "poll_media"), "text");
        json_array_append_new(options, json_pack("{s:s, s:i}", "text", text ? text : "", "votes", 0));
    }
    json_t *detail = json_pack("{s:o, s:s}", "options", options, "state", "open");
    struct message_draft draft = {.kind = MESSAGE_POLL, .platform = STR("discord"), .native_id = str_from(id),
                                  .text = str_from(title), .detail = detail, .time_ms = clock_unix_ms(),
                                  .author = {.id = STR(DISCORD_BOT), .name = STR("rehearsal_bot"), .roles = ROLE_BOT}};
    struct message *message = message_create(&draft);
    note(side, write, "accepted", NULL);
    side->written_id = strtoull(id, NULL, 10);
    side->base.impl->say(&side->base, message);
    side->written_id = 0;
    message_unref(message);
    json_decref(detail);
    server_respond_json(request, 200, NULL, 0, json_pack("{s:s}", "id", id));
}

static void post_message(struct discord_side *side, struct server_request *request, bool is_hook)
{
    static const struct message_author bot = {.id = STR(DISCORD_BOT), .login = STR("rehearsal_bot"),
                                              .name = STR("rehearsal_bot"), .roles = ROLE_BOT};
    static const struct message_author hook = {.id = STR(DISCORD_HOOK), .login = STR("rehearsal_hook"),
                                               .name = STR("rehearsal_hook"), .roles = ROLE_BOT};
    size_t len;
    const char *bytes = server_request_body(request, &len);
    json_t *body = json_parse(bytes, len, NULL);
    const char *text = json_get_text(body, "content");
    struct side_write write = {.act = json_object_get(body, "poll") ? "poll_start" : "say", .text = text};
    if (!json_is_object(body)) {
        fail(request, 400, 50109, "The request body contains invalid JSON.");
    } else if (!take_write(side, request, &write)) {
        ;
    } else if (json_object_get(body, "poll")) {
        start_poll(side, request, body);
    } else if (!text || !*text) {
        note(side, write, "dropped", "empty");
        fail(request, 400, 50006, "Cannot send an empty message");
    } else if (utf8_count(text, strlen(text)) > CONTENT_MAX) {
        note(side, write, "dropped", "too long");
        fail(request, 400, 50035, "Invalid Form Body");
    } else if (!json_is_array(json_object_get(json_object_get(body, "allowed_mentions"), "parse"))) {
        // The real one would ping everybody: here it is a mistake.
        note(side, write, "dropped", "allowed_mentions");
        fail(request, 400, 50035, "Invalid Form Body: allowed_mentions");
    } else {
        say_written(side, request, body, is_hook ? &hook : &bot);
    }
    json_decref(body);
}

static void delete_message(struct discord_side *side, struct server_request *request, const char *id)
{
    struct discord_entry *entry = discord_side_find(side, (struct str){0}, strtoull(id, NULL, 10));
    struct side_write write = {.act = "delete", .native_id = id};
    if (!entry || !entry->data) {
        note(side, write, "dropped", "unknown");
        fail(request, 404, 10008, "Unknown Message");
        return;
    }
    note(side, write, "accepted", NULL);
    write.native_id = entry->word ? entry->word : id;
    side_echo(&side->base, &write, NULL);
    server_respond(request, 204, "text/plain", NULL, 0, "", 0);
}

static void expire_poll(struct discord_side *side, struct server_request *request, const char *id)
{
    struct side_write write = {.act = "poll_end", .native_id = id};
    note(side, write, "accepted", NULL);
    server_respond_json(request, 200, NULL, 0, json_pack("{s:s}", "id", id));
}

/* /channels/{id}/messages[/{mid}], /channels/{id}/polls/{mid}/expire */
static bool route_channel(struct discord_side *side, struct server_request *request, const char *path)
{
    char channel[32] = "", what[16] = "", id[32] = "", tail[16] = "";
    enum server_method method = server_request_method(request);
    int count = sscanf(path, "/channels/%31[0-9]/%15[a-z]/%31[0-9]/%15[a-z]", channel, what, id, tail);
    if (count < 2)
        return false;
    if (strcmp(channel, side_text(&side->base, "channel")) != 0)
        fail(request, 404, 10003, "Unknown Channel");
    else if (count == 2 && strcmp(what, "messages") == 0 && method == METHOD_GET)
        get_messages(side, request);
    else if (count == 2 && strcmp(what, "messages") == 0 && method == METHOD_POST)
        post_message(side, request, false);
    else if (count == 3 && strcmp(what, "messages") == 0 && method == METHOD_DELETE)
        delete_message(side, request, id);
    else if (count == 4 && strcmp(what, "polls") == 0 && method == METHOD_POST)
        expire_poll(side, request, id);
    else
        return false;
    return true;
}

/* Seconds from now until communication_disabled_until; 0: none. */
static int64_t timeout_s(struct server_request *request)
{
    size_t len;
    const char *bytes = server_request_body(request, &len);
    json_t *body = json_parse(bytes, len, NULL);
    const char *until = json_get_text(body, "communication_disabled_until");
    int64_t until_ms = 0;
    if (until)
        clock_parse_rfc3339(until, strlen(until), &until_ms);
    json_decref(body);
    return until_ms ? (until_ms - clock_unix_ms() + 500) / 1000 : 0;
}

/* /guilds/{g}/bans/{u}, /guilds/{g}/members/{u} */
static bool route_guild(struct discord_side *side, struct server_request *request, const char *path)
{
    char guild[32] = "", what[16] = "", id[32] = "";
    enum server_method method = server_request_method(request);
    if (sscanf(path, "/guilds/%31[0-9]/%15[a-z]/%31[0-9]", guild, what, id) != 3)
        return false;
    bool is_member = strcmp(what, "members") == 0;
    struct side_write write = {.act = is_member ? "timeout" : method == METHOD_PUT ? "ban" : "unban", .author_id = id};
    if (strcmp(guild, DISCORD_GUILD) != 0) {
        fail(request, 404, 10004, "Unknown Guild");
        return true;
    }
    write.seconds = is_member ? timeout_s(request) : 0;
    note(side, write, "accepted", NULL);
    side_echo(&side->base, &write, NULL);
    if (is_member)
        server_respond_json(request, 200, NULL, 0, json_object());
    else
        server_respond(request, 204, "text/plain", NULL, 0, "", 0);
    return true;
}

bool discord_side_request(struct side *base, struct server_request *request, const char *path)
{
    struct discord_side *side = discord_side_of(base);
    if (strncmp(path, "/api", 4) != 0)
        return false;
    path += 4;
    if (strncmp(path, "/webhooks/", 10) == 0) {
        if (strcmp(path, "/webhooks/" DISCORD_HOOK "/rehearsal-hook") == 0 && server_request_method(request) == METHOD_POST)
            post_message(side, request, true);
        else
            fail(request, 404, 10015, "Unknown Webhook");
        return true;
    }
    if (!is_bot(side, request))
        return true;
    if (strcmp(path, "/gateway/bot") == 0) {
        get_gateway(side, request);
        return true;
    }
    if (route_channel(side, request, path) || route_guild(side, request, path))
        return true;
    fail(request, 404, 0, "404: Not Found");
    return true;
}
