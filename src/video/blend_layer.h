/*
 * blend_layer.h - what a layer is made of. Behind the door of blend.h; shared by its maker (blend_convert.c) and
 * its user (blend.c).
 */
#pragma once

#include "video/blend.h"

enum {
    BLEND_RUNS_MAX = 31,  // a row; with more, the last one takes all the rest
    BLEND_PLANES_MAX = 4,
    BLEND_COMPONENTS_MAX = 4,
    BLEND_PADDING = 64,  // samples behind each row that may be read
};

enum blend_kind { BLEND_MIX, BLEND_EVEN, BLEND_COPY };

/* Samples of a plane's row: bytes, or 16-bit words. */
struct blend_run {
    uint32_t from;
    uint32_t count : 30;
    uint32_t kind : 2;
};

struct blend_runs {
    uint32_t count, reserved;
    struct blend_run runs[BLEND_RUNS_MAX];
};

struct blend_plane {
    uint32_t width, height;  // samples of a row, rows
    size_t stride;           // samples
    void *src, *ia;          // uint8_t or uint16_t; owned
    struct blend_runs *runs; // height of them; owned
    uint16_t *lines;         // the rows that have runs, from the top; owned
    uint32_t line_count;
};

/* How one component comes out of R, G, B and A: fixed-point, see blend_convert.c. */
struct blend_component {
    uint8_t plane, w_sub, h_sub;
    uint32_t offset, step;  // samples
    int32_t red, green, blue, alpha, mend;
};

struct blend_layer {
    GstVideoInfo info;
    bool is_wide;  // 16-bit words
    uint32_t plane_count, component_count;
    struct blend_plane planes[BLEND_PLANES_MAX];
    struct blend_component components[BLEND_COMPONENTS_MAX];
    uint8_t *marks;     // one a row of the picture; owned
    uint16_t *scratch;  // owned
};

/* Finds the runs of samples [from, to) of a row. */
void blend_find_runs(const struct blend_layer *layer, struct blend_plane *plane, uint32_t row, uint32_t from,
                     uint32_t to);
