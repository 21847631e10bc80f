/* twitch_event_money.c - bits, subscriptions, donations and channel points. */
#include "base/error.h"
#include "base/json.h"
#include "chat/emotes.h"
#include "connector/fields.h"
#include "connector/twitch_event.h"
#include "connector/twitch_reader.h"

/* ---- bits ---- */

bool twitch_event_cheer(struct twitch_event *event, struct error *err)
{
    event->draft.kind = MESSAGE_GIFT;
    twitch_event_set_author(event, "user");
    if (json_get_bool(event->body, "is_anonymous", false))
        twitch_reader_set_true(event->reader, "anonymous");
    event->draft.text = twitch_event_text(event, "message");
    if (!twitch_set_bits(&event->draft, json_get_int(event->body, "bits", 0)))
        return error_set(err, ERROR_DATA, "channel.cheer without bits");
    twitch_reader_add_cheers(event->reader, &event->draft);
    return true;
}

/*
 * Cheers, power-ups and combos. Beside IRC only what IRC does not count: cheers carry their bits there. A power-up's
 * words come as chat too; here they would outlive their deletion.
 */
bool twitch_event_bits_use(struct twitch_event *event, struct error *err)
{
    struct str type = twitch_event_text(event, "type");
    const json_t *power_up = twitch_event_body(event, "power_up");
    event->draft.kind = MESSAGE_GIFT;
    twitch_event_set_author(event, "user");
    if (event->events->is_chat_elsewhere && str_equal(type, STR("cheer"))) {
        event->is_silent = true;
        return true;
    }
    if (!event->events->is_chat_elsewhere)
        twitch_event_set_fragments(event, twitch_event_body(event, "message"));
    event->draft.kind = MESSAGE_GIFT;
    if (!twitch_set_bits(&event->draft, json_get_int(event->body, "bits", 0)))
        return error_set(err, ERROR_DATA, "channel.bits.use without bits");
    event->draft.money.item = field_text(power_up, "type");
    if (!str_equal(type, STR("cheer")))
        twitch_reader_set_text(event->reader, "event", type);
    return true;
}

/* A channel's own power-up; its form is not settled (2026-09). */
bool twitch_event_power_up(struct twitch_event *event, struct error *err)
{
    const json_t *power_up = twitch_event_body(event, "custom_power_up");
    if (!json_is_object(power_up))
        power_up = twitch_event_body(event, "power_up");
    int64_t bits = json_get_int(power_up, "bits", json_get_int(event->body, "bits", 0));
    struct str title = field_text(power_up, "title");
    twitch_event_set_author(event, "user");
    twitch_event_set_id(event, twitch_event_text(event, "id"));
    twitch_event_notice(event, "power_up", "%.*s used a power-up: %.*s", STR_ARGS(event->draft.author.name), STR_ARGS(title));
    twitch_reader_set_text(event->reader, "title", title);
    // channel.bits.use tells the same bits: they are counted there.
    if (bits > 0)
        twitch_reader_set_int(event->reader, "bits", bits);
    return true;
}

/* ---- members ---- */

static void begin_membership(struct twitch_event *event, const char *word)
{
    event->draft.kind = MESSAGE_MEMBERSHIP;
    twitch_event_set_author(event, "user");
    event->draft.money.item = twitch_plan_name(twitch_event_text(event, "tier"));
    twitch_reader_set_text(event->reader, "event", str_from(word));
}

/* Who was given one is in here as well: counted with the giver. */
bool twitch_event_subscribe(struct twitch_event *event, struct error *err)
{
    begin_membership(event, json_get_bool(event->body, "is_gift", false) ? "received" : "new");
    return true;
}

bool twitch_event_subscription_gift(struct twitch_event *event, struct error *err)
{
    int64_t count = json_get_int(event->body, "total", 1);
    begin_membership(event, "gifted");
    event->draft.money.count = count > 0 ? count : 1;
    twitch_reader_set_int(event->reader, "total", json_get_int(event->body, "cumulative_total", -1));
    if (json_get_bool(event->body, "is_anonymous", false))
        twitch_reader_set_true(event->reader, "anonymous");
    return true;
}

/* {"begin","end","id"}: inclusive, counted as IRC does, by code points. */
static void add_ranges(struct twitch_event *event, const json_t *emotes)
{
    struct code_points walk = code_points_of(event->draft.text);
    const json_t *item;
    size_t i;
    json_array_foreach (emotes, i, item) {
        struct emote emote = {.id = field_text(item, "id")};
        int64_t first = json_get_int(item, "begin", -1), last = json_get_int(item, "end", -1);
        emote.url = twitch_reader_emote_url(event->reader, emote.id);
        if (emote.url.len == 0 || first < 0 || last < first ||
            !code_points_range(&walk, (size_t)first, (size_t)last, &emote.from, &emote.to))
            continue;
        emote.name = (struct str){event->draft.text.data + emote.from, emote.to - emote.from};
        twitch_reader_add_emote(event->reader, &event->draft, &emote);
    }
}

bool twitch_event_subscription_message(struct twitch_event *event, struct error *err)
{
    const json_t *message = twitch_event_body(event, "message");
    begin_membership(event, "renewed");
    event->draft.text = field_text(message, "text");
    add_ranges(event, json_object_get(message, "emotes"));
    twitch_reader_set_int(event->reader, "months", json_get_int(event->body, "cumulative_months", -1));
    twitch_reader_set_int(event->reader, "streak_months", json_get_int(event->body, "streak_months", -1));
    return true;
}

bool twitch_event_subscription_end(struct twitch_event *event, struct error *err)
{
    twitch_event_set_author(event, "user");
    struct str tier = twitch_plan_name(twitch_event_text(event, "tier"));
    twitch_event_notice(event, "subscription_end", "The %.*s subscription of %.*s has ended", STR_ARGS(tier),
                        STR_ARGS(event->draft.author.name));
    twitch_reader_set_text(event->reader, "level", tier);
    return true;
}

/* ---- donations ---- */

bool twitch_event_donation(struct twitch_event *event, struct error *err)
{
    twitch_event_set_author(event, "user");
    twitch_event_set_id(event, twitch_event_text(event, "id"));
    if (!twitch_event_set_amount(event, twitch_event_body(event, "amount")))
        return error_set(err, ERROR_DATA, "channel.charity_campaign.donate without an amount");
    event->draft.money.item = twitch_event_text(event, "charity_name");
    twitch_reader_set_text(event->reader, "event", STR("charitydonation"));
    return true;
}

/* ---- channel points ---- */

/* What was typed comes as chat by IRC, with the reward's id: only there can it be deleted. */
static void set_input(struct twitch_event *event)
{
    if (!event->events->is_chat_elsewhere)
        twitch_event_copy(event, "input", "user_input");
}

bool twitch_event_redemption(struct twitch_event *event, struct error *err)
{
    const json_t *reward = twitch_event_body(event, "reward");
    struct str title = field_text(reward, "title");
    int64_t cost = json_get_int(reward, "cost", 0);
    twitch_event_set_author(event, "user");
    twitch_event_set_id(event, twitch_event_text(event, "id"));
    if (event->draft.native_id.len == 0)
        return error_set(err, ERROR_DATA, "a redemption without id");
    twitch_event_notice(event, "redemption", "%.*s redeemed %.*s (%lld)", STR_ARGS(event->draft.author.name),
                        STR_ARGS(title), (long long)cost);
    twitch_reader_set_text(event->reader, "reward", field_text(reward, "id"));
    twitch_reader_set_text(event->reader, "title", title);
    twitch_reader_set_int(event->reader, "points", cost);
    twitch_event_copy(event, "status", "status");
    set_input(event);
    return true;
}

/* Twitch's own rewards. Version 2 says channel_points where version 1 said cost. */
bool twitch_event_automatic_redemption(struct twitch_event *event, struct error *err)
{
    const json_t *reward = twitch_event_body(event, "reward");
    struct str type = field_text(reward, "type");
    int64_t cost = json_get_int(reward, "channel_points", json_get_int(reward, "cost", 0));
    twitch_event_set_author(event, "user");
    twitch_event_set_id(event, twitch_event_text(event, "id"));
    if (event->draft.native_id.len == 0)
        return error_set(err, ERROR_DATA, "a redemption without id");
    twitch_event_notice(event, "redemption", "%.*s redeemed %.*s (%lld)", STR_ARGS(event->draft.author.name),
                        STR_ARGS(type), (long long)cost);
    twitch_reader_set_text(event->reader, "title", type);
    twitch_reader_set_int(event->reader, "points", cost);
    set_input(event);
    return true;
}
