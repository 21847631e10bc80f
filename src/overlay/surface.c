#include "overlay/surface.h"

#include <stdlib.h>

#include "base/memory.h"

enum { RINGS_SIDE = 24 };

static struct shape shape_of(const struct theme_surface *surface, const struct box *box, bool is_rtl)
{
    const int *radius = surface->radius_px;
    struct shape shape = {.box = *box, .has_corners = true, .is_cut = surface->corners == THEME_CORNERS_CUT};
    for (int i = 0; i < 4; i++)
        shape.corner_px[i] = radius[is_rtl ? i ^ 1 : i];
    return shape;
}

/* ---- ornaments */

static struct box bar_box(const struct theme_ornament *ornament, const struct box *box, int across)
{
    bool is_level = ornament->at.down != 0;
    int whole = is_level ? box->width - 2 * ornament->x_px : box->height - 2 * ornament->y_px;
    int length = ornament->length_px > 0 && ornament->length_px < whole ? ornament->length_px : whole;
    struct box bar = {box->x, box->y, is_level ? length : ornament->size_px, is_level ? ornament->size_px : length};
    // Of a bar in a corner the level edge is meant; it begins at that side.
    int free_x = box->width - bar.width, free_y = box->height - bar.height;
    bar.x += across < 0 ? ornament->x_px : across > 0 ? free_x - ornament->x_px : free_x / 2;
    bar.y += ornament->at.down < 0 ? ornament->y_px : ornament->at.down > 0 ? free_y - ornament->y_px : free_y / 2;
    return bar;
}

static struct box shape_box(const struct theme_ornament *ornament, const struct box *box, int across)
{
    int size = ornament->size_px, free_x = box->width - size, free_y = box->height - size;
    return (struct box){
        box->x + (across < 0 ? ornament->x_px : across > 0 ? free_x - ornament->x_px : free_x / 2),
        box->y + (ornament->at.down < 0 ? ornament->y_px : ornament->at.down > 0 ? free_y - ornament->y_px : free_y / 2),
        size, size,
    };
}

static void paint_bar(const struct theme_ornament *ornament, struct canvas *layer, const struct box *box, bool is_rtl)
{
    const struct shape bar = {bar_box(ornament, box, is_rtl ? -ornament->at.across : ornament->at.across),
        ornament->radius_px, 0};
    struct fill fill = is_rtl ? fill_mirrored(&ornament->fill) : ornament->fill;
    canvas_fill(layer, &bar, &fill);
}

static void paint_frame(const struct theme_ornament *ornament, struct canvas *layer, const struct shape *card)
{
    struct shape frame = *card;
    frame.box = box_grow(&card->box, -ornament->x_px);
    for (int i = 0; i < 4; i++)
        frame.corner_px[i] = card->corner_px[i] > ornament->x_px ? card->corner_px[i] - ornament->x_px : 0;
    canvas_border(layer, &frame, ornament->width_px, fill_at(&ornament->fill, 0));
}

static void paint_corners(const struct theme_ornament *ornament, struct canvas *layer, const struct box *card)
{
    struct box box = box_grow(card, -ornament->x_px);
    int arm = ornament->size_px, width = ornament->width_px;
    for (int i = 0; i < 4; i++) {
        int right = box.x + box.width, bottom = box.y + box.height;
        const struct box level = {i & 1 ? right - arm : box.x, i & 2 ? bottom - width : box.y, arm, width};
        // The arms meet in one of them only, or a translucent colour would show it.
        const struct box upright = {i & 1 ? right - width : box.x, i & 2 ? bottom - arm : box.y + width, width, arm - width};
        canvas_fill(layer, &(struct shape){level, 0, 0}, &ornament->fill);
        canvas_fill(layer, &(struct shape){upright, 0, 0}, &ornament->fill);
    }
}

static void paint_pattern(const struct theme_ornament *ornament, struct canvas *layer, const struct shape *card)
{
    canvas_pattern(layer, card, &(struct pattern){(enum pattern_kind)(ornament->kind - THEME_ORNAMENT_STRIPES),
        fill_at(&ornament->fill, 0), ornament->every_px, ornament->width_px});
}

static void paint_ornament(const struct theme_ornament *ornament, struct canvas *layer, const struct shape *card, bool is_rtl)
{
    bool is_mirrored = is_rtl && !ornament->is_fixed;
    switch (ornament->kind) {
    case THEME_ORNAMENT_NONE:
        return;
    case THEME_ORNAMENT_BAR:
        paint_bar(ornament, layer, &card->box, is_mirrored);
        return;
    case THEME_ORNAMENT_FRAME:
        paint_frame(ornament, layer, card);
        return;
    case THEME_ORNAMENT_CORNERS:
        paint_corners(ornament, layer, &card->box);
        return;
    case THEME_ORNAMENT_STRIPES:
    case THEME_ORNAMENT_LINES:
    case THEME_ORNAMENT_DOTS:
    case THEME_ORNAMENT_GRID:
        paint_pattern(ornament, layer, card);
        return;
    case THEME_ORNAMENT_SHAPE: {
        const struct box box = shape_box(ornament, &card->box, is_mirrored ? -ornament->at.across : ornament->at.across);
        surface_paint_rings(layer, ornament->points, ornament->point_count, &box, is_mirrored, fill_at(&ornament->fill, 0));
        return;
    }
    }
}

void surface_paint_rings(struct canvas *layer, const struct point *points, size_t point_count, const struct box *box,
    bool is_mirrored, struct color color)
{
    struct point *placed = xreallocarray(NULL, point_count, sizeof(*placed));
    float scale = (float)box->width / RINGS_SIDE;
    for (size_t i = 0; i < point_count; i++) {
        float x = is_mirrored ? RINGS_SIDE - points[i].x : points[i].x;
        placed[i] = (struct point){(float)box->x + x * scale, (float)box->y + points[i].y * scale};
    }
    canvas_polygon(layer, placed, point_count, color);
    free(placed);
}

/* ---- the whole */

static void fade_fill(struct fill *fill, float opacity)
{
    fill->color.a *= opacity;
    for (size_t i = 0; i < fill->stop_count; i++)
        fill->stops[i].color.a *= opacity;
}

static void fade(struct theme_surface *surface, float opacity)
{
    fade_fill(&surface->fill, opacity);
    surface->border.color.a *= opacity;
    surface->shadow.color.a *= opacity;
    for (size_t i = 0; i < surface->ornament_count; i++)
        fade_fill(&surface->ornaments[i].fill, opacity);
}

static void paint_solid(const struct theme_surface *surface, struct canvas *layer, const struct box *box, bool is_rtl)
{
    const struct shape shape = shape_of(surface, box, is_rtl);
    const struct theme_border *border = &surface->border;
    canvas_shadow(layer, &shape, &surface->shadow);
    canvas_fill(layer, &shape, &surface->fill);
    for (size_t i = 0; i < surface->ornament_count; i++)
        paint_ornament(&surface->ornaments[i], layer, &shape, is_rtl);
    canvas_border_dashed(layer, &shape, border->width_px, border->color, border->dash_px, border->gap_px);
}

void surface_paint(const struct theme_surface *surface, struct canvas *layer, const struct box *box, bool is_rtl, float opacity)
{
    if (opacity >= 1) {
        paint_solid(surface, layer, box, is_rtl);
        return;
    }
    struct theme_surface faded = *surface;
    fade(&faded, opacity);
    paint_solid(&faded, layer, box, is_rtl);
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

/* Bars and shapes that stand outwards; what they are as long as the card stays within it. */
static int outwards(const struct theme_ornament *ornament)
{
    int away = most(-ornament->x_px, -ornament->y_px);
    bool is_around = ornament->kind == THEME_ORNAMENT_FRAME || ornament->kind == THEME_ORNAMENT_CORNERS;
    // Rings may lie as far outside their square as it is wide.
    int beyond = ornament->kind == THEME_ORNAMENT_SHAPE ? ornament->size_px : 0;
    return is_around ? most(-ornament->x_px, 0) : most(away, 0) + beyond;
}

struct box surface_reach(const struct theme_surface *surface)
{
    const struct shadow *shadow = &surface->shadow;
    bool has_shadow = shadow->color.a > 0;
    int around = 0;
    for (size_t i = 0; i < surface->ornament_count; i++)
        around = most(around, outwards(&surface->ornaments[i]));
    int left = has_shadow ? shadow->blur_px - shadow->dx : 0, right = has_shadow ? shadow->blur_px + shadow->dx : 0;
    int above = has_shadow ? shadow->blur_px - shadow->dy : 0, below = has_shadow ? shadow->blur_px + shadow->dy : 0;
    left = most(left, around);
    above = most(above, around);
    return (struct box){-left, -above, left + most(right, around), above + most(below, around)};
}
