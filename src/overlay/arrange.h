/*
 * arrange.h - gives every card of a scene its place (layout.h), and lets it go there without touching another one.
 * A card enters, moves or grows only where the way is free; it waits until who stands there has left. So no two cards
 * cover each other while they move either. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "overlay/layout.h"
#include "overlay/wants.h"

struct list;
struct stage;

struct arrangement {
    // What was last asked and answered: nothing is worked out again until a card asks for something else.
    struct layout_card cards[LAYOUT_CARDS_MAX];
    struct box boxes[LAYOUT_CARDS_MAX];
    size_t count;
    struct size room_of_track[CAPTION_TRACKS];  // at most needed so far, kept while it is silent
    bool is_held[CAPTION_TRACKS];
    bool is_unsettled;  // a card waits for its way to be free
    uint64_t layouts;   // how often places were worked out
};

/* Cards came, went, or want other room. nodes: all of the scene; is_held: wants.h. */
void arrange(struct arrangement *arrangement, const struct stage *stage, struct list *nodes, const bool is_held[CAPTION_TRACKS],
    int64_t now_ms, bool at_once);

/* A card is of another size than when it was last placed. */
bool arrange_is_due(const struct list *nodes);

/* Cards whose way is free now set off; true: others still wait. */
bool arrange_settle(struct arrangement *arrangement, struct list *nodes, int64_t now_ms, bool at_once);
