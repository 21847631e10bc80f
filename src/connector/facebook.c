/* facebook.c - live comments of a Page: configuration, cursor, calls of the Graph API, and the table. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/facebook_inside.h"
#include "net/form.h"
#include "net/http.h"
#include "net/sse.h"

enum {
    POLL_MS = 3000, POLL_MS_MIN = 2000, WATCH_MS = 30 * 1000, SILENCE_MS = 60 * 1000, BUSY_PERCENT = 80,
    TEXT_MAX = 8000,
};

static const struct connector_key keys[] = {
    {"access_token", JSON_STRING, true, "a Page access token with pages_read_engagement", "secret:facebook"},
    {"page", JSON_STRING, false, "the Page's id; usual: the token's own", "1234567890"},
    {"video", JSON_STRING, false, "one live video's id; usual: the one that runs", "9876543210"},
    {"method", JSON_STRING, false}, {"api_url", JSON_STRING, false}, {"stream_url", JSON_STRING, false},
    {"poll_ms", JSON_INTEGER, false}, {"watch_ms", JSON_INTEGER, false}, {"look_ms", JSON_INTEGER, false},
    {"silence_ms", JSON_INTEGER, false}, {NULL},
};

static struct facebook *get_facebook(struct connector *base)
{
    return container_of(base, struct facebook, base);
}

void facebook_set_text(char **slot, const char *text)
{
    char *copy = xstrdup(text);
    free(*slot);
    *slot = copy;
}

/* ---- configuration ---- */

static bool is_word(const char *text)
{
    size_t len = strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-");
    return len > 0 && len <= 64 && text[len] == '\0';
}

static bool check_method(const json_t *config, struct error *err)
{
    const char *method = connector_config_text(config, "method", "auto");
    if (strcmp(method, "auto") == 0 || strcmp(method, "stream") == 0 || strcmp(method, "poll") == 0)
        return true;
    return error_set(err, ERROR_DATA, "method \"%s\": expected \"auto\", \"stream\" or \"poll\"", method);
}

static bool check_token(const json_t *config, struct error *err)
{
    char *token = connector_config_secret(config, "access_token", err);
    bool is_there = token && *token;
    free(token);
    return is_there || (token == NULL ? false : error_set(err, ERROR_DATA, "access_token: empty; make a Page access token, "
                                                          "see docs/sources/facebook.md"));
}

static char *facebook_check(const json_t *config, struct error *err)
{
    const char *page = connector_config_text(config, "page", "me"), *video = connector_config_text(config, "video", NULL);
    if (!is_word(page)) {
        error_set(err, ERROR_DATA, "page \"%s\": expected the Page's id or its name as in facebook.com/NAME", page);
        return NULL;
    }
    if (video && !is_word(video)) {
        error_set(err, ERROR_DATA, "video \"%s\": expected the live video's id, a number", video);
        return NULL;
    }
    if (!check_method(config, err) || !check_token(config, err))
        return NULL;
    return xstrdup(video ? video : page);
}

static int64_t at_least(int64_t value, int64_t least)
{
    return value < least ? least : value;
}

static void read_config(struct facebook *facebook, const json_t *config)
{
    const char *method = connector_config_text(config, "method", "auto");
    facebook->page = xstrdup(connector_config_text(config, "page", "me"));
    facebook->wanted_video = xstrdup(connector_config_text(config, "video", NULL));
    facebook->token = connector_config_secret(config, "access_token", NULL);
    log_hide(facebook->token);
    facebook->api_url = xstrdup(connector_config_text(config, "api_url", "https://graph.facebook.com/v26.0"));
    facebook->stream_url = xstrdup(connector_config_text(config, "stream_url", "https://streaming-graph.facebook.com"));
    facebook->method = strcmp(method, "poll") == 0 ? FACEBOOK_POLL : strcmp(method, "stream") == 0 ? FACEBOOK_STREAM
                                                                                                  : FACEBOOK_AUTO;
    // A server of one's own, in a test, may be asked faster.
    bool is_own = json_object_get(config, "api_url") != NULL;
    facebook->poll_ms = at_least(json_get_int(config, "poll_ms", POLL_MS), is_own ? 1 : POLL_MS_MIN);
    facebook->watch_ms = at_least(json_get_int(config, "watch_ms", WATCH_MS), is_own ? 1 : POLL_MS_MIN);
    facebook->look_ms = at_least(json_get_int(config, "look_ms", FACEBOOK_LOOK_MS), is_own ? 1 : POLL_MS_MIN);
    facebook->silence_ms = at_least(json_get_int(config, "silence_ms", SILENCE_MS), 100);
}

static struct connector *facebook_create(const json_t *config)
{
    struct facebook *facebook = xcalloc(1, sizeof(*facebook));
    facebook_reader_init(&facebook->reader, &facebook->base);
    facebook->usage = -1;
    if (config)
        read_config(facebook, config);
    return &facebook->base;
}

/* ---- the cursor ---- */

void facebook_give_cursor(struct facebook *facebook)
{
    json_t *cursor = json_pack("{s:s*, s:s*, s:I, s:I, s:I}", "video", facebook->video, "ended_video", facebook->ended_video,
                               "alive_ms", (json_int_t)facebook->alive_ms, "last_ms", (json_int_t)facebook->reader.last_ms,
                               "since_ms", (json_int_t)facebook->since_ms);
    facebook->cursor_ms = facebook->alive_ms;
    connector_set_cursor_json(&facebook->base, cursor);
}

static void take_cursor(struct facebook *facebook)
{
    json_t *cursor = connector_cursor(&facebook->base);
    facebook_set_text(&facebook->video, json_get_text(cursor, "video"));
    facebook_set_text(&facebook->ended_video, json_get_text(cursor, "ended_video"));
    facebook->alive_ms = json_get_int(cursor, "alive_ms", 0);
    facebook->reader.last_ms = json_get_int(cursor, "last_ms", 0);
    facebook->since_ms = json_get_int(cursor, "since_ms", 0);
    json_decref(cursor);
}

/* ---- steps and calls ---- */

static void handle_timer(void *data)
{
    struct facebook *facebook = data;
    facebook->step(facebook);
}

void facebook_later(struct facebook *facebook, int64_t delay_ms, facebook_step step)
{
    facebook->step = step;
    timer_start(&facebook->timer, delay_ms);
}

void facebook_path(struct facebook *facebook, const char *format, ...)
{
    char path[300];
    va_list args;
    va_start(args, format);
    vsnprintf(path, sizeof(path), format, args);
    va_end(args);
    buffer_clear(&facebook->url);
    buffer_add_string(&facebook->url, facebook->api_url);
    buffer_add_string(&facebook->url, path);
}

/* Commas and braces of a list of fields may stand as they are, and read better in a proxy's log. */
void facebook_add(struct facebook *facebook, const char *name, const char *value)
{
    bool is_first = !memchr(facebook->url.data, '?', facebook->url.len);
    buffer_add_char(&facebook->url, is_first ? '?' : '&');
    buffer_add_string(&facebook->url, name);
    buffer_add_char(&facebook->url, '=');
    form_escape(&facebook->url, value, strlen(value));
}

static void note_usage(struct facebook *facebook, const struct http_result *result)
{
    int64_t regain_ms;
    int usage = graph_usage(http_result_header(result, "x-app-usage"),
                            http_result_header(result, "x-business-use-case-usage"), &regain_ms);
    if (usage < 0)
        return;
    facebook->usage = usage;
    connector_set_budget(&facebook->base, "percent of the hour's calls", usage < 100 ? 100 - usage : 0, 100,
                         regain_ms > 0 ? clock_unix_ms() + regain_ms : 0);
}

int64_t facebook_slowed_ms(const struct facebook *facebook, int64_t delay_ms)
{
    return facebook->usage < BUSY_PERCENT ? delay_ms : facebook->usage < 95 ? delay_ms * 4 : delay_ms * 20;
}

static void handle_answer(void *data, const struct http_result *result)
{
    struct facebook *facebook = data;
    struct graph_failure failure = {.text = "an answer that ended an earlier run was skipped", .remedy = ""};
    struct error err = {0};
    json_t *answer = NULL;
    facebook->call = NULL;
    note_usage(facebook, result);
    bool is_good = result->error.code == ERROR_NONE;
    if (!is_good) {
        failure = graph_explain_result(result);
    } else if (connector_begin_frame(&facebook->base, result->body, result->len)) {
        answer = json_parse(result->body, result->len, &err);
        if (!answer)
            snprintf(failure.text, sizeof(failure.text), "an answer that is no JSON: %.160s", err.text);
    }
    facebook->on_answer(facebook, answer, answer ? NULL : &failure);
    if (is_good)
        connector_end_frame(&facebook->base, &err);
    json_decref(answer);
}

void facebook_call(struct facebook *facebook, facebook_answer on_answer)
{
    struct error err = {0};
    facebook_add(facebook, "access_token", facebook->token);
    buffer_add_char(&facebook->url, '\0');
    struct http_options options = {.url = facebook->url.data, .on_done = handle_answer, .data = facebook};
    connector_fill_http(&facebook->base, &options);
    facebook->on_answer = on_answer;
    http_cancel(facebook->call);
    facebook->call = http_start(facebook->base.options.loop, &options, &err);
    if (!facebook->call)
        connector_set_state(&facebook->base, CONNECTOR_FAILED, "api_url: %s", err.text);
}

void facebook_fail(struct facebook *facebook, const struct graph_failure *failure, facebook_step again)
{
    char words[32];
    bool needs_person = failure->act == GRAPH_LOGIN || failure->act == GRAPH_FORBIDDEN ||
                        failure->act == GRAPH_UNKNOWN || failure->act == GRAPH_PARAMETER;
    int64_t delay_ms = needs_person ? random_jitter(FACEBOOK_SELDOM_MS, 20)
                     : failure->act == GRAPH_SLOWER ? random_jitter(failure->retry_ms, 10)
                     : backoff_next_ms(&facebook->backoff);
    if (needs_person)
        facebook_hang_up(facebook);
    facebook_later(facebook, delay_ms, again);
    if (*failure->remedy)
        connector_set_remedy(&facebook->base, "%s", failure->remedy);
    connector_set_state(&facebook->base, needs_person ? CONNECTOR_FAILED : failure->act == GRAPH_SLOWER ? CONNECTOR_WAITING
                        : CONNECTOR_CONNECTING, "%s (%s)", failure->text, connector_again_text(delay_ms, words));
}

/* ---- frames ---- */

/* A page, one comment, an error, or a line of the stream as it stood on the wire ("data: …"). */
static bool read_frame(struct facebook *facebook, const json_t *frame, struct error *err)
{
    const json_t *error = json_object_get(frame, "error");
    if (error)
        return error_set(err, ERROR_DATA, "an error of Meta's, code %lld", (long long)json_get_int(error, "code", 0));
    if (json_object_get(frame, "data"))
        return facebook_reader_page(&facebook->reader, frame, false, err);
    return facebook_reader_comment(&facebook->reader, frame, err);
}

static bool facebook_receive(struct connector *base, const char *text, size_t len, struct error *err)
{
    struct error why = {0};
    struct str line = {text, len};
    if (str_starts_with(line, STR(":")) || str_starts_with(line, STR("event:")) || str_starts_with(line, STR("id:")))
        return true;
    size_t skip = str_starts_with(line, STR("data:")) ? 5 : 0;
    if (!connector_begin_frame(base, text, len))
        return true;
    json_t *frame = json_parse(text + skip, len - skip, &why);
    bool is_good = frame && read_frame(get_facebook(base), frame, &why);
    json_decref(frame);
    connector_end_frame(base, &why);
    if (!is_good && err)
        *err = why;
    return is_good;
}

/* ---- the table ---- */

static void facebook_start(struct connector *base)
{
    struct facebook *facebook = get_facebook(base);
    timer_init(&facebook->timer, base->options.loop, handle_timer, facebook);
    if (base->options.cursor)
        take_cursor(facebook);
    connector_set_state(base, CONNECTOR_CONNECTING, "connecting");
    facebook_later(facebook, 0, facebook_find);
}

static void facebook_stop(struct connector *base)
{
    struct facebook *facebook = get_facebook(base);
    facebook_hang_up(facebook);
    if (facebook->step)
        facebook_give_cursor(facebook);
}

static void facebook_destroy(struct connector *base)
{
    struct facebook *facebook = get_facebook(base);
    timer_stop(&facebook->timer);
    http_cancel(facebook->call);
    http_cancel(facebook->stream);
    http_cancel(facebook->write);
    sse_destroy(facebook->sse);
    facebook_reader_fini(&facebook->reader);
    buffer_fini(&facebook->url);
    char *texts[] = {facebook->page, facebook->wanted_video, facebook->token, facebook->api_url, facebook->stream_url,
                     facebook->video, facebook->ended_video, facebook->loss, facebook->after};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        free(texts[i]);
    free(facebook);
}

const struct connector_impl facebook_connector = {
    .name = "facebook", .title = "Facebook", .keys = keys, .text_limit = {TEXT_MAX, CONNECTOR_CODE_POINTS}, .pace = {10, 60 * 1000, 1000},
    .check = facebook_check, .create = facebook_create, .start = facebook_start, .receive = facebook_receive,
    .can = facebook_can, .act = facebook_act, .stop = facebook_stop, .destroy = facebook_destroy,
};
