/* cards.h - cards to measure with: rounded, translucent, with strokes like a text's in them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Paints a card of this size at pixels, premultiplied BGRA; nothing is touched outside its box. */
void card_paint(uint8_t *pixels, size_t stride_bytes, int width, int height);
