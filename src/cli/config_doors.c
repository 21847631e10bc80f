/* The sections panel and door: where we listen, and how others come there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/proxies.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/config_inside.h"

/* "127.0.0.1:8470" or "[::1]:8470". */
static bool is_loopback(const char *listen)
{
    return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]:", 6) == 0 || strncmp(listen, "localhost:", 10) == 0;
}

static bool check_listen(const struct reader *reader, const char *section, const char *listen, bool has_certificate)
{
    char path[24];
    snprintf(path, sizeof(path), "%s.listen", section);
    const char *colon = strrchr(listen, ':');
    char *end = NULL;
    long port = colon ? strtol(colon + 1, &end, 10) : -1;
    if (!colon || colon == listen || end == colon + 1 || *end || port < 0 || port > 65535)
        return keys_fail(reader, path, NULL, "\"%.60s\": expected ADDRESS:PORT, like \"127.0.0.1:8470\"", listen);
    return is_loopback(listen) || has_certificate
        || keys_fail(reader, path, NULL,
            "\"%.60s\" is open to others without encryption: give %s.certificate and %s.key, or listen on 127.0.0.1 "
            "behind a proxy", listen, section, section);
}

static bool check_public_url(const struct reader *reader, const char *section, const char *url)
{
    char path[24];
    snprintf(path, sizeof(path), "%s.public_url", section);
    return !*url || strncmp(url, "https://", 8) == 0 || strncmp(url, "http://127.0.0.1", 16) == 0
        || keys_fail(reader, path, NULL, "\"%.80s\": expected an address that begins with https://", url);
}

static bool check_certificate(const struct reader *reader, const char *section, const char *certificate, const char *key)
{
    return !*certificate == !*key || keys_fail(reader, section, NULL, "certificate and key go together; one is missing");
}

bool config_read_panel(struct config *config, const struct reader *reader)
{
    static const struct key keys[] = {
        {"listen", JSON_STRING}, {"public_url", JSON_STRING}, {"certificate", JSON_STRING}, {"key", JSON_STRING},
        {"trusted_proxies", JSON_ARRAY},
    };
    const json_t *object = json_object_get(config->root, "panel");
    config->panel.listen = keys_copy_text(object, "listen", "127.0.0.1:8470");
    config->panel.public_url = keys_copy_text(object, "public_url", "");
    config->panel.certificate = keys_copy_text(object, "certificate", "");
    config->panel.key = keys_copy_text(object, "key", "");
    if ((object && !keys_check(reader, "panel", object, keys, ARRAY_LENGTH(keys)))
        || !keys_copy_texts(reader, "panel", object, "trusted_proxies", &config->panel.trusted_proxies))
        return false;
    struct proxies *proxies = proxies_create((const char *const *)config->panel.trusted_proxies,
                                             config_count_texts(config->panel.trusted_proxies), reader->err);
    if (!proxies)
        return error_prefix(reader->err, "%s", reader->file);
    proxies_destroy(proxies);
    return check_public_url(reader, "panel", config->panel.public_url)
        && check_certificate(reader, "panel", config->panel.certificate, config->panel.key)
        && check_listen(reader, "panel", config->panel.listen, *config->panel.certificate);
}

static bool check_origins(const struct reader *reader, char *const *origins)
{
    for (size_t i = 0; origins[i]; i++) {
        const char *host = strstr(origins[i], "://");
        if (!host || host[3] == '\0' || strchr(host + 3, '/'))
            return keys_fail(reader, "door.origins", NULL, "\"%.80s\": expected a page's origin, like "
                "\"https://example.org\", without a path", origins[i]);
    }
    return true;
}

bool config_read_door(struct config *config, const struct reader *reader)
{
    static const struct key keys[] = {
        {"listen", JSON_STRING}, {"public_url", JSON_STRING}, {"certificate", JSON_STRING}, {"key", JSON_STRING},
        {"origins", JSON_ARRAY},
    };
    const json_t *object = json_object_get(config->root, "door");
    config->door.listen = keys_copy_text(object, "listen", "127.0.0.1:8471");
    config->door.public_url = keys_copy_text(object, "public_url", "");
    config->door.certificate = keys_copy_text(object, "certificate", "");
    config->door.key = keys_copy_text(object, "key", "");
    if ((object && !keys_check(reader, "door", object, keys, ARRAY_LENGTH(keys)))
        || !keys_copy_texts(reader, "door", object, "origins", &config->door.origins))
        return false;
    return check_public_url(reader, "door", config->door.public_url) && check_origins(reader, config->door.origins)
        && check_certificate(reader, "door", config->door.certificate, config->door.key)
        && check_listen(reader, "door", config->door.listen, *config->door.certificate);
}
