/*
 * ground.h - what a card may come to stand on: made-up pictures for previews, so that a theme is judged where it is hardest to
 * read. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "painter/painter.h"

enum ground_kind {
    GROUND_NONE,   // transparent
    GROUND_LIGHT,  // a bright room
    GROUND_DARK,   // a stage before the show
    GROUND_BUSY,   // lights, edges and grain, as in a game
    GROUND_PLAIN,  // one colour
};

struct ground {
    enum ground_kind kind;
    struct color color;  // GROUND_PLAIN
};

/* "none", "light", "dark", "busy" or "#RRGGBB". False: another word. */
bool ground_parse(const char *text, struct ground *ground);

/* One px of the ground of a view of this size: BGRA, opaque but for GROUND_NONE. Always the same. */
uint32_t ground_at(const struct ground *ground, int x, int y, int width_px, int height_px);
