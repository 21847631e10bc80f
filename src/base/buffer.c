#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { FIRST_BYTES = 256 };

void buffer_fini(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

void buffer_clear(struct buffer *buffer)
{
    buffer->len = 0;
}

char *buffer_reserve(struct buffer *buffer, size_t size)
{
    size_t need = buffer->len + size;
    if (need > buffer->capacity) {
        size_t capacity = buffer->capacity ? buffer->capacity : FIRST_BYTES;
        while (capacity < need)
            capacity *= 2;
        buffer->data = xrealloc(buffer->data, capacity);
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->len;
}

void buffer_add(struct buffer *buffer, const void *data, size_t len)
{
    if (len == 0)
        return;
    memcpy(buffer_reserve(buffer, len), data, len);
    buffer->len += len;
}

void buffer_add_string(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_add_char(struct buffer *buffer, char c)
{
    *buffer_reserve(buffer, 1) = c;
    buffer->len++;
}

void buffer_add_int(struct buffer *buffer, int64_t value)
{
    char digits[20], *at = digits + sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        buffer_add_char(buffer, '-');
    buffer_add(buffer, at, (size_t)(digits + sizeof(digits) - at));
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len > 0) {
        vsnprintf(buffer_reserve(buffer, (size_t)len + 1), (size_t)len + 1, format, again);
        buffer->len += (size_t)len;
    }
    va_end(again);
}

/* What JSON or a page wants escaped at text[0]; NULL: nothing. *size: how many bytes it stands for. */
static const char *escape(const char *text, size_t left, size_t *size, char scratch[8])
{
    unsigned char c = (unsigned char)text[0];
    *size = 1;
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: break;
    }
    if (c < 0x20) {
        snprintf(scratch, 8, "\\u%04x", c);
        return scratch;
    }
    if (c == '<' && left >= 2 && text[1] == '/') {
        *size = 2;
        return "<\\/";
    }
    if (c == 0xe2 && left >= 3 && (memcmp(text, "\xe2\x80\xa8", 3) == 0 || memcmp(text, "\xe2\x80\xa9", 3) == 0)) {
        *size = 3;
        return text[2] == '\xa8' ? "\\u2028" : "\\u2029";
    }
    return NULL;
}

void buffer_add_json(struct buffer *buffer, const char *text, size_t len)
{
    buffer_add_char(buffer, '"');
    size_t plain = 0;
    for (size_t i = 0, size; i < len; i += size) {
        char scratch[8];
        const char *replacement = escape(text + i, len - i, &size, scratch);
        if (replacement) {
            buffer_add(buffer, text + plain, i - plain);
            buffer_add_string(buffer, replacement);
            plain = i + size;
        }
    }
    buffer_add(buffer, text + plain, len - plain);
    buffer_add_char(buffer, '"');
}

void buffer_consume(struct buffer *buffer, size_t len)
{
    memmove(buffer->data, buffer->data + len, buffer->len - len);
    buffer->len -= len;
}

char *buffer_take(struct buffer *buffer)
{
    buffer_add_char(buffer, '\0');
    char *data = buffer->data;
    *buffer = (struct buffer){0};
    return data;
}
