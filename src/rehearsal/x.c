#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "rehearsal/side.h"
#include "rehearsal/x_frame.h"
#include "rehearsal/x_rules.h"

/*
 * X's API: the filtered stream with its rules, the search behind it, the activity stream, and the chat of a broadcast.
 * Strict where X is: a bearer or user token, one stream at a time, nothing for who has no rule, no backfill in this plan
 * unless it is set, fields only when asked for. A line of nothing keeps the streams alive.
 */

enum { LOG = 4096, PAGE_MAX = 200, SEARCH_MAX = 100 };

#define USER_ID "1111111111111111111"

struct x_side {
    struct side base;
    struct message *log[LOG];  // owned references; the last ones
    uint64_t end;              // messages so far
    struct x_rules rules;
    struct list streams;       // struct stream
    bool is_subscribed, is_limited, is_denied, is_full, is_running;
    int broadcast;             // its number
    uint64_t opened, searches, polls;
};

struct stream {
    struct list link;  // in x_side.streams
    struct x_side *side;
    struct server_request *request;
    bool is_activity;
    char *fields;      // owned
    uint64_t next;     // place in the log
    struct timer alive_timer;
};

static struct x_side *get_side(struct side *base)
{
    return container_of(base, struct x_side, base);
}

static void broadcast_id(const struct x_side *side, char id[32])
{
    snprintf(id, 32, "1mGPaZaRehear%d", side->broadcast);
}

/* --- Answers --- */

static void answer(struct server_request *request, int status, struct buffer *body)
{
    server_respond(request, status, "application/json", NULL, 0, body->data ? body->data : "", body->len);
    buffer_fini(body);
}

static void problem(struct server_request *request, int status, const char *title, const char *detail, const char *more)
{
    struct buffer body = {0};
    buffer_printf(&body, "{\"title\":\"%s\",\"detail\":\"%s\",\"status\":%d,\"type\":\"about:blank\"%s}", title, detail, status, more);
    answer(request, status, &body);
}

static void limit(struct server_request *request)
{
    char reset[32];
    snprintf(reset, sizeof(reset), "%lld", (long long)clock_unix_ms() / 1000 + 2);
    const struct net_header headers[] = {{"x-rate-limit-remaining", "0"}, {"x-rate-limit-reset", reset}};
    static const char body[] = "{\"title\":\"Too Many Requests\",\"detail\":\"Too Many Requests\",\"status\":429,\"type\":\"about:blank\"}";
    server_respond(request, 429, "application/json", headers, 2, body, sizeof(body) - 1);
}

/* --- Streams --- */

static void stream_free(struct stream *stream)
{
    list_remove(&stream->link);
    timer_stop(&stream->alive_timer);
    free(stream->fields);
    free(stream);
}

static void write_line(const struct stream *stream, const struct message *message, struct buffer *out)
{
    char broadcast[32];
    broadcast_id(stream->side, broadcast);
    if (stream->is_activity) {
        if (message->is.kind != MESSAGE_EDIT)
            x_frame_write_activity(message, USER_ID, broadcast, out);
        return;
    }
    buffer_add_string(out, "{\"data\":");
    x_frame_write_post(message, stream->fields, out);
    buffer_add_string(out, ",\"includes\":{\"users\":[");
    x_frame_write_user(message, out);
    buffer_add_string(out, "]},\"matching_rules\":[");
    x_rules_write_matching(&stream->side->rules, out);
    buffer_add_string(out, "]}\r\n");
}

/* False: the client takes no more, and the stream is gone. */
static bool send_pending(struct stream *stream)
{
    struct x_side *side = stream->side;
    struct buffer lines = {0};
    if (side->base.fault == FAULT_HANG)
        stream->next = side->end;
    if (side->base.fault != FAULT_NONE)
        return true;
    bool may = stream->is_activity ? side->is_subscribed : x_rules_any(&side->rules);
    if (side->end - stream->next > LOG)
        stream->next = side->end - LOG;
    for (; stream->next < side->end; stream->next++) {
        if (may)
            write_line(stream, side->log[stream->next % LOG], &lines);
    }
    bool ok = lines.len == 0 || server_stream_send(stream->request, lines.data, lines.len);
    buffer_fini(&lines);
    if (!ok) {  // a slow reader is disconnected
        server_stream_abort(stream->request);
        stream_free(stream);
    }
    return ok;
}

static void send_all(struct x_side *side)
{
    struct stream *stream, *following;
    list_for_each_safe(stream, following, &side->streams, link)
        send_pending(stream);
}

static void handle_alive_due(void *data)
{
    struct stream *stream = data;
    if (stream->side->base.fault == FAULT_NONE)
        server_stream_send(stream->request, "\r\n", 2);
    timer_start(&stream->alive_timer, side_number(&stream->side->base, "alive_ms"));
}

static void handle_stream_gone(void *data)
{
    stream_free(data);
}

/* Where a stream begins: now, or some minutes back. */
static uint64_t place_of(const struct x_side *side, int64_t minutes)
{
    uint64_t at = side->end, first = side->end > LOG ? side->end - LOG : 0;
    int64_t from_ms = clock_unix_ms() - minutes * 60 * 1000;
    while (minutes > 0 && at > first && side->log[(at - 1) % LOG]->is.time_ms >= from_ms)
        at--;
    return at;
}

static void open_stream(struct x_side *side, struct server_request *request, bool is_activity)
{
    const char *backfill = server_request_argument(request, "backfill_minutes");
    if (side->is_full || !list_is_empty(&side->streams)) {
        problem(request, 429, "ConnectionException", "This stream is currently at the maximum allowed connection limit.",
                ",\"connection_issue\":\"TooManyConnections\"");
        return;
    }
    if (backfill && side_number(&side->base, "backfill") == 0) {
        problem(request, 400, "Invalid Request", "backfill_minutes is not available in your plan", "");
        return;
    }
    struct stream *stream = xcalloc(1, sizeof(*stream));
    stream->side = side;
    stream->request = request;
    stream->is_activity = is_activity;
    stream->fields = xstrdup(server_request_argument(request, "tweet.fields"));
    stream->next = place_of(side, backfill ? strtoll(backfill, NULL, 10) : 0);
    side->opened++;
    list_append(&side->streams, &stream->link);
    server_request_on_gone(request, handle_stream_gone, stream);
    server_stream_begin(request, 200, "application/json; charset=utf-8", NULL, 0);
    timer_init(&stream->alive_timer, rehearsal_loop(side->base.rehearsal), handle_alive_due, stream);
    handle_alive_due(stream);
    if (send_pending(stream))
        side_client_came(&side->base);
}

static void get_posts(struct x_side *side, struct server_request *request)
{
    open_stream(side, request, false);
}

static void get_activity(struct x_side *side, struct server_request *request)
{
    open_stream(side, request, true);
}

/* --- Rules and subscriptions --- */

static void rules(struct x_side *side, struct server_request *request)
{
    x_rules_handle(&side->rules, request);
}

static void subscribe(struct x_side *side, struct server_request *request)
{
    struct buffer body = {0};
    size_t len;
    const char *text = server_request_body(request, &len);
    if (side->is_subscribed) {
        problem(request, 409, "Conflict", "a subscription of this kind exists", "");
    } else if (!memmem(text, len, USER_ID, sizeof(USER_ID) - 1)) {
        problem(request, 400, "Invalid Request", "filter.user_id is not the token's", "");
    } else {
        side->is_subscribed = true;
        buffer_add_string(&body, "{\"data\":{\"subscription_id\":\"1\"}}");
        answer(request, 201, &body);
    }
}

/* --- Search and the broadcast's chat: pages, the newest first --- */

static int compare_ids(struct str id, const char *text)
{
    size_t len = strlen(text);
    return id.len != len ? (id.len > len ? 1 : -1) : memcmp(id.data, text, len);
}

static void search(struct x_side *side, struct server_request *request)
{
    const char *since = server_request_argument(request, "since_id"), *from = server_request_argument(request, "next_token");
    const char *fields = server_request_argument(request, "tweet.fields");
    struct buffer posts = {0}, users = {0}, body = {0};
    side->searches++;
    if (side_number(&side->base, "search") == 0) {
        problem(request, 403, "Client Forbidden", "your plan does not cover this", "");
        return;
    }
    uint64_t at = from ? strtoull(from, NULL, 10) : side->end, first = side->end > LOG ? side->end - LOG : 0;
    int count = 0;
    at = at > side->end ? side->end : at;
    for (; at > first && count < SEARCH_MAX; at--) {
        const struct message *message = side->log[(at - 1) % LOG];
        if (since && compare_ids(message->is.native_id, since) <= 0)
            break;
        buffer_add_string(&posts, count ? "," : "");
        buffer_add_string(&users, count++ ? "," : "");
        x_frame_write_post(message, fields, &posts);
        x_frame_write_user(message, &users);
    }
    buffer_add_char(&body, '{');
    if (count > 0)
        buffer_printf(&body, "\"data\":[%.*s],\"includes\":{\"users\":[%.*s]},", (int)posts.len, posts.data, (int)users.len, users.data);
    buffer_printf(&body, "\"meta\":{\"result_count\":%d", count);
    if (count == SEARCH_MAX)
        buffer_printf(&body, ",\"next_token\":\"%llu\"", (unsigned long long)at);
    buffer_add_string(&body, "}}");
    answer(request, 200, &body);
    buffer_fini(&posts);
    buffer_fini(&users);
}

static void write_broadcast(const struct x_side *side, struct buffer *out)
{
    char id[32];
    broadcast_id(side, id);
    buffer_printf(out, "{\"id\":\"%s\",\"state\":\"%s\",\"total_watching\":42}", id, side->is_running ? "Running" : "Ended");
}

static void broadcasts(struct x_side *side, struct server_request *request)
{
    struct buffer body = {0};
    buffer_add_string(&body, "{\"data\":[");
    write_broadcast(side, &body);
    buffer_add_string(&body, "]}");
    answer(request, 200, &body);
}

static void chat(struct x_side *side, struct server_request *request)
{
    const char *wish = server_request_argument(request, "max_results"), *from = server_request_argument(request, "pagination_token");
    int64_t items_max = wish ? strtoll(wish, NULL, 10) : 50;
    struct buffer items = {0}, body = {0};
    char id[32];
    side->polls++;
    if (items_max < 1 || items_max > PAGE_MAX) {
        problem(request, 400, "Invalid Request", "max_results: 1 to 200", "");
        return;
    }
    uint64_t at = from ? strtoull(from, NULL, 10) : side->end, first = side->end > LOG ? side->end - LOG : 0;
    int count = 0;
    at = at > side->end ? side->end : at;
    broadcast_id(side, id);
    for (; at > first && count < items_max; at--) {
        if (side->log[(at - 1) % LOG]->is.kind == MESSAGE_EDIT)
            continue;
        buffer_add_string(&items, count++ ? "," : "");
        x_frame_write_chat(side->log[(at - 1) % LOG], id, &items);
    }
    buffer_printf(&body, "{\"data\":[%.*s],\"meta\":{\"result_count\":%d", (int)items.len, items.data ? items.data : "", count);
    if (at > first)
        buffer_printf(&body, ",\"next_token\":\"%llu\"", (unsigned long long)at);
    buffer_add_string(&body, "}}");
    answer(request, 200, &body);
    buffer_fini(&items);
    side_client_came(&side->base);
}

/* --- Routing --- */

static const struct {
    const char *path;
    bool is_users;  // wants the user's token, else the app's
    void (*handle)(struct x_side *side, struct server_request *request);
} routes[] = {
    {"/2/tweets/search/stream/rules", false, rules}, {"/2/tweets/search/stream", false, get_posts},
    {"/2/tweets/search/recent", false, search}, {"/2/activity/stream", false, get_activity},
    {"/2/activity/subscriptions", true, subscribe}, {"/2/broadcasts", true, broadcasts},
};

static bool is_allowed(struct x_side *side, struct server_request *request, bool is_users)
{
    const char *login = server_request_header(request, "authorization");
    const char *token = side_text(&side->base, is_users ? "user_token" : "bearer");
    bool is_right = login && strncmp(login, "Bearer ", 7) == 0 && strcmp(login + 7, token) == 0;
    if (is_right && !side->is_denied && !side->is_limited)
        return true;
    if (side->is_limited)
        limit(request);
    else
        problem(request, 401, "Unauthorized", "Unauthorized", "");
    return false;
}

static bool route(struct side *base, struct server_request *request, const char *path)
{
    struct x_side *side = get_side(base);
    char id[32], one[64], its_chat[64];
    broadcast_id(side, id);
    snprintf(one, sizeof(one), "/2/broadcasts/%s", id);
    snprintf(its_chat, sizeof(its_chat), "/2/broadcasts/%s/chat", id);
    for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
        if (strcmp(path, routes[i].path) == 0) {
            if (is_allowed(side, request, routes[i].is_users))
                routes[i].handle(side, request);
            return true;
        }
    }
    if (strcmp(path, its_chat) == 0) {
        if (is_allowed(side, request, true))
            chat(side, request);
        return true;
    }
    if (strcmp(path, one) == 0 && is_allowed(side, request, true)) {
        struct buffer body = {0};
        buffer_add_string(&body, "{\"data\":");
        write_broadcast(side, &body);
        buffer_add_string(&body, "}");
        answer(request, 200, &body);
        return true;
    }
    return strcmp(path, one) == 0;
}

/* --- Messages and faults --- */

static void end_broadcast(struct x_side *side)
{
    char id[32], line[400];
    struct stream *stream;
    if (!side->is_running)
        return;
    side->is_running = false;
    broadcast_id(side, id);
    int len = snprintf(line, sizeof(line), "{\"data\":{\"filter\":{\"user_id\":\"" USER_ID "\"},\"event_type\":\"broadcast.end\",\"payload\":"
                       "{\"broadcast_id\":\"%s\",\"event_timestamp_ms_str\":\"%lld\",\"broadcast_state\":\"Ended\"}}}\r\n", id,
                       (long long)clock_unix_ms());
    list_for_each(stream, &side->streams, link) {
        if (stream->is_activity)
            server_stream_send(stream->request, line, (size_t)len);
    }
}

static void say(struct side *base, const struct message *message)
{
    struct x_side *side = get_side(base);
    if (message->is.kind == MESSAGE_END) {
        side_note(base, message);
        end_broadcast(side);
        return;
    }
    if (!x_frame_has(message)) {
        base->skipped++;
        return;
    }
    side_note(base, message);
    struct message **place = &side->log[side->end++ % LOG];
    message_unref(*place);
    *place = message_ref((struct message *)message);
    send_all(side);
}

static void drop(struct side *base)
{
    struct stream *stream, *following;
    list_for_each_safe(stream, following, &get_side(base)->streams, link) {
        server_stream_abort(stream->request);
        stream_free(stream);
    }
}

static void send_to_all(struct side *base, const char *text)
{
    struct stream *stream;
    list_for_each(stream, &get_side(base)->streams, link)
        server_stream_send(stream->request, text, strlen(text));
}

static void garbage(struct side *base)
{
    send_to_all(base, "{\"data\":{\"id\":nonsense,\"text\":\"\xff\"}}\r\n");
}

static void reconnect(struct side *base)
{
    struct stream *stream, *following;
    send_to_all(base, "{\"errors\":[{\"title\":\"operational-disconnect\",\"disconnect_type\":\"UpstreamOperationalDisconnect\",\"detail\":"
                "\"This stream has been disconnected upstream for operational reasons.\",\"type\":"
                "\"https://api.x.com/2/problems/operational-disconnect\"}]}\r\n");
    list_for_each_safe(stream, following, &get_side(base)->streams, link) {
        server_stream_end(stream->request);
        stream_free(stream);
    }
}

static void resume(struct side *base)
{
    send_all(get_side(base));
}

static bool special(struct side *base, const char *fault)
{
    struct x_side *side = get_side(base);
    if (strcmp(fault, "limit") == 0)
        side->is_limited = true;
    else if (strcmp(fault, "denied") == 0)
        side->is_denied = true;
    else if (strcmp(fault, "full") == 0)
        side->is_full = true;
    else if (strcmp(fault, "end") == 0)
        end_broadcast(side);
    else if (strcmp(fault, "restart") == 0)
        end_broadcast(side), side->broadcast++, side->is_running = true;
    else if (strcmp(fault, "resume") == 0)
        side->is_limited = side->is_denied = side->is_full = false;
    else
        return false;
    return true;
}

/* --- The table --- */

static void describe(const struct side *base, json_t *state)
{
    const struct x_side *side = container_of(base, struct x_side, base);
    json_object_set_new(state, "streams", json_integer((json_int_t)list_count(&side->streams)));
    json_object_set_new(state, "streams_opened", json_integer((json_int_t)side->opened));
    json_object_set_new(state, "searches", json_integer((json_int_t)side->searches));
    json_object_set_new(state, "polls", json_integer((json_int_t)side->polls));
    json_object_set_new(state, "rules_made", json_integer((json_int_t)side->rules.made));
}

static void address(const struct side *base, const char *authority, json_t *addresses, json_t *sources)
{
    const char *method = side_text(base, "method"), *bearer = side_text(base, "bearer"), *token = side_text(base, "user_token");
    json_t *url = json_sprintf("http://%s/x", authority), *source;
    if (strcmp(method, "broadcast") == 0)
        source = json_pack("{s:s, s:s, s:s}", "connector", "x", "method", method, "user_token", token);
    else if (strcmp(method, "activity") == 0)
        source = json_pack("{s:s, s:s, s:s, s:s, s:s}", "connector", "x", "method", method, "user_id", USER_ID, "bearer", bearer,
                           "user_token", token);
    else
        source = json_pack("{s:s, s:s, s:s}", "connector", "x", "hashtag", side_room(base, "hashtag"), "bearer", bearer);
    json_object_set(source, "api_url", url);
    json_object_set_new(addresses, "x", url);
    json_array_append_new(sources, source);
}

static struct side *create(struct rehearsal *rehearsal)
{
    struct x_side *side = xcalloc(1, sizeof(*side));
    list_init(&side->streams);
    side->is_running = true;
    return &side->base;
}

static void destroy(struct side *base)
{
    struct x_side *side = get_side(base);
    struct stream *stream, *following;
    list_for_each_safe(stream, following, &side->streams, link)
        stream_free(stream);
    for (size_t i = 0; i < LOG; i++)
        message_unref(side->log[i]);
    x_rules_fini(&side->rules);
    free(side);
}

/* X's ids grow with time: the number at the end of the word makes them grow with it. */
static void make_id(const char *word, size_t len, uint64_t pass, char id[TRANSCRIPT_ID_BYTES])
{
    uint64_t a, b, number = 0, unit = 1;
    bool is_number = len == 19 && strspn(word, "0123456789") >= len;
    if (transcript_keep_id(is_number, word, len, pass, id))
        return;
    transcript_hash_word(word, len, pass, &a, &b);
    for (size_t i = len; i > 0 && word[i - 1] >= '0' && word[i - 1] <= '9' && unit < 100000000; i--, unit *= 10)
        number += unit * (uint64_t)(word[i - 1] - '0');
    snprintf(id, TRANSCRIPT_ID_BYTES, "%llu",
             (unsigned long long)(UINT64_C(1990000000000000000) + pass * UINT64_C(100000000000) + number * 1000 + a % 1000));
}

static const struct side_setting settings[] = {
    {"hashtag", "rehearsal", "of the source; usual: the transcript's"},
    {"method", "posts", "which way `sources` names: posts, activity or broadcast"},
    {"bearer", "rehearsal-bearer", "the only app token that is accepted"},
    {"user_token", "rehearsal-user", "the only user's token that is accepted"},
    {"alive_ms", "20000", "between the lines of nothing"},
    {"backfill", "0", "1: the plan has backfill_minutes"},
    {"search", "1", "0: the plan has no search"},
    {NULL},
};

const struct side_impl x_side = {
    .name = "x", .settings = settings, .create = create, .destroy = destroy, .say = say, .make_id = make_id, .request = route,
    .address = address, .describe = describe, .drop = drop, .garbage = garbage, .reconnect = reconnect, .resume = resume,
    .special = special, .specials = "limit, denied, full, end, restart",
};
