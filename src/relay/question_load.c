/* Reading the journal's form of the questions back. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/journal.h"
#include "relay/question_store.h"
#include "relay/questions_private.h"
#include "relay/upvotes.h"

static char *copy_text(const json_t *object, const char *key)
{
    const char *text = json_get_text(object, key);
    return xstrdup(text ? text : "");
}

static uint32_t read_roles(const json_t *list)
{
    uint32_t roles = 0;
    size_t i;
    json_t *role;
    json_array_foreach((json_t *)(uintptr_t)list, i, role) {
        for (int bit = 0; bit < 32; bit++) {
            const char *name = message_role_name(UINT32_C(1) << bit);
            if (name && json_is_string(role) && strcmp(name, json_string_value(role)) == 0)
                roles |= UINT32_C(1) << bit;
        }
    }
    return roles;
}

/* With both or neither: emotes mean nothing without the text that they stand in. */
static void read_rich(const json_t *object, struct question_ask *ask)
{
    const json_t *emotes = json_object_get(object, "emotes");
    bool is_rich = json_get_text(object, "rich") && json_is_array(emotes);
    ask->rich = is_rich ? copy_text(object, "rich") : xstrdup("");
    ask->emotes = is_rich ? json_dumps(emotes, JSON_COMPACT) : xstrdup("");
}

static struct question_ask read_ask(const json_t *object)
{
    const json_t *author = json_object_get(object, "author");
    struct question_ask ask = {
        .message = (uint64_t)json_get_int(object, "message", 0),
        .from = (uint64_t)json_get_int(object, "from", 0),
        .asked_ms = json_get_int(object, "asked_ms", 0),
        .platform = copy_text(object, "platform"),
        .source = copy_text(object, "source"),
        .native_id = copy_text(object, "native_id"),
        .author_id = copy_text(author, "id"),
        .author_name = copy_text(author, "name"),
        .author_color = copy_text(author, "color"),
        .author_avatar = copy_text(author, "avatar"),
        .author_roles = read_roles(json_object_get(author, "roles")),
        .text = copy_text(object, "text"),
    };
    read_rich(object, &ask);
    return ask;
}

/* One from before there were actions is told by what it holds. */
static enum question_action read_action(const json_t *object)
{
    enum question_action action = question_action_from_name(json_get_text(object, "action"));
    if (action != QUESTION_ACTION_NONE)
        return action;
    return json_get_text(object, "text") ? QUESTION_ACTION_EDIT : QUESTION_ACTION_READY;
}

static struct question_change read_change(const json_t *object)
{
    return (struct question_change){
        .number = (uint64_t)json_get_int(object, "number", 0),
        .step = (uint64_t)json_get_int(object, "step", 0),
        .action = read_action(object),
        .at_ms = json_get_int(object, "at_ms", 0),
        .by = copy_text(object, "by"),
        .other = (uint64_t)json_get_int(object, "other", 0),
        .is_undone = json_get_bool(object, "is_undone", false),
        .can_undo = json_get_bool(object, "can_undo", false),
        .state = question_state_from_name(json_get_text(object, "state")),
        .rank = json_get_int(object, "rank", 0),
        .aired_ms = json_get_int(object, "aired_ms", 0),
        .is_marked = json_get_bool(object, "is_marked", false),
        .is_pinned = json_get_bool(object, "is_pinned", false),
        .text = xstrdup(json_get_text(object, "text")),
        .position = (size_t)json_get_int(object, "position", 0),
    };
}

static void read_texts(struct question *question, const json_t *object)
{
    const json_t *claim = json_object_get(object, "claim");
    question->text = copy_text(object, "text");
    question->text_original = copy_text(object, "text_original");
    question->language = copy_text(object, "language");
    question->note = copy_text(object, "note");
    question->changed_by = copy_text(object, "changed_by");
    question->claimed_by = copy_text(claim, "by");
    question->claimed_until_ms = json_get_int(claim, "until_ms", 0);
}

static void read_figures(struct question *question, const json_t *object)
{
    question->id = (uint64_t)json_get_int(object, "id", 0);
    question->state = question_state_from_name(json_get_text(object, "state"));
    question->count = (uint64_t)json_get_int(object, "count", 0);
    question->is_marked = json_get_bool(object, "is_marked", false);
    question->is_candidate = json_get_bool(object, "is_candidate", false);
    question->is_pinned = json_get_bool(object, "is_pinned", false);
    question->asked_ms = json_get_int(object, "asked_ms", 0);
    question->changed_ms = json_get_int(object, "changed_ms", 0);
    question->aired_ms = json_get_int(object, "aired_ms", 0);
    question->show_ms = json_get_int(object, "show_ms", 0);
    question_read_signs(question, object);
    question->rank = json_get_int(object, "rank", json_get_int(object, "ready_ms", 0));
    question->change_number = (uint64_t)json_get_int(object, "change_number", 0);
    question->merged_into = (uint64_t)json_get_int(object, "merged_into", 0);
}

static void read_lists(struct question *question, const json_t *object)
{
    const json_t *asks = json_object_get(object, "asks"), *changes = json_object_get(object, "changes");
    const json_t *airings = json_object_get(object, "airings");
    size_t ask_count = json_array_size(asks), change_count = json_array_size(changes);
    size_t airing_count = json_array_size(airings);
    question->asks = xcalloc(ask_count ? ask_count : 1, sizeof(*question->asks));
    question->changes = xcalloc(change_count ? change_count : 1, sizeof(*question->changes));
    question->airings = xcalloc(airing_count ? airing_count : 1, sizeof(*question->airings));
    for (; question->ask_count < ask_count; question->ask_count++)
        question->asks[question->ask_count] = read_ask(json_array_get(asks, question->ask_count));
    for (; question->change_count < change_count; question->change_count++)
        question->changes[question->change_count] = read_change(json_array_get(changes, question->change_count));
    for (; question->airing_count < airing_count; question->airing_count++) {
        const json_t *pair = json_array_get(airings, question->airing_count);
        question->airings[question->airing_count] = (struct question_airing){
            json_integer_value(json_array_get(pair, 0)), json_integer_value(json_array_get(pair, 1))};
    }
}

static void read_platforms(struct question *question, const json_t *object)
{
    const char *name;
    json_t *pair;
    json_object_foreach(json_object_get(object, "more"), name, pair)
        question_count_more(question, name, json_integer_value(json_array_get(pair, 0)),
                            json_integer_value(json_array_get(pair, 1)));
    uint64_t count = question->count;
    question_recount(question);
    if (question->count >= count || question->ask_count == 0 || json_object_get(object, "platforms"))
        return;
    // A file from before platforms were counted: most will have been where the first was.
    question_count_more(question, question->asks[0].platform, (int64_t)(count - question->count), 0);
    question_recount(question);
}

static struct question *read_question(const json_t *object)
{
    struct question *question = xcalloc(1, sizeof(*question));
    read_texts(question, object);
    read_figures(question, object);
    read_lists(question, object);
    read_platforms(question, object);
    return question;
}

/* Into the list, or beside it. */
static void place(struct questions *questions, struct question *question, bool is_past)
{
    if (question->id > questions->last_id)
        questions->last_id = question->id;
    for (size_t i = 0; i < question->change_count; i++) {
        if (question->changes[i].step > questions->step)
            questions->step = question->changes[i].step;
    }
    question->is_carried = question->show_ms != 0 && question->show_ms < questions_show_ms(questions);
    if (is_past) {
        question_set_add(&questions->past, question);
    } else if (question->merged_into) {
        question_set_add(&questions->merged, question);
        questions_group(questions, question);
    } else {
        questions_insert(questions, question);
    }
}

static void load_one(void *data, const char *key, const char *text)
{
    struct questions *questions = data;
    struct error err;
    json_t *object = json_parse(text, strlen(text), &err);
    if (json_get_int(object, "id", 0) <= 0) {
        log_warn("relay/questions", "%s in the journal is damaged and left out", key);
    } else {
        place(questions, read_question(object), json_get_bool(object, "is_past", false));
    }
    json_decref(object);
}

/* A file from before both were written at once may hold two. */
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
    if (!journal) {
        questions_load_shows(questions);
        return true;
    }
    questions_load_shows(questions);
    journal_each_state(journal, QUESTION_KEY, load_one, questions);
    keep_one_on_air(questions);
    questions_load_upvotes(questions);
    questions_forget_askers(questions, clock_unix_ms());
    questions_update_fairness(questions);
    const char *reserved = journal_state(journal, QUESTION_LAST_ID_KEY);
    uint64_t last = reserved ? strtoull(reserved, NULL, 10) : 0;
    if (last > questions->last_id)
        questions->last_id = last;  // the rest of the block may have been given to questions that were removed
    questions->reserved_id = questions->last_id;
    return true;
}
