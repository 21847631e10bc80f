/* login_json.h - accounts at platforms as clients read them; who is to log in is for owners' eyes. Thread: the loop's. */
#pragma once

#include <stdbool.h>

#include "api/role.h"

struct api;
struct buffer;
struct login;
struct relay;

/*
 * What login_describe() says, and with a prompt "qr": its address as rows of "0" and "1" (dark). Without the prompt unless
 * the role is owner: whoever has it could log in with another account.
 */
void login_write_json(const struct login *login, enum api_role role, struct buffer *out);

/* Appends ,"logins":[…]. */
void logins_write_snapshot(const struct relay *relay, enum api_role role, struct buffer *out);

/* To every client that reads of sources, each as its role may see it. */
void login_send(struct api *api, const struct login *login);
