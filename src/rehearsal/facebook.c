#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/list.h"
#include "base/memory.h"
#include "net/form.h"
#include "rehearsal/side.h"

/*
 * Facebook's Live Video API as a Page's token sees it (2026-07): the Graph API at /facebook/graph/…, the stream of live
 * comments at /facebook/stream/…. The stream sends what is written after it was opened and nothing again; it tells no
 * edits, removals or answers. Pages do.
 */

enum { KEPT_MAX = 5000, PAGE_MAX = 100 };

#define PAGE_ID "104000000000001"

struct facebook_side {
    struct side base;
    json_t *comments;      // the oldest first; "hidden" ones stay
    size_t forgotten;      // comments before them
    struct list streams;   // struct stream
    char video[32];
    uint64_t videos, streamed, polls;
    bool is_over, is_busy, is_revoked;
};

struct stream {
    struct list link;      // in facebook_side.streams
    struct server_request *request;
    struct buffer held;    // while stalled
};

static struct facebook_side *get_side(struct side *base)
{
    return container_of(base, struct facebook_side, base);
}

/* ---- answers ---- */

/* Every answer tells how much of the hour is used. */
static void respond(struct facebook_side *side, struct server_request *request, int status, json_t *body)
{
    char usage[100];
    snprintf(usage, sizeof(usage), "{\"call_count\":%lld,\"total_time\":1,\"total_cputime\":1}",
             (long long)side_number(&side->base, "usage"));
    const struct net_header header = {"x-app-usage", usage};
    server_respond_json(request, status, &header, 1, body);
}

static void fail(struct facebook_side *side, struct server_request *request, int status, int code, int subcode, const char *words)
{
    respond(side, request, status, json_pack("{s:{s:s, s:s, s:i, s:i, s:s}}", "error", "message", words, "type", "OAuthException",
                                             "code", code, "error_subcode", subcode, "fbtrace_id", "A1b2"));
}

static char *argument(struct server_request *request, const char *name)
{
    size_t len;
    const char *body = server_request_body(request, &len), *value = server_request_argument(request, name);
    return value ? xstrdup(value) : body ? form_find(body, len, name) : NULL;
}

/* True: the call may go on. */
static bool admit(struct facebook_side *side, struct server_request *request)
{
    char *token = argument(request, "access_token");
    bool is_known = token && strcmp(token, side_text(&side->base, "token")) == 0 && !side->is_revoked;
    free(token);
    if (!is_known) {
        fail(side, request, 400, 190, 463, "Error validating access token: Session has expired");
    } else if (side->is_busy) {
        fail(side, request, 400, 4, 0, "Application request limit reached");
    }
    return is_known && !side->is_busy;
}

/* ---- comments ---- */

static json_t *time_of(int64_t unix_ms)
{
    char text[40];
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm parts;
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S+0000", gmtime_r(&seconds, &parts));
    return json_string(text);
}

static json_t *text_of(struct str text)
{
    return json_stringn(text.data ? text.data : "", text.len);
}

static json_t *find_comment(struct facebook_side *side, struct str id, size_t *at)
{
    for (size_t i = json_array_size(side->comments); i-- > 0;) {
        json_t *comment = json_array_get(side->comments, i);
        if (str_equal(str_from(json_get_text(comment, "id")), id)) {
            *at = i;
            return comment;
        }
    }
    return NULL;
}

static json_t *make_comment(const struct message_draft *is)
{
    json_t *comment = json_pack("{s:o, s:o, s:o}", "id", text_of(is->native_id), "created_time", time_of(is->time_ms), "message",
                                text_of(is->text));
    if (is->author.id.len > 0)
        json_object_set_new(comment, "from", json_pack("{s:o, s:o}", "id", text_of(is->author.id), "name", text_of(is->author.name)));
    if (is->reply_to.native_id.len > 0)
        json_object_set_new(comment, "parent", json_pack("{s:o}", "id", text_of(is->reply_to.native_id)));
    return comment;
}

/* ---- the stream ---- */

static void stream_free(struct stream *stream)
{
    list_remove(&stream->link);
    buffer_fini(&stream->held);
    free(stream);
}

static void handle_gone(void *data)
{
    stream_free(data);
}

static void end_streams(struct facebook_side *side, void (*end)(struct server_request *request))
{
    struct stream *stream, *next;
    list_for_each_safe(stream, next, &side->streams, link) {
        end(stream->request);
        stream_free(stream);
    }
}

static void send_text(struct facebook_side *side, struct stream *stream, const char *text, size_t len)
{
    if (side->base.fault == FAULT_STALL) {
        buffer_add(&stream->held, text, len);
    } else if (side->base.fault != FAULT_HANG && !server_stream_send(stream->request, text, len)) {
        server_stream_abort(stream->request);
        stream_free(stream);
    }
}

static void send_all(struct facebook_side *side, const char *text, size_t len)
{
    struct stream *stream, *next;
    list_for_each_safe(stream, next, &side->streams, link)
        send_text(side, stream, text, len);
}

static void open_stream(struct facebook_side *side, struct server_request *request, const char *path)
{
    char ours[80];
    const char *rate = server_request_argument(request, "comment_rate");
    snprintf(ours, sizeof(ours), "/%s/live_comments", side->video);
    if (!admit(side, request))
        return;
    if (strcmp(side_text(&side->base, "stream"), "closed") == 0) {
        fail(side, request, 500, 2, 0, "Service temporarily unavailable");
    } else if (strcmp(path, ours) != 0 || side->is_over) {
        fail(side, request, 400, 100, 33, "Object does not exist, or cannot be loaded");
    } else if (!rate || strcmp(rate, "one_hundred_per_second") != 0) {
        fail(side, request, 400, 100, 0, "Invalid parameter: comment_rate");
    } else {
        struct stream *stream = xcalloc(1, sizeof(*stream));
        stream->request = request;
        list_append(&side->streams, &stream->link);
        side->streamed++;
        server_request_on_gone(request, handle_gone, stream);
        server_stream_begin(request, 200, "text/event-stream", NULL, 0);
        send_text(side, stream, ": ok\n\n", 6);
        side_client_came(&side->base);
    }
}

static void say(struct side *base, const struct message *message)
{
    struct facebook_side *side = get_side(base);
    const struct message_draft *is = &message->is;
    size_t at;
    if (is->kind == MESSAGE_EDIT || is->kind == MESSAGE_DELETE) {
        json_t *comment = find_comment(side, is->target.native_id, &at);
        if (comment && is->kind == MESSAGE_EDIT)
            json_object_set_new(comment, "message", text_of(is->text));
        if (comment && is->kind == MESSAGE_DELETE)
            json_array_remove(side->comments, at);
        side_note(base, message);
        return;
    }
    if (is->kind != MESSAGE_CHAT && is->kind != MESSAGE_QUESTION && is->kind != MESSAGE_ACTION) {
        base->skipped++;
        return;
    }
    json_t *comment = make_comment(is);
    side_note(base, message);
    if (is->reply_to.native_id.len == 0) {  // answers are not streamed
        char *text = json_dumps(comment, JSON_COMPACT);
        struct buffer event = {0};
        buffer_printf(&event, "data: %s\n\n", text);
        send_all(side, event.data, event.len);
        buffer_fini(&event);
        free(text);
    }
    json_array_append_new(side->comments, comment);
    if (json_array_size(side->comments) > KEPT_MAX) {
        json_array_remove(side->comments, 0);
        side->forgotten++;
    }
}

/* ---- pages ---- */

/* Whole seconds, as the API counts. */
static int64_t seconds_of(const json_t *comment)
{
    char full[32];
    int64_t unix_ms = 0;
    snprintf(full, sizeof(full), "%.19sZ", json_get_text(comment, "created_time"));
    clock_parse_rfc3339(full, strlen(full), &unix_ms);
    return unix_ms / 1000;
}

static void get_comments(struct facebook_side *side, struct server_request *request)
{
    const char *order = server_request_argument(request, "order"), *since = server_request_argument(request, "since");
    const char *after = server_request_argument(request, "after");
    bool is_falling = order && strcmp(order, "reverse_chronological") == 0;
    size_t count = json_array_size(side->comments), place = after ? strtoul(after, NULL, 10) : 0, end = count;
    size_t begin = place > side->forgotten ? place - side->forgotten : 0;
    side->polls++;
    if (server_request_argument(request, "live_filter") && strcmp(side_text(&side->base, "live_filter"), "refused") == 0) {
        fail(side, request, 400, 100, 0, "(#100) live_filter is not supported for this video");
        return;
    }
    json_t *data = json_array();
    for (size_t i = begin; i < count && json_array_size(data) < PAGE_MAX; i++) {
        json_t *comment = json_array_get(side->comments, is_falling ? count - 1 - i : i);
        end = i + 1;
        if (!since || seconds_of(comment) >= strtoll(since, NULL, 10))
            json_array_append(data, comment);
    }
    json_t *body = json_pack("{s:o}", "data", data);
    if (end < count)
        json_object_set_new(body, "paging", json_pack("{s:{s:o}}", "cursors", "after", json_sprintf("%zu", side->forgotten + end)));
    respond(side, request, 200, body);
}

/* ---- writing ---- */

static void note(struct facebook_side *side, struct side_write *write, const char *outcome)
{
    write->outcome = outcome;
    side_note_write(&side->base, write);
}

static void post_comment(struct facebook_side *side, struct server_request *request, const char *parent)
{
    static const struct message_author author = {.id = {PAGE_ID, sizeof(PAGE_ID) - 1}, .name = {"Rehearsal", 9}};
    char id[TRANSCRIPT_ID_BYTES], *message = argument(request, "message");
    struct side_write write = {.act = "say", .text = message, .native_id = id, .reply_to = parent};
    side_mint_id(&side->base, id);
    if (!message || !*message) {
        note(side, &write, "denied");
        fail(side, request, 400, 100, 0, "(#100) message is empty");
    } else if (strstr(message, "blocked")) {
        note(side, &write, "dropped");
        fail(side, request, 400, 368, 0, "The action attempted has been deemed abusive or is otherwise disallowed");
    } else {
        note(side, &write, "accepted");
        respond(side, request, 200, json_pack("{s:s}", "id", id));
        side_echo(&side->base, &write, &author);
    }
    free(message);
}

static void post_hidden(struct facebook_side *side, struct server_request *request, const char *id, json_t *comment)
{
    struct side_write write = {.act = "delete", .native_id = id};
    json_object_set_new(comment, "is_hidden", json_true());
    note(side, &write, "accepted");
    respond(side, request, 200, json_pack("{s:b}", "success", 1));
}

/* ---- the Graph API ---- */

static void handle_object(struct facebook_side *side, struct server_request *request, const char *id, const char *edge)
{
    bool is_post = server_request_method(request) == METHOD_POST, is_video = strcmp(id, side->video) == 0;
    size_t at;
    json_t *comment = is_video ? NULL : find_comment(side, str_from(id), &at);
    if (strcmp(id, "me") == 0 || strcmp(id, PAGE_ID) == 0) {
        if (strcmp(edge, "live_videos") == 0)
            respond(side, request, 200, json_pack("{s:[{s:s, s:s, s:s}]}", "data", "id", side->video, "status",
                                                  side->is_over ? "VOD" : "LIVE", "title", "Rehearsal"));
        else
            respond(side, request, 200, json_pack("{s:s, s:s}", "id", PAGE_ID, "name", "Rehearsal"));
    } else if (is_video && strcmp(edge, "comments") == 0) {
        if (is_post)
            post_comment(side, request, NULL);
        else
            get_comments(side, request);
    } else if (is_video && !*edge) {
        respond(side, request, 200, json_pack("{s:s, s:s, s:i}", "id", id, "status", side->is_over ? "VOD" : "LIVE", "live_views", 12));
    } else if (comment && is_post && strcmp(edge, "comments") == 0) {
        post_comment(side, request, id);
    } else if (comment && is_post) {
        post_hidden(side, request, id, comment);
    } else if (comment) {
        respond(side, request, 200, json_pack("{s:s, s:b}", "id", id, "is_hidden", json_get_bool(comment, "is_hidden", false)));
    } else {
        fail(side, request, 400, 100, 33, "Unsupported request. Object with that ID does not exist");
    }
}

static bool handle_request(struct side *base, struct server_request *request, const char *path)
{
    struct facebook_side *side = get_side(base);
    if (strncmp(path, "/stream", 7) == 0) {
        open_stream(side, request, path + 7);
        return true;
    }
    if (strncmp(path, "/graph/", 7) != 0)
        return false;
    if (!admit(side, request))
        return true;
    size_t len = strcspn(path + 7, "/");
    char *id = xstrndup(path + 7, len);
    handle_object(side, request, id, path[7 + len] ? path + 8 + len : "");
    free(id);
    return true;
}

/* ---- faults, life ---- */

static void drop(struct side *base)
{
    end_streams(get_side(base), server_stream_abort);
}

static void reconnect(struct side *base)
{
    end_streams(get_side(base), server_stream_end);
}

static void garbage(struct side *base)
{
    static const char noise[] = "data: {\"id\":\"\xff\xd9\n\ndata: 7\n\nevent: x\ndata: not JSON\n\n";
    send_all(get_side(base), noise, sizeof(noise) - 1);
}

static void resume(struct side *base)
{
    struct stream *stream, *next;
    list_for_each_safe(stream, next, &get_side(base)->streams, link) {
        struct buffer held = stream->held;
        stream->held = (struct buffer){0};
        if (held.len > 0)
            send_text(get_side(base), stream, held.data, held.len);
        buffer_fini(&held);
    }
}

static void begin_video(struct facebook_side *side)
{
    snprintf(side->video, sizeof(side->video), "91193607567%04llu", (unsigned long long)++side->videos);
    side->forgotten += json_array_size(side->comments);
    json_array_clear(side->comments);
    side->is_over = false;
}

static bool special(struct side *base, const char *fault)
{
    struct facebook_side *side = get_side(base);
    if (strcmp(fault, "resume") == 0) {
        side->is_busy = side->is_revoked = false;
    } else if (strcmp(fault, "quota") == 0) {
        side->is_busy = true;
    } else if (strcmp(fault, "revoked") == 0) {
        side->is_revoked = true;
        end_streams(side, server_stream_end);
    } else if (strcmp(fault, "end") == 0) {
        side->is_over = true;
        end_streams(side, server_stream_end);
    } else if (strcmp(fault, "restart") == 0) {
        end_streams(side, server_stream_end);
        begin_video(side);
    } else {
        return false;
    }
    return true;
}

static void describe(const struct side *base, json_t *state)
{
    const struct facebook_side *side = container_of(base, struct facebook_side, base);
    json_object_set_new(state, "streams", json_integer((json_int_t)side->streamed));
    json_object_set_new(state, "polls", json_integer((json_int_t)side->polls));
}

static void address(const struct side *base, const char *authority, json_t *addresses, json_t *sources)
{
    json_object_set_new(addresses, "facebook", json_sprintf("http://%s/facebook", authority));
    json_array_append_new(sources, json_pack("{s:s, s:s, s:s, s:o, s:o}", "connector", "facebook", "page", "me", "access_token",
        side_text(base, "token"), "api_url", json_sprintf("http://%s/facebook/graph", authority), "stream_url",
        json_sprintf("http://%s/facebook/stream", authority)));
}

static struct side *create(struct rehearsal *rehearsal)
{
    struct facebook_side *side = xcalloc(1, sizeof(*side));
    side->comments = json_array();
    list_init(&side->streams);
    begin_video(side);
    return &side->base;
}

static void destroy(struct side *base)
{
    struct facebook_side *side = get_side(base);
    end_streams(side, server_stream_abort);
    json_decref(side->comments);
    free(side);
}

/* "911936075671494_911936769004758". */
static void make_id(const char *word, size_t len, uint64_t pass, char id[TRANSCRIPT_ID_BYTES])
{
    const char *line = memchr(word, '_', len);
    uint64_t a, b;
    if (transcript_keep_id(line && len > 20 && strspn(word, "0123456789_") >= len, word, len, pass, id))
        return;
    transcript_hash_word(word, len, pass, &a, &b);
    snprintf(id, TRANSCRIPT_ID_BYTES, "911936075671494_%015llu", (unsigned long long)(a % 1000000000000000));
}

static const struct side_setting settings[] = {
    {"token", "rehearsal-page-token", "the only access token accepted"},
    {"stream", "open", "\"closed\": server-sent events fail"},
    {"live_filter", "known", "\"refused\": comments cannot be asked for with it"},
    {"usage", "3", "percent of the hour's calls"},
    {NULL},
};

const struct side_impl facebook_side = {
    .name = "facebook", .settings = settings, .create = create, .destroy = destroy, .say = say, .make_id = make_id,
    .request = handle_request, .address = address, .describe = describe, .drop = drop, .garbage = garbage,
    .reconnect = reconnect, .resume = resume, .special = special, .specials = "quota, revoked, end, restart",
};
