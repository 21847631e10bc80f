/*
 * card_alert.c - a gift, a membership, a raid: who, what, and the words that came with it. The count of a streak moves in
 * its place. The card reads in the direction of the viewers' language; name and words keep their own.
 * In less room the words get shorter, then go, then the avatar, then all gets smaller.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "overlay/avatar.h"
#include "overlay/cards.h"
#include "overlay/digits.h"
#include "overlay/event_text.h"
#include "overlay/fit.h"
#include "overlay/lines.h"
#include "overlay/node.h"
#include "overlay/person.h"
#include "overlay/rich_text.h"
#include "overlay/wants.h"
#include "text/language.h"

enum { TIGHT_ONE_LINE = 1, TIGHT_NO_WORDS, TIGHT_NO_AVATAR };

struct card_alert {
    struct node base;
    struct fit fit;
    struct avatar *avatar;                           // owned, all of them; NULL: it has none
    struct text_layout *initial, *name, *said, *count;
    struct rich_text *words;
    struct tween counted;                            // of a streak, on its way to what was told
    int64_t shown_count;
    int count_width, width, head_height;             // room kept for the count
    bool is_rtl;
};

static struct card_alert *get(const struct node *node)
{
    return container_of((struct node *)(uintptr_t)node, struct card_alert, base);
}

static struct node *create(void)
{
    return &((struct card_alert *)xcalloc(1, sizeof(struct card_alert)))->base;
}

static void forget(struct card_alert *card)
{
    avatar_destroy(card->avatar);
    text_layout_destroy(card->initial);
    text_layout_destroy(card->name);
    text_layout_destroy(card->said);
    text_layout_destroy(card->count);
    rich_text_destroy(card->words);
    card->avatar = NULL;
    card->words = NULL;
    card->initial = card->name = card->said = card->count = NULL;
}

static void destroy(struct node *node)
{
    struct card_alert *card = get(node);
    forget(card);
    free(card);
}

/* The relay's alerts stand in line (alerts.h); one that a state holds itself is a preview. */
static void want(const json_t *state, struct wants *wants)
{
    wants_add_numbered(wants, &card_alert_impl, state);
}

static void read_words(const json_t *event, struct buffer *words)
{
    const char *item = json_get_text(json_object_get(event, "money"), "item"), *text = json_get_text(event, "text");
    person_add_name(json_object_get(event, "author"), words);
    buffer_add_char(words, '\n');
    buffer_add_string(words, item ? item : "");
    buffer_add_char(words, '\n');
    buffer_add_string(words, text ? text : "");
}

/* ---- layout */

static const char *platform_of(const struct card_alert *card)
{
    return json_get_text(card->base.last, "platform");
}

static bool has_author(const struct card_alert *card)
{
    return json_is_object(json_object_get(card->base.last, "author"));
}

static int mark_width(const struct card_alert *card)
{
    const struct theme_card *look = &card->fit.look;
    return platform_of(card) ? look->mark_px + look->gap_px / 2 : 0;
}

static int avatar_width(const struct card_alert *card)
{
    return card->avatar ? card->fit.look.row_px + card->fit.look.gap_px : 0;
}

static void lay_out_person(struct card_alert *card, int width)
{
    struct node *node = &card->base;
    const struct theme_card *look = &card->fit.look;
    const json_t *author = json_object_get(node->last, "author");
    struct buffer name = {0};
    person_add_name(author, &name);
    if (has_author(card) && card->fit.tightness < TIGHT_NO_AVATAR && look->row_px > 0) {
        card->avatar = avatar_create(node, &(struct avatar_options){.url = json_get_text(author, "avatar"),
            .name = json_get_text(author, "name"), .color = json_get_text(author, "color"), .size_px = look->row_px});
    }
    card->initial = person_mark_initial(node, platform_of(card), look->mark_px);
    if (name.len > 0) {
        card->name = node_layout(node, &(struct text_options){.text = {name.data, name.len},
            .size_px = (float)look->small_px, .is_bold = true, .max_lines = 1, .is_single_paragraph = true,
            .faces = &node->stage->theme->faces[THEME_NAME],
            .width_px = width - avatar_width(card) - mark_width(card)});
        node_note_fit(node, card->name, look->small_px);
    }
    buffer_fini(&name);
}

static struct text_layout *lay_out_count(struct card_alert *card, int64_t count)
{
    char digits[DIGITS_BYTES], text[DIGITS_BYTES + 4];
    digits_count(digits, count, card->base.stage->language);
    snprintf(text, sizeof(text), "×%s", digits);
    return node_layout(&card->base, &(struct text_options){.text = str_from(text),
        .size_px = (float)card->fit.look.text_px * 1.3f, .is_bold = true, .max_lines = 1,
        .faces = &card->base.stage->theme->faces[THEME_NUMBER],
        .direction = TEXT_DIRECTION_LTR});
}

/* Room for what it counts to. */
static void lay_out_counter(struct card_alert *card)
{
    int64_t count = event_text_count(card->base.last);
    card->count_width = 0;
    if (count == 0)
        return;
    struct text_layout *whole = lay_out_count(card, count);
    card->count_width = (int)ceilf(whole->content_width_px) + card->fit.look.gap_px;
    text_layout_destroy(whole);
    card->count = lay_out_count(card, card->shown_count);
}

static void lay_out_said(struct card_alert *card, int width)
{
    const struct theme_card *look = &card->fit.look;
    struct buffer said = {0};
    event_text_write(card->base.last, card->base.stage->language, false, &said);
    card->said = node_layout_even(&card->base, &(struct text_options){.text = {said.data ? said.data : "", said.len},
        .size_px = (float)look->text_px, .min_size_px = (float)look->text_min_px, .is_bold = true, .max_lines = 2,
        .direction = card->is_rtl ? TEXT_DIRECTION_RTL : TEXT_DIRECTION_LTR,
        .is_single_paragraph = true, .line_height = (float)look->leading / 100,
        .width_px = width - avatar_width(card) - card->count_width});
    node_note_fit(&card->base, card->said, look->text_px);
    buffer_fini(&said);
}

static void lay_out_words(struct card_alert *card, int width)
{
    const struct theme_card *look = &card->fit.look;
    const char *text = json_get_text(card->base.last, "text");
    if (!text || !*text || card->fit.tightness >= TIGHT_NO_WORDS)
        return;
    card->words = rich_text_create(&card->base, &(struct rich_text_options){
        .text = {.text = str_from(text), .size_px = (float)look->small_px, .width_px = width, .is_single_paragraph = true,
            .max_lines = card->fit.tightness < TIGHT_ONE_LINE ? look->text_lines : 1,
            .line_height = (float)look->leading / 100},
        .emotes = json_object_get(card->base.last, "emotes"), .is_even = true});
    node_note_fit(&card->base, rich_text_layout(card->words), look->small_px);
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

static int name_height(const struct card_alert *card)
{
    return card->name ? most(card->name->height_px, platform_of(card) ? card->fit.look.mark_px : 0) : 0;
}

static int used(const struct text_layout *layout)
{
    return layout ? (int)ceilf(layout->content_width_px) : 0;
}

/* Height; and what width it needs of the room. */
static int lay_out(struct node *node)
{
    struct card_alert *card = get(node);
    const struct theme_card *look = &card->fit.look;
    int width = card->fit.room_width_px - 2 * look->padding_x_px;
    forget(card);
    card->is_rtl = node->is_rtl = language_is_rtl(node->stage->language);
    lay_out_person(card, width);
    lay_out_counter(card);
    lay_out_said(card, width);
    lay_out_words(card, width);
    int beside = most(card->name ? used(card->name) + mark_width(card) : 0, used(card->said) + card->count_width);
    int needed = most(avatar_width(card) + beside, card->words ? used(rich_text_layout(card->words)) : 0);
    card->width = most(needed + 2 * look->padding_x_px, card->name ? look->width_min_px : 0);
    card->head_height = most(card->avatar ? look->row_px : 0, most(card->count ? card->count->height_px : 0,
        name_height(card) + card->said->height_px));
    int words = card->words ? look->gap_px + rich_text_layout(card->words)->height_px : 0;
    return 2 * look->padding_y_px + card->head_height + words;
}

static void place(struct card_alert *card)
{
    struct node *node = &card->base;
    node_begin_layout(node);
    int height = fit_lay_out(&card->fit, node, TIGHT_NO_AVATAR, lay_out);
    int width = card->width < card->fit.room_width_px ? card->width : card->fit.room_width_px;
    node_place(node, width, height);
}

static void update(struct node *node, const json_t *event, const json_t *before, int64_t now_ms, bool at_once)
{
    struct card_alert *card = get(node);
    int64_t count = event_text_count(event);
    if (!before || at_once)
        tween_set(&card->counted, (float)count);
    else
        tween_start(&card->counted, (float)count, now_ms, 0, node_look(node)->motion.count_ms);
    card->shown_count = llroundf(tween_at(&card->counted, now_ms));
    place(card);
}

static void refresh(struct node *node, int64_t now_ms)
{
    struct card_alert *card = get(node);
    card->shown_count = llroundf(tween_at(&card->counted, now_ms));
    place(card);
}

/* ---- painting */

static struct box head_box(const struct card_alert *card)
{
    const struct theme_card *look = &card->fit.look;
    const struct box *box = &card->base.card;
    return (struct box){box->x, box->y + look->padding_y_px, box->width, card->head_height};
}

static struct box count_box(const struct card_alert *card)
{
    const struct theme_card *look = &card->fit.look;
    struct box head = head_box(card);
    int x = card->is_rtl ? head.x + look->padding_x_px : head.x + head.width - look->padding_x_px - card->count_width;
    return (struct box){x, head.y, card->count_width, head.height};
}

static bool advance(struct node *node, int64_t now_ms)
{
    struct card_alert *card = get(node);
    int64_t count = llroundf(tween_at(&card->counted, now_ms));
    if (card->count && count != card->shown_count) {
        struct box box = count_box(card);
        text_layout_destroy(card->count);
        card->count = lay_out_count(card, count);
        card->shown_count = count;
        node_damage(node, &box);
    }
    return tween_is_moving(&card->counted, now_ms);
}

static bool is_from(const struct node *node, uint64_t message, const char *platform, const char *author)
{
    return line_is_from(node->last, message, platform, author);
}

static void paint_name(const struct card_alert *card, struct canvas *layer, int from_start, int y)
{
    const struct node *node = &card->base;
    const struct theme_card *look = &card->fit.look;
    const char *color = json_get_text(json_object_get(node->last, "author"), "color");
    if (platform_of(card)) {
        const struct box mark = {node_across(&node->card, card->is_rtl, from_start, look->mark_px),
            y + (name_height(card) - look->mark_px) / 2, look->mark_px, look->mark_px};
        node_paint_mark(node, layer, platform_of(card), &mark, card->initial);
    }
    from_start += mark_width(card);
    canvas_text(layer, card->name, node_text_x(&node->card, card->is_rtl, from_start, card->name),
        y + (name_height(card) - card->name->height_px) / 2, person_color(node, color));
}

static void paint_words(const struct card_alert *card, struct canvas *layer, int y)
{
    const struct theme_card *look = &card->fit.look;
    const struct text_layout *layout = rich_text_layout(card->words);
    bool is_rtl = layout->line_count > 0 && layout->lines[0].is_rtl;
    rich_text_paint(card->words, layer, node_text_x(&card->base.card, is_rtl, look->padding_x_px, layout), y,
        node_look(&card->base)->colors.text);
}

static void paint(struct node *node, struct canvas *layer)
{
    const struct card_alert *card = get(node);
    const struct theme_colors *colors = &node_look(node)->colors;
    const struct theme_card *look = &card->fit.look;
    struct box head = head_box(card), count = count_box(card);
    int from_start = look->padding_x_px, y = head.y + (head.height - name_height(card) - card->said->height_px) / 2;
    node_paint_surface(node, layer);
    if (card->avatar)
        avatar_paint(card->avatar, layer, node_across(&node->card, card->is_rtl, from_start, look->row_px),
            head.y + (head.height - look->row_px) / 2);
    from_start += avatar_width(card);
    if (card->name)
        paint_name(card, layer, from_start, y);
    canvas_text(layer, card->said, node_text_x(&node->card, card->is_rtl, from_start, card->said), y + name_height(card),
        colors->accent);
    if (card->count)
        canvas_text(layer, card->count, card->is_rtl ? count.x : count.x + count.width - used(card->count),
            count.y + (count.height - card->count->height_px) / 2, colors->text);
    if (card->words)
        paint_words(card, layer, head.y + head.height + look->gap_px);
}

const struct node_impl card_alert_impl = {
    .name = "alert", .kind = THEME_ALERT, .has_shadow = true, .want = want, .create = create, .update = update,
    .paint = paint, .advance = advance, .refresh = refresh, .is_from = is_from, .read = read_words, .destroy = destroy,
};
