/*
 * instagram.c - comments of an Instagram live by Meta's official webhook at the door, and answers to them.
 * Every delivery is proved: HMAC-SHA256 of the raw body by the app's secret. Meta repeats what it could not deliver for up
 * to 36 hours, in batches of up to 1,000, and sends some things twice.
 * Facts: developers.facebook.com/documentation/instagram-platform/webhooks (2026-07). There is no display name, avatar,
 * badge or time of its own in a comment, and no word about its removal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "connector/connector_impl.h"
#include "connector/fields.h"
#include "connector/graph.h"
#include "connector/inbound.h"
#include "net/form.h"
#include "net/http.h"
#include "net/signature.h"

enum {
    ENTRIES_MAX = 1000, CHANGES_MAX = 1000, SCRATCH_BYTES = 1024, CHALLENGE_BYTES_MAX = 256, CURSOR_MS = 1000,
    TEXT_MAX = 2200,
};

#define REPEATED_MS (INT64_C(36) * 60 * 60 * 1000)

struct instagram {
    struct connector base;
    char *account, *door_token, *app_secret, *verify_token, *access_token, *api_url;  // owned
    int64_t alive_ms, cursor_ms;  // Unix
    uint64_t refused;
    struct http_request *write;   // owned; one at a time
    uint64_t write_number;
    // While a change is read.
    struct field_scratch scratch;
};

static const struct connector_key keys[] = {
    {"account", JSON_STRING, true, "the professional account's id", "17841400000000000"},
    {"token", JSON_STRING, false, "the secret in this source's address at the door; leave it empty and one is made", "secret:instagram_door"},
    {"app_secret", JSON_STRING, true, "the Meta app's secret: deliveries are proved with it", "secret:instagram_app"},
    {"verify_token", JSON_STRING, true, "the words given to Meta beside the callback address", "secret:instagram_verify"},
    {"access_token", JSON_STRING, false, "to answer comments", "secret:instagram"},
    {"api_url", JSON_STRING, false}, {NULL},
};

static struct instagram *get_instagram(struct connector *base)
{
    return container_of(base, struct instagram, base);
}

/* ---- configuration ---- */

static bool check_secret(const json_t *config, const char *key, struct error *err)
{
    char *secret = connector_config_secret(config, key, err);
    bool is_good = secret && (*secret || error_set(err, ERROR_DATA, "%s: empty; see docs/sources/instagram.md", key));
    free(secret);
    return is_good;
}

static char *instagram_check(const json_t *config, struct error *err)
{
    const char *account = json_get_text(config, "account");
    size_t len = strspn(account, "0123456789");
    if (len == 0 || len > 32 || account[len] != '\0') {
        error_set(err, ERROR_DATA, "account \"%s\": expected the Instagram account's id, a number like 17841405822304914",
                  account);
        return NULL;
    }
    char *token = connector_config_secret(config, "token", err);
    bool is_good = token && inbound_check_token(token, err) && check_secret(config, "app_secret", err) &&
                   check_secret(config, "verify_token", err) &&
                   (!json_object_get(config, "access_token") || check_secret(config, "access_token", err));
    free(token);
    return is_good ? xstrdup(account) : NULL;
}

static char *secret_of(const json_t *config, const char *key)
{
    char *secret = connector_config_secret(config, key, NULL);
    log_hide(secret);
    return secret;
}

static struct connector *instagram_create(const json_t *config)
{
    struct instagram *instagram = xcalloc(1, sizeof(*instagram));
    if (!config)
        return &instagram->base;
    instagram->account = xstrdup(json_get_text(config, "account"));
    instagram->door_token = secret_of(config, "token");
    instagram->app_secret = secret_of(config, "app_secret");
    instagram->verify_token = secret_of(config, "verify_token");
    instagram->access_token = secret_of(config, "access_token");
    instagram->api_url = xstrdup(connector_config_text(config, "api_url", "https://graph.facebook.com/v26.0"));
    return &instagram->base;
}

/* ---- comments ---- */

static void deliver_comment(struct instagram *instagram, const json_t *value, int64_t time_ms)
{
    const json_t *from = json_object_get(value, "from");
    struct message_draft draft = {.kind = MESSAGE_CHAT, .time_ms = time_ms};
    field_begin(&instagram->scratch, SCRATCH_BYTES);
    draft.native_id = draft.event_key = field_id(&instagram->scratch, value, "id");
    draft.text = field_text(value, "text");
    draft.author.id = field_id(&instagram->scratch, from, "id");
    draft.author.login = draft.author.name = field_text(from, "username");
    if (draft.author.name.len == 0)
        draft.author.name = STR("Instagram user");
    if (instagram->account && str_equal(draft.author.id, str_from(instagram->account)))
        draft.author.roles |= ROLE_BROADCASTER;
    draft.reply_to.native_id = field_id(&instagram->scratch, value, "parent_id");
    connector_deliver(&instagram->base, &draft);
}

/* {"field":"live_comments","value":{…}}: other fields are the posts' and not the live's. */
static bool read_change(struct instagram *instagram, const json_t *change, int64_t time_ms, struct error *err)
{
    const json_t *value = json_object_get(change, "value");
    if (!str_equal(field_text(change, "field"), STR("live_comments")))
        return true;
    if (!json_get_text(value, "text") || !json_object_get(value, "id"))
        return error_set(err, ERROR_DATA, "live_comments without value.id or value.text");
    deliver_comment(instagram, value, time_ms);
    return true;
}

static int64_t time_of(const json_t *entry)
{
    int64_t time = json_get_int(entry, "time", 0);
    return time <= 0 ? 0 : time > INT64_C(100000000000) ? time : time * 1000;  // some entries count milliseconds
}

/* With Instagram login the entry itself is the change. */
static bool read_entry(struct instagram *instagram, const json_t *entry, struct error *err)
{
    const json_t *changes = json_object_get(entry, "changes");
    field_begin(&instagram->scratch, SCRATCH_BYTES);
    struct str account = field_id(&instagram->scratch, entry, "id");
    if (instagram->account && account.len > 0 && !str_equal(account, str_from(instagram->account)))
        return true;  // another account of the same app
    if (!json_is_array(changes))
        return read_change(instagram, entry, time_of(entry), err);
    bool is_good = true;
    for (size_t i = 0; i < json_array_size(changes) && i < CHANGES_MAX; i++)
        is_good &= read_change(instagram, json_array_get(changes, i), time_of(entry), is_good ? err : NULL);
    return is_good;
}

static bool read_delivery(struct instagram *instagram, const json_t *body, struct error *err)
{
    const json_t *entries = json_object_get(body, "entry");
    if (!json_is_array(entries))
        return error_set(err, ERROR_DATA, "a delivery without entry");
    bool is_good = true;
    for (size_t i = 0; i < json_array_size(entries) && i < ENTRIES_MAX; i++)
        is_good &= read_entry(instagram, json_array_get(entries, i), is_good ? err : NULL);
    return is_good;
}

static bool instagram_receive(struct connector *base, const char *text, size_t len, struct error *err)
{
    struct error why = {0};
    if (!connector_begin_frame(base, text, len))
        return true;
    json_t *body = json_parse(text, len, &why);
    bool is_good = body && read_delivery(get_instagram(base), body, &why);
    json_decref(body);
    connector_end_frame(base, &why);
    if (!is_good && err)
        *err = why;
    return is_good;
}

/* ---- the door ---- */

static void give_cursor(struct instagram *instagram, int64_t now_ms)
{
    char text[48];
    instagram->alive_ms = instagram->cursor_ms = now_ms;
    snprintf(text, sizeof(text), "{\"alive_ms\":%lld}", (long long)now_ms);
    connector_set_cursor(&instagram->base, text);
}

static void say_live(struct instagram *instagram)
{
    connector_set_state(&instagram->base, CONNECTOR_LIVE, "Meta delivers the live comments of %s", instagram->account);
}

/* Meta asks once, when the webhook is set up: the bare challenge is the answer. */
static void answer_challenge(struct instagram *instagram, const struct inbound_request *request,
                             struct inbound_answer *answer)
{
    const char *mode = request->query(request, "hub.mode"), *given = request->query(request, "hub.verify_token");
    const char *challenge = request->query(request, "hub.challenge");
    bool is_good = mode && strcmp(mode, "subscribe") == 0 && given && challenge && strlen(challenge) <= CHALLENGE_BYTES_MAX &&
                   signature_is_equal(given, strlen(given), instagram->verify_token, strlen(instagram->verify_token));
    if (!is_good) {
        inbound_say(answer, 403, "hub.verify_token is not the one of this source");
        return;
    }
    answer->status = 200;
    buffer_add_string(&answer->body, challenge);
    connector_set_state(&instagram->base, CONNECTOR_WAITING, "Meta knows this address; waiting for the first live comment");
}

static void take_delivery(struct instagram *instagram, const struct inbound_request *request,
                          struct inbound_answer *answer)
{
    const char *signature = request->header(request, "x-hub-signature-256");
    bool is_proved = signature && signature_check_hex(signature, instagram->app_secret, strlen(instagram->app_secret),
                                                      request->body, request->len);
    if (!is_proved) {
        inbound_say(answer, 401, "X-Hub-Signature-256 is not of this app's secret");
        uint64_t count = ++instagram->refused;
        if ((count & (count - 1)) == 0)
            log_warn("connector", "%s: refused a delivery that app_secret does not prove (%llu so far)",
                     instagram->base.source, (unsigned long long)count);
        return;
    }
    answer->status = 200;
    say_live(instagram);
    // What cannot be read would be sent again for 36 hours: it is counted, and taken.
    instagram_receive(&instagram->base, request->body, request->len, NULL);
    if (clock_unix_ms() - instagram->cursor_ms >= CURSOR_MS)
        give_cursor(instagram, clock_unix_ms());
}

static const char *instagram_token(struct connector *base)
{
    return get_instagram(base)->door_token;
}

static void instagram_request(struct connector *base, const struct inbound_request *request, struct inbound_answer *answer)
{
    struct instagram *instagram = get_instagram(base);
    if (strcmp(request->method, "GET") == 0) {
        answer_challenge(instagram, request, answer);
    } else if (strcmp(request->method, "POST") == 0) {
        take_delivery(instagram, request, answer);
    } else {
        inbound_say(answer, 405, "this is the address for Meta's webhooks: it takes GET and POST");
    }
}

/* ---- answers ---- */

static const char *instagram_can(struct connector *base, enum connector_act_kind kind)
{
    if (kind != CONNECTOR_SAY)
        return "Instagram lets programs answer comments only";
    return get_instagram(base)->access_token && *get_instagram(base)->access_token ? NULL
         : "access_token is missing: see docs/sources/instagram.md";
}

static void handle_written(void *data, const struct http_result *result)
{
    struct instagram *instagram = data;
    struct connector *base = &instagram->base;
    uint64_t number = instagram->write_number;
    instagram->write = NULL;
    if (result->error.code == ERROR_NONE) {
        json_t *answer = json_parse(result->body, result->len, NULL);
        connector_task_done(base, number, CONNECTOR_ACCEPTED, json_get_text(answer, "id"), "%s", "");
        json_decref(answer);
        return;
    }
    struct graph_failure failure = graph_explain_result(result);
    if (failure.act == GRAPH_SLOWER) {
        connector_task_again(base, number, failure.retry_ms, failure.text);
    } else if (failure.act == GRAPH_LOGIN || failure.act == GRAPH_FORBIDDEN) {
        connector_task_done(base, number, CONNECTOR_UNABLE, NULL, "%s; answering needs a token with instagram_manage_comments",
                            failure.text);
    } else {
        connector_task_done(base, number, result->status == 0 || result->status >= 500 ? CONNECTOR_UNSURE : CONNECTOR_DROPPED,
                            NULL, "%s", failure.text);
    }
}

static void instagram_act(struct connector *base, const struct connector_task *task)
{
    static const struct net_header headers[] = {{"content-type", "application/x-www-form-urlencoded"}};
    struct instagram *instagram = get_instagram(base);
    const char *comment = task->act.native_id;
    struct error err = {0};
    if (!comment || !*comment || strspn(comment, "0123456789_") != strlen(comment)) {
        connector_task_done(base, task->number, CONNECTOR_UNABLE, NULL, "Instagram lets programs answer a comment only: "
                            "choose the comment to answer");
        return;
    }
    struct buffer form = {0};
    char *url = xasprintf("%s/%s/replies", instagram->api_url, comment);
    form_add(&form, "message", task->act.text);
    form_add(&form, "access_token", instagram->access_token);
    struct http_options options = {.url = url, .headers = headers, .header_count = 1, .body = form.data, .body_len = form.len,
                                   .on_done = handle_written, .data = instagram};
    connector_fill_http(base, &options);
    http_cancel(instagram->write);  // it took too long: the base has given it up
    instagram->write_number = task->number;
    instagram->write = http_start(base->options.loop, &options, &err);
    buffer_fini(&form);
    free(url);
    if (!instagram->write)
        connector_task_done(base, task->number, CONNECTOR_UNABLE, NULL, "api_url: %s", err.text);
}

/* ---- the table ---- */

static void instagram_start(struct connector *base)
{
    struct instagram *instagram = get_instagram(base);
    int64_t now_ms = clock_unix_ms();
    json_t *cursor = connector_cursor(base);
    instagram->alive_ms = json_get_int(cursor, "alive_ms", 0);
    json_decref(cursor);
    if (instagram->alive_ms > 0 && now_ms - instagram->alive_ms > REPEATED_MS)
        connector_gap(base, instagram->alive_ms, now_ms - REPEATED_MS, "we were not running for longer than Meta repeats");
    connector_set_own_author(base, instagram->account);
    connector_set_state(base, CONNECTOR_WAITING, "waiting for the first live comment of %s at the door", instagram->account);
}

static void instagram_stop(struct connector *base)
{
    struct instagram *instagram = get_instagram(base);
    http_cancel(instagram->write);
    instagram->write = NULL;
    if (base->health.state == CONNECTOR_LIVE)
        give_cursor(instagram, clock_unix_ms());
}

static void instagram_destroy(struct connector *base)
{
    struct instagram *instagram = get_instagram(base);
    http_cancel(instagram->write);
    field_fini(&instagram->scratch);
    char *texts[] = {instagram->account, instagram->door_token, instagram->app_secret, instagram->verify_token,
                     instagram->access_token, instagram->api_url};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        free(texts[i]);
    free(instagram);
}

const struct connector_impl instagram_connector = {
    .name = "instagram", .title = "Instagram", .keys = keys, .wants_token = true,
    .text_limit = {TEXT_MAX, CONNECTOR_CODE_POINTS}, .pace = {10, 60 * 1000, 1000},
    .check = instagram_check, .create = instagram_create, .start = instagram_start, .receive = instagram_receive,
    .can = instagram_can, .act = instagram_act, .token = instagram_token, .request = instagram_request,
    .stop = instagram_stop, .destroy = instagram_destroy,
};
