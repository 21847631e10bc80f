#include "cli/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"

enum { SECRETS_BYTES_MAX = 1 << 20 };

static char *secrets_path(const char *config_path)
{
    const char *slash = strrchr(config_path, '/');
    return slash ? xasprintf("%.*s/secrets.json", (int)(slash - config_path), config_path) : xstrdup("secrets.json");
}

static bool load(const char *path, json_t **secrets, struct error *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return errno == ENOENT || error_errno(err, "%s", path);
    if (info.st_mode & 077)
        return error_set(err, ERROR_DENIED, "%s: others can read it; run: chmod 600 %s", path, path);
    struct buffer text = {0};
    bool ok = file_read(path, SECRETS_BYTES_MAX, &text, err);
    if (ok && !(*secrets = json_parse(text.data, text.len, err)))
        ok = error_prefix(err, "%s", path);
    if (ok && !json_is_object(*secrets))
        ok = error_set(err, ERROR_DATA, "%s: expected an object {…} of names and texts", path);
    buffer_fini(&text);
    return ok;
}

bool secrets_load(const char *config_path, json_t **secrets, struct error *err)
{
    char *path = secrets_path(config_path);
    bool ok = load(path, secrets, err);
    free(path);
    return ok;
}

/* The name under which `text` is there, or a new one like "youtube_api_key_2", which then holds it. The caller frees. */
static char *name_of(json_t *secrets, const char *connector, const char *key, const char *text, bool *is_new)
{
    for (int number = 1;; number++) {
        char *name = number == 1 ? xasprintf("%s_%s", connector, key) : xasprintf("%s_%s_%d", connector, key, number);
        const char *there = json_get_text(secrets, name);
        if (there && strcmp(there, text) == 0)
            return name;
        if (!there) {
            json_object_set_new(secrets, name, json_string(text));
            *is_new = true;
            return name;
        }
        free(name);
    }
}

static bool move_of(json_t *source, json_t *secrets)
{
    bool is_new = false;
    const char *connector = json_get_text(source, "connector"), *key;
    json_t *value;
    json_object_foreach (source, key, value) {
        const char *text = json_string_value(value);
        if (!text || !*text || !secret_is_key(key) || secret_is_reference(text))
            continue;
        log_hide(text);
        char *name = name_of(secrets, connector ? connector : "source", key, text, &is_new);
        char *reference = xasprintf("secret:%s", name);
        json_string_set(value, reference);
        free(reference);
        free(name);
    }
    return is_new;
}

static bool save(const char *path, const json_t *secrets, struct error *err)
{
    char *text = json_dumps(secrets, JSON_INDENT(2));
    bool ok = file_write_atomic(path, text, strlen(text), 0600, err);
    free(text);
    return ok;
}

/*
 * `antiphon login` and the relay change the file: one at a time, by a lock on the folder. The descriptor, to be closed;
 * -1: it goes without.
 */
static int lock(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? xasprintf("%.*s", slash == path ? 1 : (int)(slash - path), path) : xstrdup(".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        flock(fd, LOCK_EX);
    free(folder);
    return fd;
}

static void unlock(int fd)
{
    if (fd >= 0)
        close(fd);
}

bool secrets_move(const char *config_path, json_t *sources, struct error *err)
{
    char *path = secrets_path(config_path);
    int locked = lock(path);
    json_t *secrets = NULL;
    bool ok = load(path, &secrets, err), is_new = false;
    if (!secrets)
        secrets = json_object();
    size_t index;
    json_t *source;
    json_array_foreach (sources, index, source)
        is_new = (ok && move_of(source, secrets)) || is_new;
    ok = ok && (!is_new || save(path, secrets, err));
    unlock(locked);
    json_decref(secrets);
    free(path);
    return ok;
}

/* ---- logins ---- */

#define LOGINS "logins"

char *secrets_load_login(const char *config_path, const char *platform)
{
    json_t *secrets = NULL;
    secrets_load(config_path, &secrets, NULL);
    const json_t *login = json_object_get(json_object_get(secrets, LOGINS), platform);
    char *text = json_is_object(login) ? json_dumps(login, JSON_COMPACT) : NULL;
    json_decref(secrets);
    return text;
}

/* `logins` of secrets, made if it is missing. */
static json_t *logins_of(json_t *secrets)
{
    json_t *logins = json_object_get(secrets, LOGINS);
    if (json_is_object(logins))
        return logins;
    logins = json_object();
    json_object_set_new(secrets, LOGINS, logins);
    return logins;
}

bool secrets_save_login(const char *config_path, const char *platform, const char *json, struct error *err)
{
    char *path = secrets_path(config_path);
    int locked = lock(path);
    json_t *secrets = NULL;
    json_t *login = json ? json_parse(json, strlen(json), err) : NULL;
    bool ok = (!json || login) && load(path, &secrets, err);
    if (!secrets)
        secrets = json_object();
    if (login) {
        json_object_set(logins_of(secrets), platform, login);
    } else {
        json_object_del(logins_of(secrets), platform);
    }
    ok = ok && save(path, secrets, err);
    unlock(locked);
    json_decref(login);
    json_decref(secrets);
    free(path);
    return ok;
}
