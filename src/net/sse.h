/*
 * sse.h - server-sent events: the pieces of an HTTP stream become events. No network in here: feed it from
 * http_options.on_data. Source: WHATWG HTML, 9.2.6 "Interpreting an event stream". Thread: its owner's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct sse;

/* Borrowed until on_event returns. The bytes are as they came: they may be broken UTF-8, and hold a NUL. */
struct sse_event {
    const char *event;  // "message" if the stream named none
    const char *data;   // lines joined by a newline; NUL-terminated behind len
    size_t len;
    const char *id;     // the last that the stream gave, maybe long ago; "" if none
};

struct sse_options {
    size_t event_bytes_max;  // of one event and of one line; 0: 1 MiB
    /* Required. May destroy the sse. Events without data are not told, as the standard has it. */
    void (*on_event)(void *data, const struct sse_event *event);
    void (*on_comment)(void *data, const char *text, size_t len);  // optional: a heartbeat for many platforms
    void *data;
};

struct sse *sse_create(const struct sse_options *options);
void sse_destroy(struct sse *sse);  // accepts NULL

/*
 * One piece, of any length, cut anywhere. False: an event is longer than allowed; nothing of it was told, and what
 * comes is skipped up to the event after it, so that the owner may go on or end the stream.
 */
bool sse_feed(struct sse *sse, const char *bytes, size_t len, struct error *err);

/* For the header Last-Event-ID of the next attempt; "" if none. Borrowed until the next sse_feed(). */
const char *sse_last_id(const struct sse *sse);

/* What the stream asked for between attempts; 0: nothing. At most an hour. */
int64_t sse_retry_ms(const struct sse *sse);
