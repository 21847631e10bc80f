/* card_parts.c - what all cards have in common: where things stand, the surface, the platforms' marks. */
#include <math.h>

#include "overlay/node.h"
#include "overlay/surface.h"
#include "overlay/theme.h"

int node_across(const struct box *box, bool is_rtl, int from_start, int width)
{
    return is_rtl ? box->x + box->width - from_start - width : box->x + from_start;
}

int node_text_x(const struct box *box, bool is_rtl, int from_start, const struct text_layout *layout)
{
    // A layout draws lines that begin on the right at its own right edge, which may lie beyond what is used.
    int used = (int)ceilf(layout->content_width_px), slack = layout->width_px - used;
    bool is_text_rtl = layout->line_count > 0 && layout->lines[0].is_rtl;
    return node_across(box, is_rtl, from_start, used) - (is_text_rtl ? slack : 0);
}

void node_paint_surface(const struct node *node, struct canvas *layer)
{
    surface_paint(&node_look(node)->surface, layer, &node->card, node->is_rtl, 1);
}

static void paint_initial(struct canvas *layer, const struct text_layout *initial, const struct box *box,
    struct color ink)
{
    // By its ink, not by its line: a letter in a square must look centred.
    int x = box->x + (box->width - initial->ink.width_px) / 2 - initial->ink.x_px;
    int y = box->y + (box->height - initial->ink.height_px) / 2 - initial->ink.y_px;
    canvas_text(layer, initial, x, y, ink);
}

void node_paint_mark(const struct node *node, struct canvas *layer, const char *platform, const struct box *box,
    const struct text_layout *initial)
{
    const struct theme *theme = node->stage->theme;
    const struct theme_colors *colors = &node_look(node)->colors;
    const struct theme_mark *mark = theme_find_mark(theme, platform);
    canvas_fill(layer, &(struct shape){*box, box->width * theme->mark_radius / 100, 0},
        &(struct fill){.color = mark ? mark->color : colors->mark});
    if (mark && mark->point_count > 0)
        surface_paint_rings(layer, mark->points, mark->point_count, box, false, mark->ink);
    else if (initial)
        paint_initial(layer, initial, box, mark ? mark->ink : colors->mark_ink);
}

void node_paint_tick(struct canvas *layer, const struct box *box, struct color ground, struct color ink)
{
    static const struct point tick[] = {{5, 12.4f}, {7.2f, 10.2f}, {10.3f, 13.3f}, {16.8f, 6.8f}, {19, 9}, {10.3f, 17.7f}, {5, 12.4f}};
    struct point points[ARRAY_LENGTH(tick)];
    float scale = (float)box->width / 24;
    for (size_t i = 0; i < ARRAY_LENGTH(tick); i++)
        points[i] = (struct point){(float)box->x + tick[i].x * scale, (float)box->y + tick[i].y * scale};
    canvas_fill(layer, &(struct shape){.box = *box, .radius_px = box->width / 2}, &(struct fill){.color = ground});
    canvas_polygon(layer, points, ARRAY_LENGTH(points), ink);
}
