/*
 * emoji.h - which clusters are colour emoji, and their pictures at the text's size.
 * NotoColorEmoji has one strike of 136 x 128 px; it is scaled once per size. Its pixels are premultiplied.
 * Thread: the engine's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "text/face.h"
#include "text/mask.h"

bool emoji_is_cluster(const uint32_t *cluster, int count);

/* What a strike's px become at the text's size. */
float emoji_scale(int size_px);

/* Height of the picture above and below the baseline. */
void emoji_metrics(int size_px, int *ascent_px, int *descent_px);

/* NULL: nothing to see, or SDL2_ttf refuses. The caller owns the reference. */
struct text_mask *emoji_draw(struct face *face, const char *cluster, int size_px);
