#include "net/base64.h"

#include <stdint.h>

static void encode(struct buffer *out, const unsigned char *in, size_t len, const char *letters, bool is_padded)
{
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t bits = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);
        size_t count = left > 2 ? 4 : left + 1;
        for (size_t k = 0; k < 4; k++) {
            if (k < count)
                buffer_add_char(out, letters[bits >> (18 - 6 * k) & 63]);
            else if (is_padded)
                buffer_add_char(out, '=');
        }
    }
}

#define COMMON "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

void base64_encode(struct buffer *out, const void *bytes, size_t len)
{
    encode(out, bytes, len, COMMON "+/", true);
}

void base64url_encode(struct buffer *out, const void *bytes, size_t len)
{
    encode(out, bytes, len, COMMON "-_", false);
}

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

bool base64_decode(struct buffer *out, const char *text, size_t len)
{
    size_t start = out->len, letters = 0, pads = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < len; i++) {
        int value = value_of(text[i]);
        if (text[i] == '\r' || text[i] == '\n')
            continue;
        if (text[i] == '=') {
            pads++;
            continue;
        }
        if (value < 0 || pads > 0)
            goto fail;
        bits = bits << 6 | (uint32_t)value;
        if (++letters % 4 != 1)
            buffer_add_char(out, (char)(bits >> (6 - 2 * ((letters - 1) % 4)) & 0xff));
    }
    if (letters % 4 != 1 && pads <= 2 && (pads == 0 || (letters + pads) % 4 == 0))
        return true;
fail:
    out->len = start;
    return false;
}
