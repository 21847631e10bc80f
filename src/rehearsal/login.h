/*
 * login.h - the platforms' account servers, for the sides that want to know whose request it is. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>

struct rehearsal;
struct server_request;

/*
 * A token that /login/PLATFORM/… has given out and that has neither ended nor been revoked; or the fixed one,
 * "rehearsal-PLATFORM-token", which lives until `revoke`.
 */
bool login_side_knows(const struct rehearsal *rehearsal, const char *platform, const char *token);

/* The token of "Authorization: Bearer TOKEN"; NULL: none. */
const char *login_side_token(const struct server_request *request);
