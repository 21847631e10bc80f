#include "rehearsal/irc_frame.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "chat/message.h"

enum { NICK_BYTES = 30, WORDS_BYTES = 400 };

void irc_frame_nick(struct str name, char nick[32])
{
    size_t len = name.len > NICK_BYTES ? utf8_cut(name.data, NICK_BYTES) : name.len, out = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name.data[i];
        if (c > ' ' && c != 0x7f && !(out == 0 && strchr("#&:@+~%!$-0123456789", c)) && !strchr("!@,*?", c))
            nick[out++] = (char)c;
    }
    nick[out] = '\0';
    if (out == 0)
        strcpy(nick, "guest");
}

static void add_value(struct buffer *out, const char *key, struct str value)
{
    if (value.len == 0)
        return;
    buffer_printf(out, "%s%s=", out->len && out->data[out->len - 1] != '@' ? ";" : "", key);
    for (size_t i = 0; i < value.len; i++) {
        const char *at = value.data[i] ? strchr("; \\\r\n", value.data[i]) : NULL;
        if (at) {
            buffer_add_char(out, '\\');
            buffer_add_char(out, ":s\\rn"[at - "; \\\r\n"]);
        } else {
            buffer_add_char(out, value.data[i]);
        }
    }
}

void irc_frame_tags(struct buffer *out, int64_t time_ms, struct str msgid, struct str account, struct str reply_to)
{
    struct buffer tags = {0};
    char time[CLOCK_RFC3339_BYTES];
    clock_format_rfc3339(time_ms, time);
    add_value(&tags, "time", str_from(time));
    add_value(&tags, "msgid", msgid);
    add_value(&tags, "account", account);
    add_value(&tags, "+draft/reply", reply_to);
    buffer_add(out, tags.data, tags.len);
    buffer_fini(&tags);
}

void irc_frame_words(struct buffer *out, struct str words, size_t room)
{
    size_t len = words.len > room ? utf8_cut(words.data, room) : words.len;
    for (size_t i = 0; i < len; i++)
        buffer_add_char(out, words.data[i] && !strchr("\r\n\1", words.data[i]) ? words.data[i] : ' ');
}

/* ---- kinds ---- */

/* An author's id that is an account; "~nick" stands for somebody without. */
static struct str account_of(struct str id)
{
    return id.len > 0 && id.data[0] != '~' ? id : STR("");
}

static struct str name_of(const struct message_author *author)
{
    struct str id = author->id;
    if (id.len > 1 && id.data[0] == '~')
        return (struct str){id.data + 1, id.len - 1};
    return author->name.len ? author->name : author->login.len ? author->login : id;
}

struct writer {
    const struct message_draft *is;
    const char *channel;
    char source[96];
    struct buffer *tagged, *plain;
};

/* is_for_all: clients without tags get it, too. */
static void add_line(struct writer *writer, const struct buffer *line, bool is_for_all)
{
    const struct message_draft *is = writer->is;
    buffer_add_char(writer->tagged, '@');
    irc_frame_tags(writer->tagged, is->time_ms, is->native_id, account_of(is->author.id), is->reply_to.native_id);
    buffer_add_char(writer->tagged, ' ');
    struct buffer *const outs[] = {writer->tagged, is_for_all ? writer->plain : NULL};
    for (int i = 0; i < 2 && outs[i]; i++) {
        buffer_add(outs[i], line->data, line->len);
        buffer_add_char(outs[i], '\n');
    }
}

static void write_said(struct writer *writer, const char *command, const char *before, const char *after)
{
    struct buffer line = {0};
    buffer_printf(&line, ":%s %s %s :%s", writer->source, command, writer->channel, before);
    irc_frame_words(&line, writer->is->text, WORDS_BYTES);
    buffer_add_string(&line, after);
    add_line(writer, &line, true);
    buffer_fini(&line);
}

static void write_control(struct writer *writer, const char *command, struct str target, const char *after)
{
    struct buffer line = {0};
    buffer_printf(&line, ":op!op@rehearsal %s %s %.*s%s", command, writer->channel, (int)target.len, target.data, after);
    add_line(writer, &line, strcmp(command, "REDACT") != 0);
    buffer_fini(&line);
}

static void write_like(struct writer *writer)
{
    const struct message_draft *is = writer->is;
    struct buffer tags = {0};
    add_value(&tags, "+draft/react", is->text.len ? is->text : STR("👍"));
    buffer_add_char(writer->tagged, '@');
    buffer_add(writer->tagged, tags.data, tags.len);
    buffer_add_char(writer->tagged, ';');
    irc_frame_tags(writer->tagged, is->time_ms, is->native_id, account_of(is->author.id), is->reply_to.native_id);
    buffer_printf(writer->tagged, " :%s TAGMSG %s\n", writer->source, writer->channel);
    buffer_fini(&tags);
}

static void write_ban(struct writer *writer)
{
    const struct message_draft *is = writer->is;
    struct message_author who = {.id = is->target.author_id};
    const json_t *name = json_object_get(is->detail, "name");
    char nick[32], mask[48];
    who.name = str_from(json_string_value(name));
    irc_frame_nick(name_of(&who), nick);
    snprintf(mask, sizeof(mask), "%s!*@*", nick);
    if (is->kind == MESSAGE_BAN && is->target.seconds > 0)
        write_control(writer, "KICK", str_from(nick), " :time-out");
    else
        write_control(writer, "MODE", is->kind == MESSAGE_BAN ? STR("+b ") : STR("-b "), mask);
}

static void write_room(struct writer *writer)
{
    static const struct { const char *key; char mode; } rules[] = {
        {"moderated", 'm'}, {"invite_only", 'i'}, {"registered_only", 'R'}, {"members_only", 'R'}};
    char modes[16] = "";
    for (size_t i = 0; i < 4; i++) {
        const json_t *rule = json_object_get(writer->is->detail, rules[i].key);
        size_t len = strlen(modes);
        if (json_is_boolean(rule))
            snprintf(modes + len, sizeof(modes) - len, "%c%c", json_is_true(rule) ? '+' : '-', rules[i].mode);
    }
    if (modes[0])
        write_control(writer, "MODE", str_from(modes), "");
}

bool irc_frame_write(const struct message *message, const char *channel, struct buffer *tagged, struct buffer *plain)
{
    struct writer writer = {.is = &message->is, .channel = channel, .tagged = tagged, .plain = plain};
    size_t before = tagged->len;
    char nick[32];
    irc_frame_nick(name_of(&message->is.author), nick);
    snprintf(writer.source, sizeof(writer.source), "%s!~user@rehearsal", nick);
    switch (message->is.kind) {
    case MESSAGE_CHAT:
    case MESSAGE_QUESTION: write_said(&writer, "PRIVMSG", "", ""); break;
    case MESSAGE_ACTION: write_said(&writer, "PRIVMSG", "\1ACTION ", "\1"); break;
    case MESSAGE_NOTICE: write_said(&writer, "NOTICE", "", ""); break;
    case MESSAGE_LIKE: write_like(&writer); break;
    case MESSAGE_JOIN: {
        struct buffer line = {0};
        buffer_printf(&line, ":%s JOIN %s", writer.source, channel);
        add_line(&writer, &line, true);
        buffer_fini(&line);
        break;
    }
    case MESSAGE_DELETE: write_control(&writer, "REDACT", message->is.target.native_id, " :deleted"); break;
    case MESSAGE_BAN:
    case MESSAGE_UNBAN: write_ban(&writer); break;
    case MESSAGE_ROOM: write_room(&writer); break;
    default: return false;
    }
    return tagged->len > before;
}
