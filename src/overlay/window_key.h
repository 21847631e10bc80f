/*
 * window_key.h - a picture on a key colour that keys out cleanly.
 * What is at least half opaque is shown in its own colour, opaque; all else is the key, pure: no pixel mixes both, so
 * none keeps a fringe. A shown colour whose hue is too near the key's loses saturation until it is far enough, so a card
 * never gets holes. Distances are between the (Cb, Cr) of BT.709, full range, as chroma keys measure them.
 * shaders/window.frag does the same; the tests hold the two against one another. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "painter/painter.h"

/* No shown colour is nearer to the key than this. Gray is 0.59 from pure green, 0.56 from pure blue. */
#define WINDOW_KEY_DISTANCE 0.25f

/* False: gray itself is too near (white, black …), so cards may get holes. */
bool window_key_is_strong(struct color key);

/* How far apart these two are. */
float window_key_distance(struct color a, struct color b);

/* from: premultiplied BGRA; to: opaque BGRA. */
void window_key_row(const uint32_t *from, uint32_t *to, size_t count, struct color key);
