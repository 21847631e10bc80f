#include "net/form.h"

#include <stdlib.h>
#include <string.h>

static bool is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c));
}

static void escape(struct buffer *out, const char *text, size_t len, bool is_form)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (is_unreserved(c))
            buffer_add_char(out, (char)c);
        else if (c == ' ' && is_form)
            buffer_add_char(out, '+');
        else
            buffer_printf(out, "%%%02X", c);
    }
}

void form_escape(struct buffer *out, const char *text, size_t len)
{
    escape(out, text, len, false);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void form_unescape(struct buffer *out, const char *text, size_t len, bool is_form)
{
    for (size_t i = 0; i < len; i++) {
        int high = i + 2 < len && text[i] == '%' ? hex_value(text[i + 1]) : -1;
        int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        if (low >= 0) {
            buffer_add_char(out, (char)(high << 4 | low));
            i += 2;
        } else {
            buffer_add_char(out, is_form && text[i] == '+' ? ' ' : text[i]);
        }
    }
}

void form_add(struct buffer *form, const char *name, const char *value)
{
    if (!value)
        return;
    if (form->len > 0)
        buffer_add_char(form, '&');
    escape(form, name, strlen(name), true);
    buffer_add_char(form, '=');
    escape(form, value, strlen(value), true);
}

void form_add_int(struct buffer *form, const char *name, int64_t value)
{
    struct buffer digits = {0};
    buffer_add_int(&digits, value);
    char *text = buffer_take(&digits);
    form_add(form, name, text);
    free(text);
}

/* The bytes up to `mark`, which is dropped too; all of them if there is none. */
static struct str take_until(struct str *rest, char mark)
{
    const char *at = rest->len ? memchr(rest->data, mark, rest->len) : NULL;
    struct str part = {rest->data, at ? (size_t)(at - rest->data) : rest->len};
    size_t taken = part.len + (at ? 1 : 0);
    *rest = (struct str){taken ? rest->data + taken : rest->data, rest->len - taken};
    return part;
}

bool form_next(struct str *rest, struct buffer *name, struct buffer *value)
{
    struct str pair = {0};
    while (pair.len == 0) {
        if (rest->len == 0)
            return false;
        pair = take_until(rest, '&');
    }
    struct str key = take_until(&pair, '=');
    buffer_clear(name);
    buffer_clear(value);
    form_unescape(name, key.data, key.len, true);
    form_unescape(value, pair.data, pair.len, true);
    return true;
}

char *form_find(const char *form, size_t len, const char *name)
{
    struct str rest = {form, len};
    struct buffer key = {0}, value = {0};
    char *found = NULL;
    while (!found && form_next(&rest, &key, &value)) {
        if (!str_equal((struct str){key.data, key.len}, str_from(name)))
            continue;
        if (value.len && memchr(value.data, '\0', value.len))
            break;
        found = buffer_take(&value);
    }
    buffer_fini(&key);
    buffer_fini(&value);
    return found;
}
