/*
 * token.h - links, sessions and programs' tokens: 256 random bits, known here by their SHA-256 only. Kept in the
 * journal's state, so nothing waits for the disk and kill -9 signs nobody out. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/role.h"
#include "base/str.h"

struct buffer;
struct journal;

enum token_kind { TOKEN_LINK, TOKEN_SESSION, TOKEN_PROGRAM };

/* How long the session lasts that a link begins. */
enum token_life {
    TOKEN_LIFE_USUAL,    // some days since it was used last
    TOKEN_LIFE_SHOW,     // until the next show begins (show.h), TOKEN_SHOW_HOURS at most
    TOKEN_LIFE_FOREVER,  // until it is revoked
};

enum { TOKEN_SHOW_HOURS = 48 };

enum { TOKEN_TEXT_BYTES = 44, TOKEN_NAME_BYTES = 64 };  // both with the NUL

struct token {
    enum token_kind kind;
    enum api_role role;
    char name[TOKEN_NAME_BYTES];  // who, for the record
    int64_t made_ms, used_ms, expires_ms;  // Unix; expires_ms 0: never. A link with used_ms was used
    enum token_life life;
    uint64_t invite;              // the invitation it came from; 0: none
};

/* Fills text with a new token (base64url), stores its hash. token->made_ms is set. */
void token_add(struct journal *journal, struct token *token, char text[TOKEN_TEXT_BYTES]);

/* False: there is none of that kind, or its time is over. */
bool token_find(struct journal *journal, enum token_kind kind, struct str text, struct token *found);

/* The same, also of one whose time is over. */
bool token_look(struct journal *journal, enum token_kind kind, struct str text, struct token *found);
bool token_is_over(const struct journal *journal, const struct token *token);

/* A link was used: it stays until its time is over, so that who uses it again is told why not. */
void token_mark_used(struct journal *journal, struct str text, struct token *token);

/* The first bits of its hash: to know one session from another. Never 0. */
uint64_t token_number(struct str text);

/* Remembers that it was used now and lengthens its life, at most once an hour. */
void token_touch(struct journal *journal, struct str text, struct token *token, int64_t life_ms);
void token_remove(struct journal *journal, enum token_kind kind, struct str text);

/* All programs' tokens of that name; returns how many there were. */
size_t token_remove_named(struct journal *journal, enum token_kind kind, const char *name);

/* All links and sessions of an invitation. */
size_t token_remove_invite(struct journal *journal, uint64_t invite);

/* How many sessions of an invitation there are, and when one was used last. */
size_t token_count_sessions(const struct journal *journal, uint64_t invite, int64_t *used_ms);

/* Forgets those whose time is over. */
void token_sweep(struct journal *journal);

/* Appends a JSON array of names, roles and times of one kind. Never a hash. */
void token_write_list(const struct journal *journal, enum token_kind kind, struct buffer *out);

const char *api_role_name(enum api_role role);
const char *token_life_name(enum token_life life);  // "", "show", "forever"
enum token_life token_life_from_name(const char *name);  // what is none of these is the usual one
enum api_role api_role_from_name(const char *name);  // API_ROLE_NONE: no such role
