#include "overlay/picture_hosts.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "net/url.h"

/* Where the platforms and the sets of emotes keep what they name in messages; the notes of each wire say so. */
static const char *const known[] = {
    "*.jtvnw.net",             // Twitch: emotes, badges, profiles
    "d3aqoihi2n8ty8.cloudfront.net",  // Twitch: what bits are cheered with
    "*.ggpht.com",             // YouTube: profiles, emojis
    "*.googleusercontent.com",
    "*.gstatic.com",           // YouTube: gifts
    "*.ytimg.com",
    "files.kick.com",
    "images.kick.com",
    "*.tiktokcdn.com",
    "*.tiktokcdn-us.com",
    "*.tiktokcdn-eu.com",
    "*.fbcdn.net",             // Facebook
    "*.fbsbx.com",
    "*.cdninstagram.com",
    "graph.facebook.com",
    "pbs.twimg.com",           // X
    "abs.twimg.com",
    "cdn.discordapp.com",
    "media.discordapp.net",
    "*.redd.it",               // Reddit
    "*.redditmedia.com",
    "*.redditstatic.com",
    "*.hdslb.com",             // Bilibili
    "*.douyinpic.com",
    "*.byteimg.com",
    "*.yximgs.com",            // Kuaishou
    "*.kwimgs.com",
    "cdn.7tv.app",
    "cdn.betterttv.net",
    "cdn.frankerfacez.com",
    "cdn.streamelements.com",
    "cdn.streamlabs.com",
    "storage.ko-fi.com",
};

struct entry {
    char *scheme;   // owned; NULL: https
    char *host;     // owned, without the star's dot
    int port;       // 0: the scheme's own
    bool is_below;  // "*."
};

struct picture_hosts {
    struct entry *entries;  // owned, the configuration's
    size_t count;
};

/* ---- one entry */

static void entry_fini(struct entry *entry)
{
    free(entry->scheme);
    free(entry->host);
}

static bool is_name(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
    return len > 0 && len < 254 && text[len] == '\0' && text[0] != '.' && text[len - 1] != '.';
}

static bool read_origin(const char *text, struct entry *entry, struct error *err)
{
    struct url url = {0};
    bool is_good = url_parse(text, "http https", &url, NULL) && strcmp(url.target, "/") == 0;
    if (is_good)
        *entry = (struct entry){xstrdup(url.scheme), xstrdup(url.host), url.has_port ? url.port : 0, false};
    url_fini(&url);
    return is_good || error_set(err, ERROR_DATA, "expected a host, \"*.\" and a host, or an origin like http://127.0.0.1:8080");
}

static bool read_entry(const char *text, struct entry *entry, struct error *err)
{
    if (strstr(text, "://"))
        return read_origin(text, entry, err);
    bool is_below = strncmp(text, "*.", 2) == 0;
    const char *name = text + (is_below ? 2 : 0);
    // "*.com" would be half of the world.
    if (!is_name(name) || (is_below && !strchr(name, '.')))
        return error_set(err, ERROR_DATA, "expected a host, \"*.\" and a host of two parts, or an origin like http://127.0.0.1:8080");
    *entry = (struct entry){NULL, xstrdup(name), 0, is_below};
    return true;
}

bool picture_hosts_check(const char *entry, struct error *err)
{
    struct entry read = {0};
    bool is_good = read_entry(entry, &read, err);
    entry_fini(&read);
    return is_good;
}

struct picture_hosts *picture_hosts_create(const char *const *entries)
{
    struct picture_hosts *hosts = xcalloc(1, sizeof(*hosts));
    for (size_t i = 0; entries && entries[i]; i++) {
        hosts->entries = xreallocarray(hosts->entries, hosts->count + 1, sizeof(*hosts->entries));
        if (read_entry(entries[i], &hosts->entries[hosts->count], NULL))
            hosts->count++;
    }
    return hosts;
}

void picture_hosts_destroy(struct picture_hosts *hosts)
{
    if (!hosts)
        return;
    for (size_t i = 0; i < hosts->count; i++)
        entry_fini(&hosts->entries[i]);
    free(hosts->entries);
    free(hosts);
}

/* ---- addresses (IANA's registries of special addresses, RFC 6890) */

static bool is_public_v4(uint32_t address)
{
    static const struct {
        uint32_t network;
        int bits;
    } special[] = {{0x00000000, 8}, {0x0a000000, 8}, {0x64400000, 10}, {0x7f000000, 8}, {0xa9fe0000, 16}, {0xac100000, 12},
        {0xc0000000, 24}, {0xc0000200, 24}, {0xc0a80000, 16}, {0xc6120000, 15}, {0xc6336400, 24}, {0xcb007100, 24},
        {0xe0000000, 3}};
    for (size_t i = 0; i < ARRAY_LENGTH(special); i++) {
        if (address >> (32 - special[i].bits) == special[i].network >> (32 - special[i].bits))
            return false;
    }
    return true;
}

static uint32_t big_endian(const unsigned char bytes[4])
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Only 2000::/3 is given out; of it, what carries an address of IPv4 is that one. */
static bool is_public_v6(const unsigned char bytes[16])
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff}, nat64[12] = {0, 0x64, 0xff, 0x9b};
    if (memcmp(bytes, mapped, 12) == 0 || memcmp(bytes, nat64, 12) == 0)
        return is_public_v4(big_endian(bytes + 12));
    if (bytes[0] == 0x20 && bytes[1] == 0x02)
        return is_public_v4(big_endian(bytes + 2));
    bool is_documentation = big_endian(bytes) == 0x20010db8, is_teredo = big_endian(bytes) == 0x20010000;
    return (bytes[0] & 0xe0) == 0x20 && !is_documentation && !is_teredo;
}

static bool is_public(const char *address)
{
    unsigned char bytes[16];
    if (inet_pton(AF_INET, address, bytes) == 1)
        return is_public_v4(big_endian(bytes));
    return inet_pton(AF_INET6, address, bytes) == 1 && is_public_v6(bytes);
}

/* ---- the list */

static bool is_below(const char *host, const char *name)
{
    size_t host_len = strlen(host), len = strlen(name);
    return host_len > len + 1 && host[host_len - len - 1] == '.' && strcasecmp(host + host_len - len, name) == 0;
}

static bool is_known(const struct url *url)
{
    if (!url->is_tls || url->has_port)
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        if (known[i][0] == '*' ? is_below(url->host, known[i] + 2) : strcasecmp(url->host, known[i]) == 0)
            return true;
    }
    return false;
}

static const struct entry *find(const struct picture_hosts *hosts, const struct url *url)
{
    for (size_t i = 0; i < hosts->count; i++) {
        const struct entry *entry = &hosts->entries[i];
        if (strcmp(url->scheme, entry->scheme ? entry->scheme : "https") != 0 ||
            (url->has_port ? url->port : 0) != entry->port)
            continue;
        if (entry->is_below ? is_below(url->host, entry->host) : strcasecmp(url->host, entry->host) == 0)
            return entry;
    }
    return NULL;
}

bool picture_hosts_allow(const struct picture_hosts *hosts, const struct url *url, const char *address)
{
    const struct entry *entry = find(hosts, url);
    if (!entry && !is_known(url))
        return false;
    return !address || (entry && !entry->is_below) || is_public(address);
}
