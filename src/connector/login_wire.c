/* login_wire.c - requests of logins, and what platforms mean by their answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "connector/login_inside.h"

enum { TOKEN_BYTES_MAX = 8192, LIFE_S_MAX = 90 * 24 * 3600, LIFE_S_USUAL = 3600, ANSWER_BYTES_MAX = 256 << 10 };

/* ---- requests ---- */

static struct http_request *start(struct login *login, const char *base, const char *path, struct http_options *options,
                                  struct error *err)
{
    struct buffer url = {0};
    size_t len = strlen(base);
    while (len > 0 && base[len - 1] == '/')
        len--;
    buffer_printf(&url, "%.*s%s", (int)len, base, path);
    buffer_add_char(&url, '\0');
    options->url = url.data;
    options->ca_file = login->owner->options.ca_file;
    options->proxy = login->owner->options.proxy;
    options->body_bytes_max = ANSWER_BYTES_MAX;
    options->data = login;
    struct http_request *request = http_start(login->owner->options.loop, options, err);
    if (!request)
        error_prefix(err, "logins.%s.url", login->impl->name);
    buffer_fini(&url);
    return request;
}

struct http_request *login_post(struct login *login, const char *path, struct buffer *form, login_done_fn fn,
                                struct error *err)
{
    static const struct net_header headers[] = {{"content-type", "application/x-www-form-urlencoded"},
                                                {"accept", "application/json"}};
    struct http_options options = {.headers = headers, .header_count = ARRAY_LENGTH(headers), .body = form->data,
                                   .body_len = form->len, .on_done = fn};
    return start(login, login->url, path, &options, err);
}

struct http_request *login_get(struct login *login, const char *url, const char *path, const char *scheme,
                               login_done_fn fn, struct error *err)
{
    char *credential = xasprintf("%s %s", scheme, login->access);
    const struct net_header headers[] = {{"authorization", credential}, {"client-id", login->client_id},
                                         {"accept", "application/json"}};
    struct http_options options = {.headers = headers, .header_count = ARRAY_LENGTH(headers), .on_done = fn};
    struct http_request *request = start(login, url, path, &options, err);
    free(credential);
    return request;
}

/* ---- answers ---- */

/* "error" is a word, or Google's object with a message; Twitch's word stands in "message". */
static const char *find_words(const json_t *answer)
{
    const char *keys[] = {"error_description", "message", "error"};
    const json_t *holder = json_is_object(json_object_get(answer, "error")) ? json_object_get(answer, "error") : answer;
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        const char *text = json_get_text(holder, keys[i]);
        if (text && *text)
            return text;
    }
    return NULL;
}

static bool find_verdict(const json_t *answer, const struct login_word *words, enum login_verdict *verdict)
{
    const char *texts[] = {json_get_text(answer, "error"), json_get_text(answer, "message")};
    for (; words && words->word; words++) {
        for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
            if (texts[i] && strcasecmp(texts[i], words->word) == 0) {
                *verdict = words->verdict;
                return true;
            }
        }
    }
    return false;
}

/* A refusal without a word that we know. What is no JSON was not said by the platform: a hotel's door, a proxy. */
static enum login_verdict guess(int status, const json_t *answer)
{
    if (!json_is_object(answer) || status < 400 || status >= 500 || status == 408 || status == 429)
        return LOGIN_AGAIN;
    return status == 400 || status == 401 ? LOGIN_ENDED : LOGIN_WRONG;
}

json_t *login_read_answer(const struct login *login, const struct http_result *result, const struct login_word *words,
                          enum login_verdict *verdict, char text[240])
{
    struct error err = {0};
    json_t *answer = result->status > 0 && result->len > 0 ? json_parse(result->body, result->len, &err) : NULL;
    if (result->error.code == ERROR_NONE && json_is_object(answer))
        return answer;
    if (!find_verdict(answer, words, verdict))
        *verdict = guess(result->status, answer);
    const char *said = find_words(answer);
    if (!said)
        said = result->error.code != ERROR_NONE ? result->error.text : "an answer that is no JSON object";
    size_t len = strlen(said) < 160 ? strlen(said) : utf8_cut(said, 160);
    snprintf(text, 240, "%s: %.*s", login->impl->label, (int)len, said);
    json_decref(answer);
    return NULL;
}

/* ---- tokens ---- */

/* It goes into a header: nothing that could end one. */
static bool is_token(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    }
    return len > 0 && len <= TOKEN_BYTES_MAX;
}

/* An array at Twitch, a text with blanks elsewhere; the caller frees. NULL: not told. */
static char *join_scopes(const json_t *scopes)
{
    if (json_is_string(scopes))
        return xstrdup(json_string_value(scopes));
    if (!json_is_array(scopes))
        return NULL;
    struct buffer joined = {0};
    for (size_t i = 0; i < json_array_size(scopes) && i < 100; i++) {
        const char *scope = json_string_value(json_array_get(scopes, i));
        if (scope)
            buffer_printf(&joined, "%s%s", joined.len > 0 ? " " : "", scope);
    }
    return buffer_take(&joined);
}

void login_take_scopes(struct login *login, const json_t *scopes)
{
    char *joined = join_scopes(scopes);
    if (joined)
        login_set_text(&login->scopes, joined);
    free(joined);
}

bool login_take_tokens(struct login *login, const json_t *answer)
{
    const char *access = json_get_text(answer, "access_token"), *refresh = json_get_text(answer, "refresh_token");
    int64_t life_s = json_get_int(answer, "expires_in", LIFE_S_USUAL);
    if (!is_token(access) || (refresh && !is_token(refresh)))
        return false;
    login_set_secret(&login->access, access);
    if (refresh)  // Google sends one only the first time
        login_set_secret(&login->refresh, refresh);
    login_take_scopes(login, json_object_get(answer, "scope"));
    login->obtained_ms = clock_unix_ms();
    login->expires_ms = login->obtained_ms + 1000 * (life_s > 0 && life_s < LIFE_S_MAX ? life_s : LIFE_S_USUAL);
    login->is_stored = login->is_revoked = false;
    return true;
}
