/* The section overlay. */
#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/config_inside.h"
#include "overlay/picture_hosts.h"
#include "overlay/pictures.h"

enum { CACHE_MB_MAX = 10000 };

const char *const config_sound_kinds[CONFIG_SOUNDS] = {"gift", "membership", "raid", "more"};

static bool check_hosts(const struct config *config, const struct reader *reader)
{
    for (size_t i = 0; config->pictures.hosts[i]; i++) {
        struct error err = {0};
        char path[48];
        snprintf(path, sizeof(path), "overlay.pictures.hosts[%zu]", i);
        if (i >= CONFIG_ITEMS_MAX)
            return keys_fail(reader, path, NULL, "%d of them at most", CONFIG_ITEMS_MAX);
        if (!picture_hosts_check(config->pictures.hosts[i], &err))
            return keys_fail(reader, path, NULL, "\"%.80s\": %s", config->pictures.hosts[i], err.text);
    }
    return true;
}

static bool read_sounds(struct config *config, const struct reader *reader, const json_t *sounds)
{
    static const struct key keys[] = {
        {"view", JSON_STRING}, {"volume", JSON_INTEGER, .min = 0, .max = 100},
        {"gift", JSON_STRING}, {"membership", JSON_STRING}, {"raid", JSON_STRING}, {"more", JSON_STRING},
    };
    if (sounds && !keys_check(reader, "overlay.sounds", sounds, keys, ARRAY_LENGTH(keys)))
        return false;
    config->sounds.view = keys_copy_text(sounds, "view", config->views[0].name);
    config->sounds.volume = (int)json_get_int(sounds, "volume", 70);
    for (size_t i = 0; i < CONFIG_SOUNDS; i++)
        config->sounds.files[i] = keys_copy_text(sounds, config_sound_kinds[i], "");
    return config_find_view(config, config->sounds.view) ||
        keys_fail(reader, "overlay.sounds.view", NULL, "\"%.40s\": none of `views` has this name", config->sounds.view);
}

bool config_read_overlay(struct config *config, const struct reader *reader)
{
    static const struct key keys[] = {{"pictures", JSON_OBJECT}, {"sounds", JSON_OBJECT}};
    static const struct key picture_keys[] = {
        {"hosts", JSON_ARRAY}, {"cache_mb", JSON_INTEGER, .min = 0, .max = CACHE_MB_MAX},
    };
    const json_t *overlay = json_object_get(config->root, "overlay"), *pictures = json_object_get(overlay, "pictures");
    config->pictures.cache_mb = (int)json_get_int(pictures, "cache_mb", PICTURES_CACHE_MB);
    return (!overlay || keys_check(reader, "overlay", overlay, keys, ARRAY_LENGTH(keys))) &&
        (!pictures || keys_check(reader, "overlay.pictures", pictures, picture_keys, ARRAY_LENGTH(picture_keys))) &&
        keys_copy_texts(reader, "overlay.pictures", pictures, "hosts", &config->pictures.hosts) && check_hosts(config, reader) &&
        read_sounds(config, reader, json_object_get(overlay, "sounds"));
}
