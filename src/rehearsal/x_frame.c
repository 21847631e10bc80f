#include "rehearsal/x_frame.h"

#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "chat/message.h"

bool x_frame_has(const struct message *message)
{
    switch (message->is.kind) {
    case MESSAGE_CHAT:
    case MESSAGE_ACTION:
    case MESSAGE_QUESTION:
    case MESSAGE_EDIT: return true;
    default: return false;
    }
}

static void add_text(struct buffer *out, const char *key, struct str value)
{
    buffer_printf(out, "\"%s\":", key);
    buffer_add_json(out, value.data ? value.data : "", value.len);
}

/* Posts are escaped as for a page, once. */
static void add_escaped(struct buffer *out, const char *key, struct str value)
{
    struct buffer escaped = {0};
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];
        if (c == '&')
            buffer_add_string(&escaped, "&amp;");
        else if (c == '<')
            buffer_add_string(&escaped, "&lt;");
        else if (c == '>')
            buffer_add_string(&escaped, "&gt;");
        else
            buffer_add_char(&escaped, c);
    }
    add_text(out, key, (struct str){escaped.data, escaped.len});
    buffer_fini(&escaped);
}

static bool is_asked(const char *fields, const char *name)
{
    return fields && strstr(fields, name);
}

/* An edit is a post of its own that names the one it takes the place of. */
void x_frame_write_post(const struct message *message, const char *fields, struct buffer *out)
{
    const struct message_draft *is = &message->is;
    char time[CLOCK_RFC3339_BYTES];
    buffer_add_char(out, '{');
    add_text(out, "id", is->native_id);
    buffer_add_char(out, ',');
    add_escaped(out, "text", is->text);
    buffer_add_string(out, ",\"edit_history_tweet_ids\":[");
    if (is->kind == MESSAGE_EDIT) {
        buffer_add_json(out, is->target.native_id.data, is->target.native_id.len);
        buffer_add_char(out, ',');
    }
    buffer_add_json(out, is->native_id.data, is->native_id.len);
    buffer_add_char(out, ']');
    if (is_asked(fields, "created_at")) {
        clock_format_rfc3339(is->time_ms, time);
        buffer_printf(out, ",\"created_at\":\"%s\"", time);
    }
    if (is_asked(fields, "author_id")) {
        buffer_add_char(out, ',');
        add_text(out, "author_id", is->author.id);
    }
    if (is_asked(fields, "referenced_tweets") && is->reply_to.native_id.len > 0) {
        buffer_add_string(out, ",\"referenced_tweets\":[{\"type\":\"replied_to\",");
        add_text(out, "id", is->reply_to.native_id);
        buffer_add_string(out, "}]");
    }
    buffer_add_char(out, '}');
}

void x_frame_write_user(const struct message *message, struct buffer *out)
{
    const struct message_author *author = &message->is.author;
    buffer_add_char(out, '{');
    add_text(out, "id", author->id);
    buffer_add_char(out, ',');
    add_text(out, "name", author->name);
    buffer_add_char(out, ',');
    add_text(out, "username", author->login.len > 0 ? author->login : author->name);
    if (author->avatar.len > 0) {
        buffer_add_char(out, ',');
        add_text(out, "profile_image_url", author->avatar);
    }
    bool is_verified = author->roles & ROLE_VERIFIED;
    buffer_printf(out, ",\"verified\":%s%s}", is_verified ? "true" : "false", is_verified ? ",\"verified_type\":\"blue\"" : "");
}

void x_frame_write_activity(const struct message *message, const char *user_id, const char *broadcast, struct buffer *out)
{
    buffer_printf(out, "{\"data\":{\"event_uuid\":\"%lld\",\"filter\":{\"user_id\":\"%s\"},\"event_type\":\"broadcast.chat\",\"tag\":\"rehearsal\","
                  "\"payload\":{\"broadcast_id\":\"%s\",", (long long)message->is.time_ms, user_id, broadcast);
    add_text(out, "message_id", message->is.native_id);
    buffer_add_char(out, ',');
    add_text(out, "message", message->is.text);
    buffer_add_string(out, ",\"author\":{\"data\":");
    x_frame_write_user(message, out);
    buffer_add_string(out, "}}}}\r\n");
}

void x_frame_write_chat(const struct message *message, const char *broadcast, struct buffer *out)
{
    const struct message_draft *is = &message->is;
    buffer_printf(out, "{\"broadcast_id\":\"%s\",\"created_at_ms\":\"%lld\",", broadcast, (long long)is->time_ms);
    add_text(out, "id", is->native_id);
    buffer_add_char(out, ',');
    add_text(out, "author_id", is->author.id);
    buffer_add_char(out, ',');
    add_text(out, "author_name", is->author.name);
    buffer_add_char(out, ',');
    add_text(out, "author_username", is->author.login.len > 0 ? is->author.login : is->author.name);
    buffer_add_char(out, ',');
    add_text(out, "text", is->text);
    if (is->reply_to.native_id.len > 0) {
        buffer_add_char(out, ',');
        add_text(out, "reply_to", is->reply_to.native_id);
    }
    buffer_add_char(out, '}');
}
