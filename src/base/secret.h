/*
 * secret.h - which keys of a configuration hold secrets, and how a text refers to one. One list, so that what is masked
 * for clients, left out of errors and moved into secrets.json is the same. Thread: any.
 */
#pragma once

#include <stdbool.h>

/* True if what stands under this key is not to be shown: "api_key", "token", "cookie" … in any case. */
bool secret_is_key(const char *key);

/* True for "secret:NAME", which says nothing by itself. */
bool secret_is_reference(const char *text);
