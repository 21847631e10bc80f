#include <stdlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "chat/message_private.h"

static const char *const kind_names[MESSAGE_KIND_COUNT] = {
    [MESSAGE_NONE] = "",
    [MESSAGE_CHAT] = "chat", [MESSAGE_ACTION] = "action", [MESSAGE_QUESTION] = "question",
    [MESSAGE_GIFT] = "gift", [MESSAGE_MEMBERSHIP] = "membership", [MESSAGE_RAID] = "raid",
    [MESSAGE_FOLLOW] = "follow", [MESSAGE_LIKE] = "like", [MESSAGE_JOIN] = "join", [MESSAGE_NOTICE] = "notice",
    [MESSAGE_POLL] = "poll",
    [MESSAGE_EDIT] = "edit", [MESSAGE_DELETE] = "delete", [MESSAGE_BAN] = "ban", [MESSAGE_UNBAN] = "unban",
    [MESSAGE_CLEAR] = "clear", [MESSAGE_ROOM] = "room", [MESSAGE_END] = "end",
};

static const char *const role_names[] = {"broadcaster", "moderator", "vip", "subscriber", "verified", "staff", "bot"};

const char *message_kind_name(enum message_kind kind)
{
    return (unsigned)kind < MESSAGE_KIND_COUNT ? kind_names[kind] : "";
}

enum message_kind message_kind_from_name(struct str name)
{
    for (int kind = MESSAGE_NONE + 1; kind < MESSAGE_KIND_COUNT; kind++) {
        if (str_equal(name, str_from(kind_names[kind])))
            return (enum message_kind)kind;
    }
    return MESSAGE_NONE;
}

const char *message_role_name(uint32_t role)
{
    for (size_t i = 0; i < ARRAY_LENGTH(role_names); i++) {
        if (role == UINT32_C(1) << i)
            return role_names[i];
    }
    return NULL;
}

/* ---- writing ---- */

/* `,"key":`, or without the comma at the start of an object. */
static void add_key(struct buffer *out, const char *key)
{
    if (out->data[out->len - 1] != '{')
        buffer_add_char(out, ',');
    buffer_add_char(out, '"');
    buffer_add_string(out, key);
    buffer_add(out, "\":", 2);
}

static void add_text(struct buffer *out, const char *key, struct str text)
{
    if (text.len == 0)
        return;
    add_key(out, key);
    buffer_add_json(out, text.data, text.len);
}

static void add_int(struct buffer *out, const char *key, int64_t value)
{
    if (value == 0)
        return;
    add_key(out, key);
    buffer_add_int(out, value);
}

static void add_true(struct buffer *out, const char *key, bool value)
{
    if (!value)
        return;
    add_key(out, key);
    buffer_add(out, "true", 4);
}

/* Opens `"key":{`; end_object() takes it back if nothing came. */
static size_t begin_object(struct buffer *out, const char *key)
{
    size_t mark = out->len;
    add_key(out, key);
    buffer_add_char(out, '{');
    return mark;
}

static void end_object(struct buffer *out, size_t mark)
{
    if (out->data[out->len - 1] == '{') {
        out->len = mark;
    } else {
        buffer_add_char(out, '}');
    }
}

static void add_roles(struct buffer *out, uint32_t roles)
{
    if (roles == 0)
        return;
    add_key(out, "roles");
    char before = '[';
    for (size_t i = 0; i < ARRAY_LENGTH(role_names); i++) {
        if (!(roles & UINT32_C(1) << i))
            continue;
        buffer_add_char(out, before);
        buffer_add_json(out, role_names[i], strlen(role_names[i]));
        before = ',';
    }
    if (before == '[')
        buffer_add_char(out, '[');
    buffer_add_char(out, ']');
}

static void add_texts(struct buffer *out, const char *key, const struct str *texts, size_t count)
{
    add_key(out, key);
    for (size_t i = 0; i < count; i++) {
        buffer_add_char(out, i ? ',' : '[');
        buffer_add_json(out, texts[i].data, texts[i].len);
    }
    buffer_add_char(out, ']');
}

static void add_badges(struct buffer *out, const struct message_author *author)
{
    if (author->badge_count == 0)
        return;
    add_texts(out, "badges", author->badges, author->badge_count);
    if (author->badge_images)
        add_texts(out, "badge_images", author->badge_images, author->badge_count);
}

static void add_author(struct buffer *out, const struct message_author *author)
{
    size_t mark = begin_object(out, "author");
    add_text(out, "id", author->id);
    add_text(out, "login", author->login);
    add_text(out, "name", author->name);
    add_roles(out, author->roles);
    add_badges(out, author);
    add_int(out, "months", author->months);
    add_text(out, "color", author->color);
    add_text(out, "avatar", author->avatar);
    end_object(out, mark);
}

static void add_emotes(struct buffer *out, const struct message_draft *is)
{
    if (is->emote_count == 0)
        return;
    add_key(out, "emotes");
    for (size_t i = 0; i < is->emote_count; i++) {
        const struct emote *emote = &is->emotes[i];
        buffer_add(out, i ? ",{" : "[{", 2);
        add_text(out, "id", emote->id);
        add_text(out, "name", emote->name);
        add_key(out, "from");
        buffer_add_int(out, emote->from);
        add_key(out, "to");
        buffer_add_int(out, emote->to);
        add_text(out, "url", emote->url);
        buffer_add_char(out, '}');
    }
    buffer_add_char(out, ']');
}

static void add_money(struct buffer *out, const struct money *money)
{
    size_t mark = begin_object(out, "money");
    add_int(out, "micros", money->micros);
    add_text(out, "currency", money->currency);
    add_text(out, "unit", money->unit);
    add_int(out, "units", money->units);
    add_text(out, "item", money->item);
    add_int(out, "count", money->count);
    if (money->is_streak_open)
        add_text(out, "streak", STR("open"));
    end_object(out, mark);
}

void message_write_json(const struct message *message, struct buffer *out)
{
    const struct message_draft *is = &message->is;
    buffer_add_string(out, "{\"v\":1");
    add_int(out, "id", (int64_t)message->id);
    add_text(out, "kind", str_from(message_kind_name(is->kind)));
    add_text(out, "platform", is->platform);
    add_text(out, "source", is->source);
    add_text(out, "native_id", is->native_id);
    add_int(out, "time_ms", is->time_ms);
    add_int(out, "received_ms", message->received_ms);
    add_author(out, &is->author);
    add_text(out, "text", is->text);
    add_emotes(out, is);
    size_t mark = begin_object(out, "reply_to");
    add_text(out, "native_id", is->reply_to.native_id);
    add_text(out, "author", is->reply_to.author);
    add_text(out, "text", is->reply_to.text);
    end_object(out, mark);
    add_money(out, &is->money);
    mark = begin_object(out, "target");
    add_text(out, "native_id", is->target.native_id);
    add_text(out, "author_id", is->target.author_id);
    add_int(out, "seconds", is->target.seconds);
    end_object(out, mark);
    const char *detail = holder_of(message)->detail_text;
    if (detail) {
        add_key(out, "detail");
        buffer_add_string(out, detail);
    }
    add_true(out, "history", is->is_history);
    add_true(out, "foreign", is->is_foreign);
    add_true(out, "own", is->is_own);
    buffer_add_char(out, '}');
}

/* ---- reading ---- */

/* One object under its key path; the first wrong value is kept in err, later reads change nothing. */
struct reader {
    const json_t *object;
    const char *path;  // "author." or ""
    struct error *err;
    bool *is_good;
};

static void refuse(const struct reader *reader, const char *key, const char *expected)
{
    if (*reader->is_good)
        error_set(reader->err, ERROR_DATA, "message: %s%s: expected %s", reader->path, key, expected);
    *reader->is_good = false;
}

static struct str read_text(const struct reader *reader, const char *key)
{
    const json_t *value = json_object_get(reader->object, key);
    if (!value || json_is_null(value))
        return (struct str){0};
    if (!json_is_string(value)) {
        refuse(reader, key, "a string");
        return (struct str){0};
    }
    return (struct str){json_string_value(value), json_string_length(value)};
}

static int64_t read_int(const struct reader *reader, const char *key)
{
    const json_t *value = json_object_get(reader->object, key);
    if (!value || json_is_null(value))
        return 0;
    if (json_is_integer(value) && json_integer_value(value) >= 0)
        return json_integer_value(value);
    refuse(reader, key, "a whole number, not negative");
    return 0;
}

static bool read_bool(const struct reader *reader, const char *key)
{
    const json_t *value = json_object_get(reader->object, key);
    if (value && !json_is_boolean(value))
        refuse(reader, key, "true or false");
    return json_is_true(value);
}

static const json_t *read_array(const struct reader *reader, const char *key)
{
    const json_t *value = json_object_get(reader->object, key);
    if (!value || json_is_array(value))
        return value;
    refuse(reader, key, "an array");
    return NULL;
}

static struct reader read_object(const struct reader *reader, const char *key, const char *path)
{
    const json_t *value = json_object_get(reader->object, key);
    if (value && !json_is_object(value)) {
        refuse(reader, key, "an object");
        value = NULL;
    }
    return (struct reader){value, path, reader->err, reader->is_good};
}

static void read_roles(const struct reader *reader, uint32_t *roles)
{
    const json_t *array = read_array(reader, "roles");
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *name = json_string_value(json_array_get(array, i));
        if (!name)
            refuse(reader, "roles", "an array of strings");
        // A role that only a later version knows is no reason to lose the message.
        for (size_t bit = 0; name && bit < ARRAY_LENGTH(role_names); bit++) {
            if (strcmp(name, role_names[bit]) == 0)
                *roles |= UINT32_C(1) << bit;
        }
    }
}

static struct str *read_texts(const struct reader *reader, const char *key, size_t *count)
{
    const json_t *array = read_array(reader, key);
    struct str *texts = xcalloc(json_array_size(array) + 1, sizeof(*texts));
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *value = json_array_get(array, i);
        if (!json_is_string(value))
            refuse(reader, key, "an array of strings");
        texts[i] = (struct str){json_string_value(value), json_string_length(value)};
    }
    *count = json_array_size(array);
    return texts;
}

static struct emote *read_emotes(const struct reader *reader, size_t *count)
{
    const json_t *array = read_array(reader, "emotes");
    struct emote *emotes = xcalloc(json_array_size(array) + 1, sizeof(*emotes));
    for (size_t i = 0; i < json_array_size(array); i++) {
        struct reader item = {json_array_get(array, i), "emotes.", reader->err, reader->is_good};
        int64_t from = read_int(&item, "from"), to = read_int(&item, "to");
        if (!json_is_object(item.object) || from > UINT32_MAX || to > UINT32_MAX)
            refuse(reader, "emotes", "an array of objects with from and to, bytes of the text");
        emotes[i] = (struct emote){read_text(&item, "id"), read_text(&item, "name"), read_text(&item, "url"),
                                   (uint32_t)from, (uint32_t)to};
    }
    *count = json_array_size(array);
    return emotes;
}

static void read_money(const struct reader *reader, struct money *money)
{
    struct reader inner = read_object(reader, "money", "money.");
    *money = (struct money){
        .micros = read_int(&inner, "micros"), .currency = read_text(&inner, "currency"),
        .unit = read_text(&inner, "unit"), .units = read_int(&inner, "units"),
        .item = read_text(&inner, "item"), .count = read_int(&inner, "count"),
    };
    struct str streak = read_text(&inner, "streak");
    money->is_streak_open = str_equal(streak, STR("open"));
    if (streak.len > 0 && !money->is_streak_open)
        refuse(&inner, "streak", "\"open\", or no such key");
}

static void read_parts(const struct reader *reader, struct message_draft *draft)
{
    struct reader author = read_object(reader, "author", "author.");
    draft->author.id = read_text(&author, "id");
    draft->author.login = read_text(&author, "login");
    draft->author.name = read_text(&author, "name");
    draft->author.color = read_text(&author, "color");
    draft->author.avatar = read_text(&author, "avatar");
    draft->author.months = read_int(&author, "months");
    read_roles(&author, &draft->author.roles);
    struct reader reply = read_object(reader, "reply_to", "reply_to.");
    draft->reply_to.native_id = read_text(&reply, "native_id");
    draft->reply_to.author = read_text(&reply, "author");
    draft->reply_to.text = read_text(&reply, "text");
    struct reader target = read_object(reader, "target", "target.");
    draft->target.native_id = read_text(&target, "native_id");
    draft->target.author_id = read_text(&target, "author_id");
    draft->target.seconds = read_int(&target, "seconds");
    read_money(reader, &draft->money);
    draft->detail = read_object(reader, "detail", "detail.").object;
}

static void read_head(const struct reader *reader, struct message_draft *draft)
{
    const json_t *version = json_object_get(reader->object, "v");
    if (version && json_integer_value(version) != 1)
        refuse(reader, "v", "1");
    struct str kind = read_text(reader, "kind");
    draft->kind = message_kind_from_name(kind);
    if (draft->kind == MESSAGE_NONE)
        refuse(reader, "kind", "one of chat, action, question, gift, membership, raid, follow, like, join, notice, "
               "poll, edit, delete, ban, unban, clear, room, end");
    draft->platform = read_text(reader, "platform");
    draft->source = read_text(reader, "source");
    draft->native_id = draft->event_key = read_text(reader, "native_id");
    draft->time_ms = read_int(reader, "time_ms");
    draft->text = read_text(reader, "text");
    draft->is_history = read_bool(reader, "history");
    draft->is_foreign = read_bool(reader, "foreign");
    draft->is_own = read_bool(reader, "own");
}

struct message *message_from_json(const json_t *object, struct error *err)
{
    if (!json_is_object(object)) {
        error_set(err, ERROR_DATA, "message: expected an object");
        return NULL;
    }
    bool is_good = true;
    struct reader reader = {object, "", err, &is_good};
    struct message_draft draft = {0};
    read_head(&reader, &draft);
    read_parts(&reader, &draft);
    struct reader author = read_object(&reader, "author", "author.");
    size_t image_count;
    struct str *badges = read_texts(&author, "badges", &draft.author.badge_count);
    struct str *images = read_texts(&author, "badge_images", &image_count);
    if (image_count > 0 && image_count != draft.author.badge_count)
        refuse(&author, "badge_images", "as many texts as there are badges");
    struct emote *emotes = read_emotes(&reader, &draft.emote_count);
    int64_t id = read_int(&reader, "id"), received_ms = read_int(&reader, "received_ms");
    draft.author.badges = badges;
    draft.author.badge_images = image_count > 0 ? images : NULL;
    draft.emotes = emotes;
    struct message *message = is_good ? message_create(&draft) : NULL;
    if (message) {
        message->id = (uint64_t)id;
        message->received_ms = received_ms;
    }
    free(badges);
    free(images);
    free(emotes);
    return message;
}
