#include "connector/x_item.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/connector_impl.h"
#include "connector/fields.h"

enum { LINKS_MAX = 32 };

/* ---- people ---- */

void x_read_user(struct x_reader *reader, const json_t *user, struct message_author *author)
{
    if (!json_is_object(user))
        return;
    struct str id = field_id(&reader->scratch, user, "id");
    if (id.len > 0)
        author->id = id;
    author->login = field_text(user, "username");
    author->name = field_text(user, "name");
    if (author->name.len == 0)
        author->name = author->login;
    author->avatar = field_text(user, "profile_image_url");
    if (!json_get_bool(user, "verified", false))
        return;
    struct str type = field_text(user, "verified_type");  // blue, business, government
    author->roles |= ROLE_VERIFIED;
    reader->badge = type.len > 0 ? field_make(&reader->scratch, "verified/%.*s", (int)type.len, type.data) : STR("verified");
    author->badges = &reader->badge;
    author->badge_count = 1;
}

const json_t *x_find_user(const json_t *object, struct str id)
{
    const json_t *users = json_object_get(json_object_get(object, "includes"), "users");
    for (size_t i = 0; i < json_array_size(users); i++) {
        const json_t *user = json_array_get(users, i);
        if (str_equal(field_text(user, "id"), id))
            return user;
    }
    return NULL;
}

void x_note_id(struct x_reader *reader, struct str id)
{
    char text[X_ID_BYTES];
    if (id.len == 0 || id.len >= sizeof(text))
        return;
    memcpy(text, id.data, id.len);
    text[id.len] = '\0';
    if (x_id_is_newer(text, reader->last_id))
        memcpy(reader->last_id, text, sizeof(text));
}

/* ---- texts ---- */

struct link {
    struct str from, to;
};

static size_t read_links(const json_t *entities, struct link *links)
{
    const json_t *urls = json_object_get(entities, "urls");
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(urls) && count < LINKS_MAX; i++) {
        const json_t *url = json_array_get(urls, i);
        struct link link = {field_text(url, "url"), field_text(url, "expanded_url")};
        if (link.from.len > 0 && link.to.len > 0)
            links[count++] = link;
    }
    return count;
}

static const struct link *link_at(struct str text, const struct link *links, size_t count)
{
    const struct link *longest = NULL;
    for (size_t i = 0; i < count; i++) {
        if (str_starts_with(text, links[i].from) && (!longest || links[i].from.len > longest->from.len))
            longest = &links[i];
    }
    return longest;
}

static const struct link *escape_at(struct str text)
{
    static const struct link escapes[] = {{{"&amp;", 5}, {"&", 1}}, {{"&lt;", 4}, {"<", 1}}, {{"&gt;", 4}, {">", 1}}};
    return link_at(text, escapes, ARRAY_LENGTH(escapes));
}

/* By the links' own text: whether entities' offsets count the escaped form is not said. */
struct str x_unfold_text(struct x_reader *reader, struct str text, const json_t *entities)
{
    struct link links[LINKS_MAX];
    size_t count = read_links(entities, links);
    if (count == 0 && !memchr(text.len ? text.data : "", '&', text.len))
        return text;
    buffer_clear(&reader->text);
    for (size_t i = 0; i < text.len;) {
        struct str rest = {text.data + i, text.len - i};
        const struct link *link = *rest.data == '&' ? escape_at(rest) : link_at(rest, links, count);
        if (link) {
            buffer_add(&reader->text, link->to.data, link->to.len);
            i += link->from.len;
        } else {
            buffer_add_char(&reader->text, text.data[i++]);
        }
    }
    return (struct str){reader->text.data, reader->text.len};
}

/* ---- posts ---- */

static void read_reply(const json_t *post, struct message_draft *draft)
{
    const json_t *references = json_object_get(post, "referenced_tweets");
    for (size_t i = 0; i < json_array_size(references); i++) {
        const json_t *reference = json_array_get(references, i);
        if (str_equal(field_text(reference, "type"), STR("replied_to")))
            draft->reply_to.native_id = field_text(reference, "id");
    }
}

/*
 * An edited post comes as a new one that names its earlier selves. It is told twice: as it was first known (the relay
 * drops that if it has it already) and as an edit of that, so that nothing depends on what we have seen.
 */
static void deliver_edit(struct x_reader *reader, const struct message_draft *post)
{
    struct message_draft edit = *post;
    struct str first = post->native_id, now = reader->edit_id;
    edit.kind = MESSAGE_EDIT;
    edit.target.native_id = first;
    edit.native_id = now;
    edit.event_key = field_make(&reader->scratch, "%.*s#edit%.*s", (int)first.len, first.data, (int)now.len, now.data);
    edit.reply_to.native_id = (struct str){0};
    connector_deliver(reader->base, &edit);
}

bool x_read_post(struct x_reader *reader, const json_t *post, const json_t *users, struct error *err)
{
    struct str id = field_id(&reader->scratch, post, "id");
    const json_t *note = json_object_get(post, "note_tweet"), *history = json_object_get(post, "edit_history_tweet_ids");
    if (id.len == 0)
        return error_set(err, ERROR_DATA, "a post without id");
    const json_t *oldest = json_array_get(history, 0);
    struct str first = {json_string_value(oldest), json_string_length(oldest)};
    struct message_draft draft = {
        .kind = reader->is_question ? MESSAGE_QUESTION : MESSAGE_CHAT, .native_id = first.len > 0 ? first : id,
        .time_ms = field_time_ms(post, "created_at"), .is_history = reader->is_history};
    struct str text = field_text(note, "text");  // of posts beyond 280 characters `text` is a beginning
    const json_t *entities = json_object_get(text.len > 0 ? note : post, "entities");
    draft.text = x_unfold_text(reader, text.len > 0 ? text : field_text(post, "text"), entities);
    draft.event_key = draft.native_id;
    draft.author.id = field_id(&reader->scratch, post, "author_id");
    x_read_user(reader, x_find_user(users, draft.author.id), &draft.author);
    read_reply(post, &draft);
    x_note_id(reader, id);
    connector_deliver(reader->base, &draft);
    reader->edit_id = id;
    if (!str_equal(draft.native_id, id))
        deliver_edit(reader, &draft);
    return true;
}

/* ---- the chat of broadcasts ---- */

bool x_read_chat_item(struct x_reader *reader, const json_t *item, const json_t *users, struct error *err)
{
    struct message_draft draft = {.kind = MESSAGE_CHAT, .is_history = reader->is_history};
    draft.native_id = field_id(&reader->scratch, item, "id");
    if (draft.native_id.len == 0)
        return error_set(err, ERROR_DATA, "a chat message without id");
    draft.event_key = draft.native_id;
    int64_t time_ms = json_get_int(item, "created_at_ms", 0);
    draft.time_ms = time_ms > 0 ? time_ms : 0;
    draft.text = field_text(item, "text");
    draft.reply_to.native_id = field_id(&reader->scratch, item, "reply_to");
    draft.author.id = field_id(&reader->scratch, item, "author_id");
    x_read_user(reader, x_find_user(users, draft.author.id), &draft.author);
    if (draft.author.login.len == 0)
        draft.author.login = field_text(item, "author_username");
    if (draft.author.name.len == 0)
        draft.author.name = field_text(item, "author_name");
    x_note_id(reader, draft.native_id);
    connector_deliver(reader->base, &draft);
    return true;
}

static void note_broadcast(struct x_reader *reader, const json_t *payload)
{
    struct str id = field_text(payload, "broadcast_id");
    if (id.len > 0 && id.len < sizeof(reader->broadcast)) {
        memcpy(reader->broadcast, id.data, id.len);
        reader->broadcast[id.len] = '\0';
    }
}

/* Carries neither time nor what it answers. */
static bool read_pushed_chat(struct x_reader *reader, const json_t *payload, struct error *err)
{
    struct message_draft draft = {.kind = MESSAGE_CHAT};
    draft.native_id = field_id(&reader->scratch, payload, "message_id");
    if (draft.native_id.len == 0)
        return error_set(err, ERROR_DATA, "broadcast.chat without message_id");
    draft.event_key = draft.native_id;
    draft.text = field_text(payload, "message");
    x_read_user(reader, json_object_get(json_object_get(payload, "author"), "data"), &draft.author);
    connector_deliver(reader->base, &draft);
    return true;
}

static bool is_of_another(const struct x_reader *reader, const json_t *data)
{
    struct str filter = field_text(json_object_get(data, "filter"), "user_id");
    return reader->user_id[0] && filter.len > 0 && !str_equal(filter, str_from(reader->user_id));
}

bool x_read_activity(struct x_reader *reader, const json_t *data, struct error *err)
{
    struct str type = field_text(data, "event_type");
    const json_t *payload = json_object_get(data, "payload");
    if (is_of_another(reader, data))
        return true;
    if (!json_is_object(payload))
        return error_set(err, ERROR_DATA, "an event without payload");
    note_broadcast(reader, payload);
    if (str_equal(type, STR("broadcast.chat")))
        return read_pushed_chat(reader, payload, err);
    if (str_equal(type, STR("broadcast.start"))) {
        reader->is_ended = false;
    } else if (str_equal(type, STR("broadcast.end"))) {
        x_reader_end(reader, json_get_int(payload, "event_timestamp_ms_str", json_get_int(payload, "event_timestamp_ms", 0)));
    }
    return true;
}
