#include "overlay/cards.h"

#include <string.h>

#include "overlay/node.h"

const struct node_impl *const cards[] = {
    &card_ticker_impl,
    &card_chat_impl,
    &card_goal_impl,
    &card_poll_impl,
    &card_qr_impl,
    &card_note_impl,
    &card_rules_impl,
    &card_holding_impl,
    &card_countdown_impl,
    &card_shoutout_impl,
    &card_question_impl,
    &card_captions_impl,
    &card_alert_impl,
    NULL,
};

const struct node_impl *cards_find(const char *name)
{
    for (size_t i = 0; cards[i]; i++) {
        if (strcmp(cards[i]->name, name) == 0)
            return cards[i];
    }
    return NULL;
}
