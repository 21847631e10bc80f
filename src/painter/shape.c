/*
 * A rounded box is three plain bands and four corners. The corner's mask is cut for the top left; the others read it
 * mirrored, by a transform on a second image over the same bits.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "painter/private.h"

int corner_radius(const struct shape *shape, int number)
{
    int shorter = shape->box.width < shape->box.height ? shape->box.width : shape->box.height;
    int radius = shape->has_corners ? shape->corner_px[number] : shape->radius_px;
    if (shape->square >> number & 1)
        return 0;
    radius = radius < shorter / 2 ? radius : shorter / 2;
    return radius > 0 ? radius : 0;
}

/* Where a painting call goes: op, source and target stay the same for all parts of a shape. */
struct brush {
    pixman_op_t op;
    pixman_image_t *source, *target;
    int origin_x, origin_y;  // the source's 0, 0 on the target
};

static void band(const struct brush *brush, int x, int y, int width, int height)
{
    if (width <= 0 || height <= 0)
        return;
    pixman_image_composite32(brush->op, brush->source, NULL, brush->target, x - brush->origin_x, y - brush->origin_y,
        0, 0, x, y, width, height);
}

static void mirror(pixman_image_t *mask, int side, bool flip_x, bool flip_y)
{
    pixman_transform_t turn;
    pixman_transform_init_scale(&turn, pixman_int_to_fixed(flip_x ? -1 : 1), pixman_int_to_fixed(flip_y ? -1 : 1));
    turn.matrix[0][2] = pixman_int_to_fixed(flip_x ? side : 0);
    turn.matrix[1][2] = pixman_int_to_fixed(flip_y ? side : 0);
    pixman_image_set_transform(mask, flip_x || flip_y ? &turn : NULL);
}

/* A mask that was cut for the top left, in one of the four corners. */
static void corner(const struct brush *brush, pixman_image_t *mask, const struct box *box, int side, int number)
{
    bool is_right = number & 1, is_bottom = number & 2;
    int x = is_right ? box->x + box->width - side : box->x;
    int y = is_bottom ? box->y + box->height - side : box->y;
    mirror(mask, side, is_right, is_bottom);
    pixman_image_composite32(brush->op, brush->source, mask, brush->target, x - brush->origin_x, y - brush->origin_y,
        0, 0, x, y, side, side);
    mirror(mask, side, false, false);
}

/* The rows of one end, top or bottom, in which corners stand: `left` and `right` px of it are theirs. */
static void end_bands(const struct brush *brush, const struct box *box, int left, int right, bool is_bottom)
{
    int tall = left > right ? left : right, low = left < right ? left : right;
    int y = is_bottom ? box->y + box->height - tall : box->y;
    band(brush, box->x + left, y, box->width - left - right, tall);
    // Beside the smaller corner, away from the edge, the box goes on to its side.
    int x = left < right ? box->x : box->x + box->width - low;
    band(brush, x, is_bottom ? y : y + low, low, tall - low);
}

static void fill_shape(struct painter *painter, const struct brush *brush, const struct shape *shape)
{
    const struct box *box = &shape->box;
    int radius[CORNERS];
    pixman_image_t *masks[CORNERS];
    for (int i = 0; i < CORNERS; i++) {
        radius[i] = corner_radius(shape, i);
        masks[i] = radius[i] > 0 ? stencil_find(painter, &(struct mask_key){MASK_CORNER, radius[i], 0, shape->is_cut}) : NULL;
        radius[i] = masks[i] ? radius[i] : 0;
        if (masks[i])
            corner(brush, masks[i], box, radius[i], i);
    }
    int top = radius[0] > radius[1] ? radius[0] : radius[1], bottom = radius[2] > radius[3] ? radius[2] : radius[3];
    end_bands(brush, box, radius[0], radius[1], false);
    band(brush, box->x, box->y + top, box->width, box->height - top - bottom);
    end_bands(brush, box, radius[2], radius[3], true);
}

void shape_into_mask(struct painter *painter, pixman_image_t *mask, pixman_op_t op, const struct shape *shape, int x,
    int y)
{
    pixman_image_t *white = solid_create((struct color){1, 1, 1, 1});
    if (!white)
        return;
    struct shape moved = *shape;
    moved.box.x -= x;
    moved.box.y -= y;
    fill_shape(painter, &(struct brush){op, white, mask, 0, 0}, &moved);
    pixman_image_unref(white);
}

void canvas_fill(struct canvas *canvas, const struct shape *shape, const struct fill *fill)
{
    if (box_is_empty(&shape->box))
        return;
    int x = shape->box.x, y = shape->box.y;
    pixman_image_t *source = fill_is_gradient(fill) ? gradient_create(canvas, fill, &shape->box, &x, &y)
        : solid_create(fill->color);
    if (!source)
        return;
    fill_shape(canvas->painter, &(struct brush){PIXMAN_OP_OVER, source, canvas->image, x, y}, shape);
    pixman_image_unref(source);
}

/* ---- borders */

struct line {
    int width_px;
    int dash_px, gap_px;  // 0: drawn through
};

/* From one corner to the next, `length` px along the side. */
static void side(const struct brush *brush, const struct line *line, int x, int y, int length, bool is_upright)
{
    int dash = line->dash_px > 0 ? line->dash_px : length, gap = line->dash_px > 0 ? line->gap_px : 0;
    int dashes = dash + gap > 0 ? (length + gap) / (dash + gap) : 0;
    for (int i = 0; i < (dashes > 0 ? dashes : 1); i++) {
        // What does not divide evenly is shared out, so that both ends look alike.
        int from = dashes > 1 ? i * (length - dash) / (dashes - 1) : 0, part = dashes > 1 ? dash : length;
        if (is_upright)
            band(brush, x, y + from, line->width_px, part);
        else
            band(brush, x + from, y, part, line->width_px);
    }
}

static void draw_border(struct canvas *canvas, const struct shape *shape, const struct line *line, struct color color)
{
    const struct box *box = &shape->box;
    int width_px = line->width_px, sides[CORNERS];
    pixman_image_t *source = box_is_empty(box) || width_px < 1 ? NULL : solid_create(color);
    if (!source)
        return;
    const struct brush brush = {PIXMAN_OP_OVER, source, canvas->image, box->x, box->y};
    for (int i = 0; i < CORNERS; i++) {
        int radius = corner_radius(shape, i);
        const struct mask_key key = {MASK_RING, radius, width_px, shape->is_cut};
        pixman_image_t *mask = radius > 0 ? stencil_find(canvas->painter, &key) : NULL;
        sides[i] = ring_side_px(mask ? radius : 0, width_px, shape->is_cut);
        if (mask)
            corner(&brush, mask, box, sides[i], i);
        else
            band(&brush, i & 1 ? box->x + box->width - sides[i] : box->x,
                i & 2 ? box->y + box->height - sides[i] : box->y, sides[i], sides[i]);
    }
    int right = box->x + box->width - width_px, bottom = box->y + box->height - width_px;
    side(&brush, line, box->x + sides[0], box->y, box->width - sides[0] - sides[1], false);
    side(&brush, line, box->x + sides[2], bottom, box->width - sides[2] - sides[3], false);
    side(&brush, line, box->x, box->y + sides[0], box->height - sides[0] - sides[2], true);
    side(&brush, line, right, box->y + sides[1], box->height - sides[1] - sides[3], true);
    pixman_image_unref(source);
}

void canvas_border(struct canvas *canvas, const struct shape *shape, int width_px, struct color color)
{
    draw_border(canvas, shape, &(struct line){width_px, 0, 0}, color);
}

void canvas_border_dashed(struct canvas *canvas, const struct shape *shape, int width_px, struct color color, int dash_px,
    int gap_px)
{
    draw_border(canvas, shape, &(struct line){width_px, dash_px, gap_px}, color);
}

/* ---- patterns */

enum { PATTERN_SIDE_MAX = 256, SAMPLES = 4 };

static bool is_inside(const struct pattern *pattern, float x, float y, float every)
{
    float size = (float)pattern->size_px, dx = x - every / 2, dy = y - every / 2;
    switch (pattern->kind) {
    case PATTERN_STRIPES: return fmodf(x + y, every) < size;
    case PATTERN_LINES: return y < size;
    case PATTERN_DOTS: return dx * dx + dy * dy < size * size / 4;
    case PATTERN_GRID: return x < size || y < size;
    }
    return false;
}

static float pattern_cover(const struct pattern *pattern, int x, int y, int every)
{
    int inside = 0;
    for (int i = 0; i < SAMPLES * SAMPLES; i++)
        inside += is_inside(pattern, (float)x + ((float)(i % SAMPLES) + 0.5f) / SAMPLES,
            (float)y + ((float)(i / SAMPLES) + 0.5f) / SAMPLES, (float)every);
    return (float)inside / (SAMPLES * SAMPLES);
}

static pixman_image_t *tile_create(const struct pattern *pattern)
{
    int every = pattern->every_px < PATTERN_SIDE_MAX ? pattern->every_px : PATTERN_SIDE_MAX;
    pixman_image_t *tile = every < 1 ? NULL : pixman_image_create_bits(PIXMAN_a8r8g8b8, every, every, NULL, 0);
    if (!tile)
        return NULL;
    for (int y = 0; y < every; y++) {
        uint32_t *row = pixman_image_get_data(tile) + (ptrdiff_t)y * pixman_image_get_stride(tile) / 4;
        for (int x = 0; x < every; x++) {
            struct color color = pattern->color;
            color.a *= pattern_cover(pattern, x, y, every);
            pixman_color_t deep = premultiply(color);
            row[x] = (uint32_t)(deep.alpha >> 8) << 24 | (uint32_t)(deep.red >> 8) << 16 |
                (uint32_t)(deep.green >> 8) << 8 | (uint32_t)(deep.blue >> 8);
        }
    }
    pixman_image_set_repeat(tile, PIXMAN_REPEAT_NORMAL);
    return tile;
}

void canvas_pattern(struct canvas *canvas, const struct shape *shape, const struct pattern *pattern)
{
    pixman_image_t *tile = box_is_empty(&shape->box) ? NULL : tile_create(pattern);
    if (!tile)
        return;
    fill_shape(canvas->painter, &(struct brush){PIXMAN_OP_OVER, tile, canvas->image, shape->box.x, shape->box.y}, shape);
    pixman_image_unref(tile);
}
