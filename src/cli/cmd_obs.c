/* cmd_obs.c - antiphon's source into this user's OBS, and what to click then. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/options.h"

enum { PLUGIN_BYTES_MAX = 64 << 20, WORDS_BYTES_MAX = 1 << 20 };

struct parts {
    const char *plugin;  // the file
    const char *words;   // the folder of its words in every language
};

static const struct parts built = {ANTIPHON_BUILT_OBS, ANTIPHON_SOURCE_OBS_WORDS};
static const struct parts installed = {ANTIPHON_INSTALLED_OBS, ANTIPHON_INSTALLED_OBS_WORDS};

static bool copy(const char *from, const char *to, mode_t mode, size_t max_bytes, struct error *err)
{
    struct buffer content = {0};
    bool ok = file_read(from, max_bytes, &content, err) && file_write_atomic(to, content.data, content.len, mode, err);
    buffer_fini(&content);
    return ok;
}

static bool copy_words(const char *from, const char *to, struct error *err)
{
    DIR *files = opendir(from);
    if (!files)
        return error_errno(err, "%s", from);
    bool ok = true;
    for (struct dirent *file; ok && (file = readdir(files));) {
        if (!strstr(file->d_name, ".ini"))
            continue;
        char *source = xasprintf("%s/%s", from, file->d_name), *target = xasprintf("%s/%s", to, file->d_name);
        ok = copy(source, target, 0644, WORDS_BYTES_MAX, err);
        free(source);
        free(target);
    }
    closedir(files);
    return ok;
}

/* OBS's plugins of one user: plugins/<name>/bin/64bit/<name>.so and plugins/<name>/data (OBS Studio, AddExtraModulePaths()). */
static bool install(const struct parts *parts, const char *home, struct error *err)
{
    char *bin = xasprintf("%s/bin/64bit", home), *words = xasprintf("%s/data/locale", home);
    char *plugin = xasprintf("%s/antiphon-obs.so", bin);
    bool ok = file_make_folder(bin, err) && file_make_folder(words, err) && copy_words(parts->words, words, err) &&
              copy(parts->plugin, plugin, 0755, PLUGIN_BYTES_MAX, err);
    free(plugin);
    free(words);
    free(bin);
    return ok;
}

static const struct parts *find_parts(struct error *err)
{
    if (access(built.plugin, R_OK) == 0)
        return &built;
    if (access(installed.plugin, R_OK) == 0)
        return &installed;
    error_set(err, ERROR_SYSTEM, "this antiphon was built without the source for OBS: install libobs-dev and build again, or let OBS "
              "capture the window (docs/obs.md)");
    return NULL;
}

static char *get_home(void)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (config && config[0] == '/')
        return xasprintf("%s/obs-studio/plugins/antiphon-obs", config);
    return xasprintf("%s/.config/obs-studio/plugins/antiphon-obs", home ? home : "");
}

static void print_clicks(const char *where)
{
    printf("antiphon's source for OBS is in %s\n\n"
           "1. If OBS is open, close it and start it again.\n"
           "2. In OBS, below \"Sources\", click + and choose \"antiphon overlay\".\n"
           "3. Click OK.\n"
           "4. Beside \"View\" choose the view to show; the usual one is \"main\".\n"
           "5. Click OK. Whatever antiphon puts on air appears by itself; no window is needed.\n", where);
}

int cmd_obs(int argc, char **argv)
{
    const struct option_usage usage = {"obs", NULL,
        "Puts antiphon's source into the OBS of this user and says what to click. Doing it again brings a newer one.", NULL, 0};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    struct error err = {0};
    const struct parts *parts = find_parts(&err);
    /* Under /usr it lies among OBS's own plugins: a second copy would be loaded besides. */
    bool is_common = parts == &installed && strncmp(installed.plugin, "/usr/lib/", strlen("/usr/lib/")) == 0;
    char *home = get_home();
    bool ok = parts && (is_common || install(parts, home, &err));
    if (ok)
        print_clicks(is_common ? installed.plugin : home);
    else
        fprintf(stderr, "antiphon obs: %s\n", err.text);
    free(home);
    return ok ? COMMAND_OK : COMMAND_FAILED;
}
