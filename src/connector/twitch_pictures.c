#include "connector/twitch_pictures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "connector/connector_impl.h"
#include "connector/twitch_cheers.h"
#include "connector/twitch_helix.h"
#include "net/form.h"

enum {
    SLOTS = 1 << 14, PEOPLE_MAX = SLOTS / 2, BADGES_SLOTS = 1 << 12, BADGES_MAX = BADGES_SLOTS / 2,
    BATCH = 100,               // ids in one request
    BATCH_MS = 1500,           // collected so long
    REFRESH_MS = 6 * 60 * 60 * 1000,
    RETRY_MS = 60 * 1000,
    POINTS_MIN = 100,          // left for what matters more
    URL_BYTES_MAX = 300, KEY_BYTES_MAX = 128,
};

/* Addresses by name; open addressing, emptied when it is half full. */
struct entry {
    uint64_t hash;  // 0: free
    char *url;      // owned; NULL: asked for, not known
};

struct map {
    struct entry *entries;  // owned
    size_t slots, count;
};

struct twitch_pictures {
    struct twitch_helix *helix;
    char *broadcaster_id;           // owned; NULL: stopped
    struct hash_key key;
    struct map people, badges;
    char *wanted[BATCH];            // owned
    size_t wanted_count;
    struct twitch_call people_call, art_call;
    struct timer batch, refresh;
    int art;                        // which of the arts is asked for
    struct twitch_cheers *cheers;   // owned
};

/* ---- maps ---- */

static void map_clear(struct map *map)
{
    for (size_t i = 0; i < map->slots && map->entries; i++)
        free(map->entries[i].url);
    free(map->entries);
    map->entries = NULL;
    map->count = 0;
}

static struct entry *map_find(struct map *map, uint64_t hash)
{
    if (!map->entries)
        map->entries = xcalloc(map->slots, sizeof(*map->entries));
    size_t i = hash & (map->slots - 1);
    while (map->entries[i].hash != 0 && map->entries[i].hash != hash)
        i = (i + 1) & (map->slots - 1);
    return &map->entries[i];
}

/* A free entry is taken; where too many are taken all are forgotten, and asked for again as people write. */
static struct entry *map_take(struct map *map, uint64_t hash)
{
    struct entry *entry = map_find(map, hash);
    if (entry->hash == 0) {
        if (map->count >= map->slots / 2) {
            map_clear(map);
            entry = map_find(map, hash);
        }
        entry->hash = hash;
        map->count++;
    }
    return entry;
}

static uint64_t hash_of(const struct twitch_pictures *pictures, struct str name)
{
    uint64_t hash = hash_bytes(&pictures->key, name.data, name.len);
    return hash ? hash : 1;
}

static void map_set(struct map *map, uint64_t hash, struct str url)
{
    if (url.len == 0 || url.len > URL_BYTES_MAX || !str_starts_with(url, STR("https://")))
        return;
    struct entry *entry = map_take(map, hash);
    free(entry->url);
    entry->url = xstrndup(url.data, url.len);
}

/* ---- people ---- */

static void handle_people(void *data, const struct twitch_answer *answer)
{
    struct twitch_pictures *pictures = data;
    const json_t *people = json_object_get(answer->json, "data"), *person;
    size_t i;
    json_array_foreach (people, i, person) {
        const char *id = json_get_text(person, "id"), *url = json_get_text(person, "profile_image_url");
        if (id && url)
            map_set(&pictures->people, hash_of(pictures, str_from(id)), str_from(url));
    }
    if (pictures->wanted_count > 0)
        timer_start(&pictures->batch, answer->retry_ms > BATCH_MS ? answer->retry_ms : BATCH_MS);
}

static void ask_people(void *data)
{
    struct twitch_pictures *pictures = data;
    struct twitch_helix *helix = pictures->helix;
    if (pictures->people_call.is_running || pictures->wanted_count == 0)
        return;
    if (!twitch_helix_is_ready(helix) || (helix->left >= 0 && helix->left < POINTS_MIN)) {
        helix->left = -1;  // it fills up again; the next answer tells
        timer_start(&pictures->batch, RETRY_MS);
        return;
    }
    struct buffer target = {0};
    buffer_add_string(&target, "/users?");
    for (size_t i = 0; i < pictures->wanted_count; i++) {
        buffer_add_string(&target, i ? "&id=" : "id=");
        form_escape(&target, pictures->wanted[i], strlen(pictures->wanted[i]));
        free(pictures->wanted[i]);
    }
    pictures->wanted_count = 0;
    buffer_add_char(&target, '\0');
    twitch_call_start(&pictures->people_call, helix, "GET", target.data, NULL, handle_people, pictures);
    buffer_fini(&target);
}

static void want(struct twitch_pictures *pictures, struct str id)
{
    if (pictures->wanted_count == BATCH)
        return;  // busy: asked for when the person writes again
    map_take(&pictures->people, hash_of(pictures, id));
    pictures->wanted[pictures->wanted_count++] = xstrndup(id.data, id.len);
    if (pictures->wanted_count == BATCH && !pictures->people_call.is_running) {
        timer_start(&pictures->batch, 0);
    } else if (!timer_is_running(&pictures->batch)) {
        timer_start(&pictures->batch, BATCH_MS);
    }
}

/* ---- badges and cheermotes ---- */

static void take_badges(struct twitch_pictures *pictures, const json_t *sets)
{
    const json_t *set, *version;
    size_t i, k;
    json_array_foreach (sets, i, set) {
        const char *name = json_get_text(set, "set_id");
        const json_t *versions = json_object_get(set, "versions");
        json_array_foreach (versions, k, version) {
            const char *id = json_get_text(version, "id"), *url = json_get_text(version, "image_url_2x");
            char key[KEY_BYTES_MAX];
            int len = name && id && url ? snprintf(key, sizeof(key), "%s/%s", name, id) : 0;
            if (len > 0 && len < KEY_BYTES_MAX && pictures->badges.count < BADGES_MAX - 1)
                map_set(&pictures->badges, hash_of(pictures, (struct str){key, (size_t)len}), str_from(url));
        }
    }
}

static void take_cheers(struct twitch_pictures *pictures, const json_t *data)
{
    struct twitch_cheers *cheers = twitch_cheers_create(data);
    if (!cheers)
        return;
    twitch_cheers_destroy(pictures->cheers);
    pictures->cheers = cheers;
}

/* One after the other; the channel's own badges come later and take the place of the common ones. */
static const struct art {
    const char *path;
    void (*take)(struct twitch_pictures *pictures, const json_t *data);
} arts[] = {
    {"/chat/badges/global", take_badges}, {"/chat/badges?broadcaster_id=", take_badges},
    {"/bits/cheermotes?broadcaster_id=", take_cheers},
};

static void ask_art(void *data);

static void handle_art(void *data, const struct twitch_answer *answer)
{
    struct twitch_pictures *pictures = data;
    if (answer->error.code == ERROR_NONE)
        arts[pictures->art].take(pictures, json_object_get(answer->json, "data"));
    if (answer->error.code == ERROR_AGAIN) {
        timer_start(&pictures->refresh, RETRY_MS);
    } else if (++pictures->art < (int)ARRAY_LENGTH(arts)) {
        ask_art(pictures);
    } else {
        pictures->art = 0;
        timer_start(&pictures->refresh, random_jitter(REFRESH_MS, 10));
    }
}

static void ask_art(void *data)
{
    struct twitch_pictures *pictures = data;
    const char *path = arts[pictures->art].path;
    char *target = xasprintf("%s%s", path, strchr(path, '=') ? pictures->broadcaster_id : "");
    twitch_call_start(&pictures->art_call, pictures->helix, "GET", target, NULL, handle_art, pictures);
    free(target);
}

/* ---- the door ---- */

void twitch_pictures_fill(struct twitch_pictures *pictures, struct message_author *author, struct str *images)
{
    if (!pictures || !pictures->broadcaster_id)
        return;
    if (author->id.len > 0 && author->id.len < KEY_BYTES_MAX) {
        const struct entry *entry = map_find(&pictures->people, hash_of(pictures, author->id));
        if (entry->hash == 0)
            want(pictures, author->id);
        else if (entry->url && author->avatar.len == 0)
            author->avatar = str_from(entry->url);
    }
    bool has_image = false;
    for (size_t i = 0; i < author->badge_count; i++) {
        const struct entry *entry = map_find(&pictures->badges, hash_of(pictures, author->badges[i]));
        images[i] = entry->hash && entry->url ? str_from(entry->url) : (struct str){0};
        has_image |= images[i].len > 0;
    }
    if (has_image)
        author->badge_images = images;
}

const struct twitch_cheers *twitch_pictures_cheers(const struct twitch_pictures *pictures)
{
    return pictures ? pictures->cheers : NULL;
}

struct twitch_pictures *twitch_pictures_create(struct twitch_helix *helix)
{
    struct twitch_pictures *pictures = xcalloc(1, sizeof(*pictures));
    pictures->helix = helix;
    pictures->people.slots = SLOTS;
    pictures->badges.slots = BADGES_SLOTS;
    random_bytes(&pictures->key, sizeof(pictures->key));
    timer_init(&pictures->batch, helix->base->options.loop, ask_people, pictures);
    timer_init(&pictures->refresh, helix->base->options.loop, ask_art, pictures);
    return pictures;
}

void twitch_pictures_start(struct twitch_pictures *pictures, const char *broadcaster_id)
{
    if (pictures->broadcaster_id)
        return;
    pictures->broadcaster_id = xstrdup(broadcaster_id);
    pictures->art = 0;
    timer_start(&pictures->refresh, 0);
}

void twitch_pictures_stop(struct twitch_pictures *pictures)
{
    twitch_call_cancel(&pictures->people_call);
    twitch_call_cancel(&pictures->art_call);
    timer_stop(&pictures->batch);
    timer_stop(&pictures->refresh);
    while (pictures->wanted_count > 0)
        free(pictures->wanted[--pictures->wanted_count]);
    free(pictures->broadcaster_id);
    pictures->broadcaster_id = NULL;
}

void twitch_pictures_destroy(struct twitch_pictures *pictures)
{
    if (!pictures)
        return;
    twitch_pictures_stop(pictures);
    map_clear(&pictures->people);
    map_clear(&pictures->badges);
    twitch_cheers_destroy(pictures->cheers);
    free(pictures);
}
