/*
 * card_question.c - one question: who asks, on which platform, and the text.
 * The card reads in the direction of the question; the author's name is a text of its own, so neither turns the other
 * around.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "overlay/cards.h"
#include "overlay/node.h"
#include "overlay/wants.h"

struct card_question {
    struct node base;
    char *platform;               // owned; NULL: the host's own words
    char *platform_of_author, *author;  // owned; the author's id, if the state tells it
    uint64_t message;
    struct color name_color;
    struct text_layout *text, *name, *initial;  // owned; name and initial may be NULL
    int overhang_px;              // how far the text's ink reaches over its reading edge (Nastaliq)
    bool is_rtl;
};

static struct card_question *get(const struct node *node)
{
    return container_of((struct node *)(uintptr_t)node, struct card_question, base);
}

static struct node *create(void)
{
    return &((struct card_question *)xcalloc(1, sizeof(struct card_question)))->base;
}

static void forget(struct card_question *card)
{
    free(card->platform);
    free(card->author);
    text_layout_destroy(card->text);
    text_layout_destroy(card->name);
    text_layout_destroy(card->initial);
    card->platform = card->author = NULL;
    card->text = card->name = card->initial = NULL;
}

static void destroy(struct node *node)
{
    struct card_question *card = get(node);
    forget(card);
    free(card);
}

static void want(const json_t *state, struct wants *wants)
{
    wants_add_numbered(wants, &card_question_impl, state);
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static void read_words(const json_t *state, struct buffer *words)
{
    buffer_add_string(words, or_empty(json_get_text(json_object_get(state, "author"), "name")));
    buffer_add_char(words, '\n');
    buffer_add_string(words, or_empty(json_get_text(state, "text")));
}

/* The author's own colour, made light enough to be read on the card: 4.5 to 1 (WCAG 2.1, 1.4.3). */
static struct color readable(const struct theme *theme, const char *wanted)
{
    struct color color = theme->text_soft;
    if (!color_parse(wanted, &color))
        return theme->text;
    float card = color_luminance(theme->card_top);
    for (int step = 0; step < 10 && (color_luminance(color) + 0.05f) / (card + 0.05f) < 4.5f; step++)
        color = color_mix(color, theme->text, 0.15f);
    color.a = 1;
    return color;
}

/* What stands left and right of the text: padding and the accent. */
static int chrome_px(const struct theme_card *look)
{
    return 2 * look->padding_x_px + (look->bar_px > 0 ? look->bar_px + look->gap_px : 0);
}

static int inner_max(const struct node *node, const struct theme_card *look)
{
    return node_room(node).width - chrome_px(look);
}

static void lay_out_header(struct card_question *card, const json_t *state, const struct theme_card *look, int width)
{
    struct node *node = &card->base;
    const json_t *author = json_object_get(state, "author");
    const char *name = json_get_text(author, "name");
    if (!name || !*name)
        return;
    card->name = node_layout(node, &(struct text_options){
        .text = str_from(name), .size_px = (float)look->small_px, .is_bold = true, .max_lines = 1,
        .is_single_paragraph = true, .width_px = width - (card->platform ? look->mark_px + look->gap_px : 0),
    });
    card->name_color = readable(node->stage->theme, json_get_text(author, "color"));
    if (card->platform && !theme_find_mark(node->stage->theme, card->platform)) {
        char initial[2] = {card->platform[0] >= 'a' && card->platform[0] <= 'z' ? card->platform[0] - 'a' + 'A'
            : card->platform[0]};
        card->initial = node_layout(node, &(struct text_options){
            .text = str_from(initial), .size_px = (float)look->mark_px * 0.6f, .is_bold = true, .max_lines = 1});
    }
}

static int header_height(const struct card_question *card, const struct theme_card *look)
{
    if (!card->name)
        return 0;
    return card->platform && look->mark_px > card->name->height_px ? look->mark_px : card->name->height_px;
}

static void lay_out_text(struct card_question *card, const json_t *state, const struct theme_card *look, int width)
{
    card->text = node_layout_even(&card->base, &(struct text_options){
        .text = str_from(or_empty(json_get_text(state, "text"))), .size_px = (float)look->text_px,
        .min_size_px = (float)look->text_min_px, .max_lines = look->text_lines, .width_px = width,
        .is_single_paragraph = true, .line_height = (float)look->leading / 100,
    });
    const struct text_layout *text = card->text;
    card->is_rtl = text->line_count > 0 && text->lines[0].is_rtl;
    int over = card->is_rtl ? text->ink.x_px + text->ink.width_px - text->width_px : -text->ink.x_px;
    card->overhang_px = over > 0 && text->line_count > 0 ? over : 0;
}

static int content_width(const struct card_question *card, const struct theme_card *look)
{
    int text = (int)ceilf(card->text->content_width_px) + card->overhang_px;
    int name = card->name ? (int)ceilf(card->name->content_width_px) : 0;
    if (card->name && card->platform)
        name += look->mark_px + look->gap_px;
    return text > name ? text : name;
}

static void lay_out(struct card_question *card, const json_t *state)
{
    struct node *node = &card->base;
    const struct theme_card *look = &node->stage->theme->cards[THEME_QUESTION];
    int width = inner_max(node, look);
    lay_out_text(card, state, look, width);
    lay_out_header(card, state, look, width);
    node_note_fit(node, card->text, look->text_px);
    if (card->name)
        node_note_fit(node, card->name, look->small_px);
    int outer = content_width(card, look) + chrome_px(look), header = header_height(card, look);
    node_place(node, outer > look->width_min_px ? outer : look->width_min_px,
        2 * look->padding_y_px + header + (header ? look->gap_px : 0) + card->text->height_px);
}

/* How many ask the same is told often, and is not drawn: such news costs nothing. */
static bool is_as_drawn(const json_t *before, const json_t *state)
{
    static const char *const keys[] = {"text", "platform", "language"};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        if (strcmp(or_empty(json_get_text(before, keys[i])), or_empty(json_get_text(state, keys[i]))) != 0)
            return false;
    }
    const json_t *was = json_object_get(before, "author"), *is = json_object_get(state, "author");
    return was == is || (was && is && json_equal(was, is));
}

static void update(struct node *node, const json_t *state, const json_t *before, int64_t now_ms, bool at_once)
{
    struct card_question *card = get(node);
    if (before && card->text && is_as_drawn(before, state)) {
        card->message = (uint64_t)json_get_int(state, "message", 0);
        return;
    }
    node_begin_layout(node);
    forget(card);
    card->platform = xstrdup(json_get_text(state, "platform"));
    card->author = xstrdup(json_get_text(json_object_get(state, "author"), "id"));
    card->message = (uint64_t)json_get_int(state, "message", 0);
    lay_out(card, state);
}

static bool is_from(const struct node *node, uint64_t message, const char *platform, const char *author)
{
    const struct card_question *card = get(node);
    if (author)
        return card->author && card->platform && strcmp(card->author, author) == 0 &&
            strcmp(card->platform, platform) == 0;
    return message != 0 && card->message == message;
}

static void paint_header(const struct card_question *card, struct canvas *layer, const struct theme_card *look,
    int from_start, int y)
{
    int height = header_height(card, look);
    if (card->platform) {
        struct box mark = {node_across(&card->base.card, card->is_rtl, from_start, look->mark_px),
            y + (height - look->mark_px) / 2, look->mark_px, look->mark_px};
        node_paint_mark(&card->base, layer, card->platform, &mark, card->initial);
        from_start += look->mark_px + look->gap_px;
    }
    canvas_text(layer, card->name, node_text_x(&card->base.card, card->is_rtl, from_start, card->name),
        y + (height - card->name->height_px) / 2, card->name_color);
}

static void paint(struct node *node, struct canvas *layer)
{
    const struct card_question *card = get(node);
    const struct theme *theme = node->stage->theme;
    const struct theme_card *look = &theme->cards[THEME_QUESTION];
    node_paint_surface(node, layer);
    int from_start = look->padding_x_px, y = node->card.y + look->padding_y_px;
    if (look->bar_px > 0) {
        const struct shape bar = {{node_across(&node->card, card->is_rtl, from_start, look->bar_px), y, look->bar_px,
            node->card.height - 2 * look->padding_y_px}, look->bar_px, 0};
        canvas_fill(layer, &bar, &(struct fill){theme->accent, theme->accent_to, true, false});
        from_start += look->bar_px + look->gap_px;
    }
    if (card->name) {
        paint_header(card, layer, look, from_start, y);
        y += header_height(card, look) + look->gap_px;
    }
    int x = node_text_x(&node->card, card->is_rtl, from_start + card->overhang_px, card->text);
    canvas_text(layer, card->text, x, y, theme->text);
}

const struct node_impl card_question_impl = {
    .name = "question", .kind = THEME_QUESTION, .want = want, .has_shadow = true, .create = create, .update = update, .paint = paint, .is_from = is_from,
    .read = read_words, .destroy = destroy,
};
