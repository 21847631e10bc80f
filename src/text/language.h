/* language.h - the little that layout wants to know of a language tag (BCP 47, "-" or "_"). NULL: none. Any thread. */
#pragma once

#include <stdbool.h>

/* Is the first subtag `code` ("ur")? */
bool language_is(const char *tag, const char *code);

bool language_is_rtl(const char *tag);

/* Index of the language's face in NotoSansCJK: 0 JP, 1 KR, 2 SC, 3 TC, 4 HK. -1: the tag decides nothing. */
int language_cjk_index(const char *tag);

enum { LANGUAGE_CJK_JP, LANGUAGE_CJK_KR, LANGUAGE_CJK_SC, LANGUAGE_CJK_TC, LANGUAGE_CJK_HK };
