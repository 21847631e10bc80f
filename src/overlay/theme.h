/*
 * theme.h - how cards look: colours, sizes, places, motion, platform marks.
 * A theme file is JSON and changes what it names; all else is the built-in theme, which assets/themes/evening.json
 * spells out. Lengths are px of a picture 1080 px on its shorter side, and are scaled to the view's size when loaded.
 * Immutable once loaded. docs/themes.md lists the keys. Thread: its owner's.
 */
#pragma once

#include "painter/painter.h"

struct error;

enum theme_kind {
    THEME_QUESTION,
    THEME_POLL,
    THEME_CAPTIONS,
    THEME_CHAT,
    THEME_TICKER,
    THEME_ALERT,
    THEME_SHOUTOUT,
    THEME_GOAL,
    THEME_COUNTDOWN,
    THEME_RULES,
    THEME_QR,
    THEME_NOTE,
    THEME_KINDS,
};

/* Where a card is held: -1 left or top, 0 middle, 1 right or bottom. */
struct theme_anchor {
    int across, down;
};

/* Every kind of card uses the members that it has a use for. */
struct theme_card {
    struct theme_anchor anchor;
    int x_px, y_px;              // distance from the anchored edges; from the middle where it is 0
    int width_min_px, width_max_px;
    int radius_px;
    int padding_x_px, padding_y_px;
    int gap_px;                  // between the parts of the card
    int text_px, text_min_px;    // of the em; shrinks that far before it is cut
    int text_lines;
    int leading;                 // from line to line, hundredths of the em; wider where the script needs it
    int small_px;                // name of an author, counts
    int mark_px;                 // platform mark
    int row_px, row_gap_px, row_radius_px;  // an option of a poll
    int bar_px;                  // the accent beside a question
    int items;                   // lines of chat at most, alerts that wait at most; 0: no bound but the room
    int stay_s;                  // that a line of chat stands; 0: until newer ones push it out
    int quiet_ms;                // between two alerts
    int speed_px;                // a second, of what runs through the ticker
    int outline_px;              // around the letters of subtitles, with a soft shadow; 0: none
    int enter_ms, leave_ms, rise_px;
};

struct theme_mark {
    char *platform;  // owned: "twitch"
    struct color color, ink;
    struct point *points;  // owned; rings in a square of 24 x 24
    size_t point_count;
};

struct theme {
    struct color card_top, card_bottom, hairline, shadow;
    struct color text, text_soft, accent, accent_to;
    struct color track, fill, fill_to, leader, leader_to;
    struct color caption_box, caption_text, caption_outline;
    struct color mark, mark_ink;  // of platforms that the theme does not know
    int hairline_px, shadow_px, shadow_dy_px;
    int safe_px, between_px;      // from the view's edges, where the view says nothing else; from card to card
    int count_ms;                 // that a changed count takes to arrive
    struct theme_card cards[THEME_KINDS];
    struct theme_mark *marks;     // owned
    size_t mark_count;
};

/* path NULL: the built-in theme. NULL: err names file, key and what is expected. */
struct theme *theme_load(const char *path, int width_px, int height_px, struct error *err);

/* From memory, as if read from `path`. */
struct theme *theme_parse(const char *path, const char *text, size_t len, int width_px, int height_px,
    struct error *err);
void theme_destroy(struct theme *theme);  // accepts NULL

/* NULL: the theme does not know this platform. */
const struct theme_mark *theme_find_mark(const struct theme *theme, const char *platform);
