/*
 * raster.h - a run's masks, drawn by SDL2_ttf and cut to their ink. Thread: the engine's.
 */
#pragma once

#include "text/mask.h"
#include "text/shape.h"

struct drawing {
    struct text_mask *mask, *outline;  // owned; NULL: nothing to see
    int x_px, y_px;                    // of the mask's corner from the pen on the baseline
    int outline_x_px, outline_y_px;
};

/* advance: of the shaped run, 26.6. outline_px 0: no outline; an emoji never has one. */
void drawing_init(struct drawing *drawing, const struct shape_run *run, int32_t advance, int outline_px);
void drawing_fini(struct drawing *drawing);
size_t drawing_bytes(const struct drawing *drawing);
