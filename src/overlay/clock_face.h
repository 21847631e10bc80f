/*
 * clock_face.h - a time that runs out in big digits: days, hours, minutes and seconds, each group on a ground of its own
 * with its name below. Every digit has a cell as wide as the widest, so nothing moves but the digit that changes, and only
 * that is painted. Groups stand in the direction of reading, as words would: days at the right in Persian.
 * Part of a card. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "overlay/calendar.h"
#include "painter/painter.h"

struct canvas;
struct node;
struct text_layout;
struct theme_card;

enum { CLOCK_DIGITS_MAX = 6 };

struct clock_group {
    enum calendar_unit unit;
    struct text_layout *label;        // owned
    struct box box;                   // its ground
    int digits[CLOCK_DIGITS_MAX];     // most significant first
    int count;
};

/* {0} is empty. */
struct clock_face {
    struct node *node;                // borrowed
    struct text_layout *digits[10];   // owned
    struct clock_group groups[CALENDAR_UNITS];
    int group_count;
    int cell_px, padding_px, radius_px;
    int ink_top_px, ink_height_px;    // of all ten digits
    int width_px, height_px;
    bool is_rtl;
};

/*
 * By the look's row_px (em of the digits), small_px (names), gap_px and row_radius_px; names: of the units, in the
 * language. Needs width_px x height_px then; clock_face_place() says where.
 */
void clock_face_lay_out(struct clock_face *face, struct node *node, const struct theme_card *look,
    char names[CALENDAR_UNITS][CALENDAR_UNIT_BYTES], int64_t seconds, bool is_rtl);
void clock_face_place(struct clock_face *face, int x, int y);
void clock_face_fini(struct clock_face *face);  // accepts {0}, leaves it

/* Damages the digits that are others now. False: it needs other groups, lay out anew. */
bool clock_face_show(struct clock_face *face, int64_t seconds);

void clock_face_paint(const struct clock_face *face, struct canvas *layer);
