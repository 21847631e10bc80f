#include "connector/irc_ban.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "connector/connector_impl.h"

/*
 * A mask that fits more people than this closes the room to strangers ("*!*@*" against a flood): it says nothing about
 * the people who are there, and their words stay.
 */
enum { BANNED_MAX = 5, KICK_SECONDS = 1 };

struct change {
    struct irc_reader *reader;
    const struct irc_line *line;
    bool has_rules;
};

void irc_ban_note(struct irc_reader *reader, struct str mask, struct str author_id)
{
    struct irc_ban *ban = &reader->bans[reader->ban_count++ % IRC_BANS_MAX];
    irc_set_text(&ban->mask, mask);
    irc_set_text(&ban->author_id, author_id);
}

const char *irc_ban_mask(const struct irc_reader *reader, struct str author_id)
{
    for (size_t i = 0; i < IRC_BANS_MAX; i++) {
        if (reader->bans[i].author_id && str_equal(str_from(reader->bans[i].author_id), author_id))
            return reader->bans[i].mask;
    }
    return NULL;
}

/* Sent away, and free to come back: what a short time-out is elsewhere. */
bool irc_read_kick(struct irc_reader *reader, const struct irc_line *line, struct error *err)
{
    struct message_draft draft;
    if (line->param_count < 2)
        return error_set(err, ERROR_DATA, "KICK without a nick");
    if (!irc_reader_is_here(reader, line->params[0]))
        return true;
    struct str nick = line->params[1];
    if (!irc_room_is_us(&reader->room, nick)) {
        irc_reader_begin(reader, line, line->params[0], &draft);
        draft.kind = MESSAGE_BAN;
        draft.target.author_id = irc_reader_author_id(reader, nick, STR(""));
        draft.target.seconds = KICK_SECONDS;
        irc_reader_set_text(reader, "name", nick);
        irc_reader_set_text(reader, "event", STR("kick"));
        irc_reader_set_text(reader, "reason", irc_line_trailing(line, 3));
        irc_reader_deliver(reader, &draft);
    }
    irc_room_remove(&reader->room, nick);
    return true;
}

/* ---- MODE ---- */

static void tell_ban(struct change *change, bool is_set, struct str mask, struct str author_id, struct str name)
{
    struct irc_reader *reader = change->reader;
    struct message_draft draft;
    irc_reader_begin(reader, change->line, change->line->params[0], &draft);
    draft.kind = is_set ? MESSAGE_BAN : MESSAGE_UNBAN;
    draft.target.author_id = author_id;
    irc_reader_set_text(reader, "name", name);
    irc_reader_set_text(reader, "mask", mask);
    irc_reader_deliver(reader, &draft);
}

static bool fits(const struct irc_reader *reader, struct str mask, const struct irc_member *member)
{
    char *whole = xasprintf("%s!%s", member->nick, member->userhost ? member->userhost : "*@*");
    bool ok = irc_room_matches(&reader->room, mask, str_from(whole));
    free(whole);
    return ok;
}

static int compare_nicks(const void *a, const void *b)
{
    return strcmp((*(const struct irc_member *const *)a)->nick, (*(const struct irc_member *const *)b)->nick);
}

/* At most BANNED_MAX, by their names: the buckets' own order changes with each run. More are counted only. */
static size_t find_members(const struct irc_reader *reader, struct str mask, const struct irc_member **found)
{
    size_t count = 0;
    for (size_t i = 0; i < IRC_BUCKETS; i++) {
        const struct irc_member *member;
        list_for_each(member, &reader->room.buckets[i], link) {
            if (!fits(reader, mask, member))
                continue;
            if (count < BANNED_MAX)
                found[count] = member;
            count++;
        }
    }
    qsort(found, count < BANNED_MAX ? count : BANNED_MAX, sizeof(*found), compare_nicks);
    return count;
}

/* "spammer!*@*" names somebody, here or not. "$a:account" and the like are networks' own: told without a person. */
static struct str nick_of_mask(struct str mask)
{
    const char *bang = mask.len ? memchr(mask.data, '!', mask.len) : NULL;
    struct str nick = {mask.data, bang ? (size_t)(bang - mask.data) : 0};
    bool is_plain = nick.len > 0 && !memchr(nick.data, '*', nick.len) && !memchr(nick.data, '?', nick.len);
    return is_plain ? nick : STR("");
}

static void read_ban(struct change *change, struct str mask)
{
    struct irc_reader *reader = change->reader;
    const struct irc_member *found[BANNED_MAX];
    size_t count = find_members(reader, mask, found);
    struct str nick = nick_of_mask(mask);
    if (count > BANNED_MAX)
        return;
    for (size_t i = 0; i < count; i++) {
        struct str id = irc_reader_author_id(reader, str_from(found[i]->nick), STR(""));
        irc_ban_note(reader, mask, id);
        tell_ban(change, true, mask, id, str_from(found[i]->nick));
    }
    if (count > 0)
        return;
    struct str id = nick.len ? irc_reader_author_id(reader, nick, STR("")) : STR("");
    if (id.len > 0)
        irc_ban_note(reader, mask, id);
    tell_ban(change, true, mask, id, nick);
}

static void read_unban(struct change *change, struct str mask)
{
    struct irc_reader *reader = change->reader;
    bool was_known = false;
    for (size_t i = 0; i < IRC_BANS_MAX; i++) {
        struct irc_ban *ban = &reader->bans[i];
        if (!ban->mask || !ban->author_id || !str_equal(str_from(ban->mask), mask))
            continue;
        was_known = true;
        tell_ban(change, false, mask, str_from(ban->author_id), nick_of_mask(mask));
        irc_set_text(&ban->mask, STR(""));
        irc_set_text(&ban->author_id, STR(""));
    }
    struct str nick = nick_of_mask(mask);
    if (!was_known && nick.len > 0)
        tell_ban(change, false, mask, irc_reader_author_id(reader, nick, STR("")), nick);
}

static void read_rule(struct change *change, const struct irc_mode *mode)
{
    const char *key = mode->mode == 'm' ? "moderated" : mode->mode == 'i' ? "invite_only"
                    : mode->mode == 'R' ? "registered_only" : NULL;
    if (key)
        irc_reader_set_bool(change->reader, key, mode->is_set);
    change->has_rules |= key != NULL;
}

static void note_member(void *data, const struct irc_mode *mode)
{
    struct change *change = data;
    irc_room_set_mode(&change->reader->room, mode);
}

static void note_rule(void *data, const struct irc_mode *mode)
{
    read_rule(data, mode);
}

static void note_ban(void *data, const struct irc_mode *mode)
{
    struct change *change = data;
    if (mode->mode != 'b' || mode->param.len == 0)
        return;
    if (mode->is_set)
        read_ban(change, mode->param);
    else
        read_unban(change, mode->param);
}

void irc_read_mode(struct irc_reader *reader, const struct irc_line *line)
{
    struct change change = {.reader = reader, .line = line};
    struct message_draft draft;
    if (line->param_count < 2 || !irc_reader_is_here(reader, line->params[0]))
        return;
    irc_room_each_mode(&reader->room, line, 1, note_member, &change);
    irc_room_each_mode(&reader->room, line, 1, note_ban, &change);
    irc_room_each_mode(&reader->room, line, 1, note_rule, &change);
    if (!change.has_rules)
        return;
    irc_reader_begin(reader, line, line->params[0], &draft);
    draft.kind = MESSAGE_ROOM;
    irc_reader_deliver(reader, &draft);
}
