#include "video/language_name.h"

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include "base/utf8.h"

void language_name(const char *tag, char out[LANGUAGE_NAME_BYTES])
{
    UErrorCode status = U_ZERO_ERROR;
    UChar name[LANGUAGE_NAME_BYTES / 3];
    char locale[ULOC_FULLNAME_CAPACITY], text[LANGUAGE_NAME_BYTES];
    uloc_forLanguageTag(tag, locale, sizeof(locale), NULL, &status);
    int32_t len = uloc_getDisplayName(locale, locale, name, G_N_ELEMENTS(name), &status);
    u_strToUTF8(text, sizeof(text), NULL, name, len, &status);
    bool is_known = U_SUCCESS(status) && status != U_STRING_NOT_TERMINATED_WARNING && *text;
    snprintf(out, LANGUAGE_NAME_BYTES, "%.*s", (int)utf8_cut(is_known ? text : tag, LANGUAGE_NAME_BYTES - 1),
        is_known ? text : tag);
    for (char *at = out; *at; at++)
        *at = *at == '"' || (unsigned char)*at < 0x20 ? ' ' : *at;
}
