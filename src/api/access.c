#include "api/access.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/invites.h"
#include "api/proxies.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "net/server.h"
#include "relay/journal.h"

enum { LINK_MINUTES = 10, LINK_MINUTES_MAX = 7 * 24 * 60, SESSION_DAYS = 30, HOST_BYTES_MAX = 300, COOKIE_DAYS_MAX = 400 };

const char access_cookie[] = "antiphon_session";

struct access {
    struct journal *journal;
    char *address;         // "127.0.0.1"; NULL: no TCP
    uint16_t port;
    char *public_scheme, *public_host;  // NULL: none; host with its port if it names one
    char *base_path;
    char **hosts;          // further names with their ports
    size_t host_count;
    bool has_certificate;
    struct proxies *proxies;
    int link_minutes;
    int64_t session_ms;
};

/* --- Addresses --- */

/* "127.0.0.1:8470", "[::1]:8470", "localhost:0". */
static bool parse_listen(struct access *access, const char *listen, struct error *err)
{
    const char *colon = strrchr(listen, ':');
    char *end = NULL;
    unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
    if (!colon || colon == listen || end == colon + 1 || *end || port > 65535)
        return error_set(err, ERROR_DATA, "panel.listen \"%s\": expected as in 127.0.0.1:8470", listen);
    size_t len = (size_t)(colon - listen);
    if (listen[0] == '[' && listen[len - 1] == ']') {
        access->address = xstrndup(listen + 1, len - 2);
    } else {
        access->address = xstrndup(listen, len);
    }
    access->port = (uint16_t)port;
    return true;
}

static bool parse_public_url(struct access *access, const char *url, struct error *err)
{
    const char *rest = strstr(url, "://");
    size_t scheme_len = rest ? (size_t)(rest - url) : 0;
    bool is_http = scheme_len == 4 && strncmp(url, "http", 4) == 0;
    bool is_https = scheme_len == 5 && strncmp(url, "https", 5) == 0;
    if (!is_http && !is_https)
        return error_set(err, ERROR_DATA, "panel.public_url \"%s\": expected as in https://desk.example", url);
    rest += 3;
    size_t host_len = strcspn(rest, "/?#");
    if (host_len == 0 || memchr(rest, '@', host_len) || rest[host_len] == '?' || rest[host_len] == '#')
        return error_set(err, ERROR_DATA, "panel.public_url \"%s\": expected as in https://desk.example/path", url);
    access->public_scheme = xstrndup(url, scheme_len);
    access->public_host = xstrndup(rest, host_len);
    rest += host_len;
    size_t path_len = strlen(rest);
    while (path_len > 0 && rest[path_len - 1] == '/')
        path_len--;
    access->base_path = xstrndup(rest, path_len);
    return true;
}

struct access *access_create(const struct access_options *options, struct journal *journal, struct error *err)
{
    struct access *access = xcalloc(1, sizeof(*access));
    access->journal = journal;
    access->has_certificate = options->has_certificate;
    access->link_minutes = options->link_minutes > 0 ? options->link_minutes : LINK_MINUTES;
    access->session_ms = INT64_C(86400000) * (options->session_days > 0 ? options->session_days : SESSION_DAYS);
    bool is_good = !options->listen || parse_listen(access, options->listen, err);
    if (is_good && options->public_url && *options->public_url)
        is_good = parse_public_url(access, options->public_url, err);
    if (!access->base_path)
        access->base_path = xstrdup("");
    access->hosts = xcalloc(options->host_count + 1, sizeof(*access->hosts));
    for (; access->host_count < options->host_count; access->host_count++)
        access->hosts[access->host_count] = xstrdup(options->hosts[access->host_count]);
    access->proxies = is_good ? proxies_create(options->trusted_proxies, options->trusted_proxy_count, err) : NULL;
    if (access->proxies) {
        token_sweep(journal);
        invites_sweep(journal);
        return access;
    }
    access_destroy(access);
    return NULL;
}

void access_destroy(struct access *access)
{
    if (!access)
        return;
    for (size_t i = 0; i < access->host_count; i++)
        free(access->hosts[i]);
    free(access->hosts);
    proxies_destroy(access->proxies);
    free(access->address);
    free(access->public_scheme);
    free(access->public_host);
    free(access->base_path);
    free(access);
}

const char *access_address(const struct access *access)
{
    return access->address;
}

uint16_t access_port(const struct access *access)
{
    return access->port;
}

void access_set_port(struct access *access, uint16_t port)
{
    access->port = port;
}

const char *access_base_path(const struct access *access)
{
    return access->base_path;
}

static bool is_wildcard(const char *address)
{
    return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

bool access_is_loopback(const struct access *access)
{
    return access->address && (strncmp(access->address, "127.", 4) == 0 || strcmp(access->address, "::1") == 0 ||
                               strcasecmp(access->address, "localhost") == 0);
}

bool access_is_secure(const struct access *access)
{
    return access->public_scheme ? strcmp(access->public_scheme, "https") == 0 : access->has_certificate;
}

char *access_url(const struct access *access)
{
    if (access->public_host)
        return xasprintf("%s://%s%s", access->public_scheme, access->public_host, access->base_path);
    const char *address = !access->address || is_wildcard(access->address) ? "127.0.0.1" : access->address;
    bool is_ipv6 = strchr(address, ':') != NULL;
    return xasprintf("%s://%s%s%s:%u", access->has_certificate ? "https" : "http", is_ipv6 ? "[" : "", address,
                     is_ipv6 ? "]" : "", access->port);
}

/* --- Host and Origin --- */

/* Splits "name:port"; port -1: none given. False: no host at all. */
static bool split_host(const char *host, char name[HOST_BYTES_MAX], int *port)
{
    size_t len = strlen(host);
    const char *colon = strrchr(host, ':');
    if (colon && strchr(colon, ']'))
        colon = NULL;  // "[::1]"
    *port = colon ? atoi(colon + 1) : -1;
    if (colon)
        len = (size_t)(colon - host);
    if (len > 1 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    }
    if (len == 0 || len >= HOST_BYTES_MAX)
        return false;
    memcpy(name, host, len);
    name[len] = '\0';
    return true;
}

static bool is_same_host(const char *given, const char *listed)
{
    char given_name[HOST_BYTES_MAX], listed_name[HOST_BYTES_MAX];
    int given_port, listed_port;
    if (!split_host(given, given_name, &given_port) || !split_host(listed, listed_name, &listed_port))
        return false;
    bool is_usual = (given_port == -1 || given_port == 80 || given_port == 443) &&
                    (listed_port == -1 || listed_port == 80 || listed_port == 443);
    return strcasecmp(given_name, listed_name) == 0 && (given_port == listed_port || is_usual);
}

static bool is_numeric(const char *name)
{
    unsigned char address[16];
    return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

/* "127.evil.example" is a name like any other, and may be rebound to us. */
static bool is_loopback_number(const char *name)
{
    return is_numeric(name) && (strncmp(name, "127.", 4) == 0 || strcmp(name, "::1") == 0);
}

/* A number as Host cannot come from a rebound name, so every one is good where we listen on all of them. */
static bool is_own_address(const struct access *access, const char *host)
{
    char name[HOST_BYTES_MAX];
    int port;
    if (!access->address || !split_host(host, name, &port) || (port == -1 ? 80 : port) != access->port)
        return false;
    if (strcasecmp(name, access->address) == 0)
        return true;
    if (access_is_loopback(access))
        return strcasecmp(name, "localhost") == 0 || is_loopback_number(name);
    return is_wildcard(access->address) && (is_numeric(name) || strcasecmp(name, "localhost") == 0);
}

static bool is_allowed_host(const struct access *access, const char *host)
{
    if (is_own_address(access, host) || (access->public_host && is_same_host(host, access->public_host)))
        return true;
    for (size_t i = 0; i < access->host_count; i++) {
        if (is_same_host(host, access->hosts[i]))
            return true;
    }
    return false;
}

static bool is_allowed_origin(const struct access *access, const char *origin)
{
    const char *host = strstr(origin, "://");
    if (!host || (strncmp(origin, "http://", 7) != 0 && strncmp(origin, "https://", 8) != 0))
        return false;
    // Who can answer for http://desk.example is not who holds the certificate of https://desk.example.
    bool is_public = access->public_host && is_same_host(host + 3, access->public_host);
    if (is_public && !str_equal((struct str){origin, (size_t)(host - origin)}, str_from(access->public_scheme)))
        return is_own_address(access, host + 3);
    return is_allowed_host(access, host + 3);
}

const char *access_peer(const struct access *access, const struct server_request *request)
{
    static char found[PROXY_ADDRESS_BYTES];
    proxies_find(access->proxies, server_request_peer(request), server_request_header(request, "x-forwarded-for"), found);
    return found;
}

int access_check_place(const struct access *access, const struct server_request *request, struct error *err)
{
    if (server_request_is_unix(request))
        return 0;
    const char *host = server_request_header(request, "host");
    const char *origin = server_request_header(request, "origin");
    if (!host || !is_allowed_host(access, host)) {
        error_set(err, ERROR_DENIED, "Host \"%.100s\" is not one of ours: see panel.listen and panel.public_url",
                  host ? host : "");
        return 403;
    }
    if (origin && !is_allowed_origin(access, origin)) {
        error_set(err, ERROR_DENIED, "Origin \"%.100s\" is not one of ours: see panel.listen and panel.public_url", origin);
        return 403;
    }
    return 0;
}

/* --- Credentials --- */

static void take_identity(const struct token *token, struct identity *who)
{
    *who = (struct identity){.role = token->role, .invite = token->invite, .expires_ms = token->expires_ms,
                             .is_for_show = token->life == TOKEN_LIFE_SHOW};
    snprintf(who->name, sizeof(who->name), "%s", token->name);
}

static bool check_bearer(const struct access *access, const char *header, struct identity *who)
{
    struct token token;
    if (strncasecmp(header, "Bearer ", 7) != 0)
        return false;
    struct str text = str_from(header + 7 + strspn(header + 7, " "));
    if (!token_find(access->journal, TOKEN_PROGRAM, text, &token))
        return false;
    token_touch(access->journal, text, &token, 0);
    who->role = token.role;
    snprintf(who->name, sizeof(who->name), "%s", token.name);
    return true;
}

static bool check_cookie(const struct access *access, const struct server_request *request, struct identity *who)
{
    struct token token;
    const char *cookie = server_request_cookie(request, access_cookie);
    if (!cookie || !token_find(access->journal, TOKEN_SESSION, str_from(cookie), &token))
        return false;
    token_touch(access->journal, str_from(cookie), &token, access->session_ms);
    take_identity(&token, who);
    who->session = token_number(str_from(cookie));
    return true;
}

/*
 * A browser sends its cookie along with what other sites make it ask for: where something may change, or a websocket
 * opens, the page must say that it is ours. Browsers always name the Origin there.
 */
static bool needs_origin(const struct server_request *request)
{
    enum server_method method = server_request_method(request);
    return server_request_header(request, "upgrade") || (method != METHOD_GET && method != METHOD_HEAD);
}

int access_check(const struct access *access, const struct server_request *request, struct identity *who,
                 struct error *err)
{
    *who = (struct identity){0};
    if (server_request_is_unix(request)) {
        *who = (struct identity){.role = API_ROLE_OWNER, .name = "local", .is_local = true};
        return 0;
    }
    int status = access_check_place(access, request, err);
    if (status != 0)
        return status;
    const char *authorization = server_request_header(request, "authorization");
    if (authorization && check_bearer(access, authorization, who))
        return 0;
    if (!authorization && check_cookie(access, request, who)) {
        if (!needs_origin(request) || server_request_header(request, "origin"))
            return 0;
        error_set(err, ERROR_DENIED, "a session's request must name its Origin");
        return 403;
    }
    error_set(err, ERROR_DENIED, authorization ? "this token is not known, or was removed"
                                               : "sign in first: `antiphon link` prints a link");
    return 401;
}

/* --- Signing in --- */

static int64_t link_life_ms(const struct access *access, int minutes)
{
    if (minutes <= 0)
        minutes = access->link_minutes;
    return INT64_C(60000) * (minutes < LINK_MINUTES_MAX ? minutes : LINK_MINUTES_MAX);
}

static void write_name(char out[TOKEN_NAME_BYTES], const char *name, enum api_role role)
{
    if (name && *name) {
        snprintf(out, TOKEN_NAME_BYTES, "%s", name);
    } else {
        snprintf(out, TOKEN_NAME_BYTES, "%s-%04" PRIx64, api_role_name(role), random_below(1 << 16));
    }
}

void access_add_link(struct access *access, enum api_role role, const char *name, int minutes,
                     char text[TOKEN_TEXT_BYTES])
{
    struct token token = {.kind = TOKEN_LINK, .role = role, .expires_ms = clock_unix_ms() + link_life_ms(access, minutes)};
    write_name(token.name, name, role);
    token_add(access->journal, &token, text);
}

bool access_invite(struct access *access, struct invite *invite, int minutes, char text[TOKEN_TEXT_BYTES], struct error *err)
{
    if (!*invite->name)
        write_name(invite->name, NULL, invite->role);
    return invites_add(access->journal, invite, (int)(link_life_ms(access, minutes) / 60000), text, err);
}

static int64_t session_end_ms(const struct access *access, const struct token *token)
{
    switch (token->life) {
    case TOKEN_LIFE_FOREVER: return 0;
    case TOKEN_LIFE_SHOW: return token->used_ms + INT64_C(3600000) * TOKEN_SHOW_HOURS;
    case TOKEN_LIFE_USUAL: break;
    }
    return token->used_ms + access->session_ms;
}

enum link_state access_use_link(struct access *access, struct str link, char session[TOKEN_TEXT_BYTES], struct identity *who)
{
    struct token token;
    *who = (struct identity){0};
    if (!token_look(access->journal, TOKEN_LINK, link, &token))
        return LINK_UNKNOWN;
    take_identity(&token, who);
    if (token.used_ms != 0)
        return LINK_USED;
    if (token_is_over(access->journal, &token))
        return LINK_EXPIRED;
    token_mark_used(access->journal, link, &token);
    invites_mark_used(access->journal, token.invite);
    token.kind = TOKEN_SESSION;
    token.expires_ms = session_end_ms(access, &token);
    token_add(access->journal, &token, session);
    take_identity(&token, who);
    return LINK_GOOD;
}

void access_end_session(struct access *access, const struct server_request *request)
{
    const char *cookie = server_request_cookie(request, access_cookie);
    if (cookie)
        token_remove(access->journal, TOKEN_SESSION, str_from(cookie));
}

char *access_cookie_header(const struct access *access, const char *session, const struct identity *who)
{
    // A browser keeps none longer than that; each visit of the panel begins it anew.
    int64_t seconds = INT64_C(86400) * COOKIE_DAYS_MAX;
    if (!session) {
        seconds = 0;
    } else if (who->expires_ms != 0) {
        seconds = (who->expires_ms - clock_unix_ms()) / 1000;
    }
    return xasprintf("%s=%s; Path=%s/; Max-Age=%" PRId64 "; HttpOnly; SameSite=Lax%s", access_cookie,
                     session ? session : "", access->base_path, seconds, access_is_secure(access) ? "; Secure" : "");
}
