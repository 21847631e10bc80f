#include "api/proxies.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

struct range {
    unsigned char address[16];  // IPv4 as ::ffff:a.b.c.d
    int bits;
};

struct proxies {
    size_t count;
    struct range ranges[];
};

static bool parse_address(const char *text, unsigned char address[16], bool *is_v4)
{
    *is_v4 = inet_pton(AF_INET, text, address + 12) == 1;
    if (*is_v4) {
        memcpy(address, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
        return true;
    }
    return inet_pton(AF_INET6, text, address) == 1;
}

static bool parse_range(const char *text, struct range *range)
{
    char address[64];
    bool is_v4;
    size_t len = strcspn(text, "/");
    if (len >= sizeof(address))
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    if (!parse_address(address, range->address, &is_v4))
        return false;
    int most = is_v4 ? 32 : 128;
    char *end = NULL;
    long bits = text[len] == '/' ? strtol(text + len + 1, &end, 10) : most;
    if (bits < 0 || bits > most || (end && (*end || end == text + len + 1)))
        return false;
    range->bits = (int)bits + (is_v4 ? 96 : 0);
    return true;
}

struct proxies *proxies_create(const char *const *list, size_t count, struct error *err)
{
    struct proxies *proxies = xcalloc(1, sizeof(*proxies) + (count + 1) * sizeof(struct range));
    for (; proxies->count < count; proxies->count++) {
        if (count > PROXIES_MAX || !parse_range(list[proxies->count], &proxies->ranges[proxies->count])) {
            error_set(err, ERROR_DATA, "panel.trusted_proxies[%zu] \"%.60s\": expected an address like 127.0.0.1 or 10.0.0.0/8, "
                      "%d at most", proxies->count, list[proxies->count], PROXIES_MAX);
            free(proxies);
            return NULL;
        }
    }
    return proxies;
}

void proxies_destroy(struct proxies *proxies)
{
    free(proxies);
}

static bool is_within(const struct range *range, const unsigned char address[16])
{
    int whole = range->bits / 8, rest = range->bits % 8;
    unsigned char mask = (unsigned char)(0xff00 >> rest);
    return memcmp(range->address, address, (size_t)whole) == 0 &&
           (rest == 0 || ((range->address[whole] ^ address[whole]) & mask) == 0);
}

static bool is_ours(const struct proxies *proxies, const char *text)
{
    unsigned char address[16];
    bool is_v4;
    if (!parse_address(text, address, &is_v4))
        return false;
    for (size_t i = 0; i < proxies->count; i++) {
        if (is_within(&proxies->ranges[i], address))
            return true;
    }
    return false;
}

/* "203.0.113.7", "203.0.113.7:4711", "[2001:db8::1]:4711" → the address alone. */
static bool clean(const char *text, size_t len, char out[PROXY_ADDRESS_BYTES])
{
    unsigned char address[16];
    bool is_v4;
    while (len > 0 && strchr(" \t", *text)) {
        text++;
        len--;
    }
    while (len > 0 && strchr(" \t", text[len - 1]))
        len--;
    if (len > 0 && *text == '[') {
        const char *end = memchr(text, ']', len);
        len = end ? (size_t)(end - text - 1) : 0;
        text++;
    } else if (len > 0 && memchr(text, '.', len) && memchr(text, ':', len) == memrchr(text, ':', len)) {
        const char *colon = memchr(text, ':', len);
        len = colon ? (size_t)(colon - text) : len;
    }
    if (len == 0 || len >= PROXY_ADDRESS_BYTES)
        return false;
    memcpy(out, text, len);
    out[len] = '\0';
    return parse_address(out, address, &is_v4);
}

void proxies_find(const struct proxies *proxies, const char *peer, const char *forwarded, char found[PROXY_ADDRESS_BYTES])
{
    snprintf(found, PROXY_ADDRESS_BYTES, "%s", peer);
    size_t end = forwarded ? strlen(forwarded) : 0;
    while (end > 0 && is_ours(proxies, found)) {
        size_t begin = end;
        while (begin > 0 && forwarded[begin - 1] != ',')
            begin--;
        char next[PROXY_ADDRESS_BYTES];
        if (!clean(forwarded + begin, end - begin, next))
            return;
        memcpy(found, next, sizeof(next));
        end = begin > 0 ? begin - 1 : 0;
    }
}
