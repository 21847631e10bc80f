/*
 * irc_write.c - what antiphon says on IRC. A server does not confirm a PRIVMSG: with echo-message it sends it back,
 * without a PING behind it is answered when the words before it were taken, or refused by a numeric.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "connector/irc_ban.h"
#include "connector/irc_inside.h"
#include "connector/irc_text.h"
#include "connector/tag_value.h"

enum {
    ECHO_MS = 3000,              // then it is asked for
    USERHOST_BYTES = 10 + 1 + 63,  // while we do not know how others see us
    ACTION_BYTES = 9,            // "\1ACTION " and "\1", less "/me "
    TEXT_BYTES_MIN = 64, REASON_BYTES_MAX = 300, ID_BYTES_MAX = 400,
};

const char *irc_can(struct connector *base, enum connector_act_kind kind)
{
    struct irc *irc = container_of(base, struct irc, base);
    const struct irc_room *room = &irc->reader.room;
    bool is_op = irc->stage == IRC_JOINED && room->nick &&
                 (irc_room_roles(room, irc_room_find(room, str_from(room->nick))) & (ROLE_MODERATOR | ROLE_BROADCASTER));
    if (kind == CONNECTOR_TIMEOUT)
        return "IRC knows no time-outs: ban, and unban later";
    if (kind == CONNECTOR_CLEAR || kind == CONNECTOR_POLL_START || kind == CONNECTOR_POLL_END)
        return "IRC has nothing of the kind";
    if (irc->stage != IRC_JOINED)
        return "not in the channel; the source's state says why";
    if (kind == CONNECTOR_DELETE && !(irc->login.caps & IRC_CAP_REDACT))
        return "this server cannot take a message back (no message-redaction)";
    if ((kind == CONNECTOR_BAN || kind == CONNECTOR_UNBAN) && !is_op)
        return "needs operator rights in the channel: an operator gives them with /mode +o";
    return NULL;
}

/* What others receive begins with ":nick!user@host PRIVMSG #live :", and the whole is cut at 512 bytes. */
void irc_write_joined(struct irc *irc)
{
    const struct irc_room *room = &irc->reader.room;
    size_t userhost = room->userhost ? strlen(room->userhost) : USERHOST_BYTES;
    size_t frame = strlen(":! PRIVMSG  :\r\n") + strlen(room->nick) + userhost + strlen(irc->channel) + ACTION_BYTES;
    size_t most = room->line_bytes > frame + TEXT_BYTES_MIN ? room->line_bytes - frame : TEXT_BYTES_MIN;
    irc->base.text_limit = (struct connector_text_limit){most, CONNECTOR_BYTES};
}

/* ---- the end of a task ---- */

static void forget_task(struct irc *irc)
{
    timer_stop(&irc->fence);
    free(irc->task.text);
    free(irc->task.reply_to);
    irc->task = (struct irc_task){0};
}

static void end_task(struct irc *irc, enum connector_outcome outcome, struct str id, const char *why)
{
    uint64_t number = irc->task.number;
    char *native_id = id.len ? xstrndup(id.data, id.len) : NULL;
    char *words = xstrdup(why);
    forget_task(irc);
    connector_task_done(&irc->base, number, outcome, native_id, "%s", words);
    free(native_id);
    free(words);
}

void irc_write_lost(struct irc *irc)
{
    if (irc->task.number)
        end_task(irc, CONNECTOR_UNSURE, STR(""), "the connection was lost before the server answered");
}

/* ---- saying ---- */

/* One line: other line ends, NUL and CTCP's mark would be commands or codes. The caller frees. */
static char *one_line(const char *text, size_t most)
{
    size_t len = strlen(text);
    char *line = xstrndup(text, len < most ? len : most);
    for (char *c = line; *c; c++) {
        if (*c == '\r' || *c == '\n' || *c == '\1')
            *c = ' ';
    }
    return line;
}

static void add_tag_value(struct buffer *out, const char *value)
{
    for (; *value; value++) {
        const char *at = strchr("; \\\r\n", *value);
        if (!at) {
            buffer_add_char(out, *value);
            continue;
        }
        buffer_add_char(out, '\\');
        buffer_add_char(out, ":s\\rn"[at - "; \\\r\n"]);
    }
}

static void say_words(struct irc *irc, const char *command, const struct connector_act *act)
{
    struct irc_task *task = &irc->task;
    struct buffer line = {0};
    char *text = one_line(act->text ? act->text : "", SIZE_MAX);
    task->is_action = act->kind == CONNECTOR_SAY && strncmp(text, "/me ", 4) == 0;
    task->text = xstrdup(task->is_action ? text + 4 : text);
    bool has_reply = act->native_id && act->native_id[0] && strlen(act->native_id) < ID_BYTES_MAX &&
                     strncmp(act->native_id, "made:", 5) != 0 && (irc->login.caps & IRC_CAP_TAGS);
    if (has_reply) {
        task->reply_to = xstrdup(act->native_id);
        buffer_add_string(&line, "@+draft/reply=");
        add_tag_value(&line, act->native_id);
        buffer_add_char(&line, ' ');
    }
    buffer_printf(&line, task->is_action ? "%s %s :\1ACTION %s\1" : "%s %s :%s", command, irc->channel, task->text);
    buffer_add_char(&line, '\0');
    irc_say(irc, "%s", line.data);
    buffer_fini(&line);
    free(text);
}

static struct irc_member *find_author(struct irc *irc, struct str id)
{
    for (size_t i = 0; i < IRC_BUCKETS; i++) {
        struct irc_member *member;
        list_for_each(member, &irc->reader.room.buckets[i], link) {
            if (str_equal(irc_reader_author_id(&irc->reader, str_from(member->nick), STR("")), id))
                return member;
        }
    }
    return NULL;
}

/* Nothing of a person's may become a command: ids come from outside. */
static bool is_word(const char *text)
{
    return text && *text && *text != ':' && strcspn(text, " \r\n\1,") == strlen(text) && strlen(text) < ID_BYTES_MAX;
}

/* "*!*@host" keeps the person out under any nick; the host is known from their JOIN. */
static char *ban_mask(struct irc *irc, const char *author_id)
{
    const char *known = irc_ban_mask(&irc->reader, str_from(author_id));
    if (known)
        return xstrdup(known);
    const struct irc_member *member = find_author(irc, str_from(author_id));
    const char *at = member && member->userhost ? strchr(member->userhost, '@') : NULL;
    if (at)
        return xasprintf("*!*%s", at);
    if (member)
        return xasprintf("%s!*@*", member->nick);
    return author_id[0] == '~' ? xasprintf("%s!*@*", author_id + 1) : NULL;
}

static bool ban(struct irc *irc, const struct connector_act *act)
{
    char *mask = is_word(act->author_id) ? ban_mask(irc, act->author_id) : NULL;
    if (!mask)
        return false;
    const struct irc_member *member = find_author(irc, str_from(act->author_id));
    irc_say(irc, "MODE %s %cb %s", irc->channel, act->kind == CONNECTOR_BAN ? '+' : '-', mask);
    if (act->kind == CONNECTOR_BAN && member) {
        char *reason = one_line(act->text && *act->text ? act->text : "banned", REASON_BYTES_MAX);
        irc_say(irc, "KICK %s %s :%s", irc->channel, member->nick, reason);
        free(reason);
    }
    free(mask);
    return true;
}

void irc_write_fence(void *data)
{
    struct irc *irc = data;
    snprintf(irc->task.fence, sizeof(irc->task.fence), "antiphon-%llu", (unsigned long long)++irc->fences);
    irc_say(irc, "PING :%s", irc->task.fence);
}

static bool is_echoed(const struct irc *irc)
{
    return (irc->task.kind == CONNECTOR_SAY || irc->task.kind == CONNECTOR_ANNOUNCE) && (irc->login.caps & IRC_CAP_ECHO);
}

void irc_act(struct connector *base, const struct connector_task *task)
{
    struct irc *irc = container_of(base, struct irc, base);
    const struct connector_act *act = &task->act;
    forget_task(irc);
    irc->task.number = task->number;
    irc->task.kind = act->kind;
    if (act->kind == CONNECTOR_SAY) {
        say_words(irc, "PRIVMSG", act);
    } else if (act->kind == CONNECTOR_ANNOUNCE) {
        say_words(irc, "NOTICE", act);
    } else if (act->kind == CONNECTOR_DELETE && is_word(act->native_id)) {
        irc_say(irc, "REDACT %s %s", irc->channel, act->native_id);
    } else if ((act->kind != CONNECTOR_BAN && act->kind != CONNECTOR_UNBAN) || !ban(irc, act)) {
        end_task(irc, CONNECTOR_UNABLE, STR(""), act->kind == CONNECTOR_DELETE ? "the message has no id of the server's"
                                                                                : "nobody of that account is here");
        return;
    }
    if (!irc->task.number)
        return;  // the connection ended within
    if (is_echoed(irc))
        timer_start(&irc->fence, ECHO_MS);
    else
        irc_write_fence(irc);
}

/* ---- what comes back ---- */

static bool is_echo(const struct irc *irc, const struct irc_line *line)
{
    const char *command = irc->task.kind == CONNECTOR_SAY ? "PRIVMSG" : "NOTICE";
    return is_echoed(irc) && irc_line_is(line, command) && irc_room_is_us(&irc->reader.room, line->nick) &&
           irc_reader_is_here(&irc->reader, irc_line_param(line, 0)) && !irc_reader_is_history(&irc->reader, line);
}

/* "404 nick #live :Cannot send to channel", "401 nick spammer :No such nick", "FAIL REDACT UNKNOWN_MSGID … :words" */
static bool is_refusal(const struct irc *irc, const struct irc_line *line)
{
    if (irc_line_is(line, "FAIL"))
        return !str_equal(irc_line_param(line, 0), STR("CHATHISTORY"));
    if (line->numeric < 400 || line->numeric >= 600 || line->numeric == 421 || line->numeric == 433)
        return false;
    return line->param_count > 2 &&
           (irc_reader_is_here(&irc->reader, line->params[1]) || line->numeric == 401 || line->numeric == 441);
}

/* The fence came back: the server has taken what stood before it. Without echo nobody else shows it to us. */
static void take_fence(struct irc *irc)
{
    if (is_echoed(irc)) {
        end_task(irc, CONNECTOR_UNSURE, STR(""), "the server took it, and did not send it back");
        return;
    }
    if (irc->task.kind == CONNECTOR_SAY) {
        struct str reply = str_from(irc->task.reply_to);
        irc_reader_deliver_own(&irc->reader, str_from(irc->task.text), irc->task.is_action, reply);
    }
    end_task(irc, CONNECTOR_ACCEPTED, STR(""), "");
}

bool irc_write_note(struct irc *irc, const struct irc_line *line)
{
    if (!irc->task.number)
        return false;
    if (is_echo(irc, line)) {
        char id[ID_BYTES_MAX];
        struct str escaped = line->tags[IRC_MSGID];
        size_t len = escaped.len < sizeof(id) ? tag_value_unescape(escaped, id) : 0;
        end_task(irc, CONNECTOR_ACCEPTED, (struct str){id, len}, "");
        return true;
    }
    if (is_refusal(irc, line)) {
        struct buffer room = {0};
        struct str words = irc_text_clean(irc_line_trailing(line, 2), irc->reader.is_legacy, &room);
        char *why = xstrndup(words.len ? words.data : "", words.len);
        end_task(irc, CONNECTOR_DROPPED, STR(""), why);
        free(why);
        buffer_fini(&room);
    } else if (irc_line_is(line, "PONG") && irc->task.fence[0] &&
               str_equal(irc_line_trailing(line, 1), str_from(irc->task.fence))) {
        take_fence(irc);
    }
    return false;
}
