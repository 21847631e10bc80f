/*
 * card_qr.c - a link or a text as a code for a phone's camera, and a title. Dark on light whatever the theme says, in
 * modules of whole px, with four modules of quiet around it (ISO/IEC 18004): a camera reads it from a compressed picture of
 * a screen, so modules that are large come before correction of errors. The highest level is taken that keeps them large.
 */
#include <math.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "overlay/cards.h"
#include "overlay/fit.h"
#include "overlay/node.h"
#include "overlay/wants.h"

enum { QUIET_MODULES = 4 };

/* px of a module at 1080: what is fine, and what is just read after the platform has scaled the picture to 720. */
enum { MODULE_GOOD_PX = 6, MODULE_LEAST_PX = 3, REFERENCE_PX = 1080 };

struct card_qr {
    struct node base;
    struct fit fit;
    QRcode *code;               // owned; NULL: the text is too long
    struct text_layout *title;  // owned; NULL: there is none
    int module_px;
    struct box panel;           // the light ground with the quiet zone, in the layer
};

static struct card_qr *get(const struct node *node)
{
    return container_of((struct node *)(uintptr_t)node, struct card_qr, base);
}

static struct node *create(void)
{
    return &((struct card_qr *)xcalloc(1, sizeof(struct card_qr)))->base;
}

static void forget(struct card_qr *card)
{
    QRcode_free(card->code);
    text_layout_destroy(card->title);
    card->code = NULL;
    card->title = NULL;
}

static void destroy(struct node *node)
{
    struct card_qr *card = get(node);
    forget(card);
    free(card);
}

static void want(const json_t *state, struct wants *wants)
{
    wants_add_numbered(wants, &card_qr_impl, state);
}

/* The code's own text is drawn too, in its way. */
static void read_words(const json_t *state, struct buffer *words)
{
    buffer_add_string(words, json_get_words(state, "title"));
    buffer_add_char(words, '\n');
    buffer_add_string(words, json_get_words(state, "text"));
}

/* ---- the code */

static int scaled(const struct node *node, int px)
{
    const struct stage *stage = node->stage;
    int shorter = stage->width_px < stage->height_px ? stage->width_px : stage->height_px;
    int length = px * shorter / REFERENCE_PX;
    return length > 2 ? length : 2;
}

static int module_of(const QRcode *code, int side_px)
{
    return code ? side_px / (code->width + 2 * QUIET_MODULES) : 0;
}

/* The most correction from this level down that leaves modules of least_px. */
static QRcode *encode(const char *text, QRecLevel from, int side_px, int least_px)
{
    for (int level = (int)from; level >= QR_ECLEVEL_L; level--) {
        QRcode *code = QRcode_encodeString(text, 0, (QRecLevel)level, QR_MODE_8, 1);
        if (module_of(code, side_px) >= least_px)
            return code;
        QRcode_free(code);
    }
    return NULL;
}

/* In the theme's size; what is too fine for that gets all of the card's width. */
static int choose_code(struct card_qr *card, int room_px)
{
    const struct node *node = &card->base;
    const char *text = json_get_words(node->last, "text");
    int side = card->fit.look.row_px < room_px ? card->fit.look.row_px : room_px;
    int most = room_px * card->fit.percent / 100;
    card->code = encode(text, QR_ECLEVEL_H, side, scaled(node, MODULE_GOOD_PX));
    if (card->code)
        return module_of(card->code, side);
    card->code = encode(text, QR_ECLEVEL_M, most, scaled(node, MODULE_GOOD_PX));
    if (!card->code)
        card->code = encode(text, QR_ECLEVEL_L, most, scaled(node, MODULE_LEAST_PX));
    return module_of(card->code, most);
}

/* ---- layout */

static int lay_out(struct node *node)
{
    struct card_qr *card = get(node);
    const struct theme_card *look = &card->fit.look;
    const char *title = json_get_text(node->last, "title"), *language = json_get_text(node->last, "language");
    int room = card->fit.room_width_px - 2 * look->padding_x_px;
    forget(card);
    card->module_px = choose_code(card, room);
    if (!card->code)
        return 0;
    int side = card->module_px * (card->code->width + 2 * QUIET_MODULES);
    card->panel = (struct box){0, look->padding_y_px, side, side};
    if (title && *title)
        card->title = node_layout_even(node, &(struct text_options){
            .faces = &node->stage->theme->faces[THEME_TITLE],
            .text = str_from(title), .size_px = (float)look->text_px, .min_size_px = (float)look->text_min_px,
            .width_px = room, .max_lines = look->text_lines, .is_bold = true, .is_single_paragraph = true,
            .align = TEXT_ALIGN_CENTER, .line_height = (float)look->leading / 100,
            .language = language && *language ? language : NULL,
        });
    return 2 * look->padding_y_px + side + (card->title ? look->gap_px + card->title->height_px : 0);
}

/* Nothing is better than a code that no camera reads. */
static void give_up(struct card_qr *card)
{
    struct node *node = &card->base;
    size_t len = strlen(json_get_words(node->last, "text"));
    if (len == 0)
        log_error("overlay", "%s is not drawn: it has no text", node->id);
    else
        log_error("overlay", "%s is not drawn: a code for %zu bytes has modules too small to be read in %d px; shorten the link",
            node->id, len, card->fit.room_width_px);
    canvas_destroy(node->layer);
    node->layer = NULL;
}

static void update(struct node *node, const json_t *state, const json_t *before, int64_t now_ms, bool at_once)
{
    struct card_qr *card = get(node);
    if (before && json_equal(before, state) && !fit_is_stale(&card->fit, node))
        return;
    node_begin_layout(node);
    int height = fit_lay_out(&card->fit, node, 0, lay_out);
    if (!card->code) {
        give_up(card);
        return;
    }
    int title = card->title ? (int)ceilf(card->title->content_width_px) : 0;
    int inner = title > card->panel.width ? title : card->panel.width;
    if (card->title)
        node_note_fit(node, card->title, 0);
    node_place(node, inner + 2 * card->fit.look.padding_x_px, height);
    card->panel.x = node->card.x + (node->card.width - card->panel.width) / 2;
    card->panel.y += node->card.y;
}

/* ---- painting */

/* Dark modules that stand side by side are one box. */
static void paint_row(const struct card_qr *card, struct canvas *layer, int row)
{
    const unsigned char *modules = card->code->data + (size_t)row * (size_t)card->code->width;
    int module = card->module_px, left = card->panel.x + QUIET_MODULES * module;
    int y = card->panel.y + (QUIET_MODULES + row) * module;
    for (int from = 0, to; from < card->code->width; from = to + 1) {
        while (from < card->code->width && !(modules[from] & 1))
            from++;
        for (to = from; to < card->code->width && modules[to] & 1;)
            to++;
        canvas_fill(layer, &(struct shape){{left + from * module, y, (to - from) * module, module}, 0, 0},
            &(struct fill){.color = {0, 0, 0, 1}});
    }
}

/* The round corners of the light ground stay within its quiet zone. */
static void paint(struct node *node, struct canvas *layer)
{
    const struct card_qr *card = get(node);
    const struct theme_card *look = &card->fit.look;
    int quiet = QUIET_MODULES * card->module_px, radius = look->row_radius_px < quiet ? look->row_radius_px : quiet;
    node_paint_surface(node, layer);
    canvas_fill(layer, &(struct shape){card->panel, radius, 0}, &(struct fill){.color = {1, 1, 1, 1}});
    for (int row = 0; row < card->code->width; row++)
        paint_row(card, layer, row);
    if (card->title)
        canvas_text(layer, card->title, node->card.x + (node->card.width - card->title->width_px) / 2,
            card->panel.y + card->panel.height + look->gap_px, node_look(node)->colors.text);
}

const struct node_impl card_qr_impl = {
    .name = "qr", .kind = THEME_QR, .want = want, .has_shadow = true, .create = create, .update = update,
    .paint = paint, .read = read_words, .destroy = destroy,
};
