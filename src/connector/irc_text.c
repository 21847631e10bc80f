#include "connector/irc_text.h"

#include <stdint.h>

#include "base/utf8.h"

enum { CUT_BYTES = 300 };  // of a text in a line of 512

/* U+0080 to U+009F of Windows-1252; the five holes are the C1 controls of the same number. */
static const uint16_t windows_1252[32] = {
    0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f,
    0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178,
};

/* How many bytes at the end are the beginning of a character that goes on; 0: none. */
static size_t cut_tail(struct str text)
{
    for (size_t back = 1; back <= 3 && back <= text.len; back++) {
        unsigned char c = (unsigned char)text.data[text.len - back];
        if ((c & 0xc0) == 0x80)
            continue;
        size_t whole = c >= 0xf0 && c <= 0xf4 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 && c < 0xe0 ? 2 : 1;
        return whole > back ? back : 0;
    }
    return 0;
}

static struct str from_legacy(struct str text, struct buffer *room)
{
    buffer_clear(room);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        char out[4];
        buffer_add(room, out, utf8_encode(c >= 0x80 && c < 0xa0 ? windows_1252[c - 0x80] : c, out));
    }
    return (struct str){room->data, room->len};
}

/* "caf\xe9" ends like a cut character as well: it is one only behind others, or where a line may have been cut. */
static bool looks_cut(struct str whole)
{
    bool has_others = false;
    for (size_t i = 0; i < whole.len; i++)
        has_others |= (unsigned char)whole.data[i] >= 0x80;
    return has_others || whole.len >= CUT_BYTES;
}

static struct str make_valid(struct str text, bool is_legacy, struct buffer *room)
{
    if (text.len == 0 || utf8_is_valid(text.data, text.len))
        return text;
    struct str shorter = {text.data, text.len - cut_tail(text)};
    if (shorter.len < text.len && utf8_is_valid(shorter.data, shorter.len) && looks_cut(shorter))
        return shorter;
    if (is_legacy)
        return from_legacy(text, room);
    buffer_clear(room);
    char *out = buffer_reserve(room, 3 * text.len);
    room->len = utf8_repair(text.data, text.len, out);
    return (struct str){room->data, room->len};
}

/* ---- formatting ---- */

static bool is_format(unsigned char c)
{
    return c == 0x02 || c == 0x03 || c == 0x04 || c == 0x0f || c == 0x11 || c == 0x16 || c == 0x1d || c == 0x1e || c == 0x1f;
}

static size_t count_digits(const char *at, const char *end, size_t most, bool is_hex)
{
    size_t count = 0;
    for (; at + count < end && count < most; count++) {
        unsigned char c = (unsigned char)at[count], lower = c | 0x20;
        if ((c < '0' || c > '9') && !(is_hex && lower >= 'a' && lower <= 'f'))
            break;
    }
    return count;
}

/* Behind 0x03 or 0x04: "4", "04,12", "ff0000,00ff00". A comma without a colour behind it is text. */
static size_t colour_len(const char *at, const char *end, bool is_hex)
{
    size_t most = is_hex ? 6 : 2, least = is_hex ? 6 : 1;
    size_t front = count_digits(at, end, most, is_hex);
    if (front < least)
        return 0;
    if (at + front >= end || at[front] != ',')
        return front;
    size_t back = count_digits(at + front + 1, end, most, is_hex);
    return back < least ? front : front + 1 + back;
}

static bool has_format(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_format((unsigned char)text.data[i]))
            return true;
    }
    return false;
}

/* May be done in place: the result is never longer. */
static struct str strip(struct str text, struct buffer *room)
{
    bool is_in_room = text.data == room->data;
    if (!is_in_room)
        buffer_clear(room);
    char *out = is_in_room ? room->data : buffer_reserve(room, text.len);
    size_t len = 0;
    for (const char *at = text.data, *end = at + text.len; at < end;) {
        unsigned char c = (unsigned char)*at++;
        if (c == 0x03 || c == 0x04)
            at += colour_len(at, end, c == 0x04);
        else if (!is_format(c))
            out[len++] = (char)c;
    }
    room->len = len;
    return (struct str){out, len};
}

struct str irc_text_clean(struct str text, bool is_legacy, struct buffer *room)
{
    struct str valid = make_valid(text, is_legacy, room);
    return has_format(valid) ? strip(valid, room) : valid;
}

struct str irc_text_action(struct str text, bool *is_action, bool *is_ctcp)
{
    *is_ctcp = text.len > 0 && text.data[0] == '\1';
    *is_action = str_starts_with(text, STR("\1ACTION ")) || str_equal(text, STR("\1ACTION\1"));
    if (!*is_ctcp)
        return text;
    if (!*is_action)
        return STR("");
    size_t skip = text.len < 8 ? text.len : 8;
    struct str words = {text.data + skip, text.len - skip};
    if (words.len > 0 && words.data[words.len - 1] == '\1')
        words.len--;
    return words;
}
