#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "net/base64.h"
#include "rehearsal/side.h"

/*
 * Reddit's Data API as an approved app sees it: one thread, its comments, and a hundred requests a minute. A page shows
 * the newest comments and names the others; what was deleted without answers is just not there any more.
 */

enum { COMMENTS_MAX = 1 << 16, INFO_MAX = 100, PAGE_USUAL = 100, ID_BYTES = 16, WINDOW_MS = 60000 };

#define THREAD_ID "1abcde"

/* Ids are numbers in base 36 that grow with time. */
#define FIRST_ID UINT64_C(1340000000000000)

struct comment {
    char *word;         // owned; how the transcript calls it
    json_t *data;       // owned; a t1's
    uint64_t parent;    // 0: the thread
    int answers;
    bool is_gone;
};

struct reddit_side {
    struct side base;
    struct comment *comments;  // owned; number N has the id FIRST_ID + N
    size_t count;
    bool is_locked;
    int64_t window_ms;         // monotonic: when the minute began in which requests are counted
    int64_t window_count;
    int64_t token_ends_ms;     // monotonic; 0: none was given
    uint64_t token_number, limited;
};

static struct reddit_side *get_side(struct side *base)
{
    return container_of(base, struct reddit_side, base);
}

static void write_id(uint64_t id, char text[ID_BYTES])
{
    char digits[ID_BYTES], *at = digits + ID_BYTES - 1;
    *at = '\0';
    do
        *--at = "0123456789abcdefghijklmnopqrstuvwxyz"[id % 36];
    while (id /= 36);
    strcpy(text, at);
}

/* ---- comments ---- */

/* By an id of ours, or by the transcript's word. */
static struct comment *find(struct reddit_side *side, struct str word)
{
    char text[ID_BYTES] = "";
    if (str_starts_with(word, STR("t1_")) && word.len - 3 < sizeof(text)) {
        memcpy(text, word.data + 3, word.len - 3);
        uint64_t place = strtoull(text, NULL, 36) - FIRST_ID;
        if (place < side->count)
            return &side->comments[place];
    }
    for (size_t i = side->count; i-- > 0 && word.len > 0;) {
        if (str_equal(str_from(side->comments[i].word), word))
            return &side->comments[i];
    }
    return NULL;
}

static json_t *text_json(struct str text)
{
    return json_stringn(text.data ? text.data : "", text.len);
}

/* As an id of a person: any word in base 36. */
static json_t *person_json(struct str id)
{
    uint64_t a, b;
    char text[ID_BYTES];
    transcript_hash_word(id.data ? id.data : "", id.len, 0, &a, &b);
    write_id(a % UINT64_C(100000000000), text);
    return json_sprintf("t2_%s", text);
}

static json_t *comment_json(struct reddit_side *side, const struct message_draft *is, const char *id, const char *parent)
{
    struct str name = is->author.login.len ? is->author.login : is->author.name;
    const char *distinguished = is->author.roles & ROLE_STAFF ? "admin" : is->author.roles & ROLE_MODERATOR ? "moderator" : NULL;
    return json_pack("{s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:f, s:b, s:s?, s:b, s:s, s:s}", "id", id, "name",
                     json_sprintf("t1_%s", id), "parent_id", json_sprintf("%s", parent), "link_id", "t3_" THREAD_ID, "author",
                     text_json(name), "author_fullname", person_json(is->author.id.len ? is->author.id : name), "body",
                     text_json(is->text), "created_utc", (double)(is->time_ms / 1000), "edited", 0, "distinguished",
                     distinguished, "is_submitter", (is->author.roles & ROLE_BROADCASTER) != 0, "subreddit", "rehearsal",
                     "replies", "");
}

static void add_comment(struct reddit_side *side, const struct message *message)
{
    const struct message_draft *is = &message->is;
    char id[ID_BYTES], parent[ID_BYTES + 3] = "t3_" THREAD_ID, name[ID_BYTES + 3];
    struct comment *first = find(side, is->reply_to.native_id);
    write_id(FIRST_ID + side->count, id);
    snprintf(name, sizeof(name), "t1_%s", id);
    if (first) {
        write_id(FIRST_ID + (uint64_t)(first - side->comments), parent + 3);
        parent[1] = '1';
        first->answers++;
    }
    side->comments[side->count++] = (struct comment){
        .word = xstrndup(is->native_id.data ? is->native_id.data : "", is->native_id.len),
        .data = comment_json(side, is, id, parent), .parent = first ? (uint64_t)(first - side->comments) + 1 : 0};
    side_note_as(&side->base, message, name);
}

static bool edit_comment(struct reddit_side *side, const struct message *message)
{
    struct comment *comment = find(side, message->is.target.native_id);
    if (!comment || comment->is_gone)
        return false;
    json_object_set_new(comment->data, "body", text_json(message->is.text));
    json_object_set_new(comment->data, "edited", json_real((double)(message->is.time_ms / 1000)));
    side_note(&side->base, message);
    return true;
}

static bool delete_comment(struct reddit_side *side, const struct message *message)
{
    struct comment *comment = find(side, message->is.target.native_id);
    if (!comment || comment->is_gone)
        return false;
    comment->is_gone = true;
    json_object_set_new(comment->data, "body", json_string("[deleted]"));
    json_object_set_new(comment->data, "author", json_string("[deleted]"));
    json_object_del(comment->data, "author_fullname");
    side_note(&side->base, message);
    return true;
}

static void say(struct side *base, const struct message *message)
{
    struct reddit_side *side = get_side(base);
    enum message_kind kind = message->is.kind;
    bool is_chat = kind == MESSAGE_CHAT || kind == MESSAGE_ACTION || kind == MESSAGE_QUESTION;
    if (is_chat && !side->is_locked && side->count < COMMENTS_MAX) {
        add_comment(side, message);
    } else if (kind == MESSAGE_END) {
        side->is_locked = true;
        side_note(base, message);
    } else if (!(kind == MESSAGE_EDIT && edit_comment(side, message)) &&
               !(kind == MESSAGE_DELETE && delete_comment(side, message))) {
        base->skipped++;
    }
}

/* ---- answers ---- */

static void respond(struct reddit_side *side, struct server_request *request, int status, json_t *body)
{
    char left[24], used[24], reset[24];
    int64_t limit = side_number(&side->base, "requests_max");
    snprintf(left, sizeof(left), "%.1f", (double)(limit > side->window_count ? limit - side->window_count : 0));
    snprintf(used, sizeof(used), "%" PRId64, side->window_count);
    snprintf(reset, sizeof(reset), "%" PRId64, 1 + (WINDOW_MS - (clock_monotonic_ms() - side->window_ms)) / 1000);
    const struct net_header headers[] = {
        {"x-ratelimit-remaining", left}, {"x-ratelimit-used", used}, {"x-ratelimit-reset", reset}};
    server_respond_json(request, status, headers, ARRAY_LENGTH(headers), body);
}

static void fail(struct reddit_side *side, struct server_request *request, int status, const char *message)
{
    respond(side, request, status, json_pack("{s:s, s:i}", "message", message, "error", status));
}

/* Gone and without answers: no page has it. */
static bool is_shown(const struct comment *comment)
{
    return !comment->is_gone || comment->answers > 0;
}

static json_t *thing(const char *kind, json_t *data)
{
    return json_pack("{s:s, s:o}", "kind", kind, "data", data);
}

static json_t *listing(json_t *children)
{
    return thing("Listing", json_pack("{s:n, s:n, s:o}", "after", "before", "children", children));
}

static json_t *thread_json(const struct reddit_side *side)
{
    return thing("t3", json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:i}", "id", THREAD_ID, "name", "t3_" THREAD_ID, "title",
                                 "Rehearsal", "author", "rehearsal", "subreddit", "rehearsal", "locked", side->is_locked,
                                 "archived", 0, "num_comments", (int)side->count));
}

/* The newest in full, answers beside what they answer where that is not shown; all others by name. */
static json_t *comments_json(struct reddit_side *side, size_t limit)
{
    json_t *children = json_array(), *named = json_array();
    size_t shown = 0;
    for (size_t i = side->count; i-- > 0;) {
        char id[ID_BYTES];
        write_id(FIRST_ID + i, id);
        if (!is_shown(&side->comments[i]))
            continue;
        if (shown++ < limit)
            json_array_append_new(children, thing("t1", json_copy(side->comments[i].data)));
        else
            json_array_append_new(named, json_string(id));
    }
    if (json_array_size(named) > 0)
        json_array_append_new(children, thing("more", json_pack("{s:I, s:s, s:o}", "count", (json_int_t)json_array_size(named),
                                                                "parent_id", "t3_" THREAD_ID, "children", json_incref(named))));
    json_decref(named);
    return listing(children);
}

static void get_thread(struct reddit_side *side, struct server_request *request)
{
    const char *limit = server_request_argument(request, "limit");
    long count = limit ? strtol(limit, NULL, 10) : PAGE_USUAL;
    json_t *first = json_array();
    json_array_append_new(first, thread_json(side));
    respond(side, request, 200, json_pack("[o, o]", listing(first), comments_json(side, count > 0 && count < 500 ? (size_t)count : PAGE_USUAL)));
    side_client_came(&side->base);
}

static void get_info(struct reddit_side *side, struct server_request *request)
{
    const char *ids = server_request_argument(request, "id");
    json_t *children = json_array();
    for (int count = 0; ids && *ids && count < INFO_MAX; count++) {
        size_t len = strcspn(ids, ",");
        struct comment *comment = find(side, (struct str){ids, len});
        if (comment && is_shown(comment))
            json_array_append_new(children, thing("t1", json_copy(comment->data)));
        ids += len + (ids[len] == ',');
    }
    respond(side, request, 200, listing(children));
}

/* ---- who asks ---- */

static void give_token(struct reddit_side *side, struct server_request *request)
{
    size_t len;
    const char *body = server_request_body(request, &len), *header = server_request_header(request, "authorization");
    struct buffer pair = {0}, wanted = {0};
    buffer_printf(&pair, "%s:%s", side_text(&side->base, "client_id"), side_text(&side->base, "client_secret"));
    buffer_add_string(&wanted, "Basic ");
    base64_encode(&wanted, pair.data, pair.len);
    buffer_add_char(&wanted, '\0');
    bool is_known = header && strcmp(header, wanted.data) == 0;
    buffer_fini(&pair);
    buffer_fini(&wanted);
    if (!is_known) {
        fail(side, request, 401, "Unauthorized");
    } else if (!strstr(body, "grant_type=client_credentials")) {
        respond(side, request, 400, json_pack("{s:s}", "error", "unsupported_grant_type"));
    } else {
        int64_t seconds = side_number(&side->base, "token_s");
        side->token_ends_ms = clock_monotonic_ms() + seconds * 1000;
        respond(side, request, 200, json_pack("{s:o, s:s, s:I, s:s}", "access_token",
            json_sprintf("rehearsal-%" PRIu64, ++side->token_number), "token_type", "bearer", "expires_in",
            (json_int_t)seconds, "scope", "*"));
    }
}

static bool is_allowed(struct reddit_side *side, struct server_request *request)
{
    const char *header = server_request_header(request, "authorization");
    char token[64];
    snprintf(token, sizeof(token), "Bearer rehearsal-%" PRIu64, side->token_number);
    if (side->token_number == 0 || !header || strcmp(header, token) != 0 || clock_monotonic_ms() >= side->token_ends_ms) {
        fail(side, request, 401, "Unauthorized");
        return false;
    }
    return true;
}

/* Introduces itself, and not too often. */
static bool take_turn(struct reddit_side *side, struct server_request *request)
{
    const char *agent = server_request_header(request, "user-agent");
    int64_t now_ms = clock_monotonic_ms();
    if (now_ms - side->window_ms >= WINDOW_MS) {
        side->window_ms = now_ms;
        side->window_count = 0;
    }
    bool is_stranger = !agent || !strchr(agent, ':') || strncmp(agent, "curl", 4) == 0;
    if (is_stranger || ++side->window_count > side_number(&side->base, "requests_max")) {
        side->limited++;
        fail(side, request, 429, "Too Many Requests");
        return false;
    }
    return true;
}

static bool route(struct side *base, struct server_request *request, const char *path)
{
    struct reddit_side *side = get_side(base);
    const char *refusal = side_text(base, "refusal");
    if (!take_turn(side, request))
        return true;
    if (strcmp(path, "/api/v1/access_token") == 0 && server_request_method(request) == METHOD_POST)
        give_token(side, request);
    else if (refusal && strcmp(refusal, "html") == 0)
        server_respond(request, 200, "text/html", NULL, 0, "<html>whoa there, pardner!</html>", 32);
    else if (refusal && strcmp(refusal, "private") == 0)
        respond(side, request, 403, json_pack("{s:s, s:s, s:i}", "reason", "private", "message", "Forbidden", "error", 403));
    else if (!is_allowed(side, request))
        return true;
    else if (strcmp(path, "/comments/" THREAD_ID) == 0)
        get_thread(side, request);
    else if (strcmp(path, "/api/info") == 0)
        get_info(side, request);
    else
        fail(side, request, 404, "Not Found");
    return true;
}

static void refuse(struct side *base, struct server_request *request)
{
    server_respond(request, 503, "text/html", NULL, 0, "<html>our CDN was unable to reach our servers</html>", 51);
}

/* token: the one that was given is not good any more. */
static bool special(struct side *base, const char *fault)
{
    if (strcmp(fault, "token") != 0)
        return false;
    get_side(base)->token_ends_ms = 0;
    return true;
}

/* ---- the table ---- */

static void address(const struct side *base, const char *authority, json_t *addresses, json_t *sources)
{
    json_object_set_new(addresses, "reddit", json_sprintf("http://%s/reddit", authority));
    json_array_append_new(sources, json_pack("{s:s, s:s, s:s, s:s, s:O, s:o, s:i}", "connector", "reddit", "thread", THREAD_ID,
        "client_id", side_text(base, "client_id"), "client_secret", side_text(base, "client_secret"), "api_url",
        json_object_get(addresses, "reddit"), "token_url", json_sprintf("http://%s/reddit/api/v1/access_token", authority),
        "poll_ms", (int)side_number(base, "poll_ms")));
}

static void describe(const struct side *base, json_t *state)
{
    const struct reddit_side *side = container_of(base, struct reddit_side, base);
    json_object_set_new(state, "comments", json_integer((json_int_t)side->count));
    json_object_set_new(state, "tokens", json_integer((json_int_t)side->token_number));
    json_object_set_new(state, "limited", json_integer((json_int_t)side->limited));
}

static struct side *create(struct rehearsal *rehearsal)
{
    struct reddit_side *side = xcalloc(1, sizeof(*side));
    side->comments = xcalloc(COMMENTS_MAX, sizeof(*side->comments));
    side->window_ms = clock_monotonic_ms();
    return &side->base;
}

static void destroy(struct side *base)
{
    struct reddit_side *side = get_side(base);
    for (size_t i = 0; i < side->count; i++) {
        free(side->comments[i].word);
        json_decref(side->comments[i].data);
    }
    free(side->comments);
    free(side);
}

static const struct side_setting settings[] = {
    {"client_id", "rehearsal-app", "the app's, the only one that is accepted"},
    {"client_secret", "rehearsal-secret", "its secret"},
    {"token_s", "86400", "that a token lasts"},
    {"requests_max", "100", "in a minute"},
    {"poll_ms", "2000", "that its entry for the configuration has"},
    {"refusal", NULL, "private, or html: how all pages are answered"},
    {NULL},
};

const struct side_impl reddit_side = {
    .name = "reddit", .settings = settings, .create = create, .destroy = destroy, .say = say, .request = route,
    .refuse = refuse, .address = address, .describe = describe, .special = special, .specials = "token",
};
