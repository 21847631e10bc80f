#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "connector/discord_inside.h"

/*
 * Writing: by the webhook if there is one, else as the bot, into the first channel. Only the bot can answer a message,
 * delete, time out, ban and poll. Mentions in what we relay reach nobody: allowed_mentions is empty.
 */

enum { TIMEOUT_S_MAX = 28 * 24 * 3600, HOUR_S = 3600, POLL_HOURS_MAX = 768, ANSWERS_MAX = 10 };

static struct discord *get_discord(struct connector *base)
{
    return container_of(base, struct discord, base);
}

static uint64_t channel_of(const struct discord *discord)
{
    return discord->reader.channels[0];
}

static uint64_t guild_of(const struct discord *discord)
{
    const struct discord_guild *guild = discord_guild_of_channel(&discord->reader.guilds, channel_of(discord));
    return guild ? guild->id : 0;
}

const char *discord_can(struct connector *base, enum connector_act_kind kind)
{
    struct discord *discord = get_discord(base);
    bool has_webhook = discord->webhook && *discord->webhook;
    if (kind == CONNECTOR_CLEAR)
        return "Discord has no way to empty a channel";
    if (kind == CONNECTOR_SAY && has_webhook)
        return NULL;
    if (!discord_gateway_is_ready(discord->gateway))
        return "the bot is not connected";
    if (kind == CONNECTOR_TIMEOUT || kind == CONNECTOR_BAN || kind == CONNECTOR_UNBAN)
        return guild_of(discord) ? NULL : "the bot does not see the channel's server";
    return NULL;
}

/* ---- what is sent ---- */

struct order {
    const char *method;
    char path[200];
    json_t *body;  // NULL: none
};

static json_t *words(const char *text)
{
    return json_pack("{s:s, s:{s:[]}}", "content", text, "allowed_mentions", "parse");
}

/* A nonce makes a repetition harmless: Discord answers with the message that is there already. */
static json_t *message_body(const struct connector_task *task)
{
    json_t *body = words(task->act.text);
    json_object_set_new(body, "nonce", json_sprintf("%llx-%llu", (unsigned long long)clock_unix_ms() & 0xffffffff,
                                                    (unsigned long long)task->number));
    json_object_set_new(body, "enforce_nonce", json_true());
    if (task->act.native_id && *task->act.native_id && task->part == 0)
        json_object_set_new(body, "message_reference", json_pack("{s:s, s:b}", "message_id", task->act.native_id,
                                                                 "fail_if_not_exists", 0));
    return body;
}

static json_t *poll_body(const struct connector_act *act)
{
    json_t *answers = json_array();
    for (size_t i = 0; i < act->option_count && i < ANSWERS_MAX; i++)
        json_array_append_new(answers, json_pack("{s:{s:s}}", "poll_media", "text", act->options[i]));
    int64_t hours = (act->seconds + HOUR_S - 1) / HOUR_S;
    hours = hours < 1 ? 1 : hours > POLL_HOURS_MAX ? POLL_HOURS_MAX : hours;
    return json_pack("{s:{s:{s:s}, s:o, s:I, s:b}}", "poll", "question", "text", act->text, "answers", answers, "duration",
                     (json_int_t)hours, "allow_multiselect", 0);
}

static json_t *timeout_body(int64_t seconds)
{
    char until[CLOCK_RFC3339_BYTES];
    seconds = seconds > TIMEOUT_S_MAX ? TIMEOUT_S_MAX : seconds;
    clock_format_rfc3339(clock_unix_ms() + seconds * 1000, until);
    return json_pack("{s:s}", "communication_disabled_until", until);
}

static void order_say(struct discord *discord, const struct connector_task *task, struct order *order)
{
    order->method = "POST";
    snprintf(order->path, sizeof(order->path), "/channels/%" PRIu64 "/messages", channel_of(discord));
    bool is_answer = task->act.native_id && *task->act.native_id;
    bool has_bot = discord_gateway_is_ready(discord->gateway);
    // A webhook cannot answer: the bot does, if it is there.
    discord->writing.is_by_webhook = discord->webhook && *discord->webhook && !(is_answer && has_bot);
    order->body = discord->writing.is_by_webhook ? words(task->act.text) : message_body(task);
}

static void order_person(struct discord *discord, const struct connector_task *task, struct order *order)
{
    const struct connector_act *act = &task->act;
    const char *who = act->author_id ? act->author_id : "";
    bool is_timeout = act->kind == CONNECTOR_TIMEOUT;
    order->method = is_timeout ? "PATCH" : act->kind == CONNECTOR_BAN ? "PUT" : "DELETE";
    snprintf(order->path, sizeof(order->path), "/guilds/%" PRIu64 "/%s/%.24s", guild_of(discord),
             is_timeout ? "members" : "bans", who);
    if (act->kind != CONNECTOR_UNBAN)
        order->body = is_timeout ? timeout_body(act->seconds) : json_object();
}

static void make_order(struct discord *discord, const struct connector_task *task, struct order *order)
{
    const struct connector_act *act = &task->act;
    const char *id = act->native_id ? act->native_id : "";
    switch (act->kind) {
    case CONNECTOR_DELETE:
        order->method = "DELETE";
        snprintf(order->path, sizeof(order->path), "/channels/%" PRIu64 "/messages/%.24s", channel_of(discord), id);
        break;
    case CONNECTOR_POLL_END:
        order->method = "POST";
        snprintf(order->path, sizeof(order->path), "/channels/%" PRIu64 "/polls/%.24s/expire", channel_of(discord), id);
        break;
    case CONNECTOR_POLL_START:
        order->method = "POST";
        snprintf(order->path, sizeof(order->path), "/channels/%" PRIu64 "/messages", channel_of(discord));
        order->body = poll_body(act);
        break;
    case CONNECTOR_TIMEOUT:
    case CONNECTOR_BAN:
    case CONNECTOR_UNBAN: order_person(discord, task, order); break;
    default: order_say(discord, task, order); break;
    }
}

/* ---- what came of it ---- */

static void handle_written(void *data, const struct http_result *result)
{
    struct discord *discord = data;
    struct connector *base = &discord->base;
    uint64_t task = discord->writing.task;
    char text[300];
    discord->writing.request = NULL;
    discord_rest_text(result, text, sizeof(text));
    if (result->status >= 200 && result->status < 300) {
        json_t *body = result->len > 0 ? json_parse(result->body, result->len, NULL) : NULL;
        connector_task_done(base, task, CONNECTOR_ACCEPTED, json_get_text(body, "id"), "%s", "");
        json_decref(body);
    } else if (result->status == 429) {
        connector_task_again(base, task, discord_rest_wait_ms(result), "Discord asks us to write slower");
    } else if (result->status == 404 && discord->writing.is_by_webhook) {
        // Deleted: each further call would count as an invalid one.
        discord->webhook[0] = '\0';
        connector_set_remedy(base, "make a new webhook in the channel's settings (Integrations, Webhooks) and give its address");
        connector_task_done(base, task, CONNECTOR_DROPPED, NULL, "the webhook was deleted: %s", text);
    } else if (result->status >= 400 && result->status < 500) {
        connector_task_done(base, task, CONNECTOR_DROPPED, NULL, "%s", text);
    } else {
        connector_task_done(base, task, CONNECTOR_UNSURE, NULL, "%s", text);
    }
}

/* Ids stand in paths: they are numbers, or nothing is asked. */
static bool has_ids(const struct connector_act *act)
{
    bool needs_message = act->kind == CONNECTOR_DELETE || act->kind == CONNECTOR_POLL_END;
    bool needs_person = act->kind == CONNECTOR_TIMEOUT || act->kind == CONNECTOR_BAN || act->kind == CONNECTOR_UNBAN;
    return (!needs_message || discord_id_of(str_from(act->native_id))) &&
           (!needs_person || discord_id_of(str_from(act->author_id)));
}

void discord_act(struct connector *base, const struct connector_task *task)
{
    struct discord *discord = get_discord(base);
    if (!has_ids(&task->act)) {
        connector_task_done(base, task->number, CONNECTOR_DROPPED, NULL, "Discord has no such id");
        return;
    }
    struct order order = {0};
    struct error err = {0};
    discord->writing.task = task->number;
    discord->writing.is_by_webhook = false;
    http_cancel(discord->writing.request);
    make_order(discord, task, &order);
    char *whole = discord->writing.is_by_webhook
        ? xasprintf("%s%swait=true", discord->webhook, strchr(discord->webhook, '?') ? "&" : "?") : NULL;
    discord->writing.request = discord_rest(discord, order.method, whole ? whole : order.path, order.body, handle_written, &err);
    free(whole);
    if (!discord->writing.request)
        connector_task_done(base, task->number, CONNECTOR_UNABLE, NULL, "%s", err.text);
}
