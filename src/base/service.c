#include "base/service.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

enum { TELL_BYTES_MAX = 512 };

static struct {
    int fd;               // 0: nobody listens
    struct sockaddr_un to;
    socklen_t to_len;
    int64_t patience_ms;  // 0: no watchdog
    int64_t fed_ms;       // monotonic; 0: never
} service;

/* A path, or with '@' in place of its first byte, which is 0, a name of Linux's own (unix(7), "abstract"). */
static bool read_address(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    if (len < 2 || len >= sizeof(service.to.sun_path) || (text[0] != '/' && text[0] != '@'))
        return false;
    service.to = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(service.to.sun_path, text, len);
    if (text[0] == '@')
        service.to.sun_path[0] = '\0';
    // The length of an abstract name counts; a path ends with its 0.
    service.to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (text[0] == '/'));
    return true;
}

/* WATCHDOG_PID names whom it is meant for: a child inherits the variables (sd_watchdog_enabled(3)). */
static int64_t read_patience_ms(void)
{
    const char *pid = getenv("WATCHDOG_PID"), *usec = getenv("WATCHDOG_USEC");
    if (!usec || (pid && strtoll(pid, NULL, 10) != getpid()))
        return 0;
    int64_t patience_ms = strtoll(usec, NULL, 10) / 1000;
    return patience_ms > 0 ? patience_ms : 0;
}

void service_open(void)
{
    if (service.fd > 0)
        close(service.fd);
    service.fd = 0;
    service.patience_ms = service.fed_ms = 0;
    if (!read_address(getenv("NOTIFY_SOCKET")))
        return;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    service.fd = fd;
    service.patience_ms = read_patience_ms();
}

static bool send_text(const char *text, size_t len)
{
    return sendto(service.fd, text, len, MSG_NOSIGNAL, (const struct sockaddr *)&service.to, service.to_len) == (ssize_t)len;
}

void service_tell(const char *format, ...)
{
    if (service.fd <= 0)
        return;
    char text[TELL_BYTES_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len > 0)
        send_text(text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
}

int64_t service_patience_ms(void)
{
    return service.patience_ms;
}

void service_feed(void)
{
    static const char feed[] = "WATCHDOG=1";
    int64_t now_ms = clock_monotonic_ms();
    if (service.patience_ms == 0 || (service.fed_ms != 0 && now_ms - service.fed_ms < service.patience_ms / 4))
        return;
    if (send_text(feed, sizeof(feed) - 1))  // a listener that is being replaced: the next call tries again
        service.fed_ms = now_ms;
}
