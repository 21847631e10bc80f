/* The API's form of a question, its changes and the shows. */
#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/question_json.h"
#include "relay/questions_private.h"

static const char *const state_names[] = {
    [QUESTION_NEW] = "new",           [QUESTION_READY] = "ready",         [QUESTION_ON_AIR] = "on_air",
    [QUESTION_ANSWERED] = "answered", [QUESTION_DISMISSED] = "dismissed",
};

const char *question_state_name(enum question_state state)
{
    return state_names[state];
}

enum question_state question_state_from_name(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_LENGTH(state_names); i++) {
        if (strcmp(state_names[i], name) == 0)
            return (enum question_state)i;
    }
    return QUESTION_NEW;
}

void question_add_text(struct buffer *out, const char *key, const char *text)
{
    buffer_printf(out, ",\"%s\":", key);
    buffer_add_json(out, text, strlen(text));
}

void question_add_int(struct buffer *out, const char *key, int64_t value)
{
    buffer_printf(out, ",\"%s\":%" PRId64, key, value);
}

void question_add_bool(struct buffer *out, const char *key, bool value)
{
    buffer_printf(out, ",\"%s\":%s", key, value ? "true" : "false");
}

void question_add_portrait(struct buffer *out, const struct question_ask *ask)
{
    if (*ask->author_avatar)
        question_add_text(out, "avatar", ask->author_avatar);
    const char *before = ",\"roles\":[";
    for (int bit = 0; bit < 32; bit++) {
        const char *name = ask->author_roles & UINT32_C(1) << bit ? message_role_name(UINT32_C(1) << bit) : NULL;
        if (!name)
            continue;
        buffer_printf(out, "%s\"%s\"", before, name);
        before = ",";
    }
    if (*before == ',' && before[1] == '\0')
        buffer_add_char(out, ']');
}

static void add_author(struct buffer *out, const struct question_ask *ask)
{
    buffer_add_string(out, ",\"author\":{\"id\":");
    buffer_add_json(out, ask->author_id, strlen(ask->author_id));
    question_add_text(out, "name", ask->author_name);
    if (*ask->author_color)
        question_add_text(out, "color", ask->author_color);
    question_add_portrait(out, ask);
    buffer_add_char(out, '}');
}

void question_add_origin(struct buffer *out, const struct question_ask *ask)
{
    buffer_printf(out, ",\"message\":%" PRIu64, ask->message);
    question_add_text(out, "platform", ask->platform);
    question_add_text(out, "source", ask->source);
    add_author(out, ask);
}

static void add_platforms(struct buffer *out, const struct question *question)
{
    buffer_add_string(out, ",\"platforms\":{");
    for (size_t i = 0; i < question->platform_count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        buffer_add_json(out, question->platforms[i].name, strlen(question->platforms[i].name));
        buffer_printf(out, ":%" PRIu64, question->platforms[i].count);
    }
    buffer_add_char(out, '}');
}

static void add_airings(struct buffer *out, const struct question *question)
{
    buffer_add_string(out, ",\"airings\":[");
    for (size_t i = 0; i < question->airing_count; i++) {
        buffer_printf(out, "%s[%" PRId64 ",", i ? "," : "", question->airings[i].in_ms);
        if (question->airings[i].out_ms != 0) {
            buffer_printf(out, "%" PRId64 "]", question->airings[i].out_ms);
        } else {
            buffer_add_string(out, "null]");
        }
    }
    buffer_add_char(out, ']');
}

/* What the journal keeps as well. */
void question_add_common(struct buffer *out, const struct question *question)
{
    buffer_printf(out, "{\"id\":%" PRIu64 ",\"state\":\"%s\"", question->id, state_names[question->state]);
    question_add_text(out, "text", question->text);
    question_add_text(out, "text_original", question->text_original);
    if (*question->language)
        question_add_text(out, "language", question->language);
    if (*question->note)
        question_add_text(out, "note", question->note);
    buffer_printf(out, ",\"count\":%" PRIu64 ",\"people\":%" PRIu64, question->count, question->count);
    question_add_bool(out, "is_marked", question->is_marked);
    question_add_bool(out, "is_candidate", question->is_candidate);
    question_add_bool(out, "is_pinned", question->is_pinned);
    question_add_int(out, "asked_ms", question->asked_ms);
    question_add_int(out, "changed_ms", question->changed_ms);
    question_add_int(out, "show_ms", question->show_ms);
    if (question->aired_ms)
        question_add_int(out, "aired_ms", question->aired_ms);
    question_add_text(out, "changed_by", question->changed_by);
    question_write_signs(question, out);
    add_platforms(out, question);
    add_airings(out, question);
    if (question_is_claimed(question)) {
        buffer_add_string(out, ",\"claim\":{\"by\":");
        buffer_add_json(out, question->claimed_by, strlen(question->claimed_by));
        question_add_int(out, "until_ms", question->claimed_until_ms);
        buffer_add_char(out, '}');
    }
}

static void add_undo(struct buffer *out, const struct question *question)
{
    const struct question_change *last = question_last_undoable(question);
    question_add_bool(out, "can_undo", last != NULL);
    if (!last)
        return;
    buffer_printf(out, ",\"undo\":{\"change\":%" PRIu64, last->number);
    question_add_text(out, "action", question_action_name(last->action));
    question_add_text(out, "by", last->by);
    buffer_add_char(out, '}');
}

void question_write_json(const struct question *question, struct buffer *out)
{
    question_add_common(out, question);
    if (question->ask_count > 0)
        question_add_origin(out, &question->asks[0]);
    buffer_add_string(out, ",\"messages\":[");
    for (size_t i = 0; i < question->ask_count; i++)
        buffer_printf(out, "%s%" PRIu64, i ? "," : "", question->asks[i].message);
    buffer_add_char(out, ']');
    if (question->state == QUESTION_READY)
        question_add_int(out, "order", question->rank);
    question_add_bool(out, "is_carried", question->is_carried);
    add_undo(out, question);
    buffer_add_char(out, '}');
}

static void add_change(struct buffer *out, const struct question_change *change)
{
    buffer_printf(out, "{\"change\":%" PRIu64 ",\"action\":\"%s\",\"at_ms\":%" PRId64, change->number,
                  question_action_name(change->action), change->at_ms);
    question_add_text(out, "by", change->by);
    question_add_text(out, "state", state_names[change->state]);
    if (change->other)
        question_add_int(out, change->action == QUESTION_ACTION_UNDO ? "undid" : "other", (int64_t)change->other);
    if (change->text)
        question_add_text(out, "text", change->text);
    question_add_bool(out, "is_undone", change->is_undone);
    buffer_add_char(out, '}');
}

void question_write_history(const struct question *question, struct buffer *out)
{
    buffer_add_char(out, '[');
    for (size_t i = 0; i < question->change_count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        add_change(out, &question->changes[i]);
    }
    buffer_add_char(out, ']');
}

void question_write_asks(const struct question *question, struct buffer *out)
{
    buffer_add_char(out, '[');
    for (size_t i = 0; i < question->ask_count; i++) {
        const struct question_ask *ask = &question->asks[i];
        buffer_printf(out, "%s{\"asked_ms\":%" PRId64, i ? "," : "", ask->asked_ms);
        question_add_origin(out, ask);
        question_add_text(out, "text", ask->text);
        buffer_add_char(out, '}');
    }
    buffer_add_char(out, ']');
}
