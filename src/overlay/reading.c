#include "overlay/reading.h"

#include <stddef.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

enum { FIND_MS = 1500, LEAST_MS = 3000, LETTER_MS = 1000 / 15, IDEOGRAPH_MS = 1000 / 6 };

static bool is_dense(UChar32 scalar)
{
    UErrorCode status = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript(scalar, &status);
    return script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA || script == USCRIPT_HANGUL;
}

static bool is_read(UChar32 scalar)
{
    int8_t kind = u_charType(scalar);
    return scalar >= 0 && !u_isWhitespace(scalar) && kind != U_NON_SPACING_MARK && kind != U_ENCLOSING_MARK &&
           kind != U_FORMAT_CHAR && kind != U_CONTROL_CHAR;
}

int64_t reading_ms(struct str text)
{
    int64_t ms = FIND_MS;
    int32_t at = 0, len = text.len < INT32_MAX ? (int32_t)text.len : INT32_MAX;
    while (at < len) {
        UChar32 scalar;
        U8_NEXT(text.data, at, len, scalar);
        if (is_read(scalar))
            ms += is_dense(scalar) ? IDEOGRAPH_MS : LETTER_MS;
    }
    ms = (ms + 50) / 100 * 100;
    return ms < LEAST_MS ? LEAST_MS : ms;
}
