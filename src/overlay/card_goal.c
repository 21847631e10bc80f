/*
 * card_goal.c - what the host collects for: a title, a bar that moves, how much there is and how much is wanted. Reached,
 * the bar takes the accent's colours and a tick stands before the percentage.
 * The card mirrors when its title reads from the right. It has no words of its own, so none need translating.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "overlay/amount.h"
#include "overlay/cards.h"
#include "overlay/digits.h"
#include "overlay/fit.h"
#include "overlay/node.h"
#include "overlay/wants.h"

enum { TIGHT_TITLES = 1 };    // each title one line
enum { SECOND_PERCENT = 72 };  // the second language's size, of the first one's
enum { MICROS = 1000000, SHARE_PERCENT_MAX = 999 };

struct number {
    struct text_layout *layout;  // owned
    int64_t shown;
};

struct card_goal {
    struct node base;
    struct fit fit;
    struct amount *amount;               // owned; NULL: it counts
    struct text_layout *title, *second;  // owned; second may be NULL
    struct number now, target, percent;
    struct tween value, share;           // in the goal's unit; 0..1 of the bar
    float share_drawn;
    int64_t wanted;                      // the target; at least 1
    struct box header, bar, footer;      // in the layer
    bool is_rtl, is_reached;
};

static struct card_goal *get(const struct node *node)
{
    return container_of((struct node *)(uintptr_t)node, struct card_goal, base);
}

static struct node *create(void)
{
    return &((struct card_goal *)xcalloc(1, sizeof(struct card_goal)))->base;
}

static void forget(struct card_goal *card)
{
    struct text_layout **const layouts[] = {&card->title, &card->second, &card->now.layout, &card->target.layout,
        &card->percent.layout};
    for (size_t i = 0; i < ARRAY_LENGTH(layouts); i++) {
        text_layout_destroy(*layouts[i]);
        *layouts[i] = NULL;
    }
}

static void destroy(struct node *node)
{
    struct card_goal *card = get(node);
    forget(card);
    amount_destroy(card->amount);
    free(card);
}

static void want(const json_t *state, struct wants *wants)
{
    wants_add_numbered(wants, &card_goal_impl, state);
}

static void add_text(struct buffer *words, const json_t *state, const char *key)
{
    const char *text = json_get_text(state, key);
    if (text)
        buffer_add_string(words, text);
}

static void read_words(const json_t *state, struct buffer *words)
{
    add_text(words, state, "title");
    buffer_add_char(words, '\n');
    add_text(words, state, "title2");
}

/* ---- numbers */

/* The signs of money stand where the text around decides: the goal's direction, also for Latin digits. */
static void show(struct card_goal *card, struct number *number, const char *text, int64_t value, int size_px, bool is_bold)
{
    text_layout_destroy(number->layout);
    number->layout = node_layout(&card->base, &(struct text_options){
        .text = str_from(text), .size_px = (float)size_px, .is_bold = is_bold, .max_lines = 1,
        .faces = &card->base.stage->theme->faces[THEME_NUMBER],
        .direction = card->is_rtl ? TEXT_DIRECTION_RTL : TEXT_DIRECTION_LTR,
    });
    number->shown = value;
}

static void show_sum(struct card_goal *card, struct number *number, int64_t value, bool is_bold)
{
    char text[AMOUNT_BYTES];
    _Static_assert((int)AMOUNT_BYTES >= (int)DIGITS_BYTES, "either kind of number has room");
    if (card->amount)
        amount_write(card->amount, value, text);
    else
        digits_count(text, value, card->base.stage->language);
    show(card, number, text, value, card->fit.look.small_px, is_bold);
}

static void show_percent(struct card_goal *card, int64_t percent)
{
    char text[DIGITS_BYTES];
    digits_percent(text, (int)percent, card->base.stage->language);
    show(card, &card->percent, text, percent, card->fit.look.text_px, true);
}

/* Never "100 %" before it is reached. */
static int64_t percent_of(const struct card_goal *card, float value)
{
    int64_t percent = (int64_t)floor((double)value * 100 / (double)card->wanted + 1e-6);
    int64_t most = card->is_reached ? SHARE_PERCENT_MAX : 99;
    return percent < 0 ? 0 : percent < most ? percent : most;
}

static bool is_whole(const json_t *state)
{
    return json_get_int(state, "now", 0) % MICROS == 0 && json_get_int(state, "target", 0) % MICROS == 0;
}

/* On its way in steps that can be seen: between two whole sums there are no cents. */
static int64_t sum_at(const struct card_goal *card, float value)
{
    int64_t step = !card->amount ? 1 : is_whole(card->base.last) ? MICROS : MICROS / 100;
    int64_t sum = value != card->value.to ? (int64_t)value / step * step : json_get_int(card->base.last, "now", 0);
    return sum > 0 ? sum : 0;
}

static void open_amount(struct card_goal *card, const json_t *state)
{
    const char *unit = json_get_text(state, "unit");
    amount_destroy(card->amount);
    card->amount = unit && strcmp(unit, "money") == 0
        ? amount_create(card->base.stage->language, json_get_text(state, "currency"), is_whole(state)) : NULL;
}

/* ---- layout */

/* Room for the widest percentage and the tick, so that nothing moves when it grows. */
static int percent_room(const struct theme_card *look)
{
    return look->text_px * 4;
}

static struct text_layout *lay_out_title(struct card_goal *card, const char *key, const char *language_key, int size_px,
    int width)
{
    const json_t *state = card->base.last;
    const char *text = json_get_text(state, key), *language = json_get_text(state, language_key);
    const struct theme_card *look = &card->fit.look;
    return node_layout(&card->base, &(struct text_options){
        .faces = &card->base.stage->theme->faces[THEME_TITLE],
        .text = str_from(text), .size_px = (float)size_px, .min_size_px = (float)size_px * (float)look->text_min_px / (float)look->text_px,
        .width_px = width, .max_lines = card->fit.tightness < TIGHT_TITLES ? look->text_lines : 1,
        .is_bold = size_px == look->text_px, .is_single_paragraph = true, .line_height = (float)look->leading / 100,
        .language = language && *language ? language : NULL,
    });
}

static int header_height(const struct card_goal *card)
{
    int titles = card->title->height_px + (card->second ? card->second->height_px : 0);
    int least = card->fit.look.text_px * 3 / 2;
    return titles > least ? titles : least;
}

static int lay_out(struct node *node)
{
    struct card_goal *card = get(node);
    const struct theme_card *look = &card->fit.look;
    const char *second = json_get_text(node->last, "title2");
    int inner = card->fit.room_width_px - 2 * look->padding_x_px, titles = inner - percent_room(look) - look->gap_px;
    forget(card);
    card->title = lay_out_title(card, "title", "language", look->text_px, titles);
    card->is_rtl = card->base.is_rtl = card->title->line_count > 0 && card->title->lines[0].is_rtl;
    if (second && *second)
        card->second = lay_out_title(card, "title2", "language2", look->text_px * SECOND_PERCENT / 100, titles);
    card->header = (struct box){0, look->padding_y_px, inner, header_height(card)};
    card->bar = (struct box){0, card->header.y + card->header.height + look->gap_px, inner, look->row_px};
    card->footer = (struct box){0, card->bar.y + card->bar.height + look->gap_px / 2, inner, look->small_px * 3 / 2};
    return card->footer.y + card->footer.height + look->padding_y_px - look->small_px / 4;
}

static void place(struct card_goal *card, int height)
{
    struct node *node = &card->base;
    node_place(node, card->fit.room_width_px, height);
    struct box *const boxes[] = {&card->header, &card->bar, &card->footer};
    for (size_t i = 0; i < ARRAY_LENGTH(boxes); i++) {
        boxes[i]->x += node->card.x + card->fit.look.padding_x_px;
        boxes[i]->y += node->card.y;
    }
    node_note_fit(node, card->title, 0);
    if (card->second)
        node_note_fit(node, card->second, 0);
}

/* ---- what the relay says */

static bool has_same_words(const json_t *before, const json_t *now)
{
    static const char *const keys[] = {"title", "title2", "language", "language2", "unit", "currency"};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        const json_t *a = json_object_get(before, keys[i]), *b = json_object_get(now, keys[i]);
        if (a != b && !(a && b && json_equal(a, b)))
            return false;
    }
    return is_whole(before) == is_whole(now);
}

static void aim(struct tween *tween, float to, int64_t now_ms, int duration_ms, bool at_once)
{
    if (at_once)
        tween_set(tween, to);
    else if (tween->to != to)
        tween_start(tween, to, now_ms, 0, duration_ms);
}

static void take_sums(struct card_goal *card, const json_t *state, int64_t now_ms, bool at_once)
{
    int64_t now = json_get_int(state, "now", 0), wanted = json_get_int(state, "target", 1);
    bool is_reached = json_get_bool(state, "is_reached", false);
    int duration_ms = node_look(&card->base)->motion.count_ms;
    wanted = wanted > 0 ? wanted : 1;
    if (wanted != card->wanted || is_reached != card->is_reached)
        damage_add_all(&card->base.damage);
    card->wanted = wanted;
    card->is_reached = is_reached;
    float share = (float)((double)now / (double)wanted);
    aim(&card->value, (float)now, now_ms, duration_ms, at_once);
    aim(&card->share, share < 0 ? 0 : share < 1 ? share : 1, now_ms, duration_ms, at_once);
}

static bool advance(struct node *node, int64_t now_ms)
{
    struct card_goal *card = get(node);
    float value = tween_at(&card->value, now_ms), share = tween_at(&card->share, now_ms);
    int64_t sum = sum_at(card, value), percent = percent_of(card, value);
    if (!card->now.layout || sum != card->now.shown) {
        show_sum(card, &card->now, sum, true);
        node_damage(node, &card->footer);
    }
    if (!card->target.layout || card->wanted != card->target.shown) {
        show_sum(card, &card->target, card->wanted, false);
        node_damage(node, &card->footer);
    }
    if (!card->percent.layout || percent != card->percent.shown) {
        show_percent(card, percent);
        node_damage(node, &card->header);
    }
    if (share != card->share_drawn)
        node_damage(node, &card->bar);
    card->share_drawn = share;
    return tween_is_moving(&card->value, now_ms);
}

static void update(struct node *node, const json_t *state, const json_t *before, int64_t now_ms, bool at_once)
{
    struct card_goal *card = get(node);
    if (!before || !has_same_words(before, state) || fit_is_stale(&card->fit, node)) {
        node_begin_layout(node);
        open_amount(card, state);
        place(card, fit_lay_out(&card->fit, node, TIGHT_TITLES, lay_out));
    }
    take_sums(card, state, now_ms, at_once || !before);
    advance(node, now_ms);
}

/* ---- painting */

static void paint_bar(const struct card_goal *card, struct canvas *layer)
{
    const struct theme_colors *colors = &node_look(&card->base)->colors;
    const struct box *box = &card->bar;
    int radius = card->fit.look.row_radius_px, least = 2 * radius < box->width ? 2 * radius : box->width;
    canvas_fill(layer, &(struct shape){*box, radius, 0}, &colors->track);
    if (card->share_drawn <= 0)
        return;
    // Never narrower than its own round ends.
    int width = least + (int)lroundf((float)(box->width - least) * card->share_drawn);
    const struct fill *fill = card->is_reached ? &colors->stripe : &colors->leader, mirrored = fill_mirrored(fill);
    canvas_fill(layer, &(struct shape){{node_across(box, card->is_rtl, 0, width), box->y, width, box->height}, radius, 0},
        card->is_rtl ? &mirrored : fill);
}

/* A tick in a square of 24, on a disc: the same in all languages. */
static void paint_tick(const struct card_goal *card, struct canvas *layer, const struct box *box)
{
    static const struct point tick[] = {{5.6f, 12.6f}, {7.7f, 10.5f}, {10.6f, 13.4f}, {16.4f, 7.4f}, {18.5f, 9.5f},
        {10.6f, 17.6f}, {5.6f, 12.6f}};
    const struct theme_colors *colors = &node_look(&card->base)->colors;
    struct point points[ARRAY_LENGTH(tick)];
    float scale = (float)box->width / 24;
    for (size_t i = 0; i < ARRAY_LENGTH(tick); i++)
        points[i] = (struct point){(float)box->x + tick[i].x * scale, (float)box->y + tick[i].y * scale};
    struct color ink = color_luminance(colors->accent) > 0.3f ? (struct color){0.08f, 0.08f, 0.1f, 1} : (struct color){1, 1, 1, 1};
    canvas_fill(layer, &(struct shape){*box, box->width, 0}, &colors->stripe);
    canvas_polygon(layer, points, ARRAY_LENGTH(points), ink);
}

static void paint_percent(const struct card_goal *card, struct canvas *layer)
{
    const struct theme_colors *colors = &node_look(&card->base)->colors;
    const struct text_layout *percent = card->percent.layout;
    const struct box *box = &card->header;
    int width = (int)ceilf(percent->content_width_px), side = card->fit.look.text_px;
    int y = box->y + (card->title->line_count > 0 ? (card->title->lines[0].height_px - percent->height_px) / 2 : 0);
    canvas_text(layer, percent, node_across(box, card->is_rtl, box->width - width, width), y,
        card->is_reached ? colors->accent : colors->text);
    int from_start = box->width - width - side - card->fit.look.gap_px * 3 / 4;
    if (card->is_reached)
        paint_tick(card, layer, &(struct box){node_across(box, card->is_rtl, from_start, side),
            y + (percent->height_px - side) / 2, side, side});
}

static void paint_footer(const struct card_goal *card, struct canvas *layer)
{
    const struct theme_colors *colors = &node_look(&card->base)->colors;
    const struct text_layout *now = card->now.layout, *target = card->target.layout;
    const struct box *box = &card->footer;
    int width = (int)ceilf(target->content_width_px);
    canvas_text(layer, now, node_across(box, card->is_rtl, 0, (int)ceilf(now->content_width_px)),
        box->y + (box->height - now->height_px) / 2, card->is_reached ? colors->accent : colors->text);
    canvas_text(layer, target, node_across(box, card->is_rtl, box->width - width, width),
        box->y + (box->height - target->height_px) / 2, colors->text_soft);
}

static void paint(struct node *node, struct canvas *layer)
{
    const struct card_goal *card = get(node);
    const struct theme_colors *colors = &node_look(node)->colors;
    const struct box *box = &card->header;
    node_paint_surface(node, layer);
    canvas_text(layer, card->title, node_text_x(box, card->is_rtl, 0, card->title), box->y, colors->text);
    if (card->second)
        canvas_text(layer, card->second, node_text_x(box, card->is_rtl, 0, card->second), box->y + card->title->height_px,
            colors->text_soft);
    paint_percent(card, layer);
    paint_bar(card, layer);
    paint_footer(card, layer);
}

const struct node_impl card_goal_impl = {
    .name = "goal", .kind = THEME_GOAL, .want = want, .has_shadow = true, .create = create, .update = update,
    .paint = paint, .advance = advance, .read = read_words, .destroy = destroy,
};
