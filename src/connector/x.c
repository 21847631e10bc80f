/*
 * x.c - X (Twitter) by its official API: posts for a hashtag by the filtered stream, and the chat of one's own
 * broadcasts, pushed or polled. Every post that is read is billed, so there is a cap by the month.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "connector/x_inside.h"
#include "net/http.h"

enum {
    CURSOR_MS = 1000, POST_CAP = 10000, SILENCE_MS = 30 * 1000, POLL_MS = 5000, WAIT_MS = 60 * 1000, SEARCH_MS = 20 * 1000, SELDOM_MS = 10 * 60 * 1000,
    NETWORK_STEP_MS = 250, NETWORK_MAX_MS = 16 * 1000, SERVER_MS = 5000, SERVER_MAX_MS = 320 * 1000,
    LIMIT_MS = 60 * 1000, LIMIT_MAX_MS = 15 * 60 * 1000, QUERY_BYTES_MAX = 1024, NAME_BYTES_MAX = 80, BACKFILL_MAX = 5,
};

static const struct connector_key keys[] = {
    {"hashtag", JSON_STRING, false, "posts with this hashtag become questions. This or a query", "#question"},
    {"query", JSON_STRING, false, "a rule of X's filtered stream. This or a hashtag", "@anna -is:retweet"},
    {"bearer", JSON_STRING, false, "the app's bearer token, from X's developer portal", "secret:x"},
    {"method", JSON_STRING, false, "posts, activity (of one account), or broadcast (a live's own chat)", "posts"},
    {"as", JSON_STRING, false, "what posts become: question, or chat", "question"},
    {"post_cap", JSON_INTEGER, false, "posts that the plan allows in a month", "10000"},
    {"user_id", JSON_STRING, false, "for activity: the account's number", "783214"},
    {"user_token", JSON_STRING, false, "for broadcast: the account's own token", "secret:x_user"},
    {"broadcast", JSON_STRING, false, "for broadcast: its id or address; usual: one's own that runs", "https://x.com/i/broadcasts/1abc"},
    {"backfill_minutes", JSON_INTEGER, false}, {"recover", JSON_TRUE, false}, {"api_url", JSON_STRING, false},
    {"silence_ms", JSON_INTEGER, false}, {"poll_ms", JSON_INTEGER, false}, {"wait_ms", JSON_INTEGER, false},
    {"search_ms", JSON_INTEGER, false}, {NULL},
};

/* ---- configuration ---- */

/* The tag without its sign; NULL: no hashtag. */
static const char *tag_of(const char *hashtag)
{
    static const char *const signs[] = {"#", "\xef\xbc\x83"};  // also the full-width one
    for (size_t i = 0; i < ARRAY_LENGTH(signs); i++) {
        if (strncmp(hashtag, signs[i], strlen(signs[i])) == 0)
            hashtag += strlen(signs[i]);
    }
    return *hashtag && !strpbrk(hashtag, " \t\r\n\"()#:") && strlen(hashtag) < 200 ? hashtag : NULL;
}

static bool has_secret(const json_t *config, const char *key, struct error *err)
{
    char *secret = connector_config_secret(config, key, err);
    bool is_good = secret && (*secret || error_set(err, ERROR_DATA, "%s: missing; this method needs it", key));
    free(secret);
    return is_good;
}

static char *check_posts(const json_t *config, struct error *err)
{
    const char *hashtag = json_get_text(config, "hashtag"), *query = json_get_text(config, "query");
    int64_t minutes = json_get_int(config, "backfill_minutes", 0);
    if (!hashtag == !query) {
        error_set(err, ERROR_DATA, "hashtag or query: expected one of them");
    } else if (hashtag && !tag_of(hashtag)) {
        error_set(err, ERROR_DATA, "hashtag \"%s\": a hashtag has no blanks and no signs", hashtag);
    } else if (query && (!*query || strlen(query) > QUERY_BYTES_MAX)) {
        error_set(err, ERROR_DATA, "query: expected 1 to %d bytes", QUERY_BYTES_MAX);
    } else if (minutes < 0 || minutes > BACKFILL_MAX) {
        error_set(err, ERROR_DATA, "backfill_minutes %lld: expected 0 to %d", (long long)minutes, BACKFILL_MAX);
    } else if (has_secret(config, "bearer", err)) {
        if (hashtag)
            return xasprintf("#%s", tag_of(hashtag));
        size_t len = strlen(query);
        return xstrndup(query, len > NAME_BYTES_MAX ? utf8_cut(query, NAME_BYTES_MAX) : len);
    }
    return NULL;
}

static bool method_of(const json_t *config, enum x_method *method)
{
    static const char *const names[] = {[X_POSTS] = "posts", [X_ACTIVITY] = "activity", [X_BROADCAST] = "broadcast"};
    const char *name = connector_config_text(config, "method", "posts");
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            *method = (enum x_method)i;
            return true;
        }
    }
    return false;
}

static bool is_number(const char *text)
{
    return text && *text && strlen(text) < X_ID_BYTES && strspn(text, "0123456789") == strlen(text);
}

static bool is_broadcast_id(const char *text)
{
    for (const char *c = text; *c; c++) {
        if (!((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z') && !(*c >= '0' && *c <= '9') && *c != '-' && *c != '_')
            return false;
    }
    return *text && strlen(text) < 64;
}

/* Also pasted as https://x.com/i/broadcasts/ID. */
static const char *broadcast_of(const json_t *config)
{
    const char *text = json_get_text(config, "broadcast");
    const char *slash = text ? strrchr(text, '/') : NULL;
    return slash ? slash + 1 : text;
}

static char *x_check(const json_t *config, struct error *err)
{
    enum x_method method;
    const char *as = connector_config_text(config, "as", "question"), *broadcast = broadcast_of(config);
    if (!method_of(config, &method)) {
        error_set(err, ERROR_DATA, "method \"%s\": expected \"posts\", \"activity\" or \"broadcast\"", json_get_text(config, "method"));
    } else if (strcmp(as, "question") != 0 && strcmp(as, "chat") != 0) {
        error_set(err, ERROR_DATA, "as \"%s\": expected \"question\" or \"chat\"", as);
    } else if (method == X_POSTS) {
        return check_posts(config, err);
    } else if (method == X_ACTIVITY) {
        const char *user_id = json_get_text(config, "user_id");
        if (!is_number(user_id))
            error_set(err, ERROR_DATA, "user_id: expected the number of your account at X");
        else if (has_secret(config, "bearer", err))
            return xasprintf("user:%s", user_id);
    } else if (broadcast && !is_broadcast_id(broadcast)) {
        error_set(err, ERROR_DATA, "broadcast \"%s\": expected an id or https://x.com/i/broadcasts/ID", broadcast);
    } else if (has_secret(config, "user_token", err)) {
        return xasprintf("broadcast:%s", broadcast ? broadcast : "own");
    }
    return NULL;
}

/* ---- what all ways need ---- */

static void run_step(void *data)
{
    struct x *x = data;
    x->step(x);
}

void x_later(struct x *x, int64_t delay_ms, x_step step)
{
    x->step = step;
    timer_start(&x->timer, delay_ms);
}

void x_set_text(char **slot, const char *text)
{
    char *copy = text && *text ? xstrdup(text) : NULL;
    free(*slot);
    *slot = copy;
}

/* While what was missed is still looked for, the next life would have to look for it too. */
void x_give_cursor(struct x *x)
{
    int64_t alive_ms = x->is_recovering ? x->missed.from_ms : x->alive_ms;
    const char *last_id = x->is_recovering ? x->missed.since : x->reader.last_id;
    json_t *cursor = json_pack("{s:I, s:I, s:i}", "alive_ms", (json_int_t)alive_ms, "posts", (json_int_t)x->month_posts,
                               "month", x->month);
    if (last_id[0])
        json_object_set_new(cursor, "last_id", json_string(last_id));
    if (x->broadcast)
        json_object_set_new(cursor, "broadcast", json_string(x->broadcast));
    x->cursor_ms = x->alive_ms;
    connector_set_cursor_json(&x->base, cursor);
}

void x_note_alive(struct x *x)
{
    int64_t now_ms = clock_unix_ms();
    if (now_ms > x->alive_ms)
        x->alive_ms = now_ms;
    if (x->alive_ms - x->cursor_ms >= CURSOR_MS)
        x_give_cursor(x);
}

bool x_call(struct x *x, const char *method, const char *path, const char *token, const char *body,
            void (*on_done)(void *data, const struct http_result *result))
{
    struct error err = {0};
    char *url = xasprintf("%s%s", x->api_url, path), *login = xasprintf("Bearer %s", token);
    struct net_header headers[] = {{"Authorization", login}, {"Content-Type", "application/json"}};
    struct http_options options = {
        .url = url, .method = method, .headers = headers, .header_count = body ? 2 : 1, .body = body,
        .body_len = body ? strlen(body) : 0, .on_done = on_done, .data = x};
    connector_fill_http(&x->base, &options);
    x->request = http_start(x->base.options.loop, &options, &err);
    if (!x->request)
        connector_set_state(&x->base, CONNECTOR_FAILED, "api_url: %s", err.text);
    free(url);
    free(login);
    return x->request != NULL;
}

/* ---- failures ---- */

void x_calm(struct x *x)
{
    x->network_wait_ms = x->server_wait_ms = x->limit_wait_ms = 0;
}

static int64_t grow(int64_t *wait_ms, int64_t first_ms, int64_t limit_ms)
{
    *wait_ms = *wait_ms == 0 ? first_ms : *wait_ms * 2 < limit_ms ? *wait_ms * 2 : limit_ms;
    return *wait_ms;
}

/* When the limit is full again, if X tells: Unix seconds. */
static int64_t reset_wait_ms(const struct http_result *result)
{
    const char *reset = http_result_header(result, "x-rate-limit-reset");
    int64_t wait_ms = reset ? strtoll(reset, NULL, 10) * 1000 - clock_unix_ms() : 0;
    return wait_ms > 0 && wait_ms < LIMIT_MAX_MS ? wait_ms : 0;
}

static void refuse(struct x *x, const char *remedy, x_step again, const char *what, const char *why)
{
    connector_set_remedy(&x->base, "%s", remedy);
    connector_set_state(&x->base, CONNECTOR_FAILED, "X %s: %s", what, why);
    x_later(x, SELDOM_MS, again);
}

void x_handle_failure(struct x *x, const struct http_result *result, x_step again)
{
    char words[32];
    struct x_report report = {0};
    struct error ignored = {0};
    struct x_reader *reader = &x->reader;
    if (result->len > 0 && result->body[0] == '{')
        x_read(reader, result->body, result->len, &report, &ignored);
    const char *why = report.problem[0] ? report.problem : result->error.text;
    int64_t wait_ms = 0;
    switch (result->status) {
    case 401: refuse(x, "copy the token again from X's developer portal", again, "does not accept the token (401)", why); return;
    case 402:
    case 403: refuse(x, "see whether your plan at X covers this", again, "refuses (403)", why); return;
    case 400: refuse(x, "check hashtag, query and ids in the configuration", again, "does not understand us (400)", why); return;
    case 404: refuse(x, "check api_url and the ids in the configuration", again, "knows no such thing (404)", why); return;
    case 420:
    case 429:
        wait_ms = grow(&x->limit_wait_ms, LIMIT_MS, LIMIT_MAX_MS);
        if (reset_wait_ms(result) > wait_ms)
            wait_ms = reset_wait_ms(result);
        break;
    case 0:
        wait_ms = x->network_wait_ms;
        x->network_wait_ms = wait_ms + NETWORK_STEP_MS < NETWORK_MAX_MS ? wait_ms + NETWORK_STEP_MS : NETWORK_MAX_MS;
        break;
    default: wait_ms = grow(&x->server_wait_ms, SERVER_MS, SERVER_MAX_MS); break;
    }
    x_later(x, wait_ms, again);
    connector_again_text(wait_ms, words);
    if (report.is_too_many) {
        connector_set_state(&x->base, CONNECTOR_WAITING, "another connection of this app is open, and X allows one: end the other "
                            "program, or wait until X forgets it (%s)", words);
    } else {
        connector_set_state(&x->base, CONNECTOR_CONNECTING, "%s (%s)", why, words);
    }
}

/* ---- the month's posts ---- */

static int this_month(int64_t *next_ms)
{
    time_t now = (time_t)(clock_unix_ms() / 1000);
    struct tm parts;
    gmtime_r(&now, &parts);
    struct tm next = {.tm_year = parts.tm_year + (parts.tm_mon == 11), .tm_mon = (parts.tm_mon + 1) % 12, .tm_mday = 1};
    *next_ms = (int64_t)timegm(&next) * 1000;
    return (parts.tm_year + 1900) * 12 + parts.tm_mon;
}

void x_count_posts(struct x *x)
{
    int64_t next_ms, more = (int64_t)x->reader.posts - x->counted;
    int month = this_month(&next_ms);
    if (month != x->month)
        x->month_posts = 0;
    x->month = month;
    x->month_posts += more;
    x->counted += more;
    connector_set_budget(&x->base, "posts of the month", x->post_cap > x->month_posts ? x->post_cap - x->month_posts : 0,
                         x->post_cap, next_ms);
}

static void go_on(struct x *x)
{
    x_check_rules(x);
}

bool x_may_read(struct x *x)
{
    int64_t next_ms;
    char when[CLOCK_RFC3339_BYTES];
    this_month(&next_ms);
    if (x->month_posts < x->post_cap)
        return true;
    int64_t wait_ms = next_ms - clock_unix_ms();
    clock_format_rfc3339(next_ms, when);
    connector_set_remedy(&x->base, "raise post_cap if you want to pay for more");
    connector_set_state(&x->base, CONNECTOR_WAITING, "the %lld posts of this month (post_cap) are read; goes on at %.16sZ",
                        (long long)x->post_cap, when);
    x_later(x, wait_ms > 0 ? wait_ms + 1000 : 1000, go_on);
    return false;
}

/* ---- the table ---- */

static struct connector *x_create(const json_t *config)
{
    struct x *x = xcalloc(1, sizeof(*x));
    const char *hashtag = json_get_text(config, "hashtag"), *query = json_get_text(config, "query");
    x_reader_init(&x->reader, &x->base);
    x->reader.is_question = strcmp(connector_config_text(config, "as", "question"), "question") == 0;
    if (config)
        method_of(config, &x->method);
    x->query = hashtag ? xasprintf("#%s -is:retweet", tag_of(hashtag)) : xstrdup(query);
    x_set_text(&x->user_id, json_get_text(config, "user_id"));
    x_set_text(&x->wanted_broadcast, broadcast_of(config));
    x->bearer = connector_config_secret(config, "bearer", NULL);
    x->user_token = connector_config_secret(config, "user_token", NULL);
    x->api_url = xstrdup(connector_config_text(config, "api_url", "https://api.x.com"));
    x->post_cap = json_get_int(config, "post_cap", POST_CAP);
    x->backfill_minutes = json_get_int(config, "backfill_minutes", 0);
    x->may_search = json_get_bool(config, "recover", true);
    x->silence_ms = json_get_int(config, "silence_ms", SILENCE_MS);
    x->poll_ms = json_get_int(config, "poll_ms", POLL_MS);
    x->wait_ms = json_get_int(config, "wait_ms", WAIT_MS);
    x->search_ms = json_get_int(config, "search_ms", SEARCH_MS);
    return &x->base;
}

static void read_cursor(struct x *x)
{
    json_t *cursor = connector_cursor(&x->base);
    const char *last = json_get_text(cursor, "last_id");
    x->alive_ms = json_get_int(cursor, "alive_ms", 0);
    x->month_posts = json_get_int(cursor, "posts", 0);
    x->month = (int)json_get_int(cursor, "month", 0);
    if (is_number(last))
        snprintf(x->reader.last_id, sizeof(x->reader.last_id), "%s", last);
    x_set_text(&x->broadcast, json_get_text(cursor, "broadcast"));
    json_decref(cursor);
}

static void x_start(struct connector *base)
{
    struct x *x = get_x(base);
    static const x_step first[] = {[X_POSTS] = x_check_rules, [X_ACTIVITY] = x_subscribe, [X_BROADCAST] = x_find_broadcast};
    timer_init(&x->timer, base->options.loop, run_step, x);
    read_cursor(x);
    x_count_posts(x);
    if (x->method == X_POSTS) {
        x->rule_tag = xasprintf("antiphon:%.100s", strchr(base->source, ':') + 1);
        snprintf(x->reader.tag, sizeof(x->reader.tag), "%s", x->rule_tag);
    } else if (x->method == X_ACTIVITY) {
        snprintf(x->reader.user_id, sizeof(x->reader.user_id), "%s", x->user_id);
    }
    x_later(x, 0, first[x->method]);
}

static bool x_receive(struct connector *base, const char *text, size_t len, struct error *err)
{
    struct x_report report;
    while (len > 0 && (*text == ' ' || *text == '\r'))
        text++, len--;
    return len == 0 || x_read(&get_x(base)->reader, text, len, &report, err);  // a blank line keeps the stream alive
}

static void x_stop(struct connector *base)
{
    struct x *x = get_x(base);
    if (x->alive_ms > 0)
        x_give_cursor(x);
}

static void x_destroy(struct connector *base)
{
    struct x *x = get_x(base);
    timer_stop(&x->timer);
    timer_stop(&x->search_timer);
    http_cancel(x->request);
    http_cancel(x->search);
    x_reader_fini(&x->reader);
    buffer_fini(&x->line);
    buffer_fini(&x->url);
    char *const owned[] = {x->query, x->rule_tag, x->user_id, x->wanted_broadcast, x->bearer, x->user_token, x->api_url, x->loss,
                           x->broadcast};
    for (size_t i = 0; i < ARRAY_LENGTH(owned); i++)
        free(owned[i]);
    free(x);
}

const struct connector_impl x_connector = {
    .name = "x", .title = "X", .keys = keys, .check = x_check, .create = x_create, .start = x_start, .receive = x_receive,
    .stop = x_stop, .destroy = x_destroy,
};
