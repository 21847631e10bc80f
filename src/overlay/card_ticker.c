/*
 * card_ticker.c - the last gifts, memberships and raids in one strip, the newest first. If they fit they stand still and
 * cost nothing. Else they run at a readable speed, a whole number of px a frame, against the direction in which the view's
 * language is read: the words lie on a picture of their own, which is moved by copying and painted only in the columns that
 * come in. With reduced motion they change by pages, each as long as it takes to read.
 */
#include <stdlib.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "overlay/cards.h"
#include "overlay/lines.h"
#include "overlay/node.h"
#include "overlay/reading.h"
#include "overlay/ticker_item.h"
#include "overlay/wants.h"
#include "text/language.h"

enum { FRAMES_A_SECOND = 60, TOLD_FULL = 12 };  // the relay tells so many at most

struct card_ticker {
    struct node base;
    struct list items;            // in running order, from the start edge
    struct canvas *ground;        // owned, both: what the strip lies on; the words that are in sight
    struct canvas *strip;
    int head_px;                  // of the first item from the strip's start edge; 0 or less
    bool is_rtl, is_running;
    int64_t begun_ms, steps;      // frames of movement since then
    int64_t page_until_ms;        // with reduced motion; 0: there is one page
};

static struct card_ticker *get(const struct node *node)
{
    return container_of((struct node *)(uintptr_t)node, struct card_ticker, base);
}

static struct node *create(void)
{
    struct card_ticker *card = xcalloc(1, sizeof(*card));
    list_init(&card->items);
    return &card->base;
}

static void destroy(struct node *node)
{
    struct card_ticker *card = get(node);
    struct ticker_item *item, *following;
    list_for_each_safe(item, following, &card->items, link)
        ticker_item_destroy(item);
    canvas_destroy(card->ground);
    canvas_destroy(card->strip);
    free(card);
}

static void want(const json_t *state, struct wants *wants)
{
    const json_t *events = json_object_get(state, "ticker");
    if (json_array_size(events) > 0)
        wants_add(wants, &card_ticker_impl, "strip", events, 0);
}

static void read_words(const json_t *state, struct buffer *words)
{
    size_t i;
    json_t *event;
    json_array_foreach((json_t *)(uintptr_t)state, i, event)
        ticker_item_read(event, words);
}

/* Where words are seen: in the layer. */
static struct box strip_of(const struct card_ticker *card)
{
    const struct box *box = &card->base.card;
    int padding = node_look(&card->base)->padding_x_px;
    return (struct box){box->x + padding, box->y, box->width - 2 * padding, box->height};
}

/* ---- the strip */

static int total_width(const struct card_ticker *card)
{
    int width = 0;
    const struct ticker_item *item;
    list_for_each(item, &card->items, link)
        width += item->width_px;
    return width;
}

/* ---- painting */

static bool fits(const struct card_ticker *card)
{
    return total_width(card) - node_look(&card->base)->row_gap_px <= strip_of(card).width;
}

/* How many items stand whole in the strip; at least one. */
static size_t page_items(const struct card_ticker *card)
{
    int at = 0, gap = node_look(&card->base)->row_gap_px, end = strip_of(card).width;
    size_t count = 0;
    const struct ticker_item *item;
    list_for_each(item, &card->items, link) {
        at += item->width_px;
        if (count > 0 && at - gap > end)
            break;
        count++;
    }
    return count;
}

/* What stands in these columns, counted from the start edge. An item may leave at one edge and come in at the other. */
static void paint_items(const struct card_ticker *card, int from, int to)
{
    int at = card->head_px;
    size_t left = card->is_running ? SIZE_MAX : page_items(card);
    while (at < to && left > 0 && !list_is_empty(&card->items)) {
        const struct ticker_item *item;
        list_for_each(item, &card->items, link) {
            if (at >= to || left-- == 0)
                return;
            if (at + item->width_px > from)
                ticker_item_paint(item, &card->base, card->strip, at);
            at += item->width_px;
        }
    }
}

static void paint_columns(struct card_ticker *card, int from, int to)
{
    if (!card->strip)
        return;
    int width = canvas_width(card->strip), height = canvas_height(card->strip);
    pixman_region32_t columns;
    pixman_region32_init_rect(&columns, card->is_rtl ? width - to : from, 0, (unsigned)(to - from), (unsigned)height);
    canvas_set_clip(card->strip, &columns);
    canvas_clear(card->strip);
    paint_items(card, from, to);
    canvas_set_clip(card->strip, NULL);
    pixman_region32_fini(&columns);
}

static void paint_strip(struct card_ticker *card)
{
    struct box strip = strip_of(card);
    paint_columns(card, 0, strip.width);
    node_damage(&card->base, &strip);
}

static void paint(struct node *node, struct canvas *layer)
{
    const struct card_ticker *card = get(node);
    struct box strip = strip_of(card);
    if (card->ground)
        canvas_draw(layer, card->ground, 0, 0, 1);
    if (card->strip)
        canvas_draw(layer, card->strip, strip.x, strip.y, 1);
}

/* Both are painted once for a size, so that running costs two copies a frame. */
static void make_pictures(struct card_ticker *card)
{
    struct node *node = &card->base;
    struct box strip = strip_of(card);
    canvas_destroy(card->ground);
    canvas_destroy(card->strip);
    card->ground = node->layer ? canvas_create(node->stage->painter, node->box.width, node->box.height, NULL) : NULL;
    card->strip = node->layer ? canvas_create(node->stage->painter, strip.width, strip.height, NULL) : NULL;
    if (card->ground)
        node_paint_surface(node, card->ground);
}

/* ---- what is told */

static bool is_reduced(const struct card_ticker *card)
{
    return card->base.stage->is_motion_reduced;
}

/* Where the first item stands that is out of sight behind the end edge: what is new comes in next. */
static struct list *find_entrance(struct card_ticker *card)
{
    int at = card->head_px, end = strip_of(card).width;
    struct ticker_item *item;
    if (!card->is_running)
        return card->items.next;
    list_for_each(item, &card->items, link) {
        if (at >= end)
            return &item->link;
        at += item->width_px;
    }
    return &card->items;
}

static void add(struct card_ticker *card, const json_t *event)
{
    struct ticker_item *item = ticker_item_create(&card->base, event, strip_of(card).width);
    if (item)
        list_append(find_entrance(card), &item->link);
}

static struct ticker_item *find(struct card_ticker *card, uint64_t id)
{
    struct ticker_item *item;
    list_for_each(item, &card->items, link) {
        if (item->id == id && !item->is_old)
            return item;
    }
    return NULL;
}

static bool is_told(const json_t *events, uint64_t id)
{
    size_t i;
    json_t *event;
    json_array_foreach((json_t *)(uintptr_t)events, i, event) {
        if (line_id(event) == id)
            return true;
    }
    return false;
}

/* Pushed out by newer ones it runs on until it is out of sight; taken off it is gone. */
static void drop_untold(struct card_ticker *card, const json_t *events)
{
    bool is_pushed = json_array_size(events) >= TOLD_FULL && card->is_running;
    struct ticker_item *item, *following;
    list_for_each_safe(item, following, &card->items, link) {
        if (is_told(events, item->id))
            continue;
        if (is_pushed)
            item->is_old = true;
        else
            ticker_item_destroy(item);
    }
}

static void take(struct card_ticker *card, const json_t *events)
{
    size_t i;
    json_t *event;
    drop_untold(card, events);
    json_array_foreach((json_t *)(uintptr_t)events, i, event) {
        struct ticker_item *item = json_is_object(event) ? find(card, line_id(event)) : NULL;
        if (!item && json_is_object(event)) {
            add(card, event);
        } else if (item && !json_equal(item->told, event)) {  // a streak counted up
            json_decref(item->told);
            item->told = json_incref(event);
            if (!ticker_item_lay_out(item, &card->base, strip_of(card).width))
                ticker_item_destroy(item);
        }
    }
}

/* Runs, or stands from the start edge. */
static void settle(struct card_ticker *card, int64_t now_ms)
{
    bool is_running = !fits(card) && !is_reduced(card);
    if (!is_running)
        card->head_px = 0;
    if (is_running && !card->is_running) {
        card->begun_ms = now_ms;
        card->steps = 0;
    }
    card->is_running = is_running;
    if (fits(card))
        card->page_until_ms = 0;
    paint_strip(card);
}

static void place(struct card_ticker *card)
{
    struct node *node = &card->base;
    const struct theme_card *look = node_look(node);
    int row = look->text_px * look->leading / 100, height = (row > look->mark_px ? row : look->mark_px) + 2 * look->padding_y_px;
    int width = node_room(node).width;
    card->is_rtl = language_is_rtl(node->stage->language);
    node_set_least(node, width / 2, height);
    bool is_new = !node->layer;
    if (is_new || node->card.width != width || node->card.height != height)
        node_place(node, width, height);
    if (is_new || !card->ground || canvas_width(card->ground) != node->box.width || canvas_height(card->ground) != node->box.height)
        make_pictures(card);
    node_reserve(node, node->natural.width, node->natural.height);
}

static void refresh(struct node *node, int64_t now_ms)
{
    struct card_ticker *card = get(node);
    struct ticker_item *item, *following;
    place(card);
    list_for_each_safe(item, following, &card->items, link) {
        if (!ticker_item_lay_out(item, &card->base, strip_of(card).width))
            ticker_item_destroy(item);
    }
    settle(card, now_ms);
}

static void update(struct node *node, const json_t *events, const json_t *before, int64_t now_ms, bool at_once)
{
    struct card_ticker *card = get(node);
    if (!node->layer)
        refresh(node, now_ms);
    node_begin_layout(node);
    take(card, events);
    settle(card, now_ms);
}

static bool forget(struct node *node, uint64_t message, const char *platform, const char *author)
{
    struct card_ticker *card = get(node);
    bool is_any = false;
    struct ticker_item *item, *following;
    list_for_each_safe(item, following, &card->items, link) {
        if (!line_is_from(item->told, message, platform, author))
            continue;
        ticker_item_destroy(item);
        is_any = true;
    }
    if (is_any)
        settle(card, card->begun_ms);
    return is_any;
}

/* ---- movement */

/* What has run out of sight comes again at the end, if it is still told. */
static void rotate(struct card_ticker *card)
{
    while (!list_is_empty(&card->items)) {
        struct ticker_item *first = container_of(card->items.next, struct ticker_item, link);
        if (card->head_px + first->width_px > 0)
            return;
        card->head_px += first->width_px;
        list_remove(&first->link);
        if (first->is_old)
            ticker_item_destroy(first);
        else
            list_append(&card->items, &first->link);
    }
}

static void run(struct card_ticker *card, int64_t now_ms)
{
    int speed = node_look(&card->base)->speed_px, step = (speed + FRAMES_A_SECOND / 2) / FRAMES_A_SECOND;
    // Rounded to frames: a timer that is a ms late makes no step longer.
    int64_t steps = ((now_ms - card->begun_ms) * FRAMES_A_SECOND + 500) / 1000;
    int moved = (int)(steps - card->steps) * (step > 0 ? step : 1);
    int width = strip_of(card).width;
    card->steps = steps;
    if (moved <= 0 || !card->strip)
        return;
    card->head_px -= moved;
    rotate(card);
    moved = moved < width ? moved : width;
    canvas_scroll(card->strip, &(struct box){0, 0, width, canvas_height(card->strip)}, card->is_rtl ? moved : -moved, 0);
    paint_columns(card, width - moved, width);
    node_damage(&card->base, &(struct box){strip_of(card).x, card->base.card.y, width, card->base.card.height});
}

static int64_t page_ms(const struct card_ticker *card)
{
    size_t count = page_items(card);
    struct buffer words = {0};
    const struct ticker_item *item;
    list_for_each(item, &card->items, link) {
        if (count-- == 0)
            break;
        buffer_add(&words, item->text->text, item->text->text_len);
    }
    int64_t ms = reading_ms((struct str){words.data, words.len});
    buffer_fini(&words);
    return ms;
}

static void turn_page(struct card_ticker *card, int64_t now_ms)
{
    if (card->page_until_ms && now_ms >= card->page_until_ms) {
        for (size_t i = page_items(card); i > 0; i--) {
            struct list *first = card->items.next;
            list_remove(first);
            list_append(&card->items, first);
        }
        paint_strip(card);
        card->page_until_ms = 0;
    }
    if (!card->page_until_ms)
        card->page_until_ms = now_ms + page_ms(card);
    node_wake_at(&card->base, card->page_until_ms);
}

static bool advance(struct node *node, int64_t now_ms)
{
    struct card_ticker *card = get(node);
    bool is_in_sight = node->presence.to > 0 || tween_is_moving(&node->presence, now_ms);
    if (!is_in_sight)
        return false;  // it waits for room: nobody sees it run
    if (card->is_running)
        run(card, now_ms);
    else if (!list_is_empty(&card->items) && !fits(card))
        turn_page(card, now_ms);
    return card->is_running;
}

const struct node_impl card_ticker_impl = {
    .name = "ticker", .kind = THEME_TICKER, .want = want, .create = create, .update = update, .paint = paint,
    .advance = advance, .refresh = refresh, .forget = forget, .read = read_words, .destroy = destroy,
};
