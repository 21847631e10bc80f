#include "relay/question_words.h"

#include <stdarg.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "relay/letters.h"
#include "relay/question_reading.h"
#include "relay/question_words_private.h"

static const char *const usual_commands[] = {
    "!ask", "!question", "!q", "!سوال", "!سؤال", "!پرسش", "!اسأل", "!問", "!问", "!提問", "!提问", "!問題", "!问题", "!質問", "!질문",
    "!pregunta", "!soru", "!frage", "!domanda", "!pergunta", "!вопрос", "!питання", "!שאלה", "!सवाल", "!tanya", NULL};

const char *const *question_words_usual_commands(void)
{
    return usual_commands;
}

void question_words_complain(const struct question_words *words, const char *format, ...)
{
    char text[480];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (words->options.on_bad_line) {
        words->options.on_bad_line(words->options.data, text);
    } else {
        log_warn("relay/questions", "%s", text);
    }
}

uint64_t question_words_hash(const uint32_t *letters, size_t count)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ letters[i]) * UINT64_C(0x9e3779b97f4a7c15) ^ hash >> 29;
    return hash;
}

/* --- The tables --- */

static int rank_of(const struct question_word *word)
{
    if (word->kind == WORD_ENDING || (word->kind == WORD_NEGATION && word->value != AFFIX_NONE))
        return 2;
    return letter_is_dense(word->letters[0]) ? 1 : 0;
}

/* What only seems to ask is found before what asks, and what says nothing before that. */
static int rank_of_kind(const struct question_word *word)
{
    return word->kind == WORD_NOT ? 0 : word->kind == WORD_SKIP ? 1 : 2;
}

/* By words by hash, within by first letter; then by kind and the longest first. */
static int compare(const void *first, const void *second)
{
    const struct question_word *a = first, *b = second;
    int by = rank_of(a) - rank_of(b);
    if (by != 0)
        return by;
    uint64_t left = rank_of(a) == 0 ? a->hash : a->letters[0], right = rank_of(a) == 0 ? b->hash : b->letters[0];
    if (left != right)
        return left < right ? -1 : 1;
    by = rank_of_kind(a) - rank_of_kind(b);
    return by != 0 ? by : (int)b->letter_count - (int)a->letter_count;
}

static void build(struct question_words *words)
{
    if (words->count > 0)
        qsort(words->words, words->count, sizeof(*words->words), compare);
    for (size_t i = 0; i < words->count; i++) {
        words->part_from += rank_of(&words->words[i]) == 0;
        words->ending_from += rank_of(&words->words[i]) <= 1;
    }
    words->index_size = 64;
    while (words->index_size < words->part_from * 3)
        words->index_size *= 2;
    words->index = xcalloc(words->index_size, sizeof(*words->index));
    for (size_t i = 0; i < words->part_from; i++) {
        if (i > 0 && words->words[i].hash == words->words[i - 1].hash)
            continue;
        size_t at = words->words[i].hash & (words->index_size - 1);
        while (words->index[at] != 0)
            at = (at + 1) & (words->index_size - 1);
        words->index[at] = (uint32_t)i + 1;
    }
    for (size_t i = words->part_from; i < words->ending_from; i++) {
        uint32_t letter = words->words[i].letters[0] & 0xffff;
        words->starts[letter / 64] |= UINT64_C(1) << letter % 64;
    }
}

static bool add_command(struct question_words *words, const char *command)
{
    size_t len = strlen(command);
    if (words->command_count == QUESTION_COMMANDS_MAX || len == 0 || len > QUESTION_COMMAND_BYTES_MAX)
        return false;
    words->commands[words->command_count++] = xstrdup(command);
    unsigned char first = (unsigned char)*command;
    words->may_begin_command[first] = true;
    for (int c = 0; c < 256; c++)  // another form of a letter, and ！
        words->may_begin_command[c] |= first != '!' || c == 0xef;
    return true;
}

struct question_words *question_words_create(const struct question_words_options *options)
{
    struct question_words *words = xcalloc(1, sizeof(*words));
    words->options = (struct question_words_options){.data = options->data, .on_bad_line = options->on_bad_line};
    letters_init();
    for (size_t i = 0; i < options->command_count; i++) {
        if (!add_command(words, options->commands[i]))
            question_words_complain(words, "questions.commands[%zu]: left out: at most %d of 1 to %d bytes", i,
                                    QUESTION_COMMANDS_MAX, QUESTION_COMMAND_BYTES_MAX);
    }
    for (size_t i = 0; options->command_count == 0 && usual_commands[i]; i++)
        add_command(words, usual_commands[i]);
    if (options->folder)
        question_words_read_folder(words, options);
    build(words);
    return words;
}

void question_words_destroy(struct question_words *words)
{
    if (!words)
        return;
    for (size_t i = 0; i < words->count; i++) {
        free((void *)words->words[i].letters);
        free((void *)words->words[i].to);
    }
    for (size_t i = 0; i < words->command_count; i++)
        free(words->commands[i]);
    free(words->words);
    free(words->index);
    free(words);
}

static const struct question_words *in_use;
static struct question_words *usual;
static pthread_once_t usual_made = PTHREAD_ONCE_INIT;
static pthread_rwlock_t in_use_lock = PTHREAD_RWLOCK_INITIALIZER;

static void make_usual(void)
{
    usual = question_words_create(&(struct question_words_options){0});
}

const struct question_words *question_words_in_use(void)
{
    pthread_once(&usual_made, make_usual);
    return in_use ? in_use : usual;
}

void question_words_use(const struct question_words *words)
{
    pthread_rwlock_wrlock(&in_use_lock);
    in_use = words;
    pthread_rwlock_unlock(&in_use_lock);
}

const struct question_words *question_words_borrow(void)
{
    pthread_rwlock_rdlock(&in_use_lock);
    return question_words_in_use();
}

void question_words_give_back(void)
{
    pthread_rwlock_unlock(&in_use_lock);
}

/* --- Languages and commands --- */

const char *question_words_language(const struct question_words *words, size_t index)
{
    return index < words->language_count ? words->languages[index] : "";
}

size_t question_words_language_count(const struct question_words *words)
{
    return words->language_count;
}

bool question_words_is_configured(const struct question_words *words, size_t index)
{
    return index < words->language_count && words->is_configured[index];
}

int question_words_find_language(const struct question_words *words, const char *tag)
{
    size_t len = strcspn(tag, "-_");
    for (size_t i = 0; i < words->language_count; i++) {
        if (strlen(words->languages[i]) == len && strncasecmp(words->languages[i], tag, len) == 0)
            return (int)i;
    }
    return -1;
}

/* ي and ی, ！ and !, Q and q are typed alike: letters are compared as folded, the rest as it stands. */
static size_t match_command(const char *command, struct str text)
{
    size_t at = 0, size, command_size;
    for (; *command; command += command_size, at += size) {
        if (at >= text.len)
            return 0;
        uint32_t wanted = utf8_decode(command, strlen(command), &command_size);
        uint32_t c = utf8_decode(text.data + at, text.len - at, &size);
        c = c == 0xff01 ? '!' : c;
        uint32_t letter = letter_fold(c);
        if (c != wanted && (letter == ' ' || letter == 0 || letter != letter_fold(wanted)))
            return 0;
    }
    return at;
}

size_t question_words_command(const struct question_words *words, struct str text)
{
    if (text.len == 0 || !words->may_begin_command[(unsigned char)*text.data])
        return 0;
    for (size_t i = 0; i < words->command_count; i++) {
        size_t len = match_command(words->commands[i], text), size;
        if (len == 0)
            continue;
        uint32_t c = len < text.len ? utf8_decode(text.data + len, text.len - len, &size) : 0;
        if (c == ' ' || c == ':' || c == 0xff1a || c == 0x3000 || c == '\t' || c == '\n')
            return len + size;
    }
    return 0;
}

/* --- Looking up --- */

static uint64_t add_rest(uint64_t rest, uint64_t hash)
{
    return (rest ^ hash) * UINT64_C(0x2545f4914f6cdd1d);
}

static bool has_rest(const struct question_word *word, const struct question_reading *reading, size_t at)
{
    uint64_t rest = 0;
    if (at + word->word_count > reading->word_count)
        return false;
    for (size_t i = 1; i < word->word_count; i++)
        rest = add_rest(rest, reading->words[at + i].hash);
    return rest == word->rest;
}

static size_t find_run(const struct question_words *words, uint64_t hash)
{
    size_t at = hash & (words->index_size - 1);
    while (words->index[at] != 0) {
        if (words->words[words->index[at] - 1].hash == hash)
            return words->index[at] - 1;
        at = (at + 1) & (words->index_size - 1);
    }
    return SIZE_MAX;
}

const struct question_word *question_words_next(const struct question_words *words, const struct question_reading *reading,
                                                size_t at, const struct question_word *before)
{
    uint64_t hash = reading->words[at].hash;
    size_t i = before ? (size_t)(before - words->words) + 1 : find_run(words, hash);
    for (; i < words->part_from && words->words[i].hash == hash; i++) {
        if (has_rest(&words->words[i], reading, at))
            return &words->words[i];
    }
    return NULL;
}

static size_t find_part(const struct question_words *words, uint32_t letter)
{
    size_t low = words->part_from, high = words->ending_from;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (words->words[middle].letters[0] < letter) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const struct question_word *question_words_next_part(const struct question_words *words,
                                                     const struct question_reading *reading, size_t at,
                                                     const struct question_word *before)
{
    uint32_t letter = reading->letters[at];
    if (!(words->starts[(letter & 0xffff) / 64] >> letter % 64 & 1))
        return NULL;
    size_t i = before ? (size_t)(before - words->words) + 1 : find_part(words, letter);
    for (; i < words->ending_from && words->words[i].letters[0] == letter; i++) {
        const struct question_word *word = &words->words[i];
        if (at + word->letter_count <= reading->letter_count &&
            memcmp(word->letters, reading->letters + at, word->letter_count * sizeof(*word->letters)) == 0)
            return word;
    }
    return NULL;
}

const struct question_word *question_words_endings(const struct question_words *words, size_t *count)
{
    *count = words->count - words->ending_from;
    return words->words ? words->words + words->ending_from : NULL;
}
