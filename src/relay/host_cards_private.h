/* host_cards_private.h - what the files behind host_cards.h share. */
#pragma once

#include "base/list.h"
#include "relay/host_cards.h"

struct host_cards {
    struct host_cards_options options;
    struct host_card **items;  // owned, oldest first
    size_t count;
    uint64_t last_id, last_airing, last_message;
    int64_t last_aired_ms;
    struct list tickets;       // cards that wait for the journal
    bool is_dirty;
};

/* host_cards.c */
struct host_card *host_cards_insert(struct host_cards *cards, struct host_card *card);  // takes it over
void host_card_destroy(struct host_card *card);
bool host_card_has_same_place(const struct host_card *a, const struct host_card *b);  // one of them is on air
void host_cards_end_change(struct host_cards *cards, struct host_card *card, const char *by);  // saves and tells; NULL: as before
void host_cards_remove_at(struct host_cards *cards, size_t index);
void host_cards_put_on_air(struct host_cards *cards, struct host_card *card, int64_t now_ms, const char *by);

/* host_card_content.c: a new reference, or NULL and err. */
json_t *host_card_read_content(const struct host_cards *cards, enum host_card_kind kind, const json_t *arguments,
                               struct error *err);
json_t *host_card_merge_content(const struct host_cards *cards, const struct host_card *card, const json_t *arguments,
                                struct error *err);
void host_card_add_content(const struct host_card *card, bool is_on_air, json_t *object);  // on air without what is private

/* The kinds' own rules. `content` has the right members with the right types. */
bool host_goal_check(const json_t *content, struct error *err);           // host_card_goal.c
bool host_goal_read_now(struct host_card *card, const json_t *arguments, struct error *err);
bool host_countdown_check(const json_t *content, struct error *err);      // host_card_countdown.c
void host_countdown_set(struct host_card *card, int64_t now_ms);          // at_ms and is_over, by content and aired_ms
bool host_countdown_may_air(const struct host_card *card, int64_t now_ms, struct error *err);
void host_shoutouts_go_on(struct host_cards *cards, int64_t now_ms);      // host_card_shoutout.c: the first goes on air

/* host_card_store.c */
void host_cards_load(struct host_cards *cards);
void host_card_save(const struct host_cards *cards, const struct host_card *card);
void host_card_drop(const struct host_cards *cards, const struct host_card *card);
void host_cards_note_id(const struct host_cards *cards);
