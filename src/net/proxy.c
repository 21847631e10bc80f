#include "net/proxy.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "net/base64.h"

enum { HEAD_BYTES_MAX = 8192, SOCKS_PART_MAX = 255 };

/* --- The address --- */

static char *part(CURLU *parsed, CURLUPart what, unsigned int flags)
{
    char *text = NULL;
    if (curl_url_get(parsed, what, &text, flags) != CURLUE_OK)
        return NULL;
    char *copy = xstrdup(text);
    curl_free(text);
    return copy;
}

static bool refuse(const char *text, const char *why, struct error *err)
{
    const char *mark = strstr(text, "://"), *at = strrchr(text, '@');
    const char *rest = at ? at + 1 : mark ? mark + 3 : text;
    int scheme = mark && mark < rest ? (int)(mark + 3 - text) : 0;
    return error_set(err, ERROR_DATA, "proxy \"%.*s%s%.120s\": %s; a proxy is http://host:port or "
                     "socks5h://[user:password@]host:port", scheme < 20 ? scheme : 0, text, at ? "…@" : "", rest, why);
}

static void set_host(struct proxy *proxy)
{
    size_t len = strlen(proxy->host);
    bool is_v6 = len > 2 && proxy->host[0] == '[';
    proxy->label = xasprintf("%s://%s:%u", proxy->kind == PROXY_HTTP ? "http" : "socks5h", proxy->host, proxy->port);
    if (is_v6) {
        memmove(proxy->host, proxy->host + 1, len - 2);
        proxy->host[len - 2] = '\0';
    }
}

static const char *read_parts(CURLU *parsed, struct proxy *proxy)
{
    char *scheme = part(parsed, CURLUPART_SCHEME, 0), *port = part(parsed, CURLUPART_PORT, 0);
    char *path = part(parsed, CURLUPART_PATH, 0), *query = part(parsed, CURLUPART_QUERY, 0);
    proxy->host = part(parsed, CURLUPART_HOST, 0);
    proxy->user = part(parsed, CURLUPART_USER, CURLU_URLDECODE);
    proxy->password = part(parsed, CURLUPART_PASSWORD, CURLU_URLDECODE);
    const char *wrong = NULL;
    if (scheme && strcmp(scheme, "http") == 0)
        proxy->kind = PROXY_HTTP;
    else if (scheme && strcmp(scheme, "socks5h") == 0)
        proxy->kind = PROXY_SOCKS5;
    else
        wrong = "another kind of proxy";
    if (!wrong && (!port || !proxy->host || !proxy->host[0]))
        wrong = "the port is missing";
    else if (!wrong && (query || (path && strcmp(path, "/") != 0)))
        wrong = "there is more behind the port";
    else if (!wrong && ((proxy->user && strlen(proxy->user) > SOCKS_PART_MAX) ||
                        (proxy->password && strlen(proxy->password) > SOCKS_PART_MAX)))
        wrong = "user or password is too long";
    proxy->port = port ? (uint16_t)strtol(port, NULL, 10) : 0;
    free(scheme);
    free(port);
    free(path);
    free(query);
    return wrong;
}

bool proxy_parse(const char *text, struct proxy *proxy, struct error *err)
{
    *proxy = (struct proxy){0};
    if (!text || !text[0])
        return true;
    CURLU *parsed = curl_url();
    const char *wrong = "not an address";
    if (curl_url_set(parsed, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK)
        wrong = read_parts(parsed, proxy);
    curl_url_cleanup(parsed);
    if (wrong) {
        proxy_fini(proxy);
        return refuse(text, wrong, err);
    }
    set_host(proxy);
    return true;
}

void proxy_fini(struct proxy *proxy)
{
    free(proxy->host);
    free(proxy->user);
    free(proxy->password);
    free(proxy->label);
    *proxy = (struct proxy){0};
}

/* --- CONNECT --- */

static void ask_http(struct proxy_talk *talk)
{
    const struct proxy *proxy = talk->proxy;
    bool is_v6 = strchr(talk->host, ':') != NULL;
    char *target = xasprintf("%s%s%s:%u", is_v6 ? "[" : "", talk->host, is_v6 ? "]" : "", talk->port);
    buffer_printf(&talk->out, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", target, target);
    free(target);
    if (proxy->user) {
        char *login = xasprintf("%s:%s", proxy->user, proxy->password ? proxy->password : "");
        buffer_add_string(&talk->out, "Proxy-Authorization: Basic ");
        base64_encode(&talk->out, login, strlen(login));
        buffer_add_string(&talk->out, "\r\n");
        free(login);
    }
    buffer_add_string(&talk->out, "\r\n");
    talk->need = 1;  // byte by byte: where the head ends, the peer's own words begin
}

static enum proxy_progress take_http(struct proxy_talk *talk, struct error *err)
{
    const struct buffer *in = &talk->in;
    if (in->len > HEAD_BYTES_MAX) {
        error_set(err, ERROR_AGAIN, "the proxy's answer is no HTTP");
        return PROXY_REFUSED;
    }
    if (in->len < 4 || memcmp(in->data + in->len - 4, "\r\n\r\n", 4) != 0)
        return PROXY_GOES_ON;
    int status = in->len > 12 && strncmp(in->data, "HTTP/1.", 7) == 0 ? atoi(in->data + 9) : 0;
    if (status >= 200 && status < 300)
        return PROXY_STANDS;
    if (status == 407)
        error_set(err, ERROR_DENIED, "the proxy wants another user or password (HTTP status 407)");
    else if (status == 403)
        error_set(err, ERROR_DENIED, "the proxy forbids this connection (HTTP status 403)");
    else
        error_set(err, ERROR_AGAIN, "the proxy refused with HTTP status %d", status);
    return PROXY_REFUSED;
}

/* --- SOCKS 5 --- */

enum socks_step { SOCKS_METHOD, SOCKS_LOGIN, SOCKS_REPLY, SOCKS_ADDRESS };

static void ask_socks(struct proxy_talk *talk)
{
    bool has_login = talk->proxy->user != NULL;
    buffer_add(&talk->out, has_login ? "\5\2\0\2" : "\5\1\0", has_login ? 4 : 3);
    talk->need = 2;
}

static void send_login(struct proxy_talk *talk)
{
    const char *parts[] = {talk->proxy->user, talk->proxy->password ? talk->proxy->password : ""};
    buffer_add_char(&talk->out, 1);
    for (int i = 0; i < 2; i++) {
        buffer_add_char(&talk->out, (char)strlen(parts[i]));
        buffer_add_string(&talk->out, parts[i]);
    }
    talk->step = SOCKS_LOGIN;
    talk->need = 2;
}

static void send_request(struct proxy_talk *talk)
{
    unsigned char address[16];
    struct buffer *out = &talk->out;
    buffer_add(out, "\5\1\0", 3);
    if (inet_pton(AF_INET, talk->host, address) == 1) {
        buffer_add_char(out, 1);
        buffer_add(out, address, 4);
    } else if (inet_pton(AF_INET6, talk->host, address) == 1) {
        buffer_add_char(out, 4);
        buffer_add(out, address, 16);
    } else {
        size_t len = strlen(talk->host) < SOCKS_PART_MAX ? strlen(talk->host) : SOCKS_PART_MAX;
        buffer_add_char(out, 3);
        buffer_add_char(out, (char)len);
        buffer_add(out, talk->host, len);
    }
    buffer_add_char(out, (char)(talk->port >> 8));
    buffer_add_char(out, (char)(talk->port & 0xff));
    talk->step = SOCKS_REPLY;
    talk->need = 5;  // up to the first byte of the address, which may be its length
}

static enum proxy_progress refuse_socks(struct error *err, int code)
{
    static const char *const words[] = {
        [1] = "general failure", [2] = "its rules forbid it", [3] = "network unreachable", [4] = "host unreachable",
        [5] = "connection refused", [6] = "took too long", [7] = "command not supported", [8] = "address not supported",
    };
    const char *word = code > 0 && code < (int)ARRAY_LENGTH(words) ? words[code] : "no reason known";
    error_set(err, code == 2 ? ERROR_DENIED : ERROR_AGAIN, "the proxy refused: %s (SOCKS reply %d)", word, code);
    return PROXY_REFUSED;
}

static enum proxy_progress take_socks_method(struct proxy_talk *talk, struct error *err)
{
    const char *in = talk->in.data;
    if (in[0] != 5) {
        error_set(err, ERROR_AGAIN, "the proxy does not speak SOCKS 5");
        return PROXY_REFUSED;
    }
    if (in[1] == 2 && talk->proxy->user) {
        send_login(talk);
    } else if (in[1] == 0) {
        send_request(talk);
    } else {
        error_set(err, ERROR_DENIED, "the proxy wants %s", talk->proxy->user ? "another way to log in" : "a user and a password");
        return PROXY_REFUSED;
    }
    return PROXY_GOES_ON;
}

static enum proxy_progress take_socks(struct proxy_talk *talk, struct error *err)
{
    const unsigned char *in = (const unsigned char *)talk->in.data;
    switch (talk->step) {
    case SOCKS_METHOD: return take_socks_method(talk, err);
    case SOCKS_LOGIN:
        if (in[1] != 0) {
            error_set(err, ERROR_DENIED, "the proxy refuses user or password");
            return PROXY_REFUSED;
        }
        send_request(talk);
        return PROXY_GOES_ON;
    case SOCKS_REPLY:
        if (in[0] != 5 || in[1] != 0)
            return refuse_socks(err, in[0] == 5 ? in[1] : 0);
        talk->step = SOCKS_ADDRESS;
        talk->need = (in[3] == 4 ? 16 : in[3] == 3 ? (size_t)in[4] + 1 : 4) - 1 + 2;
        return PROXY_GOES_ON;
    default: return PROXY_STANDS;
    }
}

/* --- The conversation --- */

void proxy_talk_init(struct proxy_talk *talk, const struct proxy *proxy, const char *host, uint16_t port)
{
    *talk = (struct proxy_talk){.proxy = proxy, .host = host, .port = port};
    if (proxy->kind == PROXY_HTTP)
        ask_http(talk);
    else
        ask_socks(talk);
}

void proxy_talk_fini(struct proxy_talk *talk)
{
    buffer_fini(&talk->out);
    buffer_fini(&talk->in);
}

enum proxy_progress proxy_talk_take(struct proxy_talk *talk, const char *bytes, size_t len, struct error *err)
{
    buffer_add(&talk->in, bytes, len);
    if (talk->proxy->kind == PROXY_HTTP)
        return take_http(talk, err);
    talk->need -= len;
    if (talk->need > 0)
        return PROXY_GOES_ON;
    enum proxy_progress progress = take_socks(talk, err);
    buffer_clear(&talk->in);
    return progress;
}
