/* What is to be erased, as it stands in line and as the state that survives kill -9. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "relay/edited.h"
#include "relay/journal_inside.h"

struct erasure *erasure_create(const struct journal_erasure *what, const uint64_t *ids, size_t id_count)
{
    struct erasure *erasure = xcalloc(1, sizeof(*erasure));
    list_init(&erasure->link);
    erasure->references = 1;
    erasure->platform = xstrdup(what->platform);
    erasure->source = xstrdup(what->source);
    erasure->native_id = xstrdup(what->native_id);
    erasure->author_id = xstrdup(what->author_id);
    erasure->up_to = what->up_to;
    erasure->with_name = what->with_name;
    erasure->asked_ms = clock_monotonic_ms();
    erasure->id_count = id_count;
    erasure->ids = xmalloc(id_count * sizeof(*ids));
    if (id_count > 0)
        memcpy(erasure->ids, ids, id_count * sizeof(*ids));
    return erasure;
}

struct erasure *erasure_ref(struct erasure *erasure)
{
    erasure->references++;
    return erasure;
}

void erasure_unref(struct erasure *erasure)
{
    if (!erasure || --erasure->references > 0)
        return;
    free(erasure->platform);
    free(erasure->source);
    free(erasure->native_id);
    free(erasure->author_id);
    free(erasure->ids);
    message_unref(erasure->edit);
    message_unref(erasure->loaded);
    message_unref(erasure->changed);
    free(erasure);
}

static bool is_given(const struct erasure *erasure, uint64_t id)
{
    for (size_t i = 0; i < erasure->id_count; i++) {
        if (erasure->ids[i] == id)
            return true;
    }
    return false;
}

bool erasure_means(const struct erasure *erasure, const struct message *message)
{
    const struct message_draft *is = &message->is;
    if (erasure->edit_id)
        return false;
    if (message->id > erasure->up_to || (!erasure->native_id && !erasure->author_id) ||
        !str_equal(is->platform, str_from(erasure->platform)) ||
        (erasure->source && !str_equal(is->source, str_from(erasure->source))))
        return is_given(erasure, message->id);
    if (erasure->author_id)
        return str_equal(is->author.id, str_from(erasure->author_id));
    struct str native = is->kind == MESSAGE_EDIT ? is->target.native_id : is->native_id;
    return str_equal(native, str_from(erasure->native_id));
}

bool erasure_edits(const struct erasure *erasure, const struct message *message)
{
    const struct message_draft *is = &message->is;
    return erasure->edit_id && message->id <= erasure->up_to && is->kind != MESSAGE_EDIT &&
           str_equal(is->platform, str_from(erasure->platform)) && str_equal(is->native_id, str_from(erasure->native_id));
}

/* ---- Until they are done ---- */

void journal_remember_erasure(struct journal *journal, struct erasure *erasure)
{
    if (journal->fresh_count == journal->fresh_capacity) {
        journal->fresh_capacity = journal->fresh_capacity ? journal->fresh_capacity * 2 : 16;
        journal->fresh = xreallocarray(journal->fresh, journal->fresh_capacity, sizeof(*journal->fresh));
    }
    journal->fresh[journal->fresh_count++] = erasure_ref(erasure);
}

void journal_forget_erasures(struct journal *journal)
{
    uint64_t oldest = journal_oldest_request(journal);
    size_t kept = 0;
    for (size_t i = 0; i < journal->fresh_count; i++) {
        struct erasure *erasure = journal->fresh[i];
        if (erasure->is_done && erasure->last_request < oldest) {
            erasure_unref(erasure);
        } else {
            journal->fresh[kept++] = erasure;
        }
    }
    journal->fresh_count = kept;
}

static bool quotes(const struct message *message, const struct erasure *erasure)
{
    struct str quoted = message->is.reply_to.native_id;
    return !erasure->edit_id && erasure->native_id && quoted.len > 0 && message->is.reply_to.text.len > 0 &&
           str_equal(quoted, str_from(erasure->native_id)) &&
           str_equal(message->is.platform, str_from(erasure->platform));
}

static struct message *without_quote(const struct message *message)
{
    struct message_draft draft = message->is;
    draft.reply_to.author = draft.reply_to.text = (struct str){0};
    struct message *without = message_create(&draft);
    message_stamp(without, message->id, message->received_ms);
    return without;
}

bool journal_is_erasing(const struct journal *journal, const struct message *message)
{
    for (size_t i = 0; i < journal->fresh_count; i++) {
        if (erasure_means(journal->fresh[i], message))
            return true;
    }
    return false;
}

struct message *journal_recall(const struct journal *journal, struct message *message)
{
    bool has_quote = false;
    const struct erasure *edit = NULL;
    for (size_t i = 0; i < journal->fresh_count; i++) {
        const struct erasure *erasure = journal->fresh[i];
        if (erasure_means(erasure, message))
            return NULL;
        has_quote |= quotes(message, erasure);
        if (erasure_edits(erasure, message))
            edit = erasure;
    }
    if (edit && !edit->edit)
        return NULL;  // its new text is about to be read: the old one is not shown any more
    struct message *now = edit ? message_edited(message, edit->edit) : message_ref(message);
    if (!has_quote)
        return now;
    struct message *without = without_quote(now);
    message_unref(now);
    return without;
}

/* ---- Its state ---- */

char *erasure_write(const struct erasure *erasure)
{
    json_t *ids = json_array();
    for (size_t i = 0; i < erasure->id_count; i++)
        json_array_append_new(ids, json_integer((json_int_t)erasure->ids[i]));
    json_t *object = json_pack("{s:s, s:s*, s:s*, s:s*, s:I, s:I, s:b, s:o}", "platform", erasure->platform,
                               "source", erasure->source, "native_id", erasure->native_id,
                               "author_id", erasure->author_id, "up_to", (json_int_t)erasure->up_to, "edit", (json_int_t)erasure->edit_id,
                               "with_name", (int)erasure->with_name, "ids", ids);
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

struct erasure *erasure_read(const char *text)
{
    json_t *object = json_parse(text, strlen(text), NULL);
    const char *platform = json_get_text(object, "platform");
    if (!platform) {
        json_decref(object);
        return NULL;
    }
    const json_t *list = json_object_get(object, "ids");
    size_t count = json_array_size(list);
    uint64_t *ids = xcalloc(count, sizeof(*ids));
    for (size_t i = 0; i < count; i++)
        ids[i] = (uint64_t)json_integer_value(json_array_get(list, i));
    const struct journal_erasure what = {
        .platform = platform,
        .source = json_get_text(object, "source"),
        .native_id = json_get_text(object, "native_id"),
        .author_id = json_get_text(object, "author_id"),
        .up_to = (uint64_t)json_get_int(object, "up_to", 0),
        .with_name = json_get_bool(object, "with_name", false),
    };
    struct erasure *erasure = erasure_create(&what, ids, count);
    erasure->edit_id = (uint64_t)json_get_int(object, "edit", 0);
    free(ids);
    json_decref(object);
    return erasure;
}
