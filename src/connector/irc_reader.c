#include "connector/irc_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "connector/connector_impl.h"
#include "connector/irc_ban.h"
#include "connector/irc_text.h"
#include "connector/tag_value.h"

enum { HISTORY_AGE_MS = 30 * 1000 };  // bouncers replay as if it were said now: only the time tells

void irc_reader_init(struct irc_reader *reader, struct connector *base)
{
    *reader = (struct irc_reader){.base = base, .is_legacy = true};
    irc_room_init(&reader->room);
}

static void forget_detail(struct irc_reader *reader)
{
    json_decref(reader->detail);
    reader->detail = NULL;
}

void irc_reader_fini(struct irc_reader *reader)
{
    irc_room_fini(&reader->room);
    forget_detail(reader);
    for (size_t i = 0; i < IRC_BANS_MAX; i++) {
        free(reader->bans[i].mask);
        free(reader->bans[i].author_id);
    }
    struct buffer *const buffers[] = {&reader->text,   &reader->name, &reader->reply, &reader->react,
                                      &reader->source, &reader->id,   &reader->author};
    for (size_t i = 0; i < ARRAY_LENGTH(buffers); i++)
        buffer_fini(buffers[i]);
    free(reader->channel);
    free(reader->broadcaster);
}

void irc_reader_reset(struct irc_reader *reader, int64_t since_ms)
{
    irc_room_fini(&reader->room);
    irc_room_init(&reader->room);
    memset(reader->batches, 0, sizeof(reader->batches));
    reader->since_ms = since_ms;
}

/* ---- parts of a message ---- */

void irc_reader_set_text(struct irc_reader *reader, const char *key, struct str value)
{
    if (value.len == 0)
        return;
    struct buffer room = {0};
    struct str clean = irc_text_clean(value, reader->is_legacy, &room);
    if (!reader->detail)
        reader->detail = json_object();
    json_object_set_new(reader->detail, key, json_stringn(clean.data, clean.len));
    buffer_fini(&room);
}

void irc_reader_set_bool(struct irc_reader *reader, const char *key, bool value)
{
    if (!reader->detail)
        reader->detail = json_object();
    json_object_set_new(reader->detail, key, json_boolean(value));
}

static struct str unescaped(struct str value, struct buffer *room)
{
    if (value.len == 0 || !memchr(value.data, '\\', value.len))
        return value;
    buffer_clear(room);
    room->len = tag_value_unescape(value, buffer_reserve(room, value.len));
    return (struct str){room->data, room->len};
}

struct str irc_reader_author_id(struct irc_reader *reader, struct str nick, struct str account)
{
    const struct irc_member *member = irc_room_find(&reader->room, nick);
    if (account.len == 0 && member && member->account)
        account = str_from(member->account);
    if (account.len > 0 && !str_equal(account, STR("*")))
        return account;
    // A nick that somebody just took must not be the account of the same name. No nick begins with "~".
    if (nick.len == 0)
        return STR("");
    char *folded = irc_room_fold(&reader->room, nick);
    struct str clean = irc_text_clean(str_from(folded), reader->is_legacy, &reader->name);
    buffer_clear(&reader->author);
    buffer_add_char(&reader->author, '~');
    buffer_add(&reader->author, clean.data, clean.len);
    free(folded);
    return (struct str){reader->author.data, reader->author.len};
}

static bool is_broadcaster(const struct irc_reader *reader, struct str nick, struct str account)
{
    struct str who = str_from(reader->broadcaster);
    return who.len > 0 && (irc_room_is_same(&reader->room, who, nick) || irc_room_is_same(&reader->room, who, account));
}

static void set_author(struct irc_reader *reader, const struct irc_line *line, struct message_author *author)
{
    struct irc_room *room = &reader->room;
    struct irc_member *member = irc_room_find(room, line->nick);
    struct str account = unescaped(line->tags[IRC_ACCOUNT], &reader->author);
    if (member && account.len > 0 && (!member->account || !str_equal(account, str_from(member->account))))
        irc_set_text(&member->account, account);
    // A server speaks, too: it is no person.
    bool is_server = line->userhost.len == 0 && line->nick.len > 0 && memchr(line->nick.data, '.', line->nick.len);
    if (!is_server)
        author->id = irc_reader_author_id(reader, line->nick, account);
    author->name = irc_text_clean(line->nick, reader->is_legacy, &reader->name);
    author->roles = irc_room_roles(room, member);
    if (author->id.len > 0 && author->id.data[0] != '~')
        author->roles |= ROLE_VERIFIED;
    if (is_broadcaster(reader, line->nick, author->id))
        author->roles |= ROLE_BROADCASTER;
    if (line->has_tag[IRC_BOT])
        author->roles |= ROLE_BOT;
}

/* A recording says itself whose chat it was: "irc:TestNet/#live". */
static struct str recorded_source(struct irc_reader *reader, struct str target)
{
    const char *network = reader->room.network;
    buffer_clear(&reader->source);
    buffer_printf(&reader->source, "irc:%s%s", network ? network : "", network ? "/" : "");
    if (!irc_room_is_channel(&reader->room, target))
        return STR("irc");
    buffer_add(&reader->source, target.data, target.len);
    return (struct str){reader->source.data, reader->source.len};
}

/* Without msgid, what bouncers replay would come twice: time, source, target and words make an id. */
static struct str make_id(struct irc_reader *reader, const struct irc_line *line)
{
    static const struct hash_key fixed = {{UINT64_C(0x616e746970686f6e), UINT64_C(0x697263206d736769)}};
    struct str parts[] = {line->tags[IRC_TIME], line->source, irc_line_param(line, 0), irc_line_trailing(line, 2)};
    if (irc_line_time_ms(line) == 0)
        return STR("");
    buffer_clear(&reader->id);
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        buffer_add(&reader->id, parts[i].data, parts[i].len);
        buffer_add_char(&reader->id, '\0');
    }
    uint64_t hash = hash_bytes(&fixed, reader->id.data, reader->id.len);
    buffer_clear(&reader->id);
    buffer_printf(&reader->id, "made:%016llx", (unsigned long long)hash);
    return (struct str){reader->id.data, reader->id.len};
}

static struct str native_id(struct irc_reader *reader, const struct irc_line *line)
{
    struct str id = unescaped(line->tags[IRC_MSGID], &reader->id);
    return id.len > 0 ? id : make_id(reader, line);
}

/* ---- batches ---- */

static const struct irc_batch *find_batch(const struct irc_reader *reader, struct str ref)
{
    for (size_t i = 0; ref.len > 0 && i < IRC_BATCHES_MAX; i++) {
        if (str_equal(str_from(reader->batches[i].ref), ref))
            return &reader->batches[i];
    }
    return NULL;
}

static bool is_history_type(struct str type)
{
    return str_equal(type, STR("chathistory")) || str_equal(type, STR("draft/chathistory")) ||
           str_equal(type, STR("znc.in/playback")) || str_equal(type, STR("soju.im/history"));
}

/* "+ref type …" opens, "-ref" closes. One within another has what that has. */
static void read_batch(struct irc_reader *reader, const struct irc_line *line)
{
    struct str ref = irc_line_param(line, 0), type = irc_line_param(line, 1);
    if (ref.len < 2 || ref.len > IRC_BATCH_REF_BYTES)
        return;
    struct str name = {ref.data + 1, ref.len - 1};
    const struct irc_batch *outer = find_batch(reader, line->tags[IRC_BATCH]);
    struct irc_batch *known = (struct irc_batch *)find_batch(reader, name);
    if (ref.data[0] == '-') {
        if (known)
            known->ref[0] = '\0';
        return;
    }
    for (size_t i = 0; !known && i < IRC_BATCHES_MAX; i++) {
        if (!reader->batches[i].ref[0])
            known = &reader->batches[i];
    }
    if (ref.data[0] != '+' || !known)
        return;
    memcpy(known->ref, name.data, name.len);
    known->ref[name.len] = '\0';
    known->is_history = is_history_type(type) || (outer && outer->is_history);
    known->is_split = str_equal(type, STR("netsplit")) || str_equal(type, STR("netjoin"));
}

bool irc_reader_is_history(const struct irc_reader *reader, const struct irc_line *line)
{
    const struct irc_batch *batch = find_batch(reader, line->tags[IRC_BATCH]);
    return batch && batch->is_history;
}

/* ---- messages ---- */

bool irc_reader_is_here(const struct irc_reader *reader, struct str target)
{
    if (!irc_room_is_channel(&reader->room, target))
        return false;
    return !reader->channel || irc_room_is_same(&reader->room, target, str_from(reader->channel));
}

void irc_reader_begin(struct irc_reader *reader, const struct irc_line *line, struct str target,
                      struct message_draft *draft)
{
    *draft = (struct message_draft){.time_ms = irc_line_time_ms(line)};
    draft->is_history = irc_reader_is_history(reader, line) ||
                        (reader->since_ms && draft->time_ms && draft->time_ms < reader->since_ms - HISTORY_AGE_MS);
    if (reader->base->is_decoder)
        draft->source = recorded_source(reader, target);
}

void irc_reader_deliver(struct irc_reader *reader, struct message_draft *draft)
{
    draft->detail = reader->detail;
    connector_deliver(reader->base, draft);
    forget_detail(reader);
}

static bool read_said(struct irc_reader *reader, const struct irc_line *line, enum message_kind kind, struct error *err)
{
    struct message_draft draft;
    bool is_action, is_ctcp;
    struct str target = irc_line_param(line, 0);
    if (line->param_count < 2)
        return error_set(err, ERROR_DATA, "%.*s without a text", (int)line->command.len, line->command.data);
    if (!irc_reader_is_here(reader, target))
        return true;  // a private word is none of the audience's business
    irc_reader_begin(reader, line, target, &draft);
    struct str words = irc_text_action(irc_line_trailing(line, 2), &is_action, &is_ctcp);
    if (is_ctcp && (!is_action || kind == MESSAGE_NOTICE))
        return true;
    draft.kind = is_action ? MESSAGE_ACTION : kind;
    draft.is_own = reader->is_own;
    draft.text = irc_text_clean(words, reader->is_legacy, &reader->text);
    if (draft.text.len == 0)
        return true;  // colours alone
    set_author(reader, line, &draft.author);
    if (kind == MESSAGE_NOTICE)
        irc_reader_set_text(reader, "event", STR("notice"));
    draft.native_id = draft.event_key = native_id(reader, line);
    draft.reply_to.native_id = unescaped(line->tags[IRC_REPLY], &reader->reply);
    irc_reader_deliver(reader, &draft);
    return true;
}

/* A reaction to a message. Other tags without a text are "is typing" and the like. */
static void read_tagmsg(struct irc_reader *reader, const struct irc_line *line)
{
    struct message_draft draft;
    struct str target = irc_line_param(line, 0);
    if (line->tags[IRC_REACT].len == 0 || !irc_reader_is_here(reader, target))
        return;
    irc_reader_begin(reader, line, target, &draft);
    draft.kind = MESSAGE_LIKE;
    draft.text = irc_text_clean(unescaped(line->tags[IRC_REACT], &reader->react), reader->is_legacy, &reader->text);
    set_author(reader, line, &draft.author);
    draft.native_id = draft.event_key = native_id(reader, line);
    draft.reply_to.native_id = unescaped(line->tags[IRC_REPLY], &reader->reply);
    irc_reader_deliver(reader, &draft);
}

static bool read_redact(struct irc_reader *reader, const struct irc_line *line, struct error *err)
{
    struct message_draft draft;
    if (line->param_count < 2)
        return error_set(err, ERROR_DATA, "REDACT without a message's id");
    if (!irc_reader_is_here(reader, line->params[0]))
        return true;
    irc_reader_begin(reader, line, line->params[0], &draft);
    draft.kind = MESSAGE_DELETE;
    draft.target.native_id = line->params[1];
    irc_reader_set_text(reader, "reason", irc_line_trailing(line, 3));
    irc_reader_deliver(reader, &draft);
    return true;
}

static void read_topic(struct irc_reader *reader, const struct irc_line *line)
{
    struct message_draft draft;
    if (!irc_reader_is_here(reader, irc_line_param(line, 0)))
        return;
    irc_reader_begin(reader, line, line->params[0], &draft);
    draft.kind = MESSAGE_NOTICE;
    draft.text = irc_text_clean(irc_line_trailing(line, 2), reader->is_legacy, &reader->text);
    set_author(reader, line, &draft.author);
    draft.native_id = draft.event_key = unescaped(line->tags[IRC_MSGID], &reader->id);
    irc_reader_set_text(reader, "event", STR("topic"));
    irc_reader_deliver(reader, &draft);
}

void irc_reader_deliver_own(struct irc_reader *reader, struct str text, bool is_action, struct str reply_to)
{
    struct str nick = str_from(reader->room.nick);
    struct message_draft draft = {
        .kind = is_action ? MESSAGE_ACTION : MESSAGE_CHAT, .text = text, .is_own = true,
        .reply_to = {.native_id = reply_to}};
    draft.author.id = irc_reader_author_id(reader, nick, STR(""));
    draft.author.name = nick;
    draft.author.roles = irc_room_roles(&reader->room, irc_room_find(&reader->room, nick));
    connector_deliver(reader->base, &draft);
}

/* ---- who is there ---- */

static void read_join(struct irc_reader *reader, const struct irc_line *line)
{
    struct irc_room *room = &reader->room;
    struct message_draft draft;
    bool is_us = irc_room_is_us(room, line->nick);
    if (!irc_reader_is_here(reader, irc_line_param(line, 0)))
        return;
    if (is_us) {
        irc_room_clear(room);
        irc_set_text(&room->userhost, line->userhost);
    }
    struct irc_member *member = irc_room_add(room, line->nick);
    if (member) {
        struct str account = line->param_count > 2 ? line->params[1] : line->tags[IRC_ACCOUNT];
        irc_set_text(&member->account, str_equal(account, STR("*")) ? STR("") : account);
        irc_set_text(&member->userhost, line->userhost);
    }
    const struct irc_batch *batch = find_batch(reader, line->tags[IRC_BATCH]);
    if (is_us || (batch && (batch->is_split || batch->is_history)))
        return;
    irc_reader_begin(reader, line, line->params[0], &draft);
    draft.kind = MESSAGE_JOIN;
    set_author(reader, line, &draft.author);
    irc_reader_deliver(reader, &draft);
}

static void read_names(struct irc_reader *reader, const struct irc_line *line)
{
    if (line->param_count < 4 || !irc_reader_is_here(reader, line->params[2]))
        return;
    struct str rest = line->params[3];
    while (rest.len > 0) {
        const char *space = memchr(rest.data, ' ', rest.len);
        struct str name = {rest.data, space ? (size_t)(space - rest.data) : rest.len};
        if (name.len > 0)
            irc_room_add_name(&reader->room, name);
        size_t taken = name.len + (space ? 1 : 0);
        rest = (struct str){rest.data + taken, rest.len - taken};
    }
}

static void read_rules(struct irc_reader *reader, const struct irc_line *line)
{
    for (size_t i = 1; i + 1 < line->param_count; i++)
        irc_room_take_rule(&reader->room, line->params[i]);
}

static void read_account(struct irc_reader *reader, const struct irc_line *line)
{
    struct irc_member *member = irc_room_find(&reader->room, line->nick);
    struct str account = irc_line_param(line, 0);
    if (member)
        irc_set_text(&member->account, str_equal(account, STR("*")) ? STR("") : account);
}

static void read_chghost(struct irc_reader *reader, const struct irc_line *line)
{
    struct irc_member *member = irc_room_find(&reader->room, line->nick);
    struct str user = irc_line_param(line, 0), host = irc_line_param(line, 1);
    struct buffer both = {0};
    buffer_printf(&both, "%.*s@%.*s", (int)user.len, user.data, (int)host.len, host.data);
    if (member)
        irc_set_text(&member->userhost, (struct str){both.data, both.len});
    if (irc_room_is_us(&reader->room, line->nick))
        irc_set_text(&reader->room.userhost, (struct str){both.data, both.len});
    buffer_fini(&both);
}

/* ---- the table ---- */

static bool read_word(struct irc_reader *reader, const struct irc_line *line, struct error *err)
{
    if (irc_line_is(line, "PRIVMSG"))
        return read_said(reader, line, MESSAGE_CHAT, err);
    if (irc_line_is(line, "NOTICE"))
        return read_said(reader, line, MESSAGE_NOTICE, err);
    if (irc_line_is(line, "REDACT"))
        return read_redact(reader, line, err);
    if (irc_line_is(line, "KICK"))
        return irc_read_kick(reader, line, err);
    if (irc_line_is(line, "MODE"))
        irc_read_mode(reader, line);
    else if (irc_line_is(line, "TAGMSG"))
        read_tagmsg(reader, line);
    else if (irc_line_is(line, "TOPIC"))
        read_topic(reader, line);
    else if (irc_line_is(line, "BATCH"))
        read_batch(reader, line);
    else if (irc_line_is(line, "JOIN"))
        read_join(reader, line);
    else if (irc_line_is(line, "NICK"))
        irc_room_rename(&reader->room, line->nick, irc_line_param(line, 0));
    else if (irc_line_is(line, "QUIT") ||
             (irc_line_is(line, "PART") && irc_reader_is_here(reader, irc_line_param(line, 0))))
        irc_room_remove(&reader->room, line->nick);
    else if (irc_line_is(line, "ACCOUNT"))
        read_account(reader, line);
    else if (irc_line_is(line, "CHGHOST"))
        read_chghost(reader, line);
    return true;
}

bool irc_reader_read(struct irc_reader *reader, const struct irc_line *line, struct error *err)
{
    switch (line->numeric) {
    case 0: return read_word(reader, line, err);
    case 1: irc_set_text(&reader->room.nick, irc_line_param(line, 0)); break;
    case 5: read_rules(reader, line); break;
    case 353: read_names(reader, line); break;
    default: break;
    }
    return true;
}
