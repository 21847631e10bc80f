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

enum { TOKEN_TEXT_BYTES = 44, TOKEN_NAME_BYTES = 64 };  // both with the NUL

struct token {
    enum token_kind kind;
    enum api_role role;
    char name[TOKEN_NAME_BYTES];  // who, for the record
    int64_t made_ms, used_ms, expires_ms;  // Unix; expires_ms 0: never
};

/* Fills text with a new token (base64url), stores its hash. token->made_ms is set. */
void token_add(struct journal *journal, struct token *token, char text[TOKEN_TEXT_BYTES]);

/* False: there is none of that kind, or its time is over. */
bool token_find(struct journal *journal, enum token_kind kind, struct str text, struct token *found);

/* The first bits of its hash: to know one session from another. Never 0. */
uint64_t token_number(struct str text);

/* Remembers that it was used now and lengthens its life, at most once an hour. */
void token_touch(struct journal *journal, struct str text, struct token *token, int64_t life_ms);
void token_remove(struct journal *journal, enum token_kind kind, struct str text);

/* All programs' tokens of that name; returns how many there were. */
size_t token_remove_named(struct journal *journal, enum token_kind kind, const char *name);

/* Forgets those whose time is over. */
void token_sweep(struct journal *journal);

/* Appends a JSON array of names, roles and times of one kind. Never a hash. */
void token_write_list(const struct journal *journal, enum token_kind kind, struct buffer *out);

const char *api_role_name(enum api_role role);
enum api_role api_role_from_name(const char *name);  // API_ROLE_NONE: no such role
