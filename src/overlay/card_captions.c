/* card_captions.c - one track of subtitles: two lines in a box, held still while the text changes. */
#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "overlay/cards.h"
#include "overlay/node.h"
#include "overlay/wants.h"

struct card_captions {
    struct node base;
    struct text_layout *text;  // owned
};

static struct card_captions *get(const struct node *node)
{
    return container_of((struct node *)(uintptr_t)node, struct card_captions, base);
}

static struct node *create(void)
{
    return &((struct card_captions *)xcalloc(1, sizeof(struct card_captions)))->base;
}

static void destroy(struct node *node)
{
    struct card_captions *card = get(node);
    text_layout_destroy(card->text);
    free(card);
}

/* A silent track is not shown, but keeps its place: the others do not move. */
static void want(const json_t *state, struct wants *wants)
{
    size_t i;
    json_t *track;
    json_array_foreach(json_object_get(state, "captions"), i, track) {
        const char *key = json_get_text(track, "track");
        if (i >= CAPTION_TRACKS)
            break;
        if (json_array_size(json_object_get(track, "lines")) > 0)
            wants_add(wants, &card_captions_impl, key ? key : "", track, (int)i);
        else
            wants_hold(wants, (int)i);
    }
}

static void read_words(const json_t *state, struct buffer *words)
{
    size_t i;
    json_t *line;
    json_array_foreach(json_object_get(state, "lines"), i, line) {
        if (i > 0)
            buffer_add_char(words, '\n');
        buffer_add(words, json_string_value(line) ? json_string_value(line) : "", json_string_length(line));
    }
}

static void update(struct node *node, const json_t *state, const json_t *before, int64_t now_ms, bool at_once)
{
    struct card_captions *card = get(node);
    const struct theme_card *look = &node->stage->theme->cards[THEME_CAPTIONS];
    const char *language = json_get_text(state, "language");
    int room = node_room(node).width, width = room - 2 * look->padding_x_px;
    node_begin_layout(node);
    text_layout_destroy(card->text);
    card->text = node_layout(node, &(struct text_options){
        .text = {node->words.data, node->words.len}, .size_px = (float)look->text_px,
        .min_size_px = (float)look->text_min_px, .max_lines = look->text_lines, .width_px = width,
        .align = TEXT_ALIGN_CENTER, .language = language && *language ? language : NULL,
        .line_height = (float)look->leading / 100,
    });
    node_place(node, (int)ceilf(card->text->content_width_px) + 2 * look->padding_x_px,
        card->text->height_px + 2 * look->padding_y_px);
    // Lines come and go: whatever they need, the other cards hold still.
    node_reserve(node, room, look->row_px > node->card.height ? look->row_px : node->card.height);
}

/* Scripts that reach far below the line keep off the lower edge. */
static int rise_of(const struct card_captions *card, const struct theme *theme)
{
    const struct text_layout *text = card->text;
    int padding = theme->cards[THEME_CAPTIONS].padding_y_px;
    int below = padding + text->height_px - (text->ink.y_px + text->ink.height_px);
    int above = padding + text->ink.y_px;
    return below < padding && above > below ? (above - below) / 2 : 0;
}

static void paint(struct node *node, struct canvas *layer)
{
    const struct card_captions *card = get(node);
    const struct theme *theme = node->stage->theme;
    if (card->text->line_count == 0)
        return;
    canvas_fill(layer, &(struct shape){node->card, theme->cards[THEME_CAPTIONS].radius_px, 0},
        &(struct fill){.color = theme->caption_box});
    int x = node->card.x + (node->card.width - card->text->width_px) / 2;
    canvas_text(layer, card->text, x, node->card.y + theme->cards[THEME_CAPTIONS].padding_y_px - rise_of(card, theme),
        theme->caption_text);
}

const struct node_impl card_captions_impl = {
    .name = "captions", .kind = THEME_CAPTIONS, .want = want, .create = create, .update = update, .paint = paint, .read = read_words,
    .destroy = destroy,
};
