#include "relay/host_cards_private.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "relay/journal.h"
#include "relay/on_air.h"

/* A card waits for the journal. */
struct ticket {
    struct list link;  // in host_cards.tickets
    struct host_cards *cards;
    uint64_t airing;
};

/* --- Coming and going --- */

struct host_cards *host_cards_create(const struct host_cards_options *options)
{
    struct host_cards *cards = xcalloc(1, sizeof(*cards));
    cards->options = *options;
    list_init(&cards->tickets);
    host_cards_load(cards);
    return cards;
}

void host_card_destroy(struct host_card *card)
{
    if (!card)
        return;
    json_decref(card->content);
    free(card->changed_by);
    free(card);
}

void host_cards_destroy(struct host_cards *cards)
{
    if (!cards)
        return;
    struct ticket *ticket, *next;
    list_for_each_safe(ticket, next, &cards->tickets, link)  // the journal closes without giving its answers
        free(ticket);
    for (size_t i = 0; i < cards->count; i++)
        host_card_destroy(cards->items[i]);
    free(cards->items);
    free(cards);
}

struct host_card *host_cards_insert(struct host_cards *cards, struct host_card *card)
{
    cards->items = xreallocarray(cards->items, cards->count + 1, sizeof(*cards->items));
    cards->items[cards->count++] = card;
    if (card->id > cards->last_id)
        cards->last_id = card->id;
    if (card->aired_ms > cards->last_aired_ms)
        cards->last_aired_ms = card->aired_ms;
    return card;
}

/* --- The list --- */

size_t host_cards_count(const struct host_cards *cards)
{
    return cards->count;
}

const struct host_card *host_cards_at(const struct host_cards *cards, size_t index)
{
    return cards->items[index];
}

static size_t index_of(const struct host_cards *cards, uint64_t id)
{
    size_t index = 0;
    while (index < cards->count && cards->items[index]->id != id)
        index++;
    return index;
}

const struct host_card *host_cards_find(const struct host_cards *cards, uint64_t id)
{
    size_t index = index_of(cards, id);
    return index < cards->count ? cards->items[index] : NULL;
}

static struct host_card *find(struct host_cards *cards, uint64_t id, struct error *err)
{
    size_t index = index_of(cards, id);
    if (index < cards->count)
        return cards->items[index];
    error_set(err, ERROR_DATA, "there is no card %" PRIu64, id);
    return NULL;
}

bool host_cards_use_picture(const struct host_cards *cards, const char *name)
{
    for (size_t i = 0; i < cards->count; i++) {
        if (str_equal(host_card_text(cards->items[i], "picture"), str_from(name)))
            return true;
    }
    return false;
}

/* --- What is shown: on air, and in the journal --- */

bool host_card_has_same_place(const struct host_card *a, const struct host_card *b)
{
    return a->kind == b->kind && str_equal(host_card_text(a, "language"), host_card_text(b, "language"));
}

/* One that had to make room stays until the journal holds the other, so that nothing blinks between them. */
static bool may_stay(const struct host_cards *cards, const struct host_card *card)
{
    for (size_t i = 0; i < cards->count; i++) {
        const struct host_card *other = cards->items[i];
        if (other->is_on_air && !other->is_durable && host_card_has_same_place(card, other))
            return true;
    }
    return false;
}

static void settle(struct host_cards *cards)
{
    for (size_t i = 0; i < cards->count; i++) {
        struct host_card *card = cards->items[i];
        card->is_shown = card->is_on_air ? card->is_durable : card->is_shown && may_stay(cards, card);
    }
    cards->options.shown(cards->options.data);
}

static void handle_durable(void *data)
{
    struct ticket *ticket = data;
    struct host_cards *cards = ticket->cards;
    for (size_t i = 0; i < cards->count; i++) {
        if (cards->items[i]->airing == ticket->airing)
            cards->items[i]->is_durable = true;
    }
    list_remove(&ticket->link);
    free(ticket);
    settle(cards);
}

static void wait_durable(struct host_cards *cards, struct host_card *card)
{
    card->airing = ++cards->last_airing;
    card->is_durable = card->is_shown || !cards->options.journal;  // what the audience sees does not leave to come again
    card->waiting_ms = clock_monotonic_ms();
    if (card->is_durable)
        return;
    struct ticket *ticket = xmalloc(sizeof(*ticket));
    *ticket = (struct ticket){.cards = cards, .airing = card->airing};
    list_append(&cards->tickets, &ticket->link);
    journal_when_durable(cards->options.journal, handle_durable, ticket);
}

bool host_cards_is_waiting(const struct host_cards *cards)
{
    for (size_t i = 0; i < cards->count; i++) {
        if (cards->items[i]->is_on_air && !cards->items[i]->is_durable)
            return true;
    }
    return false;
}

void host_cards_handle_patience(struct host_cards *cards)
{
    int64_t now_ms = clock_monotonic_ms();
    bool is_late = false;
    for (size_t i = 0; i < cards->count; i++) {
        struct host_card *card = cards->items[i];
        if (card->is_on_air && !card->is_durable && now_ms - card->waiting_ms >= ON_AIR_PATIENCE_MS)
            card->is_durable = is_late = true;
    }
    if (!is_late)
        return;
    if (cards->options.late)
        cards->options.late(cards->options.data);
    settle(cards);
}

/* 2: in this language; 1: in none; 0: not for this view. */
static int fit(const struct host_card *card, struct str language)
{
    struct str own = host_card_text(card, "language"), second = host_card_text(card, "language2");
    if (own.len == 0 && second.len == 0)
        return 1;
    return language.len == 0 || str_equal(own, language) || str_equal(second, language) ? 2 : 0;
}

const struct host_card *host_cards_shown(const struct host_cards *cards, enum host_card_kind kind, const char *language)
{
    const struct host_card *best = NULL;
    int best_fit = 0;
    for (size_t i = 0; i < cards->count; i++) {
        const struct host_card *card = cards->items[i];
        int now = card->kind == kind && card->is_shown ? fit(card, str_from(language)) : 0;
        if (now > best_fit || (now > 0 && now == best_fit && card->aired_ms > best->aired_ms)) {
            best = card;
            best_fit = now;
        }
    }
    return best;
}

/* --- Changes --- */

void host_cards_end_change(struct host_cards *cards, struct host_card *card, const char *by)
{
    if (by) {
        free(card->changed_by);
        card->changed_by = xstrdup(by);
    }
    card->is_dirty = false;
    host_card_save(cards, card);
    cards->options.changed(cards->options.data, card);
    settle(cards);
}

void host_cards_remove_at(struct host_cards *cards, size_t index)
{
    struct host_card *card = cards->items[index];
    uint64_t id = card->id;
    memmove(&cards->items[index], &cards->items[index + 1], (--cards->count - index) * sizeof(*cards->items));
    host_card_drop(cards, card);
    host_card_destroy(card);
    settle(cards);  // off the air before anybody is told
    cards->options.removed(cards->options.data, id);
}

static void take_off(struct host_cards *cards, struct host_card *card, const char *by)
{
    card->is_on_air = false;
    if (card->kind == HOST_CARD_COUNTDOWN)
        host_countdown_set(card, 0);
    host_cards_end_change(cards, card, by);
}

static void make_room(struct host_cards *cards, const struct host_card *card, const char *by)
{
    for (size_t i = 0; card->is_on_air && i < cards->count; i++) {
        struct host_card *other = cards->items[i];
        if (other != card && other->is_on_air && host_card_has_same_place(card, other))
            take_off(cards, other, by);
    }
}

void host_cards_put_on_air(struct host_cards *cards, struct host_card *card, int64_t now_ms, const char *by)
{
    card->is_on_air = true;
    card->aired_ms = now_ms > cards->last_aired_ms ? now_ms : cards->last_aired_ms + 1;  // which came last is always known
    cards->last_aired_ms = card->aired_ms;
    if (card->kind == HOST_CARD_COUNTDOWN)
        host_countdown_set(card, now_ms);
    if (by) {
        free(card->changed_by);
        card->changed_by = xstrdup(by);
    }
    host_card_save(cards, card);  // before the others': a kill between the two leaves one too many, never none
    wait_durable(cards, card);    // likewise: they stay until it may be shown
    make_room(cards, card, by);
    cards->options.changed(cards->options.data, card);
    settle(cards);
}

static size_t count_prepared(const struct host_cards *cards)
{
    size_t count = 0;
    for (size_t i = 0; i < cards->count; i++)
        count += cards->items[i]->kind != HOST_CARD_SHOUTOUT;
    return count;
}

const struct host_card *host_cards_add(struct host_cards *cards, enum host_card_kind kind, const json_t *arguments,
                                       const char *by, struct error *err)
{
    assert(kind != HOST_CARD_SHOUTOUT);
    if (count_prepared(cards) >= HOST_CARDS_MAX) {
        error_set(err, ERROR_AGAIN, "%d cards are prepared: forget one first", HOST_CARDS_MAX);
        return NULL;
    }
    json_t *content = host_card_read_content(cards, kind, arguments, err);
    if (!content)
        return NULL;
    struct host_card *card = xcalloc(1, sizeof(*card));
    *card = (struct host_card){.id = cards->last_id + 1, .kind = kind, .content = content, .changed_by = xstrdup(by),
                               .counted_id = cards->last_message};
    if (kind == HOST_CARD_GOAL && !host_goal_read_now(card, arguments, err)) {
        host_card_destroy(card);
        return NULL;
    }
    if (kind == HOST_CARD_COUNTDOWN)
        host_countdown_set(card, clock_unix_ms());
    host_cards_insert(cards, card);
    host_cards_note_id(cards);
    host_cards_end_change(cards, card, by);
    return card;
}

bool host_cards_change(struct host_cards *cards, uint64_t id, const json_t *arguments, const char *by, struct error *err)
{
    struct host_card *card = find(cards, id, err);
    if (!card)
        return false;
    if (card->kind == HOST_CARD_SHOUTOUT)
        return error_set(err, ERROR_DATA, "card %" PRIu64 " is a shout-out: take it off and say it anew", id);
    json_t *content = host_card_merge_content(cards, card, arguments, err);
    if (!content || (card->kind == HOST_CARD_GOAL && !host_goal_read_now(card, arguments, err))) {
        json_decref(content);
        return false;
    }
    json_decref(card->content);
    card->content = content;
    card->counted_id = cards->last_message;
    if (card->kind == HOST_CARD_COUNTDOWN)
        host_countdown_set(card, clock_unix_ms());
    make_room(cards, card, by);  // its language may be another now
    host_cards_end_change(cards, card, by);
    return true;
}

bool host_cards_forget(struct host_cards *cards, uint64_t id, struct error *err)
{
    size_t index = index_of(cards, id);
    if (index == cards->count)
        return error_set(err, ERROR_DATA, "there is no card %" PRIu64, id);
    host_cards_remove_at(cards, index);
    host_shoutouts_go_on(cards, clock_unix_ms());
    return true;
}

bool host_cards_air(struct host_cards *cards, uint64_t id, bool is_on_air, const char *by, struct error *err)
{
    struct host_card *card = find(cards, id, err);
    int64_t now_ms = clock_unix_ms();
    if (!card)
        return false;
    if (card->kind == HOST_CARD_SHOUTOUT)
        return is_on_air ? error_set(err, ERROR_DATA, "card %" PRIu64 " is a shout-out: it comes by itself", id)
                         : host_cards_forget(cards, id, err);
    if (!is_on_air) {
        take_off(cards, card, by);
        return true;
    }
    if (card->kind == HOST_CARD_COUNTDOWN && !host_countdown_may_air(card, now_ms, err))
        return false;
    host_cards_put_on_air(cards, card, now_ms, by);
    return true;
}

void host_cards_clear(struct host_cards *cards, const char *by)
{
    for (size_t i = cards->count; i-- > 0;) {
        struct host_card *card = cards->items[i];
        if (card->kind == HOST_CARD_SHOUTOUT) {
            host_cards_remove_at(cards, i);
        } else if (card->is_on_air) {
            take_off(cards, card, by);
        }
    }
}

/* --- Time --- */

/* Of a card on air: when it changes by itself; 0: it does not. */
static int64_t end_of(const struct host_card *card)
{
    if (!card->is_on_air)
        return 0;
    return card->kind == HOST_CARD_SHOUTOUT ? card->until_ms : card->kind == HOST_CARD_COUNTDOWN && !card->is_over ? card->at_ms : 0;
}

static void end_card(struct host_cards *cards, size_t index)
{
    struct host_card *card = cards->items[index];
    if (card->kind == HOST_CARD_SHOUTOUT) {
        host_cards_remove_at(cards, index);
    } else if (host_card_text(card, "text_after").len > 0) {
        card->is_over = true;
        host_cards_end_change(cards, card, NULL);
    } else {
        take_off(cards, card, NULL);
    }
}

int64_t host_cards_handle_time(struct host_cards *cards, int64_t now_ms)
{
    int64_t next_ms = 0;
    for (size_t i = cards->count; i-- > 0;) {
        int64_t end_ms = end_of(cards->items[i]);
        if (end_ms != 0 && end_ms <= now_ms)
            end_card(cards, i);
    }
    host_shoutouts_go_on(cards, now_ms);
    for (size_t i = 0; i < cards->count; i++) {
        int64_t end_ms = end_of(cards->items[i]);
        if (end_ms != 0 && (next_ms == 0 || end_ms < next_ms))
            next_ms = end_ms;
    }
    return next_ms;
}
