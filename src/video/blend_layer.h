/*
 * blend_layer.h - what makers and layers are made of. Behind the door of blend.h; shared by blend_convert.c (samples),
 * blend_runs.c (what of them is worth touching), blend_pack.c (in which order) and blend.c (the frame's turn).
 */
#pragma once

#include "video/blend.h"
#include "video/blend_samples.h"

enum {
    BLEND_RUNS_MAX = 31,  // a row; with more, the last one takes all the rest
    BLEND_PLANES_MAX = 4,
    BLEND_COMPONENTS_MAX = 4,
    BLEND_PADDING = 64,  // bytes behind each row that may be read
};

enum blend_kind { BLEND_MIX, BLEND_EVEN, BLEND_COPY };

/* How samples lie in memory; ten bits on top of their word (P010), or at its low end (I420_10LE). */
enum blend_depth { BLEND_BYTES, BLEND_HIGH_WORDS, BLEND_LOW_WORDS };

/* Bytes of a plane's row. */
struct blend_run {
    uint32_t from;
    uint32_t count : 30;
    uint32_t kind : 2;
};

/* ---- the maker ---- */

struct blend_runs {
    uint32_t count, reserved;
    struct blend_run runs[BLEND_RUNS_MAX];
};

struct blend_plane {
    uint32_t width_bytes, height;
    size_t stride;            // bytes
    uint8_t *src, *ia;        // owned; bytes, or words of two
    struct blend_runs *runs;  // height of them; owned
};

/* How one component comes out of R, G, B and A: fixed-point, see blend_convert.c. */
struct blend_component {
    uint8_t plane, w_sub, h_sub;
    uint32_t offset, step;  // samples
    struct blend_weights weights;
};

struct blend_maker {
    GstVideoInfo info;
    enum blend_depth depth;
    uint32_t plane_count, component_count;
    struct blend_plane planes[BLEND_PLANES_MAX];
    struct blend_component components[BLEND_COMPONENTS_MAX];
    uint8_t *marks;     // one a row of the picture; owned
    uint16_t *scratch;  // eight lines of sums; owned
    uint16_t *lines;    // two of samples; owned
};

/* Finds the runs of bytes [from, to) of a row. */
void blend_find_runs(struct blend_plane *plane, uint32_t row, uint32_t from, uint32_t to, enum blend_depth depth);

/* ---- the layer ---- */

struct blend_line {
    uint32_t row, run_count;
};

/* Lines, their runs and the runs' blocks, each in the order of use; nothing needs to be looked up. */
struct blend_pack {
    struct blend_line *lines;  // owned
    struct blend_run *runs;    // owned
    uint8_t *blocks;           // owned, aligned to BLEND_BLOCK
    size_t line_count, line_capacity, run_capacity, block_bytes_capacity;
};

struct blend_layer {
    GstVideoInfo info;
    enum blend_depth depth;
    uint32_t plane_count;
    struct blend_pack packs[BLEND_PLANES_MAX];
};
