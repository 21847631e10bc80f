#include "relay/question_detect.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "relay/letters.h"
#include "relay/question_reading.h"
#include "relay/question_words.h"

enum {
    LETTERS_MIN = 3,     // "ok?" asks nothing
    OPEN_WORDS_MIN = 3,  // "how cute"
    ANY_WORDS_MIN = 2,
    FOUND_MAX = 8,
};

/* docs/api.md tells these to people: keep them alike. */
enum {
    SCORE_COMMAND = 85, SCORE_MARK_END = 60, SCORE_MARK_INSIDE = 50, SCORE_WORD = 45,
    SCORE_BOTH = 25,         // a mark and a word
    SCORE_COMMAND_MORE = 10, // a command, and a mark or a word
    SCORE_SHORT = -15, SCORE_RHETORICAL = -25, SCORE_CALLED = -15, SCORE_ADDRESS = -10, SCORE_MIN = 5,
};

/* --- Words --- */

struct evidence {
    uint8_t found[FOUND_MAX];  // languages whose words ask here
    size_t found_count;
    uint8_t common[QUESTION_LANGUAGES_MAX];  // small words of each language
    uint64_t counted;          // the languages that have counted the word at hand
    size_t skipped;            // words that say nothing
    bool is_rhetorical;
};

static void note(struct evidence *evidence, uint8_t language)
{
    if (evidence->found_count < FOUND_MAX)
        evidence->found[evidence->found_count++] = language;
}

static size_t sentence_words(const struct question_reading *reading, size_t at)
{
    size_t end = at + 1;
    while (end < reading->word_count && !reading->words[end].opens)
        end++;
    return end - at;
}

static bool stands_last(const struct question_reading *reading, size_t at, size_t count)
{
    return at + count == reading->word_count;
}

/* What one entry says at words[at]. Those that only seem to ask have been looked for before. */
static void weigh_word(const struct question_reading *reading, struct evidence *evidence,
                       const struct question_word *word, size_t at, bool may_open)
{
    switch ((enum question_word_kind)word->kind) {
    case WORD_COMMON:
    case WORD_ASK:
        evidence->common[word->language] += !(evidence->counted >> word->language & 1);
        evidence->counted |= UINT64_C(1) << word->language;
        break;
    case WORD_OPEN:
        if (may_open && sentence_words(reading, at) >= OPEN_WORDS_MIN)
            note(evidence, word->language);
        break;
    case WORD_ANY:
        if (reading->word_count >= ANY_WORDS_MIN)
            note(evidence, word->language);
        break;
    case WORD_END:
        if (reading->word_count >= ANY_WORDS_MIN && stands_last(reading, at, word->word_count))
            note(evidence, word->language);
        break;
    default:
        break;
    }
}

/* How many words are read at once: what only seems to ask, or says nothing, is passed over as a whole. */
static size_t weigh_words_at(const struct question_words *words, const struct question_reading *reading,
                             struct evidence *evidence, size_t at, bool *may_open)
{
    const struct question_word *word = question_words_next(words, reading, at, NULL);
    bool may_open_here = *may_open;
    *may_open = word && word->kind == WORD_SKIP && *may_open;
    if (!word)
        return 1;
    size_t taken = word->kind <= WORD_SKIP && word->kind >= WORD_NOT ? word->word_count : 1;
    if (word->kind == WORD_NOT) {
        evidence->is_rhetorical = true;
        return taken;
    }
    evidence->skipped += word->kind == WORD_SKIP ? taken : 0;
    for (evidence->counted = 0; word; word = question_words_next(words, reading, at, word))
        weigh_word(reading, evidence, word, at, may_open_here);
    return taken;
}

static void weigh_words(const struct question_words *words, const struct question_reading *reading, struct evidence *evidence)
{
    bool may_open = true;
    for (size_t i = 0; i < reading->word_count;) {
        may_open |= reading->words[i].opens;
        i += reading->words[i].is_called ? 1 : weigh_words_at(words, reading, evidence, i, &may_open);
    }
}

static void weigh_part(const struct question_reading *reading, struct evidence *evidence, const struct question_word *word, size_t at)
{
    if (word->kind == WORD_ANY || (word->kind == WORD_OPEN && at == 0) ||
        (word->kind == WORD_END && at + word->letter_count == reading->letter_count))
        note(evidence, word->language);
    if (word->kind == WORD_COMMON || word->kind == WORD_ASK)
        evidence->common[word->language]++;
}

static void weigh_parts(const struct question_words *words, const struct question_reading *reading, struct evidence *evidence)
{
    for (size_t i = 0; i < reading->letter_count;) {
        const struct question_word *word = question_words_next_part(words, reading, i, NULL);
        size_t taken = word && word->kind == WORD_NOT ? word->letter_count : 0;
        evidence->is_rhetorical |= taken > 0;
        for (; word && taken == 0; word = question_words_next_part(words, reading, i, word))
            weigh_part(reading, evidence, word, i);
        i += taken ? taken : 1;
    }
}

/*
 * "come on guys" is no Italian question: a word does not count where another language has clearly more of its small words
 * in the text, or Persian letters stand in what an Arabic word would ask.
 */
static bool is_of_language(const struct question_words *words, const struct question_reading *reading,
                           const struct evidence *evidence, uint8_t language)
{
    const char *tag = question_words_language(words, language);
    if ((reading->persian > 0 && strcmp(tag, "ar") == 0) || (reading->urdu > 0 && strcmp(tag, "ur") != 0))
        return false;
    for (size_t i = 0; i < question_words_language_count(words); i++) {
        if (i != language && evidence->common[i] > evidence->common[language] + 1)
            return false;
    }
    return true;
}

static bool has_word(const struct question_words *words, const struct question_reading *reading, struct evidence *evidence)
{
    weigh_words(words, reading, evidence);
    if (reading->has_dense)
        weigh_parts(words, reading, evidence);
    for (size_t i = 0; i < evidence->found_count; i++) {
        if (is_of_language(words, reading, evidence, evidence->found[i]))
            return true;
    }
    return false;
}

/* --- All together --- */

static int score(const struct question_reading *reading, const struct evidence *evidence, unsigned reasons)
{
    if (reasons & QUESTION_REASON_PLATFORM)
        return 100;
    bool has_mark = reasons & QUESTION_REASON_MARK, has_word = reasons & QUESTION_REASON_WORD;
    int sum;
    if (reasons & QUESTION_REASON_COMMAND) {
        sum = SCORE_COMMAND + (has_mark || has_word ? SCORE_COMMAND_MORE : 0);
    } else if (has_mark) {
        sum = (reading->mark == MARK_INSIDE ? SCORE_MARK_INSIDE : SCORE_MARK_END) + (has_word ? SCORE_BOTH : 0);
    } else {
        sum = SCORE_WORD;
    }
    if (reading->word_count < 3 && reading->spoken < (reading->has_dense ? 4 : 12))
        sum += SCORE_SHORT;
    if (evidence->is_rhetorical)
        sum += SCORE_RHETORICAL;
    if (reading->word_count > 0 && reading->words[0].is_called)
        sum += SCORE_CALLED;
    if (reading->has_address)
        sum += SCORE_ADDRESS;
    return sum < SCORE_MIN ? SCORE_MIN : sum;
}

static bool is_space(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200b) || c == 0xfeff;
}

static struct str trim_front(struct str text)
{
    size_t size;
    while (text.len > 0 && is_space(utf8_decode(text.data, text.len, &size))) {
        text.data += size;
        text.len -= size;
    }
    return text;
}

/* Two Han or Hangul letters can ask ("誰？"); two of another script are "ok?". */
static bool says_something(const struct question_reading *reading)
{
    return reading->spoken >= LETTERS_MIN || (reading->has_dense && reading->spoken > 0);
}

static struct question_hint detect(const struct question_words *words, struct str text, unsigned reasons)
{
    text = trim_front(text);
    size_t command = question_words_command(words, text);
    struct str rest = trim_front((struct str){text.data + command, text.len - command});
    struct question_reading reading;
    question_reading_fill(&reading, command ? rest : text);
    if (command && reading.end > 0) {
        reasons |= QUESTION_REASON_COMMAND;
        text = rest;
    }
    text.len = reading.end;
    struct question_hint hint = {.text = text};
    if (!says_something(&reading) && (reasons == 0 || text.len == 0))
        return hint;
    struct evidence evidence;
    memset(&evidence, 0, sizeof(evidence));
    if (reading.mark != MARK_NONE || (reading.has_greek && reading.last == ';'))
        reasons |= QUESTION_REASON_MARK;
    if (has_word(words, &reading, &evidence) && (reasons != 0 || reading.last != '!'))
        reasons |= QUESTION_REASON_WORD;
    // "lol?" and "hello??" ask nothing, unless somebody says that they do.
    if (reasons == 0 || (reasons == QUESTION_REASON_MARK && evidence.skipped >= reading.word_count))
        return hint;
    hint.is_question = true;
    hint.reasons = reasons;
    hint.score = score(&reading, &evidence, reasons);
    return hint;
}

struct question_hint question_detect(const struct question_words *words, struct str text)
{
    return detect(words, text, 0);
}

struct question_hint question_detect_native(const struct question_words *words, struct str text)
{
    return detect(words, text, QUESTION_REASON_PLATFORM);
}

static const char *const reason_names[] = {"platform", "command", "mark", "word"};

void question_reasons_write(unsigned reasons, struct buffer *out)
{
    const char *before = "[";
    for (size_t i = 0; i < ARRAY_LENGTH(reason_names); i++) {
        if (reasons >> i & 1) {
            buffer_printf(out, "%s\"%s\"", before, reason_names[i]);
            before = ",";
        }
    }
    buffer_add_string(out, *before == '[' ? "[]" : "]");
}

unsigned question_reason_from_name(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_LENGTH(reason_names); i++) {
        if (strcmp(name, reason_names[i]) == 0)
            return 1u << i;
    }
    return 0;
}
