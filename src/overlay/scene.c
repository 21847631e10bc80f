#include "overlay/scene.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "overlay/cards.h"

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

static void bring(struct scene *scene, const struct want *want, int64_t now_ms, bool at_once)
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

/*
 * Tracks stand over one another, each in the room that its tallest text so far has needed, also while it is silent: a
 * line that comes or goes must not move the others. Returns the room of all.
 */
static int stack_tracks(struct scene *scene, size_t tracks, int base_px[CAPTION_TRACKS + 1])
{
    const struct theme_card *look = &scene->stage.theme->cards[THEME_CAPTIONS];
    const struct node *node;
    list_for_each(node, &scene->nodes, link) {
        int needed = node->card.height + look->gap_px;
        if (node->impl == &card_captions_impl && node->layer && needed > scene->track_room_px[node->slot])
            scene->track_room_px[node->slot] = needed;
    }
    base_px[0] = 0;
    for (size_t i = 0; i < CAPTION_TRACKS; i++) {
        if (scene->track_room_px[i] < look->row_px)
            scene->track_room_px[i] = look->row_px;
        base_px[i + 1] = base_px[i] + (i < tracks ? scene->track_room_px[i] : 0);
    }
    return base_px[tracks];
}

/* Cards keep their distance from captions that need more than the room of one track. */
static void lift_cards(struct scene *scene, const json_t *state, int64_t now_ms, bool at_once)
{
    const struct theme_card *captions = &scene->stage.theme->cards[THEME_CAPTIONS];
    size_t tracks = json_array_size(json_object_get(state, "captions"));
    int base_px[CAPTION_TRACKS + 1];
    int room_px = stack_tracks(scene, tracks < CAPTION_TRACKS ? tracks : CAPTION_TRACKS, base_px);
    int lift_px = room_px > captions->row_px ? room_px - captions->row_px : 0;
    struct node *node;
    list_for_each(node, &scene->nodes, link) {
        const struct theme_card *look = node_look(node);
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
    const struct theme_card *look = &stage->theme->cards[THEME_CAPTIONS];
    int room = stage->width_px * 9 / 10, width = look->width_max_px < room ? look->width_max_px : room;
    int top = stage->height_px - look->y_px - room_px;
    return (struct box){(stage->width_px - width) / 2, top, width, stage->height_px - top};
}

/* A poll hangs from the upper edge and gives way to what is to be read below it. */
static int find_poll_room(const struct scene *scene, const struct node *poll, int captions_px)
{
    const struct theme *theme = scene->stage.theme;
    const struct box card = {poll->box.x + poll->card.x, poll->box.y + poll->card.y, poll->card.width, poll->card.height};
    int floor_px = scene->stage.height_px - theme->cards[THEME_POLL].y_px;
    struct box other = captions_area(scene, captions_px);
    if (captions_px > 0 && is_below(&card, &other) && other.y - theme->cards[THEME_POLL].gap_px < floor_px)
        floor_px = other.y - theme->cards[THEME_POLL].gap_px;
    const struct node *node;
    list_for_each(node, &scene->nodes, link) {
        if (node->impl != &card_question_impl || node->state != NODE_SHOWN || !node->layer)
            continue;
        other = (struct box){node->box.x + node->card.x, node->box.y + node->card.y - (int)node->lift.to, node->card.width,
            node->card.height};
        if (is_below(&card, &other) && other.y - theme->cards[THEME_POLL].gap_px < floor_px)
            floor_px = other.y - theme->cards[THEME_POLL].gap_px;
    }
    return floor_px - card.y;
}

static void fit_poll(struct scene *scene, const json_t *state, int64_t now_ms, bool at_once)
{
    const struct theme *theme = scene->stage.theme;
    if (theme->cards[THEME_POLL].anchor.down >= 0)
        return;
    size_t tracks = json_array_size(json_object_get(state, "captions"));
    int base_px[CAPTION_TRACKS + 1];
    int captions_px = stack_tracks(scene, tracks < CAPTION_TRACKS ? tracks : CAPTION_TRACKS, base_px);
    struct node *node;
    list_for_each(node, &scene->nodes, link) {
        if (node->impl != &card_poll_impl || node->state != NODE_SHOWN)
            continue;
        int room_px = find_poll_room(scene, node, theme->cards[THEME_CAPTIONS].anchor.down > 0 ? captions_px : 0);
        bool is_other = room_px != node->room_px;
        node->room_px = room_px;
        if (is_other)
            node_update(node, node->last, now_ms, at_once);
    }
}

void scene_apply(struct scene *scene, const json_t *state, int64_t now_ms, bool at_once)
{
    struct wants wants = {0};
    for (size_t i = 0; cards[i]; i++)
        cards[i]->want(state, &wants);
    struct node *node;
    list_for_each(node, &scene->nodes, link) {
        if (!wants_find(&wants, node->id))
            node_leave(node, now_ms, at_once);
    }
    for (size_t i = 0; i < wants.count; i++)
        bring(scene, &wants.items[i], now_ms, at_once);
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
    list_for_each(node, &scene->nodes, link) {
        is_moving |= node_advance(node, now_ms);
        if (node->is_stale)
            node_refresh(node, now_ms);
    }
    return is_moving;
}

int64_t scene_wake_ms(const struct scene *scene)
{
    int64_t wake_ms = 0;
    const struct node *node;
    list_for_each(node, &scene->nodes, link) {
        if (node->wake_ms && (!wake_ms || node->wake_ms < wake_ms))
            wake_ms = node->wake_ms;
    }
    return wake_ms;
}
