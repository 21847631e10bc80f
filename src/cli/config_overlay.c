/* The section overlay. */
#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/config_inside.h"
#include "overlay/picture_hosts.h"
#include "overlay/pictures.h"

enum { CACHE_MB_MAX = 10000 };

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

bool config_read_overlay(struct config *config, const struct reader *reader)
{
    static const struct key keys[] = {{"pictures", JSON_OBJECT}};
    static const struct key picture_keys[] = {
        {"hosts", JSON_ARRAY}, {"cache_mb", JSON_INTEGER, .min = 0, .max = CACHE_MB_MAX},
    };
    const json_t *overlay = json_object_get(config->root, "overlay"), *pictures = json_object_get(overlay, "pictures");
    config->pictures.cache_mb = (int)json_get_int(pictures, "cache_mb", PICTURES_CACHE_MB);
    return (!overlay || keys_check(reader, "overlay", overlay, keys, ARRAY_LENGTH(keys))) &&
        (!pictures || keys_check(reader, "overlay.pictures", pictures, picture_keys, ARRAY_LENGTH(picture_keys))) &&
        keys_copy_texts(reader, pictures, "hosts", &config->pictures.hosts) && check_hosts(config, reader);
}
