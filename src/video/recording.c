#include "video/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

enum { NUMBERS_MAX = 10000 };

static char *numbered(const char *path, int number)
{
    if (number == 1)
        return xstrdup(path);
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash : path, '.');
    int stem = (int)(dot ? dot - path : (long)strlen(path));
    return xasprintf("%.*s-%d%s", stem, path, number, dot ? dot : "");
}

char *recording_reserve(const char *path, struct error *err)
{
    for (int number = 1; number <= NUMBERS_MAX; number++) {
        char *name = numbered(path, number);
        int fd = open(name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
        if (fd >= 0) {
            close(fd);
            return name;
        }
        free(name);
        if (errno != EEXIST) {
            error_errno(err, "recording \"%s\"", path);
            return NULL;
        }
    }
    error_set(err, ERROR_DENIED, "recording \"%s\": %d files of this name are there already", path, NUMBERS_MAX);
    return NULL;
}

void recording_forget_empty(const char *path, bool has_pictures)
{
    struct stat found;
    if (stat(path, &found) == 0 && S_ISREG(found.st_mode) && (found.st_size == 0 || !has_pictures))
        unlink(path);
}
