/* twitch_subscribe.c - the subscriptions of one session: asked for one by one, orphans removed, refusals remembered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "connector/fields.h"
#include "connector/twitch_eventsub_inside.h"
#include "connector/twitch_reader.h"
#include "net/form.h"

enum { RETRY_MS = 2000 };

static void ask_next(struct twitch_eventsub *eventsub);

/* ---- what is wanted ---- */

static bool is_own_channel(const struct twitch_eventsub *eventsub)
{
    return strcmp(login_account_id(eventsub->options.helix->login), eventsub->broadcaster_id) == 0;
}

static bool is_refused(const struct twitch_eventsub *eventsub, const char *name)
{
    const struct twitch_event_type *type;
    for (size_t i = 0; (type = twitch_event_type_at(i)); i++) {
        if (strcmp(type->name, name) == 0)
            return eventsub->states[i] != TWITCH_ENABLED;
    }
    return true;
}

/* False: it is not to be asked for, and nothing is missing by that. */
static bool is_wanted(struct twitch_eventsub *eventsub, const struct twitch_event_type *type, size_t index)
{
    if (type->is_by_irc || (type->is_otherwise && !is_refused(eventsub, "channel.moderate")))
        return false;
    // In another's channel only what anybody may know, and what its moderators may.
    if (*type->scopes && type->condition == TWITCH_OF_BROADCASTER && !is_own_channel(eventsub))
        return false;
    if (twitch_helix_may(eventsub->options.helix, type->scopes))
        return true;
    eventsub->states[index] = TWITCH_UNSCOPED;
    return false;
}

static json_t *condition_of(const struct twitch_eventsub *eventsub, const struct twitch_event_type *type)
{
    const char *broadcaster = eventsub->broadcaster_id, *account = login_account_id(eventsub->options.helix->login);
    switch (type->condition) {
    case TWITCH_AS_USER:
        return json_pack("{s:s,s:s}", "broadcaster_user_id", broadcaster, "user_id", account);
    case TWITCH_AS_MODERATOR:
        return json_pack("{s:s,s:s}", "broadcaster_user_id", broadcaster, "moderator_user_id", account);
    case TWITCH_RAID_FROM:
        return json_pack("{s:s}", "from_broadcaster_user_id", broadcaster);
    case TWITCH_OF_BROADCASTER:
        break;
    }
    return json_pack("{s:s}", "broadcaster_user_id", broadcaster);
}

/* ---- an orphan: a subscription of a dead session that Twitch still holds ---- */

static const char *find_orphan(const struct twitch_eventsub *eventsub, const json_t *data, const char *type)
{
    const json_t *item;
    size_t i;
    json_array_foreach (data, i, item) {
        const json_t *transport = json_object_get(item, "transport");
        const char *session = json_get_text(transport, "session_id"), *name = json_get_text(item, "type");
        if (session && name && strcmp(name, type) == 0 && strcmp(session, twitch_feed_session(eventsub->current)) != 0)
            return json_get_text(item, "id");
    }
    return NULL;
}

static void settle(struct twitch_eventsub *eventsub, enum twitch_subscription state)
{
    eventsub->states[eventsub->at++] = state;
    eventsub->has_cleared = false;
    ask_next(eventsub);
}

static void handle_removed(void *data, const struct twitch_answer *answer)
{
    struct twitch_eventsub *eventsub = data;
    eventsub->has_cleared = true;
    ask_next(eventsub);  // the same type once more; if it is still in the way, that is the end of it
}

static void handle_listed(void *data, const struct twitch_answer *answer)
{
    struct twitch_eventsub *eventsub = data;
    const struct twitch_event_type *type = twitch_event_type_at(eventsub->at);
    const char *id = find_orphan(eventsub, json_object_get(answer->json, "data"), type->name);
    if (!id) {
        // What is in the way is our own: an answer of ours was lost, and it is there.
        settle(eventsub, answer->error.code == ERROR_NONE ? TWITCH_ENABLED : TWITCH_REFUSED);
        return;
    }
    struct buffer target = {0};
    buffer_add_string(&target, "/eventsub/subscriptions?id=");
    form_escape(&target, id, strlen(id));
    buffer_add_char(&target, '\0');
    twitch_call_start(&eventsub->call, eventsub->options.helix, "DELETE", target.data, NULL, handle_removed, eventsub);
    buffer_fini(&target);
}

static void list_orphans(struct twitch_eventsub *eventsub, const struct twitch_event_type *type)
{
    char target[160];
    snprintf(target, sizeof(target), "/eventsub/subscriptions?type=%s", type->name);
    twitch_call_start(&eventsub->call, eventsub->options.helix, "GET", target, NULL, handle_listed, eventsub);
}

/* ---- asking ---- */

static void ask_later(void *data)
{
    ask_next(data);
}

static void handle_answer(void *data, const struct twitch_answer *answer)
{
    struct twitch_eventsub *eventsub = data;
    const struct twitch_event_type *type = twitch_event_type_at(eventsub->at);
    if (answer->error.code == ERROR_NONE) {
        if (strcmp(type->name, "channel.charity_campaign.donate") == 0)
            eventsub->options.events->reader->is_charity_elsewhere = true;
        settle(eventsub, TWITCH_ENABLED);
    } else if (answer->status == 409 && !eventsub->has_cleared) {
        list_orphans(eventsub, type);
    } else if (answer->status == 401 && !answer->json) {
        // The login's own trouble: it says so itself, and this session will be closed for want of use.
        twitch_eventsub_say(eventsub, "events: %s", answer->error.text);
    } else if (answer->error.code == ERROR_AGAIN && (answer->status != 429 || answer->retry_ms > 0)) {
        timer_start(&eventsub->again, answer->retry_ms > RETRY_MS ? answer->retry_ms : RETRY_MS);
    } else {
        log_info("connector", "%s: no events of %s: %s", eventsub->options.base->source, type->name, answer->error.text);
        settle(eventsub, TWITCH_REFUSED);
    }
}

static void ask(struct twitch_eventsub *eventsub, const struct twitch_event_type *type)
{
    json_t *request = json_pack("{s:s,s:s,s:o,s:{s:s,s:s}}", "type", type->name, "version", type->version, "condition",
                                condition_of(eventsub, type), "transport", "method", "websocket", "session_id",
                                twitch_feed_session(eventsub->current));
    char *body = json_dumps(request, JSON_COMPACT);
    twitch_call_start(&eventsub->call, eventsub->options.helix, "POST", "/eventsub/subscriptions", body, handle_answer,
                      eventsub);
    free(body);
    json_decref(request);
}

static void ask_next(struct twitch_eventsub *eventsub)
{
    const struct twitch_event_type *type;
    while ((type = twitch_event_type_at(eventsub->at)) && !is_wanted(eventsub, type, eventsub->at))
        eventsub->at++;
    if (type) {
        ask(eventsub, type);
    } else {
        eventsub->is_complete = true;
        twitch_eventsub_handle_complete(eventsub);
    }
}

void twitch_subscribe_begin(struct twitch_eventsub *eventsub)
{
    twitch_subscribe_stop(eventsub);
    memset(eventsub->states, 0, sizeof(eventsub->states));
    eventsub->at = 0;
    eventsub->is_complete = eventsub->has_cleared = false;
    eventsub->options.events->reader->is_charity_elsewhere = false;
    timer_init(&eventsub->again, eventsub->options.base->options.loop, ask_later, eventsub);
    ask_next(eventsub);
}

void twitch_subscribe_stop(struct twitch_eventsub *eventsub)
{
    twitch_call_cancel(&eventsub->call);
    timer_stop(&eventsub->again);
}

void twitch_subscribe_revoke(struct twitch_eventsub *eventsub, const struct twitch_envelope *envelope)
{
    const struct twitch_event_type *type;
    struct str status = field_text(json_object_get(envelope->payload, "subscription"), "status");
    for (size_t i = 0; (type = twitch_event_type_at(i)); i++) {
        if (str_equal(str_from(type->name), envelope->subscription))
            eventsub->states[i] = TWITCH_REVOKED;
    }
    log_warn("connector", "%s: Twitch ends the events of %.*s: %.*s", eventsub->options.base->source,
             STR_ARGS(envelope->subscription), STR_ARGS(status));
}
