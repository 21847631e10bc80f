#include "frame/boxes.h"

#include <stdbool.h>

static bool covers(const struct frame_box *outer, const struct frame_box *inner)
{
    return outer->left <= inner->left && outer->top <= inner->top && outer->right >= inner->right &&
           outer->bottom >= inner->bottom;
}

static void unite(struct frame_box *all, const struct frame_box *box)
{
    all->left = box->left < all->left ? box->left : all->left;
    all->top = box->top < all->top ? box->top : all->top;
    all->right = box->right > all->right ? box->right : all->right;
    all->bottom = box->bottom > all->bottom ? box->bottom : all->bottom;
}

void boxes_add(struct boxes *boxes, const struct frame_box *box)
{
    size_t kept = 0;
    for (size_t i = 0; i < boxes->count; i++) {
        if (covers(&boxes->list[i], box))
            return;
        if (!covers(box, &boxes->list[i]))
            boxes->list[kept++] = boxes->list[i];
    }
    if (kept == FRAME_DAMAGE_BOXES) {
        for (size_t i = 1; i < kept; i++)
            unite(&boxes->list[0], &boxes->list[i]);
        unite(&boxes->list[0], box);
        boxes->count = 1;
        return;
    }
    boxes->list[kept] = *box;
    boxes->count = kept + 1;
}
