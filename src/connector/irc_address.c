#include "connector/irc_address.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "net/url.h"

enum { PORT_TLS = 6697, PORT_PLAIN = 6667, HOST_BYTES_MAX = 253 };

static bool refuse(const char *text, struct error *err)
{
    return error_set(err, ERROR_DATA, "server \"%.200s\": expected a host (irc.libera.chat), host:port, ircs://host, "
                     "irc://host (without TLS) or wss://host/path", text);
}

static bool is_host(struct str host)
{
    if (host.len == 0 || host.len > HOST_BYTES_MAX)
        return false;
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.data[i];
        if (c <= ' ' || c == 0x7f || strchr("/@\\\"#?", c))
            return false;
    }
    return true;
}

static void set_host(struct irc_address *address, struct str host)
{
    address->host = xstrndup(host.data, host.len);
    for (char *c = address->host; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
}

/* "host", "host:port", "[::1]:port". */
static bool take_authority(struct irc_address *address, struct str text)
{
    const char *close = text.len && text.data[0] == '[' ? memchr(text.data, ']', text.len) : NULL;
    struct str host = close ? (struct str){text.data + 1, (size_t)(close - text.data) - 1} : text;
    const char *rest = close ? close + 1 : text.len ? memchr(text.data, ':', text.len) : NULL;
    const char *end = text.data + text.len;
    if (!close && rest)
        host.len = (size_t)(rest - text.data);
    if (!is_host(host))
        return false;
    set_host(address, host);
    if (!rest || rest == end)
        return true;
    unsigned long port = 0;
    for (const char *c = rest + 1; *rest == ':' && c < end; c++) {
        if (*c < '0' || *c > '9' || port > 65535)
            return false;
        port = port * 10 + (unsigned long)(*c - '0');
    }
    address->port = (uint16_t)port;
    return port > 0 && port <= 65535;
}

static bool take_websocket(struct irc_address *address, const char *text)
{
    struct url url = {0};
    bool ok = url_parse(text, "ws wss", &url, NULL);
    if (ok) {
        address->way = IRC_BY_WEBSOCKET;
        set_host(address, str_from(url.host));
        address->port = url.port;
        address->url = xstrdup(text);
    }
    url_fini(&url);
    return ok;
}

bool irc_address_parse(const char *text, struct irc_address *address, struct error *err)
{
    const char *at = text;
    if (strncasecmp(text, "ws://", 5) == 0 || strncasecmp(text, "wss://", 6) == 0)
        return take_websocket(address, text) || refuse(text, err);
    bool is_plain = strncasecmp(text, "irc://", 6) == 0, is_tls = strncasecmp(text, "ircs://", 7) == 0;
    address->way = is_plain ? IRC_BY_TCP : IRC_BY_TLS;
    address->port = is_plain ? PORT_PLAIN : PORT_TLS;
    at += is_plain ? 6 : is_tls ? 7 : 0;
    struct str authority = {at, strcspn(at, "/")};
    const char *channel = at + authority.len;
    channel += *channel == '/';
    if (!take_authority(address, authority) || (*channel && !is_plain && !is_tls))
        return refuse(text, err);
    size_t len = strcspn(channel, ",?");
    address->channel = len > 0 ? xstrndup(channel, len) : NULL;
    return true;
}

void irc_address_fini(struct irc_address *address)
{
    free(address->host);
    free(address->url);
    free(address->channel);
    *address = (struct irc_address){0};
}
