/* The door's own form: docs/message.md, and one acknowledgement for each message. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "connector/door_inside.h"

enum { ITEMS_MAX = 1000, ID_BYTES_MAX = 1024, PLATFORM_BYTES_MAX = 32, EMOTES_MAX = 1000, REF_BYTES_MAX = 256 };

static const char *const result_names[] = {"accepted", "duplicate", "refused"};
enum result { ACCEPTED, DUPLICATE, REFUSED };

/* ---- the acknowledgement ---- */

static void add_text(struct buffer *out, const char *key, const char *text, size_t len)
{
    buffer_printf(out, ",\"%s\":", key);
    buffer_add_json(out, text, len);
}

/* What the sender calls it: its own "ref" comes back as it was, if it is a text or a number. */
static void add_names(struct buffer *out, const json_t *item)
{
    const json_t *id = json_object_get(item, "native_id"), *ref = json_object_get(item, "ref");
    if (json_is_string(id) && json_string_length(id) > 0 && json_string_length(id) <= ID_BYTES_MAX)
        add_text(out, "native_id", json_string_value(id), json_string_length(id));
    if (json_is_string(ref) && json_string_length(ref) <= REF_BYTES_MAX) {
        add_text(out, "ref", json_string_value(ref), json_string_length(ref));
    } else if (json_is_integer(ref)) {
        buffer_add_string(out, ",\"ref\":");
        buffer_add_int(out, json_integer_value(ref));
    }
}

/* "message: author.id: expected a string" → key and reason. */
static void add_reason(struct buffer *out, const struct error *err)
{
    const char *text = err->text;
    if (strncmp(text, "message: ", 9) == 0)
        text += 9;
    size_t key_len = strcspn(text, ": ");
    if (key_len > 0 && text[key_len] == ':' && text[key_len + 1] == ' ') {
        add_text(out, "key", text, key_len);
        text += key_len + 2;
    }
    add_text(out, "reason", text, strlen(text));
}

static void add_ack(struct buffer *out, enum result result, const json_t *item, const struct error *err)
{
    buffer_printf(out, "{\"type\":\"ack\",\"result\":\"%s\"", result_names[result]);
    add_names(out, item);
    if (result == REFUSED)
        add_reason(out, err);
    buffer_add_char(out, '}');
}

void door_write_ack(bool is_repeat, const struct error *err, struct buffer *out)
{
    add_ack(out, err ? REFUSED : is_repeat ? DUPLICATE : ACCEPTED, NULL, err);
}

/* ---- one message ---- */

static bool is_word(struct str text)
{
    if (text.len == 0 || text.len > PLATFORM_BYTES_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_')
            return false;
    }
    return true;
}

static bool check_bounds(const struct message_draft *draft, struct error *err)
{
    if (draft->platform.len > 0 && !is_word(draft->platform))
        return error_set(err, ERROR_DATA, "platform: expected 1 to %d of a-z, 0-9, - and _", PLATFORM_BYTES_MAX);
    if (draft->native_id.len > ID_BYTES_MAX)
        return error_set(err, ERROR_DATA, "native_id: %zu bytes; at most %d", draft->native_id.len, ID_BYTES_MAX);
    if (draft->author.id.len > ID_BYTES_MAX)
        return error_set(err, ERROR_DATA, "author.id: %zu bytes; at most %d", draft->author.id.len, ID_BYTES_MAX);
    if (draft->emote_count > EMOTES_MAX)
        return error_set(err, ERROR_DATA, "emotes: %zu; at most %d", draft->emote_count, EMOTES_MAX);
    if (draft->kind == MESSAGE_DELETE && draft->target.native_id.len == 0)
        return error_set(err, ERROR_DATA, "target.native_id: missing; which message is deleted?");
    if ((draft->kind == MESSAGE_BAN || draft->kind == MESSAGE_UNBAN) && draft->target.author_id.len == 0)
        return error_set(err, ERROR_DATA, "target.author_id: missing; who is meant?");
    return true;
}

/* One id may stand for several events: docs/message.md, "Event keys". */
static struct str make_key(const struct message_draft *draft, struct buffer *key)
{
    if (draft->native_id.len == 0)
        return (struct str){0};
    buffer_add(key, draft->native_id.data, draft->native_id.len);
    if (draft->money.is_streak_open) {
        buffer_printf(key, "#%lld", (long long)draft->money.count);
    } else if (draft->kind == MESSAGE_EDIT) {
        buffer_printf(key, "#edit%lld", (long long)draft->time_ms);
    } else if (draft->kind == MESSAGE_POLL) {
        size_t index;
        json_t *option;
        const char *state = json_get_text(draft->detail, "state");
        buffer_printf(key, "#%.16s", state ? state : "");
        json_array_foreach (json_object_get(draft->detail, "options"), index, option)
            buffer_printf(key, ",%lld", (long long)json_get_int(option, "votes", 0));
    }
    return (struct str){key->data, key->len};
}

static bool deliver(struct door *door, const struct message *message, struct error *err)
{
    struct buffer key = {0};
    struct message_draft draft = message->is;
    bool is_good = check_bounds(&draft, err);
    if (is_good) {
        draft.source = (struct str){0};  // ours, whatever the sender calls it
        if (draft.platform.len == 0)
            draft.platform = str_from(door->platform);
        draft.event_key = make_key(&draft, &key);
        connector_deliver(&door->base, &draft);
    }
    buffer_fini(&key);
    return is_good;
}

static enum result take_one(struct door *door, const json_t *item, struct error *err)
{
    uint64_t repeats = door->base.repeats;
    if (json_object_get(item, "type"))  // no key of a message
        return door_hear(door, item, err) ? ACCEPTED : REFUSED;
    struct message *message = message_from_json(item, err);
    bool is_good = message && deliver(door, message, err);
    message_unref(message);
    return !is_good ? REFUSED : door->base.repeats != repeats ? DUPLICATE : ACCEPTED;
}

/* ---- the payload ---- */

/* True if at least one was taken: the sender reads the others' fate from the answer. */
static bool take_array(struct door *door, const json_t *array, struct buffer *out, struct error *err)
{
    size_t index, taken = 0;
    json_t *item;
    if (json_array_size(array) > ITEMS_MAX)
        return error_set(err, ERROR_DATA, "%zu messages at once; at most %d", json_array_size(array), ITEMS_MAX);
    buffer_add_char(out, '[');
    json_array_foreach ((json_t *)array, index, item) {
        struct error why = {0};
        enum result result = take_one(door, item, &why);
        if (index > 0)
            buffer_add_char(out, ',');
        add_ack(out, result, item, &why);
        taken += result != REFUSED;
        if (result == REFUSED && taken == 0)
            *err = why;
    }
    buffer_add_char(out, ']');
    return taken > 0 || json_array_size(array) == 0;
}

bool door_take_generic(struct door *door, const struct door_input *input, struct buffer *out, struct error *err)
{
    json_t *root = json_parse(input->body, input->len, err);
    bool is_good = false;
    if (json_is_array(root)) {
        is_good = take_array(door, root, out, err);
    } else if (root) {
        enum result result = take_one(door, root, err);
        add_ack(out, result, root, err);
        is_good = result != REFUSED;
    } else {
        add_ack(out, REFUSED, NULL, err);
    }
    json_decref(root);
    return is_good;
}
