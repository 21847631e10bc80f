#include "overlay/card_picture.h"

#include <stdlib.h>

#include "base/error.h"
#include "overlay/cards.h"
#include "overlay/node.h"
#include "overlay/png.h"
#include "overlay/reading.h"

/* A phone shows no more than that, and most cards are not wider. What is still too long is halved, and so on. */
static bool write_png(struct card_picture *picture, const struct canvas *layer)
{
    for (int width_max = 1280; width_max >= 80; width_max = width_max * 2 / 3) {
        int width = canvas_width(layer), height = canvas_height(layer);
        uint32_t *small = png_shrink(canvas_pixels(layer), &width, &height, canvas_stride(layer), width_max);
        buffer_clear(&picture->png);
        bool is_good = small && png_write(small, width, height, (size_t)width * 4, &picture->png);
        free(small);
        picture->width_px = width;
        picture->height_px = height;
        if (!is_good || picture->png.len <= CARD_PNG_BYTES_MAX)
            return is_good;
    }
    return false;
}

static bool draw(struct card_picture *picture, struct node *node, const json_t *card, struct error *err)
{
    node_update(node, card, 0, true);
    node_enter(node, 0, 0, true);
    node_paint(node);
    if (node->is_skipped || !node->layer)
        return error_set(err, ERROR_DATA, "this card is not drawn: there is no room for it, or it ended the overlay before");
    picture->box = node->box;
    picture->is_cut = node->is_cut;
    picture->is_shrunk = node->is_shrunk;
    buffer_add(&picture->missing, node->missing.data, node->missing.len);
    picture->read_ms = reading_ms((struct str){node->words.data, node->words.len});
    return write_png(picture, node->layer) || error_set(err, ERROR_SYSTEM, "there is no memory for this card's picture");
}

bool card_picture_draw(struct card_picture *picture, const struct stage *stage, const char *kind, const json_t *card,
                       struct error *err)
{
    *picture = (struct card_picture){0};
    const struct node_impl *impl = cards_find(kind);
    if (!impl)
        return error_set(err, ERROR_DATA, "kind \"%.40s\": there is no such card", kind);
    if (!json_is_object(card))
        return error_set(err, ERROR_DATA, "card: expected an object");
    struct node *node = node_create(impl, stage, kind, 0);
    bool is_good = draw(picture, node, card, err);
    node_destroy(node);
    return is_good;
}

void card_picture_fini(struct card_picture *picture)
{
    buffer_fini(&picture->png);
    buffer_fini(&picture->missing);
}
