/* The host's own cards in the on-air state: of each kind the one that this view may show. */
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "relay/host_cards.h"
#include "relay/on_air_private.h"

static const struct {
    enum host_card_kind kind;
    enum on_air_cards card;
} kinds[] = {
    {HOST_CARD_SHOUTOUT, ON_AIR_SHOUTOUT}, {HOST_CARD_GOAL, ON_AIR_GOAL}, {HOST_CARD_COUNTDOWN, ON_AIR_COUNTDOWN},
    {HOST_CARD_RULES, ON_AIR_RULES},       {HOST_CARD_QR, ON_AIR_QR},     {HOST_CARD_NOTE, ON_AIR_NOTE},
};

/* A shout-out without its name would be none: where a platform may not be named, there is no card. */
static bool may_name(const struct on_air_view *view, const struct host_card *card)
{
    struct str platform = host_card_text(card, "platform");
    bool is_own = platform.len == 0 || view->platform_count == 0 || view->foreign == ON_AIR_FOREIGN_SHOWN;
    for (size_t i = 0; !is_own && i < view->platform_count; i++)
        is_own = str_equal(str_from(view->platforms[i]), platform);
    return is_own;
}

void on_air_add_host_cards(const struct host_cards *cards, const struct on_air_view *view, size_t view_start, struct buffer *out)
{
    unsigned wanted = view->cards ? view->cards : ON_AIR_USUAL;
    const char *language = view->language_count > 0 ? view->languages[0] : NULL;
    for (size_t i = 0; cards && i < ARRAY_LENGTH(kinds); i++) {
        const struct host_card *card = wanted & kinds[i].card ? host_cards_shown(cards, kinds[i].kind, language) : NULL;
        if (!card || !may_name(view, card))
            continue;
        buffer_printf(out, "%s\"%s\":", out->len > view_start ? "," : "", host_card_kind_name(card->kind));
        host_card_write_on_air(card, out);
    }
}
