#include "text/breaks.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>

#include "base/log.h"
#include "base/memory.h"
#include "text/language.h"

enum { KEPT = 8, LOCALE_BYTES = 40 };

struct line_iterator {
    char locale[LOCALE_BYTES];  // "" : unused
    UBreakIterator *iterator;
};

struct breaks {
    UBreakIterator *clusters;
    struct line_iterator lines[KEPT];
    unsigned oldest;            // place to reuse when all are taken
};

struct breaks *breaks_create(void)
{
    struct breaks *breaks = xcalloc(1, sizeof(*breaks));
    UErrorCode status = U_ZERO_ERROR;
    breaks->clusters = ubrk_open(UBRK_CHARACTER, "", NULL, 0, &status);
    if (U_FAILURE(status))
        log_error("text", "ICU's break rules cannot be opened: %s", u_errorName(status));
    return breaks;
}

void breaks_destroy(struct breaks *breaks)
{
    if (!breaks)
        return;
    for (size_t i = 0; i < KEPT; i++) {
        if (breaks->lines[i].iterator)
            ubrk_close(breaks->lines[i].iterator);
    }
    if (breaks->clusters)
        ubrk_close(breaks->clusters);
    free(breaks);
}

/* Only these tailor line breaks; for all others one iterator serves. Small kana may begin no line: "normal" allows it. */
static void locale_of(const char *language, char locale[LOCALE_BYTES])
{
    static const char *const tailored[] = {"zh", "ja", "ko", "de", "es", "fr", "it", "pt", "ru", "fi", "sv"};
    strcpy(locale, "en");
    for (size_t i = 0; language && i < ARRAY_LENGTH(tailored); i++) {
        if (language_is(language, tailored[i]))
            strcpy(locale, tailored[i]);
    }
    if (strcmp(locale, "zh") == 0)
        strcat(locale, "@lb=normal");
    else if (strcmp(locale, "ja") == 0)
        strcat(locale, "@lb=strict");
}

static UBreakIterator *line_iterator(struct breaks *breaks, const char *language)
{
    char locale[LOCALE_BYTES];
    locale_of(language, locale);
    for (size_t i = 0; i < KEPT; i++) {
        if (strcmp(breaks->lines[i].locale, locale) == 0)
            return breaks->lines[i].iterator;
    }
    struct line_iterator *place = &breaks->lines[breaks->oldest++ % KEPT];
    if (place->iterator)
        ubrk_close(place->iterator);
    UErrorCode status = U_ZERO_ERROR;
    place->iterator = ubrk_open(UBRK_LINE, locale, NULL, 0, &status);
    strcpy(place->locale, locale);
    return place->iterator;
}

static void mark(UBreakIterator *iterator, const UChar *units, int32_t count, uint8_t flag, uint8_t *flags)
{
    UErrorCode status = U_ZERO_ERROR;
    if (iterator)
        ubrk_setText(iterator, units, count, &status);
    if (!iterator || U_FAILURE(status))
        return;
    for (int32_t at = ubrk_first(iterator); at != UBRK_DONE && at < count; at = ubrk_next(iterator))
        flags[at] |= flag;
}

/* Also the single jamo of a chat: ㅋㅋㅋㅋ, ㅠㅠ. */
static bool is_hangul(const UChar *units, int32_t count, int32_t at)
{
    UChar32 c;
    U16_GET(units, 0, at, count, c);
    UErrorCode status = U_ZERO_ERROR;
    return uscript_getScript(c, &status) == USCRIPT_HANGUL;
}

static void keep_korean_words(const UChar *units, int32_t count, uint8_t *flags)
{
    if (!u_memchr(units, ' ', count))
        return;
    for (int32_t i = 1; i < count; i++) {
        if (units[i] >= 0x1100 && (flags[i] & BREAK_LINE) && is_hangul(units, count, i) && is_hangul(units, count, i - 1))
            flags[i] &= (uint8_t)~BREAK_LINE;
    }
}

/* Letters, digits and signs of ASCII without a space: what an address is made of. */
static bool is_graph(UChar unit)
{
    return unit > 0x20 && unit < 0x7f;
}

static bool is_address(const UChar *units, int32_t from, int32_t to)
{
    for (int32_t i = from; i + 2 < to; i++) {
        if (units[i] == ':' && units[i + 1] == '/' && units[i + 2] == '/')
            return true;
    }
    return false;
}

/* UAX 14 lets a line end behind each "/", which leaves "https://" behind alone and parts "and/or". */
static void keep_addresses(const UChar *units, int32_t count, uint8_t *flags)
{
    for (int32_t from = 0, to; from < count; from = to + 1) {
        for (to = from; to < count && is_graph(units[to]);)
            to++;
        bool is_all = is_address(units, from, to);
        for (int32_t i = from + 1; i < to; i++) {
            if ((flags[i] & BREAK_LINE) && (is_all || units[i - 1] == '/'))
                flags[i] = (uint8_t)((flags[i] & ~BREAK_LINE) | BREAK_ADDRESS);
        }
    }
}

void breaks_mark(struct breaks *breaks, const UChar *units, int32_t count, const char *language, uint8_t *flags)
{
    memset(flags, 0, (size_t)count);
    if (count == 0)
        return;
    mark(breaks->clusters, units, count, BREAK_CLUSTER, flags);
    mark(line_iterator(breaks, language), units, count, BREAK_LINE, flags);
    keep_korean_words(units, count, flags);
    keep_addresses(units, count, flags);
    flags[0] |= BREAK_CLUSTER;
    for (int32_t i = 1; i < count; i++) {
        if (!(flags[i] & BREAK_CLUSTER))
            flags[i] &= (uint8_t)~(BREAK_LINE | BREAK_ADDRESS);  // never inside a cluster, whatever a tailoring says
    }
}
