/* The journal's form of a question, which holds more than the API's, and the API's form. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "relay/journal.h"
#include "relay/questions_private.h"

#define PREFIX "question:"
#define LAST_ID "questions:last_id"

enum { ID_BLOCK = 100 };  // ids are reserved in blocks: removed questions' numbers never come again

static const char *const state_names[] = {
    [QUESTION_NEW] = "new",           [QUESTION_READY] = "ready",         [QUESTION_ON_AIR] = "on_air",
    [QUESTION_ANSWERED] = "answered", [QUESTION_DISMISSED] = "dismissed",
};

const char *question_state_name(enum question_state state)
{
    return state_names[state];
}

static enum question_state state_from_name(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_LENGTH(state_names); i++) {
        if (strcmp(state_names[i], name) == 0)
            return (enum question_state)i;
    }
    return QUESTION_NEW;
}

uint64_t questions_new_id(struct questions *questions)
{
    if (questions->last_id >= questions->reserved_id) {
        questions->reserved_id = questions->last_id + ID_BLOCK;
        if (questions->options.journal) {
            char text[24];
            snprintf(text, sizeof(text), "%" PRIu64, questions->reserved_id);
            journal_set_state(questions->options.journal, LAST_ID, text);
        }
    }
    return ++questions->last_id;
}

/* --- Writing --- */

static void add_text(struct buffer *out, const char *key, const char *text)
{
    buffer_printf(out, ",\"%s\":", key);
    buffer_add_json(out, text, strlen(text));
}

static void add_int(struct buffer *out, const char *key, int64_t value)
{
    buffer_printf(out, ",\"%s\":%" PRId64, key, value);
}

static void add_author(struct buffer *out, const struct question_ask *ask)
{
    buffer_add_string(out, ",\"author\":{\"id\":");
    buffer_add_json(out, ask->author_id, strlen(ask->author_id));
    add_text(out, "name", ask->author_name);
    if (*ask->author_color)
        add_text(out, "color", ask->author_color);
    buffer_add_char(out, '}');
}

static void add_origin(struct buffer *out, const struct question_ask *ask)
{
    buffer_printf(out, ",\"message\":%" PRIu64, ask->message);
    add_text(out, "platform", ask->platform);
    add_text(out, "source", ask->source);
    add_author(out, ask);
}

static void add_common(struct buffer *out, const struct question *question)
{
    buffer_printf(out, "{\"id\":%" PRIu64 ",\"state\":\"%s\"", question->id, state_names[question->state]);
    add_text(out, "text", question->text);
    add_text(out, "text_original", question->text_original);
    if (*question->language)
        add_text(out, "language", question->language);
    buffer_printf(out, ",\"count\":%" PRIu64 ",\"is_marked\":%s,\"is_candidate\":%s", question->count,
                  question->is_marked ? "true" : "false", question->is_candidate ? "true" : "false");
    add_int(out, "asked_ms", question->asked_ms);
    add_int(out, "changed_ms", question->changed_ms);
    if (question->aired_ms)
        add_int(out, "aired_ms", question->aired_ms);
    add_text(out, "changed_by", question->changed_by);
}

void question_write_json(const struct question *question, struct buffer *out)
{
    add_common(out, question);
    if (question->ask_count > 0)
        add_origin(out, &question->asks[0]);
    buffer_add_string(out, ",\"messages\":[");
    for (size_t i = 0; i < question->ask_count; i++)
        buffer_printf(out, "%s%" PRIu64, i ? "," : "", question->asks[i].message);
    buffer_printf(out, "],\"can_undo\":%s}", question->change_count > 0 ? "true" : "false");
}

static void add_ask(struct buffer *out, const struct question_ask *ask)
{
    buffer_printf(out, "{\"asked_ms\":%" PRId64, ask->asked_ms);
    add_origin(out, ask);
    add_text(out, "native_id", ask->native_id);
    add_text(out, "text", ask->text);
    buffer_add_char(out, '}');
}

static void add_change(struct buffer *out, const struct question_change *change)
{
    buffer_printf(out, "{\"state\":\"%s\",\"is_marked\":%s,\"at_ms\":%" PRId64, state_names[change->state],
                  change->is_marked ? "true" : "false", change->at_ms);
    add_text(out, "by", change->by);
    if (change->text)
        add_text(out, "text", change->text);
    buffer_add_char(out, '}');
}

static char *state_key(char key[40], uint64_t id)
{
    snprintf(key, 40, PREFIX "%020" PRIu64, id);  // sorted by bytes is sorted by number
    return key;
}

void question_save(const struct questions *questions, const struct question *question)
{
    if (!questions->options.journal)
        return;
    struct buffer out = {0};
    add_common(&out, question);
    add_int(&out, "ready_ms", question->ready_ms);
    buffer_add_string(&out, ",\"asks\":[");
    for (size_t i = 0; i < question->ask_count; i++) {
        if (i > 0)
            buffer_add_char(&out, ',');
        add_ask(&out, &question->asks[i]);
    }
    buffer_add_string(&out, "],\"changes\":[");
    for (size_t i = 0; i < question->change_count; i++) {
        if (i > 0)
            buffer_add_char(&out, ',');
        add_change(&out, &question->changes[i]);
    }
    buffer_add_string(&out, "]}");
    char *text = buffer_take(&out), key[40];
    journal_set_state(questions->options.journal, state_key(key, question->id), text);
    free(text);
}

void question_forget(const struct questions *questions, uint64_t id)
{
    char key[40];
    if (questions->options.journal)
        journal_set_state(questions->options.journal, state_key(key, id), NULL);
}

/* --- Reading back --- */

static char *copy_text(const json_t *object, const char *key)
{
    const char *text = json_get_text(object, key);
    return xstrdup(text ? text : "");
}

static struct question_ask read_ask(const json_t *object)
{
    const json_t *author = json_object_get(object, "author");
    return (struct question_ask){
        .message = (uint64_t)json_get_int(object, "message", 0),
        .asked_ms = json_get_int(object, "asked_ms", 0),
        .platform = copy_text(object, "platform"),
        .source = copy_text(object, "source"),
        .native_id = copy_text(object, "native_id"),
        .author_id = copy_text(author, "id"),
        .author_name = copy_text(author, "name"),
        .author_color = copy_text(author, "color"),
        .text = copy_text(object, "text"),
    };
}

static struct question_change read_change(const json_t *object)
{
    return (struct question_change){
        .state = state_from_name(json_get_text(object, "state")),
        .text = xstrdup(json_get_text(object, "text")),
        .is_marked = json_get_bool(object, "is_marked", false),
        .at_ms = json_get_int(object, "at_ms", 0),
        .by = copy_text(object, "by"),
    };
}

static struct question *read_question(const json_t *object)
{
    struct question *question = xcalloc(1, sizeof(*question));
    question->id = (uint64_t)json_get_int(object, "id", 0);
    question->state = state_from_name(json_get_text(object, "state"));
    question->text = copy_text(object, "text");
    question->text_original = copy_text(object, "text_original");
    question->language = copy_text(object, "language");
    question->changed_by = copy_text(object, "changed_by");
    question->count = (uint64_t)json_get_int(object, "count", 0);
    question->is_marked = json_get_bool(object, "is_marked", false);
    question->is_candidate = json_get_bool(object, "is_candidate", false);
    question->asked_ms = json_get_int(object, "asked_ms", 0);
    question->changed_ms = json_get_int(object, "changed_ms", 0);
    question->aired_ms = json_get_int(object, "aired_ms", 0);
    question->ready_ms = json_get_int(object, "ready_ms", 0);
    const json_t *asks = json_object_get(object, "asks"), *changes = json_object_get(object, "changes");
    size_t ask_count = json_array_size(asks), change_count = json_array_size(changes);
    question->asks = xcalloc(ask_count ? ask_count : 1, sizeof(*question->asks));
    question->changes = xcalloc(change_count ? change_count : 1, sizeof(*question->changes));
    for (; question->ask_count < ask_count; question->ask_count++)
        question->asks[question->ask_count] = read_ask(json_array_get(asks, question->ask_count));
    for (; question->change_count < change_count; question->change_count++)
        question->changes[question->change_count] = read_change(json_array_get(changes, question->change_count));
    question_set_key(question);
    return question;
}

static void load_one(void *data, const char *key, const char *text)
{
    struct questions *questions = data;
    struct error err;
    json_t *object = json_parse(text, strlen(text), &err);
    if (json_get_int(object, "id", 0) <= 0) {
        log_warn("relay/questions", "%s in the journal is damaged and left out", key);
    } else {
        const struct question *question = questions_insert(questions, read_question(object));
        if (question->id > questions->last_id)
            questions->last_id = question->id;
    }
    json_decref(object);
}

/* A kill may have come between what took the place and what left it. */
static void keep_one_on_air(struct questions *questions)
{
    struct question *last = NULL;
    for (size_t i = 0; i < questions->count; i++) {
        struct question *question = questions->slots[i].question;
        if (question->state != QUESTION_ON_AIR)
            continue;
        struct question *gone = last && last->aired_ms > question->aired_ms ? question : last;
        last = gone == question ? last : question;
        if (gone) {
            gone->state = QUESTION_ANSWERED;
            question_save(questions, gone);
        }
    }
}

bool questions_load(struct questions *questions, struct error *err)
{
    const struct journal *journal = questions->options.journal;
    if (!journal)
        return true;
    journal_each_state(journal, PREFIX, load_one, questions);
    keep_one_on_air(questions);
    const char *reserved = journal_state(journal, LAST_ID);
    uint64_t last = reserved ? strtoull(reserved, NULL, 10) : 0;
    if (last > questions->last_id)
        questions->last_id = last;  // the rest of the block may have been given to questions that were removed
    questions->reserved_id = questions->last_id;
    return true;
}
