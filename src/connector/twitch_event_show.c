/* twitch_event_show.c - polls, predictions, hype trains, followers, raids, and when a stream begins and ends. */
#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "connector/fields.h"
#include "connector/twitch_event.h"
#include "connector/twitch_reader.h"

enum { OPTIONS_MAX = 16 };

static bool ends_with(struct str text, const char *ending)
{
    size_t len = strlen(ending);
    return text.len >= len && memcmp(text.data + text.len - len, ending, len) == 0;
}

/* ---- polls: the same id again with each change ---- */

static void add_option(json_t *options, const json_t *choice, char *votes, size_t size)
{
    int64_t count = json_get_int(choice, "votes", 0);
    struct str title = field_text(choice, "title");
    json_t *option = json_object();
    count = count > 0 ? count : 0;
    json_object_set_new(option, "text", json_stringn(title.data ? title.data : "", title.len));
    json_object_set_new(option, "votes", json_integer(count));
    json_array_append_new(options, option);
    size_t len = strlen(votes);
    snprintf(votes + len, size - len, ",%lld", (long long)count);
}

/* The real end is told first; "archived" comes later and hides the poll. */
static bool is_told(struct twitch_events *events, struct str id, struct str status)
{
    if (str_equal(status, STR("archived")) && str_equal(id, str_from(events->ended_poll)))
        return true;
    if (id.len < sizeof(events->ended_poll)) {
        memcpy(events->ended_poll, id.data, id.len);
        events->ended_poll[id.len] = '\0';
    }
    return false;
}

bool twitch_event_poll(struct twitch_event *event, struct error *err)
{
    const json_t *choices = twitch_event_body(event, "choices"), *choice;
    bool is_end = ends_with(event->envelope->subscription, ".end");
    struct str id = twitch_event_text(event, "id"), status = twitch_event_text(event, "status");
    char votes[OPTIONS_MAX * 21 + 1] = "";
    size_t i;
    if (id.len == 0 || !json_is_array(choices))
        return error_set(err, ERROR_DATA, "a poll without id or choices");
    event->draft.kind = MESSAGE_POLL;
    event->draft.native_id = id;
    event->draft.text = twitch_event_text(event, "title");
    json_t *options = json_array();
    json_array_foreach (choices, i, choice) {
        if (i < OPTIONS_MAX)
            add_option(options, choice, votes, sizeof(votes));
    }
    twitch_reader_set_detail(event->reader, "options", options);
    twitch_reader_set_text(event->reader, "state", is_end ? STR("closed") : STR("open"));
    twitch_reader_set_text(event->reader, "result", status);
    int64_t ends_ms = twitch_json_time_ms(event->body, is_end ? "ended_at" : "ends_at", 0);
    if (ends_ms > 0)
        twitch_reader_set_int(event->reader, "ends_ms", ends_ms);
    twitch_event_set_key(event, "%.*s#%s%s", STR_ARGS(id), is_end ? "closed" : "open", votes);
    event->is_silent = is_end && is_told(event->events, id, status);
    return true;
}

/* ---- predictions ---- */

static json_t *outcomes_of(const json_t *outcomes, struct str winner)
{
    const json_t *outcome;
    json_t *options = json_array();
    size_t i;
    json_array_foreach (outcomes, i, outcome) {
        struct str title = field_text(outcome, "title");
        if (i == OPTIONS_MAX)
            break;
        json_t *option = json_object();
        json_object_set_new(option, "text", json_stringn(title.data ? title.data : "", title.len));
        json_object_set_new(option, "users", json_integer(json_get_int(outcome, "users", 0)));
        json_object_set_new(option, "points", json_integer(json_get_int(outcome, "channel_points", 0)));
        if (winner.len > 0 && str_equal(winner, field_text(outcome, "id")))
            json_object_set_new(option, "won", json_true());
        json_array_append_new(options, option);
    }
    return options;
}

/* No poll: nobody of ours votes in it, and its figures are points. */
bool twitch_event_prediction(struct twitch_event *event, struct error *err)
{
    struct str name = event->envelope->subscription, status = twitch_event_text(event, "status");
    const json_t *outcomes = twitch_event_body(event, "outcomes");
    if (!json_is_array(outcomes))
        return error_set(err, ERROR_DATA, "a prediction without outcomes");
    event->draft.kind = MESSAGE_NOTICE;
    event->draft.native_id = twitch_event_text(event, "id");
    event->draft.text = twitch_event_text(event, "title");
    twitch_reader_set_text(event->reader, "event", STR("prediction"));
    twitch_reader_set_text(event->reader, "state", ends_with(name, ".end") ? STR("closed")
                                                 : ends_with(name, ".lock") ? STR("locked") : STR("open"));
    twitch_reader_set_text(event->reader, "result", status);
    twitch_reader_set_detail(event->reader, "options",
                             outcomes_of(outcomes, twitch_event_text(event, "winning_outcome_id")));
    return true;
}

/* ---- hype trains: every contribution is told; we tell the levels ---- */

bool twitch_event_train(struct twitch_event *event, struct error *err)
{
    struct str name = event->envelope->subscription;
    int64_t level = json_get_int(event->body, "level", 0), total = json_get_int(event->body, "total", 0);
    bool is_begin = ends_with(name, ".begin"), is_end = ends_with(name, ".end");
    event->is_silent = !is_begin && !is_end && level == event->events->train_level;
    event->events->train_level = is_end ? 0 : level;
    event->draft.native_id = twitch_event_text(event, "id");
    twitch_event_notice(event, "hype_train", is_end ? "A hype train ended at level %lld" : "Hype train: level %lld",
                        (long long)level);
    twitch_reader_set_text(event->reader, "state", is_begin ? STR("open") : is_end ? STR("closed") : STR("progress"));
    twitch_reader_set_int(event->reader, "level", level);
    twitch_reader_set_int(event->reader, "total", total);
    return true;
}

/* ---- shared chat ---- */

bool twitch_event_shared_chat(struct twitch_event *event, struct error *err)
{
    bool is_end = ends_with(event->envelope->subscription, ".end");
    const json_t *participants = twitch_event_body(event, "participants"), *participant;
    json_t *channels = json_array();
    size_t i;
    json_array_foreach (participants, i, participant) {
        struct str login = field_text(participant, "broadcaster_user_login");
        if (login.len > 0 && i < OPTIONS_MAX)
            json_array_append_new(channels, json_stringn(login.data, login.len));
    }
    struct str host = twitch_event_text(event, "host_broadcaster_user_name");
    twitch_event_notice(event, "shared_chat", is_end ? "The chat shared by %.*s has ended" : "The chat is shared by %.*s",
                        STR_ARGS(host));
    twitch_reader_set_text(event->reader, "state", is_end ? STR("closed") : STR("open"));
    if (json_array_size(channels) > 0)
        twitch_reader_set_detail(event->reader, "channels", channels);
    else
        json_decref(channels);
    return true;
}

/* ---- the stream ---- */

bool twitch_event_online(struct twitch_event *event, struct error *err)
{
    twitch_event_notice(event, "stream_online", "The stream is live");
    twitch_event_copy(event, "stream", "id");
    twitch_event_copy(event, "type", "type");
    return true;
}

/* The chat stays open. The event has no id: its frame's stands in the key. */
bool twitch_event_offline(struct twitch_event *event, struct error *err)
{
    event->draft.kind = MESSAGE_END;
    return true;
}

bool twitch_event_update(struct twitch_event *event, struct error *err)
{
    struct str title = twitch_event_text(event, "title"), category = twitch_event_text(event, "category_name");
    twitch_event_notice(event, "channel_update", "%.*s (%.*s)", STR_ARGS(title), STR_ARGS(category));
    twitch_reader_set_text(event->reader, "title", title);
    twitch_reader_set_text(event->reader, "category", category);
    twitch_event_copy(event, "language", "language");
    return true;
}

/* ---- people ---- */

/* The same person may follow again: the time makes the key. */
bool twitch_event_follow(struct twitch_event *event, struct error *err)
{
    struct str when = twitch_event_text(event, "followed_at");
    event->draft.kind = MESSAGE_FOLLOW;
    twitch_event_set_author(event, "user");
    if (event->draft.author.id.len == 0)
        return error_set(err, ERROR_DATA, "channel.follow without user_id");
    if (when.len > 0)
        twitch_event_set_key(event, "follow:%.*s:%.*s", STR_ARGS(event->draft.author.id), STR_ARGS(when));
    return true;
}

/* Ours goes out, or another's comes in (that one IRC tells as well). */
bool twitch_event_raid(struct twitch_event *event, struct error *err)
{
    int64_t viewers = json_get_int(event->body, "viewers", 0);
    const json_t *condition = json_object_get(json_object_get(event->envelope->payload, "subscription"), "condition");
    struct str from = field_text(condition, "from_broadcaster_user_id");
    viewers = viewers > 0 ? viewers : 0;
    if (from.len > 0 || event->events->is_chat_elsewhere) {
        struct str to = twitch_event_text(event, "to_broadcaster_user_name");
        twitch_event_notice(event, "raid_out", "This channel's viewers went on to %.*s", STR_ARGS(to));
        twitch_event_copy(event, "channel", "to_broadcaster_user_login");
        twitch_event_copy(event, "channel_id", "to_broadcaster_user_id");
    } else {
        event->draft.kind = MESSAGE_RAID;
        twitch_event_set_author(event, "from_broadcaster_user");
    }
    twitch_reader_set_int(event->reader, "viewers", viewers);
    return true;
}
