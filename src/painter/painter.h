/*
 * painter.h - boxes, shadows, images and text into premultiplied pixels.
 * A canvas holds 8-bit sRGB BGRA (pixman's a8r8g8b8), colours multiplied by alpha. Positions are px from its top left;
 * what lies outside canvas or clip is not painted. Blending is done on sRGB values, as every browser does.
 * Painting never fails: what cannot be drawn (too large, out of memory for a mask) is left out.
 * Thread: a painter and its canvases belong to one thread.
 */
#pragma once

#include <pixman.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct canvas;
struct error;
struct image;
struct painter;
struct text_layout;

/* pixman draws nothing, and says nothing, from or to images of 32,767 px and more. */
enum { CANVAS_SIDE_MAX = 32766 };

/* px; width or height of 0 or less: empty. */
struct box {
    int x, y, width, height;
};

/* sRGB, 0..1, not multiplied by alpha. {0}: transparent. */
struct color {
    float r, g, b, a;
};

enum { FILL_STOPS_MAX = 6 };

struct fill_stop {
    float at;  // 0..1, growing
    struct color color;
};

/* What a shape is filled with. Only `color` set: plain. */
struct fill {
    struct color color;
    struct color to;     // the far end of a gradient
    bool is_gradient;    // from color at the top to `to` at the bottom
    bool is_horizontal;  // … from the left to the right
    struct fill_stop stops[FILL_STOPS_MAX];
    size_t stop_count;   // 2 and more: a gradient through these, and all above is not looked at
    float angle;         // of the stops, degrees as in CSS: 0 upwards, 90 to the right, 180 downwards
};

/* Corners that stay square. 0: all are round. */
enum corner {
    CORNER_TOP_LEFT = 1 << 0,
    CORNER_TOP_RIGHT = 1 << 1,
    CORNER_BOTTOM_LEFT = 1 << 2,
    CORNER_BOTTOM_RIGHT = 1 << 3,
};

/* A box's outline; a radius is cut to half the shorter side. */
struct shape {
    struct box box;
    int radius_px;
    unsigned square;   // enum corner
    bool has_corners;  // each corner has a radius of its own, and radius_px is not looked at
    int corner_px[4];  // top left, top right, bottom left, bottom right
    bool is_cut;       // corners are cut off straight instead of rounded
};

struct shadow {
    struct color color;
    int blur_px;  // where the shadow has faded out, counted from its edge
    int dx, dy;
};

/* A point of a polygon, px, parts of a px count. */
struct point {
    float x, y;
};

/* Holds the cached masks of corners and shadows. Outlives its canvases. */
struct painter *painter_create(void);
void painter_destroy(struct painter *painter);

/* Transparent. NULL: a side is below 1 or above CANVAS_SIDE_MAX, or there is no memory. */
struct canvas *canvas_create(struct painter *painter, int width_px, int height_px, struct error *err);
void canvas_destroy(struct canvas *canvas);

int canvas_width(const struct canvas *canvas);
int canvas_height(const struct canvas *canvas);

/* Premultiplied BGRA, 4 bytes a px; a row begins canvas_stride() bytes after the one above it. */
const uint32_t *canvas_pixels(const struct canvas *canvas);
size_t canvas_stride(const struct canvas *canvas);

/* From now on only inside `region` (copied) is painted; NULL: everywhere. */
void canvas_set_clip(struct canvas *canvas, const pixman_region32_t *region);

/* Makes all inside the clip transparent. */
void canvas_clear(struct canvas *canvas);

void canvas_fill(struct canvas *canvas, const struct shape *shape, const struct fill *fill);

/* A line of width_px along the inner side of the outline. */
void canvas_border(struct canvas *canvas, const struct shape *shape, int width_px, struct color color);

/* The same in dashes of about dash_px and gap_px, so long that each side begins and ends with one; corners are drawn through. */
void canvas_border_dashed(struct canvas *canvas, const struct shape *shape, int width_px, struct color color, int dash_px,
    int gap_px);

enum pattern_kind {
    PATTERN_STRIPES,  // rising to the right
    PATTERN_LINES,    // level
    PATTERN_DOTS,
    PATTERN_GRID,
};

/* Repeats from the top left of the box it fills. */
struct pattern {
    enum pattern_kind kind;
    struct color color;
    int every_px;  // from one to the next, across; bounded by 256
    int size_px;   // of a line or a dot
};

void canvas_pattern(struct canvas *canvas, const struct shape *shape, const struct pattern *pattern);

/* Only what falls outside the shape is painted, so a translucent box does not darken. */
void canvas_shadow(struct canvas *canvas, const struct shape *shape, const struct shadow *shadow);

/* Even-odd, antialiased; point_count may hold several closed rings, each ended by a point that repeats its first. */
void canvas_polygon(struct canvas *canvas, const struct point *points, size_t point_count, struct color color);

/*
 * Moves the px inside the box; what comes to lie beyond it is lost, and what was uncovered keeps its px until it is painted.
 * The clip is not looked at.
 */
void canvas_scroll(struct canvas *canvas, const struct box *box, int dx, int dy);

/* Another canvas, as one group at this opacity. */
void canvas_draw(struct canvas *canvas, const struct canvas *from, int x, int y, float opacity);

/* Takes the place of what was there, also where it is transparent: a copy of bytes. */
void canvas_copy(struct canvas *canvas, const struct canvas *from, int x, int y);

/* The same as canvas_draw(), scaled to fill the box: for what moves, since it is filtered anew each time. */
void canvas_draw_scaled(struct canvas *canvas, const struct canvas *from, const struct box *box, float opacity);

/* A part of another canvas, its top left at x, y. */
void canvas_draw_part(struct canvas *canvas, const struct canvas *from, const struct box *part, int x, int y);

/* Scaled to fill the box; scaled once per size and kept by the image. */
void canvas_image(struct canvas *canvas, struct image *image, const struct box *box, float opacity);

/* The layout's top left at x, y. Glyphs take `color`, colour bitmaps only its alpha. */
void canvas_text(struct canvas *canvas, const struct text_layout *layout, int x, int y, struct color color);

/*
 * The silhouettes of a layout that was made with outline_px, to be painted before canvas_text(): for text without a
 * box. Colour bitmaps have none.
 */
void canvas_text_outline(struct canvas *canvas, const struct text_layout *layout, int x, int y, struct color color);

/* The runs of one of the layout's spans alone: names in a colour of their own. -1: what is in no span. */
void canvas_text_span(struct canvas *canvas, const struct text_layout *layout, int x, int y, int span, struct color color);

/* The soft shadow of letters, of their outlines if there are some, and of colour bitmaps; to be painted first. */
void canvas_text_shadow(struct canvas *canvas, const struct text_layout *layout, int x, int y,
    const struct shadow *shadow);

/* A copy of straight (not premultiplied) RGBA bytes. NULL: too large or no memory. */
struct image *image_create(const uint8_t *rgba, int width_px, int height_px, size_t stride_bytes, struct error *err);

/* Takes over rows of premultiplied BGRA without gaps, from malloc(). NULL: too large or no memory; they are freed then. */
struct image *image_adopt(uint32_t *pixels, int width_px, int height_px, struct error *err);
void image_destroy(struct image *image);

/*
 * `part` of premultiplied rows of `width_px` scaled into `to`, rows of to_width_px without gaps; with an area filter, so
 * that it stays smooth when it is made much smaller. Any thread. False: no memory; `to` is untouched.
 */
bool image_scale_pixels(const uint32_t *from, int width_px, int height_px, const struct box *part, uint32_t *to,
    int to_width_px, int to_height_px);

/* "#RRGGBB" or "#RRGGBBAA". False: another form, *color is untouched. */
bool color_parse(const char *text, struct color *color);

/* The colour of a fill at 0..1 of its gradient; a plain one is the same everywhere. */
struct color fill_at(const struct fill *fill, float at);

/* As it looks in a mirror: for what is read from the right. */
struct fill fill_mirrored(const struct fill *fill);

/* from at 0, to at 1. */
struct color color_mix(struct color from, struct color to, float at);

/* 0..1: how bright a person sees it (WCAG 2.1, relative luminance); alpha is not looked at. */
float color_luminance(struct color color);

bool box_is_empty(const struct box *box);
struct box box_intersect(const struct box *a, const struct box *b);
struct box box_union(const struct box *a, const struct box *b);
struct box box_grow(const struct box *box, int by_px);
