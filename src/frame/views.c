#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "frame/frame.h"
#include "frame/wire.h"

#define PREFIX "frames-"
#define SUFFIX ".sock"

static bool view_is_valid(const char *view)
{
    size_t len = strlen(view);
    return len >= 1 && len <= 64 &&
           strspn(view, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == len;
}

static char *get_folder(void)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (runtime && runtime[0] == '/')
        return xasprintf("%s/antiphon", runtime);
    return xasprintf("/tmp/antiphon-%u", (unsigned)geteuid());
}

static char *get_path(const char *view)
{
    char *folder = get_folder();
    char *path = xasprintf("%s/" PREFIX "%s" SUFFIX, folder, view);
    free(folder);
    return path;
}

char *frame_socket_path(const char *view, struct error *err)
{
    if (!view || !view_is_valid(view)) {
        error_set(err, ERROR_DATA, "view \"%s\": a view's name has 1 to 64 letters, digits, '-' and '_'",
                  view ? view : "");
        return NULL;
    }
    return get_path(view);
}

/* ---- who publishes now ---- */

/* A socket that a dead overlay left behind is no view. */
static bool is_published(const char *view)
{
    char *path = get_path(view);
    int fd = wire_connect(path);
    free(path);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

/* The view whose socket's file has this name, to be freed; NULL: another file. */
static char *get_view(const char *file)
{
    size_t len = strlen(file);
    if (len <= strlen(PREFIX SUFFIX) || strncmp(file, PREFIX, strlen(PREFIX)) != 0 ||
        strcmp(file + len - strlen(SUFFIX), SUFFIX) != 0)
        return NULL;
    char *view = xstrndup(file + strlen(PREFIX), len - strlen(PREFIX SUFFIX));
    if (view_is_valid(view) && is_published(view))
        return view;
    free(view);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **frame_list_views(void)
{
    char **views = xcalloc(FRAME_VIEWS_MAX + 1, sizeof(*views)), *folder = get_folder();
    size_t count = 0;
    DIR *files = opendir(folder);
    free(folder);
    if (!files)
        return views;
    for (struct dirent *file; count < FRAME_VIEWS_MAX && (file = readdir(files));) {
        char *view = get_view(file->d_name);
        if (view)
            views[count++] = view;
    }
    closedir(files);
    qsort(views, count, sizeof(*views), compare);
    return views;
}

void frame_free_views(char **views)
{
    for (size_t i = 0; views[i]; i++)
        free(views[i]);
    free(views);
}
