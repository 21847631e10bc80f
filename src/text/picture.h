/*
 * picture.h - a plain picture of layouts, for `antiphon text --png` and the golden tests; the overlay's painter is
 * another. Premultiplied, native-endian a8r8g8b8. Thread: any; a picture belongs to one.
 */
#pragma once

#include "text/text.h"

struct error;

struct picture {
    int width_px, height_px;
    uint32_t *pixels;  // owned; rows without gaps
};

/* Filled with one opaque colour, 0xRRGGBB. False: too large for memory; then pixels is NULL. */
bool picture_init(struct picture *picture, int width_px, int height_px, uint32_t background);
void picture_fini(struct picture *picture);

/* The layout with its corner at x, y; clipped. Outlines first, in their own colour. Images are left empty. */
void picture_paint(struct picture *picture, const struct text_layout *layout, int x_px, int y_px, uint32_t colour,
    uint32_t outline_colour);

bool picture_write(const struct picture *picture, const char *path, struct error *err);
bool picture_read(struct picture *picture, const char *path, struct error *err);
