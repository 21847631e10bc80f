/* Writing the journal's form of a question, which holds more than the API's. question_load.c reads it back. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "relay/journal.h"
#include "relay/question_json.h"
#include "relay/question_store.h"
#include "relay/questions_private.h"

enum { ID_BLOCK = 100 };  // ids are reserved in blocks: removed questions' numbers never come again

uint64_t questions_new_id(struct questions *questions)
{
    if (questions->last_id >= questions->reserved_id) {
        questions->reserved_id = questions->last_id + ID_BLOCK;
        if (questions->options.journal) {
            char text[24];
            snprintf(text, sizeof(text), "%" PRIu64, questions->reserved_id);
            journal_set_state(questions->options.journal, QUESTION_LAST_ID_KEY, text);
        }
    }
    return ++questions->last_id;
}

static void add_ask(struct buffer *out, const struct question_ask *ask)
{
    buffer_printf(out, "{\"asked_ms\":%" PRId64, ask->asked_ms);
    question_add_origin(out, ask);
    question_add_text(out, "native_id", ask->native_id);
    question_add_text(out, "text", ask->text);
    if (*ask->rich) {
        question_add_text(out, "rich", ask->rich);
        buffer_printf(out, ",\"emotes\":%s", ask->emotes);
    }
    if (ask->from)
        question_add_int(out, "from", (int64_t)ask->from);
    buffer_add_char(out, '}');
}

static void add_change(struct buffer *out, const struct question_change *change)
{
    buffer_printf(out, "{\"number\":%" PRIu64 ",\"step\":%" PRIu64 ",\"action\":\"%s\",\"at_ms\":%" PRId64, change->number,
                  change->step, question_action_name(change->action), change->at_ms);
    question_add_text(out, "by", change->by);
    question_add_text(out, "state", question_state_name(change->state));
    question_add_int(out, "rank", change->rank);
    question_add_bool(out, "can_undo", change->can_undo);
    if (change->aired_ms)
        question_add_int(out, "aired_ms", change->aired_ms);
    if (change->is_undone)
        question_add_bool(out, "is_undone", true);
    if (change->is_marked)
        question_add_bool(out, "is_marked", true);
    if (change->is_pinned)
        question_add_bool(out, "is_pinned", true);
    if (change->other)
        question_add_int(out, "other", (int64_t)change->other);
    if (change->position)
        question_add_int(out, "position", (int64_t)change->position);
    if (change->text)
        question_add_text(out, "text", change->text);
    buffer_add_char(out, '}');
}

/* "more":{"twitch":[3,0]} */
static void add_more(struct buffer *out, const struct question *question)
{
    bool is_first = true;
    for (size_t i = 0; i < question->platform_count; i++) {
        const struct question_platform *platform = &question->platforms[i];
        if (platform->more + platform->spill == 0)
            continue;
        buffer_add_string(out, is_first ? ",\"more\":{" : ",");
        buffer_add_json(out, platform->name, strlen(platform->name));
        buffer_printf(out, ":[%" PRIu64 ",%" PRIu64 "]", platform->more, platform->spill);
        is_first = false;
    }
    if (!is_first)
        buffer_add_char(out, '}');
}

static void add_private(struct buffer *out, const struct questions *questions, const struct question *question)
{
    question_add_int(out, "rank", question->rank);
    question_add_int(out, "change_number", (int64_t)question->change_number);
    if (question->merged_into)
        question_add_int(out, "merged_into", (int64_t)question->merged_into);
    add_more(out, question);
    if (question_set_find(&questions->past, question->id))
        question_add_bool(out, "is_past", true);
}

static char *make_text(const struct questions *questions, const struct question *question)
{
    struct buffer out = {0};
    question_add_common(&out, question);
    add_private(&out, questions, question);
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
    return buffer_take(&out);
}

static char *make_key(uint64_t id)
{
    return xasprintf(QUESTION_KEY "%020" PRIu64, id);  // sorted by bytes is sorted by number
}

void question_save(const struct questions *questions, const struct question *question)
{
    questions_save_all(questions, &question->id, 1);
}

void question_forget(const struct questions *questions, uint64_t id)
{
    if (!questions->options.journal)
        return;
    char *key = make_key(id);
    journal_set_state(questions->options.journal, key, NULL);
    free(key);
}

static const struct question *find_anywhere(const struct questions *questions, uint64_t id)
{
    const struct question *question = questions_get(questions, id, NULL);
    if (!question)
        question = question_set_find(&questions->merged, id);
    return question ? question : question_set_find(&questions->past, id);
}

void questions_save_all(const struct questions *questions, const uint64_t *ids, size_t count)
{
    if (!questions->options.journal || count == 0)
        return;
    struct journal_entry *entries = xcalloc(count, sizeof(*entries));
    for (size_t i = 0; i < count; i++) {
        const struct question *question = find_anywhere(questions, ids[i]);
        entries[i] = (struct journal_entry){make_key(ids[i]), question ? make_text(questions, question) : NULL};
    }
    journal_set_states(questions->options.journal, entries, count);
    for (size_t i = 0; i < count; i++) {
        free((char *)entries[i].key);
        free((char *)entries[i].text);
    }
    free(entries);
}

void questions_save_shows(const struct questions *questions)
{
    if (!questions->options.journal)
        return;
    struct buffer out = {0};
    questions_write_shows(questions, &out);
    char *text = buffer_take(&out);
    journal_set_state(questions->options.journal, QUESTION_SHOWS_KEY, text);
    free(text);
}
