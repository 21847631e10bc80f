#include "relay/question_print.h"

#include <string.h>

#include "base/memory.h"
#include "relay/han.h"
#include "relay/language_guess.h"
#include "relay/letters.h"
#include "relay/question_reading.h"
#include "relay/question_words.h"

enum { RUN_MIN = 3, STEM_MIN = 3 };

/* What reading a question needs besides the reading. */
struct work {
    const struct question_words *words;
    int language;  // of the text; -1: unsure, then the show's languages
    struct question_reading reading;
    uint32_t letters[READING_LETTERS_MAX];  // with aliases applied
    size_t count;
};

static bool is_digit(uint32_t letter)
{
    return letter >= '0' && letter <= '9';
}

static bool is_for(const struct work *work, const struct question_word *word)
{
    return work->language >= 0 ? word->language == work->language : question_words_is_configured(work->words, word->language);
}

/* --- Letters --- */

/* "soooo" is "so", 哈哈哈 one 哈; digits are not: 1000. In place. */
static void shorten_runs(struct question_reading *reading)
{
    size_t kept = 0, run = 0;
    for (size_t i = 0; i < reading->letter_count; i++) {
        uint32_t letter = reading->letters[i];
        run = i > 0 && reading->letters[i - 1] == letter ? run + 1 : 1;
        reading->letters[kept++] = letter;
        bool ends = i + 1 == reading->letter_count || reading->letters[i + 1] != letter;
        if (ends && run >= RUN_MIN && !is_digit(letter))
            kept -= run - 1;
    }
    reading->letter_count = kept;
}

/* Words and their hashes anew, of letters that changed. */
static void split_words(struct question_reading *reading)
{
    reading->word_count = 0;
    for (size_t i = 0; i < reading->letter_count && reading->word_count < READING_WORDS_MAX;) {
        size_t from = i;
        while (i < reading->letter_count && reading->letters[i] != ' ')
            i++;
        if (i > from)
            reading->words[reading->word_count++] = (struct reading_word){
                .hash = question_words_hash(reading->letters + from, i - from), .from = (uint16_t)from, .to = (uint16_t)i};
        i++;
    }
}

/* --- Aliases and endings --- */

static void emit(struct work *work, const uint32_t *letters, size_t count)
{
    if (work->count + count + 1 >= READING_LETTERS_MAX)
        return;
    memcpy(work->letters + work->count, letters, count * sizeof(*letters));
    work->count += count;
}

static void emit_space(struct work *work)
{
    static const uint32_t space = ' ';
    if (work->count > 0 && work->letters[work->count - 1] != ' ')
        emit(work, &space, 1);
}

/* The longest of a kind that stands here; NULL: none. */
static const struct question_word *find_word(const struct work *work, size_t at, enum question_word_kind kind)
{
    const struct question_word *best = NULL, *word = NULL;
    while ((word = question_words_next(work->words, &work->reading, at, word))) {
        if (word->kind == kind && is_for(work, word) && (!best || word->word_count > best->word_count))
            best = word;
    }
    return best;
}

static const struct question_word *find_part(const struct work *work, size_t at, enum question_word_kind kind)
{
    const struct question_word *best = NULL, *word = NULL;
    while ((word = question_words_next_part(work->words, &work->reading, at, word))) {
        if (word->kind == kind && (!best || word->letter_count > best->letter_count))
            best = word;
    }
    return best;
}

/* 会不会, 有没有: asks as 会 and 有 with 吗. */
static bool is_doubled(const uint32_t *letters, size_t count)
{
    return count >= 3 && letters[0] == letters[2] && letters[0] != ' ' && (letters[1] == 0x4e0d || letters[1] == 0x6ca1);
}

static void emit_dense_word(struct work *work, const struct reading_word *word)
{
    const uint32_t *letters = work->reading.letters;
    for (size_t i = word->from; i < word->to;) {
        const struct question_word *alias = find_part(work, i, WORD_ALIAS);
        if (alias) {
            emit(work, alias->to, alias->to_count);
            i += alias->letter_count;
        } else {
            emit(work, letters + i, 1);
            i += is_doubled(letters + i, word->to - i) ? 3 : 1;
        }
    }
}

static const struct question_word *find_ending(const struct work *work, const uint32_t *letters, size_t count)
{
    size_t ending_count;
    const struct question_word *endings = question_words_endings(work->words, &ending_count), *best = NULL;
    for (size_t i = 0; i < ending_count; i++) {
        const struct question_word *ending = &endings[i];
        if (ending->kind == WORD_ENDING && is_for(work, ending) && count >= (size_t)ending->letter_count + STEM_MIN &&
            memcmp(letters + count - ending->letter_count, ending->letters, ending->letter_count * sizeof(*letters)) == 0 &&
            (!best || ending->letter_count > best->letter_count))
            best = ending;
    }
    return best;
}

static void emit_word(struct work *work, const struct reading_word *word)
{
    const uint32_t *letters = work->reading.letters + word->from;
    size_t count = word->to - (size_t)word->from;
    const struct question_word *ending = find_ending(work, letters, count);
    emit(work, letters, ending ? count - ending->letter_count : count);
    if (ending)
        emit(work, ending->to, ending->to_count);
}

static void apply_aliases(struct work *work)
{
    struct question_reading *reading = &work->reading;
    work->count = 0;
    for (size_t i = 0; i < reading->word_count;) {
        const struct question_word *alias = find_word(work, i, WORD_ALIAS);
        emit_space(work);
        if (alias) {
            emit(work, alias->to, alias->to_count);
        } else if (letter_is_dense(reading->letters[reading->words[i].from])) {
            emit_dense_word(work, &reading->words[i]);
        } else {
            emit_word(work, &reading->words[i]);
        }
        i += alias ? alias->word_count : 1;
    }
    memcpy(reading->letters, work->letters, work->count * sizeof(*work->letters));
    reading->letter_count = work->count;
    split_words(reading);
}

/* --- Tokens --- */

static void add_person(struct question_print *print, uint8_t person)
{
    if (print->person_count > 0 && print->persons[print->person_count - 1] == person)
        return;
    if (print->person_count < PRINT_PERSONS_MAX)
        print->persons[print->person_count++] = person;
}

static void add_letters(struct print_space *space, const uint32_t *letters, size_t count)
{
    for (size_t i = 0; i < count && space->print.letter_count < PRINT_LETTERS_MAX; i++)
        space->letters[space->print.letter_count++] = (uint16_t)letters[i];
}

static void add_token(struct print_space *space, const uint32_t *letters, size_t count, bool asks)
{
    struct question_print *print = &space->print;
    if (print->token_count == PRINT_TOKENS_MAX || print->letter_count + count > PRINT_LETTERS_MAX)
        return;
    uint64_t hash = question_words_hash(letters, count);
    space->tokens[print->token_count++] = (struct print_token){
        .hash = (uint32_t)(hash ^ hash >> 32), .from = print->letter_count, .count = (uint8_t)count, .asks = asks};
    add_letters(space, letters, count);
}

/* Every run of digits, also within a word: 5pm, gta5. */
static void add_numbers(struct question_print *print, const uint32_t *letters, size_t count)
{
    for (size_t i = 0; i < count;) {
        uint32_t number = 0;
        size_t from = i;
        for (; i < count && is_digit(letters[i]); i++)
            number = number * 10 + (letters[i] - '0');
        if (i > from && print->number_count < PRINT_NUMBERS_MAX)
            print->numbers[print->number_count++] = number;
        i += i == from;
    }
}

/* What stands here weighs by its kind; of two that are as long the earlier one here. */
static int weight(const struct question_word *word)
{
    switch ((enum question_word_kind)word->kind) {
    case WORD_SKIP: return 6;
    case WORD_NEGATION: return 5;
    case WORD_PERSON: return 4;
    case WORD_OPEN: case WORD_ANY: case WORD_ASK: return 3;
    case WORD_COMMON: return 1;
    default: return 0;
    }
}

static bool is_better(const struct question_word *word, size_t count, const struct question_word *best, size_t best_count)
{
    return weight(word) > 0 && (!best || count > best_count || (count == best_count && weight(word) > weight(best)));
}

/* Phrases that ask ("how did you") say no more than their words: only single words count. */
static const struct question_word *classify_word(const struct work *work, size_t at)
{
    const struct question_word *best = NULL, *word = NULL;
    while ((word = question_words_next(work->words, &work->reading, at, word))) {
        if (is_for(work, word) && (word->word_count == 1 || word->kind == WORD_SKIP) &&
            is_better(word, word->word_count, best, best ? best->word_count : 0))
            best = word;
    }
    return best;
}

static const struct question_word *classify_part(const struct work *work, size_t at)
{
    const struct question_word *best = NULL, *word = NULL;
    while ((word = question_words_next_part(work->words, &work->reading, at, word))) {
        if (is_better(word, word->letter_count, best, best ? best->letter_count : 0))
            best = word;
    }
    return best;
}

static void add_classified(struct print_space *space, const struct question_word *word, const uint32_t *letters, size_t count)
{
    switch (word ? (enum question_word_kind)word->kind : WORD_KIND_COUNT) {
    case WORD_SKIP:
        break;
    case WORD_NEGATION:
        space->print.negations++;
        add_letters(space, letters, count);
        break;
    case WORD_PERSON:
        add_person(&space->print, word->value);
        break;
    case WORD_COMMON:
        add_letters(space, letters, count);
        break;
    case WORD_OPEN: case WORD_ANY: case WORD_ASK:
        add_token(space, letters, count, true);
        break;
    default:
        add_token(space, letters, count, false);
    }
}

static void add_dense_word(struct print_space *space, const struct work *work, const struct reading_word *word)
{
    const uint32_t *letters = work->reading.letters;
    for (size_t i = word->from; i < word->to;) {
        const struct question_word *part = letter_is_dense(letters[i]) ? classify_part(work, i) : NULL;
        size_t count = part ? part->letter_count : 1;
        while (!part && i + count < word->to && !letter_is_dense(letters[i]) && !letter_is_dense(letters[i + count]))
            count++;  // "隻game": what is written in Latin is one token
        add_classified(space, part, letters + i, count);
        i += count;
    }
}

static bool matches_affix(const struct question_word *affix, const uint32_t *letters, size_t count)
{
    if (affix->letter_count >= count)
        return false;
    size_t last = count - affix->letter_count;
    for (size_t at = affix->value == AFFIX_END ? last : 0; at <= (affix->value == AFFIX_START ? 0 : last); at++) {
        if (memcmp(letters + at, affix->letters, affix->letter_count * sizeof(*letters)) == 0)
            return true;
    }
    return false;
}

/* نمیخونی, gelmiyor: the negation stands in the word. The word stays a token without being told apart by it. */
static bool has_negation_in(const struct work *work, const uint32_t *letters, size_t count)
{
    size_t affix_count;
    const struct question_word *affixes = question_words_endings(work->words, &affix_count);
    for (size_t i = 0; i < affix_count; i++) {
        if (affixes[i].kind == WORD_NEGATION && is_for(work, &affixes[i]) && matches_affix(&affixes[i], letters, count))
            return true;
    }
    return false;
}

static size_t add_word(struct print_space *space, const struct work *work, size_t at)
{
    const struct reading_word *word = &work->reading.words[at];
    const uint32_t *letters = work->reading.letters + word->from;
    size_t count = word->to - (size_t)word->from;
    if (letter_is_dense(*letters)) {
        add_dense_word(space, work, word);
        return 1;
    }
    const struct question_word *entry = classify_word(work, at);
    space->print.negations += !entry && has_negation_in(work, letters, count);
    add_classified(space, entry, letters, count);
    return entry ? entry->word_count : 1;
}

static uint64_t make_key(const struct question_reading *reading)
{
    uint64_t key = 0;
    for (size_t i = 0; i < reading->word_count; i++)  // without spaces: "می خوانی" is "می‌خوانی"
        for (size_t k = reading->words[i].from; k < reading->words[i].to; k++)
            key = (key ^ reading->letters[k]) * UINT64_C(0x9e3779b97f4a7c15) ^ key >> 29;
    return reading->word_count > 0 && key == 0 ? 1 : key;
}

const struct question_print *question_print_make(struct print_space *space, const struct question_words *words, struct str text)
{
    struct question_print *print = &space->print;
    *print = (struct question_print){.tokens = space->tokens, .letters = space->letters};
    struct work work;
    work.words = words;
    question_reading_fill(&work.reading, text);
    const char *language = language_guess(words, &work.reading, text);
    work.language = *language ? question_words_find_language(words, language) : -1;
    for (size_t i = 0; i < work.reading.letter_count; i++)
        work.reading.letters[i] = han_simplify(work.reading.letters[i]);
    shorten_runs(&work.reading);
    split_words(&work.reading);
    print->key = make_key(&work.reading);
    apply_aliases(&work);
    add_numbers(print, work.reading.letters, work.reading.letter_count);
    for (size_t i = 0; i < work.reading.word_count;)
        i += add_word(space, &work, i);
    return print;
}

struct question_print *question_print_copy(const struct question_print *print)
{
    size_t token_bytes = print->token_count * sizeof(*print->tokens), letter_bytes = print->letter_count * sizeof(*print->letters);
    struct question_print *copy = xmalloc(sizeof(*copy) + token_bytes + letter_bytes);
    struct print_token *tokens = (struct print_token *)(copy + 1);
    uint16_t *letters = (uint16_t *)(tokens + print->token_count);
    *copy = *print;
    memcpy(tokens, print->tokens, token_bytes);
    memcpy(letters, print->letters, letter_bytes);
    copy->tokens = tokens;
    copy->letters = letters;
    return copy;
}
