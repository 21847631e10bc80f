#include "cli/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

static pid_t read_pid(int fd)
{
    char text[24] = "";
    ssize_t len = pread(fd, text, sizeof(text) - 1, 0);
    return len > 0 ? (pid_t)atol(text) : 0;
}

enum { LEFTOVER_MS = 1000, STEP_MS = 10 };

/*
 * A process that was killed in the middle of starting another leaves its lock with the child until that one begins its own
 * program, and who looks for an instance holds the lock for a moment: if nobody of the written number lives, it is tried
 * again for a second.
 */
static bool lock(int fd)
{
    for (int waited_ms = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited_ms += STEP_MS) {
        pid_t holder = read_pid(fd);
        bool is_alive = holder > 0 && (kill(holder, 0) == 0 || errno == EPERM);
        if (is_alive || waited_ms >= LEFTOVER_MS)
            return false;
        poll(NULL, 0, STEP_MS);
    }
    return true;
}

bool instance_take(const char *runtime_folder, const char *name, struct error *err)
{
    char *path = xasprintf("%s/%s.lock", runtime_folder, name);
    bool ok = false;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        error_errno(err, "%s", path);
    } else if (!lock(fd)) {
        error_set(err, ERROR_DENIED, "%s runs already (process %ld); end it, or set XDG_RUNTIME_DIR for a second one",
            name, (long)read_pid(fd));
        close(fd);
    } else if (ftruncate(fd, 0) != 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0) {
        error_errno(err, "%s", path);
        close(fd);
    } else {
        ok = true;  // fd stays open: it is the lock
    }
    free(path);
    return ok;
}

pid_t instance_find(const char *runtime_folder, const char *name)
{
    char *path = xasprintf("%s/%s.lock", runtime_folder, name);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    free(path);
    if (fd < 0)
        return 0;
    bool is_free = flock(fd, LOCK_SH | LOCK_NB) == 0;
    pid_t pid = is_free ? 0 : read_pid(fd);
    close(fd);
    return pid;
}
