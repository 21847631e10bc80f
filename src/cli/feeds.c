#include "cli/feeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

enum { FEED_BYTES_MAX = 1024 };

static bool make_address(const char *runtime_folder, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int len = snprintf(address->sun_path, sizeof(address->sun_path), "%s/notify.sock", runtime_folder);
    return len > 0 && (size_t)len < sizeof(address->sun_path);
}

int feeds_open(const char *runtime_folder, struct error *err)
{
    struct sockaddr_un address;
    if (!make_address(runtime_folder, &address)) {
        error_set(err, ERROR_SYSTEM, "%s/notify.sock: too long for a socket; set XDG_RUNTIME_DIR", runtime_folder);
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    unlink(address.sun_path);  // we hold the lock: whoever made it is dead
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0
        && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    error_errno(err, "%s", address.sun_path);
    if (fd >= 0)
        close(fd);
    return -1;
}

void feeds_export(const char *runtime_folder, int64_t patience_ms)
{
    struct sockaddr_un address;
    char usec[24];
    snprintf(usec, sizeof(usec), "%lld", (long long)patience_ms * 1000);
    if (make_address(runtime_folder, &address))
        setenv("NOTIFY_SOCKET", address.sun_path, 1);
    setenv("WATCHDOG_USEC", usec, 1);
    unsetenv("WATCHDOG_PID");  // systemd's named us
}

static pid_t sender_of(struct msghdr *message)
{
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
        if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_CREDENTIALS) {
            struct ucred who;
            memcpy(&who, CMSG_DATA(at), sizeof(who));
            return who.pid;
        }
    }
    return 0;
}

bool feeds_next(int fd, struct feed *feed)
{
    char text[FEED_BYTES_MAX];
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec part = {text, sizeof(text) - 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    // A descriptor that somebody passes along does not fit into control, and the kernel closes it.
    ssize_t len = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    if (len < 0)
        return false;
    text[len] = '\0';
    *feed = (struct feed){.pid = sender_of(&message)};
    char *rest = NULL;
    for (const char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        feed->is_ready |= strcmp(line, "READY=1") == 0;
        feed->is_well |= strcmp(line, "WATCHDOG=1") == 0;
    }
    return true;
}
