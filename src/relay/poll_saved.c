/* Polls that are kept for another day: "saved_poll:ID" in the journal's state. */
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
#include "relay/polls_private.h"

#define SAVED_PREFIX "saved_poll:"

static json_t *json_text(struct str text)
{
    return json_stringn(text.data ? text.data : "", text.len);
}

static json_t *json_texts(const struct str *texts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_text(texts[i]));
    return list;
}

static void set_text(json_t *object, const char *key, struct str text)
{
    if (text.len > 0)
        json_object_set_new(object, key, json_text(text));
}

static json_t *describe(const struct poll_draft *draft)
{
    json_t *object = json_object();
    set_text(object, "question", draft->question);
    json_object_set_new(object, "options", json_texts(draft->options, draft->option_count));
    set_text(object, "question2", draft->question2);
    if (draft->option2_count > 0)
        json_object_set_new(object, "options2", json_texts(draft->options2, draft->option2_count));
    set_text(object, "language", draft->language);
    set_text(object, "language2", draft->language2);
    if (draft->seconds > 0)
        json_object_set_new(object, "seconds", json_integer(draft->seconds));
    if (draft->first_counts)
        json_object_set_new(object, "mode", json_string("first"));
    if (draft->is_hidden) {
        json_t *hidden = json_object();
        if (draft->hidden_view_count > 0)
            json_object_set_new(hidden, "views", json_texts(draft->hidden_views, draft->hidden_view_count));
        json_object_set_new(object, "hidden", hidden);
    }
    return object;
}

static void tell(const struct polls *polls)
{
    if (polls->options.saved_changed)
        polls->options.saved_changed(polls->options.data);
}

static void set_state(const struct polls *polls, uint64_t id, const json_t *draft)
{
    char key[40], *text = draft ? json_dumps(draft, JSON_COMPACT) : NULL;
    snprintf(key, sizeof(key), SAVED_PREFIX "%08" PRIu64, id);
    if (polls->options.journal)
        journal_set_state(polls->options.journal, key, text);
    free(text);
}

static void add(struct polls *polls, uint64_t id, json_t *draft)
{
    polls->saved = xreallocarray(polls->saved, polls->saved_count + 1, sizeof(*polls->saved));
    polls->saved[polls->saved_count++] = (struct saved_poll){id, draft};
    if (id > polls->last_saved)
        polls->last_saved = id;
}

uint64_t polls_save(struct polls *polls, const struct poll_draft *draft, struct error *err)
{
    if (!poll_draft_check(draft, err))
        return 0;
    if (polls->saved_count >= POLLS_SAVED_MAX) {
        error_set(err, ERROR_AGAIN, "%d polls are saved: forget one first", POLLS_SAVED_MAX);
        return 0;
    }
    uint64_t id = polls->last_saved + 1;
    add(polls, id, describe(draft));
    set_state(polls, id, polls->saved[polls->saved_count - 1].draft);
    tell(polls);
    return id;
}

static size_t find(const struct polls *polls, uint64_t id, struct error *err)
{
    for (size_t i = 0; i < polls->saved_count; i++) {
        if (polls->saved[i].id == id)
            return i;
    }
    error_set(err, ERROR_DATA, "there is no saved poll %" PRIu64, id);
    return SIZE_MAX;
}

bool polls_forget_saved(struct polls *polls, uint64_t id, struct error *err)
{
    size_t at = find(polls, id, err);
    if (at == SIZE_MAX)
        return false;
    set_state(polls, id, NULL);
    json_decref(polls->saved[at].draft);
    memmove(&polls->saved[at], &polls->saved[at + 1], (--polls->saved_count - at) * sizeof(*polls->saved));
    tell(polls);
    return true;
}

const json_t *polls_find_saved(const struct polls *polls, uint64_t id, struct error *err)
{
    size_t at = find(polls, id, err);
    return at == SIZE_MAX ? NULL : polls->saved[at].draft;
}

void polls_write_saved(const struct polls *polls, struct buffer *out)
{
    buffer_add_char(out, '[');
    for (size_t i = 0; i < polls->saved_count; i++) {
        char *text = json_dumps(polls->saved[i].draft, JSON_COMPACT);
        buffer_printf(out, "%s{\"id\":%" PRIu64 ",%s", i ? "," : "", polls->saved[i].id, text + 1);
        free(text);
    }
    buffer_add_char(out, ']');
}

static void load(void *data, const char *key, const char *text)
{
    struct poll_draft draft;
    struct error err = {0};
    json_t *object = json_parse(text, strlen(text), &err);
    uint64_t id = strtoull(key + strlen(SAVED_PREFIX), NULL, 10);
    if (id > 0 && object && poll_draft_read(object, &draft, &err) && poll_draft_check(&draft, &err)) {
        add(data, id, object);
        return;
    }
    log_warn("relay/polls", "%s in the journal is damaged and left out", key);
    json_decref(object);
}

void polls_load_saved(struct polls *polls)
{
    journal_each_state(polls->options.journal, SAVED_PREFIX, load, polls);
}
