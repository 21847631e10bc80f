/*
 * Goals: what is counted, and how. Money counts in its own currency only. Of a streak the increase counts; history and the
 * gifts to a partner's channel do not. What was given stays counted when its message is deleted: the words go, the gift was
 * made. Whoever thinks otherwise sets the number by hand.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/json.h"
#include "chat/message.h"
#include "chat/money.h"
#include "relay/host_cards_private.h"
#include "relay/queue.h"

/* What a panel's numbers hold exactly: 2^53. In money nine thousand million. */
#define GOAL_MAX INT64_C(9007199254740991)

static bool is_money(const json_t *content)
{
    const char *unit = json_get_text(content, "unit");
    return unit && strcmp(unit, "money") == 0;
}

static bool check_unit(const json_t *content, struct error *err)
{
    const char *unit = json_get_text(content, "unit"), *currency = json_get_text(content, "currency");
    if (strcmp(unit, "money") != 0 && strcmp(unit, "count") != 0)
        return error_set(err, ERROR_DATA, "unit \"%.20s\": \"money\" or \"count\" is expected", unit);
    if (!is_money(content))
        return !currency || error_set(err, ERROR_DATA, "currency: only a goal of unit \"money\" has one");
    return money_is_currency(str_from(currency ? currency : "")) ||
           error_set(err, ERROR_DATA, "currency \"%.10s\": three letters like \"EUR\" are expected", currency ? currency : "");
}

/* "follows", "members", "gifts", or what a platform counts in: "bits". */
static bool check_what(const json_t *content, struct error *err)
{
    const char *what = json_get_text(content, "what");
    if (!what)
        return true;
    if (is_money(content))
        return error_set(err, ERROR_DATA, "what: a goal of unit \"money\" counts money");
    for (const char *at = what; *at; at++) {
        if (!islower((unsigned char)*at) && !isdigit((unsigned char)*at) && *at != '_')
            return error_set(err, ERROR_DATA, "what \"%.30s\": \"follows\", \"members\", \"gifts\", or a platform's unit like \"bits\"", what);
    }
    return true;
}

bool host_goal_check(const json_t *content, struct error *err)
{
    int64_t target = json_get_int(content, "target", 0);
    if (target < 1 || target > GOAL_MAX)
        return error_set(err, ERROR_DATA, "target %" PRId64 ": 1 to %" PRId64 " is possible", target, GOAL_MAX);
    return check_unit(content, err) && check_what(content, err);
}

bool host_goal_read_now(struct host_card *card, const json_t *arguments, struct error *err)
{
    const json_t *now = json_object_get(arguments, "now");
    if (!now || json_is_null(now))
        return true;
    if (!json_is_integer(now) || json_integer_value(now) < 0 || json_integer_value(now) > GOAL_MAX)
        return error_set(err, ERROR_DATA, "now: a whole number from 0 to %" PRId64 " is expected", GOAL_MAX);
    card->now = json_integer_value(now);
    return true;
}

bool host_card_is_reached(const struct host_card *card)
{
    return card->now >= json_get_int(card->content, "target", INT64_MAX);
}

static void add(struct host_card *card, int64_t amount)
{
    int64_t room = GOAL_MAX - card->now;
    card->now = amount > room ? GOAL_MAX : amount < -card->now ? 0 : card->now + amount;
}

bool host_cards_count_by_hand(struct host_cards *cards, uint64_t id, int64_t amount, const char *by, struct error *err)
{
    struct host_card *card = (struct host_card *)host_cards_find(cards, id);
    if (!card || card->kind != HOST_CARD_GOAL)
        return error_set(err, ERROR_DATA, "there is no goal %" PRIu64, id);
    if (amount > GOAL_MAX || amount < -GOAL_MAX)
        return error_set(err, ERROR_DATA, "amount: at most %" PRId64 " either way", GOAL_MAX);
    add(card, amount);
    card->counted_id = cards->last_message;
    host_cards_end_change(cards, card, by);
    return true;
}

/* --- By itself --- */

/* One who came, who stays or was given a membership. `received` was counted with its giver; a milestone is a memory. */
static int64_t count_members(const struct message *message, const struct queue_gift *gift)
{
    const char *event = json_get_text(message->is.detail, "event");
    if (message->is.kind != MESSAGE_MEMBERSHIP)
        return 0;
    if (event && (strcmp(event, "received") == 0 || strcmp(event, "milestone") == 0))
        return 0;
    bool is_given = event && (strcmp(event, "gifted") == 0 || strcmp(event, "boost") == 0);
    return is_given && gift && gift->count > 0 ? gift->count : 1;
}

static bool is_named(struct str text, struct str name)
{
    return text.len == name.len && text.len > 0 && strncasecmp(text.data, name.data, text.len) == 0;
}

/* Pieces; what has no number is one. */
static int64_t count_pieces(const struct message *message, const struct queue_gift *gift)
{
    if (message->is.kind != MESSAGE_GIFT)
        return 0;
    return !gift ? 1 : gift->count > 0 ? gift->count : gift->is_more ? 0 : 1;
}

/* Money and units come with a gift, or with a membership that says its price. */
static int64_t count_money(const struct host_card *card, const struct message *message, const struct queue_gift *gift)
{
    if (!gift)
        return 0;
    if (is_money(card->content))
        return is_named(message->is.money.currency, host_card_text(card, "currency")) ? gift->micros : 0;
    return is_named(message->is.money.unit, host_card_text(card, "what")) ? gift->units : 0;
}

static int64_t count(const struct host_card *card, const struct message *message, const struct queue_gift *gift)
{
    struct str what = host_card_text(card, "what");
    if (str_equal(what, STR("follows")))
        return message->is.kind == MESSAGE_FOLLOW;
    if (str_equal(what, STR("members")))
        return count_members(message, gift);
    if (str_equal(what, STR("gifts")))
        return count_pieces(message, gift);
    return count_money(card, message, gift);
}

/* Nearly all messages are chat: they cost no look at the cards. */
static bool may_count(const struct message *message, const struct queue_gift *gift)
{
    enum message_kind kind = message->is.kind;
    bool is_event = gift || kind == MESSAGE_GIFT || kind == MESSAGE_MEMBERSHIP || kind == MESSAGE_FOLLOW;
    return is_event && !message->is.is_history && !message->is.is_foreign;
}

void host_cards_handle_message(struct host_cards *cards, const struct message *message, const struct queue_gift *gift)
{
    if (message->id > cards->last_message)
        cards->last_message = message->id;
    if (!may_count(message, gift))
        return;
    for (size_t i = 0; i < cards->count; i++) {
        struct host_card *card = cards->items[i];
        int64_t amount = card->kind == HOST_CARD_GOAL && message->id > card->counted_id ? count(card, message, gift) : 0;
        if (amount <= 0)
            continue;
        add(card, amount);
        card->counted_id = message->id;
        card->is_dirty = true;
        if (!cards->is_dirty) {
            cards->is_dirty = true;
            cards->options.dirty(cards->options.data);
        }
    }
}

void host_cards_flush(struct host_cards *cards)
{
    if (!cards->is_dirty)
        return;
    cards->is_dirty = false;
    for (size_t i = 0; i < cards->count; i++) {
        if (cards->items[i]->is_dirty)
            host_cards_end_change(cards, cards->items[i], NULL);
    }
}
