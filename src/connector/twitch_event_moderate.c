/*
 * twitch_event_moderate.c - who was moderated by whom and why, and what AutoMod holds back.
 * IRC removes at once and names nobody; this comes a moment later with the moderator and the reason. Bans and
 * deletions may be said twice without harm. A room is not emptied twice: what was written in between would go.
 */
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/fields.h"
#include "connector/twitch_event.h"
#include "connector/twitch_reader.h"

static void set_moderator(struct twitch_event *event)
{
    struct str name = twitch_event_text(event, "moderator_user_name");
    twitch_reader_set_text(event->reader, "moderator",
                           name.len > 0 ? name : twitch_event_text(event, "moderator_user_login"));
    twitch_event_copy(event, "moderator_id", "moderator_user_id");
}

/* Whole seconds until then, at least one: a timeout of none would be for good. */
static int64_t seconds_until(const json_t *object, const char *key, int64_t from_ms)
{
    int64_t end_ms = twitch_json_time_ms(object, key, 0);
    if (end_ms == 0)
        return 0;
    return end_ms > from_ms + 1000 ? (end_ms - from_ms + 500) / 1000 : 1;
}

/* ---- channel.moderate ---- */

typedef bool (*action_fn)(struct twitch_event *event, const json_t *what, struct error *err);

static bool set_person(struct twitch_event *event, const json_t *what, struct error *err)
{
    event->draft.target.author_id = field_text(what, "user_id");
    twitch_reader_set_text(event->reader, "login", field_text(what, "user_login"));
    twitch_reader_set_text(event->reader, "name", field_text(what, "user_name"));
    twitch_reader_set_text(event->reader, "reason", field_text(what, "reason"));
    return event->draft.target.author_id.len > 0 ||
           error_set(err, ERROR_DATA, "channel.moderate without a person's user_id");
}

static bool read_ban(struct twitch_event *event, const json_t *what, struct error *err)
{
    event->draft.kind = MESSAGE_BAN;
    event->draft.target.seconds = seconds_until(what, "expires_at", event->envelope->time_ms);
    return set_person(event, what, err);
}

static bool read_unban(struct twitch_event *event, const json_t *what, struct error *err)
{
    event->draft.kind = MESSAGE_UNBAN;
    return set_person(event, what, err);
}

/* Carries the deleted text too: it is not passed on. */
static bool read_delete(struct twitch_event *event, const json_t *what, struct error *err)
{
    event->draft.kind = MESSAGE_DELETE;
    event->draft.target.native_id = field_text(what, "message_id");
    twitch_reader_set_text(event->reader, "login", field_text(what, "user_login"));
    return event->draft.target.native_id.len > 0 ||
           error_set(err, ERROR_DATA, "channel.moderate: a deletion without message_id");
}

static void set_notice(struct twitch_event *event, struct str action, struct str person)
{
    struct str by = twitch_event_text(event, "moderator_user_name");
    twitch_event_notice(event, "moderation", "%.*s: %.*s%s%.*s", STR_ARGS(by), STR_ARGS(action), person.len ? " " : "",
                        STR_ARGS(person));
    twitch_reader_set_text(event->reader, "action", action);
}

static bool read_clear(struct twitch_event *event, const json_t *what, struct error *err)
{
    if (event->events->is_room_elsewhere) {
        set_notice(event, STR("clear"), (struct str){0});
    } else {
        event->draft.kind = MESSAGE_CLEAR;
    }
    return true;
}

static action_fn find_action(struct str action)
{
    static const struct {
        const char *action;
        action_fn read;
    } table[] = {
        {"ban", read_ban}, {"timeout", read_ban}, {"unban", read_unban}, {"untimeout", read_unban},
        {"delete", read_delete}, {"clear", read_clear},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        if (str_equal(action, str_from(table[i].action)))
            return table[i].read;
    }
    return NULL;
}

/*
 * All others are told and act on nothing: room rules act by IRC, what a partner channel's moderators do in a shared
 * chat acts here through IRC's own lines. Terms are not told: a list of insults is no news.
 */
static bool read_other(struct twitch_event *event, struct str action, const json_t *what)
{
    struct str person = field_text(what, "user_name");
    struct str reason = field_text(what, "reason");
    set_notice(event, action, person);
    twitch_reader_set_text(event->reader, "name", person);
    twitch_reader_set_text(event->reader, "person_id", field_text(what, "user_id"));
    twitch_reader_set_text(event->reader, "reason", reason);
    twitch_reader_set_int(event->reader, "viewers", json_get_int(what, "viewer_count", -1));
    twitch_reader_set_int(event->reader, "seconds", json_get_int(what, "wait_time_seconds", -1));
    twitch_reader_set_int(event->reader, "minutes", json_get_int(what, "follow_duration_minutes", -1));
    event->draft.is_foreign = str_starts_with(action, STR("shared_chat_"));
    return true;
}

bool twitch_event_moderate(struct twitch_event *event, struct error *err)
{
    struct str action = twitch_event_text(event, "action");
    char key[64];
    if (action.len == 0 || action.len >= sizeof(key))
        return error_set(err, ERROR_DATA, "channel.moderate without action");
    memcpy(key, action.data, action.len);
    key[action.len] = '\0';
    const json_t *what = twitch_event_body(event, key);
    action_fn read = find_action(action);
    set_moderator(event);
    return read ? read(event, what, err) : read_other(event, action, what);
}

/* ---- channel.ban, channel.unban: where channel.moderate may not be read ---- */

bool twitch_event_ban(struct twitch_event *event, struct error *err)
{
    event->draft.kind = MESSAGE_BAN;
    set_moderator(event);
    if (!json_get_bool(event->body, "is_permanent", false))
        event->draft.target.seconds = seconds_until(event->body, "ends_at",
            twitch_json_time_ms(event->body, "banned_at", event->envelope->time_ms));
    return set_person(event, event->body, err);
}

bool twitch_event_unban(struct twitch_event *event, struct error *err)
{
    event->draft.kind = MESSAGE_UNBAN;
    set_moderator(event);
    return set_person(event, event->body, err);
}

/* ---- AutoMod ---- */

/* Version 2 says why in an object of its own; version 1 beside the rest. */
static void set_category(struct twitch_event *event)
{
    const json_t *automod = twitch_event_body(event, "automod");
    const json_t *from = json_is_object(automod) ? automod : event->body;
    twitch_event_copy(event, "reason", "reason");
    twitch_reader_set_text(event->reader, "category", field_text(from, "category"));
    twitch_reader_set_int(event->reader, "level", json_get_int(from, "level", -1));
}

/*
 * Nobody but moderators has seen it. Its words stand in detail.held, never in text, which chat boxes show; and when it
 * is let through it comes as chat under its own id, so this one has another.
 */
static bool begin_hold(struct twitch_event *event, const char *prefix, struct error *err)
{
    struct str id = twitch_event_text(event, "message_id");
    if (id.len == 0)
        return error_set(err, ERROR_DATA, "%.*s without message_id", STR_ARGS(event->envelope->subscription));
    twitch_event_set_author(event, "user");
    twitch_event_set_key(event, "%s:%.*s", prefix, STR_ARGS(id));
    event->draft.native_id = event->draft.event_key;
    twitch_reader_set_text(event->reader, "message", id);
    return true;
}

bool twitch_event_hold(struct twitch_event *event, struct error *err)
{
    if (!begin_hold(event, "hold", err))
        return false;
    twitch_event_notice(event, "automod_hold", "AutoMod holds back a message of %.*s", STR_ARGS(event->draft.author.name));
    set_category(event);
    const json_t *message = twitch_event_body(event, "message");
    twitch_reader_set_text(event->reader, "held", json_is_object(message) ? field_text(message, "text")
                                                                         : twitch_event_text(event, "message"));
    return true;
}

bool twitch_event_hold_update(struct twitch_event *event, struct error *err)
{
    struct str status = twitch_event_text(event, "status");
    if (!begin_hold(event, "held", err))
        return false;
    twitch_event_notice(event, "automod_update", "A message of %.*s that AutoMod held back: %.*s",
                        STR_ARGS(event->draft.author.name), STR_ARGS(status));
    twitch_event_copy(event, "status", "status");
    set_moderator(event);
    return true;
}
