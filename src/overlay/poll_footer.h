/*
 * poll_footer.h - the line below a poll's options: how many voted, on which platforms, and how long it stays open. Also
 * the thin line in an option's bar that tells the platforms apart. Part of a card. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "painter/painter.h"

struct canvas;
struct node;
struct text_layout;
struct theme_card;

enum { POLL_PLATFORMS_MAX = 6, POLL_OPTIONS_MAX = 10 };

struct poll_platform {
    char *name;                       // owned
    struct text_layout *initial;      // owned; NULL: the theme has its mark
    struct color color;               // of its part in a bar
    int64_t votes[POLL_OPTIONS_MAX];
};

/* {0} is empty. */
struct poll_footer {
    struct node *node;                // borrowed, these two
    const struct theme_card *look;
    struct box box;                   // in the layer; the card says where
    struct text_layout *total, *left; // owned
    struct poll_platform platforms[POLL_PLATFORMS_MAX];
    size_t platform_count;
    int64_t votes_shown, seconds_shown;
    int64_t closes_ms;                // Unix; 0: by hand
    bool is_rtl, is_open, is_hidden;
};

/* For a new layout; the box is set afterwards. */
void poll_footer_begin(struct poll_footer *footer, struct node *node, const struct theme_card *look, bool is_rtl);
void poll_footer_fini(struct poll_footer *footer);  // accepts {0}, leaves it

/* What the relay says of the poll; damages the line if it looks otherwise now. */
void poll_footer_take(struct poll_footer *footer, const json_t *state);

/* votes: in all, as they are shown now. Damages what changed; asks to be advanced again with the next second. */
void poll_footer_advance(struct poll_footer *footer, int64_t votes, int64_t now_ms);
void poll_footer_paint(const struct poll_footer *footer, struct canvas *layer);

int poll_footer_height(const struct theme_card *look);

/* The platforms' parts of an option's votes, along the lower edge of its bar. */
void poll_footer_paint_split(const struct poll_footer *footer, struct canvas *layer, size_t option, const struct box *bar);
