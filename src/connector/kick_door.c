/*
 * kick_door.c - Kick's webhooks as they come to the door: proved, not too old, taken once.
 * Source: KickDevDocs, events/webhook-security.md (2026-06): RSASSA-PKCS1-v1_5 with SHA-256 over
 * "<message id>.<timestamp>.<raw body>", by the key at /public/v1/public-key. They may come minutes late, twice, in any
 * order, or not at all.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "connector/fields.h"
#include "connector/inbound.h"
#include "connector/kick_inside.h"
#include "net/base64.h"
#include "net/http.h"
#include "net/signature.h"

enum { AGE_MS_MAX = 5 * 60 * 1000, KEY_AGAIN_MS = 60 * 1000, ID_BYTES_MAX = 128, KEY_BYTES_MAX = 16 * 1024 };

/* ---- the key ---- */

/* Kick may send again what it was refused, and may not: nowhere is it written. */
static void tell_unproved(struct kick *kick)
{
    if (kick->unproved_ms > 0)
        connector_gap(&kick->base, kick->unproved_ms, clock_unix_ms(), "webhooks came before Kick's key to prove them with");
    kick->unproved_ms = 0;
}

static void refuse_unproved(struct kick *kick, struct inbound_answer *answer)
{
    if (!kick->has_socket && kick->unproved_ms == 0)
        kick->unproved_ms = clock_unix_ms();
    inbound_say(answer, 503, "Kick's public key is not here yet: send it again");
}

static void handle_key(void *data, const struct http_result *result)
{
    struct kick *kick = data;
    struct error err = result->error;
    kick->key_request = NULL;
    json_t *answer = err.code == ERROR_NONE ? json_parse(result->body, result->len, &err) : NULL;
    struct str pem = field_text(json_object_get(answer, "data"), "public_key");
    struct signature_key *key = pem.len > 0 ? signature_key_create(pem.data, pem.len, &err) : NULL;
    if (key) {
        signature_key_destroy(kick->key);
        kick->key = key;
        tell_unproved(kick);
    } else {
        log_warn("connector", "%s: no key to prove Kick's webhooks with: %s", kick->base.source,
                 err.code != ERROR_NONE ? err.text : "the answer holds no public_key");
    }
    json_decref(answer);
}

/* Cached; asked for again when a signature does not fit, in case Kick has changed it. */
static void fetch_key(struct kick *kick)
{
    int64_t now_ms = clock_monotonic_ms();
    if (kick->key_request || (kick->key_asked_ms > 0 && now_ms - kick->key_asked_ms < KEY_AGAIN_MS))
        return;
    kick->key_asked_ms = now_ms;
    char *url = xasprintf("%s/public-key", kick->api_url);
    struct http_options options = {.url = url, .body_bytes_max = KEY_BYTES_MAX, .on_done = handle_key, .data = kick};
    connector_fill_http(&kick->base, &options);
    kick->key_request = http_start(kick->base.options.loop, &options, NULL);
    free(url);
}

static bool is_proved(const struct kick *kick, const char *id, const char *time, const char *signature,
                      const struct inbound_request *request)
{
    struct buffer bytes = {0}, proof = {0};
    buffer_add_string(&bytes, id);
    buffer_add_char(&bytes, '.');
    buffer_add_string(&bytes, time);
    buffer_add_char(&bytes, '.');
    buffer_add(&bytes, request->body, request->len);
    bool is_good = base64_decode(&proof, signature, strlen(signature)) &&
                   signature_verify(kick->key, bytes.data, bytes.len, proof.data, proof.len);
    buffer_fini(&bytes);
    buffer_fini(&proof);
    return is_good;
}

/* ---- the event ---- */

static bool is_repeated(struct kick *kick, const char *id)
{
    uint64_t hash = hash_bytes(&kick->reader.key, id, strlen(id));
    for (size_t i = 0; i < KICK_HOOKS_SEEN; i++) {
        if (kick->hooks_seen[i] == hash)
            return true;
    }
    kick->hooks_seen[kick->hook_count++ % KICK_HOOKS_SEEN] = hash;
    return false;
}

/* One app may serve several channels. */
static bool is_ours(struct kick *kick, const json_t *body)
{
    const json_t *broadcaster = json_object_get(body, "broadcaster");
    const char *slug = json_get_text(broadcaster, "channel_slug");
    int64_t user_id = json_get_int(broadcaster, "user_id", 0);
    if (kick->user_id > 0 && user_id > 0)
        return user_id == kick->user_id;
    if (slug && strcasecmp(slug, kick->channel) != 0)
        return false;
    if (slug && user_id > 0)
        kick->user_id = user_id;
    return true;
}

static void take(struct kick *kick, const struct inbound_request *request, const char *type, const char *id)
{
    struct error err = {0};
    if (!connector_begin_frame(&kick->base, request->body, request->len))
        return;
    json_t *body = json_parse(request->body, request->len, &err);
    if (body && is_ours(kick, body))
        kick_reader_webhook(&kick->reader, str_from(type), str_from(id), body, &err);
    json_decref(body);
    connector_end_frame(&kick->base, &err);
}

/* Strangers can send many: the log gets the first, second, fourth, eighth … */
static bool is_worth_a_line(struct kick *kick)
{
    uint64_t count = ++kick->hooks_refused;
    return (count & (count - 1)) == 0;
}

void kick_door_ready(struct kick *kick)
{
    if (kick->has_socket)
        return;
    connector_set_state(&kick->base, CONNECTOR_LIVE, "kick.com/%s comes by webhooks", kick->channel);
}

/* In their time? Both clocks count: it is said which way they differ. */
static bool is_timely(struct kick *kick, const char *time, struct inbound_answer *answer)
{
    int64_t time_ms = 0, now_ms = clock_unix_ms();
    if (!clock_parse_rfc3339(time, strlen(time), &time_ms)) {
        inbound_say(answer, 400, "Kick-Event-Message-Timestamp: no time");
        return false;
    }
    if (llabs(now_ms - time_ms) <= AGE_MS_MAX)
        return true;
    inbound_say(answer, 400, "older than 5 minutes");
    if (is_worth_a_line(kick))
        log_warn("connector", "%s: refused a webhook of %lld s %s: a repetition, or a clock that is wrong", kick->base.source,
                 (long long)(llabs(now_ms - time_ms) / 1000), now_ms > time_ms ? "ago" : "ahead");
    return false;
}

void kick_request(struct connector *base, const struct inbound_request *request, struct inbound_answer *answer)
{
    struct kick *kick = kick_of(base);
    const char *id = request->header(request, "kick-event-message-id");
    const char *time = request->header(request, "kick-event-message-timestamp");
    const char *signature = request->header(request, "kick-event-signature");
    const char *type = request->header(request, "kick-event-type");
    if (strcmp(request->method, "POST") != 0) {
        inbound_say(answer, 405, "this is the address for Kick's webhooks: it takes POST");
    } else if (!id || !*id || strlen(id) > ID_BYTES_MAX || !time || !signature || !type) {
        inbound_say(answer, 400, "the headers Kick-Event-Message-Id, -Message-Timestamp, -Signature and -Type are needed");
    } else if (!is_timely(kick, time, answer)) {
        return;
    } else if (!kick->key) {
        fetch_key(kick);
        refuse_unproved(kick, answer);
    } else if (!is_proved(kick, id, time, signature, request)) {
        fetch_key(kick);
        inbound_say(answer, 401, "the signature is not Kick's");
        if (is_worth_a_line(kick))
            log_warn("connector", "%s: refused a webhook whose signature is not Kick's", base->source);
    } else if (!is_repeated(kick, id)) {
        kick_door_ready(kick);
        take(kick, request, type, id);
        if (!kick->has_socket && clock_unix_ms() - kick->cursor_ms >= 1000) {
            kick->alive_ms = clock_unix_ms();
            kick_give_cursor(kick);
        }
    }
}

const char *kick_token(struct connector *base)
{
    return kick_of(base)->door_token;
}

void kick_door_start(struct kick *kick)
{
    if (!kick->door_token)
        return;
    fetch_key(kick);
    if (kick->has_socket)
        return;
    connector_gap(&kick->base, kick->alive_ms, clock_unix_ms(), "we were not running");
    connector_set_state(&kick->base, CONNECTOR_WAITING, "waiting for the first webhook of kick.com/%s", kick->channel);
}

void kick_door_stop(struct kick *kick)
{
    http_cancel(kick->key_request);
    kick->key_request = NULL;
    tell_unproved(kick);
}
