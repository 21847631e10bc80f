#include "text/language.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <unicode/uloc.h>

static size_t subtag_len(const char *tag)
{
    return strcspn(tag, "-_@");
}

bool language_is(const char *tag, const char *code)
{
    size_t len = strlen(code);
    return tag && subtag_len(tag) == len && strncasecmp(tag, code, len) == 0;
}

static bool has_subtag(const char *tag, const char *wanted)
{
    while (*tag && *tag != '@') {
        if (language_is(tag, wanted))
            return true;
        tag += subtag_len(tag);
        tag += *tag == '-' || *tag == '_';
    }
    return false;
}

bool language_is_rtl(const char *tag)
{
    return tag && *tag && uloc_isRightToLeft(tag);
}

/* fontconfig takes "zh-Hant" for Japanese, so the five are told apart here. */
int language_cjk_index(const char *tag)
{
    if (language_is(tag, "ja"))
        return LANGUAGE_CJK_JP;
    if (language_is(tag, "ko"))
        return LANGUAGE_CJK_KR;
    if (language_is(tag, "yue"))
        return has_subtag(tag, "Hans") ? LANGUAGE_CJK_SC : LANGUAGE_CJK_HK;
    if (!language_is(tag, "zh") && !language_is(tag, "cmn"))
        return -1;
    if (has_subtag(tag, "Hans"))
        return LANGUAGE_CJK_SC;
    if (has_subtag(tag, "HK") || has_subtag(tag, "MO"))
        return LANGUAGE_CJK_HK;
    if (has_subtag(tag, "Hant") || has_subtag(tag, "TW"))
        return LANGUAGE_CJK_TC;
    return LANGUAGE_CJK_SC;
}
