/*
 * picture_place.h - a picture at its place in a card: damaged when it comes, and when it moves on by itself.
 * A card makes its places when it lays out, paints them where they belong, and destroys them with the layout. Thread: the
 * loop's.
 */
#pragma once

#include <stdint.h>

#include "overlay/pictures.h"

struct box;
struct canvas;
struct node;
struct picture_place;

struct picture_place *picture_place_create(struct node *node, const struct picture_want *want);
void picture_place_destroy(struct picture_place *place);  // accepts NULL

enum picture_state picture_place_state(const struct picture_place *place);
bool picture_place_size(const struct picture_place *place, int *width_px, int *height_px);

/*
 * The layout depends on it: room for width_px is kept, or (PICTURE_PLACE_NONE) none. When another width is needed, the
 * card is laid out again (node_impl.refresh). Not called: the room is the same whatever comes.
 */
enum { PICTURE_PLACE_NONE = -1 };
void picture_place_hold(struct picture_place *place, int width_px);

/* In the middle of the box (in the layer), made smaller if it does not fit. Nothing is painted while it is not here. */
void picture_place_paint(struct picture_place *place, struct canvas *layer, const struct box *box);

/* For node.c: what was painted inside the box of the layer has moved. */
void picture_places_scroll(struct node *node, const struct box *box, int dx, int dy);

/* For node.c: damages what changed in the node, and says when something moves next. */
void picture_places_advance(struct node *node, int64_t now_ms);
