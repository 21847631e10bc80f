#include "cli/themes.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "cli/folders.h"

enum { NAME_MAX_BYTES = 64 };

bool theme_is_name(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)name[i]) && name[i] != '-' && name[i] != '_')
            return false;
    }
    return len > 0 && len <= NAME_MAX_BYTES;
}

static bool is_theme(const char *folder)
{
    char *file = xasprintf("%s/theme.json", folder);
    bool is_one = access(file, R_OK) == 0;
    free(file);
    return is_one;
}

char *theme_own_folder(const char *name, struct error *err)
{
    char *config = folder_config(err);
    char *path = config ? xasprintf("%s/themes/%s", config, name) : NULL;
    free(config);
    return path;
}

static char *find_asset(const char *name, struct error *err)
{
    char *file = xasprintf("themes/%s/theme.json", name);
    char *path = folder_asset(file, err);
    free(file);
    if (path)
        *strrchr(path, '/') = '\0';
    return path;
}

char *theme_find(const char *name, struct error *err)
{
    if (strchr(name, '/'))
        return xstrdup(name);
    if (!theme_is_name(name)) {
        error_set(err, ERROR_DATA, "theme \"%.80s\": expected a name of a-z, 0-9, - and _, or a path with a / in it", name);
        return NULL;
    }
    char *own = theme_own_folder(name, NULL);
    if (own && is_theme(own))
        return own;
    char *asset = find_asset(name, NULL);
    if (!asset)
        error_set(err, ERROR_DATA, "theme \"%.80s\": there is none of this name, neither %s nor among the program's; "
            "'antiphon theme list' shows all", name, own ? own : "in the configuration's folder");
    free(own);
    return asset;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void each_in(const char *folder, bool is_own, void (*fn)(void *, const char *, const char *, bool), void *data)
{
    struct dirent **entries = NULL;
    int count = folder ? scandir(folder, &entries, NULL, by_name) : 0;
    for (int i = 0; i < count; i++) {
        char *path = xasprintf("%s/%s", folder, entries[i]->d_name);
        char *own = is_own ? NULL : theme_own_folder(entries[i]->d_name, NULL);
        if (theme_is_name(entries[i]->d_name) && is_theme(path) && !(own && is_theme(own)))
            fn(data, entries[i]->d_name, path, is_own);
        free(own);
        free(path);
        free(entries[i]);
    }
    free(entries);
}

void theme_each(void (*fn)(void *data, const char *name, const char *folder, bool is_own), void *data)
{
    char *own = theme_own_folder("", NULL), *assets = folder_asset("themes", NULL);
    each_in(own, true, fn, data);
    each_in(assets, false, fn, data);
    free(own);
    free(assets);
}
