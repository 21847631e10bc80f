/*
 * card_rules.c - the host's rules: a title and numbered lines. Numbers stand where reading begins, at the right in Persian,
 * each line reads its own way. A list that is too long gets shorter lines, then smaller letters; what is left then is
 * dropped from its end, and three dots stand for it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "overlay/cards.h"
#include "overlay/digits.h"
#include "overlay/fit.h"
#include "overlay/node.h"
#include "overlay/wants.h"

enum { ITEMS_MAX = 24 };

/* What is given up, in this order: lines of an item, then items. */
enum { TIGHT_TWO_LINES = 1, TIGHT_ONE_LINE };

struct item {
    struct text_layout *number, *text;  // owned
    int y;                              // from the card's top
};

struct card_rules {
    struct node base;
    struct fit fit;
    struct text_layout *title;  // owned; NULL: there is none
    struct item items[ITEMS_MAX];
    size_t count;
    bool has_more;              // items that there is no room for
    int more_y, number_width, width;
    bool is_rtl;
};

static struct card_rules *get(const struct node *node)
{
    return container_of((struct node *)(uintptr_t)node, struct card_rules, base);
}

static struct node *create(void)
{
    return &((struct card_rules *)xcalloc(1, sizeof(struct card_rules)))->base;
}

static void forget(struct card_rules *card)
{
    text_layout_destroy(card->title);
    card->title = NULL;
    for (size_t i = 0; i < card->count; i++) {
        text_layout_destroy(card->items[i].number);
        text_layout_destroy(card->items[i].text);
    }
    card->count = 0;
}

static void destroy(struct node *node)
{
    struct card_rules *card = get(node);
    forget(card);
    free(card);
}

static void want(const json_t *state, struct wants *wants)
{
    wants_add_numbered(wants, &card_rules_impl, state);
}

static void read_words(const json_t *state, struct buffer *words)
{
    size_t i;
    json_t *item;
    const char *title = json_get_text(state, "title");
    if (title)
        buffer_add_string(words, title);
    json_array_foreach(json_object_get(state, "items"), i, item) {
        buffer_add_char(words, '\n');
        if (json_is_string(item))
            buffer_add(words, json_string_value(item), json_string_length(item));
    }
}

/* ---- layout */

static const char *language_of(const struct node *node)
{
    const char *language = json_get_text(node->last, "language");
    return language && *language ? language : NULL;
}

static void lay_out_title(struct card_rules *card, int width)
{
    const struct theme_card *look = &card->fit.look;
    const char *title = json_get_text(card->base.last, "title");
    if (!title || !*title)
        return;
    card->title = node_layout_even(&card->base, &(struct text_options){
        .faces = &card->base.stage->theme->faces[THEME_TITLE],
        .text = str_from(title), .size_px = (float)look->small_px, .min_size_px = (float)look->text_px, .width_px = width,
        .max_lines = card->fit.tightness < TIGHT_ONE_LINE ? 2 : 1, .is_bold = true, .is_single_paragraph = true,
        .line_height = (float)look->leading / 100, .language = language_of(&card->base),
    });
}

static void lay_out_item(struct card_rules *card, struct item *item, const char *text, int width)
{
    const struct theme_card *look = &card->fit.look;
    static const int lines_of[] = {0, 2, 1};
    int lines = card->fit.tightness == 0 ? look->text_lines : lines_of[card->fit.tightness];
    item->text = node_layout(&card->base, &(struct text_options){
        .text = str_from(text), .size_px = (float)look->text_px, .min_size_px = (float)look->text_min_px, .width_px = width,
        .max_lines = lines < look->text_lines ? lines : look->text_lines, .is_single_paragraph = true,
        .line_height = (float)look->leading / 100, .language = language_of(&card->base),
    });
}

static void lay_out_number(struct card_rules *card, struct item *item, int64_t number)
{
    char text[DIGITS_BYTES];
    const char *language = language_of(&card->base);
    digits_count(text, number, language ? language : card->base.stage->language);
    item->number = node_layout(&card->base, &(struct text_options){
        .text = str_from(text), .size_px = (float)card->fit.look.text_px, .is_bold = true, .max_lines = 1,
        .faces = &card->base.stage->theme->faces[THEME_NUMBER]});
}

static void lay_out_items(struct card_rules *card, int width)
{
    size_t i;
    json_t *text;
    const json_t *items = json_object_get(card->base.last, "items");
    card->number_width = card->fit.look.mark_px;
    json_array_foreach((json_t *)(uintptr_t)items, i, text) {
        if (card->count == ITEMS_MAX)
            break;
        struct item *item = &card->items[card->count++];
        lay_out_number(card, item, (int64_t)i + 1);
        int needed = (int)ceilf(item->number->content_width_px);
        card->number_width = needed > card->number_width ? needed : card->number_width;
    }
    int inner = width - card->number_width - card->fit.look.gap_px;
    for (i = 0; i < card->count; i++)
        lay_out_item(card, &card->items[i], json_string_value(json_array_get(items, i)), inner);
    card->has_more = json_array_size(items) > card->count;
}

/* A card's first line that says anything decides where it is begun to be read. */
static bool reads_from_right(const struct card_rules *card)
{
    if (card->title && card->title->line_count > 0)
        return card->title->lines[0].is_rtl;
    return card->count > 0 && card->items[0].text->line_count > 0 && card->items[0].text->lines[0].is_rtl;
}

static int stack(struct card_rules *card)
{
    const struct theme_card *look = &card->fit.look;
    int y = look->padding_y_px + (card->title ? card->title->height_px + look->gap_px : 0);
    for (size_t i = 0; i < card->count; i++) {
        card->items[i].y = y;
        y += card->items[i].text->height_px + look->row_gap_px;
    }
    card->more_y = y;
    return y - look->row_gap_px + (card->has_more ? look->row_gap_px + look->text_px / 2 : 0) + look->padding_y_px;
}

static int chrome_px(const struct theme_card *look)
{
    return 2 * look->padding_x_px + (look->bar_px > 0 ? look->bar_px + look->gap_px : 0);
}

static int lay_out(struct node *node)
{
    struct card_rules *card = get(node);
    int width = card->fit.room_width_px - chrome_px(&card->fit.look);
    forget(card);
    lay_out_title(card, width);
    lay_out_items(card, width);
    card->is_rtl = card->base.is_rtl = reads_from_right(card);
    return stack(card);
}

static int drop_items(struct card_rules *card, int height)
{
    while (height > card->fit.room_px && card->count > 1) {
        struct item *last = &card->items[--card->count];
        text_layout_destroy(last->number);
        text_layout_destroy(last->text);
        card->has_more = true;
        height = stack(card);
    }
    return height;
}

/* No wider than its lines. */
static int content_width(const struct card_rules *card)
{
    int width = card->title ? (int)ceilf(card->title->content_width_px) : 0;
    for (size_t i = 0; i < card->count; i++) {
        int needed = card->number_width + card->fit.look.gap_px + (int)ceilf(card->items[i].text->content_width_px);
        width = needed > width ? needed : width;
    }
    return width;
}

static void update(struct node *node, const json_t *state, const json_t *before, int64_t now_ms, bool at_once)
{
    struct card_rules *card = get(node);
    if (before && json_equal(before, state) && !fit_is_stale(&card->fit, node))
        return;
    node_begin_layout(node);
    int height = drop_items(card, fit_lay_out(&card->fit, node, TIGHT_ONE_LINE, lay_out));
    int outer = content_width(card) + chrome_px(&card->fit.look);
    node->is_cut |= card->has_more;
    if (card->title)
        node_note_fit(node, card->title, 0);
    for (size_t i = 0; i < card->count; i++)
        node_note_fit(node, card->items[i].text, 0);
    node_place(node, outer > card->fit.look.width_min_px ? outer : card->fit.look.width_min_px, height);
}

/* ---- painting */

static void paint_more(const struct card_rules *card, struct canvas *layer, const struct box *inner)
{
    const struct theme_card *look = &card->fit.look;
    int dot = look->text_px / 5 > 2 ? look->text_px / 5 : 2;
    for (int i = 0; i < 3; i++) {
        struct box box = {node_across(inner, card->is_rtl, card->number_width + look->gap_px + i * 2 * dot, dot),
            card->base.card.y + card->more_y, dot, dot};
        canvas_fill(layer, &(struct shape){box, dot, 0}, &(struct fill){.color = node_look(&card->base)->colors.text_soft});
    }
}

static void paint_item(const struct card_rules *card, struct canvas *layer, const struct item *item, const struct box *inner)
{
    const struct theme_colors *colors = &node_look(&card->base)->colors;
    int y = card->base.card.y + item->y, text_start = card->number_width + card->fit.look.gap_px;
    int number = (int)ceilf(item->number->content_width_px);
    const struct text_layout *text = item->text;
    int baseline = text->line_count > 0 ? text->lines[0].baseline_px : item->number->height_px;
    // Numbers end where they are nearest to their lines, so that 9 and 10 stand under one another.
    canvas_text(layer, item->number, node_across(inner, card->is_rtl, card->number_width - number, number),
        y + baseline - item->number->lines[0].baseline_px, colors->accent);
    struct box room = *inner;
    room.width = inner->width - text_start;
    room.x = node_across(inner, card->is_rtl, text_start, room.width);
    canvas_text(layer, text, node_text_x(&room, card->is_rtl, 0, text), y, colors->text);
}

static void paint(struct node *node, struct canvas *layer)
{
    const struct card_rules *card = get(node);
    const struct theme_colors *colors = &node_look(node)->colors;
    const struct theme_card *look = &card->fit.look;
    struct box inner = {node->card.x + look->padding_x_px, node->card.y + look->padding_y_px,
        node->card.width - 2 * look->padding_x_px, node->card.height - 2 * look->padding_y_px};
    node_paint_surface(node, layer);
    if (look->bar_px > 0) {
        struct box bar = {node_across(&inner, card->is_rtl, 0, look->bar_px), inner.y, look->bar_px, inner.height};
        canvas_fill(layer, &(struct shape){bar, look->bar_px, 0}, &colors->stripe);
        inner.width -= look->bar_px + look->gap_px;
        inner.x += card->is_rtl ? 0 : look->bar_px + look->gap_px;
    }
    if (card->title)
        canvas_text(layer, card->title, node_text_x(&inner, card->is_rtl, 0, card->title), inner.y, colors->text);
    for (size_t i = 0; i < card->count; i++)
        paint_item(card, layer, &card->items[i], &inner);
    if (card->has_more)
        paint_more(card, layer, &inner);
}

const struct node_impl card_rules_impl = {
    .name = "rules", .kind = THEME_RULES, .want = want, .has_shadow = true, .create = create, .update = update,
    .paint = paint, .read = read_words, .destroy = destroy,
};
