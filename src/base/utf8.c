#include "base/utf8.h"

#include <string.h>

uint32_t utf8_decode(const char *text, size_t len, size_t *size)
{
    const unsigned char *p = (const unsigned char *)text;
    *size = 1;
    if (p[0] < 0x80)
        return p[0];
    size_t want = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || len < want)
        return UTF8_REPLACEMENT;
    uint32_t scalar = p[0] & (0xffu >> (want + 1));
    for (size_t i = 1; i < want; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return UTF8_REPLACEMENT;
        scalar = scalar << 6 | (p[i] & 0x3f);
    }
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (scalar < smallest[want] || scalar > 0x10ffff || (scalar >= 0xd800 && scalar < 0xe000))
        return UTF8_REPLACEMENT;
    *size = want;
    return scalar;
}

size_t utf8_encode(uint32_t scalar, char out[4])
{
    if (scalar < 0x80) {
        out[0] = (char)scalar;
        return 1;
    }
    size_t size = scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, scalar >>= 6)
        out[i] = (char)(0x80 | (scalar & 0x3f));
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(lead[size] | scalar);
    return size;
}

/* Length of the ASCII at the start, eight bytes at a time: most chat is ASCII, and all of it is checked. */
static size_t ascii_prefix(const char *text, size_t len)
{
    size_t i = 0;
    for (uint64_t word; i + 8 <= len; i += 8) {
        memcpy(&word, text + i, 8);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < len && (unsigned char)text[i] < 0x80)
        i++;
    return i;
}

bool utf8_is_valid(const char *text, size_t len)
{
    for (size_t i = 0, size; i < len; i += size) {
        i += ascii_prefix(text + i, len - i);
        if (i == len)
            return true;
        if (utf8_decode(text + i, len - i, &size) == UTF8_REPLACEMENT && size == 1)
            return false;
    }
    return true;
}

size_t utf8_count(const char *text, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

size_t utf8_cut(const char *text, size_t max_bytes)
{
    while (max_bytes > 0 && ((unsigned char)text[max_bytes] & 0xc0) == 0x80)
        max_bytes--;
    return max_bytes;
}

size_t utf8_repair(const char *text, size_t len, char *out)
{
    size_t written = 0;
    for (size_t i = 0, size; i < len; i += size) {
        uint32_t scalar = utf8_decode(text + i, len - i, &size);
        written += utf8_encode(scalar, out + written);
    }
    return written;
}
