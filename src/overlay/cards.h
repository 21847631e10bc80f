/* cards.h - every kind of card that there is: one file each, one line in this table. */
#pragma once

#include <stddef.h>

struct node_impl;

extern const struct node_impl
    card_alert_impl,
    card_captions_impl,
    card_chat_impl,
    card_countdown_impl,
    card_goal_impl,
    card_holding_impl,
    card_note_impl,
    card_poll_impl,
    card_qr_impl,
    card_question_impl,
    card_rules_impl,
    card_shoutout_impl,
    card_ticker_impl;

/* Back to front: where two meet, the later one is to be read. Ends with NULL. */
extern const struct node_impl *const cards[];

/* By its name, "question"; NULL: there is no such kind. */
const struct node_impl *cards_find(const char *name);
