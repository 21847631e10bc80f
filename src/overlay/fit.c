#include "overlay/fit.h"

#include <stddef.h>

#include "base/memory.h"
#include "overlay/node.h"

enum { PERCENT_LEAST = 50, PERCENT_STEP = 10 };

static const size_t lengths[] = {
    offsetof(struct theme_card, radius_px), offsetof(struct theme_card, padding_x_px),
    offsetof(struct theme_card, padding_y_px), offsetof(struct theme_card, gap_px),
    offsetof(struct theme_card, text_px), offsetof(struct theme_card, text_min_px),
    offsetof(struct theme_card, small_px), offsetof(struct theme_card, mark_px), offsetof(struct theme_card, row_px),
    offsetof(struct theme_card, row_gap_px), offsetof(struct theme_card, row_radius_px),
    offsetof(struct theme_card, bar_px),
};

static struct theme_card shrunk(const struct theme_card *full, int percent)
{
    struct theme_card look = *full;
    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
        int *length = (int *)(void *)((char *)&look + lengths[i]);
        if (*length > 0)
            *length = *length * percent / 100 > 1 ? *length * percent / 100 : 1;
    }
    return look;
}

/* From its place in the theme to the same distance from the other side. */
static int room_height(const struct node *node)
{
    return node->room_px > 0 ? node->room_px : node->stage->height_px - 2 * node_look(node)->y_px;
}

static int room_width(const struct node *node)
{
    int room = node->stage->width_px - 2 * node_look(node)->x_px, most = node_look(node)->width_max_px;
    return most < room ? most : room;
}

int fit_lay_out(struct fit *fit, struct node *node, int tightness_max, fit_fn lay_out)
{
    *fit = (struct fit){.look = *node_look(node), .percent = 100, .room_px = room_height(node),
        .room_width_px = room_width(node)};
    int height = lay_out(node);
    while (height > fit->room_px && (fit->tightness < tightness_max || fit->percent > PERCENT_LEAST)) {
        if (fit->tightness < tightness_max)
            fit->tightness++;
        else
            fit->percent -= PERCENT_STEP;
        fit->look = shrunk(node_look(node), fit->percent);
        height = lay_out(node);
    }
    node->is_shrunk |= fit->percent < 100;
    return height;
}

bool fit_is_stale(const struct fit *fit, const struct node *node)
{
    int height = room_height(node), width = room_width(node);
    bool has_given_up = fit->tightness > 0 || fit->percent < 100;
    return width != fit->room_width_px || (height != fit->room_px && (has_given_up || node->card.height > height));
}
