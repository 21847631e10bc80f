/*
 * card_note.c - the host's own: a title, a text, a picture, or any two or three of them. The picture stands above, all of it
 * to be seen in its own shape with round corners; a card of a picture alone is no more than that. Nothing waits for it: the
 * words stand at once, and the card grows when the picture has come.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "overlay/cards.h"
#include "overlay/fit.h"
#include "overlay/node.h"
#include "overlay/picture_place.h"
#include "overlay/wants.h"

enum { TIGHT_LINES = 1, TIGHT_MORE };  // the text in three lines, then in two

struct card_note {
    struct node base;
    struct fit fit;
    struct picture_place *place;       // owned; NULL: no picture is asked for
    struct text_layout *title, *text;  // owned; NULL: there is none
    struct box picture, words;         // in the layer; empty: there is none, or not yet
    bool is_rtl;
};

static struct card_note *get(const struct node *node)
{
    return container_of((struct node *)(uintptr_t)node, struct card_note, base);
}

static struct node *create(void)
{
    return &((struct card_note *)xcalloc(1, sizeof(struct card_note)))->base;
}

static void forget_words(struct card_note *card)
{
    text_layout_destroy(card->title);
    text_layout_destroy(card->text);
    card->title = card->text = NULL;
}

static void destroy(struct node *node)
{
    struct card_note *card = get(node);
    forget_words(card);
    picture_place_destroy(card->place);
    free(card);
}

static void want(const json_t *state, struct wants *wants)
{
    wants_add_numbered(wants, &card_note_impl, state);
}

/* NULL: absent or empty. */
static const char *get_words(const json_t *state, const char *key)
{
    const char *text = json_get_text(state, key);
    return text && *text ? text : NULL;
}

static void read_words(const json_t *state, struct buffer *words)
{
    static const char *const keys[] = {"title", "text", "picture"};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        const char *text = get_words(state, keys[i]);
        buffer_add_string(words, text ? text : "");
        buffer_add_char(words, '\n');
    }
}

/* ---- layout */

static int inner_width(const struct card_note *card)
{
    return card->fit.room_width_px - 2 * card->fit.look.padding_x_px;
}

static struct text_layout *lay_out_words(struct card_note *card, const char *text, int size_px, int lines, bool is_bold)
{
    const struct theme_card *look = &card->fit.look;
    if (!text)
        return NULL;
    return node_layout_even(&card->base, &(struct text_options){
        .text = str_from(text), .size_px = (float)size_px,
        .min_size_px = (float)size_px * (float)look->text_min_px / (float)look->text_px,
        .width_px = inner_width(card), .max_lines = lines, .is_bold = is_bold, .is_single_paragraph = is_bold,
        .line_height = (float)look->leading / 100, .language = get_words(card->base.last, "language"),
    });
}

/* Made once, as large as the theme allows; a card that gives way paints it smaller. */
static void ask_for_picture(struct card_note *card)
{
    const struct node *node = &card->base;
    const struct theme_card *look = node_look(node);
    const char *url = get_words(node->last, "picture");
    picture_place_destroy(card->place);
    card->place = NULL;
    if (!url)
        return;
    int room = node->stage->width_px - 2 * look->x_px, most = look->width_max_px < room ? look->width_max_px : room;
    card->place = picture_place_create(&card->base, &(struct picture_want){.url = url, .height_px = look->row_px,
        .width_px = most - 2 * look->padding_x_px, .fit = PICTURE_CONTAIN, .radius_px = look->row_radius_px});
}

/* Of the room's height, what the picture's own shape leaves; nothing until it has come. */
static void place_picture(struct card_note *card)
{
    const struct theme_card *look = &card->fit.look;
    int width = 0, height = 0, room = inner_width(card);
    card->picture = (struct box){0};
    if (!card->place)
        return;
    picture_place_hold(card->place, PICTURE_PLACE_NONE);
    if (picture_place_state(card->place) != PICTURE_HERE || !picture_place_size(card->place, &width, &height))
        return;
    picture_place_hold(card->place, width);
    int fitted = width * look->row_px / height < room ? width * look->row_px / height : room;
    fitted = fitted < width ? fitted : width;
    card->picture = (struct box){0, look->padding_y_px, fitted, height * fitted / width};
}

static int words_height(const struct card_note *card)
{
    const struct theme_card *look = &card->fit.look;
    int title = card->title ? card->title->height_px : 0, text = card->text ? card->text->height_px : 0;
    return title + text + (title && text ? look->gap_px / 2 : 0);
}

static int lay_out(struct node *node)
{
    struct card_note *card = get(node);
    const struct theme_card *look = &card->fit.look;
    static const int lines_of[] = {0, 3, 2};
    int lines = card->fit.tightness == 0 ? look->text_lines : lines_of[card->fit.tightness];
    forget_words(card);
    card->title = lay_out_words(card, get_words(node->last, "title"), look->small_px * 6 / 5, 2, true);
    card->text = lay_out_words(card, get_words(node->last, "text"), look->text_px, lines < look->text_lines ? lines : look->text_lines, false);
    place_picture(card);
    const struct text_layout *first = card->title ? card->title : card->text;
    card->is_rtl = card->base.is_rtl = first && first->line_count > 0 && first->lines[0].is_rtl;
    int words = words_height(card), top = look->padding_y_px + card->picture.height;
    card->words = (struct box){0, top + (card->picture.height && words ? look->gap_px : 0), 0, words};
    return (words ? card->words.y + words : top) + look->padding_y_px;
}

static int content_width(const struct card_note *card)
{
    int title = card->title ? (int)ceilf(card->title->content_width_px) : 0;
    int text = card->text ? (int)ceilf(card->text->content_width_px) : 0;
    int width = title > text ? title : text;
    return card->picture.width > width ? card->picture.width : width;
}

/* A picture alone is framed as evenly as it is wide; words have the card's least width. */
static int outer_width(const struct card_note *card)
{
    const struct theme_card *look = &card->fit.look;
    int outer = content_width(card) + 2 * look->padding_x_px;
    bool has_words = card->title || card->text;
    return outer > look->width_min_px || !has_words ? outer : look->width_min_px;
}

/* A picture that is not there yet, and nothing else: nothing to show, but the card lives on and hears of it. */
static void hide(struct card_note *card)
{
    node_place(&card->base, 1, 1);
}

static void lay_out_all(struct card_note *card)
{
    struct node *node = &card->base;
    node_begin_layout(node);
    ask_for_picture(card);
    int height = fit_lay_out(&card->fit, node, TIGHT_MORE, lay_out);
    if (content_width(card) == 0) {
        hide(card);
        return;
    }
    if (card->title)
        node_note_fit(node, card->title, 0);
    if (card->text)
        node_note_fit(node, card->text, 0);
    node_place(node, outer_width(card), height);
    card->words.x = node->card.x + card->fit.look.padding_x_px;
    card->words.width = node->card.width - 2 * card->fit.look.padding_x_px;
    card->words.y += node->card.y;
    card->picture.x = node->card.x + (node->card.width - card->picture.width) / 2;
    card->picture.y += node->card.y;
}

static void update(struct node *node, const json_t *state, const json_t *before, int64_t now_ms, bool at_once)
{
    struct card_note *card = get(node);
    if (!before || !json_equal(before, state) || fit_is_stale(&card->fit, node))
        lay_out_all(card);
}

/* ---- painting */

static void paint(struct node *node, struct canvas *layer)
{
    const struct card_note *card = get(node);
    const struct theme_colors *colors = &node_look(node)->colors;
    int y = card->words.y;
    if (content_width(card) == 0)
        return;
    node_paint_surface(node, layer);
    if (card->picture.height > 0)
        picture_place_paint(card->place, layer, &card->picture);
    if (card->title) {
        canvas_text(layer, card->title, node_text_x(&card->words, card->is_rtl, 0, card->title), y, colors->text);
        y += card->title->height_px + card->fit.look.gap_px / 2;
    }
    if (card->text)
        canvas_text(layer, card->text, node_text_x(&card->words, card->is_rtl, 0, card->text), y,
            card->title ? colors->text_soft : colors->text);
}

const struct node_impl card_note_impl = {
    .name = "note", .kind = THEME_NOTE, .want = want, .has_shadow = true, .create = create, .update = update,
    .paint = paint, .read = read_words, .destroy = destroy,
};
