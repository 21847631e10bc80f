#include "net/sse.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"

enum { EVENT_BYTES = 1 << 20, ID_BYTES = 4096, RETRY_MS_MAX = 3600000 };

struct sse {
    struct sse_options options;
    struct buffer line;   // of which no end has come
    struct buffer data, event;
    struct buffer id;     // of this event so far
    char *last_id;        // told; never NULL
    int64_t retry_ms;
    bool has_data;
    bool is_begun;        // the first line has been seen: a BOM may stand there only
    bool was_cr;          // the last byte was a CR: an LF now belongs to it
    bool is_skipping;     // an event that was too long, up to the empty line
    bool is_in_feed, is_destroyed;
};

struct sse *sse_create(const struct sse_options *options)
{
    struct sse *sse = xcalloc(1, sizeof(*sse));
    sse->options = *options;
    if (!sse->options.event_bytes_max)
        sse->options.event_bytes_max = EVENT_BYTES;
    sse->last_id = xstrdup("");
    return sse;
}

void sse_destroy(struct sse *sse)
{
    if (!sse)
        return;
    sse->is_destroyed = true;
    if (sse->is_in_feed)
        return;
    buffer_fini(&sse->line);
    buffer_fini(&sse->data);
    buffer_fini(&sse->event);
    buffer_fini(&sse->id);
    free(sse->last_id);
    free(sse);
}

static void forget_event(struct sse *sse)
{
    buffer_clear(&sse->data);
    buffer_clear(&sse->event);
    sse->has_data = false;
}

static void set_last_id(struct sse *sse)
{
    free(sse->last_id);
    sse->last_id = xstrndup(sse->id.data ? sse->id.data : "", sse->id.len);
}

static void dispatch(struct sse *sse)
{
    set_last_id(sse);
    if (!sse->has_data) {
        forget_event(sse);
        return;
    }
    buffer_add_char(&sse->data, '\0');
    buffer_add_char(&sse->event, '\0');
    struct sse_event event = {.event = sse->event.len > 1 ? sse->event.data : "message", .data = sse->data.data,
                              .len = sse->data.len - 1, .id = sse->last_id};
    sse->options.on_event(sse->options.data, &event);
    forget_event(sse);
}

static void take_retry(struct sse *sse, struct str value)
{
    int64_t ms = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return;
        ms = ms > RETRY_MS_MAX ? ms : ms * 10 + (value.data[i] - '0');
    }
    if (value.len > 0)
        sse->retry_ms = ms < RETRY_MS_MAX ? ms : RETRY_MS_MAX;
}

static void take_field(struct sse *sse, struct str name, struct str value)
{
    if (str_equal(name, STR("data"))) {
        if (sse->has_data)
            buffer_add_char(&sse->data, '\n');
        buffer_add(&sse->data, value.data, value.len);
        sse->has_data = true;
    } else if (str_equal(name, STR("event"))) {
        buffer_clear(&sse->event);
        buffer_add(&sse->event, value.data, value.len);
    } else if (str_equal(name, STR("id"))) {
        // It goes back in a header: none with a NUL (the standard), none without end.
        if (value.len <= ID_BYTES && !(value.len && memchr(value.data, '\0', value.len))) {
            buffer_clear(&sse->id);
            buffer_add(&sse->id, value.data, value.len);
        }
    } else if (str_equal(name, STR("retry"))) {
        take_retry(sse, value);
    }
}

static void take_line(struct sse *sse, struct str line)
{
    if (!sse->is_begun && str_starts_with(line, STR("\xef\xbb\xbf")))
        line = (struct str){line.data + 3, line.len - 3};
    sse->is_begun = true;
    if (line.len == 0) {
        if (!sse->is_skipping)
            dispatch(sse);
        sse->is_skipping = false;
        return;
    }
    if (sse->is_skipping)
        return;
    const char *colon = memchr(line.data, ':', line.len);
    if (colon == line.data) {
        if (sse->options.on_comment)
            sse->options.on_comment(sse->options.data, line.data + 1, line.len - 1);
        return;
    }
    struct str name = {line.data, colon ? (size_t)(colon - line.data) : line.len};
    struct str value = colon ? (struct str){colon + 1, line.len - name.len - 1} : (struct str){line.data, 0};
    if (value.len > 0 && value.data[0] == ' ')
        value = (struct str){value.data + 1, value.len - 1};
    take_field(sse, name, value);
}

/* Does `more` bytes on top of what is held break the bound? Then the event is given up. */
static bool check_bound(struct sse *sse, size_t more, struct error *err)
{
    if (sse->is_skipping || sse->data.len + sse->event.len + sse->line.len + more <= sse->options.event_bytes_max)
        return true;
    forget_event(sse);
    sse->is_skipping = true;
    return error_set(err, ERROR_DATA, "an event is longer than %zu bytes", sse->options.event_bytes_max);
}

static void keep_line(struct sse *sse, const char *bytes, size_t len)
{
    // While skipping only one thing counts: is the line empty?
    if (!sse->is_skipping)
        buffer_add(&sse->line, bytes, len);
    else if (sse->line.len == 0 && len > 0)
        buffer_add_char(&sse->line, 'x');
}

static bool feed(struct sse *sse, const char *at, const char *end, struct error *err)
{
    bool ok = true;
    while (at < end && !sse->is_destroyed) {
        if (sse->was_cr && *at == '\n')
            at++;
        sse->was_cr = false;
        const char *stop = at;
        while (stop < end && *stop != '\r' && *stop != '\n')
            stop++;
        ok = check_bound(sse, (size_t)(stop - at), ok ? err : NULL) && ok;
        keep_line(sse, at, (size_t)(stop - at));
        if (stop == end)
            break;
        sse->was_cr = *stop == '\r';
        at = stop + 1;
        struct buffer line = sse->line;
        sse->line = (struct buffer){0};
        take_line(sse, (struct str){line.data ? line.data : "", line.len});
        buffer_clear(&line);
        sse->line = line;
    }
    return ok;
}

bool sse_feed(struct sse *sse, const char *bytes, size_t len, struct error *err)
{
    sse->is_in_feed = true;
    bool ok = feed(sse, bytes, bytes + len, err);
    sse->is_in_feed = false;
    if (sse->is_destroyed)
        sse_destroy(sse);
    return ok;
}

const char *sse_last_id(const struct sse *sse)
{
    return sse->last_id;
}

int64_t sse_retry_ms(const struct sse *sse)
{
    return sse->retry_ms;
}
