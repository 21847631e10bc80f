/*
 * proxy.h - the proxy of a source, as its configuration names it, and the words spoken to it before a tunnel stands.
 * Sources: RFC 9110, 9.3.6 (CONNECT); RFC 1928 and 1929 (SOCKS 5). Thread: its owner's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct error;

enum proxy_kind { PROXY_NONE, PROXY_HTTP, PROXY_SOCKS5 };

/* {0} is no proxy. */
struct proxy {
    enum proxy_kind kind;
    char *host;             // a name, or a number without brackets
    uint16_t port;
    char *user, *password;  // decoded; NULL: no login
    char *label;            // "socks5h://host:port", for people
};

/*
 * "http://[user:password@]host:port" or "socks5h://[user:password@]host:port", where names are the proxy's to resolve.
 * NULL and "" are no proxy. False: err quotes the text without user and password. proxy_fini() after either.
 */
bool proxy_parse(const char *text, struct proxy *proxy, struct error *err);
void proxy_fini(struct proxy *proxy);

/*
 * The conversation that asks the proxy for host:port. Nothing is read beyond it: a server that speaks first is not
 * robbed of its words.
 */
struct proxy_talk {
    const struct proxy *proxy;  // borrowed
    const char *host;           // borrowed
    uint16_t port;
    int step;
    struct buffer out;  // to be sent; the owner consumes it
    struct buffer in;
    size_t need;        // bytes to be read next, no more
};

enum proxy_progress { PROXY_GOES_ON, PROXY_STANDS, PROXY_REFUSED };

void proxy_talk_init(struct proxy_talk *talk, const struct proxy *proxy, const char *host, uint16_t port);
void proxy_talk_fini(struct proxy_talk *talk);

/* At most talk->need bytes from the proxy. PROXY_REFUSED: err says why, DENIED if a person must act. */
enum proxy_progress proxy_talk_take(struct proxy_talk *talk, const char *bytes, size_t len, struct error *err);
