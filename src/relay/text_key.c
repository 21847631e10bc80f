#include "relay/text_key.h"

#include <stdint.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "chat/message.h"
#include "relay/letters.h"

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
        c = (UChar32)letter_unify((uint32_t)c);
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
