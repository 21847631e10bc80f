#include "connector/split.h"

#include <assert.h>
#include <stdint.h>
#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include "base/utf8.h"

static size_t weight(uint32_t scalar, size_t bytes, struct connector_text_limit limit)
{
    switch (limit.unit) {
    case CONNECTOR_BYTES: return bytes;
    case CONNECTOR_CODE_POINTS: return 1;
    case CONNECTOR_UTF16_UNITS: return scalar > 0xffff ? 2 : 1;
    }
    return bytes;
}

/* How many bytes from the start keep within the limit: whole characters of Unicode, at least one. */
static size_t bytes_within(const char *text, size_t len, struct connector_text_limit limit)
{
    size_t offset = 0, used = 0;
    while (offset < len) {
        size_t size, cost;
        uint32_t scalar = utf8_decode(text + offset, len - offset, &size);
        cost = weight(scalar, size, limit);
        if (used + cost > limit.count && offset > 0)
            break;
        used += cost;
        offset += size;
    }
    return offset;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* The last cut at or before `max` that parts no family of emoji and no letter from its marks; 0: there is none. */
static size_t cut_between_graphemes(const char *text, size_t len, size_t max)
{
    UErrorCode status = U_ZERO_ERROR;
    UText *walk = utext_openUTF8(NULL, text, (int64_t)len, &status);
    UBreakIterator *breaks = ubrk_open(UBRK_CHARACTER, "", NULL, 0, &status);
    ubrk_setUText(breaks, walk, &status);
    int32_t cut = 0;
    if (U_SUCCESS(status))
        cut = ubrk_isBoundary(breaks, (int32_t)max) ? (int32_t)max : ubrk_preceding(breaks, (int32_t)max);
    ubrk_close(breaks);
    utext_close(walk);
    return cut > 0 ? (size_t)cut : 0;
}

static size_t cut_at_blank(const char *text, size_t max)
{
    size_t cut = max;
    while (cut > max / 2 && !is_blank(text[cut]))
        cut--;
    return is_blank(text[cut]) ? cut : 0;
}

size_t split_next(const char *text, size_t len, struct connector_text_limit limit, size_t *skip)
{
    size_t max = limit.count ? bytes_within(text, len, limit) : len;
    *skip = 0;
    if (max == len)
        return len;
    size_t cut = cut_at_blank(text, max);
    if (cut == 0)
        cut = cut_between_graphemes(text, len, max);
    if (cut == 0)  // one heap of marks that is longer than a message
        cut = max;
    size_t next = cut;
    while (next < len && is_blank(text[next]))
        next++;
    while (cut > 1 && is_blank(text[cut - 1]))
        cut--;
    *skip = next - cut;
    return cut;
}
