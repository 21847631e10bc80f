#include "relay/intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/dedupe.h"
#include "relay/edited.h"
#include "relay/journal.h"
#include "relay/queue.h"
#include "relay/streaks.h"

enum { KEYS = 1 << 20, HELD_MAX = 8192, BANS = 4096, TAIL = 4096 };

#define SHOW_MS (INT64_C(6) * 3600 * 1000)  // what is older belongs to an earlier show
#define CLEAR_PREFIX "clear:"
#define BAN_PREFIX "ban:"

/* A message whose key looks known, until the journal has said whether it is. */
struct held {
    struct list link;  // in intake.held
    struct intake *intake;
    struct message *message;  // a reference
    enum journal_key kind;
    uint64_t id;              // under which the key was known
    uint64_t request;
};

/*
 * The last ban of an author in a source; a cache with one place a hash. What he wrote before and comes late goes, also
 * after a restart: a platform with replay sends it then. Kept as the state "ban:PLACE", so that is bounded as well.
 */
struct ban {
    uint64_t hash;  // 0: free
    int64_t at_ms;  // by the platform's clock if it gave one
};

struct intake {
    struct journal *journal;
    struct queue *queue;
    struct dedupe *dedupe;
    struct streaks *streaks;
    struct list held;  // of struct held
    size_t held_count;
    struct ban bans[BANS];
    struct intake_counts counts;
    void (*late_fn)(void *data, const struct message *message);
    void *late_data;
};

/* ---- Making ---- */

static void handle_seen(void *data, struct str platform, uint64_t hash, uint64_t id)
{
    struct intake *intake = data;
    dedupe_add(intake->dedupe, platform, hash, id);
}

static void handle_tail(void *data, struct message *message)
{
    struct intake *intake = data;
    if (message->received_ms < clock_unix_ms() - SHOW_MS)
        return;
    struct queue_gift gift;
    bool is_gift = streaks_count(intake->streaks, message, &gift);
    queue_push(intake->queue, message, is_gift ? &gift : NULL);
}

static void handle_old_clear(void *data, const char *key, const char *text)
{
    struct intake *intake = data;
    queue_clear(intake->queue, str_from(key + strlen(CLEAR_PREFIX)), strtoull(text, NULL, 10));
}

static void handle_old_ban(void *data, const char *key, const char *text)
{
    struct intake *intake = data;
    unsigned long long place = strtoull(key + strlen(BAN_PREFIX), NULL, 10);
    char *end;
    uint64_t hash = strtoull(text, &end, 16);
    if (hash % BANS == place)
        intake->bans[place] = (struct ban){hash, strtoll(end, NULL, 10)};
}

struct intake *intake_create(const struct intake_options *options)
{
    struct intake *intake = xcalloc(1, sizeof(*intake));
    intake->journal = options->journal;
    intake->queue = options->queue;
    size_t keys = options->keys ? options->keys : KEYS;
    intake->dedupe = dedupe_create(keys);
    intake->streaks = streaks_create();
    list_init(&intake->held);
    journal_each_seen(intake->journal, keys, handle_seen, intake);
    journal_each_tail(intake->journal, TAIL, handle_tail, intake);
    journal_each_state(intake->journal, CLEAR_PREFIX, handle_old_clear, intake);
    journal_each_state(intake->journal, BAN_PREFIX, handle_old_ban, intake);
    queue_flush(intake->queue);  // old news: nobody is to hear of it
    return intake;
}

static void drop_held(struct held *held)
{
    list_remove(&held->link);
    held->intake->held_count--;
    message_unref(held->message);
    free(held);
}

void intake_destroy(struct intake *intake)
{
    if (!intake)
        return;
    struct held *held, *following;
    list_for_each_safe(held, following, &intake->held, link) {
        journal_cancel(intake->journal, held->request);
        drop_held(held);
    }
    dedupe_destroy(intake->dedupe);
    streaks_destroy(intake->streaks);
    free(intake);
}

/* ---- Bans ---- */

/* The author's key within `home`: the source, which names the platform too, or for a removal of ours the platform. */
static struct ban *ban_place(struct intake *intake, struct str home, struct str author, uint64_t *hash)
{
    *hash = journal_hash(intake->journal, JOURNAL_KEY_EVENT, home, author);
    *hash += *hash == 0;
    return &intake->bans[*hash % BANS];
}

static bool is_banned_in(struct intake *intake, struct str home, const struct message_draft *is)
{
    uint64_t hash;
    const struct ban *ban = ban_place(intake, home, is->author.id, &hash);
    return ban->hash == hash && is->time_ms <= ban->at_ms;
}

static bool is_banned(struct intake *intake, const struct message *message)
{
    const struct message_draft *is = &message->is;
    return is->author.id.len > 0 && is->time_ms != 0 &&
           (is_banned_in(intake, is->source, is) || is_banned_in(intake, is->platform, is));
}

/* at_ms 0: let back in. */
static void set_ban(struct intake *intake, struct str home, struct str author, int64_t at_ms)
{
    uint64_t hash;
    struct ban *ban = ban_place(intake, home, author, &hash);
    if (at_ms == 0 && ban->hash != hash)
        return;
    *ban = at_ms ? (struct ban){hash, at_ms} : (struct ban){0};
    char key[32], text[48];
    snprintf(key, sizeof(key), BAN_PREFIX "%llu", (unsigned long long)(hash % BANS));
    snprintf(text, sizeof(text), "%llx %lld", (unsigned long long)hash, (long long)at_ms);
    journal_set_state(intake->journal, key, at_ms ? text : NULL);
}

/* ---- Control ---- */

static struct journal_erasure erasure_of(const struct queue_removal *removal)
{
    // Strings of messages have a NUL behind them.
    return (struct journal_erasure){
        .platform = removal->platform.data,
        .source = removal->source.len > 0 ? removal->source.data : NULL,
        .native_id = removal->native_id.len > 0 ? removal->native_id.data : NULL,
        .author_id = removal->author_id.len > 0 ? removal->author_id.data : NULL,
        .up_to = removal->up_to,
    };
}

/* Whether this is a reply to something that the removal is about; asked before it is carried out. */
static bool quotes(const struct queue *queue, const struct message *message, const struct queue_removal *removal)
{
    struct str quoted = message->is.reply_to.native_id;
    if (quoted.len == 0 || !str_equal(message->is.platform, removal->platform))
        return false;
    if (removal->native_id.len > 0)
        return str_equal(quoted, removal->native_id);
    const struct message *target = queue_find_native(queue, removal->platform, quoted);
    return target && str_equal(target->is.author.id, removal->author_id) &&
           (removal->source.len == 0 || str_equal(target->is.source, removal->source));
}

static void list_quotes(const struct queue *queue, const struct queue_removal *removal, struct buffer *ids)
{
    const struct message *message = queue_next(queue, 0);
    for (; message; message = queue_next(queue, message->id)) {
        if (quotes(queue, message, removal))
            buffer_add(ids, &message->id, sizeof(message->id));
    }
}

static struct message *without_quote(const struct message *message)
{
    struct message_draft draft = message->is;
    draft.reply_to.author = draft.reply_to.text = (struct str){0};
    return message_create(&draft);
}

/* Replies carry what they answer: they stay, without it. The journal's keeper does the same to their rows. */
static void drop_quotes(struct queue *queue, const struct buffer *ids)
{
    for (size_t at = 0; at < ids->len; at += sizeof(uint64_t)) {
        uint64_t id;
        memcpy(&id, ids->data + at, sizeof(id));
        const struct message *message = queue_find(queue, id);
        if (!message)
            continue;
        struct message *without = without_quote(message);
        message_stamp(without, id, message->received_ms);
        queue_replace(queue, without);
        message_unref(without);
    }
}

static void take_back(struct intake *intake, const struct queue_removal *removal)
{
    size_t count;
    struct buffer replies = {0};
    list_quotes(intake->queue, removal, &replies);
    const uint64_t *ids = queue_remove(intake->queue, removal, &count);
    drop_quotes(intake->queue, &replies);
    buffer_fini(&replies);
    struct journal_erasure what = erasure_of(removal);
    journal_erase(intake->journal, &what, ids, count, NULL, NULL);
}

static void handle_delete(struct intake *intake, const struct message *message)
{
    const struct message_draft *is = &message->is;
    if (is->target.native_id.len == 0)
        return;
    uint64_t hash = journal_hash(intake->journal, JOURNAL_KEY_DELETED, is->platform, is->target.native_id);
    dedupe_add(intake->dedupe, is->platform, hash, message->id);
    take_back(intake, &(struct queue_removal){.platform = is->platform,
                                              .native_id = is->target.native_id,
                                              .up_to = message->id,
                                              .reason = "deleted"});
}

static void handle_ban(struct intake *intake, const struct message *message)
{
    const struct message_draft *is = &message->is;
    if (is->target.author_id.len == 0)
        return;
    set_ban(intake, is->source, is->target.author_id, message_time_ms(message));
    take_back(intake, &(struct queue_removal){.platform = is->platform,
                                              .source = is->source,
                                              .author_id = is->target.author_id,
                                              .up_to = message->id,
                                              .reason = is->target.seconds ? "timed out" : "banned"});
}

static void handle_unban(struct intake *intake, const struct message *message)
{
    set_ban(intake, message->is.source, message->is.target.author_id, 0);
    set_ban(intake, message->is.platform, message->is.target.author_id, 0);
}

/* Nothing is erased: cards go, and a moderator decides about what was picked. Kept, so that a restart shows it no more. */
static void handle_clear(struct intake *intake, const struct message *message)
{
    char *key = xasprintf(CLEAR_PREFIX "%s", message->is.source.data);
    char *text = xasprintf("%llu", (unsigned long long)message->id);
    journal_set_state(intake->journal, key, text);
    queue_clear(intake->queue, message->is.source, message->id);
    free(key);
    free(text);
}

/*
 * The queue's and the journal's message take the new text; the edit itself is journalled as well. What the queue has let
 * go is looked for in the journal, behind our back.
 */
static void handle_edit(struct intake *intake, struct message *edit)
{
    const struct message *old = queue_find_native(intake->queue, edit->is.platform, edit->is.target.native_id);
    if (!old) {
        journal_edit(intake->journal, edit);
        return;
    }
    struct message *changed = message_edited(old, edit);
    journal_replace(intake->journal, changed);
    queue_replace(intake->queue, changed);
    message_unref(changed);
}

static void handle_control(struct intake *intake, struct message *message)
{
    int64_t started_ns = clock_monotonic_ns();
    intake->counts.control++;
    switch (message->is.kind) {
    case MESSAGE_DELETE:
        handle_delete(intake, message);
        break;
    case MESSAGE_BAN:
        handle_ban(intake, message);
        break;
    case MESSAGE_UNBAN:
        handle_unban(intake, message);
        return;
    case MESSAGE_CLEAR:
        handle_clear(intake, message);
        return;
    case MESSAGE_EDIT:
        handle_edit(intake, message);
        return;
    default:
        return;
    }
    intake->counts.removal_us = (clock_monotonic_ns() - started_ns) / 1000;
}

/* ---- Taking ---- */

static void stamp(struct intake *intake, struct message *message)
{
    message_stamp(message, journal_next_id(intake->journal), clock_unix_ms());
    if (message->is.event_key.len == 0)
        return;
    uint64_t hash =
        journal_hash(intake->journal, JOURNAL_KEY_EVENT, message->is.platform, message->is.event_key);
    dedupe_add(intake->dedupe, message->is.platform, hash, message->id);
}

static enum intake_result take_gone(struct intake *intake, struct message *message)
{
    stamp(intake, message);
    journal_append_erased(intake->journal, message);
    intake->counts.gone++;
    return INTAKE_GONE;
}

static bool quotes_deleted(const struct intake *intake, const struct message *message)
{
    const struct message_draft *is = &message->is;
    if (is->reply_to.native_id.len == 0 || is->reply_to.text.len == 0)
        return false;
    uint64_t hash = journal_hash(intake->journal, JOURNAL_KEY_DELETED, is->platform, is->reply_to.native_id);
    return dedupe_find(intake->dedupe, is->platform, hash) != 0;
}

/* An edit of what was deleted, or by who was banned since, brings no text back. */
static bool edits_deleted(struct intake *intake, const struct message *message)
{
    const struct message_draft *is = &message->is;
    if (is->kind != MESSAGE_EDIT || is->target.native_id.len == 0)
        return false;
    uint64_t hash = journal_hash(intake->journal, JOURNAL_KEY_DELETED, is->platform, is->target.native_id);
    return dedupe_find(intake->dedupe, is->platform, hash) != 0 || is_banned(intake, message);
}

static enum intake_result take(struct intake *intake, struct message *message)
{
    if (quotes_deleted(intake, message)) {
        struct message *without = without_quote(message);
        enum intake_result result = take(intake, without);
        message_unref(without);
        return result;
    }
    bool is_control = message_is_control(message);
    if ((!is_control && is_banned(intake, message)) || edits_deleted(intake, message))
        return take_gone(intake, message);
    stamp(intake, message);
    journal_append(intake->journal, message);
    intake->counts.taken++;
    if (is_control) {
        handle_control(intake, message);
        return INTAKE_TAKEN;
    }
    struct queue_gift gift;
    bool is_gift = streaks_count(intake->streaks, message, &gift);
    queue_push(intake->queue, message, is_gift ? &gift : NULL);
    return INTAKE_TAKEN;
}

/* ---- Known already? ---- */

static struct str key_of(const struct message *message, enum journal_key kind)
{
    return kind == JOURNAL_KEY_EVENT ? message->is.event_key : message->is.native_id;
}

static uint64_t find_known(const struct intake *intake, const struct message *message, enum journal_key kind)
{
    struct str key = key_of(message, kind);
    if (key.len == 0)
        return 0;
    uint64_t hash = journal_hash(intake->journal, kind, message->is.platform, key);
    return dedupe_find(intake->dedupe, message->is.platform, hash);
}

static enum intake_result settle(struct intake *intake, struct message *message, enum journal_key kind);

static void tell_late(const struct intake *intake, const struct message *message)
{
    if (intake->late_fn)
        intake->late_fn(intake->late_data, message);
}

/* The journal's answer. No key: it is not committed yet, or its file is gone; then the hash has to do. */
static void handle_key(void *data, struct str key)
{
    struct held *held = data;
    struct intake *intake = held->intake;
    struct message *message = message_ref(held->message);
    enum journal_key kind = held->kind;
    bool is_same = !key.data || str_equal(key, key_of(message, kind));
    bool is_moved = find_known(intake, message, kind) != held->id;
    drop_held(held);
    if (is_moved) {
        // While we asked, another took the hash over: ask again.
        if (intake_push(intake, message) == INTAKE_DUPLICATE)
            tell_late(intake, message);
    } else if (!is_same) {
        settle(intake, message, kind);
    } else if (kind == JOURNAL_KEY_EVENT) {
        intake->counts.duplicates++;
        tell_late(intake, message);
    } else {
        take_gone(intake, message);
    }
    message_unref(message);
}

static bool hold(struct intake *intake, struct message *message, enum journal_key kind, uint64_t id)
{
    if (intake->held_count == HELD_MAX)
        return false;
    struct held *held = xcalloc(1, sizeof(*held));
    held->intake = intake;
    held->message = message_ref(message);
    held->kind = kind;
    held->id = id;
    list_append(&intake->held, &held->link);
    intake->held_count++;
    held->request = journal_read_key(intake->journal, kind, id, handle_key, held);
    return true;
}

/* What comes after the question `kind` was answered with "not known". */
static enum intake_result settle(struct intake *intake, struct message *message, enum journal_key kind)
{
    if (kind == JOURNAL_KEY_EVENT && !message_is_control(message)) {
        uint64_t id = find_known(intake, message, JOURNAL_KEY_DELETED);
        if (id && hold(intake, message, JOURNAL_KEY_DELETED, id))
            return INTAKE_HELD;
        if (id)
            return take_gone(intake, message);
    }
    return take(intake, message);
}

enum intake_result intake_push(struct intake *intake, struct message *message)
{
    uint64_t id = find_known(intake, message, JOURNAL_KEY_EVENT);
    if (!id)
        return settle(intake, message, JOURNAL_KEY_EVENT);
    const struct message *known = queue_find(intake->queue, id);
    bool is_sure = known && str_equal(known->is.event_key, message->is.event_key);
    if (!is_sure && hold(intake, message, JOURNAL_KEY_EVENT, id))
        return INTAKE_HELD;
    intake->counts.duplicates++;
    return INTAKE_DUPLICATE;
}

void intake_on_late_duplicate(struct intake *intake, void (*fn)(void *data, const struct message *message), void *data)
{
    intake->late_fn = fn;
    intake->late_data = data;
}

/* ---- Ours ---- */

static void take_back_native(struct intake *intake, const struct message *message, const char *reason)
{
    take_back(intake, &(struct queue_removal){.platform = message->is.platform,
                                              .native_id = message->is.native_id,
                                              .up_to = journal_last_id(intake->journal),
                                              .reason = reason});
}

bool intake_remove_message(struct intake *intake, uint64_t id, const char *actor)
{
    struct message *message = queue_find(intake->queue, id);
    bool was_there = message != NULL;
    char *reason = xasprintf("removed by %s", actor);
    if (message && message->is.native_id.len > 0) {
        message_ref(message);
        take_back_native(intake, message, reason);
        message_unref(message);
    } else {
        // No name of the platform's at hand: the row is named by its id.
        queue_remove_id(intake->queue, id, reason);
        journal_erase(intake->journal, &(struct journal_erasure){.platform = ""}, &id, 1, NULL, NULL);
    }
    free(reason);
    return was_there;
}

void intake_remove_rest(struct intake *intake, const struct message *message, const char *actor)
{
    if (message->is.native_id.len == 0)
        return;
    char *reason = xasprintf("removed by %s", actor);
    take_back_native(intake, message, reason);
    free(reason);
}

void intake_remove_author(struct intake *intake, const char *platform, const char *author_id, const char *actor)
{
    char *reason = xasprintf("removed by %s", actor);
    set_ban(intake, str_from(platform), str_from(author_id), clock_unix_ms());
    take_back(intake, &(struct queue_removal){.platform = str_from(platform),
                                              .author_id = str_from(author_id),
                                              .up_to = journal_last_id(intake->journal),
                                              .reason = reason});
    free(reason);
}

void intake_each_total(const struct intake *intake, void (*fn)(void *data, const struct intake_total *total), void *data)
{
    streaks_each_total(intake->streaks, fn, data);
}

void intake_get_counts(const struct intake *intake, struct intake_counts *counts)
{
    *counts = intake->counts;
}
