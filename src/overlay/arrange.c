#include "overlay/arrange.h"

#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "overlay/cards.h"
#include "overlay/node.h"

enum {
    ROUNDS_MAX = 4,  // until every card fits into its place; who does not, waits
    PASSES_MAX = 2,  // who moves may need more in its place than it knew of: a countdown that ended in a narrow one
};

/*
 * Who gives way to whom, the lowest first. What moderators put on air stands firm; what comes and goes by itself moves
 * nothing that stands there already; chat goes on changing anyway, and subtitles keep off all cards.
 */
static const int ranks[THEME_KINDS] = {
    [THEME_QUESTION] = 100,
    [THEME_POLL] = 90,
    [THEME_COUNTDOWN] = 80,
    [THEME_HOLDING] = 75,
    [THEME_GOAL] = 70,
    [THEME_RULES] = 65,
    [THEME_NOTE] = 60,
    [THEME_QR] = 55,
    [THEME_ALERT] = 50,
    [THEME_SHOUTOUT] = 45,
    [THEME_TICKER] = 40,
    [THEME_CHAT] = 20,
    [THEME_CAPTIONS] = 10,
};

/* The nodes that want a place, the firmest first. Of equals the one whose id comes first: not the one that came first. */
struct seats {
    struct node *nodes[LAYOUT_CARDS_MAX];
    size_t count;
};

static bool is_here(const struct node *node)
{
    return node->state == NODE_SHOWN && node->layer && !node->is_skipped;
}

static bool comes_before(const struct node *a, const struct node *b)
{
    int by_rank = ranks[a->impl->kind] - ranks[b->impl->kind];
    if (by_rank != 0)
        return by_rank > 0;
    return a->slot != b->slot ? a->slot < b->slot : strcmp(a->id, b->id) < 0;
}

static void seat(struct seats *seats, const struct list *nodes)
{
    struct node *node;
    seats->count = 0;
    list_for_each(node, nodes, link) {
        if (!is_here(node) || seats->count == LAYOUT_CARDS_MAX - CAPTION_TRACKS)
            continue;
        size_t at = seats->count++;
        for (; at > 0 && comes_before(node, seats->nodes[at - 1]); at--)
            seats->nodes[at] = seats->nodes[at - 1];
        seats->nodes[at] = node;
    }
}

/* ---- what the cards ask for */

static enum layout_turn turn_of(enum theme_kind kind)
{
    return kind == THEME_TICKER ? LAYOUT_FIRST : kind == THEME_CAPTIONS ? LAYOUT_YIELDS : LAYOUT_BY_RANK;
}

/* Captions give up width alone, and speaking or silent the same: no line must move anything. */
static struct size least_of(enum theme_kind kind, struct size size, struct size told)
{
    if (kind == THEME_CAPTIONS)
        return (struct size){size.width * 3 / 5, size.height};
    return (struct size){told.width > 0 ? told.width : size.width * 3 / 5, told.height > 0 ? told.height : size.height / 2};
}

static struct layout_card describe(const struct stage *stage, enum theme_kind kind, struct size size, struct size told)
{
    struct size least = least_of(kind, size, told);
    const struct theme_card *look = &stage->theme->cards[kind];
    return (struct layout_card){
        .across = look->anchor.across, .down = look->anchor.down, .x_px = look->x_px, .y_px = look->y_px,
        .width_px = size.width, .height_px = size.height,
        .width_least_px = least.width, .height_least_px = least.height, .bounds = stage_bounds(stage, kind), .rank = ranks[kind],
        .turn = turn_of(kind),
    };
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

static struct layout_card describe_node(const struct node *node)
{
    bool is_reserved = node->reserved.height > 0;
    struct size size = is_reserved ? node->reserved : node->natural;
    if (is_reserved && node->room_px == 0 && node->room_width_px == 0)
        size = (struct size){most(size.width, node->natural.width), most(size.height, node->natural.height)};
    return describe(node->stage, node->impl->kind, size, node->least);
}

/* A track that has not spoken yet gets the usual room. */
static struct layout_card describe_track(const struct arrangement *arrangement, const struct stage *stage, size_t track)
{
    const struct theme_card *look = &stage->theme->cards[THEME_CAPTIONS];
    struct size size = arrangement->room_of_track[track];
    if (size.height == 0)
        size = (struct size){look->width_max_px, look->row_px};
    return describe(stage, THEME_CAPTIONS, size, (struct size){0});
}

static void note_tracks(struct arrangement *arrangement, const struct seats *seats)
{
    for (size_t i = 0; i < seats->count; i++) {
        const struct node *node = seats->nodes[i];
        if (node->impl->kind == THEME_CAPTIONS && node->slot < CAPTION_TRACKS)
            arrangement->room_of_track[node->slot] = node->reserved;
    }
}

/* Works places out if anything is asked for that was not before. */
static void place(struct arrangement *arrangement, const struct stage *stage, const struct seats *seats)
{
    struct layout_card cards[LAYOUT_CARDS_MAX];
    size_t count = 0;
    memset(cards, 0, sizeof(cards));  // they are compared as bytes
    while (count < seats->count) {
        cards[count] = describe_node(seats->nodes[count]);
        count++;
    }
    for (size_t i = 0; i < CAPTION_TRACKS; i++) {
        if (arrangement->is_held[i])
            cards[count++] = describe_track(arrangement, stage, i);
    }
    if (count == arrangement->count && memcmp(cards, arrangement->cards, count * sizeof(*cards)) == 0)
        return;
    memcpy(arrangement->cards, cards, sizeof(cards));
    arrangement->count = count;
    arrangement->layouts++;
    layout_place(&(struct layout_area){{0, 0, stage->width_px, stage->height_px}, stage->face, stage->theme->between_px}, cards,
        count, arrangement->boxes);
}

/* ---- whether they fit */

static bool is_shown(const struct node *node)
{
    return node->presence.to > 0;
}

/* Also while it fades out of sight. */
static bool is_seen(const struct node *node, int64_t now_ms)
{
    return is_shown(node) || tween_at(&node->presence, now_ms) > 0;
}

/*
 * A card that gets less than it has is laid out for it at once; it may not be able to, and then that is what it needs at
 * least. One that gets more waits until the room is free; also while it fades out, where it grows into others.
 */
static bool fits(struct node *node, const struct box *box, int64_t now_ms)
{
    if (box_is_empty(box))
        return true;
    bool is_tighter = box->width < node->card.width || box->height < node->card.height;
    if (is_tighter || !is_seen(node, now_ms))
        node_fit(node, box->width, box->height, now_ms);
    if (node->card.height > box->height)
        node->least.height = node->card.height;
    if (node->card.width > box->width)
        node->least.width = node->card.width;
    return node->card.height <= box->height && node->card.width <= box->width;
}

static bool fit_all(const struct arrangement *arrangement, const struct seats *seats, int64_t now_ms)
{
    bool is_good = true;
    for (size_t i = 0; i < seats->count; i++)
        is_good &= fits(seats->nodes[i], &arrangement->boxes[i], now_ms);
    return is_good;
}

static void take_aims(const struct arrangement *arrangement, const struct seats *seats)
{
    for (size_t i = 0; i < seats->count; i++) {
        struct node *node = seats->nodes[i];
        const struct box *box = &arrangement->boxes[i];
        bool is_too_large = node->card.width > box->width || node->card.height > box->height;
        node->aim = is_too_large ? (struct box){0} : *box;
        node->is_resized = false;
        if (!box_is_empty(&node->aim)) {
            node->is_told = false;
        } else if (!node->is_told) {
            node->is_told = true;
            log_info("overlay", "%s waits: the other cards leave no room for it", node->id);
        }
    }
}

bool arrange_is_due(const struct list *nodes)
{
    const struct node *node;
    list_for_each(node, nodes, link) {
        if (node->is_resized)
            return true;
    }
    return false;
}

void arrange(struct arrangement *arrangement, const struct stage *stage, struct list *nodes, const bool is_held[CAPTION_TRACKS],
    int64_t now_ms, bool at_once)
{
    struct seats seats;
    seat(&seats, nodes);
    memmove(arrangement->is_held, is_held, sizeof(arrangement->is_held));
    for (int pass = 0; pass < PASSES_MAX && (pass == 0 || arrange_is_due(nodes)); pass++) {
        note_tracks(arrangement, &seats);
        for (int round = 0; round < ROUNDS_MAX; round++) {
            place(arrangement, stage, &seats);
            if (fit_all(arrangement, &seats, now_ms))
                break;
        }
        take_aims(arrangement, &seats);
        arrange_settle(arrangement, nodes, now_ms, at_once);
    }
}

/* ---- on the way */

static bool do_meet(const struct box *a, const struct box *b)
{
    struct box common = box_intersect(a, b);
    return !box_is_empty(&common);
}

static struct box card_now(const struct node *node, int64_t now_ms)
{
    struct box now = node_place_now(node, now_ms);
    return (struct box){node->box.x + node->card.x + now.x - node->place.x, node->box.y + node->card.y + now.y - node->place.y,
        node->card.width, node->card.height};
}

/* All that the card covers from now until it has arrived. */
static struct box taken_by(const struct node *node, int64_t now_ms)
{
    if (!node->layer || node->state == NODE_GONE || !is_seen(node, now_ms) || box_is_empty(&node->place))
        return (struct box){0};
    struct box now = node_place_now(node, now_ms), card = card_now(node, now_ms);
    now = box_union(&now, &card);
    return box_union(&now, &node->place);
}

static bool is_clear(const struct list *nodes, const struct node *node, const struct box *box, int64_t now_ms)
{
    const struct node *other;
    if (do_meet(box, &node->stage->face))
        return false;
    list_for_each(other, nodes, link) {
        struct box taken = taken_by(other, now_ms);
        if (other != node && do_meet(box, &taken))
            return false;
    }
    return true;
}

/* With what lies between cards: those that enter and leave slide a little way into it. */
static bool is_way_free(const struct list *nodes, const struct node *node, const struct box *way, int64_t now_ms)
{
    int between = node->stage->theme->between_px;
    struct box with = box_grow(way, between > 0 ? between - 1 : 0);
    return is_clear(nodes, node, &with, now_ms);
}

/* What it covers between here and its aim, with the size that it will have: see node_move(). */
static struct box way_of(const struct node *node, int64_t now_ms)
{
    struct box now = node_place_now(node, now_ms);
    return box_union(&now, &node->aim);
}

static bool is_at_aim(const struct node *node)
{
    return memcmp(&node->place, &node->aim, sizeof(node->aim)) == 0;
}

static void appear(struct node *node, int64_t now_ms, bool at_once)
{
    node->place = (struct box){0};
    node_move(node, &node->aim, now_ms, true);
    node_enter(node, now_ms, 0, at_once);
}

/* The card has grown out of its place, or another one has grown into it: no time to move. */
static bool is_pushed(const struct list *nodes, const struct node *node, int64_t now_ms)
{
    struct box card = card_now(node, now_ms), common = box_intersect(&card, &node->place);
    bool is_grown = common.width < card.width || common.height < card.height;
    struct box now = box_union(&card, &node->place);
    bool is_still = !tween_is_moving(&node->shift_x, now_ms) && !tween_is_moving(&node->shift_y, now_ms);
    struct box bounds = stage_bounds(node->stage, node->impl->kind), inside = box_intersect(&now, &bounds);
    bool is_out = inside.width < now.width || inside.height < now.height;
    return (is_grown && (is_still || is_out || !is_way_free(nodes, node, &now, now_ms))) || !is_clear(nodes, node, &now, now_ms);
}

/* True: there is no room for it yet; it is out of sight, and waits. */
static bool push(struct list *nodes, struct node *node, int64_t now_ms)
{
    bool is_free = is_way_free(nodes, node, &node->aim, now_ms);
    node_move(node, &node->aim, now_ms, true);
    if (!is_free)
        node_retreat(node, now_ms, true);
    return !is_free;
}

/* True: it has to wait. */
static bool settle_shown(struct list *nodes, struct node *node, int64_t now_ms)
{
    if (box_is_empty(&node->aim)) {
        node_retreat(node, now_ms, is_pushed(nodes, node, now_ms));
        return false;
    }
    if (is_at_aim(node) && !is_pushed(nodes, node, now_ms)) {
        node_fit(node, node->aim.width, node->aim.height, now_ms);
        return false;
    }
    struct box way = way_of(node, now_ms);
    if (is_way_free(nodes, node, &way, now_ms))
        node_move(node, &node->aim, now_ms, false);
    else
        return is_pushed(nodes, node, now_ms) ? push(nodes, node, now_ms) : true;
    return false;
}

static bool settle_one(struct list *nodes, struct node *node, int64_t now_ms, bool at_once)
{
    if (at_once && box_is_empty(&node->aim)) {
        node_retreat(node, now_ms, true);
        return false;
    }
    if (at_once) {
        appear(node, now_ms, true);
        return false;
    }
    if (is_shown(node))
        return settle_shown(nodes, node, now_ms);
    if (tween_is_moving(&node->presence, now_ms) && !is_pushed(nodes, node, now_ms))
        return !box_is_empty(&node->aim);
    tween_set(&node->presence, 0);  // what has grown while it faded out is not to be seen any more
    if (box_is_empty(&node->aim))
        return false;
    if (!is_way_free(nodes, node, &node->aim, now_ms))
        return true;
    appear(node, now_ms, false);
    return false;
}

static bool is_any_moving(const struct list *nodes, int64_t now_ms)
{
    const struct node *node;
    list_for_each(node, nodes, link) {
        if (tween_is_moving(&node->presence, now_ms) || tween_is_moving(&node->shift_x, now_ms) ||
            tween_is_moving(&node->shift_y, now_ms))
            return true;
    }
    return false;
}

/* Two that want each other's place would wait for ever: the weakest goes out of sight and comes back where it belongs. */
static void break_knot(const struct seats *seats, int64_t now_ms)
{
    for (size_t i = seats->count; i-- > 0;) {
        struct node *node = seats->nodes[i];
        if (is_shown(node) && !is_at_aim(node)) {
            node_retreat(node, now_ms, false);
            return;
        }
    }
}

bool arrange_settle(struct arrangement *arrangement, struct list *nodes, int64_t now_ms, bool at_once)
{
    struct seats seats;
    seat(&seats, nodes);
    arrangement->is_unsettled = false;
    for (size_t i = 0; i < seats.count; i++)
        arrangement->is_unsettled |= settle_one(nodes, seats.nodes[i], now_ms, at_once);
    if (arrangement->is_unsettled && !is_any_moving(nodes, now_ms))
        break_knot(&seats, now_ms);
    return arrangement->is_unsettled;
}
