/*
 * access.h - who may speak with us: Host and Origin against a list (DNS rebinding), cookie, bearer token, Unix socket.
 * Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/token.h"

struct access;
struct error;
struct invite;
struct journal;
struct server_request;

/* Who asks. */
struct identity {
    enum api_role role;
    char name[TOKEN_NAME_BYTES];  // for the record: "anna", "local"
    bool is_local;                // came by the Unix socket
    uint64_t session;             // which browser's session; 0: none
    uint64_t invite;              // that it came from; 0: none
    int64_t expires_ms;           // Unix; 0: not foreseen
    bool is_for_show;             // until the next one begins
};

/* As in api.h; copied. */
struct access_options {
    const char *listen, *public_url;
    const char *const *hosts;
    size_t host_count;
    bool has_certificate;
    const char *const *trusted_proxies;  // proxies.h
    size_t trusted_proxy_count;
    int link_minutes, session_days;
};

/* NULL: public_url or listen cannot be read; err names it. */
struct access *access_create(const struct access_options *options, struct journal *journal, struct error *err);
void access_destroy(struct access *access);  // accepts NULL

const char *access_address(const struct access *access);  // where to listen; NULL: no TCP
uint16_t access_port(const struct access *access);
bool access_is_loopback(const struct access *access);

/* The port that is really listened on: for lists and links. */
void access_set_port(struct access *access, uint16_t port);

/* Below what path a proxy shows us: "" or "/antiphon". */
const char *access_base_path(const struct access *access);

/* "https://desk.example/antiphon" or "http://127.0.0.1:8470", without a slash at the end; the caller frees. */
char *access_url(const struct access *access);
bool access_is_secure(const struct access *access);  // people come by https

/* 0: come in, *who is filled. Else the HTTP status, and err in words. */
int access_check(const struct access *access, const struct server_request *request, struct identity *who,
                 struct error *err);

/* Who asks: the address as proxies.h finds it. Static, until the next call. */
const char *access_peer(const struct access *access, const struct server_request *request);

/* Only Host, and Origin where there is one: for what needs no credential. */
int access_check_place(const struct access *access, const struct server_request *request, struct error *err);

/* --- Signing in --- */

extern const char access_cookie[];  // the session cookie's name

enum link_state { LINK_UNKNOWN, LINK_USED, LINK_EXPIRED, LINK_GOOD };

/* Uses the link up. session: the new cookie's value, if it was good. who: also of a link that was used or is too old. */
enum link_state access_use_link(struct access *access, struct str link, char session[TOKEN_TEXT_BYTES], struct identity *who);
void access_end_session(struct access *access, const struct server_request *request);

/*
 * "antiphon_session=…; Path=…; HttpOnly; SameSite=Lax…"; the caller frees. who: whose, for how long it stays. session NULL:
 * the one that deletes it.
 */
char *access_cookie_header(const struct access *access, const char *session, const struct identity *who);

/* A link's token with its role and life; name: who it is for, NULL: the role with a number. */
void access_add_link(struct access *access, enum api_role role, const char *name, int minutes,
                     char text[TOKEN_TEXT_BYTES]);

/*
 * The same as an invitation that is remembered, listed and revoked. Role, life, name ("": the role with a number) and by are
 * the caller's; the rest is filled in. False: there are too many, err says so.
 */
bool access_invite(struct access *access, struct invite *invite, int minutes, char text[TOKEN_TEXT_BYTES], struct error *err);
