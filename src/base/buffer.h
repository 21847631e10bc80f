/*
 * buffer.h - bytes that grow: for lines, frames and JSON under construction.
 * {0} is an empty buffer. The bytes move when it grows: keep offsets, not pointers. Thread: its owner's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    char *data;  // owned; NULL while nothing was added; not NUL-terminated
    size_t len, capacity;
};

void buffer_fini(struct buffer *buffer);

/* Empties it and keeps the memory. */
void buffer_clear(struct buffer *buffer);

/* Room for `size` more bytes; returns where they go. Set len yourself. */
char *buffer_reserve(struct buffer *buffer, size_t size);

void buffer_add(struct buffer *buffer, const void *data, size_t len);
void buffer_add_string(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char c);
void buffer_add_int(struct buffer *buffer, int64_t value);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * A JSON string with its quotes, from valid UTF-8. "</" is written "<\/", U+2028 and U+2029 as escapes, so that
 * the result may stand in a page or a script.
 */
void buffer_add_json(struct buffer *buffer, const char *text, size_t len);

/* Drops `len` bytes from the front. */
void buffer_consume(struct buffer *buffer, size_t len);

/* The bytes with a NUL behind them; the caller frees; the buffer is empty afterwards. */
char *buffer_take(struct buffer *buffer);
