#include "overlay/picture_place.h"

#include <stdlib.h>

#include "base/memory.h"
#include "overlay/node.h"

struct picture_place {
    struct list link;         // in node.places
    struct node *node;
    struct picture_use *use;  // owned
    int held_width_px;        // 0: the layout does not depend on it
    struct box box;           // in the layer, where it was painted last; empty: nowhere yet
    size_t frame;             // that is to be painted
    bool is_news;             // its state changed since the last advance
};

static void handle_change(void *data)
{
    struct picture_place *place = data;
    place->is_news = true;
    if (place->node->stage->wake)
        place->node->stage->wake(place->node->stage->wake_data);
}

struct picture_place *picture_place_create(struct node *node, const struct picture_want *want)
{
    struct picture_place *place = xcalloc(1, sizeof(*place));
    struct picture_want wanted = *want;
    wanted.is_still |= node->stage->is_motion_reduced;
    place->node = node;
    place->use = picture_use_create(node->stage->pictures, &wanted, handle_change, place);
    list_append(&node->places, &place->link);
    return place;
}

void picture_place_destroy(struct picture_place *place)
{
    if (!place)
        return;
    list_remove(&place->link);
    picture_use_destroy(place->use);
    free(place);
}

enum picture_state picture_place_state(const struct picture_place *place)
{
    return picture_use_state(place->use);
}

bool picture_place_size(const struct picture_place *place, int *width_px, int *height_px)
{
    return picture_use_size(place->use, width_px, height_px);
}

void picture_place_hold(struct picture_place *place, int width_px)
{
    place->held_width_px = width_px;
}

static struct box fit_into(const struct box *box, int width, int height)
{
    if (width > box->width) {
        height = height * box->width / width;
        width = box->width;
    }
    if (height > box->height) {
        width = width * box->height / height;
        height = box->height;
    }
    return (struct box){box->x + (box->width - width) / 2, box->y + (box->height - height) / 2, width, height};
}

void picture_place_paint(struct picture_place *place, struct canvas *layer, const struct box *box)
{
    int width, height;
    place->box = *box;
    struct image *image = picture_use_image(place->use, place->frame);
    if (!image || !picture_use_size(place->use, &width, &height))
        return;
    struct box inner = fit_into(box, width, height);
    canvas_image(layer, image, &inner, 1);
}

/* ---- what a node does with all of its places */

static bool is_other_width(const struct picture_place *place)
{
    int width, height;
    switch (picture_use_state(place->use)) {
    case PICTURE_ABSENT: return place->held_width_px != PICTURE_PLACE_NONE;
    case PICTURE_HERE:
        return picture_use_size(place->use, &width, &height) && abs(width - place->held_width_px) > 1;
    case PICTURE_WAITING: break;
    }
    return false;
}

static void take_news(struct picture_place *place)
{
    place->is_news = false;
    place->frame = 0;
    node_damage(place->node, &place->box);
    if (place->held_width_px && is_other_width(place))
        place->node->is_stale = true;
}

static void move_on(struct picture_place *place, int64_t now_ms)
{
    int64_t until_ms;
    if (picture_use_state(place->use) != PICTURE_HERE)
        return;
    size_t frame = picture_use_frame_at(place->use, now_ms, &until_ms);
    if (frame != place->frame)
        node_damage(place->node, &place->box);
    place->frame = frame;
    if (until_ms)
        node_wake_at(place->node, until_ms);
}

void picture_places_scroll(struct node *node, const struct box *box, int dx, int dy)
{
    struct picture_place *place;
    list_for_each(place, &node->places, link) {
        struct box inside = box_intersect(&place->box, box);
        if (box_is_empty(&inside))
            continue;
        place->box.x += dx;
        place->box.y += dy;
    }
}

void picture_places_advance(struct node *node, int64_t now_ms)
{
    struct picture_place *place;
    list_for_each(place, &node->places, link) {
        if (place->is_news)
            take_news(place);
        move_on(place, now_ms);
    }
}
