/* url.h - an address taken apart. Errors never quote it: keys live in paths and queries. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct error;

struct url {
    char *scheme;   // "wss", lower case
    char *host;     // a name, or a number without brackets
    uint16_t port;  // the scheme's own if the address names none
    char *target;   // path and query, begins with "/"
    bool is_tls;
    bool has_port;  // other than the scheme's own
};

/* schemes: those accepted, "ws wss". {0} before; url_fini() after, also after false. */
bool url_parse(const char *text, const char *schemes, struct url *url, struct error *err);
void url_fini(struct url *url);

/* The host is this machine by its name or number: no proxy is asked for it. */
bool url_is_local(const struct url *url);

/* "wss://host:port", for people. The caller frees. */
char *url_label(const struct url *url);
