#include "decoding.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "chat/message.h"
#include "connector/connector.h"

static void add_message(void *data, struct message *message)
{
    message_write_json(message, data);
    buffer_add_char(data, '\n');
}

struct buffer decode_frames(const char *platform, const char *frames, size_t len)
{
    struct buffer out = {0};
    struct error err = {0};
    struct connector_options options = {.deliver = add_message, .data = &out};
    struct connector *connector = connector_create_decoder(platform, &options, &err);
    assert_non_null(connector);
    const char *at = frames, *end = frames + len;
    for (int number = 1; at < end; number++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t line_len = (size_t)((newline ? newline : end) - at);
        // A copy of its own: reading past a line's end is found by the sanitizer.
        char *line = malloc(line_len ? line_len : 1);
        memcpy(line, at, line_len);
        if (line_len > 0 && !connector_receive(connector, line, line_len, &err))
            buffer_printf(&out, "! %d: %s\n", number, err.text);
        free(line);
        at = newline ? newline + 1 : end;
    }
    connector_destroy(connector);
    return out;
}

static void compare(const char *name, const struct buffer *got, const struct buffer *expected)
{
    size_t i = 0, line = 1, start = 0;
    while (i < got->len && i < expected->len && got->data[i] == expected->data[i]) {
        if (got->data[i++] == '\n')
            line++, start = i;
    }
    if (i == got->len && i == expected->len)
        return;
    fail_msg("%s, line %zu:\n  got      %.*s\n  expected %.*s", name, line,
             (int)strcspn(got->data + start, "\n"), got->data + start,
             (int)strcspn(expected->data + start, "\n"), expected->data + start);
}

static void read_case(const char *folder, const char *name, const char *ending, struct buffer *out)
{
    struct error err = {0};
    char *path = xasprintf("%s/%s%s", folder, name, ending);
    if (!file_read(path, 16 << 20, out, &err))
        fail_msg("%s", err.text);
    buffer_add_char(out, '\0');
    out->len--;
    free(path);
}

void check_cases(const char *platform, size_t count_min)
{
    char *folder = xasprintf("%s/%s", getenv("ANTIPHON_TEST_DATA"), platform);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        const char *ending = strstr(entry->d_name, ".frames");
        if (!ending)
            continue;
        char *name = xstrndup(entry->d_name, (size_t)(ending - entry->d_name));
        struct buffer frames = {0}, expected = {0};
        read_case(folder, name, ".frames", &frames);
        read_case(folder, name, ".messages", &expected);
        struct buffer got = decode_frames(platform, frames.data, frames.len);
        buffer_add_char(&got, '\0');
        got.len--;
        compare(name, &got, &expected);
        buffer_fini(&frames);
        buffer_fini(&expected);
        buffer_fini(&got);
        free(name);
        count++;
    }
    closedir(dir);
    free(folder);
    assert_true(count >= count_min);
}
