/*
 * card_holding.c - "back soon", while the holding picture stands for the input: the first language large, the others below
 * it. The words are ours, in the languages that the on-air state names; where we have none in a language, English, once.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "overlay/cards.h"
#include "overlay/fit.h"
#include "overlay/node.h"
#include "overlay/wants.h"
#include "overlay/words.h"

enum { LINES_MAX = 3 };

enum { TIGHT_ALONE = 1 };  // the first language alone

struct line {
    char text[WORDS_BYTES];
    const char *language;        // borrowed from what the card was told last, or the stage's
    struct text_layout *layout;  // owned
};

struct card_holding {
    struct node base;
    struct fit fit;
    struct line lines[LINES_MAX];
    size_t count, shown;  // shown: fewer, where there is no room
};

static struct card_holding *get(const struct node *node)
{
    return container_of((struct node *)(uintptr_t)node, struct card_holding, base);
}

static struct node *create(void)
{
    return &((struct card_holding *)xcalloc(1, sizeof(struct card_holding)))->base;
}

static void forget(struct card_holding *card)
{
    for (size_t i = 0; i < LINES_MAX; i++) {
        text_layout_destroy(card->lines[i].layout);
        card->lines[i].layout = NULL;
    }
}

static void destroy(struct node *node)
{
    struct card_holding *card = get(node);
    forget(card);
    free(card);
}

static void want(const json_t *state, struct wants *wants)
{
    const json_t *holding = json_object_get(state, card_holding_impl.name);
    if (json_is_object(holding))
        wants_add(wants, &card_holding_impl, "input", holding, 0);
}

/* Every word is ours. */
static void read_words(const json_t *state, struct buffer *words)
{
}

/* ---- layout */

static void add_line(struct card_holding *card, const char *language)
{
    if (card->count == LINES_MAX)
        return;
    struct line *line = &card->lines[card->count];
    words_write(line->text, WORD_BACK_SOON, language, 1);
    line->language = language;
    for (size_t i = 0; i < card->count; i++) {
        if (strcmp(card->lines[i].text, line->text) == 0)
            return;
    }
    card->count++;
}

static void choose_lines(struct card_holding *card)
{
    size_t i;
    json_t *language;
    card->count = 0;
    json_array_foreach(json_object_get(card->base.last, "languages"), i, language) {
        if (json_string_length(language) > 0)
            add_line(card, json_string_value(language));
    }
    if (card->count == 0)
        add_line(card, card->base.stage->language);
}

static int lay_out(struct node *node)
{
    struct card_holding *card = get(node);
    const struct theme_card *look = &card->fit.look;
    int height = 2 * look->padding_y_px;
    forget(card);
    card->shown = card->fit.tightness < TIGHT_ALONE ? card->count : 1;
    for (size_t i = 0; i < card->shown; i++) {
        struct line *line = &card->lines[i];
        int size_px = i == 0 ? look->text_px : look->small_px;
        line->layout = node_layout_even(node, &(struct text_options){
            .faces = &node->stage->theme->faces[THEME_TITLE], .text = str_from(line->text), .language = line->language,
            .size_px = (float)size_px, .min_size_px = (float)size_px * (float)look->text_min_px / (float)look->text_px,
            .width_px = card->fit.room_width_px - 2 * look->padding_x_px, .max_lines = look->text_lines, .is_bold = i == 0,
            .is_single_paragraph = true, .align = TEXT_ALIGN_CENTER, .line_height = (float)look->leading / 100,
        });
        height += line->layout->height_px + (i > 0 ? look->row_gap_px : 0);
    }
    node->is_rtl = card->lines[0].layout->line_count > 0 && card->lines[0].layout->lines[0].is_rtl;
    return height;
}

static int outer_width(const struct card_holding *card)
{
    const struct theme_card *look = &card->fit.look;
    int width = 0;
    for (size_t i = 0; i < card->shown; i++) {
        int needed = (int)ceilf(card->lines[i].layout->content_width_px);
        width = needed > width ? needed : width;
    }
    width += 2 * look->padding_x_px;
    return width > look->width_min_px ? width : look->width_min_px;
}

static void update(struct node *node, const json_t *state, const json_t *before, int64_t now_ms, bool at_once)
{
    struct card_holding *card = get(node);
    if (before && json_equal(before, state) && !fit_is_stale(&card->fit, node))
        return;
    node_begin_layout(node);
    choose_lines(card);
    int height = fit_lay_out(&card->fit, node, TIGHT_ALONE, lay_out);
    for (size_t i = 0; i < card->shown; i++)
        node_note_fit(node, card->lines[i].layout, 0);
    node_place(node, outer_width(card), height);
}

/* ---- painting */

static void paint(struct node *node, struct canvas *layer)
{
    const struct card_holding *card = get(node);
    const struct theme_colors *colors = &node_look(node)->colors;
    int y = node->card.y + card->fit.look.padding_y_px;
    node_paint_surface(node, layer);
    for (size_t i = 0; i < card->shown; i++) {
        const struct text_layout *layout = card->lines[i].layout;
        canvas_text(layer, layout, node->card.x + (node->card.width - layout->width_px) / 2, y,
            i == 0 ? colors->text : colors->text_soft);
        y += layout->height_px + card->fit.look.row_gap_px;
    }
}

const struct node_impl card_holding_impl = {
    .name = "holding", .kind = THEME_HOLDING, .want = want, .has_shadow = true, .create = create, .update = update,
    .paint = paint, .read = read_words, .destroy = destroy,
};
