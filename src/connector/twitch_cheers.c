#include "connector/twitch_cheers.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/json.h"
#include "base/memory.h"

enum { PREFIX_BYTES = 48, TIERS_MAX = 8, CHEERS_MAX = 512, DIGITS_MAX = 9 };

struct tier {
    int64_t bits;
    char *url;  // owned
};

struct entry {
    char prefix[PREFIX_BYTES];
    struct tier tiers[TIERS_MAX];  // by rising bits
    size_t tier_count;
};

struct twitch_cheers {
    size_t count;
    struct entry entries[];
};

/* Those that work in every channel (help.twitch.tv, 2026); their pictures' addresses follow one scheme. */
static const char *const known[] = {
    "Cheer", "DoodleCheer", "BibleThump", "cheerwhal", "Corgo", "uni", "ShowLove", "Party", "SeemsGood", "Pride",
    "Kappa", "FrankerZ", "HeyGuys", "DansGame", "EleGiggle", "TriHard", "Kreygasm", "4Head", "SwiftRage",
    "NotLikeThis", "FailFish", "VoHiYo", "PJSalt", "MrDestructoid", "bday", "RIPCheer", "Shamrock", "BitBoss",
    "Streamlabs", "Muxy", "HolidayCheer", "Goal", "Anon", "Charity",
};

/* ---- a channel's own ---- */

static const char *find_url(const json_t *tier)
{
    const json_t *dark = json_object_get(json_object_get(tier, "images"), "dark");
    const char *url = json_get_text(json_object_get(dark, "animated"), "2");
    if (!url)
        url = json_get_text(json_object_get(dark, "static"), "2");
    return url && strncmp(url, "https://", 8) == 0 && strlen(url) < TWITCH_CHEER_URL_BYTES ? url : NULL;
}

static void add_tier(struct entry *entry, const json_t *tier)
{
    int64_t bits = json_get_int(tier, "min_bits", 0);
    const char *url = find_url(tier);
    if (bits <= 0 || !url || entry->tier_count == TIERS_MAX)
        return;
    size_t i = entry->tier_count++;
    for (; i > 0 && entry->tiers[i - 1].bits > bits; i--)
        entry->tiers[i] = entry->tiers[i - 1];
    entry->tiers[i] = (struct tier){bits, xstrdup(url)};
}

static void add_entry(struct twitch_cheers *cheers, const json_t *item)
{
    const char *prefix = json_get_text(item, "prefix");
    const json_t *tiers = json_object_get(item, "tiers"), *tier;
    if (!prefix || !*prefix || strlen(prefix) >= PREFIX_BYTES)
        return;
    struct entry *entry = &cheers->entries[cheers->count++];
    snprintf(entry->prefix, PREFIX_BYTES, "%s", prefix);
    size_t i;
    json_array_foreach (tiers, i, tier)
        add_tier(entry, tier);
}

struct twitch_cheers *twitch_cheers_create(const json_t *data)
{
    if (!json_is_array(data))
        return NULL;
    size_t count = json_array_size(data) < CHEERS_MAX ? json_array_size(data) : CHEERS_MAX;
    struct twitch_cheers *cheers = xcalloc(1, sizeof(*cheers) + count * sizeof(struct entry));
    for (size_t i = 0; i < count; i++)
        add_entry(cheers, json_array_get(data, i));
    return cheers;
}

void twitch_cheers_destroy(struct twitch_cheers *cheers)
{
    if (!cheers)
        return;
    for (size_t i = 0; i < cheers->count; i++) {
        for (size_t k = 0; k < cheers->entries[i].tier_count; k++)
            free(cheers->entries[i].tiers[k].url);
    }
    free(cheers);
}

static bool is_prefix(const char *name, struct str prefix)
{
    return strlen(name) == prefix.len && strncasecmp(name, prefix.data, prefix.len) == 0;
}

static bool find_own(const struct twitch_cheers *cheers, struct str prefix, int64_t bits, struct twitch_cheer *cheer)
{
    for (size_t i = 0; i < cheers->count; i++) {
        const struct entry *entry = &cheers->entries[i];
        if (!is_prefix(entry->prefix, prefix))
            continue;
        size_t k = entry->tier_count;
        while (k > 0 && entry->tiers[k - 1].bits > bits)
            k--;
        if (k == 0)
            return false;
        *cheer = (struct twitch_cheer){.prefix = str_from(entry->prefix), .tier = entry->tiers[k - 1].bits};
        cheer->url_len = strlen(entry->tiers[k - 1].url);
        memcpy(cheer->url, entry->tiers[k - 1].url, cheer->url_len);
        return true;
    }
    return false;
}

/* ---- Twitch's own ---- */

static int64_t tier_of(int64_t bits)
{
    static const int64_t tiers[] = {10000, 5000, 1000, 100, 1};
    size_t i = 0;
    while (tiers[i] > bits)
        i++;
    return tiers[i];
}

static bool find_known(struct str prefix, int64_t bits, struct twitch_cheer *cheer)
{
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        if (!is_prefix(known[i], prefix))
            continue;
        char folder[PREFIX_BYTES];
        snprintf(folder, sizeof(folder), "%s", known[i]);
        for (char *c = folder; *c; c++)
            *c |= *c >= 'A' && *c <= 'Z' ? 0x20 : 0;
        *cheer = (struct twitch_cheer){.prefix = str_from(known[i]), .tier = tier_of(bits)};
        cheer->url_len = (size_t)snprintf(cheer->url, sizeof(cheer->url),
            "https://d3aqoihi2n8ty8.cloudfront.net/actions/%s/dark/animated/%lld/2.gif", folder, (long long)cheer->tier);
        return true;
    }
    return false;
}

bool twitch_cheers_picture(const struct twitch_cheers *cheers, struct str prefix, int64_t bits, struct twitch_cheer *cheer)
{
    if (bits <= 0 || prefix.len == 0 || prefix.len >= PREFIX_BYTES)
        return false;
    return cheers ? find_own(cheers, prefix, bits, cheer) : find_known(prefix, bits, cheer);
}

bool twitch_cheers_find(const struct twitch_cheers *cheers, struct str word, struct twitch_cheer *cheer)
{
    size_t digits = 0;
    int64_t bits = 0, weight = 1;
    while (digits < word.len && digits < DIGITS_MAX) {
        char c = word.data[word.len - 1 - digits];
        if (c < '0' || c > '9')
            break;
        bits += (c - '0') * weight;
        weight *= 10;
        digits++;
    }
    return twitch_cheers_picture(cheers, (struct str){word.data, word.len - digits}, bits, cheer);
}
