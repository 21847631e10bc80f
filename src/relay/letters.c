#include "relay/letters.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>

enum { BMP = 0x10000 };

uint16_t letters_table[BMP];
static bool is_made;

/*
 * Marks that spell: the vowel signs of Devanagari, Thai or Tamil part one word from another. Those of Arabic, Hebrew
 * and the Latin kind are ornament or are composed into their letter already.
 */
static bool is_spelling_mark(UChar32 c)
{
    if (!(U_GET_GC_MASK(c) & (U_GC_MN_MASK | U_GC_MC_MASK)))
        return false;
    UErrorCode status = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript(c, &status);
    return U_SUCCESS(status) && script != USCRIPT_INHERITED && script != USCRIPT_COMMON && script != USCRIPT_HEBREW &&
           script != USCRIPT_ARABIC;
}

uint32_t letter_unify(uint32_t c)
{
    switch (c) {
    case 0x064a: case 0x0649: case 0x0626: return 0x06cc;              // Arabic yeh, alef maksura, hamza on it: Persian yeh
    case 0x0643: return 0x06a9;                                        // Arabic kaf: keheh
    case 0x0629: case 0x06c0: case 0x06c1: case 0x06c2: case 0x06d5:   // teh marbuta, heh goal and their like
    case 0x06be: return 0x0647;
    case 0x0622: case 0x0623: case 0x0625: case 0x0671: return 0x0627; // alef with madda, hamza or wasla
    case 0x0624: return 0x0648;                                        // waw with hamza
    case 0x0640: return 0;                                             // tatweel stretches, it says nothing
    case 0x03c2: return 0x03c3;                                        // final sigma
    case 0x0451: return 0x0435;                                        // Cyrillic yo
    case 0x0131: return 'i';                                           // Turkish dotless: phones "correct" it
    case 0x3005: return c;                                             // repeats the Han before it
    default: break;
    }
    int digit = u_charDigitValue((UChar32)c);
    if (digit >= 0)
        return '0' + (uint32_t)digit;
    return u_isalnum((UChar32)c) || is_spelling_mark((UChar32)c) ? c : 0;
}

/* Letters with a stroke have no decomposition. */
static uint32_t strip_stroke(uint32_t c)
{
    switch (c) {
    case 0x0111: return 'd';
    case 0x00f8: return 'o';
    case 0x0142: return 'l';
    case 0x00e6: return 'a';
    case 0x0153: return 'o';
    default: return c;
    }
}

/* Accents of Latin and Greek come and go with the keyboard; elsewhere (й, が) they make another letter. */
static uint32_t strip_accent(uint32_t c)
{
    UErrorCode status = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript((UChar32)c, &status);
    if (script != USCRIPT_LATIN && script != USCRIPT_GREEK)
        return c;
    UChar parts[8];
    const UNormalizer2 *nfd = unorm2_getNFDInstance(&status);
    if (U_FAILURE(status) || unorm2_getDecomposition(nfd, (UChar32)c, parts, 8, &status) <= 0)
        return strip_stroke(c);
    return strip_stroke(parts[0]);
}

static bool parts_words(uint32_t c)
{
    uint32_t mask = U_GET_GC_MASK((UChar32)c);
    return !(mask & (U_GC_M_MASK | U_GC_CF_MASK)) && c != '\'' && c != 0x2019 && c != 0x2018 && c != 0x5f3 && c != '`' && c != 0xb4;
}

static uint16_t make(const UNormalizer2 *fold, uint32_t c)
{
    if ((c >= 0x3400 && c < 0xa000) || (c >= 0xac00 && c < 0xd7a4))
        return (uint16_t)c;  // Han and Hangul stay, and are most of the table
    if (U_IS_SURROGATE(c))
        return ' ';
    if (c == 0x640)
        return 0;
    UChar from = (UChar)c, to[32];
    UErrorCode status = U_ZERO_ERROR;
    int32_t count = unorm2_normalize(fold, &from, 1, to, 32, &status);
    uint32_t letter = U_SUCCESS(status) && count > 0 ? strip_accent(letter_unify(to[0])) : 0;
    if (letter == 0 || letter >= BMP)
        return parts_words(c) ? ' ' : 0;
    return (uint16_t)letter;
}

void letters_init(void)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *fold = unorm2_getNFKCCasefoldInstance(&status);
    for (uint32_t c = 0; c < BMP && !is_made && U_SUCCESS(status); c++)
        letters_table[c] = make(fold, c);
    is_made = true;
}

uint32_t letter_fold_beyond(uint32_t c)
{
    if (c >= 0x20000 && c < 0x32000)
        return c;
    return c >= 0xe0000 || (c >= 0x1f3fb && c <= 0x1f3ff) ? 0 : ' ';
}

bool letter_is_dense(uint32_t c)
{
    return (c >= 0x0e01 && c < 0x0f00) || (c >= 0x1000 && c < 0x10a0) || (c >= 0x1100 && c < 0x1200) ||
           (c >= 0x1780 && c < 0x1800) || (c >= 0x3005 && c < 0x3008) || (c >= 0x3041 && c < 0x3190) ||
           (c >= 0x31f0 && c < 0x3200) || (c >= 0x3400 && c < 0xa000) || (c >= 0xac00 && c < 0xd7a4) ||
           (c >= 0xf900 && c < 0xfb00) || (c >= 0x20000 && c < 0x32000);
}

bool letter_is_question_mark(uint32_t c)
{
    return c == '?' || c == 0x61f || c == 0xff1f || c == 0x37e || c == 0x1367 || c == 0xa60f || c == 0x203d ||
           c == 0x2047 || c == 0x2048 || c == 0x2049 || c == 0x2753 || c == 0x2754 || c == 0xfe16 || c == 0xfe56 ||
           c == 0x55e || c == 0x1945 || c == 0x2cfa || c == 0x2cfb || c == 0x11143 || c == 0x1e95f;
}
