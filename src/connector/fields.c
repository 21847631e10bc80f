#include "connector/fields.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

void field_begin(struct field_scratch *scratch, size_t size)
{
    buffer_clear(&scratch->buffer);
    buffer_reserve(&scratch->buffer, size);
}

void field_fini(struct field_scratch *scratch)
{
    buffer_fini(&scratch->buffer);
}

struct str field_keep(struct field_scratch *scratch, const char *bytes, size_t len)
{
    struct buffer *buffer = &scratch->buffer;
    if (len == 0 || len > buffer->capacity - buffer->len)
        return (struct str){0};
    char *out = buffer->data + buffer->len;
    memcpy(out, bytes, len);
    buffer->len += len;
    return (struct str){out, len};
}

struct str field_make(struct field_scratch *scratch, const char *format, ...)
{
    struct buffer *buffer = &scratch->buffer;
    size_t room = buffer->capacity - buffer->len;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(buffer->data + buffer->len, room, format, args);
    va_end(args);
    if (len <= 0 || (size_t)len >= room)
        return (struct str){0};
    struct str made = {buffer->data + buffer->len, (size_t)len};
    buffer->len += made.len;
    return made;
}

struct str field_text(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return (struct str){json_string_value(value), json_string_length(value)};
}

struct str field_id(struct field_scratch *scratch, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_string(value))
        return (struct str){json_string_value(value), json_string_length(value)};
    if (!json_is_integer(value) || json_integer_value(value) == 0)
        return (struct str){0};
    char digits[24], *at = digits + sizeof(digits);
    json_int_t number = json_integer_value(value);
    for (uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number; rest > 0; rest /= 10)
        *--at = (char)('0' + rest % 10);
    if (number < 0)
        *--at = '-';
    return field_keep(scratch, at, (size_t)(digits + sizeof(digits) - at));
}

/* "…+0000" as "…+00:00". */
static bool parse_without_colon(struct str text, int64_t *unix_ms)
{
    char full[40];
    if (text.len < 20 || text.len > sizeof(full) - 1)
        return false;
    char sign = text.data[text.len - 5];
    if (sign != '+' && sign != '-')
        return false;
    memcpy(full, text.data, text.len - 2);
    full[text.len - 2] = ':';
    memcpy(full + text.len - 1, text.data + text.len - 2, 2);
    return clock_parse_rfc3339(full, text.len + 1, unix_ms);
}

int64_t field_time_ms(const json_t *object, const char *key)
{
    struct str text = field_text(object, key);
    int64_t unix_ms = 0;
    if (text.len > 0 && !clock_parse_rfc3339(text.data, text.len, &unix_ms))
        parse_without_colon(text, &unix_ms);
    return unix_ms > 0 ? unix_ms : 0;
}

void field_add(json_t **extras, const char *key, json_t *value)
{
    if (!*extras)
        *extras = json_object();
    json_object_set_new(*extras, key, value);
}

void field_add_text(json_t **extras, const char *key, struct str text)
{
    if (text.len > 0)
        field_add(extras, key, json_stringn(text.data, text.len));
}

void field_add_int(json_t **extras, const char *key, int64_t value)
{
    if (value > 0)
        field_add(extras, key, json_integer(value));
}

bool field_is_color(struct str text)
{
    if (text.len != 7 || text.data[0] != '#')
        return false;
    for (size_t i = 1; i < 7; i++) {
        if (!isxdigit((unsigned char)text.data[i]))
            return false;
    }
    return true;
}
