#include "base/utf8.h"

#include <endian.h>
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

static bool is_tail(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* The length of the character at p, whose first byte is not ASCII; 0: it is broken. RFC 3629, section 4. */
static size_t character_size(const unsigned char *p, size_t len)
{
    if (p[0] >= 0xc2 && p[0] < 0xe0)
        return len >= 2 && is_tail(p[1]) ? 2 : 0;
    if (p[0] < 0xe0 || len < 3 || !is_tail(p[1]) || !is_tail(p[2]))
        return 0;
    if (p[0] < 0xf0) {
        bool is_overlong = p[0] == 0xe0 && p[1] < 0xa0, is_surrogate = p[0] == 0xed && p[1] >= 0xa0;
        return is_overlong || is_surrogate ? 0 : 3;
    }
    bool is_overlong = p[0] == 0xf0 && p[1] < 0x90, is_beyond = p[0] > 0xf4 || (p[0] == 0xf4 && p[1] >= 0x90);
    return len < 4 || !is_tail(p[3]) || is_overlong || is_beyond ? 0 : 4;
}

static inline uint64_t high_bits(const unsigned char *p)
{
    uint64_t word;
    memcpy(&word, p, 8);
    return le64toh(word) & UINT64_C(0x8080808080808080);
}

/* Where the first byte that is not ASCII stands, or end. Most chat is ASCII, and all of it is checked. */
static const unsigned char *skip_ascii(const unsigned char *p, const unsigned char *end)
{
    while (end - p >= 32 && !(high_bits(p) | high_bits(p + 8) | high_bits(p + 16) | high_bits(p + 24)))
        p += 32;
    for (; end - p >= 8; p += 8) {
        uint64_t bits = high_bits(p);
        if (bits)
            return p + __builtin_ctzll(bits) / 8;
    }
    while (p < end && *p < 0x80)
        p++;
    return p;
}

bool utf8_is_valid(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text, *end = p + len;
    for (;;) {
        // Words of one script stand together: one byte tells whether there is anything to skip.
        if (p < end && *p < 0x80)
            p = skip_ascii(p, end);
        if (p == end)
            return true;
        size_t size = character_size(p, (size_t)(end - p));
        if (size == 0)
            return false;
        p += size;
    }
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
