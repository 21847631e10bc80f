/* poll.* */
#include <stdlib.h>
#include <string.h>

#include "api/command.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "relay/moderation.h"
#include "relay/poll_platforms.h"
#include "relay/poll_recount.h"
#include "relay/polls.h"

static enum outcome outcome_of(bool is_done)
{
    return is_done ? COMMAND_DONE : COMMAND_FAILED;
}

/* --- Opening --- */

/* What is saved, with what the call says otherwise. */
static json_t *merge_saved(const struct call *call, struct error *err)
{
    const json_t *saved = polls_find_saved(call->api->relay->polls, (uint64_t)call_int(call, "saved"), err);
    json_t *merged = saved ? json_copy((json_t *)saved) : NULL;
    if (merged)
        json_object_update(merged, (json_t *)call->arguments);
    return merged;
}

/* "platforms": [] is all that can. */
static bool start_on_platforms(const struct call *call, uint64_t poll, struct error *err)
{
    const json_t *list = json_object_get(call->arguments, "platforms");
    size_t count = json_array_size(list);
    const char **sources = xcalloc(count + 1, sizeof(*sources));
    for (size_t i = 0; i < count; i++)
        sources[i] = json_string_value(json_array_get(list, i));
    bool is_done = poll_platforms_start(call->api->relay, poll, count > 0 ? sources : NULL, count, call->by, err);
    free(sources);
    return is_done;
}

static enum outcome open_draft(const struct call *call, const json_t *arguments, json_t **result, struct error *err)
{
    struct relay *relay = call->api->relay;
    struct poll_draft draft;
    if (call_bool(call, "on_air", false) && !moderation_may_air(relay, err))
        return COMMAND_FAILED;
    const struct poll *poll = poll_draft_read(arguments, &draft, err) ? polls_open(relay->polls, &draft, call->by, err) : NULL;
    if (!poll)
        return COMMAND_FAILED;
    uint64_t id = poll->id;
    if (call_bool(call, "on_air", false))
        polls_air(relay->polls, id, true, call->by, NULL);
    *result = json_pack("{s:I}", "id", (json_int_t)id);
    struct error platforms = {0};
    if (call_has(call, "platforms") && !start_on_platforms(call, id, &platforms))
        json_object_set_new(*result, "not_on_platforms", json_string(platforms.text));  // ours runs all the same
    return COMMAND_DONE;
}

static enum outcome open_poll(const struct call *call, json_t **result, struct error *err)
{
    if (!call_has(call, "saved"))
        return open_draft(call, call->arguments, result, err);
    json_t *merged = merge_saved(call, err);
    enum outcome outcome = merged ? open_draft(call, merged, result, err) : COMMAND_FAILED;
    json_decref(merged);
    return outcome;
}

/* --- The life of one --- */

/* A button knows no number: the one on air, else the newest that is open. 0: there is none. */
static uint64_t open_one(const struct polls *polls)
{
    const struct poll *on_air = polls_on_air(polls);
    if (on_air && on_air->state == POLL_OPEN)
        return on_air->id;
    for (size_t i = polls_count(polls); i > 0; i--) {
        if (polls_at(polls, i - 1)->state == POLL_OPEN)
            return polls_at(polls, i - 1)->id;
    }
    return 0;
}

static enum outcome close_poll(const struct call *call, json_t **result, struct error *err)
{
    struct relay *relay = call->api->relay;
    uint64_t id = call_has(call, "id") ? (uint64_t)call_int(call, "id") : open_one(relay->polls);
    if (id == 0) {
        error_set(err, ERROR_AGAIN, "no poll is open");
        return COMMAND_FAILED;
    }
    const struct poll *poll = polls_find(relay->polls, id);
    if (poll && poll->state == POLL_OPEN)
        poll_platforms_end(relay, id, call->by);
    return outcome_of(polls_close(relay->polls, id, call->by, err));
}

static enum outcome air_poll(const struct call *call, json_t **result, struct error *err)
{
    if (call_bool(call, "on_air", true) && !moderation_may_air(call->api->relay, err))
        return COMMAND_FAILED;
    return outcome_of(polls_air(call->api->relay->polls, (uint64_t)call_int(call, "id"), call_bool(call, "on_air", true),
                                call->by, err));
}

static enum outcome reveal_poll(const struct call *call, json_t **result, struct error *err)
{
    return outcome_of(polls_reveal(call->api->relay->polls, (uint64_t)call_int(call, "id"), call_bool(call, "on", true),
                                   call->by, err));
}

/* --- Kept for another day --- */

static enum outcome save_poll(const struct call *call, json_t **result, struct error *err)
{
    struct poll_draft draft;
    uint64_t id = poll_draft_read(call->arguments, &draft, err) ? polls_save(call->api->relay->polls, &draft, err) : 0;
    if (id == 0)
        return COMMAND_FAILED;
    *result = json_pack("{s:I}", "id", (json_int_t)id);
    return COMMAND_DONE;
}

static enum outcome list_saved(const struct call *call, json_t **result, struct error *err)
{
    struct buffer text = {0};
    polls_write_saved(call->api->relay->polls, &text);
    json_t *saved = json_parse(text.data, text.len, err);
    buffer_fini(&text);
    *result = saved ? json_pack("{s:o}", "saved", saved) : NULL;
    return outcome_of(saved != NULL);
}

static enum outcome forget_saved(const struct call *call, json_t **result, struct error *err)
{
    return outcome_of(polls_forget_saved(call->api->relay->polls, (uint64_t)call_int(call, "id"), err));
}

/* --- The platforms' own polls --- */

static enum outcome attach_native(const struct call *call, json_t **result, struct error *err)
{
    return outcome_of(polls_attach(call->api->relay->polls, (uint64_t)call_int(call, "id"), call_string(call, "source"),
                                   call_string(call, "native_id"), false, call->by, err));
}

static enum outcome adopt_native(const struct call *call, json_t **result, struct error *err)
{
    const struct poll *poll = polls_adopt(call->api->relay->polls, call_string(call, "source"),
                                          call_string(call, "native_id"), call->by, err);
    if (!poll)
        return COMMAND_FAILED;
    *result = json_pack("{s:I}", "id", (json_int_t)poll->id);
    return COMMAND_DONE;
}

/* --- Counted anew, and as a table --- */

static void give_recount(void *data, const struct poll_recounted *recounted, const struct error *err)
{
    struct reply *reply = data;
    reply->is_counting = false;
    if (err) {
        reply_failed(reply, err);
        return;
    }
    json_t *votes = json_array();
    for (size_t i = 0; recounted->poll && i < recounted->poll->option_count; i++)
        json_array_append_new(votes, json_integer((json_int_t)recounted->votes[i]));
    reply_done(reply, json_pack("{s:o,s:I,s:I,s:b}", "votes", votes, "total", (json_int_t)recounted->total, "messages",
                                (json_int_t)recounted->messages, "is_same", recounted->is_same));
}

static enum outcome recount_poll(const struct call *call, json_t **result, struct error *err)
{
    if (!poll_recount(call->api->relay->recounts, (uint64_t)call_int(call, "id"), call->by, give_recount, call->reply, err))
        return COMMAND_FAILED;
    call->reply->is_counting = true;
    return COMMAND_LATER;
}

static void give_part(void *data, struct str csv, uint64_t next, const struct error *err)
{
    struct reply *reply = data;
    reply->is_counting = false;
    if (err) {
        reply_failed(reply, err);
        return;
    }
    json_t *result = json_pack("{s:o}", "csv", json_stringn(csv.data, csv.len));
    if (next)
        json_object_set_new(result, "next", json_integer((json_int_t)next));
    reply_done(reply, result);
}

static enum outcome export_poll(const struct call *call, json_t **result, struct error *err)
{
    struct str format = call_text(call, "format");
    if (format.len > 0 && !str_equal(format, STR("csv"))) {
        error_set(err, ERROR_DATA, "format: only \"csv\" is known");
        return COMMAND_FAILED;
    }
    if (!poll_export(call->api->relay->recounts, (uint64_t)call_int(call, "id"), (uint64_t)call_int(call, "next"), give_part,
                     call->reply, err))
        return COMMAND_FAILED;
    call->reply->is_counting = true;
    return COMMAND_LATER;
}

#define DRAFT_ARGUMENTS(is_optional)                                                                              \
    {"question", ARGUMENT_TEXT, is_optional}, {"options", ARGUMENT_TEXTS, is_optional}, {"seconds", ARGUMENT_INT, true}, \
    {"question2", ARGUMENT_TEXT, true}, {"options2", ARGUMENT_TEXTS, true}, {"language", ARGUMENT_TEXT, true},    \
    {"language2", ARGUMENT_TEXT, true}, {"mode", ARGUMENT_TEXT, true}, {"hidden", ARGUMENT_OBJECT, true}

const struct command commands_poll[] = {
    {"poll.open", API_ROLE_MODERATOR,
     {DRAFT_ARGUMENTS(true), {"saved", ARGUMENT_ID, true}, {"platforms", ARGUMENT_TEXTS, true}, {"on_air", ARGUMENT_BOOL, true}},
     open_poll},
    {"poll.close", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID, true}}, close_poll},
    {"poll.air", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}, {"on_air", ARGUMENT_BOOL, true}}, air_poll},
    {"poll.reveal", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}, {"on", ARGUMENT_BOOL, true}}, reveal_poll},
    {"poll.save", API_ROLE_MODERATOR, {DRAFT_ARGUMENTS(false)}, save_poll},
    {"poll.saved", API_ROLE_MODERATOR, {{0}}, list_saved},
    {"poll.forget", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}}, forget_saved},
    {"poll.attach", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}, {"source", ARGUMENT_TEXT}, {"native_id", ARGUMENT_TEXT}}, attach_native},
    {"poll.adopt", API_ROLE_MODERATOR, {{"source", ARGUMENT_TEXT}, {"native_id", ARGUMENT_TEXT}}, adopt_native},
    {"poll.recount", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}}, recount_poll},
    {"poll.export", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}, {"format", ARGUMENT_TEXT, true}, {"next", ARGUMENT_ID, true}}, export_poll},
    {0},
};
