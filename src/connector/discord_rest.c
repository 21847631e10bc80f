#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "connector/discord_inside.h"

/* The edge may block what does not introduce itself in this form (reference, "User Agent"). */
#define USER_AGENT "DiscordBot (https://antiphon.example, " ANTIPHON_VERSION ")"

enum { WAIT_MS = 5000, WAIT_MS_MAX = 3600 * 1000, BODY_BYTES_MAX = 8 << 20 };

struct http_request *discord_rest(struct discord *discord, const char *method, const char *path, json_t *body,
                                  void (*on_done)(void *data, const struct http_result *result), struct error *err)
{
    bool is_whole = path[0] != '/';
    char *url = is_whole ? xstrdup(path) : xasprintf("%s%s", discord->api_url, path);
    char *authorization = xasprintf("Bot %s", discord->token);
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    struct net_header headers[3] = {{"user-agent", USER_AGENT}};
    size_t count = 1;
    if (!is_whole)
        headers[count++] = (struct net_header){"authorization", authorization};
    if (text)
        headers[count++] = (struct net_header){"content-type", "application/json"};
    struct http_options options = {
        .url = url, .method = method, .headers = headers, .header_count = count, .body = text,
        .body_len = text ? strlen(text) : 0, .body_bytes_max = BODY_BYTES_MAX, .on_done = on_done, .data = discord};
    connector_fill_http(&discord->base, &options);
    struct http_request *request = http_start(discord->base.options.loop, &options, err);
    free(url);
    free(authorization);
    free(text);
    json_decref(body);
    return request;
}

void discord_rest_text(const struct http_result *result, char *text, size_t size)
{
    json_t *body = result->len > 0 ? json_parse(result->body, result->len, NULL) : NULL;
    const char *message = json_get_text(body, "message");
    int64_t code = json_get_int(body, "code", 0);
    if (message && code)
        snprintf(text, size, "Discord answers %d: %.200s (%lld)", result->status, message, (long long)code);
    else if (message)
        snprintf(text, size, "Discord answers %d: %.200s", result->status, message);
    else
        snprintf(text, size, "%s", result->error.text);
    json_decref(body);
}

int64_t discord_rest_wait_ms(const struct http_result *result)
{
    json_t *body = result->len > 0 ? json_parse(result->body, result->len, NULL) : NULL;
    double wait_s = json_get_real(body, "retry_after", 0);
    const char *header = http_result_header(result, "retry-after");
    json_decref(body);
    if (!(wait_s > 0) && header)
        wait_s = strtod(header, NULL);
    if (!(wait_s > 0))
        return WAIT_MS;
    return wait_s < WAIT_MS_MAX / 1000 ? (int64_t)(wait_s * 1000) + 1 : WAIT_MS_MAX;
}
