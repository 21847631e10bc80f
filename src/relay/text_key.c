#include "relay/text_key.h"

#include <stdint.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "chat/message.h"

enum {
    UNITS_MAX = TEXT_KEY_BYTES_MAX,       // UTF-16 units of UTF-8 text: never more than its bytes
    FOLDED_MAX = TEXT_KEY_BYTES_MAX * 6,  // U+FDFA alone becomes 18 units; longer is cut
};

/*
 * Made once and kept: opening it reads ICU's rules (2 ms). NULL where the data lacks it: Traditional and Simplified
 * then stay two questions.
 */
static UTransliterator *simplifier(void)
{
    static UTransliterator *made;
    static bool is_tried;
    if (!is_tried) {
        UErrorCode status = U_ZERO_ERROR;
        made = utrans_openU(u"Traditional-Simplified", -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
        if (U_FAILURE(status))
            made = NULL;
        is_tried = true;
    }
    return made;
}

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

/* Letters that one keyboard or another writes for the same thing. 0: drop it. */
static UChar32 unify(UChar32 c)
{
    switch (c) {
    case 0x064a: case 0x0649: return 0x06cc;              // Arabic yeh, alef maksura: Persian yeh
    case 0x0643: return 0x06a9;                           // Arabic kaf: keheh
    case 0x0629: return 0x0647;                           // teh marbuta: heh
    case 0x0622: case 0x0623: case 0x0625: return 0x0627; // alef with madda or hamza
    case 0x0640: return 0;                                // tatweel stretches, it says nothing
    case 0x03c2: return 0x03c3;                           // final sigma
    case 0x0451: return 0x0435;                           // Cyrillic yo
    default: break;
    }
    int digit = u_charDigitValue(c);
    if (digit >= 0)
        return '0' + digit;
    return u_isalnum(c) || is_spelling_mark(c) ? c : 0;
}

static int32_t fold(const char *text, size_t len, UChar *folded)
{
    UChar units[UNITS_MAX];
    UErrorCode status = U_ZERO_ERROR;
    int32_t count = 0;
    u_strFromUTF8WithSub(units, UNITS_MAX, &count, text, (int32_t)len, 0xfffd, NULL, &status);
    const UNormalizer2 *normalizer = unorm2_getNFKCCasefoldInstance(&status);
    if (U_FAILURE(status))
        return 0;
    count = unorm2_normalize(normalizer, units, count, folded, FOLDED_MAX, &status);
    return U_FAILURE(status) ? 0 : count;
}

static bool has_han(const UChar *units, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (units[i] >= 0x3400 && units[i] <= 0x9fff)
            return true;
    }
    return false;
}

void text_key_add(struct buffer *out, const char *text, size_t len)
{
    if (len > TEXT_KEY_BYTES_MAX)
        len = utf8_cut(text, TEXT_KEY_BYTES_MAX);
    UChar folded[FOLDED_MAX];
    int32_t count = fold(text, len, folded);
    if (has_han(folded, count) && simplifier()) {
        UErrorCode status = U_ZERO_ERROR;
        int32_t limit = count;
        utrans_transUChars(simplifier(), folded, &count, FOLDED_MAX, 0, &limit, &status);
        count = limit;
    }
    for (int32_t i = 0; i < count;) {
        UChar32 c;
        U16_NEXT(folded, i, count, c);
        c = unify(c);
        if (c != 0 && !U_IS_SURROGATE(c)) {
            char bytes[4];
            buffer_add(out, bytes, utf8_encode((uint32_t)c, bytes));
        }
    }
}

void text_key_add_plain(struct buffer *out, const struct message *message)
{
    struct str text = message->is.text;
    size_t end = text.len > TEXT_KEY_BYTES_MAX ? utf8_cut(text.data, TEXT_KEY_BYTES_MAX) : text.len;
    size_t from = 0;
    for (size_t i = 0; i < message->is.emote_count && from < end; i++) {
        const struct emote *emote = &message->is.emotes[i];
        if (emote->from < from || emote->to > end || emote->to < emote->from)
            continue;  // out of order or cut: the text stays as it is
        buffer_add(out, text.data + from, emote->from - from);
        from = emote->to;
    }
    buffer_add(out, text.data + from, end - from);
}
