#include "overlay/fit.h"

#include <stddef.h>

#include "base/memory.h"
#include "overlay/node.h"

enum { PERCENT_LEAST = 50, PERCENT_STEP = 10 };

static const size_t lengths[] = {
    offsetof(struct theme_card, padding_x_px),
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

int fit_lay_out(struct fit *fit, struct node *node, int tightness_max, fit_fn lay_out)
{
    struct size room = node_room(node);
    *fit = (struct fit){.look = *node_look(node), .percent = 100, .room_px = room.height, .room_width_px = room.width};
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
    struct size room = node_room(node);
    bool has_given_up = fit->tightness > 0 || fit->percent < 100;
    return room.width != fit->room_width_px || (room.height != fit->room_px && (has_given_up || node->card.height > room.height));
}
