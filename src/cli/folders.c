#include "cli/folders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"

static char *made(char *path, struct error *err)
{
    if (file_make_folder(path, err))
        return path;
    free(path);
    return NULL;
}

/* The specification wants relative values ignored. */
static char *xdg_folder(const char *variable, const char *below_home, struct error *err)
{
    const char *base = getenv(variable);
    if (base && base[0] == '/')
        return made(xasprintf("%s/antiphon", base), err);
    const char *home = getenv("HOME");
    return made(xasprintf("%s/%s/antiphon", home && home[0] == '/' ? home : "/tmp", below_home), err);
}

char *folder_config(struct error *err)
{
    return xdg_folder("XDG_CONFIG_HOME", ".config", err);
}

char *folder_data(struct error *err)
{
    return xdg_folder("XDG_DATA_HOME", ".local/share", err);
}

char *folder_cache(struct error *err)
{
    return xdg_folder("XDG_CACHE_HOME", ".cache", err);
}

/* In /tmp another user could have made the folder first: it must be ours and closed to others. */
static char *private_runtime(struct error *err)
{
    char *path = made(xasprintf("/tmp/antiphon-%ld", (long)getuid()), err);
    struct stat info;
    if (path && (lstat(path, &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != getuid() || (info.st_mode & 077))) {
        error_set(err, ERROR_DENIED, "%s: not a folder of yours alone; set XDG_RUNTIME_DIR", path);
        free(path);
        return NULL;
    }
    return path;
}

char *folder_runtime(struct error *err)
{
    const char *base = getenv("XDG_RUNTIME_DIR");
    return base && base[0] == '/' ? made(xasprintf("%s/antiphon", base), err) : private_runtime(err);
}

char *folder_asset(const char *name, struct error *err)
{
    const char *const places[] = {getenv("ANTIPHON_ASSETS"), ANTIPHON_SOURCE_ASSETS, ANTIPHON_INSTALLED_ASSETS};
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        if (!places[i])
            continue;
        char *path = xasprintf("%s/%s", places[i], name);
        if (access(path, R_OK) == 0)
            return path;
        free(path);
    }
    error_set(err, ERROR_SYSTEM, "%s: found neither in %s nor in %s; set ANTIPHON_ASSETS to the folder that holds it",
        name, ANTIPHON_SOURCE_ASSETS, ANTIPHON_INSTALLED_ASSETS);
    return NULL;
}

char *folder_sound(const char *name, struct error *err)
{
    if (strchr(name, '/')) {
        if (access(name, R_OK) == 0)
            return xstrdup(name);
        error_set(err, ERROR_SYSTEM, "%s: %s", name, strerror(errno));
        return NULL;
    }
    char *asset = xasprintf("sounds/%s.wav", name), *path = folder_asset(asset, err);
    free(asset);
    return path;
}
