/* The files of a translator: KIND WORDS, WORDS … one a line; assets/questions/en.txt describes them. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "relay/question_reading.h"
#include "relay/question_words_private.h"

enum { FILE_BYTES_MAX = 1 << 18, WORDS_MAX = 20000, COMPLAINTS_MAX = 20 };

/* Where we read: for the complaint, and for what the line means. */
struct place {
    struct question_words *words;
    const char *file;
    size_t line;
    size_t language;
    int complaints;
};

static const char *const kind_names[WORD_KIND_COUNT] = {
    [WORD_OPEN] = "open",         [WORD_ANY] = "word",       [WORD_END] = "end",     [WORD_NOT] = "not",
    [WORD_SKIP] = "skip",         [WORD_COMMON] = "common",  [WORD_NEGATION] = "no", [WORD_PERSON] = "person",
    [WORD_ALIAS] = "alias",       [WORD_ENDING] = "ending",  [WORD_SAME] = "same",
};

static void complain(struct place *place, const char *what, struct str text)
{
    place->complaints++;
    if (place->complaints <= COMPLAINTS_MAX)
        question_words_complain(place->words, "%s:%zu: %s: \"%.*s\"; the line is left out", place->file, place->line, what,
                                (int)(text.len < 80 ? text.len : 80), text.data);
    if (place->complaints == COMPLAINTS_MAX + 1)
        question_words_complain(place->words, "%s: more lines like that", place->file);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct str trim(struct str text)
{
    while (text.len > 0 && is_blank(*text.data)) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && is_blank(text.data[text.len - 1]))
        text.len--;
    return text;
}

/* Cuts at the first of the separators, whichever comma the translator's keyboard has. NUL-free text in, rest out. */
static struct str take_item(struct str *rest)
{
    static const struct str commas[] = {STR(","), STR("،"), STR("、"), STR("，")};
    for (size_t i = 0; i < rest->len; i++) {
        for (size_t k = 0; k < ARRAY_LENGTH(commas); k++) {
            if (!str_starts_with((struct str){rest->data + i, rest->len - i}, commas[k]))
                continue;
            struct str item = {rest->data, i};
            *rest = (struct str){rest->data + i + commas[k].len, rest->len - i - commas[k].len};
            return trim(item);
        }
    }
    struct str item = *rest;
    *rest = (struct str){0};
    return trim(item);
}

static uint32_t *copy_letters(const struct question_reading *reading)
{
    uint32_t *copy = xcalloc(reading->letter_count, sizeof(*copy));
    memcpy(copy, reading->letters, reading->letter_count * sizeof(*copy));
    return copy;
}

static bool fill(struct place *place, struct question_reading *reading, struct str text)
{
    if (text.len <= WORD_LETTERS_MAX)
        question_reading_fill(reading, text);
    if (text.len > WORD_LETTERS_MAX || reading->word_count == 0) {
        complain(place, text.len > WORD_LETTERS_MAX ? "too long for a word" : "no letters", text);
        return false;
    }
    return true;
}

/* "نمی-", "-mez", "-miyor-" */
static uint8_t affix_of(struct str text)
{
    bool opens = text.data[text.len - 1] == '-', ends = *text.data == '-';
    return opens && ends ? AFFIX_IN : opens ? AFFIX_START : ends ? AFFIX_END : AFFIX_NONE;
}

static void add_word(struct place *place, enum question_word_kind kind, struct str text, struct str to)
{
    struct question_words *words = place->words;
    struct question_reading reading, target;
    bool has_target = kind == WORD_ALIAS || kind == WORD_ENDING;
    if (!fill(place, &reading, text) || (has_target && !fill(place, &target, to)))
        return;
    struct question_word word = {
        .hash = reading.words[0].hash, .kind = (uint8_t)kind, .language = (uint8_t)place->language,
        .word_count = (uint8_t)reading.word_count, .letter_count = (uint16_t)reading.letter_count,
        .value = kind == WORD_PERSON ? (uint8_t)(*to.data - '0') : kind == WORD_NEGATION ? affix_of(text) : AFFIX_NONE};
    for (size_t i = 1; i < reading.word_count; i++)
        word.rest = (word.rest ^ reading.words[i].hash) * UINT64_C(0x2545f4914f6cdd1d);
    word.letters = copy_letters(&reading);
    if (has_target) {
        word.to = copy_letters(&target);
        word.to_count = (uint16_t)target.letter_count;
    }
    if (words->count == words->capacity) {
        words->capacity = words->capacity ? words->capacity * 2 : 1024;
        words->words = xreallocarray(words->words, words->capacity, sizeof(*words->words));
    }
    words->words[words->count++] = word;
}

static int find_kind(struct str name)
{
    for (int i = 0; i < WORD_KIND_COUNT; i++) {
        if (kind_names[i] && str_equal(name, str_from(kind_names[i])))
            return i;
    }
    return -1;
}

/*
 * What asks counts for the show's languages only: "was" asks in German and tells in English. Of the others it still tells
 * the language. False: the line is of no use.
 */
static bool choose_kind(const struct place *place, int *kind)
{
    if (place->words->is_configured[place->language] || *kind > WORD_SKIP)
        return true;
    bool is_asking = *kind == WORD_OPEN || *kind == WORD_ANY || *kind == WORD_END;
    *kind = WORD_ASK;
    return is_asking;
}

/* "alias u, ya = you": what stands behind the sign. False: it must be there and is not, or the other way round. */
static bool split_target(struct place *place, enum question_word_kind kind, struct str *rest, struct str *to)
{
    const char *sign = rest->len > 0 ? memchr(rest->data, '=', rest->len) : NULL;
    bool wants = kind == WORD_ALIAS || kind == WORD_ENDING || kind == WORD_PERSON;
    if (wants != (sign != NULL)) {
        complain(place, wants ? "expected WORDS = WHAT THEY ARE READ AS" : "unexpected =", *rest);
        return false;
    }
    if (!sign)
        return true;
    *to = trim((struct str){sign + 1, (size_t)(rest->data + rest->len - sign - 1)});
    rest->len = (size_t)(sign - rest->data);
    if (kind == WORD_PERSON && !(to->len == 1 && *to->data >= '1' && *to->data <= '9')) {
        complain(place, "expected a number from 1 to 9 behind =", *to);
        return false;
    }
    return true;
}

static void read_line(struct place *place, struct str line)
{
    line = trim(line);
    if (line.len == 0 || *line.data == '#')
        return;
    if (!utf8_is_valid(line.data, line.len)) {
        question_words_complain(place->words, "%s:%zu: not UTF-8; the line is left out", place->file, place->line);
        return;
    }
    size_t len = 0;
    while (len < line.len && !is_blank(line.data[len]))
        len++;
    int kind = find_kind((struct str){line.data, len});
    struct str rest = trim((struct str){line.data + len, line.len - len}), to = {0};
    if (kind < 0) {
        complain(place, "expected open, word, end, not, skip, common, no, person, alias, ending or same", line);
        return;
    }
    if (rest.len == 0) {
        complain(place, "no words behind it", line);
        return;
    }
    if (!split_target(place, (enum question_word_kind)kind, &rest, &to) || !choose_kind(place, &kind))
        return;
    while (rest.len > 0) {
        struct str item = take_item(&rest);
        if (item.len > 0 && place->words->count < WORDS_MAX)
            add_word(place, (enum question_word_kind)kind, item, to);
    }
}

static void read_file(struct question_words *words, const char *folder, const char *name, size_t language)
{
    struct error err = {0};
    struct buffer text = {0};
    struct place place = {.words = words, .file = name, .language = language};
    char *path = xasprintf("%s/%s", folder, name);
    if (!file_read(path, FILE_BYTES_MAX, &text, &err))
        question_words_complain(words, "%s; its language is not looked for", err.text);
    for (size_t at = 0; at < text.len;) {
        const char *end = memchr(text.data + at, '\n', text.len - at);
        size_t len = end ? (size_t)(end - text.data) - at : text.len - at;
        place.line++;
        read_line(&place, (struct str){text.data + at, len});
        at += len + 1;
    }
    buffer_fini(&text);
    free(path);
}

static bool is_wanted_language(const struct question_words_options *options, const char *tag)
{
    for (size_t i = 0; i < options->language_count; i++) {
        size_t len = strcspn(options->languages[i], "-_");
        if (strlen(tag) == len && strncasecmp(tag, options->languages[i], len) == 0)
            return true;
    }
    return options->language_count == 0;
}

static int is_language_file(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    size_t len = dot ? (size_t)(dot - entry->d_name) : 0;
    return dot && strcmp(dot, ".txt") == 0 && len >= 2 && len < QUESTION_TAG_BYTES &&
           strspn(entry->d_name, "abcdefghijklmnopqrstuvwxyz") == len;
}

void question_words_read_folder(struct question_words *words, const struct question_words_options *options)
{
    struct dirent **entries;
    int count = scandir(options->folder, &entries, is_language_file, alphasort);
    if (count <= 0)
        question_words_complain(words, "%s: no LANGUAGE.txt is there: question words are not looked for", options->folder);
    for (int i = 0; i < count; i++) {
        if (words->language_count < QUESTION_LANGUAGES_MAX) {
            size_t language = words->language_count++;
            char *tag = words->languages[language];
            memcpy(tag, entries[i]->d_name, strcspn(entries[i]->d_name, "."));
            words->is_configured[language] = is_wanted_language(options, tag);
            read_file(words, options->folder, entries[i]->d_name, language);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}
