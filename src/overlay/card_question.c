/*
 * card_question.c - one question: who asks, on which platform, the text with its emotes, what was asked in another
 * language, and how many ask the same.
 * The card reads in the direction of the question; the author's name and the original are texts of their own, so none
 * turns another around. What there is not room for is given up: first the original's second line, then how many ask,
 * then the original, then lines of the question; then all of it gets smaller.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "overlay/asked.h"
#include "overlay/avatar.h"
#include "overlay/cards.h"
#include "overlay/fit.h"
#include "overlay/node.h"
#include "overlay/person.h"
#include "overlay/rich_text.h"
#include "overlay/wants.h"

enum { ANSWERED_MS = 2000 };  // that the tick is seen before the card leaves
enum { TIGHT_ORIGINAL = 1, TIGHT_ASKED, TIGHT_ONE_LANGUAGE, TIGHT_LINES, TIGHT_LINE };
enum { ORIGINAL_PERCENT = 70, ORIGINAL_LINES = 2, AVATAR_PERCENT = 140, MARK_PERCENT = 45, SIGN_PERCENT = 90 };

struct card_question {
    struct node base;
    struct fit fit;
    char *platform;               // owned; NULL: the host's own words
    char *author;                 // owned; the author's id, if the state tells it
    uint64_t message;
    struct color name_color;
    struct avatar *avatar;        // owned, all of these; all but the text may be NULL
    struct rich_text *text;
    struct text_layout *name, *initial, *original, *code;
    struct asked *asked;
    enum person_role roles[PERSON_ROLES_MAX];
    size_t role_count;
    struct box answered;          // the tick, in the layer
    int overhang_px;              // how far the text's ink reaches over its reading edge (Nastaliq)
    bool is_rtl, is_answered;
};

static struct card_question *get(const struct node *node)
{
    return container_of((struct node *)(uintptr_t)node, struct card_question, base);
}

static struct node *create(void)
{
    return &((struct card_question *)xcalloc(1, sizeof(struct card_question)))->base;
}

static void forget_layout(struct card_question *card)
{
    avatar_destroy(card->avatar);
    rich_text_destroy(card->text);
    text_layout_destroy(card->name);
    text_layout_destroy(card->initial);
    text_layout_destroy(card->original);
    text_layout_destroy(card->code);
    asked_destroy(card->asked);
    card->avatar = NULL;
    card->text = NULL;
    card->name = card->initial = card->original = card->code = NULL;
    card->asked = NULL;
}

static void forget(struct card_question *card)
{
    forget_layout(card);
    free(card->platform);
    free(card->author);
    card->platform = card->author = NULL;
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

static const char *original_of(const json_t *state)
{
    return json_get_words(json_object_get(state, "original"), "text");
}

static void read_words(const json_t *state, struct buffer *words)
{
    person_add_name(json_object_get(state, "author"), words);
    buffer_add_char(words, '\n');
    buffer_add_string(words, json_get_words(state, "text"));
    buffer_add_char(words, '\n');
    buffer_add_string(words, original_of(state));
}

/* ---- layout */

/* What stands left and right of the text: padding and the accent. */
static int chrome_px(const struct theme_card *look)
{
    return 2 * look->padding_x_px + (look->bar_px > 0 ? look->bar_px + look->gap_px : 0);
}

static int avatar_px(const struct theme_card *look)
{
    return look->mark_px * AVATAR_PERCENT / 100;
}

static int sign_px(const struct theme_card *look)
{
    return look->small_px * SIGN_PERCENT / 100;
}

/* The tick of an answered question has its place from the beginning: when it comes, nothing moves. */
static int header_end_px(const struct card_question *card)
{
    int code = card->code ? (int)ceilf(card->code->content_width_px) : 0;
    return card->fit.look.gap_px + (code > card->fit.look.mark_px ? code : card->fit.look.mark_px);
}

static int header_start_px(const struct card_question *card)
{
    return card->avatar ? avatar_px(&card->fit.look) + card->fit.look.gap_px : 0;
}

static int signs_px(const struct card_question *card)
{
    const struct theme_card *look = &card->fit.look;
    return card->role_count > 0 ? look->gap_px + (int)card->role_count * (sign_px(look) + look->gap_px / 3) : 0;
}

static void lay_out_code(struct card_question *card, const json_t *state)
{
    const char *code = json_get_text(state, "code");
    char text[16];
    if (!code || !*code || strlen(code) > 8)
        return;
    snprintf(text, sizeof(text), "+1 %s", code);
    card->code = node_layout(&card->base, &(struct text_options){
        .text = str_from(text), .size_px = (float)card->fit.look.small_px * 0.8f, .max_lines = 1,
        .direction = TEXT_DIRECTION_LTR, .faces = &card->base.stage->theme->faces[THEME_NUMBER],
    });
}

static void lay_out_header(struct card_question *card, const json_t *state, int width)
{
    struct node *node = &card->base;
    const struct theme_card *look = &card->fit.look;
    const json_t *author = json_object_get(state, "author");
    struct buffer name = {0};
    person_add_name(author, &name);
    if (name.len > 0) {
        buffer_add_char(&name, '\0');
        lay_out_code(card, state);
        card->avatar = avatar_create(node, &(struct avatar_options){json_get_text(author, "avatar"), name.data,
            json_get_text(author, "color"), avatar_px(look)});
        card->role_count = person_roles(author, card->roles);
        card->name = node_layout(node, &(struct text_options){
            .text = str_from(name.data), .size_px = (float)look->small_px, .is_bold = true, .max_lines = 1,
            .faces = &node->stage->theme->faces[THEME_NAME], .is_single_paragraph = true, .width_px = width - header_start_px(card) - signs_px(card) - header_end_px(card),
        });
        card->name_color = person_color(node, json_get_text(author, "color"));
        card->initial = card->platform ? person_mark_initial(node, card->platform, avatar_px(look) * MARK_PERCENT / 100) : NULL;
    }
    buffer_fini(&name);
}

static int header_height(const struct card_question *card)
{
    int height = card->avatar ? avatar_px(&card->fit.look) : 0;
    return card->name && card->name->height_px > height ? card->name->height_px : height;
}

static int header_width(const struct card_question *card)
{
    if (!card->name)
        return 0;
    return header_start_px(card) + (int)ceilf(card->name->content_width_px) + signs_px(card) + header_end_px(card);
}

static int lines_of(const struct card_question *card)
{
    int lines = card->fit.look.text_lines;
    if (card->fit.tightness >= TIGHT_LINES && lines > 2)
        lines = card->fit.tightness >= TIGHT_LINE ? 2 : lines - 1;
    return lines;
}

static void lay_out_text(struct card_question *card, const json_t *state, int width)
{
    const struct theme_card *look = &card->fit.look;
    const char *language = json_get_text(state, "language");
    card->text = rich_text_create(&card->base, &(struct rich_text_options){
        .text = {.text = str_from(json_get_words(state, "text")), .size_px = (float)look->text_px,
            .min_size_px = (float)look->text_min_px, .max_lines = lines_of(card), .width_px = width,
            .faces = &card->base.stage->theme->faces[THEME_TEXT],
            .language = language && *language ? language : NULL, .is_single_paragraph = true,
            .line_height = (float)look->leading / 100},
        .emotes = json_object_get(state, "emotes"), .is_even = true,
    });
    const struct text_layout *text = rich_text_layout(card->text);
    card->is_rtl = card->base.is_rtl = text->line_count > 0 && text->lines[0].is_rtl;
    int over = card->is_rtl ? text->ink.x_px + text->ink.width_px - text->width_px : -text->ink.x_px;
    card->overhang_px = over > 0 && text->line_count > 0 ? over : 0;
}

/* The same question as it was asked, in its own language and direction. */
static void lay_out_original(struct card_question *card, const json_t *state, int width)
{
    const struct theme_card *look = &card->fit.look;
    const char *text = original_of(state), *language = json_get_text(json_object_get(state, "original"), "language");
    if (!*text || card->fit.tightness >= TIGHT_ONE_LANGUAGE)
        return;
    card->original = node_layout_even(&card->base, &(struct text_options){
        .text = str_from(text), .size_px = (float)(look->text_px * ORIGINAL_PERCENT / 100), .width_px = width,
        .faces = &card->base.stage->theme->faces[THEME_TEXT],
        .max_lines = card->fit.tightness >= TIGHT_ORIGINAL ? 1 : ORIGINAL_LINES, .is_single_paragraph = true,
        .language = language && *language ? language : NULL, .line_height = (float)look->leading / 100,
    });
}

static int content_width(const struct card_question *card)
{
    int widths[] = {
        (int)ceilf(rich_text_layout(card->text)->content_width_px) + card->overhang_px, header_width(card),
        card->original ? (int)ceilf(card->original->content_width_px) : 0, card->asked ? asked_width(card->asked) : 0,
    };
    int width = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(widths); i++)
        width = widths[i] > width ? widths[i] : width;
    return width;
}

/* For fit.h: what it needs with what it has given up so far. */
static int lay_out_all(struct node *node)
{
    struct card_question *card = get(node);
    const struct theme_card *look = &card->fit.look;
    int width = card->fit.room_width_px - chrome_px(look);
    forget_layout(card);
    lay_out_text(card, node->last, width);
    lay_out_original(card, node->last, width);
    lay_out_header(card, node->last, width);
    if (card->fit.tightness < TIGHT_ASKED)
        card->asked = asked_create(node, node->last, look, width);
    int height = 2 * look->padding_y_px + rich_text_layout(card->text)->height_px;
    height += card->name ? header_height(card) + look->gap_px : 0;
    height += card->original ? look->gap_px / 2 + card->original->height_px : 0;
    height += card->asked ? look->gap_px + asked_height(card->asked) : 0;
    return height;
}

static void lay_out(struct card_question *card)
{
    struct node *node = &card->base;
    node_begin_layout(node);
    int height = fit_lay_out(&card->fit, node, TIGHT_LINE, lay_out_all);
    const struct theme_card *full = node_look(node);
    node_note_fit(node, rich_text_layout(card->text), full->text_px);
    if (card->name)
        node_note_fit(node, card->name, full->small_px);
    if (card->original)
        node_note_fit(node, card->original, 0);
    int outer = content_width(card) + chrome_px(&card->fit.look);
    int least = full->width_min_px < card->fit.room_width_px ? full->width_min_px : card->fit.room_width_px;
    node_place(node, outer > least ? outer : least, height);
    // In a narrow column it gets taller, and is as well read.
    if (node->room_px == 0 && node->room_width_px == 0)
        node_set_least(node, least * 4 / 5, height / 2);
}

/* ---- what the relay says */

/* Votes and such are told often, and are not drawn: such news costs nothing. */
static bool is_as_drawn(const json_t *before, const json_t *state)
{
    static const char *const keys[] = {"text", "platform", "language", "author", "emotes", "original", "people", "platforms",
        "code"};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        const json_t *was = json_object_get(before, keys[i]), *is = json_object_get(state, keys[i]);
        if (was != is && (!was || !is || !json_equal(was, is)))
            return false;
    }
    return true;
}

static void update(struct node *node, const json_t *state, const json_t *before, int64_t now_ms, bool at_once)
{
    struct card_question *card = get(node);
    bool is_answered = json_get_bool(state, "is_answered", false);
    card->message = (uint64_t)json_get_int(state, "message", 0);
    if (!before || !card->text || !is_as_drawn(before, state) || fit_is_stale(&card->fit, node)) {
        forget(card);
        card->platform = xstrdup(json_get_text(state, "platform"));
        card->author = xstrdup(json_get_text(json_object_get(state, "author"), "id"));
        lay_out(card);
    } else if (is_answered != card->is_answered) {
        node_damage(node, &card->answered);
    }
    card->is_answered = is_answered;
}

/* Answered while it was on air: the tick is seen, unless another one waits for its place. */
static int stay_ms(struct node *node, const json_t *state)
{
    struct card_question *card = get(node);
    int64_t id = json_get_int(node->last, "id", 0);
    if (id == 0 || json_get_int(state, "answered", 0) != id || json_object_get(state, "question"))
        return 0;
    if (!card->is_answered)
        node_damage(node, &card->answered);
    card->is_answered = true;
    return ANSWERED_MS;
}

static bool is_from(const struct node *node, uint64_t message, const char *platform, const char *author)
{
    const struct card_question *card = get(node);
    if (author)
        return card->author && card->platform && strcmp(card->author, author) == 0 &&
            strcmp(card->platform, platform) == 0;
    return message != 0 && card->message == message;
}

/* ---- painting */

static struct color ground_of(const struct theme_card *look)
{
    const struct fill *fill = &look->surface.fill;
    struct color ground = fill->stop_count > 0 ? fill->stops[0].color : fill->color;
    ground.a = 1;
    return ground;
}

/* The platform stands at the picture's lower end, on a ring of the card's ground. */
static void paint_person(const struct card_question *card, struct canvas *layer, int x, int y)
{
    int side = avatar_px(&card->fit.look), mark = side * MARK_PERCENT / 100, ring = side / 18;
    avatar_paint(card->avatar, layer, x, y);
    if (!card->platform)
        return;
    const struct box box = {card->is_rtl ? x - mark * 2 / 5 : x + side - mark * 3 / 5, y + side - mark * 4 / 5, mark, mark};
    struct color ground = ground_of(&card->fit.look);
    canvas_fill(layer, &(struct shape){.box = {box.x - ring, box.y - ring, mark + 2 * ring, mark + 2 * ring},
        .radius_px = mark * 7 / 24 + ring}, &(struct fill){.color = ground});
    node_paint_mark(&card->base, layer, card->platform, &box, card->initial);
}

/* At the end of the first line: answered, or how to ask the same. */
static void paint_end(const struct card_question *card, struct canvas *layer, const struct box *line)
{
    if (card->is_answered)
        node_paint_tick(layer, &card->answered, card->fit.look.colors.accent, ground_of(&card->fit.look));
    else if (card->code)
        canvas_text(layer, card->code,
            node_text_x(line, card->is_rtl, line->width - (int)ceilf(card->code->content_width_px), card->code),
            line->y + (line->height - card->code->height_px) / 2, card->fit.look.colors.text_soft);
}

static void paint_header(const struct card_question *card, struct canvas *layer, const struct box *line)
{
    const struct theme_card *look = &card->fit.look;
    int side = avatar_px(look), at = header_start_px(card), sign = sign_px(look);
    paint_person(card, layer, node_across(line, card->is_rtl, 0, side), line->y + (line->height - side) / 2);
    canvas_text(layer, card->name, node_text_x(line, card->is_rtl, at, card->name),
        line->y + (line->height - card->name->height_px) / 2, card->name_color);
    at += (int)ceilf(card->name->content_width_px) + look->gap_px * 2 / 3;
    for (size_t i = 0; i < card->role_count; i++, at += sign + look->gap_px / 3)
        person_paint_role(layer, card->roles[i], &(struct box){node_across(line, card->is_rtl, at, sign),
            line->y + (line->height - sign) / 2, sign, sign}, 1);
}

static void paint_bar(const struct card_question *card, struct canvas *layer)
{
    const struct theme_card *look = &card->fit.look;
    const struct box *box = &card->base.card;
    const struct shape bar = {.box = {node_across(box, card->is_rtl, look->padding_x_px, look->bar_px), box->y + look->padding_y_px,
        look->bar_px, box->height - 2 * look->padding_y_px}, .radius_px = look->bar_px};
    canvas_fill(layer, &bar, &look->colors.stripe);
}

/* All that is not bar and padding. */
static struct box inner_of(const struct card_question *card)
{
    const struct theme_card *look = &card->fit.look;
    const struct box *box = &card->base.card;
    int width = box->width - chrome_px(look);
    return (struct box){node_across(box, card->is_rtl, chrome_px(look) - look->padding_x_px, width), box->y + look->padding_y_px,
        width, box->height - 2 * look->padding_y_px};
}

static void paint(struct node *node, struct canvas *layer)
{
    struct card_question *card = get(node);
    const struct theme_card *look = &card->fit.look;
    struct box line = inner_of(card);
    node_paint_surface(node, layer);
    if (look->bar_px > 0)
        paint_bar(card, layer);
    if (card->name) {
        line.height = header_height(card);
        card->answered = (struct box){node_across(&line, card->is_rtl, line.width - look->mark_px, look->mark_px),
            line.y + (line.height - look->mark_px) / 2, look->mark_px, look->mark_px};
        paint_header(card, layer, &line);
        paint_end(card, layer, &line);
        line.y += line.height + look->gap_px;
    }
    const struct text_layout *text = rich_text_layout(card->text);
    rich_text_paint(card->text, layer, node_text_x(&line, card->is_rtl, card->overhang_px, text), line.y, look->colors.text);
    line.y += text->height_px;
    if (card->original) {
        line.y += look->gap_px / 2;
        canvas_text(layer, card->original, node_text_x(&line, card->is_rtl, 0, card->original), line.y, look->colors.text_soft);
        line.y += card->original->height_px;
    }
    if (card->asked) {
        line.y += look->gap_px;
        line.height = asked_height(card->asked);
        asked_paint(card->asked, layer, &line, card->is_rtl);
    }
}

const struct node_impl card_question_impl = {
    .name = "question",
    .kind = THEME_QUESTION,
    .has_shadow = true,
    .want = want,
    .create = create,
    .update = update,
    .paint = paint,
    .is_from = is_from,
    .stay_ms = stay_ms,
    .read = read_words,
    .destroy = destroy,
};
