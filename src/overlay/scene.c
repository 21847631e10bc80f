#include "overlay/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "overlay/theme.h"

enum { ID_BYTES = 96 };

void scene_init(struct scene *scene, const struct stage *stage)
{
    scene->stage = *stage;
    list_init(&scene->nodes);
    memset(scene->track_room_px, 0, sizeof(scene->track_room_px));
}

void scene_fini(struct scene *scene)
{
    struct node *node, *following;
    list_for_each_safe(node, following, &scene->nodes, link)
        node_destroy(node);
}

static struct node *find(const struct scene *scene, const char *id)
{
    struct node *node;
    list_for_each(node, &scene->nodes, link) {
        if (node->state != NODE_GONE && strcmp(node->id, id) == 0)
            return node;
    }
    return NULL;
}

/* Another card of the kind is on its way out at this place: the new one waits for most of it. */
static int wait_for_place(const struct scene *scene, const struct node_impl *impl, int slot)
{
    const struct node *node;
    list_for_each(node, &scene->nodes, link) {
        if (node->impl == impl && node->slot == slot && node->state == NODE_LEAVING)
            return node->presence.duration_ms * 2 / 3;
    }
    return 0;
}

struct wanted {
    const struct node_impl *impl;
    const json_t *card;
    char id[ID_BYTES];
    int slot;
};

static void bring(struct scene *scene, const struct wanted *want, int64_t now_ms, bool at_once)
{
    struct node *node = find(scene, want->id);
    bool is_new = !node;
    if (is_new) {
        node = node_create(want->impl, &scene->stage, want->id, want->slot);
        list_append(&scene->nodes, &node->link);
    }
    if (is_new || node->slot != want->slot || !json_equal(node->last, want->card)) {
        node->slot = want->slot;
        node_update(node, want->card, now_ms, at_once);
    }
    if (is_new || node->state == NODE_LEAVING)
        node_enter(node, now_ms, is_new ? wait_for_place(scene, want->impl, want->slot) : 0, at_once);
}

static size_t want(struct wanted *list, size_t count, const struct node_impl *impl, const json_t *card,
    const char *key, int slot)
{
    struct wanted *item = &list[count];
    *item = (struct wanted){.impl = impl, .card = card, .slot = slot};
    int len = snprintf(item->id, sizeof(item->id), "%s:%s", impl->name, key);
    return len > 0 && (size_t)len < sizeof(item->id) ? count + 1 : count;
}

static size_t want_numbered(struct wanted *list, size_t count, const struct node_impl *impl, const json_t *state)
{
    const json_t *card = json_object_get(state, impl->name);
    char key[24];
    snprintf(key, sizeof(key), "%lld", (long long)json_get_int(card, "id", 0));
    return json_is_object(card) ? want(list, count, impl, card, key, 0) : count;
}

/* A silent track is not shown, but keeps its place: the others do not move. */
static size_t want_captions(struct wanted *list, size_t count, const json_t *state)
{
    size_t i;
    json_t *track;
    json_array_foreach(json_object_get(state, "captions"), i, track) {
        const char *key = json_get_text(track, "track");
        if (i < SCENE_TRACKS && json_array_size(json_object_get(track, "lines")) > 0)
            count = want(list, count, &card_captions_impl, track, key ? key : "", (int)i);
    }
    return count;
}

/*
 * Tracks stand over one another, each in the room that its tallest text so far has needed, also while it is silent: a
 * line that comes or goes must not move the others. Returns the room of all.
 */
static int stack_tracks(struct scene *scene, size_t tracks, int base_px[SCENE_TRACKS + 1])
{
    const struct theme_card *look = &scene->stage.theme->captions;
    const struct node *node;
    list_for_each(node, &scene->nodes, link) {
        int needed = node->card.height + look->gap_px;
        if (node->impl == &card_captions_impl && node->layer && needed > scene->track_room_px[node->slot])
            scene->track_room_px[node->slot] = needed;
    }
    base_px[0] = 0;
    for (size_t i = 0; i < SCENE_TRACKS; i++) {
        if (scene->track_room_px[i] < look->row_px)
            scene->track_room_px[i] = look->row_px;
        base_px[i + 1] = base_px[i] + (i < tracks ? scene->track_room_px[i] : 0);
    }
    return base_px[tracks];
}

/* Cards keep their distance from captions that need more than the room of one track. */
static void lift_cards(struct scene *scene, const json_t *state, int64_t now_ms, bool at_once)
{
    const struct theme_card *captions = &scene->stage.theme->captions;
    size_t tracks = json_array_size(json_object_get(state, "captions"));
    int base_px[SCENE_TRACKS + 1];
    int room_px = stack_tracks(scene, tracks < SCENE_TRACKS ? tracks : SCENE_TRACKS, base_px);
    int lift_px = room_px > captions->row_px ? room_px - captions->row_px : 0;
    struct node *node;
    list_for_each(node, &scene->nodes, link) {
        const struct theme_card *look = node->impl->look(scene->stage.theme);
        if (look->anchor.down != captions->anchor.down || node->state != NODE_SHOWN)
            continue;
        // A card that has not been seen yet is born where it belongs.
        node_lift(node, look == captions ? base_px[node->slot] : lift_px, now_ms,
            at_once || box_is_empty(&node->drawn));
    }
}

/* What stands at the lower edge, from y on, in the columns of the card. */
static bool is_below(const struct box *card, const struct box *other)
{
    return other->x < card->x + card->width && card->x < other->x + other->width && other->y > card->y;
}

/* All that captions may come to cover: their lines change, and nothing else must move with them. */
static struct box captions_area(const struct scene *scene, int room_px)
{
    const struct stage *stage = &scene->stage;
    const struct theme_card *look = &stage->theme->captions;
    int room = stage->width_px * 9 / 10, width = look->width_max_px < room ? look->width_max_px : room;
    int top = stage->height_px - look->y_px - room_px;
    return (struct box){(stage->width_px - width) / 2, top, width, stage->height_px - top};
}

/* A poll hangs from the upper edge and gives way to what is to be read below it. */
static int find_poll_room(const struct scene *scene, const struct node *poll, int captions_px)
{
    const struct theme *theme = scene->stage.theme;
    const struct box card = {poll->box.x + poll->card.x, poll->box.y + poll->card.y, poll->card.width, poll->card.height};
    int floor_px = scene->stage.height_px - theme->poll.y_px;
    struct box other = captions_area(scene, captions_px);
    if (captions_px > 0 && is_below(&card, &other) && other.y - theme->poll.gap_px < floor_px)
        floor_px = other.y - theme->poll.gap_px;
    const struct node *node;
    list_for_each(node, &scene->nodes, link) {
        if (node->impl != &card_question_impl || node->state != NODE_SHOWN || !node->layer)
            continue;
        other = (struct box){node->box.x + node->card.x, node->box.y + node->card.y - (int)node->lift.to, node->card.width,
            node->card.height};
        if (is_below(&card, &other) && other.y - theme->poll.gap_px < floor_px)
            floor_px = other.y - theme->poll.gap_px;
    }
    return floor_px - card.y;
}

static void fit_poll(struct scene *scene, const json_t *state, int64_t now_ms, bool at_once)
{
    const struct theme *theme = scene->stage.theme;
    if (theme->poll.anchor.down >= 0)
        return;
    size_t tracks = json_array_size(json_object_get(state, "captions"));
    int base_px[SCENE_TRACKS + 1];
    int captions_px = stack_tracks(scene, tracks < SCENE_TRACKS ? tracks : SCENE_TRACKS, base_px);
    struct node *node;
    list_for_each(node, &scene->nodes, link) {
        if (node->impl != &card_poll_impl || node->state != NODE_SHOWN)
            continue;
        int room_px = find_poll_room(scene, node, theme->captions.anchor.down > 0 ? captions_px : 0);
        bool is_other = room_px != node->room_px;
        node->room_px = room_px;
        if (is_other)
            node_update(node, node->last, now_ms, at_once);
    }
}

void scene_apply(struct scene *scene, const json_t *state, int64_t now_ms, bool at_once)
{
    struct wanted list[2 + SCENE_TRACKS];
    size_t count = want_numbered(list, 0, &card_poll_impl, state);
    count = want_numbered(list, count, &card_question_impl, state);
    count = want_captions(list, count, state);
    struct node *node;
    list_for_each(node, &scene->nodes, link) {
        bool is_wanted = false;
        for (size_t i = 0; i < count && !is_wanted; i++)
            is_wanted = strcmp(list[i].id, node->id) == 0;
        if (!is_wanted)
            node_leave(node, now_ms, at_once);
    }
    for (size_t i = 0; i < count; i++)
        bring(scene, &list[i], now_ms, at_once);
    lift_cards(scene, state, now_ms, at_once);
    fit_poll(scene, state, now_ms, at_once);
}

static bool holds(const json_t *ids, const struct node *node)
{
    size_t i;
    json_t *id;
    json_array_foreach((json_t *)(uintptr_t)ids, i, id) {
        if (node->impl->is_from(node, (uint64_t)json_integer_value(id), NULL, NULL))
            return true;
    }
    return false;
}

bool scene_remove(struct scene *scene, const json_t *ids, const json_t *author)
{
    const char *platform = json_get_text(author, "platform"), *id = json_get_text(author, "id");
    bool is_any = false;
    struct node *node;
    list_for_each(node, &scene->nodes, link) {
        if (!node->impl->is_from || node->state == NODE_GONE)
            continue;
        if (holds(ids, node) || (platform && id && node->impl->is_from(node, 0, platform, id))) {
            node->state = NODE_GONE;
            is_any = true;
        }
    }
    return is_any;
}

bool scene_remove_card(struct scene *scene, const char *id)
{
    struct node *node = find(scene, id);
    if (node)
        node->state = NODE_GONE;
    return node != NULL;
}

bool scene_advance(struct scene *scene, int64_t now_ms)
{
    bool is_moving = false;
    struct node *node;
    list_for_each(node, &scene->nodes, link)
        is_moving |= node_advance(node, now_ms);
    return is_moving;
}
