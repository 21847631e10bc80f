/*
 * invites.h - invitations: who was let in by whom, as what, how long, and what became of it. The link's token is used
 * once; the sessions that come from it carry the invitation's number, so that all of them end with it at once. Kept in the
 * journal's state. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/token.h"

struct access;
struct error;
struct journal;

enum { INVITES_MAX = 200, INVITE_MINUTES_MAX = 7 * 24 * 60 };

struct invite {
    uint64_t id;
    enum api_role role;
    enum token_life life;
    char name[TOKEN_NAME_BYTES];   // of the guest
    char by[TOKEN_NAME_BYTES];
    int64_t made_ms, expires_ms;   // Unix; of the link
    int64_t used_ms;               // 0: not yet
};

/* Fills id and times; text: the link's token. False: there are INVITES_MAX already; err says what to do. */
bool invites_add(struct journal *journal, struct invite *invite, int minutes, char text[TOKEN_TEXT_BYTES],
                 struct error *err);

/* False: there is none of this number. */
bool invites_find(const struct journal *journal, uint64_t id, struct invite *invite);

/* Its link was used. */
void invites_mark_used(struct journal *journal, uint64_t id);

/* With its link and all sessions that came from it; open sockets are the caller's. False: there is none. */
bool invites_remove(struct journal *journal, uint64_t id);

/* Oldest first. fn must not change them. */
void invites_each(const struct journal *journal, void (*fn)(void *data, const struct invite *invite), void *data);

/* Those of which nothing is left: never used and over for a day, or used and no session is there any more. */
void invites_sweep(struct journal *journal);
