/*
 * login.c - the account servers of Twitch, Google and Kick, at /login/twitch, /login/youtube and /login/kick: device codes,
 * a browser's consent, tokens, whose they are, and their end. As strict as those: a wrong client, a form without a key, a
 * question before the interval is over, a code used twice, Twitch's refresh token used twice, PKCE that does not fit.
 * The person who consents is played too: after `approve_after` questions, or at POST /control/approve, deny, expire.
 */
#include "rehearsal/login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "net/base64.h"
#include "net/form.h"
#include "net/signature.h"
#include "rehearsal/inside.h"

enum { GRANTS_MAX = 64, TOKENS_MAX = 256, WORD_BYTES = 48, SCOPES_BYTES = 1024 };

enum consent { CONSENT_WAITING, CONSENT_GIVEN, CONSENT_DENIED, CONSENT_EXPIRED };

enum account { TWITCH, YOUTUBE, KICK, ACCOUNTS };

static const char *const names[] = {"twitch", "youtube", "kick"};

/* A device code, or Kick's code. */
struct grant {
    enum account account;
    char code[WORD_BYTES], user_code[16], challenge[WORD_BYTES + 16], scopes[SCOPES_BYTES];
    char *redirect;  // owned
    int64_t asked_ms, expires_ms;  // monotonic
    int64_t questions, interval_ms;
    enum consent consent;
    bool is_used;
};

struct token {
    enum account account;
    char access[WORD_BYTES], refresh[WORD_BYTES], scopes[SCOPES_BYTES];
    int64_t expires_ms;  // monotonic
    bool is_ended, is_refresh_used;
};

struct login_side {
    struct side base;
    struct grant grants[GRANTS_MAX];
    struct token tokens[TOKENS_MAX];
    size_t grant_count, token_count;
    uint64_t refreshes, revocations;
    bool is_revoked;  // the fixed tokens are
    bool is_fixed_used;  // the refresh token beside Twitch's fixed one
};

/* One request on its way to an answer. */
struct question {
    struct login_side *side;
    struct server_request *request;
    enum account account;
    const char *form;  // the body
    size_t form_len;
};

static struct login_side *get_side(const struct side *base)
{
    return container_of(base, struct login_side, base);
}

static void make_word(const char *begin, char word[WORD_BYTES])
{
    unsigned char bytes[15];
    struct buffer text = {0};
    random_bytes(bytes, sizeof(bytes));
    base64url_encode(&text, bytes, sizeof(bytes));
    snprintf(word, WORD_BYTES, "%s%.*s", begin, (int)text.len, text.data);
    buffer_fini(&text);
}

/* ---- answers ---- */

static void respond(const struct question *question, int status, json_t *object)
{
    server_respond_json(question->request, status, NULL, 0, object);
}

/* Each in its own words: Twitch's stand in "message". */
static void refuse(const struct question *question, int status, const char *word)
{
    respond(question, status, question->account == TWITCH ? json_pack("{s:i,s:s}", "status", status, "message", word)
            : json_pack("{s:s,s:s}", "error", word, "error_description", "as it is rehearsed"));
}

static bool has(const struct question *question, const char *name, const char *value)
{
    char *got = form_find(question->form, question->form_len, name);
    bool ok = got && strcmp(got, value) == 0;
    free(got);
    return ok;
}

static bool copy(const struct question *question, const char *name, char *out, size_t size)
{
    char *got = form_find(question->form, question->form_len, name);
    snprintf(out, size, "%s", got ? got : "");
    free(got);
    return *out != '\0';
}

/* ---- clients ---- */

static bool is_client(const struct question *question, bool wants_secret)
{
    const struct side *side = &question->side->base;
    if (!has(question, "client_id", side_text(side, "client_id"))) {
        refuse(question, question->account == TWITCH ? 400 : 401, question->account == TWITCH ? "invalid client" : "invalid_client");
        return false;
    }
    if (wants_secret && question->account != TWITCH && !has(question, "client_secret", side_text(side, "client_secret"))) {
        refuse(question, 401, "invalid_client");
        return false;
    }
    return true;
}

/* ---- tokens ---- */

static json_t *list_of(const char *scopes)
{
    json_t *list = json_array();
    for (const char *at = scopes; *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        json_array_append_new(list, json_stringn(at, len));
        at += len;
    }
    return list;
}

static void give_tokens(const struct question *question, const char *scopes)
{
    struct login_side *side = question->side;
    struct token *token = &side->tokens[side->token_count++ % TOKENS_MAX];
    int64_t life_s = side_number(&side->base, "life_s");
    *token = (struct token){.account = question->account, .expires_ms = clock_monotonic_ms() + 1000 * life_s};
    make_word("at-", token->access);
    make_word("rt-", token->refresh);
    snprintf(token->scopes, SCOPES_BYTES, "%s", scopes);
    json_t *object = json_pack("{s:s,s:s,s:I,s:s}", "access_token", token->access, "refresh_token", token->refresh, "expires_in",
                               (json_int_t)life_s, "token_type", question->account == TWITCH ? "bearer" : "Bearer");
    if (question->account != TWITCH) {
        json_object_set_new(object, "scope", json_string(scopes));
        respond(question, 200, object);
        return;
    }
    json_object_set_new(object, "scope", list_of(scopes));
    respond(question, 200, object);
}

static struct token *find_token(struct login_side *side, enum account account, const char *access)
{
    for (size_t i = 0; i < TOKENS_MAX && i < side->token_count; i++) {
        struct token *token = &side->tokens[i];
        if (token->account == account && strcmp(token->access, access) == 0)
            return token;
    }
    return NULL;
}

static void refresh(const struct question *question)
{
    struct login_side *side = question->side;
    char word[WORD_BYTES];
    if (!is_client(question, true))
        return;
    side->refreshes++;
    copy(question, "refresh_token", word, sizeof(word));
    for (size_t i = 0; i < TOKENS_MAX && i < side->token_count; i++) {
        struct token *token = &side->tokens[i];
        bool is_spent = token->is_refresh_used && question->account == TWITCH;
        if (token->account != question->account || strcmp(token->refresh, word) != 0 || token->is_ended || is_spent)
            continue;
        token->is_refresh_used = true;
        give_tokens(question, token->scopes);
        return;
    }
    if (question->account == TWITCH && strcmp(word, "rehearsal-twitch-refresh") == 0 && !side->is_fixed_used && !side->is_revoked) {
        side->is_fixed_used = true;
        give_tokens(question, side_text(&side->base, "twitch_scopes"));
    } else if (question->account == TWITCH) {
        refuse(question, 400, "Invalid refresh token");
    } else {
        refuse(question, 400, "invalid_grant");
    }
}

/* ---- device codes ---- */

static void give_code(const struct question *question)
{
    struct login_side *side = question->side;
    struct grant *grant = &side->grants[side->grant_count % GRANTS_MAX];
    if (!is_client(question, false))
        return;
    free(grant->redirect);
    *grant = (struct grant){.account = question->account};
    if (!copy(question, question->account == TWITCH ? "scopes" : "scope", grant->scopes, SCOPES_BYTES)) {
        refuse(question, 400, question->account == TWITCH ? "missing scopes" : "invalid_scope");
        return;
    }
    side->grant_count++;
    make_word("dc-", grant->code);
    snprintf(grant->user_code, sizeof(grant->user_code), "REHE%04u", (unsigned)(side->grant_count % 10000));
    int64_t life_s = side_number(&side->base, "code_life_s");
    grant->interval_ms = 1000 * side_number(&side->base, "interval_s");
    grant->expires_ms = clock_monotonic_ms() + 1000 * life_s;
    grant->asked_ms = clock_monotonic_ms() - grant->interval_ms;
    bool is_google = question->account == YOUTUBE;
    respond(question, 200, json_pack("{s:s,s:s,s:s,s:I,s:I}", "device_code", grant->code, "user_code", grant->user_code,
        is_google ? "verification_url" : "verification_uri", is_google ? "https://www.google.com/device"
        : "https://www.twitch.tv/activate?public=true&device-code=REHEARSAL", "expires_in", (json_int_t)life_s, "interval",
        (json_int_t)(grant->interval_ms / 1000)));
}

static struct grant *find_grant(const struct question *question, const char *key)
{
    struct login_side *side = question->side;
    char word[WORD_BYTES];
    copy(question, key, word, sizeof(word));
    for (size_t i = 0; i < GRANTS_MAX && i < side->grant_count; i++) {
        struct grant *grant = &side->grants[i];
        if (grant->account == question->account && strcmp(grant->code, word) == 0 && !grant->is_used)
            return grant;
    }
    return NULL;
}

/* The person who types the code, unless a test is that person. */
static void play_person(const struct login_side *side, struct grant *grant)
{
    int64_t after = side_number(&side->base, "approve_after");
    if (grant->consent == CONSENT_WAITING && after >= 0 && grant->questions > after)
        grant->consent = CONSENT_GIVEN;
    if (clock_monotonic_ms() >= grant->expires_ms)
        grant->consent = CONSENT_EXPIRED;
}

static void redeem_device(const struct question *question)
{
    bool is_twitch = question->account == TWITCH;
    if (!is_client(question, true))
        return;
    struct grant *grant = find_grant(question, "device_code");
    if (!grant) {
        refuse(question, 400, is_twitch ? "invalid device code" : "invalid_grant");
        return;
    }
    int64_t now_ms = clock_monotonic_ms(), since_ms = now_ms - grant->asked_ms;
    grant->asked_ms = now_ms;
    grant->questions++;
    // A little grace: the questions' way takes time, too.
    if (!is_twitch && since_ms < grant->interval_ms - 50) {
        grant->interval_ms += 5000;
        refuse(question, 403, "slow_down");
        return;
    }
    play_person(question->side, grant);
    if (grant->consent == CONSENT_WAITING) {
        refuse(question, is_twitch ? 400 : 428, "authorization_pending");
    } else if (grant->consent == CONSENT_GIVEN) {
        grant->is_used = true;
        give_tokens(question, grant->scopes);
    } else if (grant->consent == CONSENT_DENIED && !is_twitch) {
        refuse(question, 403, "access_denied");
    } else {
        refuse(question, 400, is_twitch ? "invalid device code" : "invalid_grant");
    }
}

/* ---- the browser ---- */

static const char *argument(const struct question *question, const char *name)
{
    const char *value = server_request_argument(question->request, name);
    return value ? value : "";
}

/* The page of consent, clicked at once. */
static void authorize(const struct question *question)
{
    struct login_side *side = question->side;
    const char *redirect = argument(question, "redirect_uri"), *challenge = argument(question, "code_challenge");
    bool ok = strcmp(argument(question, "client_id"), side_text(&side->base, "client_id")) == 0 &&
              strcmp(argument(question, "response_type"), "code") == 0 && *argument(question, "state") && *argument(question, "scope") &&
              strcmp(argument(question, "code_challenge_method"), "S256") == 0 && strlen(challenge) == 43 &&
              strncmp(redirect, "http://localhost:", 17) == 0;
    if (!ok) {
        refuse(question, 400, "invalid_request");
        return;
    }
    struct grant *grant = &side->grants[side->grant_count++ % GRANTS_MAX];
    bool is_denied = side_number(&side->base, "approve_after") < 0;
    free(grant->redirect);
    *grant = (struct grant){.account = question->account, .redirect = xstrdup(redirect), .expires_ms = clock_monotonic_ms() + 600000};
    make_word("code-", grant->code);
    snprintf(grant->challenge, sizeof(grant->challenge), "%s", challenge);
    snprintf(grant->scopes, sizeof(grant->scopes), "%s", argument(question, "scope"));
    struct buffer to = {0};
    buffer_printf(&to, "%s?%s=%s&state=", redirect, is_denied ? "error" : "code", is_denied ? "access_denied" : grant->code);
    form_escape(&to, argument(question, "state"), strlen(argument(question, "state")));
    buffer_add_char(&to, '\0');
    server_respond(question->request, 302, "text/plain", &(struct net_header){"location", to.data}, 1, "", 0);
    buffer_fini(&to);
}

static bool fits_challenge(const struct question *question, const struct grant *grant)
{
    char *verifier = form_find(question->form, question->form_len, "code_verifier");
    unsigned char digest[SIGNATURE_BYTES];
    struct buffer text = {0};
    if (verifier) {
        signature_sha256(verifier, strlen(verifier), digest);
        base64url_encode(&text, digest, sizeof(digest));
    }
    bool ok = verifier && text.len == strlen(grant->challenge) && memcmp(text.data, grant->challenge, text.len) == 0;
    buffer_fini(&text);
    free(verifier);
    return ok;
}

static void redeem_code(const struct question *question)
{
    if (!is_client(question, true))
        return;
    struct grant *grant = find_grant(question, "code");
    if (!grant || !grant->redirect || !has(question, "redirect_uri", grant->redirect) || !fits_challenge(question, grant)) {
        refuse(question, 400, "invalid_grant");
        return;
    }
    grant->is_used = true;
    give_tokens(question, grant->scopes);
}

static void give_token(const struct question *question)
{
    if (has(question, "grant_type", "refresh_token")) {
        refresh(question);
    } else if (has(question, "grant_type", "urn:ietf:params:oauth:grant-type:device_code") && question->account != KICK) {
        redeem_device(question);
    } else if (has(question, "grant_type", "authorization_code") && question->account == KICK) {
        redeem_code(question);
    } else {
        refuse(question, 400, question->account == TWITCH ? "missing grant type" : "unsupported_grant_type");
    }
}

static void revoke(const struct question *question)
{
    struct login_side *side = question->side;
    char word[WORD_BYTES];
    copy(question, "token", word, sizeof(word));
    side->revocations++;
    for (size_t i = 0; i < TOKENS_MAX && i < side->token_count; i++) {
        struct token *token = &side->tokens[i];
        if (strcmp(token->access, word) == 0 || (question->account != TWITCH && strcmp(token->refresh, word) == 0)) {
            token->is_ended = true;
            respond(question, 200, json_object());
            return;
        }
    }
    refuse(question, 400, question->account == TWITCH ? "Invalid token" : "invalid_token");
}

/* ---- whose it is ---- */

/* "SCHEME TOKEN" of the request; NULL: none. */
static const char *credential(const struct server_request *request, const char *scheme)
{
    const char *header = server_request_header(request, "authorization");
    size_t len = strlen(scheme);
    return header && strncmp(header, scheme, len) == 0 && header[len] == ' ' ? header + len + 1 : NULL;
}

const char *login_side_token(const struct server_request *request)
{
    return credential(request, "Bearer");
}

static bool knows(struct login_side *side, enum account account, const char *access)
{
    char fixed[WORD_BYTES];
    snprintf(fixed, sizeof(fixed), "rehearsal-%s-token", names[account]);
    if (access && strcmp(access, fixed) == 0)
        return !side->is_revoked;
    const struct token *token = access ? find_token(side, account, access) : NULL;
    return token && !token->is_ended && clock_monotonic_ms() < token->expires_ms;
}

bool login_side_knows(const struct rehearsal *rehearsal, const char *platform, const char *token)
{
    struct side *base = rehearsal_side(rehearsal, STR("login"));
    for (int i = 0; base && i < ACCOUNTS; i++) {
        if (strcmp(names[i], platform) == 0)
            return knows(get_side(base), (enum account)i, token);
    }
    return false;
}

static void tell_identity(const struct question *question)
{
    const char *access = credential(question->request, question->account == TWITCH ? "OAuth" : "Bearer");
    if (!knows(question->side, question->account, access)) {
        refuse(question, 401, question->account == TWITCH ? "invalid access token" : "Unauthorized");
        return;
    }
    const struct token *token = find_token(question->side, question->account, access);
    int64_t left_s = token ? (token->expires_ms - clock_monotonic_ms()) / 1000 : 14400;
    switch (question->account) {
    case TWITCH:
        respond(question, 200, json_pack("{s:s,s:s,s:s,s:I,s:o}", "client_id", side_text(&question->side->base, "client_id"),
                "login", "rehearsal", "user_id", "700100200", "expires_in", (json_int_t)left_s, "scopes",
                list_of(token ? token->scopes : side_text(&question->side->base, "twitch_scopes"))));
        break;
    case YOUTUBE:
        respond(question, 200, json_pack("{s:[{s:s,s:{s:s,s:s}}]}", "items", "id", "UCrehearsal0000000000000", "snippet",
                "title", "Rehearsal", "customUrl", "@rehearsal"));
        break;
    default:
        respond(question, 200, json_pack("{s:[{s:I,s:s}],s:s}", "data", "user_id", (json_int_t)123456789, "name", "rehearsal",
                "message", "OK"));
    }
}

/* ---- routing ---- */

static const struct {
    const char *path;
    enum account account;
    enum server_method method;
    void (*fn)(const struct question *question);
} routes[] = {
    {"/twitch/device", TWITCH, METHOD_POST, give_code},         {"/twitch/token", TWITCH, METHOD_POST, give_token},
    {"/twitch/validate", TWITCH, METHOD_GET, tell_identity},    {"/twitch/revoke", TWITCH, METHOD_POST, revoke},
    {"/youtube/device/code", YOUTUBE, METHOD_POST, give_code},  {"/youtube/token", YOUTUBE, METHOD_POST, give_token},
    {"/youtube/api/channels", YOUTUBE, METHOD_GET, tell_identity}, {"/youtube/revoke", YOUTUBE, METHOD_POST, revoke},
    {"/kick/authorize", KICK, METHOD_GET, authorize},           {"/kick/token", KICK, METHOD_POST, give_token},
    {"/kick/api/users", KICK, METHOD_GET, tell_identity},       {"/kick/revoke", KICK, METHOD_POST, revoke},
};

static bool route(struct side *base, struct server_request *request, const char *path)
{
    for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
        if (strcmp(routes[i].path, path) != 0 || routes[i].method != server_request_method(request))
            continue;
        struct question question = {.side = get_side(base), .request = request, .account = routes[i].account};
        question.form = server_request_body(request, &question.form_len);
        routes[i].fn(&question);
        return true;
    }
    return false;
}

/* ---- the side ---- */

static void consent_to_all(struct login_side *side, enum consent consent)
{
    for (size_t i = 0; i < GRANTS_MAX && i < side->grant_count; i++)
        side->grants[i].consent = consent;
}

static bool special(struct side *base, const char *fault)
{
    struct login_side *side = get_side(base);
    if (strcmp(fault, "approve") == 0) {
        consent_to_all(side, CONSENT_GIVEN);
    } else if (strcmp(fault, "deny") == 0) {
        consent_to_all(side, CONSENT_DENIED);
    } else if (strcmp(fault, "expire") == 0) {
        consent_to_all(side, CONSENT_EXPIRED);
    } else if (strcmp(fault, "revoke") == 0) {
        side->is_revoked = true;
        for (size_t i = 0; i < TOKENS_MAX && i < side->token_count; i++)
            side->tokens[i].is_ended = true;
    } else if (strcmp(fault, "resume") == 0) {
        side->is_revoked = false;
    } else {
        return false;
    }
    return true;
}

static void say(struct side *base, const struct message *message)
{
    base->skipped++;
}

static void describe(const struct side *base, json_t *state)
{
    const struct login_side *side = get_side(base);
    json_object_set_new(state, "codes", json_integer((json_int_t)side->grant_count));
    json_object_set_new(state, "tokens", json_integer((json_int_t)side->token_count));
    json_object_set_new(state, "refreshes", json_integer((json_int_t)side->refreshes));
    json_object_set_new(state, "revocations", json_integer((json_int_t)side->revocations));
}

/* As the section `logins` of a configuration. */
static void address(const struct side *base, const char *authority, json_t *addresses, json_t *sources)
{
    json_t *logins = json_object();
    for (int i = 0; i < ACCOUNTS; i++) {
        char *url = xasprintf("http://%s/login/%s", authority, names[i]), *api = xasprintf("%s/api", url);
        json_t *login = json_pack("{s:s,s:s}", "client_id", side_text(base, "client_id"), "url", url);
        if (i != TWITCH) {
            json_object_set_new(login, "client_secret", json_string(side_text(base, "client_secret")));
            json_object_set_new(login, "api_url", json_string(api));
        }
        json_object_set_new(logins, names[i], login);
        free(url);
        free(api);
    }
    json_object_set_new(addresses, "logins", logins);
}

static struct side *create(struct rehearsal *rehearsal)
{
    struct login_side *side = xcalloc(1, sizeof(*side));
    return &side->base;
}

static void destroy(struct side *base)
{
    struct login_side *side = get_side(base);
    for (size_t i = 0; i < GRANTS_MAX; i++)
        free(side->grants[i].redirect);
    free(side);
}

static const struct side_setting settings[] = {
    {"client_id", "rehearsal-client", "the only one that is known"},
    {"client_secret", "rehearsal-secret", "likewise, for youtube and kick"},
    {"interval_s", "1", "between two questions for a code's token"},
    {"code_life_s", "1800", "of a code"},
    {"life_s", "14400", "of an access token"},
    {"twitch_scopes",
     "bits:read channel:manage:polls channel:moderate channel:read:polls channel:read:redemptions channel:read:subscriptions "
     "channel:read:predictions channel:read:hype_train channel:read:charity moderator:manage:announcements "
     "moderator:manage:automod moderator:manage:banned_users moderator:manage:chat_messages moderator:read:blocked_terms "
     "moderator:read:chat_settings moderator:read:followers moderator:read:moderators moderator:read:unban_requests "
     "moderator:read:vips moderator:read:warnings user:read:chat user:write:chat", "of Twitch's fixed token"},
    {"approve_after", "1", "questions until somebody types the code; -1: not by itself, and Kick's page is declined"},
    {NULL},
};

const struct side_impl login_side = {
    .name = "login", .settings = settings, .create = create, .destroy = destroy, .say = say, .request = route,
    .address = address, .describe = describe, .special = special, .specials = "approve, deny, expire, revoke",
};
