#include "relay/lookalike.h"

#include <stddef.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "relay/text_key.h"

enum { PAGE = 256, PAGES = 0x110000 / PAGE, UNITS = 64 };

/* --- Letters that look like one of a to z --- */

/* Pairs: the letter, and what it looks like. Case is folded and marks are gone by then. */
static const UChar twins[] =
    // Cyrillic; three of them by their shape in an English word: r, n, w
    u"аaвbғfԁdԍgҽeҟkҫcӄkҳxңhсcеeһhнhіiјjкkӏlмmоoрpԛqѕsтtуyүyѵvԝwхxгrпnшwяr"
    // Greek small letters; of capitals that look otherwise see capital()
    u"αaβbγyδdεeηnιiκkμuνvοoπnρpσsτtυuχxωw"
    // Latin with strokes and hooks, small capitals, turned letters, the phonetic alphabet
    u"øoðdþpɑaɐaəeɛeɡgɩiɪiıiʟlʀrɴnʜhʙbɢgʏyɔcɯmʇtʞkʌvʎyɹrʍwǝeɓbɗdɖdɠgɦhɨiɫlɬlɭlɱmɲnɳnɵoɾrʂsʈtʉuʋvʐzʑzƒfɟjᴀaᴃbᴄcᴅdᴇeᴊjᴋkᴌlᴍmᴎnᴏoᴘpᴙrᴛtᴜuᴠvᴡwᴢzꜰfꜱs";

/* Capitals that look like another letter than their small form does. */
static const UChar capitals[] = u"ΗhΜmΝnΥyΣeΖzΛaДd";

static uint32_t find_pair(const UChar *pairs, uint32_t c)
{
    for (; *pairs; pairs += 2) {
        if (pairs[0] == c)
            return pairs[1];
    }
    return 0;
}

/* NFKC with case folded, or of NFD, of a few units. Returns how many came to be; 0: too long. */
static int32_t normalise(const UNormalizer2 *form, const UChar *from, int32_t count, UChar *to)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t made = unorm2_normalize(form, from, count, to, UNITS, &status);
    return U_FAILURE(status) ? 0 : made;
}

static const UNormalizer2 *folding(void)
{
    UErrorCode status = U_ZERO_ERROR;
    return unorm2_getNFKCCasefoldInstance(&status);
}

static const UNormalizer2 *parting(void)
{
    UErrorCode status = U_ZERO_ERROR;
    return unorm2_getNFDInstance(&status);
}

/* By the tables of UTS 39. Opening them takes milliseconds: only for those who need them. */
static USpoofChecker *spoofs(void)
{
    static USpoofChecker *made;
    static bool is_tried;
    if (!is_tried) {
        UErrorCode status = U_ZERO_ERROR;
        made = uspoof_open(&status);
        if (U_FAILURE(status))
            made = NULL;
        is_tried = true;
    }
    return made;
}

static bool is_latin(uint32_t c)
{
    return c >= 'a' && c <= 'z';
}

static uint32_t by_tables(uint32_t c)
{
    UChar text[2], skeleton[UNITS], folded[UNITS], parted[UNITS];
    UErrorCode status = U_ZERO_ERROR;
    int32_t count = 0;
    U16_APPEND_UNSAFE(text, count, c);
    int32_t made = spoofs() ? uspoof_getSkeleton(spoofs(), 0, text, count, skeleton, UNITS, &status) : 0;
    if (U_FAILURE(status) || made == 0)
        return 0;
    made = normalise(folding(), skeleton, made, folded);
    made = normalise(parting(), folded, made, parted);
    if (made == 0 || !is_latin(parted[0]))
        return 0;
    for (int32_t i = 1; i < made; i++) {  // "rn" for m is no letter: only marks may follow
        if (u_charType(parted[i]) != U_NON_SPACING_MARK)
            return 0;
    }
    return parted[0];
}

static bool is_alphabet(UScriptCode script)
{
    return script == USCRIPT_LATIN || script == USCRIPT_GREEK || script == USCRIPT_CYRILLIC;
}

/* Scripts that nobody's list is in and that are used to write Latin with. */
static bool is_costume(UScriptCode script)
{
    return script == USCRIPT_CHEROKEE || script == USCRIPT_LISU || script == USCRIPT_COPTIC || script == USCRIPT_DESERET ||
           script == USCRIPT_CANADIAN_ABORIGINAL || script == USCRIPT_OSAGE || script == USCRIPT_OLD_ITALIC ||
           script == USCRIPT_GOTHIC || script == USCRIPT_CARIAN || script == USCRIPT_LYDIAN || script == USCRIPT_VAI ||
           script == USCRIPT_COMMON;
}

static UScriptCode script_of(uint32_t c)
{
    UErrorCode status = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript((UChar32)c, &status);
    return U_FAILURE(status) ? USCRIPT_UNKNOWN : script;
}

static uint32_t latin_twin(uint32_t c, uint32_t as_written, UScriptCode script)
{
    if (is_latin(c))
        return c;
    uint32_t twin = find_pair(capitals, as_written);
    if (!twin)
        twin = find_pair(twins, c);
    if (twin || script == USCRIPT_CYRILLIC || script == USCRIPT_GREEK)
        return twin;
    return is_alphabet(script) || is_costume(script) ? by_tables(c) : 0;
}

/* --- Letters of Arabic that are written for one another --- */

static uint32_t arabic_twin(uint32_t c)
{
    switch (c) {
    case 0x06be: case 0x06c1: case 0x06c3: case 0x06d5: case 0x0629: return 0x0647;  // heh in its forms
    case 0x06d2: case 0x06d0: case 0x0649: case 0x064a: return 0x06cc;               // yeh
    case 0x06aa: case 0x0643: case 0x06a9: return 0x06a9;                            // kaf
    case 0x0671: return 0x0627;                                                      // alef wasla
    case 0x06ba: return 0x0646;                                                      // noon without its dot
    default: return c;
    }
}

/* --- One character --- */

static enum glyph_group group_of(UScriptCode script)
{
    switch (script) {
    case USCRIPT_ARABIC: return GLYPH_ARABIC;
    case USCRIPT_HAN: case USCRIPT_HIRAGANA: case USCRIPT_KATAKANA: case USCRIPT_BOPOMOFO: case USCRIPT_THAI:
    case USCRIPT_LAO: case USCRIPT_KHMER: case USCRIPT_MYANMAR: return GLYPH_UNSPACED;
    default: return is_alphabet(script) ? GLYPH_ALPHABET : GLYPH_OTHER;
    }
}

static void add_letter(struct glyph *glyph, uint32_t letter)
{
    if (glyph->count < GLYPH_LETTERS_MAX)
        glyph->letters[glyph->count++] = letter;
}

static void make_letter(struct glyph *glyph, uint32_t letter, enum glyph_group group)
{
    glyph->kind = GLYPH_LETTER;
    glyph->group = (uint8_t)group;
    add_letter(glyph, letter);
}

/* As text_key.h has it: Simplified characters, one yeh and kaf. */
static uint32_t meaning(uint32_t c)
{
    struct buffer key = {0};
    char bytes[4];
    text_key_add(&key, bytes, utf8_encode(c, bytes));
    size_t size;
    uint32_t meant = key.len > 0 ? utf8_decode(key.data, key.len, &size) : c;
    buffer_fini(&key);
    return meant;
}

/* A letter, its case and width folded. */
static void fold_letter(struct glyph *glyph, uint32_t c, uint32_t as_written)
{
    UScriptCode script = script_of(c);
    uint32_t base = c;
    UChar text[2], parts[UNITS];
    int32_t count = 0;
    if (is_alphabet(script) || script == USCRIPT_ARABIC) {
        U16_APPEND_UNSAFE(text, count, c);
        count = normalise(parting(), text, count, parts);
        if (count > 1) {
            U16_GET(parts, 0, 0, count, base);
            glyph->is_marked |= script == USCRIPT_LATIN;
        }
    }
    uint32_t twin = latin_twin(base, as_written, script);
    if (twin) {
        glyph->is_marked |= script == USCRIPT_LATIN && twin != base;
        make_letter(glyph, twin, GLYPH_ALPHABET);
    } else if (base == 0xe6 || base == 0x153) {  // ae, oe
        make_letter(glyph, base == 0xe6 ? 'a' : 'o', GLYPH_ALPHABET);
        make_letter(glyph, 'e', GLYPH_ALPHABET);
    } else if (script == USCRIPT_ARABIC) {
        make_letter(glyph, arabic_twin(base), GLYPH_ARABIC);
    } else {
        make_letter(glyph, script == USCRIPT_HAN ? meaning(base) : base,
                    c == 0x30fc ? GLYPH_UNSPACED : group_of(script));  // the long vowel's stroke is of no script
    }
}

/* Letters in circles, squares and brackets, of which Unicode says no more than that they are symbols. 0: none. */
static uint32_t enclosed(uint32_t c)
{
    static const struct {
        uint32_t first;
        char letter;
    } alphabets[] = {{0x249c, 'a'}, {0x1f110, 'a'}, {0x1f150, 'a'}, {0x1f170, 'a'}, {0x1f1e6, 'a'}};
    for (size_t i = 0; i < ARRAY_LENGTH(alphabets); i++) {
        if (c >= alphabets[i].first && c < alphabets[i].first + 26)
            return (uint32_t)alphabets[i].letter + c - alphabets[i].first;
    }
    return 0;
}

static void set_stand_in(struct glyph *glyph, uint32_t c)
{
    static const struct {
        uint16_t written;
        char stands_for, or_for;
    } stand_ins[] = {
        {'0', 'o'}, {'1', 'i', 'l'}, {'2', 'z'}, {'3', 'e'}, {'4', 'a'}, {'5', 's'}, {'6', 'g', 'b'}, {'7', 't'},
        {'8', 'b'}, {'9', 'g'}, {'@', 'a'}, {'$', 's'}, {'!', 'i', 'l'}, {'|', 'i', 'l'}, {'+', 't'}, {0xa1, 'i'},
        {0xa2, 'c'}, {0xa3, 'l'}, {0xa5, 'y'}, {0xa7, 's'}, {0x20ac, 'e'}, {0x2020, 't'}, {0x20bd, 'p'},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(stand_ins); i++) {
        if (stand_ins[i].written == c) {
            glyph->stands_for = stand_ins[i].stands_for;
            glyph->or_for = stand_ins[i].or_for;
        }
    }
}

/* Vowel signs of Indic scripts and Thai spell: they are letters here. */
static bool is_spelling_mark(uint32_t c)
{
    UScriptCode script = script_of(c);
    return script != USCRIPT_INHERITED && script != USCRIPT_COMMON && script != USCRIPT_HEBREW && script != USCRIPT_ARABIC &&
           !is_alphabet(script);
}

static bool is_mark(uint32_t c)
{
    return (U_GET_GC_MASK((UChar32)c) & U_GC_M_MASK) != 0;
}

static void make_digit(struct glyph *glyph, int value)
{
    glyph->kind = GLYPH_DIGIT;
    add_letter(glyph, (uint32_t)('0' + value));
}

/* Each of what the folding made of it. */
static void add_folded(struct glyph *glyph, uint32_t c, uint32_t as_written)
{
    int digit = u_charDigitValue((UChar32)c);
    if (digit >= 0) {
        make_digit(glyph, digit);
    } else if (u_isalpha((UChar32)c)) {
        fold_letter(glyph, c, as_written);
    } else if (is_mark(c)) {
        glyph->is_marked = true;
    } else {
        glyph->kind = GLYPH_SYMBOL;
    }
}

static void fold(struct glyph *glyph, uint32_t c)
{
    UChar text[2], folded[UNITS];
    int32_t count = 0;
    U16_APPEND_UNSAFE(text, count, c);
    count = normalise(folding(), text, count, folded);
    glyph->kind = GLYPH_SYMBOL;
    for (int32_t i = 0; i < count;) {
        UChar32 part;
        U16_NEXT(folded, i, count, part);
        if (i <= 2 && glyph->count == 0)
            glyph->plain = (uint32_t)part;
        add_folded(glyph, (uint32_t)part, c);
        if (glyph->kind == GLYPH_SYMBOL) {
            glyph->count = 0;  // a fraction, "℅": no part of a word
            return;
        }
    }
    if (glyph->count > 1)
        glyph->is_marked = true;
}

static bool is_dropped(uint32_t c)
{
    return u_hasBinaryProperty((UChar32)c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) || c == 0x0640 ||  // tatweel stretches
           (u_charType((UChar32)c) == U_FORMAT_CHAR) || U_IS_SURROGATE(c);
}

static struct glyph make_glyph(uint32_t c)
{
    struct glyph glyph = {.kind = GLYPH_SYMBOL, .plain = c};
    if (u_isUWhiteSpace((UChar32)c) || c < 0x20 || c == 0x7f || c == 0x2800) {  // the empty Braille pattern
        glyph.kind = GLYPH_SPACE;
    } else if (is_dropped(c)) {
        glyph.kind = GLYPH_DROPPED;
    } else if (enclosed(c)) {
        glyph.plain = enclosed(c);
        make_letter(&glyph, glyph.plain, GLYPH_ALPHABET);
    } else if (is_mark(c) && !is_spelling_mark(c)) {
        glyph.kind = GLYPH_MARK;
    } else if (is_mark(c)) {
        make_letter(&glyph, c, group_of(script_of(c)));
    } else if (c != 0x2122 && c != 0x2120 && c != 0xaa && c != 0xba) {  // ™ is no "tm" behind a word
        fold(&glyph, c);
    }
    set_stand_in(&glyph, glyph.kind == GLYPH_DIGIT ? glyph.letters[0] : glyph.plain);
    return glyph;
}

const struct glyph *lookalike_find(uint32_t character)
{
    static struct glyph *pages[PAGES];
    static const struct glyph none = {0};
    if (character >= 0x110000)
        return &none;
    struct glyph **page = &pages[character / PAGE];
    if (!*page) {
        *page = xcalloc(PAGE, sizeof(**page));
        for (uint32_t i = 0; i < PAGE; i++)
            (*page)[i] = make_glyph(character / PAGE * PAGE + i);
    }
    return &(*page)[character % PAGE];
}
