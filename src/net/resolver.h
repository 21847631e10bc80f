/*
 * resolver.h - names to addresses, asked in threads: one name that hangs delays no other.
 * libwebsockets 4.1.6 calls getaddrinfo() in the loop, so websocket.h and http.h ask here and connect by address.
 * Each loop has one resolver. Thread: the loop's.
 */
#pragma once

#include <netinet/in.h>
#include <stddef.h>

#include "base/error.h"

struct loop;
struct resolver_query;

enum { RESOLVER_ADDRESSES_MAX = 8, RESOLVER_THREADS_MAX = 32 };

struct resolver_answer {
    size_t count;  // 0: error says why (ERROR_AGAIN: no answer, or an unknown name; ERROR_DENIED: it cannot be a name)
    char addresses[RESOLVER_ADDRESSES_MAX][INET6_ADDRSTRLEN];  // numeric, the best first
    struct error error;
};

typedef void (*resolver_fn)(void *data, const struct resolver_answer *answer);

/*
 * Answered in a later turn of the loop, never within the call. A numeric address, with or without the brackets of
 * IPv6, answers itself. The query is gone once fn was called or it was cancelled.
 */
struct resolver_query *resolver_ask(struct loop *loop, const char *name, resolver_fn fn, void *data);
void resolver_cancel(struct resolver_query *query);  // accepts NULL

/*
 * For tests: `lookup` replaces getaddrinfo(). It is called in any thread, may block, and fills the answer. It is
 * to end by itself: a loop that is destroyed does not wait for it.
 */
typedef void (*resolver_lookup_fn)(void *data, const char *name, struct resolver_answer *answer);
void resolver_set_lookup(struct loop *loop, resolver_lookup_fn lookup, void *data);
