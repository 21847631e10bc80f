#include "connector/emote_service.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"

enum { EMOTES_MAX = 5000, SETS_MAX = 100, ID_BYTES_MAX = 48 };

static const struct {
    const char *name, *title, *host, *global;
    const char *picture, *size;  // before and behind the id
} services[EMOTE_SERVICES] = {
    [EMOTES_7TV] = {"7tv", "7TV", "https://7tv.io", "/v3/emote-sets/global", "https://cdn.7tv.app/emote/",
                    "/2x.webp"},
    [EMOTES_BTTV] = {"bttv", "BetterTTV", "https://api.betterttv.net", "/3/cached/emotes/global",
                     "https://cdn.betterttv.net/emote/", "/2x"},
    // Not every emote there has a larger size than the first.
    [EMOTES_FFZ] = {"ffz", "FrankerFaceZ", "https://api.frankerfacez.com", "/v1/set/global",
                    "https://cdn.frankerfacez.com/emote/", "/1"},
};

const char *emote_service_name(enum emote_service service)
{
    return services[service].name;
}

const char *emote_service_title(enum emote_service service)
{
    return services[service].title;
}

/* ---- addresses ---- */

static bool is_id(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if ((c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_')
            return false;
    }
    return text.len > 0 && text.len <= ID_BYTES_MAX;
}

/* Between host and channel; NULL: this service does not know the platform. */
static const char *channel_path(enum emote_service service, const char *platform)
{
    static const struct {
        enum emote_service service;
        const char *platform, *path;
    } known[] = {
        {EMOTES_7TV, "twitch", "/v3/users/twitch/"}, {EMOTES_7TV, "youtube", "/v3/users/youtube/"},
        {EMOTES_7TV, "kick", "/v3/users/kick/"}, {EMOTES_BTTV, "twitch", "/3/cached/users/twitch/"},
        {EMOTES_BTTV, "youtube", "/3/cached/users/youtube/"}, {EMOTES_FFZ, "twitch", "/v1/room/id/"},
        {EMOTES_FFZ, "youtube", "/v1/room/yt/"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        if (known[i].service == service && strcmp(known[i].platform, platform) == 0)
            return known[i].path;
    }
    return NULL;
}

char *emote_service_url(enum emote_service service, const char *base, const char *platform, const char *channel)
{
    const char *path = channel ? channel_path(service, platform) : services[service].global;
    if (!path || (channel && !is_id(str_from(channel))))
        return NULL;
    if (base)
        return xasprintf("%s/%s%s%s", base, services[service].name, path, channel ? channel : "");
    return xasprintf("%s%s%s", services[service].host, path, channel ? channel : "");
}

bool emote_service_picture(enum emote_service service, struct str id, char url[160])
{
    if (!is_id(id))
        return false;
    snprintf(url, 160, "%s%.*s%s", services[service].picture, (int)id.len, id.data, services[service].size);
    return true;
}

/* ---- answers ---- */

typedef void (*emote_fn)(void *data, struct str word, struct str id);

/* A text, or FrankerFaceZ's number. */
static struct str id_of(const json_t *emote, char number[24])
{
    const json_t *id = json_object_get(emote, "id");
    if (json_is_string(id))
        return (struct str){json_string_value(id), json_string_length(id)};
    if (!json_is_integer(id) || json_integer_value(id) <= 0)
        return (struct str){0};
    int len = snprintf(number, 24, "%lld", (long long)json_integer_value(id));
    return (struct str){number, (size_t)len};
}

static bool read_array(const json_t *array, const char *word_key, emote_fn fn, void *data)
{
    size_t index;
    json_t *emote;
    char number[24];
    json_array_foreach ((json_t *)array, index, emote) {
        const char *word = json_get_text(emote, word_key);
        struct str id = id_of(emote, number);
        if (index < EMOTES_MAX && word && is_id(id))
            fn(data, str_from(word), id);
    }
    return json_is_array(array);
}

/* Global: {"emotes":[…]}. Of a channel: {"emote_set":{"emotes":[…]}}; null where nobody chose one. */
static bool read_7tv(const json_t *answer, emote_fn fn, void *data)
{
    const json_t *set = json_object_get(answer, "emote_set");
    const json_t *emotes = json_object_get(json_is_object(set) ? set : answer, "emotes");
    return read_array(emotes, "name", fn, data) || set || json_object_get(answer, "id");
}

/* Global: […]. Of a channel: {"channelEmotes":[…],"sharedEmotes":[…]}. */
static bool read_bttv(const json_t *answer, emote_fn fn, void *data)
{
    if (json_is_array(answer))
        return read_array(answer, "code", fn, data);
    bool has_channel = read_array(json_object_get(answer, "channelEmotes"), "code", fn, data);
    return read_array(json_object_get(answer, "sharedEmotes"), "code", fn, data) || has_channel;
}

/* {"sets":{"3":{"emoticons":[…]}},"default_sets":[3]}: of the global ones only the default ones are everybody's. */
static bool read_ffz(const json_t *answer, emote_fn fn, void *data)
{
    const json_t *defaults = json_object_get(answer, "default_sets");
    const char *name;
    json_t *set;
    json_t *sets = json_object_get(answer, "sets");
    size_t count = 0;
    json_object_foreach (sets, name, set) {
        bool is_wanted = !defaults;
        if (++count > SETS_MAX)  // each with each: a million would hold up the loop
            break;
        for (size_t i = 0; i < json_array_size(defaults) && i < SETS_MAX; i++) {
            char number[24];
            snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(json_array_get(defaults, i)));
            is_wanted = is_wanted || strcmp(number, name) == 0;
        }
        if (is_wanted)
            read_array(json_object_get(set, "emoticons"), "name", fn, data);
    }
    return json_is_object(sets);
}

bool emote_service_read(enum emote_service service, const json_t *answer, emote_fn fn, void *data)
{
    return service == EMOTES_7TV ? read_7tv(answer, fn, data)
         : service == EMOTES_BTTV ? read_bttv(answer, fn, data) : read_ffz(answer, fn, data);
}
