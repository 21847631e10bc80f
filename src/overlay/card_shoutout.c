/*
 * card_shoutout.c - somebody whom the host points out: the picture, the name, where to find them, a word about them.
 * The card reads in the direction of the viewers' language; name, address and words keep their own. In less room the words
 * get shorter, then go, then the picture, then all gets smaller.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/memory.h"
#include "overlay/avatar.h"
#include "overlay/cards.h"
#include "overlay/fit.h"
#include "overlay/node.h"
#include "overlay/person.h"
#include "overlay/wants.h"
#include "text/language.h"

enum { TIGHT_ONE_LINE = 1, TIGHT_NO_TEXT, TIGHT_NO_AVATAR };

struct card_shoutout {
    struct node base;
    struct fit fit;
    struct avatar *avatar;                                  // owned, all of them; NULL: it has none
    struct text_layout *name, *address, *text, *initial;
    int width, column_height;
    bool is_rtl;
};

static struct card_shoutout *get(const struct node *node)
{
    return container_of((struct node *)(uintptr_t)node, struct card_shoutout, base);
}

static struct node *create(void)
{
    return &((struct card_shoutout *)xcalloc(1, sizeof(struct card_shoutout)))->base;
}

static void forget(struct card_shoutout *card)
{
    avatar_destroy(card->avatar);
    text_layout_destroy(card->name);
    text_layout_destroy(card->address);
    text_layout_destroy(card->text);
    text_layout_destroy(card->initial);
    card->avatar = NULL;
    card->name = card->address = card->text = card->initial = NULL;
}

static void destroy(struct node *node)
{
    struct card_shoutout *card = get(node);
    forget(card);
    free(card);
}

static void want(const json_t *state, struct wants *wants)
{
    wants_add_numbered(wants, &card_shoutout_impl, state);
}

/* ---- where to find somebody */

static const struct {
    const char *platform, *address;
} addresses[] = {
    {"twitch", "twitch.tv/"},
    {"youtube", "youtube.com/@"},
    {"kick", "kick.com/"},
    {"tiktok", "tiktok.com/@"},
};

/* What a platform gives as a login may be a number or another sign for machines: nobody types those. */
static bool is_typed(const char *login)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    size_t len = strlen(login);
    bool is_channel_id = len == 24 && strncmp(login, "UC", 2) == 0;
    return len > 0 && len <= 40 && strspn(login, letters) == len && !is_channel_id;
}

static void add_address(const json_t *state, struct buffer *out)
{
    const char *platform = json_get_text(state, "platform"), *login = json_get_text(state, "login");
    if (!platform || !login)
        return;
    login += *login == '@';
    for (size_t i = 0; i < ARRAY_LENGTH(addresses) && is_typed(login); i++) {
        if (strcmp(addresses[i].platform, platform) == 0)
            buffer_printf(out, "%s%s", addresses[i].address, login);
    }
}

static void read_words(const json_t *state, struct buffer *words)
{
    const char *text = json_get_text(state, "text");
    person_add_name(state, words);
    buffer_add_char(words, '\n');
    add_address(state, words);
    buffer_add_char(words, '\n');
    buffer_add_string(words, text ? text : "");
}

/* ---- layout */

static const char *platform_of(const struct card_shoutout *card)
{
    return json_get_text(card->base.last, "platform");
}

static int avatar_width(const struct card_shoutout *card)
{
    return card->avatar ? card->fit.look.row_px + 2 * card->fit.look.gap_px : 0;
}

static int mark_width(const struct card_shoutout *card)
{
    return platform_of(card) ? card->fit.look.mark_px + card->fit.look.gap_px / 2 : 0;
}

static void lay_out_avatar(struct card_shoutout *card)
{
    const json_t *state = card->base.last;
    if (card->fit.tightness >= TIGHT_NO_AVATAR || card->fit.look.row_px <= 0)
        return;
    card->avatar = avatar_create(&card->base, &(struct avatar_options){.url = json_get_text(state, "avatar"),
        .name = json_get_text(state, "name"), .color = json_get_text(state, "color"), .size_px = card->fit.look.row_px});
}

static struct text_layout *lay_out_line(struct card_shoutout *card, const struct buffer *text, int size_px, int width,
    bool is_bold)
{
    if (text->len == 0)
        return NULL;
    struct text_layout *layout = node_layout(&card->base, &(struct text_options){.text = {text->data, text->len},
        .faces = is_bold ? &card->base.stage->theme->faces[THEME_NAME] : NULL,
        .size_px = (float)size_px, .min_size_px = (float)size_px * 0.7f, .is_bold = is_bold, .max_lines = 1,
        .is_single_paragraph = true, .width_px = width});
    node_note_fit(&card->base, layout, size_px);
    return layout;
}

static void lay_out_head(struct card_shoutout *card, int width)
{
    const struct theme_card *look = &card->fit.look;
    struct buffer name = {0}, address = {0};
    person_add_name(card->base.last, &name);
    add_address(card->base.last, &address);
    card->name = lay_out_line(card, &name, look->text_px * 5 / 4, width - (address.len > 0 ? 0 : mark_width(card)), true);
    card->address = lay_out_line(card, &address, look->small_px, width - mark_width(card), false);
    card->initial = person_mark_initial(&card->base, platform_of(card), look->mark_px);
    buffer_fini(&name);
    buffer_fini(&address);
}

static void lay_out_text(struct card_shoutout *card, int width)
{
    const struct theme_card *look = &card->fit.look;
    const char *text = json_get_text(card->base.last, "text");
    if (!text || !*text || card->fit.tightness >= TIGHT_NO_TEXT)
        return;
    card->text = node_layout_even(&card->base, &(struct text_options){.text = str_from(text),
        .size_px = (float)look->small_px, .width_px = width, .is_single_paragraph = true,
        .max_lines = card->fit.tightness < TIGHT_ONE_LINE ? look->text_lines : 1,
        .line_height = (float)look->leading / 100});
    node_note_fit(&card->base, card->text, look->small_px);
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

static int used(const struct text_layout *layout)
{
    return layout ? (int)ceilf(layout->content_width_px) : 0;
}

static int height_of(const struct text_layout *layout)
{
    return layout ? layout->height_px : 0;
}

/* The row that the platform's mark stands in: that of the address, or where there is none the name's. */
static int address_height(const struct card_shoutout *card)
{
    return card->address ? most(card->address->height_px, card->fit.look.mark_px) : 0;
}

static int name_height(const struct card_shoutout *card)
{
    return most(height_of(card->name), card->address || !platform_of(card) ? 0 : card->fit.look.mark_px);
}

static int lay_out(struct node *node)
{
    struct card_shoutout *card = get(node);
    const struct theme_card *look = &card->fit.look;
    forget(card);
    card->is_rtl = node->is_rtl = language_is_rtl(node->stage->language);
    lay_out_avatar(card);
    int width = card->fit.room_width_px - 2 * look->padding_x_px - avatar_width(card);
    lay_out_head(card, width);
    lay_out_text(card, width);
    int name = used(card->name) + (card->address ? 0 : mark_width(card));
    int needed = most(name, most(card->address ? used(card->address) + mark_width(card) : 0, used(card->text)));
    card->width = most(needed + avatar_width(card) + 2 * look->padding_x_px, look->width_min_px);
    card->column_height = name_height(card) + address_height(card) + (card->text ? look->gap_px / 2 : 0) + height_of(card->text);
    return 2 * look->padding_y_px + most(card->column_height, card->avatar ? look->row_px : 0);
}

static void update(struct node *node, const json_t *state, const json_t *before, int64_t now_ms, bool at_once)
{
    struct card_shoutout *card = get(node);
    node_begin_layout(node);
    int height = fit_lay_out(&card->fit, node, TIGHT_NO_AVATAR, lay_out);
    node_place(node, card->width < card->fit.room_width_px ? card->width : card->fit.room_width_px, height);
}

/* By the number of the message or the author's id, if the state tells them. */
static bool is_from(const struct node *node, uint64_t message, const char *platform, const char *author)
{
    const char *of = json_get_text(node->last, "author"), *on = json_get_text(node->last, "platform");
    if (author)
        return of && on && platform && strcmp(of, author) == 0 && strcmp(on, platform) == 0;
    return message != 0 && (uint64_t)json_get_int(node->last, "message", 0) == message;
}

/* ---- painting */

static void paint_mark(const struct card_shoutout *card, struct canvas *layer, int from_start, int y, int row_height)
{
    const struct node *node = &card->base;
    int side = card->fit.look.mark_px;
    const struct box box = {node_across(&node->card, card->is_rtl, from_start, side), y + (row_height - side) / 2, side, side};
    if (platform_of(card))
        node_paint_mark(node, layer, platform_of(card), &box, card->initial);
}

static void paint_line(const struct card_shoutout *card, struct canvas *layer, const struct text_layout *layout,
    int from_start, int y, int row_height, struct color color)
{
    if (layout)
        canvas_text(layer, layout, node_text_x(&card->base.card, card->is_rtl, from_start, layout),
            y + (row_height - layout->height_px) / 2, color);
}

static void paint(struct node *node, struct canvas *layer)
{
    const struct card_shoutout *card = get(node);
    const struct theme_colors *colors = &node_look(node)->colors;
    const struct theme_card *look = &card->fit.look;
    int from_start = look->padding_x_px, inner = node->card.height - 2 * look->padding_y_px;
    int y = node->card.y + look->padding_y_px + (inner - card->column_height) / 2;
    node_paint_surface(node, layer);
    if (card->avatar)
        avatar_paint(card->avatar, layer, node_across(&node->card, card->is_rtl, from_start, look->row_px),
            node->card.y + look->padding_y_px + (inner - look->row_px) / 2);
    from_start += avatar_width(card);
    paint_mark(card, layer, from_start, card->address ? y + name_height(card) : y,
        card->address ? address_height(card) : name_height(card));
    paint_line(card, layer, card->name, from_start + (card->address ? 0 : mark_width(card)), y, name_height(card),
        person_color(node, json_get_text(node->last, "color")));
    y += name_height(card);
    paint_line(card, layer, card->address, from_start + mark_width(card), y, address_height(card), colors->text_soft);
    y += address_height(card) + look->gap_px / 2;
    paint_line(card, layer, card->text, from_start, y, height_of(card->text), colors->text);
}

const struct node_impl card_shoutout_impl = {
    .name = "shoutout", .kind = THEME_SHOUTOUT, .has_shadow = true, .want = want, .create = create, .update = update,
    .paint = paint, .is_from = is_from, .read = read_words, .destroy = destroy,
};
