#include "relay/han.h"

#include <pthread.h>
#include <stdlib.h>
#include <unicode/utrans.h>

#include "base/memory.h"

enum { FIRST = 0x3400, LAST = 0x9fff, COUNT = LAST - FIRST + 1, BLOCK = 512 };

static uint16_t simplified[COUNT];
static pthread_once_t made = PTHREAD_ONCE_INIT;

/* A space between any two, so that rules for words find none; what becomes two characters stays as it was. */
static void make_block(const UTransliterator *rules, UChar32 first, int32_t count)
{
    UChar units[BLOCK * 4];
    int32_t len = 0;
    for (int32_t i = 0; i < count; i++) {
        units[len++] = (UChar)(first + i);
        units[len++] = ' ';
    }
    UErrorCode status = U_ZERO_ERROR;
    int32_t limit = len;
    utrans_transUChars(rules, units, &len, BLOCK * 4, 0, &limit, &status);
    if (U_FAILURE(status))
        return;
    for (int32_t i = 0, at = 0; i < count && at < len; i++) {
        int32_t end = at;
        while (end < len && units[end] != ' ')
            end++;
        if (end == at + 1)
            simplified[first - FIRST + i] = units[at];
        at = end + 1;
    }
}

static void make(void)
{
    for (int i = 0; i < COUNT; i++)
        simplified[i] = (uint16_t)(FIRST + i);
    UErrorCode status = U_ZERO_ERROR;
    UTransliterator *rules = utrans_openU(u"Traditional-Simplified", -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
    if (U_FAILURE(status))
        return;
    for (UChar32 first = FIRST; first <= LAST; first += BLOCK)
        make_block(rules, first, first + BLOCK <= LAST + 1 ? BLOCK : LAST + 1 - first);
    utrans_close(rules);
}

uint32_t han_simplify(uint32_t scalar)
{
    if (scalar < FIRST || scalar > LAST)
        return scalar;
    pthread_once(&made, make);
    return simplified[scalar - FIRST];
}
