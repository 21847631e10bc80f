#include "relay/journal_row.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/journal.h"

uint64_t row_hash(const struct hash_key *hash_key, char kind, struct str platform, struct str key)
{
    char small[256];
    size_t len = 2 + platform.len + key.len;
    char *bytes = len <= sizeof(small) ? small : xmalloc(len);
    bytes[0] = kind;
    if (platform.len > 0)
        memcpy(bytes + 1, platform.data, platform.len);
    bytes[1 + platform.len] = '\0';
    if (key.len > 0)
        memcpy(bytes + 2 + platform.len, key.data, key.len);
    uint64_t hash = hash_bytes(hash_key, bytes, len);
    if (bytes != small)
        free(bytes);
    return hash;
}

static uint64_t hash_or_none(const struct hash_key *hash_key, char kind, struct str platform, struct str key)
{
    return key.len > 0 ? row_hash(hash_key, kind, platform, key) : 0;
}

struct row_numbers row_numbers(const struct hash_key *hash_key, const struct message *message)
{
    const struct message_draft *is = &message->is;
    // An edit holds a text of the message that it changes: it must be found, and go, with that one.
    struct str native = is->kind == MESSAGE_EDIT ? is->target.native_id : is->native_id;
    return (struct row_numbers){
        .who = hash_or_none(hash_key, ROW_KEY_AUTHOR, is->platform, is->author.id),
        .what = hash_or_none(hash_key, ROW_KEY_NATIVE, is->platform, native),
        .quoted = hash_or_none(hash_key, ROW_KEY_NATIVE, is->platform, is->reply_to.native_id),
    };
}

size_t row_seen(const struct message *message, struct row_seen seen[2])
{
    const struct message_draft *is = &message->is;
    size_t count = 0;
    if (is->event_key.len > 0)
        seen[count++] = (struct row_seen){JOURNAL_KEY_EVENT, is->event_key};
    if (is->kind == MESSAGE_DELETE && is->target.native_id.len > 0)
        seen[count++] = (struct row_seen){JOURNAL_KEY_DELETED, is->target.native_id};
    return count;
}

static void bind_number(sqlite3_stmt *statement, int column, uint64_t number)
{
    if (number) {
        sqlite3_bind_int64(statement, column, (int64_t)number);
    } else {
        sqlite3_bind_null(statement, column);
    }
}

void row_bind(sqlite3_stmt *insert, const struct hash_key *hash_key, const struct message *message, bool is_erased,
              struct buffer *text)
{
    const struct message_draft *is = &message->is;
    struct row_numbers numbers = row_numbers(hash_key, message);
    buffer_clear(text);
    if (is_erased) {
        row_write_erased(message, text);
    } else {
        message_write_json(message, text);
    }
    sqlite3_bind_int64(insert, 1, (int64_t)message->id);
    sqlite3_bind_int64(insert, 2, message->received_ms);
    sqlite3_bind_int(insert, 3, (int)is->kind);
    sqlite3_bind_int(insert, 4, is_erased);
    bind_number(insert, 5, numbers.who);
    bind_number(insert, 6, numbers.what);
    bind_number(insert, 7, is_erased ? 0 : numbers.quoted);
    if (is->event_key.len > 0 && !str_equal(is->event_key, is->native_id)) {
        sqlite3_bind_text(insert, 8, is->event_key.data, (int)is->event_key.len, SQLITE_STATIC);
    } else {
        sqlite3_bind_null(insert, 8);
    }
    sqlite3_bind_text(insert, 9, text->data, (int)text->len, SQLITE_STATIC);
}

/* ---- Erasing ---- */

static void mark_erased(struct buffer *out)
{
    out->len--;  // the closing brace
    buffer_add_string(out, ",\"erased\":true}");
}

void row_write_erased(const struct message *message, struct buffer *out)
{
    const struct message_draft *is = &message->is;
    struct message *bare = message_create(&(struct message_draft){
        .kind = is->kind,
        .platform = is->platform,
        .source = is->source,
        .native_id = is->native_id,
        .time_ms = is->time_ms,
        .is_history = is->is_history,
    });
    message_stamp(bare, message->id, message->received_ms);
    message_write_json(bare, out);
    message_unref(bare);
    mark_erased(out);
}

static void fill(struct buffer *out, size_t len)
{
    if (out->len < len) {
        size_t more = len - out->len;
        memset(buffer_reserve(out, more), ' ', more);
        out->len = len;
    }
}

void row_erase_json(struct str json, struct buffer *out)
{
    buffer_clear(out);
    struct message *message = row_to_message(json, NULL);
    if (message) {
        row_write_erased(message, out);
    } else {
        buffer_add_string(out, "{\"erased\":true}");
    }
    message_unref(message);
    fill(out, json.len);
}

bool row_erase_quote(struct str json, struct buffer *out)
{
    struct message *message = row_to_message(json, NULL);
    if (!message)
        return false;
    struct message_draft draft = message->is;
    draft.reply_to.author = draft.reply_to.text = (struct str){0};
    struct message *without = message_create(&draft);
    message_stamp(without, message->id, message->received_ms);
    buffer_clear(out);
    message_write_json(without, out);
    fill(out, json.len);
    message_unref(without);
    message_unref(message);
    return true;
}

struct message *row_to_message(struct str json, struct error *err)
{
    json_t *object = json_parse(json.data, json.len, err);
    struct message *message = object ? message_from_json(object, err) : NULL;
    if (message && message->id == 0)
        message_stamp(message, (uint64_t)json_get_int(object, "id", 0), json_get_int(object, "received_ms", 0));
    json_decref(object);
    return message;
}
