/*
 * Cards settle one after the other. When one finds no place, the weakest card that has something to give is made smaller
 * and all is tried again; what was given up in vain is given back. A try is a few hundred comparisons of boxes, so even
 * a crowded view is done in some tens of microseconds, and nothing is done while nothing changes.
 */
#include "overlay/layout.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* How much a card gives up: nothing, a quarter, or all that it can. */
enum { LEVEL_FULL, LEVEL_FAIR, LEVEL_LEAST };
enum { FAIR_QUARTERS = 3, SHAPES_MAX = 3, EDGES_MAX = 2 * (LAYOUT_CARDS_MAX + 1) + 3 };

/* To stand beside the wanted place looks worse than above or below it, least so for what is in the middle. */
enum { WEIGHT_ACROSS = 3, WEIGHT_ACROSS_OF_MIDDLE = 2 };

struct try {
    const struct layout_area *area;
    const struct layout_card *cards;
    struct box *boxes;
    size_t order[LAYOUT_CARDS_MAX], count;  // strongest first; those that wait are not in it
    unsigned char level[LAYOUT_CARDS_MAX];  // by the card's number
    bool is_yielding;                       // LAYOUT_YIELDS come last
    bool is_far;                            // no matter how far from the wanted place
    size_t failed;                          // the place in `order` of the card that found no room
};

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

static int held(int start, int length, int own, int side)
{
    return side < 0 ? start : side > 0 ? start + length - own : start + (length - own) / 2;
}

struct box layout_hold(const struct box *in, int across, int down, int width_px, int height_px)
{
    return (struct box){held(in->x, in->width, width_px, across), held(in->y, in->height, height_px, down), width_px, height_px};
}

static int clamp(int at, int length, int start, int whole)
{
    return most(start, least(at, start + whole - length));
}

/* Where a card of this size would like to stand. */
static struct box home_of(const struct layout_area *area, const struct layout_card *card, int width_px, int height_px)
{
    struct box home = layout_hold(&area->view, card->across, card->down, width_px, height_px);
    home.x += card->across > 0 ? -card->x_px : card->x_px;
    home.y += card->down > 0 ? -card->y_px : card->y_px;
    home.x = clamp(home.x, width_px, card->bounds.x, card->bounds.width);
    home.y = clamp(home.y, height_px, card->bounds.y, card->bounds.height);
    return home;
}

static bool is_clear(const struct box *box, const struct box *other, int gap)
{
    return box->width <= 0 || other->width <= 0 || other->height <= 0 || box->x >= other->x + other->width + gap ||
        other->x >= box->x + box->width + gap || box->y >= other->y + other->height + gap ||
        other->y >= box->y + box->height + gap;
}

/* Beside the face and the first `settled` cards of the order. */
static bool is_free(const struct try *try, size_t settled, const struct box *box)
{
    int gap = try->area->gap_px;
    if (!is_clear(box, &try->area->face, gap))
        return false;
    for (size_t i = 0; i < settled; i++) {
        if (!is_clear(box, &try->boxes[try->order[i]], gap))
            return false;
    }
    return true;
}

/* ---- sizes */

static int size_at(int full, int least_px, int level)
{
    if (least_px <= 0 || least_px >= full || level == LEVEL_FULL)
        return full;
    return level == LEVEL_FAIR ? most(least_px, full * FAIR_QUARTERS / 4) : least_px;
}

/* A text that is made narrower gets as much taller. */
static int grown(int height_px, int width_px, int narrow_px)
{
    return (int)(((int64_t)height_px * width_px + narrow_px - 1) / most(1, narrow_px));
}

/*
 * The shapes that a card can take at a level, the best one first. Returns how many. What yields shows changing texts in
 * the same room, whatever its width.
 */
static size_t list_shapes(const struct layout_card *card, int level, struct box shapes[SHAPES_MAX])
{
    int full_width = least(card->width_px, card->bounds.width), full_height = least(card->height_px, card->bounds.height);
    int width = size_at(full_width, card->width_least_px, level), height = size_at(full_height, card->height_least_px, level);
    size_t count = 0;
    shapes[count++] = (struct box){.width = full_width, .height = height};
    if (width < full_width) {
        int taller = card->turn == LAYOUT_YIELDS ? height : grown(full_height, full_width, width);
        if (taller <= card->bounds.height)
            shapes[count++] = (struct box){.width = width, .height = taller};
        if (level == LEVEL_LEAST)
            shapes[count++] = (struct box){.width = width, .height = height};
    }
    return count;
}

static bool has_more_to_give(const struct layout_card *card, int level)
{
    struct box now[SHAPES_MAX], then[SHAPES_MAX];
    size_t count = list_shapes(card, level - 1, now);
    return list_shapes(card, level, then) != count || memcmp(now, then, count * sizeof(*now)) != 0;
}

/* ---- places */

static void add_edge(int edges[EDGES_MAX], size_t *count, int at, int from, int to)
{
    if (at >= from && at <= to)
        edges[(*count)++] = at;
}

/* Where a side can stand: at home, at the ends, and just before or behind what is there already. */
static size_t list_edges(const struct try *try, size_t settled, bool is_across, int home, int own, int from, int to,
    int edges[EDGES_MAX])
{
    size_t count = 0;
    add_edge(edges, &count, home, from, to);
    add_edge(edges, &count, from, from, to);
    add_edge(edges, &count, to, from, to);
    for (size_t i = 0; i <= settled; i++) {
        const struct box *box = i == settled ? &try->area->face : &try->boxes[try->order[i]];
        int start = is_across ? box->x : box->y, length = is_across ? box->width : box->height;
        if (length <= 0)
            continue;
        add_edge(edges, &count, start - try->area->gap_px - own, from, to);
        add_edge(edges, &count, start + length + try->area->gap_px, from, to);
    }
    return count;
}

static bool find_place(const struct try *try, size_t settled, const struct layout_card *card, const struct box *shape,
    struct box *place)
{
    const struct box *bounds = &card->bounds;
    struct box home = home_of(try->area, card, shape->width, shape->height);
    *place = home;
    if (is_free(try, settled, &home))
        return true;
    int xs[EDGES_MAX], ys[EDGES_MAX], best = INT_MAX;
    int reach = try->is_far ? try->area->view.width : try->area->view.width / 4;
    int right = bounds->x + bounds->width - shape->width, bottom = bounds->y + bounds->height - shape->height;
    size_t columns = list_edges(try, settled, true, home.x, shape->width, most(bounds->x, home.x - reach),
        least(right, home.x + reach), xs);
    size_t rows = list_edges(try, settled, false, home.y, shape->height, bounds->y, bottom, ys);
    int weight = card->across == 0 ? WEIGHT_ACROSS_OF_MIDDLE : WEIGHT_ACROSS;
    for (size_t i = 0; i < columns; i++) {
        int aside = weight * abs(xs[i] - home.x);
        for (size_t j = 0; aside < best && j < rows; j++) {
            struct box box = {xs[i], ys[j], shape->width, shape->height};
            int cost = aside + abs(ys[j] - home.y);
            if (cost < best && is_free(try, settled, &box)) {
                best = cost;
                *place = box;
            }
        }
    }
    return best < INT_MAX;
}

/* ---- who settles when */

static int turn_of(const struct try *try, const struct layout_card *card)
{
    if (card->turn == LAYOUT_FIRST)
        return 0;
    return card->turn == LAYOUT_BY_RANK ? 2 : try->is_yielding ? 3 : 1;
}

static bool comes_before(const struct try *try, size_t a, size_t b)
{
    const struct layout_card *one = &try->cards[a], *other = &try->cards[b];
    int turn = turn_of(try, one) - turn_of(try, other);
    if (turn != 0)
        return turn < 0;
    return one->rank != other->rank ? one->rank > other->rank : a < b;
}

static void sort_cards(struct try *try)
{
    for (size_t i = 1; i < try->count; i++) {
        size_t card = try->order[i], at = i;
        for (; at > 0 && comes_before(try, card, try->order[at - 1]); at--)
            try->order[at] = try->order[at - 1];
        try->order[at] = card;
    }
}

static bool settle_one(struct try *try, size_t at)
{
    size_t number = try->order[at];
    const struct layout_card *card = &try->cards[number];
    struct box shapes[SHAPES_MAX];
    size_t count = list_shapes(card, try->level[number], shapes);
    for (size_t i = 0; i < count; i++) {
        if (find_place(try, at, card, &shapes[i], &try->boxes[number]))
            return true;
    }
    return false;
}

static bool settle_all(struct try *try)
{
    for (size_t i = 0; i < try->count; i++) {
        if (!settle_one(try, i)) {
            try->failed = i;
            return false;
        }
    }
    return true;
}

/* ---- giving way */

/* The weakest card whose level is below this one and that gains something by it; count: there is none. */
static size_t find_weakest(const struct try *try, int level)
{
    size_t found = try->count;
    for (size_t i = 0; i < try->count; i++) {
        size_t number = try->order[i];
        if (try->level[number] != level - 1 || !has_more_to_give(&try->cards[number], level))
            continue;
        if (found == try->count || try->cards[number].rank <= try->cards[try->order[found]].rank)
            found = i;
    }
    return found;
}

/* What was given up without need is given back, the strongest first. */
static void give_back(struct try *try)
{
    for (size_t i = 0; i < try->count; i++) {
        size_t number = try->order[i];
        while (try->level[number] > LEVEL_FULL) {
            try->level[number]--;
            if (settle_all(try))
                continue;
            try->level[number]++;
            break;
        }
    }
    settle_all(try);
}

/* Nobody gives up more than most_level. */
static bool solve(struct try *try, int most_level)
{
    memset(try->level, LEVEL_FULL, sizeof(try->level));
    sort_cards(try);
    if (settle_all(try))
        return true;
    for (int level = LEVEL_FAIR; level <= most_level; level++) {
        for (size_t i = find_weakest(try, level); i < try->count; i = find_weakest(try, level)) {
            try->level[try->order[i]] = (unsigned char)level;
            if (settle_all(try)) {
                give_back(try);
                return true;
            }
        }
        // Who has nothing to give at this level may have at the next.
        for (size_t i = 0; i < try->count; i++)
            try->level[try->order[i]] = (unsigned char)level;
    }
    return false;
}

static bool solve_somehow(struct try *try)
{
    static const struct {
        bool is_yielding, is_far;
        int most_level;
    } ways[] = {{false, false, LEVEL_FAIR}, {true, false, LEVEL_LEAST}, {true, true, LEVEL_LEAST}};
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        try->is_yielding = ways[i].is_yielding;
        try->is_far = ways[i].is_far;
        if (solve(try, ways[i].most_level))
            return true;
    }
    return false;
}

static bool is_in_columns(const struct box *box, const struct box *other, int gap)
{
    return other->width > 0 && other->height > 0 && box->x < other->x + other->width + gap && other->x < box->x + box->width + gap;
}

/* How much taller it can get upwards, or downwards. */
static int find_space(const struct try *try, size_t number, bool is_upwards)
{
    const struct box *box = &try->boxes[number], *bounds = &try->cards[number].bounds;
    int end = box->y + box->height, gap = try->area->gap_px;
    int space = is_upwards ? box->y - bounds->y : bounds->y + bounds->height - end;
    for (size_t i = 0; i <= try->count; i++) {
        const struct box *other = i == try->count ? &try->area->face : &try->boxes[try->order[i]];
        if (other == box || !is_in_columns(box, other, gap))
            continue;
        int between = is_upwards ? box->y - gap - (other->y + other->height) : other->y - gap - end;
        space = between >= 0 ? least(space, between) : space;
    }
    return space;
}

/* Away from the edge that it is held at, a card that was made lower takes what is free after all. */
static void grow(const struct try *try, size_t number)
{
    const struct layout_card *card = &try->cards[number];
    struct box *box = &try->boxes[number];
    int width = least(card->width_px, card->bounds.width);
    int more = grown(card->height_px, width, box->width) - box->height;
    more = least(more, find_space(try, number, card->down > 0));
    if (more > 0)
        *box = layout_hold(box, -1, card->down > 0 ? 1 : -1, box->width, box->height + more);
}

void layout_place(const struct layout_area *area, const struct layout_card *cards, size_t count, struct box *boxes)
{
    struct try try = {.area = area, .cards = cards, .boxes = boxes};
    memset(boxes, 0, count * sizeof(*boxes));
    for (size_t i = 0; i < count && i < LAYOUT_CARDS_MAX; i++) {
        if (cards[i].width_px > 0 && cards[i].height_px > 0)
            try.order[try.count++] = i;
    }
    while (!solve_somehow(&try)) {
        // The strongest that found no place beside all that are stronger waits; the others are placed without it.
        boxes[try.order[try.failed]] = (struct box){0};
        try.count--;
        memmove(try.order + try.failed, try.order + try.failed + 1, (try.count - try.failed) * sizeof(*try.order));
    }
    for (size_t i = 0; i < try.count; i++) {
        if (try.level[try.order[i]] > LEVEL_FULL && cards[try.order[i]].turn != LAYOUT_YIELDS)
            grow(&try, try.order[i]);
    }
}
