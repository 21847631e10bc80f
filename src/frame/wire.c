#include "frame/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

enum { DESCRIPTORS_MAX = 8 };

static bool fill_address(const char *path, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address->sun_path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    strcpy(address->sun_path, path);
    return true;
}

static int open_socket(void)
{
    return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int take_lock(const char *path, struct error *err)
{
    char *name = xasprintf("%s.lock", path);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        error_errno(err, "%s", name);
    } else if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        error_set(err, ERROR_DENIED, "%s: another process publishes this view; end it first", path);
        close(fd);
        fd = -1;
    }
    free(name);
    return fd;
}

int wire_listen(const char *path, int *lock_fd, struct error *err)
{
    struct sockaddr_un address;
    *lock_fd = -1;
    if (!fill_address(path, &address)) {
        error_errno(err, "%s: a socket's path has at most %zu bytes", path, sizeof(address.sun_path) - 1);
        return -1;
    }
    *lock_fd = take_lock(path, err);
    if (*lock_fd < 0)
        return -1;
    unlink(path);
    int fd = open_socket();
    /* Linux gives the file the mode of the socket before bind(): no moment in which others could connect. */
    if (fd < 0 || fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fd, 16) < 0) {
        error_errno(err, "%s", path);
        if (fd >= 0)
            close(fd);
        close(*lock_fd);
        *lock_fd = -1;
        return -1;
    }
    return fd;
}

int wire_connect(const char *path)
{
    struct sockaddr_un address;
    if (!fill_address(path, &address))
        return -1;
    int fd = open_socket();
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

bool wire_peer_is_us(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.uid == geteuid();
}

bool wire_send(int fd, enum wire_type type, uint64_t sequence, int memory_fd)
{
    struct wire_message message = {WIRE_MAGIC, type, sequence};
    struct iovec part = {&message, sizeof(message)};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1};
    if (memory_fd >= 0) {
        packet.msg_control = control.bytes;
        packet.msg_controllen = sizeof(control.bytes);
        struct cmsghdr *header = CMSG_FIRSTHDR(&packet);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &memory_fd, sizeof(int));
    }
    return sendmsg(fd, &packet, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno == EAGAIN || errno == EINTR;
}

/* Keeps the first descriptor, closes all others: a hostile writer must not fill our table. */
static int take_descriptors(struct msghdr *packet)
{
    int first = -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(packet); header; header = CMSG_NXTHDR(packet, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            if (first < 0)
                first = fd;
            else
                close(fd);
        }
    }
    return first;
}

enum wire_result wire_receive(int fd, struct wire_message *message, int *memory_fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    } control;
    struct iovec part = {message, sizeof(*message)};
    struct msghdr packet = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
                            .msg_controllen = sizeof(control.bytes)};
    ssize_t got = recvmsg(fd, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    *memory_fd = -1;
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? WIRE_NOTHING : WIRE_CLOSED;
    *memory_fd = take_descriptors(&packet);
    if (got == sizeof(*message) && message->magic == WIRE_MAGIC && !(packet.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
        return WIRE_GOT;
    if (*memory_fd >= 0)
        close(*memory_fd);
    *memory_fd = -1;
    return got == 0 ? WIRE_CLOSED : WIRE_BROKEN;
}
