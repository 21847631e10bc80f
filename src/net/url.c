#include "net/url.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

static const struct {
    const char *name;
    uint16_t port;
    bool is_tls;
} schemes_known[] = {{"http", 80, false}, {"https", 443, true}, {"ws", 80, false}, {"wss", 443, true}};

/* The part as memory of ours; NULL: it has none. */
static char *part(CURLU *parsed, CURLUPart what)
{
    char *text = NULL;
    if (curl_url_get(parsed, what, &text, 0) != CURLUE_OK)
        return NULL;
    char *copy = xstrdup(text);
    curl_free(text);
    return copy;
}

static bool set_scheme(struct url *url, const char *accepted)
{
    for (size_t i = 0; i < ARRAY_LENGTH(schemes_known); i++) {
        size_t len = strlen(schemes_known[i].name);
        for (const char *at = accepted; *at; at += strcspn(at, " "), at += strspn(at, " ")) {
            if (strcspn(at, " ") == len && strncmp(at, url->scheme, len) == 0 && !url->scheme[len] &&
                strcmp(url->scheme, schemes_known[i].name) == 0) {
                url->port = schemes_known[i].port;
                url->is_tls = schemes_known[i].is_tls;
                return true;
            }
        }
    }
    return false;
}

static void set_host(struct url *url)
{
    size_t len = strlen(url->host);
    if (len > 2 && url->host[0] == '[' && url->host[len - 1] == ']') {
        memmove(url->host, url->host + 1, len - 2);
        url->host[len - 2] = '\0';
    }
}

static void set_port(struct url *url, CURLU *parsed)
{
    char *port = part(parsed, CURLUPART_PORT);
    if (port) {
        long number = strtol(port, NULL, 10);
        url->has_port = number != url->port;
        url->port = (uint16_t)number;
    }
    free(port);
}

static void set_target(struct url *url, CURLU *parsed)
{
    char *path = part(parsed, CURLUPART_PATH), *query = part(parsed, CURLUPART_QUERY);
    url->target = xasprintf("%s%s%s", path ? path : "/", query ? "?" : "", query ? query : "");
    free(path);
    free(query);
}

bool url_parse(const char *text, const char *schemes, struct url *url, struct error *err)
{
    CURLU *parsed = curl_url();
    bool ok = text && curl_url_set(parsed, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
    if (ok) {
        url->scheme = part(parsed, CURLUPART_SCHEME);
        url->host = part(parsed, CURLUPART_HOST);
        ok = url->scheme && url->host && url->host[0] && set_scheme(url, schemes);
    }
    if (ok) {
        set_host(url);
        set_port(url, parsed);
        set_target(url, parsed);
    }
    curl_url_cleanup(parsed);
    if (!ok)
        error_set(err, ERROR_DATA, "the address is not a URL with host and one of the schemes: %s", schemes);
    return ok;
}

void url_fini(struct url *url)
{
    free(url->scheme);
    free(url->host);
    free(url->target);
    *url = (struct url){0};
}

char *url_label(const struct url *url)
{
    bool is_v6 = strchr(url->host, ':') != NULL;
    char port[8] = "";
    if (url->has_port)
        snprintf(port, sizeof(port), ":%u", url->port);
    return xasprintf("%s://%s%s%s%s", url->scheme, is_v6 ? "[" : "", url->host, is_v6 ? "]" : "", port);
}

bool url_is_local(const struct url *url)
{
    return strcmp(url->host, "localhost") == 0 || strncmp(url->host, "127.", 4) == 0 || strcmp(url->host, "::1") == 0;
}
