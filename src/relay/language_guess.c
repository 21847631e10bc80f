#include "relay/language_guess.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <unicode/utrans.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "relay/letters.h"
#include "relay/question_reading.h"
#include "relay/question_words.h"

/* What letters say: how many of each script, and which letters only one language has. */
struct counts {
    size_t han, kana, hangul, thai, hebrew, devanagari, greek, arabic, cyrillic, latin;
    size_t persian, arab, urdu, ukrainian, russian;
};

/* Letters that, of the languages with a file, only one or two write. Not proof: one word of a name may have them. */
static const struct {
    uint32_t letter;
    const char *language;
} cues[] = {
    {0xf1, "es"}, {0xbf, "es"}, {0xa1, "es"}, {0x11f, "tr"}, {0x131, "tr"}, {0x15f, "tr"}, {0x130, "tr"}, {0xdf, "de"}, {0xe4, "de"},
    {0xe3, "pt"}, {0xf5, "pt"}, {0x1b0, "vi"}, {0x1a1, "vi"}, {0x111, "vi"}, {0xea, "fr"}, {0xee, "fr"}, {0x153, "fr"}, {0xf9, "fr"},
};

static void count_arabic(struct counts *counts, uint32_t c)
{
    counts->arabic++;
    switch (c) {
    case 0x067e: case 0x0686: case 0x0698: case 0x06af: counts->persian += 3; break;
    case 0x06a9: case 0x06cc: counts->persian++; break;
    case 0x0629: case 0x0623: case 0x0625: counts->arab += 3; break;
    case 0x0649: case 0x0643: case 0x064a: counts->arab++; break;
    case 0x0679: case 0x0688: case 0x0691: case 0x06ba: case 0x06d2: case 0x06c1: counts->urdu += 4; break;
    default: break;
    }
}

static void count_cyrillic(struct counts *counts, uint32_t c)
{
    counts->cyrillic++;
    uint32_t small = letter_fold(c);
    counts->ukrainian += small == 0x456 || small == 0x457 || small == 0x454 || small == 0x491;
    counts->russian += small == 0x44b || small == 0x44d || small == 0x44a || c == 0x451 || c == 0x401;
}

static void count_letter(struct counts *counts, uint32_t c)
{
    if (c < 0x80 || (c >= 0xc0 && c < 0x250) || (c >= 0x1e00 && c < 0x1f00)) {
        counts->latin += letter_fold(c) > '9';
    } else if (c >= 0x370 && c < 0x400) {
        counts->greek++;
    } else if (c >= 0x400 && c < 0x530) {
        count_cyrillic(counts, c);
    } else if (c >= 0x5d0 && c < 0x600) {
        counts->hebrew++;
    } else if (c >= 0x620 && c < 0x700) {
        count_arabic(counts, c);
    } else if (c >= 0x900 && c < 0x980) {
        counts->devanagari++;
    } else if (c >= 0xe00 && c < 0xe80) {
        counts->thai++;
    } else if (c >= 0x3041 && c < 0x3100) {
        counts->kana++;
    } else if (c >= 0x3400 && c < 0xa000) {
        counts->han++;
    } else if (c >= 0xac00 && c < 0xd7a4) {
        counts->hangul++;
    } else if (c == 0x200c) {
        counts->persian += 2;  // the joiner of می‌خوانم; Arabic has no use for it
    }
}

/* --- Small words --- */

static void count_words(const struct question_words *words, const struct question_reading *reading, size_t *hits)
{
    for (size_t i = 0; i < reading->word_count; i++) {
        const struct question_word *word = NULL;
        uint64_t seen = 0;  // one word is one hit a language, in however many lines it stands
        while ((word = question_words_next(words, reading, i, word))) {
            if (word->kind > WORD_COMMON && word->kind != WORD_PERSON && word->kind != WORD_ASK)
                continue;
            if (!(seen >> word->language & 1))
                hits[word->language] += word->kind == WORD_SKIP ? 0 : 2;
            seen |= UINT64_C(1) << word->language;
        }
    }
}

static void count_cues(const struct question_words *words, struct str text, size_t *hits)
{
    for (size_t i = 0, size; i < text.len; i += size) {
        uint32_t c = utf8_decode(text.data + i, text.len - i, &size);
        for (size_t k = 0; c >= 0x80 && k < ARRAY_LENGTH(cues); k++) {
            int language = cues[k].letter == c ? question_words_find_language(words, cues[k].language) : -1;
            if (language >= 0)
                hits[language] += 1;
        }
    }
}

static bool is_one_of(const char *tag, const char *const *tags)
{
    for (; *tags; tags++) {
        if (strcmp(tag, *tags) == 0)
            return true;
    }
    return false;
}

/* The one with clearly most hits; of two alike the show's. "" : none. */
static const char *most(const struct question_words *words, const size_t *hits, const char *const *tags, bool is_among)
{
    size_t best = 0, second = 0;
    const char *tag = "";
    for (size_t i = 0; i < question_words_language_count(words); i++) {
        const char *candidate = question_words_language(words, i);
        if (is_one_of(candidate, tags) != is_among)
            continue;
        size_t weight = hits[i] ? hits[i] * 2 + question_words_is_configured(words, i) : 0;
        if (weight > best) {
            second = best;
            best = weight;
            tag = candidate;
        } else if (weight > second) {
            second = weight;
        }
    }
    return best > second ? tag : "";
}

/* --- Scripts that several languages share --- */

static UTransliterator *open_han(UTransDirection direction)
{
    UErrorCode status = U_ZERO_ERROR;
    UTransliterator *made = utrans_openU(u"Traditional-Simplified", -1, direction, NULL, 0, NULL, &status);
    return U_FAILURE(status) ? NULL : made;
}

/* How many characters the transliterator would write otherwise. */
static size_t count_changes(UTransliterator *transliterator, const struct question_reading *reading)
{
    size_t changes = 0;
    for (size_t i = 0; transliterator && i < reading->letter_count; i++) {
        uint32_t c = reading->letters[i];
        if (c < 0x3400 || c >= 0xa000)
            continue;
        UChar text[8] = {(UChar)c};
        int32_t count = 1, limit = 1;
        UErrorCode status = U_ZERO_ERROR;
        utrans_transUChars(transliterator, text, &count, 8, 0, &limit, &status);
        changes += U_SUCCESS(status) && text[0] != c;
    }
    return changes;
}

/* Characters that only one of the two ways to write has. Without any, both are right. */
static const char *guess_han(const struct question_reading *reading)
{
    static UTransliterator *simplify, *traditionalise;
    static bool is_tried;
    if (!is_tried) {
        simplify = open_han(UTRANS_FORWARD);
        traditionalise = open_han(UTRANS_REVERSE);
        is_tried = true;
    }
    size_t traditional = count_changes(simplify, reading), simplified = count_changes(traditionalise, reading);
    if (traditional == simplified)
        return "zh";
    return traditional > simplified ? "zh-Hant" : "zh-Hans";
}

static const char *const arabic_script[] = {"ar", "fa", "ur", NULL};
static const char *const cyrillic_script[] = {"ru", "uk", NULL};
static const char *const other_scripts[] = {"ar", "fa", "ur", "ru", "uk", "zh", "ja", "ko", "th", "he", "hi", "el", NULL};

static const char *guess_arabic(const struct question_words *words, const struct counts *counts, size_t *hits)
{
    const struct {
        const char *tag;
        size_t weight;
    } letters[] = {{"fa", counts->persian}, {"ar", counts->arab}, {"ur", counts->urdu}};
    size_t best = 0, second = 0;
    const char *tag = "";
    for (size_t i = 0; i < ARRAY_LENGTH(letters); i++) {
        int language = question_words_find_language(words, letters[i].tag);
        size_t weight = letters[i].weight + (language >= 0 ? hits[language] : 0);
        if (weight > best) {
            second = best;
            best = weight;
            tag = letters[i].tag;
        } else if (weight > second) {
            second = weight;
        }
    }
    return best > second ? tag : most(words, hits, arabic_script, true);
}

static const char *guess_cyrillic(const struct question_words *words, const struct counts *counts, size_t *hits)
{
    if (counts->ukrainian != counts->russian)
        return counts->ukrainian > counts->russian ? "uk" : "ru";
    return most(words, hits, cyrillic_script, true);
}

const char *language_guess(const struct question_words *words, const struct question_reading *reading, struct str text)
{
    struct counts counts = {0};
    size_t hits[QUESTION_LANGUAGES_MAX] = {0};
    for (size_t i = 0, size; i < text.len; i += size)
        count_letter(&counts, utf8_decode(text.data + i, text.len - i, &size));
    // A dense script says more with a letter than Latin with three.
    size_t dense = counts.han + counts.kana + counts.hangul + counts.thai;
    size_t spaced = counts.arabic + counts.cyrillic + counts.hebrew + counts.devanagari + counts.greek;
    if (dense > 0 && dense * 3 >= counts.latin + spaced) {
        if (counts.kana > 0 && counts.kana + counts.han >= counts.hangul)
            return "ja";
        if (counts.hangul > 0 || counts.thai > counts.han)
            return counts.hangul > counts.thai ? "ko" : "th";
        return guess_han(reading);
    }
    count_words(words, reading, hits);
    if (spaced * 2 < counts.latin || spaced == 0) {
        count_cues(words, text, hits);
        return most(words, hits, other_scripts, false);
    }
    if (counts.arabic * 2 > spaced)
        return guess_arabic(words, &counts, hits);
    if (counts.cyrillic * 2 > spaced)
        return guess_cyrillic(words, &counts, hits);
    if (counts.greek * 2 > spaced)
        return "el";
    return counts.hebrew > counts.devanagari ? "he" : counts.devanagari ? "hi" : "";
}

const char *language_of_tag(const struct question_words *words, const char *tag)
{
    if (strncasecmp(tag, "zh", 2) == 0) {
        bool is_traditional = strcasestr(tag, "hant") || strcasestr(tag, "tw") || strcasestr(tag, "hk") || strcasestr(tag, "mo");
        return strlen(tag) == 2 ? "zh" : is_traditional ? "zh-Hant" : "zh-Hans";
    }
    int language = question_words_find_language(words, tag);
    return language >= 0 ? question_words_language(words, (size_t)language) : tag;
}
