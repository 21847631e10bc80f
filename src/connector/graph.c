#include "connector/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "net/http.h"

enum { PAUSE_MS = 5 * 60 * 1000 };

static const struct rule {
    int64_t from, to;
    enum graph_act act;
} rules[] = {
    {190, 190, GRAPH_LOGIN}, {102, 102, GRAPH_LOGIN},
    {4, 4, GRAPH_SLOWER}, {17, 17, GRAPH_SLOWER}, {32, 32, GRAPH_SLOWER}, {613, 613, GRAPH_SLOWER},
    {80000, 80014, GRAPH_SLOWER},
    {3, 3, GRAPH_FORBIDDEN}, {10, 10, GRAPH_FORBIDDEN}, {200, 299, GRAPH_FORBIDDEN}, {368, 368, GRAPH_FORBIDDEN},
    {100, 100, GRAPH_PARAMETER}, {803, 803, GRAPH_UNKNOWN},
    {1, 2, GRAPH_RETRY},
};

static enum graph_act act_of(int status, int64_t code, int64_t subcode)
{
    // 33: "Object with ID … does not exist, cannot be loaded due to missing permissions, or …"
    if (code == 100 && subcode == 33)
        return GRAPH_UNKNOWN;
    for (size_t i = 0; code != 0 && i < ARRAY_LENGTH(rules); i++) {
        if (code >= rules[i].from && code <= rules[i].to)
            return rules[i].act;
    }
    return status == 401 ? GRAPH_LOGIN : status == 403 ? GRAPH_FORBIDDEN : status == 404 ? GRAPH_UNKNOWN
         : status == 429 ? GRAPH_SLOWER : status == 400 ? GRAPH_PARAMETER : GRAPH_RETRY;
}

static const char *remedy_of(enum graph_act act, int64_t code)
{
    if (act == GRAPH_LOGIN)
        return "make a new Page access token (docs/sources/facebook.md) and put it into secrets.json";
    if (code == 368)
        return "the account is blocked for a while: look at facebook.com, and write less";
    if (act == GRAPH_FORBIDDEN)
        return "make a Page access token with pages_read_engagement and pages_read_user_content, of a person who manages the Page";
    return act == GRAPH_UNKNOWN ? "check page and video: the live video's id is not the number in the video's address" : "";
}

struct graph_failure graph_explain(int status, const char *body, size_t len, const char *otherwise)
{
    struct graph_failure failure = {0};
    json_t *answer = body && len > 0 ? json_parse(body, len, NULL) : NULL;
    const json_t *error = json_object_get(answer, "error");
    const char *words = json_get_text(error, "message");
    failure.code = json_get_int(error, "code", 0);
    failure.act = act_of(status, failure.code, json_get_int(error, "error_subcode", 0));
    failure.remedy = remedy_of(failure.act, failure.code);
    failure.retry_ms = failure.act == GRAPH_SLOWER ? PAUSE_MS : 0;
    if (words) {
        size_t cut = strlen(words) <= 180 ? strlen(words) : utf8_cut(words, 180);
        snprintf(failure.text, sizeof(failure.text), "Meta says: %.*s (code %lld)", (int)cut, words,
                 (long long)failure.code);
    } else {
        snprintf(failure.text, sizeof(failure.text), "%s", otherwise);
    }
    json_decref(answer);
    return failure;
}

struct graph_failure graph_explain_result(const struct http_result *result)
{
    struct graph_failure failure = graph_explain(result->status, result->body, result->len, result->error.text);
    const char *after = failure.act == GRAPH_SLOWER ? http_result_header(result, "retry-after") : NULL;
    int64_t seconds = after ? strtoll(after, NULL, 10) : 0;
    if (seconds > 0 && seconds <= 24 * 3600)
        failure.retry_ms = seconds * 1000;
    return failure;
}

/* ---- usage ---- */

static int highest(const json_t *usage)
{
    static const char *const keys[] = {"call_count", "total_time", "total_cputime"};
    int most = -1;
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        int64_t percent = json_get_int(usage, keys[i], -1);
        if (percent > most)
            most = percent < 1000 ? (int)percent : 1000;
    }
    return most;
}

int graph_usage(const char *app, const char *business, int64_t *regain_ms)
{
    json_t *usage = app ? json_parse(app, strlen(app), NULL) : NULL;
    json_t *by_object = business ? json_parse(business, strlen(business), NULL) : NULL;
    int most = highest(usage);
    const char *id;
    json_t *list;
    *regain_ms = 0;
    // {"PAGE ID":[{"type":"pages","call_count":28,…,"estimated_time_to_regain_access":0}]}
    json_object_foreach (by_object, id, list) {
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *one = json_array_get(list, i);
            int64_t minutes = json_get_int(one, "estimated_time_to_regain_access", 0);
            most = highest(one) > most ? highest(one) : most;
            if (minutes > 0 && minutes < 24 * 60 && minutes * 60000 > *regain_ms)
                *regain_ms = minutes * 60000;
        }
    }
    json_decref(usage);
    json_decref(by_object);
    return most;
}
