/*
 * proxies.h - whose X-Forwarded-For is believed: the addresses that the configuration names, and nobody else's. Behind a
 * proxy all people would be one address, and one who guesses would keep all others out. Thread: any, once created.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct error;
struct proxies;

enum { PROXIES_MAX = 32, PROXY_ADDRESS_BYTES = 48 };

/* list: "127.0.0.1", "10.0.0.0/8", "fd00::/8". NULL: err names the entry. */
struct proxies *proxies_create(const char *const *list, size_t count, struct error *err);
void proxies_destroy(struct proxies *proxies);  // accepts NULL

/*
 * Who asks: `peer`, or, if that is one of ours, the last of the header's addresses that is not. forwarded: the header,
 * NULL: none. What is no address in it ends the search: nothing to the left of it was written by a proxy of ours.
 */
void proxies_find(const struct proxies *proxies, const char *peer, const char *forwarded, char found[PROXY_ADDRESS_BYTES]);
