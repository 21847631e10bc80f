/*
 * A file is watched by its folder, since editors write a new file and rename it over the old one; and the folder by the one it lies
 * in, since a whole theme may be exchanged.
 */
#include "overlay/theme_watch.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/list.h"
#include "base/memory.h"
#include "net/loop.h"

enum { SETTLE_MS = 60, EVENTS_BYTES = 16 * (sizeof(struct inotify_event) + NAME_MAX + 1) };

static const uint32_t file_events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE;

struct watched {
    struct list link;     // in theme_watch.themes
    char *path;           // owned; as it was given
    char *folder, *file;  // owned; the file in its folder
    char *around, *name;  // owned; the folder in the one around it
    int folder_id, around_id;  // inotify's; -1: not there
    bool is_changed;
};

struct theme_watch {
    struct loop *loop;
    struct watch *watch;
    int fd;
    struct list themes;
    struct timer settle;
    void (*changed)(void *data, const char *path);
    void *data;
};

static void split(const char *path, char **folder, char **name)
{
    const char *slash = strrchr(path, '/');
    *folder = slash ? xstrndup(path, slash == path ? 1 : (size_t)(slash - path)) : xstrdup(".");
    *name = xstrdup(slash ? slash + 1 : path);
}

/* Inotify gives the same number again for a folder that it watches already. */
static void look(struct theme_watch *watch, struct watched *theme)
{
    theme->folder_id = inotify_add_watch(watch->fd, theme->folder, file_events | IN_DELETE_SELF | IN_MOVE_SELF | IN_MASK_ADD);
    theme->around_id = inotify_add_watch(watch->fd, theme->around, IN_MOVED_TO | IN_CREATE | IN_MASK_ADD);
}

static void tell(void *data)
{
    struct theme_watch *watch = data;
    struct watched *theme;
    list_for_each(theme, &watch->themes, link) {
        if (!theme->is_changed)
            continue;
        theme->is_changed = false;
        look(watch, theme);
        watch->changed(watch->data, theme->path);
    }
}

static void take(struct theme_watch *watch, const struct inotify_event *event)
{
    const char *name = event->len > 0 ? event->name : "";
    struct watched *theme;
    list_for_each(theme, &watch->themes, link) {
        bool is_file = event->wd == theme->folder_id && strcmp(name, theme->file) == 0;
        bool is_folder = event->wd == theme->around_id && strcmp(name, theme->name) == 0;
        // The old folder is gone or elsewhere: what comes under its name is told by the one around it.
        if (event->wd == theme->folder_id && (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF)))
            inotify_rm_watch(watch->fd, theme->folder_id);
        if (is_file || is_folder) {
            theme->is_changed = true;
            timer_start(&watch->settle, SETTLE_MS);
        }
    }
}

static void handle_events(void *data)
{
    struct theme_watch *watch = data;
    union { struct inotify_event first; char bytes[EVENTS_BYTES]; } buffer;
    ssize_t len = read(watch->fd, buffer.bytes, sizeof(buffer.bytes));
    for (ssize_t at = 0; len > 0 && at + (ssize_t)sizeof(struct inotify_event) <= len;) {
        const struct inotify_event *event = (const void *)(buffer.bytes + at);
        take(watch, event);
        at += (ssize_t)(sizeof(*event) + event->len);
    }
}

struct theme_watch *theme_watch_create(struct loop *loop, void (*changed)(void *data, const char *path), void *data, struct error *err)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) {
        error_errno(err, "themes cannot be watched");
        return NULL;
    }
    struct theme_watch *watch = xcalloc(1, sizeof(*watch));
    *watch = (struct theme_watch){.loop = loop, .fd = fd, .changed = changed, .data = data};
    list_init(&watch->themes);
    timer_init(&watch->settle, loop, tell, watch);
    watch->watch = loop_watch_fd(loop, fd, handle_events, watch);
    return watch;
}

static void drop(struct watched *theme)
{
    list_remove(&theme->link);
    free(theme->path);
    free(theme->folder);
    free(theme->file);
    free(theme->around);
    free(theme->name);
    free(theme);
}

void theme_watch_destroy(struct theme_watch *watch)
{
    if (!watch)
        return;
    timer_stop(&watch->settle);
    loop_unwatch(watch->watch);
    close(watch->fd);
    struct watched *theme, *following;
    list_for_each_safe(theme, following, &watch->themes, link)
        drop(theme);
    free(watch);
}

void theme_watch_add(struct theme_watch *watch, const char *path)
{
    struct watched *theme;
    list_for_each(theme, &watch->themes, link) {
        if (strcmp(theme->path, path) == 0)
            return;
    }
    theme = xcalloc(1, sizeof(*theme));
    theme->path = xstrdup(path);
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        theme->folder = xstrdup(path);
        theme->file = xstrdup("theme.json");
    } else {
        split(path, &theme->folder, &theme->file);
    }
    split(theme->folder, &theme->around, &theme->name);
    list_append(&watch->themes, &theme->link);
    look(watch, theme);
}
