#include "overlay/node.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/poison.h"
#include "overlay/layout.h"
#include "overlay/lines.h"
#include "overlay/cost.h"
#include "overlay/picture_place.h"
#include "overlay/surface.h"

struct node *node_create(const struct node_impl *impl, const struct stage *stage, const char *id, int slot)
{
    struct node *node = impl->create();
    node->impl = impl;
    node->stage = stage;
    node->id = xstrdup(id);
    node->slot = slot;
    list_init(&node->link);
    list_init(&node->places);
    damage_init(&node->damage, 0, 0);
    damage_init(&node->scrolled, 0, 0);
    return node;
}

void node_destroy(struct node *node)
{
    if (!node)
        return;
    list_remove(&node->link);
    free(node->id);
    json_decref(node->last);
    buffer_fini(&node->words);
    buffer_fini(&node->missing);
    canvas_destroy(node->layer);
    damage_fini(&node->damage);
    damage_fini(&node->scrolled);
    node->impl->destroy(node);
}

/* ---- poison: what is worked on is noted, so that a crash takes one card and not the show */

static bool begin(struct node *node)
{
    char where[POISON_WHERE_BYTES];
    snprintf(where, sizeof(where), "overlay/%s", node->impl->name);
    if (poison_begin(node->stage->poison, where, node->words.data ? node->words.data : "", node->words.len))
        return true;
    if (!node->is_skipped)
        log_error("overlay", "%s is not drawn: it ended this program before", node->id);
    node->is_skipped = true;
    canvas_destroy(node->layer);
    node->layer = NULL;
    return false;
}

/* A test's way to a card that kills: ANTIPHON_TEST_ABORT_ON names a part of its text. */
static void abort_if_asked(struct str words)
{
    const char *asked = getenv("ANTIPHON_TEST_ABORT_ON");
    if (asked && *asked && words.len > 0 && memmem(words.data, words.len, asked, strlen(asked)))
        abort();
}

bool node_begin_part(const struct node *node, struct str words)
{
    char where[POISON_WHERE_BYTES];
    snprintf(where, sizeof(where), "overlay/%s", node->impl->name);
    if (!poison_begin(node->stage->poison, where, words.data, words.len)) {
        log_error("overlay", "a part of %s is not drawn: it ended this program before", node->id);
        return false;
    }
    abort_if_asked(words);
    return true;
}

void node_end_part(const struct node *node)
{
    poison_end(node->stage->poison);
}

/* True: it has other words than before. */
static bool take_words(struct node *node, const json_t *card)
{
    struct buffer before = node->words;
    node->words = (struct buffer){0};
    node->impl->read(card, &node->words);
    buffer_add_char(&node->words, '\0');
    node->words.len--;
    bool is_other = before.len != node->words.len || !before.data || memcmp(before.data, node->words.data, before.len) != 0;
    buffer_fini(&before);
    return is_other;
}

static void note_update(const struct node *node, int64_t from_ns)
{
    if (!node->stage->costs)
        return;
    struct cost *cost = &node->stage->costs->kinds[node->impl->kind];
    cost->updates++;
    cost->update_ns += clock_monotonic_ns() - from_ns;
}

static void note_paint(const struct node *node, int64_t from_ns)
{
    int count;
    if (!node->stage->costs)
        return;
    struct cost *cost = &node->stage->costs->kinds[node->impl->kind];
    const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)(uintptr_t)&node->damage.region, &count);
    for (int i = 0; i < count; i++)
        cost->pixels += (uint64_t)(boxes[i].x2 - boxes[i].x1) * (uint64_t)(boxes[i].y2 - boxes[i].y1);
    cost->paints++;
    cost->paint_ns += clock_monotonic_ns() - from_ns;
}

void node_update(struct node *node, const json_t *card, int64_t now_ms, bool at_once)
{
    int64_t from_ns = clock_monotonic_ns();
    json_t *before = node->last;
    node->last = json_incref((json_t *)(uintptr_t)card);
    if (take_words(node, card) && node->reserved.height == 0) {
        // Other words, other needs: it says first what it would like.
        node->room_px = node->room_width_px = 0;
        node->least = (struct size){0};
    }
    if (begin(node)) {
        // A card that was skipped knows nothing of what it was told then.
        node->impl->update(node, card, node->is_skipped ? NULL : before, now_ms, at_once);
        node->is_skipped = !node->layer;
        poison_end(node->stage->poison);
    }
    node->is_stale = false;
    json_decref(before);
    note_update(node, from_ns);
}

void node_refresh(struct node *node, int64_t now_ms)
{
    node->is_stale = false;
    if (node->is_skipped || !node->layer || !begin(node))
        return;
    if (node->impl->refresh)
        node->impl->refresh(node, now_ms);
    else
        node->impl->update(node, node->last, NULL, now_ms, true);
    node->is_skipped = !node->layer;
    poison_end(node->stage->poison);
    picture_places_advance(node, now_ms);
}

void node_restyle(struct node *node, int64_t now_ms)
{
    node->room_px = node->room_width_px = 0;
    node->natural = node->reserved = node->least = (struct size){0};
    if (node->state == NODE_GONE || !begin(node))
        return;
    // As if it were told for the first time: also who keeps what he has laid out lays it out anew.
    canvas_destroy(node->layer);
    node->layer = NULL;
    node->impl->update(node, node->last, NULL, now_ms, true);
    node->is_skipped = !node->layer;
    poison_end(node->stage->poison);
}

void node_paint(struct node *node)
{
    if (!node->layer || damage_is_empty(&node->damage) || !begin(node))
        return;
    abort_if_asked((struct str){node->words.data, node->words.len});
    int64_t from_ns = clock_monotonic_ns();
    canvas_set_clip(node->layer, &node->damage.region);
    canvas_clear(node->layer);
    node->impl->paint(node, node->layer);
    canvas_set_clip(node->layer, NULL);
    node->count.paints++;
    note_paint(node, from_ns);
    poison_end(node->stage->poison);
}

bool node_forget(struct node *node, uint64_t message, const char *platform, const char *author)
{
    json_t *kept = node->impl->forget ? lines_without(node->last, message, platform, author) : NULL;
    if (kept) {
        json_decref(node->last);
        node->last = kept;
        take_words(node, kept);
    }
    // Also where the list has no such line any more: one that fades out is still seen.
    return node->impl->forget && node->impl->forget(node, message, platform, author);
}

/* ---- entrance and exit */

const struct theme_card *node_look(const struct node *node)
{
    return &node->stage->theme->cards[node->impl->kind];
}

void node_enter(struct node *node, int64_t now_ms, int delay_ms, bool at_once)
{
    const struct theme_motion *motion = &node_look(node)->motion.enter;
    node->state = NODE_SHOWN;
    node->presence.curve = motion->curve;
    if (at_once)
        tween_set(&node->presence, 1);
    else
        tween_start(&node->presence, 1, now_ms, delay_ms, motion->duration_ms);
}

void node_leave(struct node *node, int64_t now_ms, bool at_once)
{
    if (node->state == NODE_GONE || (node->state == NODE_LEAVING && !at_once))
        return;
    // It has grown and was on its way to where there is room for it: nothing keeps the others off it any more.
    at_once |= node->card.width > node->place.width || node->card.height > node->place.height;
    const struct theme_motion *motion = &node_look(node)->motion.leave;
    node->state = at_once ? NODE_GONE : NODE_LEAVING;
    node->presence.curve = motion->curve;
    if (!at_once)
        tween_start(&node->presence, 0, now_ms, 0, motion->duration_ms);
}

void node_retreat(struct node *node, int64_t now_ms, bool at_once)
{
    const struct theme_motion *motion = &node_look(node)->motion.leave;
    node->presence.curve = motion->curve;
    if (at_once)
        tween_set(&node->presence, 0);
    else
        tween_start(&node->presence, 0, now_ms, 0, motion->duration_ms);
}

bool node_advance(struct node *node, int64_t now_ms)
{
    bool is_moving = tween_is_moving(&node->presence, now_ms) || tween_is_moving(&node->shift_x, now_ms) ||
        tween_is_moving(&node->shift_y, now_ms);
    if (node->state == NODE_LEAVING && !tween_is_moving(&node->presence, now_ms))
        node->state = NODE_GONE;
    node->wake_ms = 0;
    if (node->impl->advance && node->layer && node->impl->advance(node, now_ms))
        is_moving = true;
    if (node->layer && node->state != NODE_GONE)
        picture_places_advance(node, now_ms);
    return is_moving;
}

void node_wake_at(struct node *node, int64_t at_ms)
{
    if (!node->wake_ms || at_ms < node->wake_ms)
        node->wake_ms = at_ms;
}

struct box node_place_now(const struct node *node, int64_t now_ms)
{
    struct box box = node->place;
    box.x += (int)lroundf(tween_at(&node->shift_x, now_ms));
    box.y += (int)lroundf(tween_at(&node->shift_y, now_ms));
    return box;
}

/* Smaller or larger, as if held at that side or corner. */
static struct box scaled(const struct box *box, const struct theme_anchor *held, float scale)
{
    int width = (int)lroundf((float)box->width * scale), height = (int)lroundf((float)box->height * scale);
    return (struct box){box->x + (box->width - width) * (held->across + 1) / 2,
        box->y + (box->height - height) * (held->down + 1) / 2, width, height};
}

enum { NARROW = 12 };  // of the view's shorter side: no card fits into so little

/* None stands between it and the side that it is held at. */
static bool is_at_side(const struct node *node)
{
    const struct stage *stage = node->stage;
    const struct box *safe = &stage->safe, *place = &node->place;
    int left = place->x - safe->x, right = safe->x + safe->width - place->x - place->width;
    int shorter = stage->width_px < stage->height_px ? stage->width_px : stage->height_px;
    return (node_look(node)->anchor.across < 0 ? left : right) < shorter / NARROW;
}

/*
 * Never so far that it touches the card beside it, which may slide towards it: half of what lies between. Only from the
 * side it is held at, where none stands, it comes all the way.
 */
static int slide_px(const struct node *node, const struct theme_motion *motion)
{
    int between = node->stage->theme->between_px / 2;
    bool is_free = motion->from.down == 0 && motion->from.across == node_look(node)->anchor.across && is_at_side(node);
    return is_free || motion->way_px < between ? motion->way_px : between;
}

struct box node_position(const struct node *node, int64_t now_ms, float *opacity)
{
    const struct theme_card *look = node_look(node);
    const struct theme_motion *motion = node->state == NODE_SHOWN ? &look->motion.enter : &look->motion.leave;
    struct box box = node->box, now = node_place_now(node, now_ms);
    float presence = tween_at(&node->presence, now_ms);
    *opacity = node->state == NODE_GONE || !node->layer ? 0 : fminf(fmaxf(presence, 0), 1);
    box.x += now.x - node->place.x;
    box.y += now.y - node->place.y;
    if (motion->kind == THEME_SLIDE) {
        box.x += (int)(motion->from.across * (1 - presence) * (float)slide_px(node, motion));
        box.y += (int)(motion->from.down * (1 - presence) * (float)slide_px(node, motion));
    } else if (motion->kind == THEME_GROW && presence != 1) {
        float from = (float)motion->percent / 100;
        box = scaled(&box, &motion->from, from + (1 - from) * presence);
    }
    return *opacity > 0 ? box : (struct box){0};
}

/* ---- for the cards */

struct box stage_bounds(const struct stage *stage, enum theme_kind kind)
{
    return kind == THEME_TICKER ? stage->strips : stage->safe;
}

struct size node_room(const struct node *node)
{
    const struct stage *stage = node->stage;
    const struct theme_card *look = node_look(node);
    struct box bounds = stage_bounds(stage, node->impl->kind);
    struct size room = {bounds.width, bounds.height};
    // What stands off one edge stands as far off the other: a text that fills the width is centred.
    if (look->anchor.across != 0 && stage->width_px - 2 * look->x_px < room.width)
        room.width = stage->width_px - 2 * look->x_px;
    if (look->anchor.down != 0 && stage->height_px - 2 * look->y_px < room.height)
        room.height = stage->height_px - 2 * look->y_px;
    if (look->width_max_px > 0 && look->width_max_px < room.width)
        room.width = look->width_max_px;
    if (node->room_width_px > 0 && node->room_width_px < room.width)
        room.width = node->room_width_px;
    if (node->room_px > 0 && node->room_px < room.height)
        room.height = node->room_px;
    return room;
}

void node_reserve(struct node *node, int width_px, int height_px)
{
    struct size *reserved = &node->reserved;
    if (width_px <= reserved->width && height_px <= reserved->height)
        return;
    reserved->width = width_px > reserved->width ? width_px : reserved->width;
    reserved->height = height_px > reserved->height ? height_px : reserved->height;
    node->is_resized = true;
}

void node_set_least(struct node *node, int width_px, int height_px)
{
    node->least = (struct size){width_px, height_px};
}

static void resize(struct node *node, int width_px, int height_px)
{
    if (node->layer && canvas_width(node->layer) == width_px && canvas_height(node->layer) == height_px)
        return;
    canvas_destroy(node->layer);
    struct error err = {0};
    node->layer = canvas_create(node->stage->painter, width_px, height_px, &err);
    if (!node->layer) {
        log_warn("overlay", "%s is not drawn: %s", node->id, err.text);
        node->is_skipped = true;
    }
    damage_fini(&node->damage);
    damage_init(&node->damage, width_px, height_px);
    damage_fini(&node->scrolled);
    damage_init(&node->scrolled, width_px, height_px);
}

/* How far shadow and ornaments reach on each side; nothing is painted beyond, so nothing is moved or published. */
static struct box with_surroundings(const struct node *node, const struct box *card)
{
    struct box box = node->impl->has_shadow ? surface_reach(&node_look(node)->surface) : (struct box){0};
    box.x += card->x;
    box.y += card->y;
    box.width += card->width;
    box.height += card->height;
    return box;
}

/* The card in its place, or where the theme wants it on a view where it is alone. */
static void rest(struct node *node, int width_px, int height_px)
{
    const struct stage *stage = node->stage;
    const struct theme_card *look = node_look(node);
    const struct box view = {0, 0, stage->width_px, stage->height_px};
    bool is_placed = !box_is_empty(&node->place);
    struct box card = layout_hold(is_placed ? &node->place : &view, look->anchor.across, look->anchor.down, width_px, height_px);
    if (!is_placed) {
        card.x += look->anchor.across > 0 ? -look->x_px : look->x_px;
        card.y += look->anchor.down > 0 ? -look->y_px : look->y_px;
    }
    node->box = with_surroundings(node, &card);
    node->card = (struct box){card.x - node->box.x, card.y - node->box.y, width_px, height_px};
}

void node_place(struct node *node, int width_px, int height_px)
{
    const struct stage *stage = node->stage;
    width_px = width_px < stage->width_px ? width_px : stage->width_px;
    height_px = height_px < stage->height_px ? height_px : stage->height_px;
    node->is_resized |= width_px != node->card.width || height_px != node->card.height;
    if (node->room_px == 0 && node->room_width_px == 0)
        node->natural = (struct size){width_px, height_px};
    rest(node, width_px, height_px);
    resize(node, node->box.width, node->box.height);
    damage_add_all(&node->damage);
}

void node_fit(struct node *node, int width_px, int height_px, int64_t now_ms)
{
    // What was reserved will be needed, even if there is little to show just now.
    const struct size *natural = &node->natural, *reserved = &node->reserved;
    bool is_less = height_px < natural->height || height_px < reserved->height || width_px < natural->width ||
        width_px < reserved->width;
    // Both or none: a text that must be lower would become wider instead.
    int room_px = is_less ? height_px : 0, room_width_px = is_less ? width_px : 0;
    if (room_px == node->room_px && room_width_px == node->room_width_px)
        return;
    node->room_px = room_px;
    node->room_width_px = room_width_px;
    node_refresh(node, now_ms);
}

/* Of a box, across or down. */
struct side {
    int start, length;
};

/* Of the point that the card is held at. */
static int held_at(int start, int length, int side)
{
    return start + (side < 0 ? 0 : side > 0 ? length : length / 2);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/*
 * Held at its point it sets off from where it was, but not from beyond both places: a card that grows would leave the
 * safe area with the side that it is not held at.
 */
static void glide(struct tween *shift, struct side from, struct side to, int side, int64_t now_ms, int duration_ms)
{
    int start = to.start + held_at(from.start, from.length, side) - held_at(to.start, to.length, side);
    int last = -least(-(from.start + from.length), -(to.start + to.length)) - to.length;
    start = least(start, last) > least(from.start, to.start) ? least(start, last) : least(from.start, to.start);
    tween_set(shift, (float)(start - to.start));
    tween_start(shift, 0, now_ms, 0, duration_ms);
}

void node_move(struct node *node, const struct box *place, int64_t now_ms, bool at_once)
{
    const struct theme_anchor *anchor = &node_look(node)->anchor;
    struct box from = node_place_now(node, now_ms);
    bool is_still = at_once || box_is_empty(&node->place) || node->stage->theme->is_motion_reduced;
    int duration_ms = is_still ? 0 : node_look(node)->motion.enter.duration_ms;
    node->place = *place;
    node_fit(node, place->width, place->height, now_ms);
    rest(node, node->card.width, node->card.height);
    glide(&node->shift_x, (struct side){from.x, from.width}, (struct side){place->x, place->width}, anchor->across, now_ms,
        duration_ms);
    glide(&node->shift_y, (struct side){from.y, from.height}, (struct side){place->y, place->height}, anchor->down, now_ms,
        duration_ms);
}

void node_damage(struct node *node, const struct box *box)
{
    damage_add(&node->damage, box);
}

/* The stripes that a move of the box's content leaves behind. */
static void damage_uncovered(struct node *node, const struct box *box, int dx, int dy)
{
    int across = abs(dx), down = abs(dy);
    if (across)
        node_damage(node, &(struct box){dx > 0 ? box->x : box->x + box->width - across, box->y, across, box->height});
    if (down)
        node_damage(node, &(struct box){box->x, dy > 0 ? box->y : box->y + box->height - down, box->width, down});
}

void node_scroll(struct node *node, const struct box *box, int dx, int dy)
{
    picture_places_scroll(node, box, dx, dy);
    if (!node->layer || !damage_is_empty(&node->damage) || abs(dx) >= box->width || abs(dy) >= box->height) {
        node_damage(node, box);  // part of it was never painted: that cannot be copied
        return;
    }
    canvas_scroll(node->layer, box, dx, dy);
    damage_add(&node->scrolled, box);
    damage_uncovered(node, box, dx, dy);
}

void node_begin_layout(struct node *node)
{
    buffer_clear(&node->missing);
    node->is_cut = node->is_shrunk = false;
}

void node_note_fit(struct node *node, const struct text_layout *layout, int size_px)
{
    node->is_cut |= layout->is_cut;
    node->is_shrunk |= layout->size_px + 0.5f < (float)size_px;
}

static bool is_noted(const struct node *node, uint32_t scalar)
{
    for (size_t at = 0; at < node->missing.len; at += sizeof(scalar)) {
        if (memcmp(node->missing.data + at, &scalar, sizeof(scalar)) == 0)
            return true;
    }
    return false;
}

/* A text is laid out several times until it fits, and has the same characters each time. */
static void note_missing(struct node *node, const struct text_layout *layout)
{
    for (size_t i = 0; i < layout->missing_count && node->missing.len < 64 * sizeof(uint32_t); i++) {
        if (!is_noted(node, layout->missing[i].scalar))
            buffer_add(&node->missing, &layout->missing[i].scalar, sizeof(uint32_t));
    }
}

static void line_ink(const struct text_line *line, int *top, int *bottom)
{
    for (size_t i = 0; i < line->run_count; i++) {
        const struct text_run *run = &line->runs[i];
        if (run->mask && run->mask_y_px < *top)
            *top = run->mask_y_px;
        if (run->mask && run->mask_y_px + run->mask->height_px > *bottom)
            *bottom = run->mask_y_px + run->mask->height_px;
    }
}

static bool do_lines_touch(const struct text_layout *layout)
{
    int above = INT_MIN;
    for (size_t i = 0; i < layout->line_count; i++) {
        int top = INT_MAX, bottom = INT_MIN;
        line_ink(&layout->lines[i], &top, &bottom);
        if (top != INT_MAX && top < above)
            return true;
        above = bottom;
    }
    return false;
}

struct text_layout *node_layout(struct node *node, const struct text_options *options)
{
    struct text_options with = *options;
    if (!with.language)
        with.language = node->stage->language;
    if (!with.faces)
        with.faces = &node->stage->theme->faces[with.is_bold ? THEME_TITLE : THEME_TEXT];
    struct text_layout *layout = text_layout_create(node->stage->text, &with);
    if (with.line_height > 0 && do_lines_touch(layout)) {
        text_layout_destroy(layout);
        with.line_height = 0;
        with.is_uniform = true;
        layout = text_layout_create(node->stage->text, &with);
    }
    note_missing(node, layout);
    node->count.layouts++;
    return layout;
}

struct text_layout *node_layout_even(struct node *node, const struct text_options *options)
{
    struct text_options even = *options;
    even.is_even = true;
    return node_layout(node, &even);
}
