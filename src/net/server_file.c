#include "net/server.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/str.h"

enum { FILE_BYTES_MAX = 8 << 20, HEADERS_MAX = 16 };

static const struct {
    const char *suffix, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"}, {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"}, {".mjs", "text/javascript; charset=utf-8"},
    {".json", "application/json"}, {".svg", "image/svg+xml"}, {".png", "image/png"}, {".webp", "image/webp"},
    {".jpg", "image/jpeg"}, {".ico", "image/x-icon"}, {".woff2", "font/woff2"}, {".ttf", "font/ttf"},
    {".txt", "text/plain; charset=utf-8"}, {".webmanifest", "application/manifest+json"},
};

static const char *type_of(const char *path)
{
    size_t len = strlen(path);
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        size_t suffix = strlen(types[i].suffix);
        if (len > suffix && strcmp(path + len - suffix, types[i].suffix) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

/*
 * Step by step from the folder's descriptor: no "..", no dot file, no link at any step, so nothing outside can be
 * reached whatever stands in the path or is put into the folder meanwhile.
 */
static int open_below(const char *folder, const char *path)
{
    int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    while (at >= 0) {
        path += strspn(path, "/");
        size_t len = strcspn(path, "/");
        char name[256];
        if (len == 0 || len >= sizeof(name) || path[0] == '.')
            break;
        memcpy(name, path, len);
        name[len] = '\0';
        bool is_last = path[len] == '\0';
        int next = openat(at, name, O_NOFOLLOW | O_CLOEXEC | (is_last ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY));
        close(at);
        if (is_last || next < 0)
            return next;
        at = next;
        path += len;
    }
    if (at >= 0)
        close(at);
    return -1;
}

static bool read_file(int fd, struct buffer *out)
{
    struct stat about;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size > FILE_BYTES_MAX)
        return false;
    size_t size = (size_t)about.st_size;
    while (out->len < size) {
        ssize_t got = read(fd, buffer_reserve(out, size - out->len), size - out->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        out->len += (size_t)got;
    }
    return true;
}

static bool has_header(const struct net_header *headers, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(headers[i].name, name) == 0)
            return true;
    }
    return false;
}

void server_respond_file(struct server_request *request, const char *folder, const char *path,
                         const struct net_header *headers, size_t header_count)
{
    static const struct net_header usual[] = {
        {"content-security-policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'"},
        {"x-content-type-options", "nosniff"}, {"referrer-policy", "no-referrer"}, {"cache-control", "no-cache"}};
    struct net_header all[HEADERS_MAX];
    size_t count = 0;
    for (; count < header_count && count < HEADERS_MAX - ARRAY_LENGTH(usual); count++)
        all[count] = headers[count];
    for (size_t i = 0; i < ARRAY_LENGTH(usual); i++) {
        if (!has_header(headers, header_count, usual[i].name))
            all[count++] = usual[i];
    }
    if (strcmp(path, "/") == 0)
        path = "/index.html";
    struct buffer body = {0};
    int fd = open_below(folder, path);
    bool ok = fd >= 0 && read_file(fd, &body);
    if (fd >= 0)
        close(fd);
    if (ok)
        server_respond(request, 200, type_of(path), all, count, body.data, body.len);
    else
        server_respond_text(request, 404, "there is nothing here");
    buffer_fini(&body);
}
