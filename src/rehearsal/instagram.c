#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "net/form.h"
#include "net/http.h"
#include "net/signature.h"
#include "rehearsal/push.h"
#include "rehearsal/side.h"

/*
 * Instagram as Meta's webhooks bring it (2026-07): when it has an address it asks there with a challenge, and sends only
 * if that was answered. Each delivery is signed with the app's secret; some come twice. Answers are taken at
 * /instagram/graph/COMMENT/replies.
 */

#define ACCOUNT "17841405822304914"

struct instagram_side {
    struct side base;
    struct push *push;
    struct http_request *challenge;  // owned
    uint64_t comments;
    bool is_verified;
};

static struct instagram_side *get_side(struct side *base)
{
    return container_of(base, struct instagram_side, base);
}

static json_t *text_of(struct str text)
{
    return json_stringn(text.data ? text.data : "", text.len);
}

/* ---- the challenge ---- */

static void handle_answer(void *data, const struct http_result *result)
{
    struct instagram_side *side = data;
    side->challenge = NULL;
    side->is_verified = result->status == 200 && result->body && strcmp(result->body, "1158201444") == 0;
    if (side->is_verified) {
        side_client_came(&side->base);
        push_go_on(side->push);
    }
}

static void aim(struct side *base)
{
    struct instagram_side *side = get_side(base);
    struct buffer url = {0};
    side->is_verified = false;
    http_cancel(side->challenge);
    side->challenge = NULL;
    if (!side_target(base))
        return;
    buffer_add_string(&url, side_target(base));
    buffer_add_string(&url, "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=");
    form_escape(&url, side_text(base, "verify_token"), strlen(side_text(base, "verify_token")));
    buffer_add_char(&url, '\0');
    side->challenge = http_start(rehearsal_loop(base->rehearsal),
                                 &(struct http_options){.url = url.data, .on_done = handle_answer, .data = side}, NULL);
    buffer_fini(&url);
}

/* ---- deliveries ---- */

static void deliver(struct instagram_side *side, const json_t *body)
{
    unsigned char digest[SIGNATURE_BYTES];
    char hex[SIGNATURE_HEX_BYTES], proof[SIGNATURE_HEX_BYTES + 8];
    const char *secret = side_text(&side->base, "app_secret");
    char *text = json_dumps(body, JSON_COMPACT | JSON_ENSURE_ASCII);  // as Meta does: \uXXXX
    signature_hmac_sha256(secret, strlen(secret), text, strlen(text), digest);
    signature_to_hex(digest, hex);
    snprintf(proof, sizeof(proof), "sha256=%s", hex);
    const struct net_header headers[] = {{"content-type", "application/json"}, {"X-Hub-Signature-256", proof}};
    push_send(side->push, NULL, headers, 2, text, strlen(text));
    if (++side->comments % 10 == 0)
        push_send(side->push, NULL, headers, 2, text, strlen(text));  // duplicates occur
    free(text);
}

static void say(struct side *base, const struct message *message)
{
    const struct message_draft *is = &message->is;
    if (is->kind != MESSAGE_CHAT && is->kind != MESSAGE_QUESTION) {
        base->skipped++;
        return;
    }
    json_t *value = json_pack("{s:o, s:{s:o, s:o}, s:{s:s, s:s}, s:o}", "id", text_of(is->native_id), "from", "id",
                              text_of(is->author.id), "username", text_of(is->author.login.len ? is->author.login : is->author.name),
                              "media", "id", "90077", "media_product_type", "LIVE", "text", text_of(is->text));
    if (is->reply_to.native_id.len > 0)
        json_object_set_new(value, "parent_id", text_of(is->reply_to.native_id));
    json_t *body = json_pack("{s:s, s:[{s:s, s:I, s:[{s:s, s:o}]}]}", "object", "instagram", "entry", "id", ACCOUNT, "time",
                             (json_int_t)(is->time_ms / 1000), "changes", "field", "live_comments", "value", value);
    side_note(base, message);
    if (get_side(base)->is_verified)
        deliver(get_side(base), body);
    json_decref(body);
}

/* ---- answers to comments ---- */

static bool handle_request(struct side *base, struct server_request *request, const char *path)
{
    static const struct message_author author = {.id = {ACCOUNT, sizeof(ACCOUNT) - 1}, .login = {"rehearsal", 9}};
    const char *edge = strncmp(path, "/graph/", 7) == 0 ? strchr(path + 7, '/') : NULL;
    if (!edge || strcmp(edge, "/replies") != 0 || server_request_method(request) != METHOD_POST)
        return false;
    size_t len;
    const char *form = server_request_body(request, &len);
    char *token = form_find(form, len, "access_token"), *message = form_find(form, len, "message");
    char *comment = xstrndup(path + 7, (size_t)(edge - path - 7)), id[TRANSCRIPT_ID_BYTES];
    struct side_write write = {.act = "say", .outcome = "accepted", .text = message, .native_id = id, .reply_to = comment};
    side_mint_id(base, id);
    if (!token || strcmp(token, side_text(base, "token")) != 0) {
        write.outcome = "denied";
        server_respond_json(request, 400, NULL, 0, json_pack("{s:{s:s, s:i}}", "error", "message", "Invalid OAuth access token", "code", 190));
    } else {
        server_respond_json(request, 200, NULL, 0, json_pack("{s:s}", "id", id));
        side_echo(base, &write, &author);
    }
    side_note_write(base, &write);
    free(token);
    free(message);
    free(comment);
    return true;
}

/* ---- life ---- */

static void resume(struct side *base)
{
    push_go_on(get_side(base)->push);
}

static void drop(struct side *base)
{
    push_drop(get_side(base)->push);
}

static void garbage(struct side *base)
{
    static const char noise[] = "{\"object\":\"instagram\",\"entry\":[{\xff\xd9";
    static const struct net_header headers[] = {{"content-type", "application/json"},
                                                {"X-Hub-Signature-256", "sha256=0000000000000000000000000000000000000000000000000000000000000000"}};
    push_send(get_side(base)->push, NULL, headers, 2, noise, sizeof(noise) - 1);
}

static void describe(const struct side *base, json_t *state)
{
    const struct instagram_side *side = container_of(base, struct instagram_side, base);
    json_object_set_new(state, "verified", json_integer(side->is_verified));
    push_describe(side->push, state);
}

static void address(const struct side *base, const char *authority, json_t *addresses, json_t *sources)
{
    json_object_set_new(addresses, "instagram", json_sprintf("http://%s/instagram/graph", authority));
    json_array_append_new(sources, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:O}", "connector", "instagram", "account", ACCOUNT,
        "token", side_text(base, "door_token"), "app_secret", side_text(base, "app_secret"), "verify_token",
        side_text(base, "verify_token"), "access_token", side_text(base, "token"), "api_url", json_object_get(addresses, "instagram")));
}

static struct side *create(struct rehearsal *rehearsal)
{
    struct instagram_side *side = xcalloc(1, sizeof(*side));
    side->push = push_create(&side->base, rehearsal_loop(rehearsal), &(struct push_options){.again_ms = 200});
    return &side->base;
}

static void destroy(struct side *base)
{
    struct instagram_side *side = get_side(base);
    http_cancel(side->challenge);
    push_destroy(side->push);
    free(side);
}

/* "17865799348089039". */
static void make_id(const char *word, size_t len, uint64_t pass, char id[TRANSCRIPT_ID_BYTES])
{
    uint64_t a, b;
    if (transcript_keep_id(len == 17 && strspn(word, "0123456789") >= 17, word, len, pass, id))
        return;
    transcript_hash_word(word, len, pass, &a, &b);
    snprintf(id, TRANSCRIPT_ID_BYTES, "178%014llu", (unsigned long long)(a % 100000000000000));
}

static const struct side_setting settings[] = {
    {"app_secret", "rehearsal-app-secret", "that deliveries are signed with"},
    {"verify_token", "rehearsal-verify-token", "that the challenge carries"},
    {"token", "rehearsal-token", "the only access token accepted"},
    {"door_token", "0123456789abcdef0123456789abcdefABCDEF", "the source's token at the door"},
    {NULL},
};

const struct side_impl instagram_side = {
    .name = "instagram", .settings = settings, .create = create, .aim = aim, .destroy = destroy, .say = say, .make_id = make_id,
    .request = handle_request, .address = address, .describe = describe, .drop = drop, .garbage = garbage, .resume = resume,
};
