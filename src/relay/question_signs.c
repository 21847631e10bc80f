/* What finding a question tells of it: score, reasons, language, who asks. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/heard.h"
#include "relay/journal.h"
#include "relay/language_guess.h"
#include "relay/question_reading.h"
#include "relay/questions_private.h"

const char *questions_guess_language(const struct questions *questions, struct str text)
{
    struct question_reading reading;
    question_reading_fill(&reading, text);
    return language_guess(questions->options.words, &reading, text);
}

static void guess_language(const struct questions *questions, struct question *question)
{
    free(question->language);
    question->language = xstrdup(questions_guess_language(questions, str_from(question->text_original)));
}

void question_note_signs(const struct questions *questions, struct question *question, const struct question_hint *hint)
{
    if (hint->score > question->score)
        question->score = hint->score;
    question->reasons |= hint->reasons;
    if (*question->language == '\0')
        guess_language(questions, question);
    question->fairness = heard_fairness(questions->options.heard, question);
}

/* Any one: keys are hashes, so who comes behind this one is drawn. His next question counts as his first again. */
static void forget_one_asker(struct questions *questions, const char *key)
{
    const char *gone = journal_next_state(questions->options.journal, QUESTION_ASKER_KEY, key);
    char *copy = xstrdup(gone);
    if (copy)
        journal_set_state(questions->options.journal, copy, NULL);
    free(copy);
    questions->asker_count -= gone != NULL;
}

/*
 * Whether he asks for the first time in this journal: a hash of him is kept as long as messages are, and of no more than
 * QUESTION_ASKERS_MAX, whoever invents authors.
 */
void question_note_asker(struct questions *questions, struct question *question, const struct message *message)
{
    char key[32], text[64];
    if (!questions->options.journal || message->is.author.id.len == 0)
        return;
    snprintf(key, sizeof(key), QUESTION_ASKER_KEY "%016" PRIx64,
             journal_hash(questions->options.journal, JOURNAL_KEY_AUTHOR, message->is.platform, message->is.author.id));
    const char *before = journal_state(questions->options.journal, key);
    bool is_first = !before || strtoull(before, NULL, 10) == message->id;  // the same message again, after a kill
    if (question->ask_count == 1)
        question->is_first_time = is_first;
    snprintf(text, sizeof(text), "%" PRIu64 " %" PRId64, before && !is_first ? (uint64_t)strtoull(before, NULL, 10) : message->id, clock_unix_ms());
    if (!before && questions->asker_count >= QUESTION_ASKERS_MAX)
        forget_one_asker(questions, key);
    questions->asker_count += !before;
    journal_set_state(questions->options.journal, key, text);
}

struct askers {
    int64_t before_ms;
    char **keys;  // owned
    size_t count, kept;
};

static void add_old(void *data, const char *key, const char *text)
{
    struct askers *askers = data;
    const char *at_ms = strchr(text, ' ');
    if (at_ms && strtoll(at_ms, NULL, 10) >= askers->before_ms && askers->kept < QUESTION_ASKERS_MAX) {
        askers->kept++;
        return;
    }
    askers->keys = xreallocarray(askers->keys, askers->count + 1, sizeof(*askers->keys));
    askers->keys[askers->count++] = xstrdup(key);
}

void questions_forget_askers(struct questions *questions, int64_t now_ms)
{
    int days = questions->options.retention_days ? questions->options.retention_days : 30;
    struct askers askers = {.before_ms = days < 0 ? INT64_MIN : now_ms - (int64_t)days * 86400 * 1000};
    if (!questions->options.journal)
        return;
    journal_each_state(questions->options.journal, QUESTION_ASKER_KEY, add_old, &askers);
    for (size_t i = 0; i < askers.count; i++) {
        journal_set_state(questions->options.journal, askers.keys[i], NULL);
        free(askers.keys[i]);
    }
    free(askers.keys);
    questions->asker_count = askers.kept;
}

void questions_update_fairness(struct questions *questions)
{
    for (size_t i = 0; i < questions->count; i++) {
        struct question *question = questions->slots[i].question;
        question->fairness = heard_fairness(questions->options.heard, question);
    }
}

void questions_write_fairness(const struct questions *questions, struct buffer *out)
{
    const char *before = "{";
    for (size_t i = 0; i < questions->count; i++) {
        const struct question *question = questions->slots[i].question;
        if (question->state != QUESTION_NEW && question->state != QUESTION_READY)
            continue;
        buffer_printf(out, "%s\"%" PRIu64 "\":%d", before, question->id, question->fairness);
        before = ",";
    }
    buffer_add_string(out, *before == '{' ? "{}" : "}");
}

void question_write_signs(const struct question *question, struct buffer *out)
{
    if (*question->code)
        buffer_printf(out, ",\"code\":\"%s\"", question->code);
    buffer_printf(out, ",\"votes\":%" PRIu64 ",\"upvotes\":%" PRIu64 ",\"fairness\":%d,\"is_first_time\":%s", question->count + question->votes,
                  question->votes, question->fairness, question->is_first_time ? "true" : "false");
    if (question->score == 0)
        return;
    buffer_printf(out, ",\"score\":%d,\"reasons\":", question->score);
    question_reasons_write(question->reasons, out);
}

void question_read_signs(struct question *question, const json_t *object)
{
    const json_t *reasons = json_object_get(object, "reasons");
    const char *code = json_get_text(object, "code");
    snprintf(question->code, sizeof(question->code), "%s", code && strlen(code) < sizeof(question->code) ? code : "");
    question->is_first_time = json_get_bool(object, "is_first_time", false);
    question->score = (int)json_get_int(object, "score", 0);
    for (size_t i = 0; i < json_array_size(reasons); i++)
        question->reasons |= question_reason_from_name(json_string_value(json_array_get(reasons, i)));
}
