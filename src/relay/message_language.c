#include "relay/message_language.h"

#include <stdint.h>

#include "base/utf8.h"
#include "chat/message.h"
#include "relay/han.h"

enum { SCALARS_LOOKED_AT = 200 };

/* What the letters of a text say. The script decides; within a script, letters that only one of its languages has. */
struct letters {
    int arabic, persian_only, arab_only, han, traditional, simplified, kana, hangul, thai, hebrew, cyrillic, devanagari;
};

static void count_arabic(struct letters *letters, uint32_t c)
{
    letters->arabic++;
    // peh, tcheh, jeh, gaf, keheh, Persian yeh, and the joiner before its endings
    if (c == 0x67e || c == 0x686 || c == 0x698 || c == 0x6af || c == 0x6a9 || c == 0x6cc)
        letters->persian_only++;
    // Arabic kaf and yeh, teh marbuta, alef maksura, hamzas
    if (c == 0x643 || c == 0x64a || c == 0x629 || c == 0x649 || c == 0x623 || c == 0x625)
        letters->arab_only++;
}

static void count_han(struct letters *letters, uint32_t c)
{
    letters->han++;
    letters->traditional += han_simplify(c) != c;
}

static void count(struct letters *letters, uint32_t c)
{
    if (c < 0x400)
        return;
    letters->cyrillic += c <= 0x52f;
    letters->hebrew += c >= 0x5d0 && c <= 0x5ea;
    if (c >= 0x620 && c <= 0x6d3)
        count_arabic(letters, c);
    letters->devanagari += c >= 0x900 && c <= 0x97f;
    letters->thai += c >= 0xe01 && c <= 0xe4e;
    letters->kana += c >= 0x3041 && c <= 0x30ff;
    letters->hangul += (c >= 0xac00 && c <= 0xd7a3) || (c >= 0x1100 && c <= 0x11ff);
    if (c >= 0x3400 && c <= 0x9fff)
        count_han(letters, c);
}

static const char *decide(const struct letters *letters)
{
    if (letters->kana > 0)
        return "ja";
    if (letters->hangul > 0)
        return "ko";
    if (letters->han > 0)
        return letters->traditional > 0 ? "zh-Hant" : "zh-Hans";
    if (letters->arabic > 0)
        return letters->arab_only > letters->persian_only ? "ar" : "fa";
    if (letters->thai > 0)
        return "th";
    if (letters->hebrew > 0)
        return "he";
    if (letters->devanagari > 0)
        return "hi";
    return letters->cyrillic > 0 ? "ru" : "und";
}

const char *message_language(const struct message *message)
{
    struct letters letters = {0};
    struct str text = message->is.text;
    size_t seen = 0;
    for (size_t at = 0, size; at < text.len && seen < SCALARS_LOOKED_AT; at += size, seen++)
        count(&letters, utf8_decode(text.data + at, text.len - at, &size));
    return decide(&letters);
}

bool language_matches(struct str wanted, const char *language)
{
    struct str given = str_from(language);
    if (str_equal(wanted, given))
        return true;
    struct str shorter = wanted.len < given.len ? wanted : given, longer = wanted.len < given.len ? given : wanted;
    return shorter.len > 0 && shorter.len < longer.len && str_starts_with(longer, shorter) && longer.data[shorter.len] == '-';
}
