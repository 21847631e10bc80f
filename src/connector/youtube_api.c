#include "connector/youtube_api.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "net/http.h"

/* The HTTP status alone is ambiguous: the reason decides, and the status only where there is none. */
static const struct {
    const char *reason;
    enum youtube_act act;
    const char *text;  // NULL: Google's own message
} reasons[] = {
    {"quotaExceeded", YOUTUBE_PARK, "the API key's quota for today is used up"},
    {"dailyLimitExceeded", YOUTUBE_PARK, "the API key's quota for today is used up"},
    {"rateLimitExceeded", YOUTUBE_SLOWER, "YouTube asks us to call less often"},
    {"userRateLimitExceeded", YOUTUBE_SLOWER, "YouTube asks us to call less often"},
    {"liveChatEnded", YOUTUBE_ENDED, "the chat is over"},
    {"liveChatNotFound", YOUTUBE_FIND_AGAIN, "the chat is gone; looking for it again"},
    {"invalidLiveChatId", YOUTUBE_FIND_AGAIN, "the chat is gone; looking for it again"},
    {"liveChatIdInvalid", YOUTUBE_FIND_AGAIN, "the chat is gone; looking for it again"},
    {"pageTokenInvalid", YOUTUBE_DROP_TOKEN, "the place where we were is no longer known"},
    {"invalidPageToken", YOUTUBE_DROP_TOKEN, "the place where we were is no longer known"},
    {"liveChatDisabled", YOUTUBE_REFUSED, "the chat of this broadcast is switched off; switch it on in YouTube Studio"},
    {"forbidden", YOUTUBE_REFUSED, "the chat is private or for members only: an API key cannot read it"},
    {"insufficientPermissions", YOUTUBE_REFUSED, "an API key is not enough for this chat"},
    {"liveBroadcastBlocked", YOUTUBE_REFUSED, "YouTube has blocked this broadcast"},
    {"keyInvalid", YOUTUBE_REFUSED, "api_key: YouTube does not know it; copy it again from the Google Cloud console"},
    {"accessNotConfigured", YOUTUBE_REFUSED,
     "api_key: its project has not enabled the YouTube Data API v3; do so in the Google Cloud console"},
    {"authError", YOUTUBE_REFUSED, "api_key: YouTube does not accept it"},
};

static void say(struct youtube_failure *failure, enum youtube_act act, const char *text)
{
    failure->act = act;
    size_t len = strlen(text);
    if (len >= sizeof(failure->text))
        len = utf8_cut(text, sizeof(failure->text) - 1);
    memcpy(failure->text, text, len);
    failure->text[len] = '\0';
}

static bool explain_by_reason(struct youtube_failure *failure)
{
    for (size_t i = 0; i < ARRAY_LENGTH(reasons); i++) {
        if (strcmp(failure->reason, reasons[i].reason) == 0) {
            say(failure, reasons[i].act, reasons[i].text);
            return true;
        }
    }
    return false;
}

static void explain_by_status(struct youtube_failure *failure, int status, const char *message)
{
    if (strstr(message, "API key")) {
        say(failure, YOUTUBE_REFUSED, "api_key: YouTube does not accept it; copy it again from the Google Cloud console");
    } else if (strstr(message, "page token") || strstr(message, "pageToken")) {
        say(failure, YOUTUBE_DROP_TOKEN, message);
    } else if (status == 429) {
        say(failure, YOUTUBE_SLOWER, message);
    } else if (status == 401 || status == 403) {
        say(failure, YOUTUBE_REFUSED, message);
    } else if (status == 404 || status == 405 || status == 501) {
        say(failure, YOUTUBE_NO_STREAM, message);
    } else if (status == 400) {
        say(failure, YOUTUBE_REFUSED, message);
    } else {
        say(failure, YOUTUBE_RETRY, message);
    }
}

struct youtube_failure youtube_explain(int status, const char *body, size_t len, const char *otherwise)
{
    struct youtube_failure failure = {0};
    json_t *object = len > 0 ? json_parse(body, len, NULL) : NULL;
    // An element of the error array of some streams, or the object itself.
    const json_t *holder = json_is_array(object) ? json_array_get(object, 0) : object;
    const json_t *error = json_object_get(holder, "error");
    const char *reason = json_get_text(json_array_get(json_object_get(error, "errors"), 0), "reason");
    const char *message = json_get_text(error, "message");
    snprintf(failure.reason, sizeof(failure.reason), "%s", reason ? reason : "");
    if (!message || !*message)
        message = otherwise;
    if (status == 0)
        status = (int)json_get_int(error, "code", 0);
    failure.status = status;
    if (!explain_by_reason(&failure))
        explain_by_status(&failure, status, message);
    json_decref(object);
    return failure;
}

/* ---- addresses ---- */

static void add_escaped(struct buffer *url, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool is_plain = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9') || strchr("-_.~,", c);
        if (is_plain) {
            buffer_add_char(url, (char)c);
        } else {
            buffer_printf(url, "%%%02X", c);
        }
    }
}

void youtube_url_begin(struct buffer *url, const char *base, const char *path)
{
    size_t len = strlen(base);
    while (len > 0 && base[len - 1] == '/')
        len--;
    buffer_clear(url);
    buffer_add(url, base, len);
    buffer_add_string(url, path);
}

void youtube_url_add(struct buffer *url, const char *name, const char *value)
{
    bool is_first = !memchr(url->data, '?', url->len);
    buffer_add_char(url, is_first ? '?' : '&');
    buffer_add_string(url, name);
    buffer_add_char(url, '=');
    add_escaped(url, value);
}
