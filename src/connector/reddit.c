/*
 * reddit.c - a thread's comments, by polling: there is no live way. The thread is read every ten seconds; what a page only
 * names is asked for by id, and what was told is asked for again in turn, because nobody says what was deleted.
 * Nothing is lost while it waits: the next page names all that was written since.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/utf8.h"
#include "connector/connector_impl.h"
#include "connector/reddit_item.h"
#include "net/backoff.h"
#include "net/base64.h"
#include "net/http.h"
#include "net/loop.h"

/* Generic names are slowed down to 429; this is the form that Reddit asks for. */
#define USER_AGENT "linux:org.antiphon.antiphon:" ANTIPHON_VERSION " (live chat companion)"

enum {
    POLL_MS = 10000, POLL_PUBLIC_MS = 60000, CLOSED_MS = 5 * 60 * 1000, BACKOFF_MS_MAX = 60000, BACKOFF_FIRST_MS = 2000,
    SELDOM_MS = 15 * 60 * 1000, SLOW_MS = 60000, INFO_MAX = 100, BODY_BYTES_MAX = 8 << 20,
    TOKEN_EARLY_MS = 60000, TOKEN_S = 3600, BUDGET_LOW = 2, RECHECK_POLLS = 2,
};

struct reddit {
    struct connector base;
    char *thread, *client_id, *client_secret, *api_url, *token_url;  // owned
    bool is_public;            // without an app
    int64_t poll_ms, closed_ms;
    struct reddit_reader reader;
    char *token;               // owned; NULL: none
    int64_t token_ends_ms;     // monotonic
    struct http_request *request;
    uint64_t asked[INFO_MAX];  // by id, in the request under way
    size_t asked_count;
    size_t recheck_place;      // in the reader's table
    unsigned polls;
    struct backoff backoff;
    struct timer timer;
    void (*step)(struct reddit *reddit);
    int64_t alive_ms;          // Unix: all that was written before has been read; 0: never
    int64_t asked_ms;          // Unix: when the page under way was asked for
};

static const struct connector_key keys[] = {
    {"thread", JSON_STRING, true, "the thread's address", "https://www.reddit.com/r/anna/comments/1abcde/"},
    {"client_id", JSON_STRING, false, "the id of your approved app at Reddit", "p-jcoLKBynTLew"},
    {"client_secret", JSON_STRING, false, "the app's secret", "secret:reddit"},
    {"unofficial", JSON_TRUE, false, "true: read the public pages without an app; against Reddit's rules, often blocked"},
    {"api_url", JSON_STRING, false}, {"token_url", JSON_STRING, false}, {"poll_ms", JSON_INTEGER, false},
    {"closed_ms", JSON_INTEGER, false}, {NULL},
};

static struct reddit *get_reddit(struct connector *base)
{
    return container_of(base, struct reddit, base);
}

/* ---- configuration ---- */

/* "1abcde", "t3_1abcde" or the thread's address, as people paste them → "1abcde". NULL: none of these. */
static char *thread_of(const char *text)
{
    const char *at = strstr(text, "/comments/");
    at = at ? at + 10 : strstr(text, "redd.it/") ? strstr(text, "redd.it/") + 8 : text;
    if (strncmp(at, "t3_", 3) == 0)
        at += 3;
    size_t len = strcspn(at, "/?# ");
    struct str id = {at, len};
    return reddit_id_of(id) && (at[len] == '\0' || at != text) ? xstrndup(at, len) : NULL;
}

static bool check_app(const json_t *config, struct error *err)
{
    char *id = connector_config_secret(config, "client_id", err);
    char *secret = id ? connector_config_secret(config, "client_secret", err) : NULL;
    bool ok = id && secret;
    if (ok && !*id && !json_get_bool(config, "unofficial", false))
        ok = error_set(err, ERROR_DATA, "client_id: missing; Reddit wants an approved app (its client_id and client_secret). "
                       "Reading the public pages without one is against Reddit's rules and often blocked; \"unofficial\": true "
                       "tries it all the same");
    free(id);
    free(secret);
    return ok;
}

static char *reddit_check(const json_t *config, struct error *err)
{
    const char *text = json_get_text(config, "thread");
    char *thread = thread_of(text);
    if (!thread) {
        error_set(err, ERROR_DATA, "thread \"%s\": expected the thread's address, https://www.reddit.com/r/…/comments/…", text);
        return NULL;
    }
    if (check_app(config, err))
        return thread;
    free(thread);
    return NULL;
}

static struct connector *reddit_create(const json_t *config)
{
    struct reddit *reddit = xcalloc(1, sizeof(*reddit));
    reddit->reader.base = &reddit->base;
    reddit->backoff = (struct backoff){.first_ms = BACKOFF_FIRST_MS, .limit_ms = BACKOFF_MS_MAX};
    if (!config)
        return &reddit->base;
    reddit->thread = thread_of(json_get_text(config, "thread"));
    reddit->reader.thread = reddit_id_of(str_from(reddit->thread));
    reddit->client_id = connector_config_secret(config, "client_id", NULL);
    reddit->client_secret = connector_config_secret(config, "client_secret", NULL);
    reddit->is_public = !*reddit->client_id;
    const char *usual = reddit->is_public ? "https://www.reddit.com" : "https://oauth.reddit.com";
    reddit->api_url = xstrdup(connector_config_text(config, "api_url", usual));
    reddit->token_url = xstrdup(connector_config_text(config, "token_url", "https://www.reddit.com/api/v1/access_token"));
    reddit->poll_ms = json_get_int(config, "poll_ms", reddit->is_public ? POLL_PUBLIC_MS : POLL_MS);
    reddit->closed_ms = json_get_int(config, "closed_ms", CLOSED_MS);
    log_hide(reddit->client_secret);
    return &reddit->base;
}

/* ---- steps ---- */

static void read_thread(struct reddit *reddit);
static void ask_named(struct reddit *reddit);

static void handle_timer(void *data)
{
    struct reddit *reddit = data;
    reddit->step(reddit);
}

static void later(struct reddit *reddit, int64_t delay_ms, void (*step)(struct reddit *reddit))
{
    reddit->step = step;
    timer_start(&reddit->timer, delay_ms);
}

static void try_again(struct reddit *reddit, int64_t delay_ms, const char *text)
{
    char again[32];
    later(reddit, delay_ms, read_thread);
    connector_set_state(&reddit->base, CONNECTOR_CONNECTING, "%s (%s)", text, connector_again_text(delay_ms, again));
}

static void fail(struct reddit *reddit, const char *remedy, const char *text)
{
    later(reddit, random_jitter(SELDOM_MS, 10), read_thread);
    connector_set_remedy(&reddit->base, "%s", remedy);
    connector_set_state(&reddit->base, CONNECTOR_FAILED, "%s", text);
}

static void give_cursor(struct reddit *reddit)
{
    char id[16], text[96];
    reddit_id_write(reddit->reader.newest, id);
    snprintf(text, sizeof(text), "{\"alive_ms\":%lld,\"newest\":\"%s\"}", (long long)reddit->alive_ms, id);
    connector_set_cursor(&reddit->base, text);
}

static struct http_request *ask(struct reddit *reddit, const char *url, const char *authorization, const char *form,
                                void (*on_done)(void *data, const struct http_result *result), struct error *err)
{
    struct net_header headers[3] = {{"user-agent", USER_AGENT}};
    size_t count = 1;
    if (authorization)
        headers[count++] = (struct net_header){"authorization", authorization};
    if (form)
        headers[count++] = (struct net_header){"content-type", "application/x-www-form-urlencoded"};
    struct http_options options = {
        .url = url, .headers = headers, .header_count = count, .body = form, .body_len = form ? strlen(form) : 0,
        .body_bytes_max = BODY_BYTES_MAX, .on_done = on_done, .data = reddit};
    connector_fill_http(&reddit->base, &options);
    return http_start(reddit->base.options.loop, &options, err);
}

/* ---- the token ---- */

static void handle_token(void *data, const struct http_result *result)
{
    struct reddit *reddit = data;
    reddit->request = NULL;
    json_t *body = result->len > 0 ? json_parse(result->body, result->len, NULL) : NULL;
    const char *token = json_get_text(body, "access_token");
    if (result->status == 200 && token) {
        free(reddit->token);
        reddit->token = xstrdup(token);
        log_hide(reddit->token);
        reddit->token_ends_ms = clock_monotonic_ms() + json_get_int(body, "expires_in", TOKEN_S) * 1000 - TOKEN_EARLY_MS;
        later(reddit, 0, read_thread);
    } else if (result->status == 401 || result->status == 400 || result->status == 403) {
        fail(reddit, "check client_id and client_secret at reddit.com/prefs/apps", "Reddit refuses the app's id and secret");
    } else {
        try_again(reddit, backoff_next_ms(&reddit->backoff), result->error.code ? result->error.text : "the answer holds no token");
    }
    json_decref(body);
}

static void ask_token(struct reddit *reddit)
{
    struct error err = {0};
    struct buffer pair = {0}, header = {0};
    buffer_printf(&pair, "%s:%s", reddit->client_id, reddit->client_secret);
    buffer_add_string(&header, "Basic ");
    base64_encode(&header, pair.data, pair.len);
    buffer_add_char(&header, '\0');
    reddit->request = ask(reddit, reddit->token_url, header.data, "grant_type=client_credentials", handle_token, &err);
    buffer_fini(&pair);
    buffer_fini(&header);
    if (!reddit->request)
        connector_set_state(&reddit->base, CONNECTOR_FAILED, "token_url: %s", err.text);
}

/* ---- answers that are none ---- */

/* Seconds, in a header that may hold "12" or "12.5"; -1: absent. */
static double seconds_of(const struct http_result *result, const char *name)
{
    const char *text = http_result_header(result, name);
    return text ? strtod(text, NULL) : -1;
}

static int64_t limited_ms(const struct http_result *result)
{
    double wait_s = seconds_of(result, "retry-after");
    if (!(wait_s > 0))
        wait_s = seconds_of(result, "x-ratelimit-reset");
    return wait_s > 0 && wait_s < 3600 ? (int64_t)(wait_s * 1000) + 1000 : SLOW_MS;
}

/* With a reason it is the community that is closed to us; without, it is our address that is turned away. */
static void handle_forbidden(struct reddit *reddit, const char *body, size_t len)
{
    json_t *answer = len > 0 ? json_parse(body, len, NULL) : NULL;
    const char *reason = json_get_text(answer, "reason");
    char text[200];
    snprintf(text, sizeof(text), "Reddit does not let us read the thread: %.100s", reason ? reason : "");
    if (reason)
        fail(reddit, "the community must be public, or the app's account a member of it", text);
    else
        fail(reddit, "an approved app (client_id, client_secret) is let in where public pages are blocked",
             "Reddit blocks this address");
    json_decref(answer);
}

/* True: there is nothing to read in it. A page that was cut off is none. */
static bool handle_refusal(struct reddit *reddit, const struct http_result *result)
{
    char text[300];
    if (result->error.code == ERROR_NONE)
        return false;
    switch (result->status) {
    case 401:
        // The token ended early: once more at once, and then in growing steps.
        free(reddit->token);
        reddit->token = NULL;
        try_again(reddit, backoff_next_ms(&reddit->backoff), "the token has ended");
        break;
    case 403: handle_forbidden(reddit, result->body, result->len); break;
    case 404:
        snprintf(text, sizeof(text), "there is no thread %s", reddit->thread);
        fail(reddit, "check the thread's address", text);
        break;
    case 429: try_again(reddit, limited_ms(result), "Reddit asks us to read slower"); break;
    default: try_again(reddit, backoff_next_ms(&reddit->backoff), result->error.text); break;
    }
    return true;
}

/* What is left of the minutes' budget; waits where it is used up. */
static int64_t note_budget(struct reddit *reddit, const struct http_result *result)
{
    double left = seconds_of(result, "x-ratelimit-remaining"), used = seconds_of(result, "x-ratelimit-used");
    double reset_s = seconds_of(result, "x-ratelimit-reset");
    if (left < 0 || used < 0)
        return 0;
    int64_t resets_ms = reset_s > 0 ? clock_unix_ms() + (int64_t)(reset_s * 1000) : 0;
    connector_set_budget(&reddit->base, "requests", (int64_t)left, (int64_t)(left + used), resets_ms);
    return left < BUDGET_LOW && reset_s > 0 && reset_s < 3600 ? (int64_t)(reset_s * 1000) + 1000 : 0;
}

/* ---- pages ---- */

static bool read_page(struct reddit *reddit, const char *text, size_t len, struct error *err)
{
    if (!connector_begin_frame(&reddit->base, text, len))
        return true;
    json_t *page = json_parse_repaired(text, len, err);
    bool is_good = page && reddit_reader_read(&reddit->reader, page, err);
    json_decref(page);
    connector_end_frame(&reddit->base, err);
    return is_good;
}

/* A round is done: all that the pages named has been read. */
static void end_round(struct reddit *reddit)
{
    struct reddit_reader *reader = &reddit->reader;
    if (reader->lost > 0)
        connector_gap(&reddit->base, reddit->alive_ms, reddit->asked_ms, "more comments at once than Reddit lets us read");
    reader->lost = 0;
    reader->is_first = false;
    reddit->alive_ms = reddit->asked_ms;
    reader->after = 0;  // from now on what is named and was never seen is new, however old: held back by AutoModerator
    give_cursor(reddit);
    if (reader->is_closed) {
        reddit_reader_tell_end(reader);
        later(reddit, reddit->closed_ms, read_thread);
        connector_set_state(&reddit->base, CONNECTOR_WAITING, "the thread is closed: %s", reader->title);
    } else {
        later(reddit, random_jitter(reddit->poll_ms, 5), read_thread);
        connector_set_state(&reddit->base, CONNECTOR_LIVE, "reading r/%s: %s", reader->subreddit, reader->title);
    }
}

/* What the answer to /api/info leaves out is gone: it had been told, or named, before. */
static void note_missing(struct reddit *reddit)
{
    for (size_t i = 0; i < reddit->asked_count; i++)
        reddit_reader_gone(&reddit->reader, reddit->asked[i]);
    reddit->asked_count = 0;
}

static void forget_answered(struct reddit *reddit, const json_t *page)
{
    const json_t *children = json_object_get(json_object_get(page, "data"), "children");
    for (size_t i = 0; i < json_array_size(children); i++) {
        uint64_t id = reddit_id_of(field_text(json_object_get(json_array_get(children, i), "data"), "id"));
        for (size_t k = 0; k < reddit->asked_count; k++) {
            if (reddit->asked[k] == id)
                reddit->asked[k] = reddit->asked[--reddit->asked_count];
        }
    }
}

static void handle_info(void *data, const struct http_result *result)
{
    struct reddit *reddit = data;
    struct error err = {0};
    reddit->request = NULL;
    int64_t wait_ms = note_budget(reddit, result);
    if (handle_refusal(reddit, result))
        return;
    json_t *page = json_parse(result->body, result->len, NULL);
    bool is_listing = json_is_object(page);
    forget_answered(reddit, page);
    json_decref(page);
    read_page(reddit, result->body, result->len, &err);
    if (is_listing)
        note_missing(reddit);
    reddit->asked_count = 0;
    if (reddit->reader.pending_count > 0)
        later(reddit, wait_ms, ask_named);
    else
        end_round(reddit);
}

static void ask_by_id(struct reddit *reddit)
{
    struct error err = {0};
    struct buffer url = {0};
    buffer_printf(&url, "%s/api/info%s?raw_json=1&id=", reddit->api_url, reddit->is_public ? ".json" : "");
    for (size_t i = 0; i < reddit->asked_count; i++) {
        char id[16];
        reddit_id_write(reddit->asked[i], id);
        buffer_printf(&url, "%st1_%s", i ? "," : "", id);
    }
    buffer_add_char(&url, '\0');
    char *authorization = reddit->is_public ? NULL : xasprintf("Bearer %s", reddit->token ? reddit->token : "");
    reddit->request = ask(reddit, url.data, authorization, NULL, handle_info, &err);
    buffer_fini(&url);
    free(authorization);
    if (!reddit->request)
        try_again(reddit, backoff_next_ms(&reddit->backoff), err.text);
}

static void ask_named(struct reddit *reddit)
{
    struct reddit_reader *reader = &reddit->reader;
    reddit->asked_count = reader->pending_count < INFO_MAX ? reader->pending_count : INFO_MAX;
    memcpy(reddit->asked, reader->pending, reddit->asked_count * sizeof(*reddit->asked));
    reader->pending_count -= reddit->asked_count;
    memmove(reader->pending, reader->pending + reddit->asked_count, reader->pending_count * sizeof(*reader->pending));
    ask_by_id(reddit);
}

/* A hundred of those that were told, in turn: edited or gone? */
static bool ask_again(struct reddit *reddit)
{
    if (++reddit->polls % RECHECK_POLLS != 0)
        return false;
    reddit->asked_count = 0;
    reddit->recheck_place = reddit_reader_list(&reddit->reader, reddit->recheck_place, reddit->asked, &reddit->asked_count,
                                               INFO_MAX);
    if (reddit->asked_count > 0)
        ask_by_id(reddit);
    return reddit->asked_count > 0;
}

static void handle_page(void *data, const struct http_result *result)
{
    struct reddit *reddit = data;
    struct error err = {0};
    reddit->request = NULL;
    int64_t wait_ms = note_budget(reddit, result);
    if (handle_refusal(reddit, result))
        return;
    // A page for people instead of JSON is how some addresses are turned away.
    if (!result->content_type || !strstr(result->content_type, "json")) {
        handle_forbidden(reddit, "", 0);
        return;
    }
    backoff_reset(&reddit->backoff);
    read_page(reddit, result->body, result->len, &err);
    if (wait_ms > 0) {
        give_cursor(reddit);
        later(reddit, wait_ms, read_thread);
        connector_set_state(&reddit->base, CONNECTOR_LIVE, "reading r/%s, slowly: the requests of these minutes are used up",
                            reddit->reader.subreddit);
    } else if (reddit->reader.pending_count > 0) {
        ask_named(reddit);
    } else if (!ask_again(reddit)) {
        end_round(reddit);
    }
}

static void read_thread(struct reddit *reddit)
{
    struct error err = {0};
    if (!reddit->is_public && (!reddit->token || clock_monotonic_ms() >= reddit->token_ends_ms)) {
        ask_token(reddit);
        return;
    }
    char *url = xasprintf("%s/comments/%s%s?sort=new&limit=100&depth=8&raw_json=1", reddit->api_url, reddit->thread,
                          reddit->is_public ? ".json" : "");
    char *authorization = reddit->is_public ? NULL : xasprintf("Bearer %s", reddit->token);
    reddit->asked_ms = clock_unix_ms();
    reddit->reader.pending_count = 0;  // the page names them again
    reddit->request = ask(reddit, url, authorization, NULL, handle_page, &err);
    free(url);
    free(authorization);
    if (!reddit->request)
        connector_set_state(&reddit->base, CONNECTOR_FAILED, "api_url: %s", err.text);
}

/* ---- the table ---- */

/* From before our first day on it is history; after a pause, what was written in it is new. */
static void take_cursor(struct reddit *reddit)
{
    json_t *cursor = connector_cursor(&reddit->base);
    reddit->alive_ms = json_get_int(cursor, "alive_ms", 0);
    reddit->reader.after = reddit_id_of(field_text(cursor, "newest"));
    reddit->reader.is_first = reddit->alive_ms == 0;
    reddit->reader.history_before_s = (reddit->alive_ms ? reddit->alive_ms : clock_unix_ms()) / 1000;
    json_decref(cursor);
}

static void reddit_start(struct connector *base)
{
    struct reddit *reddit = get_reddit(base);
    timer_init(&reddit->timer, base->options.loop, handle_timer, reddit);
    take_cursor(reddit);
    connector_set_state(base, CONNECTOR_CONNECTING, "connecting");
    later(reddit, 0, read_thread);
}

static bool reddit_receive(struct connector *base, const char *text, size_t len, struct error *err)
{
    struct reddit *reddit = get_reddit(base);
    struct error why = {0};
    reddit->reader.is_closed = false;
    bool is_good = read_page(reddit, text, len, &why) && why.code == ERROR_NONE;
    reddit->reader.pending_count = 0;
    reddit_reader_tell_end(&reddit->reader);
    if (!is_good && err)
        *err = why;
    return is_good;
}

static void reddit_stop(struct connector *base)
{
    struct reddit *reddit = get_reddit(base);
    if (reddit->alive_ms > 0)
        give_cursor(reddit);
}

static void reddit_destroy(struct connector *base)
{
    struct reddit *reddit = get_reddit(base);
    timer_stop(&reddit->timer);
    http_cancel(reddit->request);
    reddit_reader_fini(&reddit->reader);
    free(reddit->thread);
    free(reddit->client_id);
    free(reddit->client_secret);
    free(reddit->api_url);
    free(reddit->token_url);
    free(reddit->token);
    free(reddit);
}

const struct connector_impl reddit_connector = {
    .name = "reddit", .keys = keys, .check = reddit_check, .create = reddit_create, .start = reddit_start,
    .receive = reddit_receive, .stop = reddit_stop, .destroy = reddit_destroy,
};
