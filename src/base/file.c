#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

enum { READ_BYTES = 65536 };

static bool read_all(int fd, const char *path, size_t max_bytes, struct buffer *out, struct error *err)
{
    for (size_t total = 0;;) {
        ssize_t got = read(fd, buffer_reserve(out, READ_BYTES), READ_BYTES);
        if (got == 0)
            return true;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_errno(err, "%s", path);
        total += (size_t)got;
        if (total > max_bytes)
            return error_set(err, ERROR_DATA, "%s: longer than %zu bytes", path, max_bytes);
        out->len += (size_t)got;
    }
}

bool file_read(const char *path, size_t max_bytes, struct buffer *out, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, "%s", path);
    bool ok = read_all(fd, path, max_bytes, out, err);
    close(fd);
    return ok;
}

static bool write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, data, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        data += put;
        len -= (size_t)put;
    }
    return fsync(fd) == 0;
}

/* The new name itself must survive a loss of power. Some file systems cannot sync a folder: they need not. */
static bool sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? xasprintf("%.*s", slash == path ? 1 : (int)(slash - path), path) : xstrdup(".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd < 0 || fsync(fd) == 0 || errno == EINVAL || errno == EROFS;
    if (fd >= 0)
        close(fd);
    free(folder);
    return ok;
}

bool file_write_atomic(const char *path, const void *data, size_t len, mode_t mode, struct error *err)
{
    char *beside = xasprintf("%s.%ld.new", path, (long)getpid());
    bool ok = false;
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd >= 0) {
        ok = fchmod(fd, mode) == 0 && write_all(fd, data, len);
        int saved = errno;
        close(fd);
        errno = saved;
    }
    ok = ok && rename(beside, path) == 0 && sync_folder(path);
    if (!ok) {
        error_errno(err, "%s", path);
        if (fd >= 0)
            unlink(beside);
    }
    free(beside);
    return ok;
}

bool file_make_folder(const char *path, struct error *err)
{
    char *partial = xstrdup(path);
    bool ok = true;
    for (char *at = partial + 1; ok; at++) {
        char c = *at;
        if (c != '/' && c != '\0')
            continue;
        *at = '\0';
        if (mkdir(partial, 0700) != 0 && errno != EEXIST)
            ok = error_errno(err, "%s", partial);
        *at = c;
        if (c == '\0')
            break;
    }
    free(partial);
    return ok;
}
