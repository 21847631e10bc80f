/*
 * links.h - does a text hold an address? "https://…", "www.…", "example.com", "example dot com", "example (.) com",
 * addresses in other scripts and in look-alike letters, mail addresses, numbers with a port. Thread: the relay's own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct links;

enum { LINK_DOMAIN_BYTES = 80 };

struct link_hit {
    uint32_t from, to;               // bytes of the text, half open
    char domain[LINK_DOMAIN_BYTES];  // as read, "example.com"; longer is cut
};

/* Keeps what a search needs, so that most cost nothing. */
struct links *links_create(void);
void links_destroy(struct links *links);  // accepts NULL

/*
 * The first address in valid UTF-8 that is none of `allowed` ("example.org" and all below it, in small letters; written
 * plainly: a look-alike is not that domain). False: there is none.
 */
bool links_find(struct links *links, struct str text, const char *const *allowed, size_t allowed_count,
                struct link_hit *hit);

/* "example.org": letters, digits, hyphens and a dot. For the configuration. */
bool links_is_domain(const char *text);
