/*
 * marker.h - a number in a picture that survives encoders: a row of black and white blocks along the upper edge, the
 * width of the picture. Four blocks to know it by, 16 of the number, 8 to check it. For measuring. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MARKER_WIDTH_MIN_PX = 112 };  // four pixels a block

/* The rows that it takes, from the top; even. */
int marker_height(int height_px);

/* luma: a plane of 8 bits a pixel. Chroma is the caller's: grey suits. */
void marker_draw(uint8_t *luma, size_t stride_bytes, int width_px, int height_px, uint16_t number);

/* False: there is none, or it is damaged. */
bool marker_read(const uint8_t *luma, size_t stride_bytes, int width_px, int height_px, uint16_t *number);
