/*
 * card_captions.c - one track of subtitles. Words of a file pop on, in a box as large as they are or, in themes with an
 * outline, without one. Live words roll up through a window of fixed width: rows that stood move, nothing jumps.
 */
#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "overlay/caption_text.h"
#include "overlay/cards.h"
#include "overlay/node.h"
#include "overlay/wants.h"

enum { ROLL_MS = 260, ROWS_MAX = 3 };

struct card_captions {
    struct node base;
    struct caption_text text;
    int rows;             // that the window has
    struct tween roll;    // px that the rows have still to go up
    int way_px;           // the same, of the frame at hand
    struct canvas *strip; // owned; while they do: all rows that are to be seen on the way, the last at its end
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
    caption_text_fini(&card->text);
    canvas_destroy(card->strip);
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

/* ---- sizes */

static int rows_of(const struct node *node)
{
    int rows = node_look(node)->text_lines;
    return rows < 1 ? 1 : rows < ROWS_MAX ? rows : ROWS_MAX;
}

static int height_of(const struct card_captions *card, int rows)
{
    return rows * card->text.pitch_px + 2 * node_look(&card->base)->padding_y_px;
}

/* As many as the theme wants and the other cards leave; a live window does not become smaller while words come. */
static void count_rows(struct card_captions *card)
{
    const struct node *node = &card->base;
    int rows = (int)card->text.layout->line_count, before = card->text.is_live ? card->rows : 0, most = rows_of(node);
    int room_px = node_room(node).height - 2 * node_look(node)->padding_y_px;
    while (most > 1 && most * card->text.pitch_px > room_px)
        most--;
    rows = rows > before ? rows : before;
    card->rows = rows < most ? rows : most;
}

/* ---- rolling */

static void end_roll(struct card_captions *card)
{
    tween_set(&card->roll, 0);
    canvas_destroy(card->strip);
    card->strip = NULL;
}

/* The first `gone` rows that stood, as they are seen now, above the rows of card->text. */
static struct canvas *make_strip(const struct card_captions *card, const struct caption_text *before, size_t gone)
{
    const struct node *node = &card->base;
    int pitch = card->text.pitch_px, x = node_look(node)->padding_x_px, width = node_room(node).width;
    size_t kept = gone < (size_t)card->rows + 1 ? gone : (size_t)card->rows + 1;
    size_t count = card->text.layout->line_count;
    struct canvas *strip = canvas_create(node->stage->painter, width, ((int)kept + (int)count) * pitch, NULL);
    if (!strip)
        return NULL;
    if (card->strip && canvas_width(card->strip) == width) {
        int end = canvas_height(card->strip) - (int)(before->layout->line_count - gone) * pitch;
        canvas_draw_part(strip, card->strip, &(struct box){0, end - (int)kept * pitch, width, (int)kept * pitch}, 0, 0);
    } else {
        caption_text_paint(before, node, strip, gone - kept, kept, x, 0);
    }
    caption_text_paint(&card->text, node, strip, 0, count, x, (int)kept * pitch);
    return strip;
}

static void roll(struct card_captions *card, const struct caption_text *before, int64_t now_ms)
{
    size_t gone;
    int rolled = caption_text_rolled(before, &card->text, &gone);
    if (rolled == 0)
        return end_roll(card);
    float way = tween_at(&card->roll, now_ms) + (float)(rolled * card->text.pitch_px);
    struct canvas *strip = make_strip(card, before, gone);
    end_roll(card);
    if (!strip)
        return;
    card->strip = strip;
    tween_set(&card->roll, way);
    tween_start(&card->roll, 0, now_ms, 0, ROLL_MS);
}

static bool advance(struct node *node, int64_t now_ms)
{
    struct card_captions *card = get(node);
    if (!card->strip)
        return false;
    bool is_moving = tween_is_moving(&card->roll, now_ms);
    card->way_px = (int)tween_at(&card->roll, now_ms);
    if (!is_moving)
        end_roll(card);
    node_damage(node, &node->card);
    return is_moving;
}

/* ---- the node */

static void update(struct node *node, const json_t *state, const json_t *before, int64_t now_ms, bool at_once)
{
    struct card_captions *card = get(node);
    const struct theme_card *look = node_look(node);
    struct caption_text old = card->text;
    card->text.layout = NULL;
    node_begin_layout(node);
    int room = node_room(node).width;
    caption_text_lay_out(&card->text, node, state, room - 2 * look->padding_x_px, rows_of(node));
    count_rows(card);
    if (before && !at_once && !node->stage->is_motion_reduced)
        roll(card, &old, now_ms);
    else
        end_roll(card);
    card->way_px = (int)tween_at(&card->roll, now_ms);
    text_layout_destroy(old.layout);
    int words = (int)ceilf(card->text.layout->content_width_px) + 2 * look->padding_x_px;
    node_place(node, card->text.is_live ? room : words, height_of(card, card->rows));
    // Lines come and go: whatever they need, the other cards hold still.
    int most = height_of(card, rows_of(node));
    node_reserve(node, room, look->row_px > most ? look->row_px : most);
    node_set_least(node, room / 2, height_of(card, 1));
}

/* What of the strip is in the window: its end, less the way that is still to go. */
static void paint_strip(const struct card_captions *card, struct canvas *layer, int y, int height)
{
    const struct box *box = &card->base.card;
    int top = canvas_height(card->strip) - height - card->way_px, hidden = top < 0 ? -top : 0;
    int end = top + height < canvas_height(card->strip) ? top + height : canvas_height(card->strip);
    canvas_draw_part(layer, card->strip, &(struct box){0, top + hidden, box->width, end - top - hidden}, box->x,
        y + hidden);
}

static void paint(struct node *node, struct canvas *layer)
{
    const struct card_captions *card = get(node);
    const struct theme_card *look = node_look(node);
    size_t count = card->text.layout->line_count, rows = count < (size_t)card->rows ? count : (size_t)card->rows;
    if (count == 0)
        return;
    node_paint_surface(node, layer);
    int y = node->card.y + look->padding_y_px, height = card->rows * card->text.pitch_px;
    if (card->strip)
        return paint_strip(card, layer, y, height);
    int x = node->card.x + (node->card.width - card->text.layout->width_px) / 2;
    caption_text_paint(&card->text, node, layer, count - rows, rows, x, y + height - (int)rows * card->text.pitch_px);
}

const struct node_impl card_captions_impl = {
    .name = "captions", .kind = THEME_CAPTIONS, .want = want, .has_shadow = true, .create = create, .update = update, .paint = paint,
    .advance = advance, .read = caption_text_read, .destroy = destroy,
};
