/*
 * card_countdown.c - how long until it begins, or when the next show is, in several time zones.
 * The countdown follows the wall clock, which may be set: it is asked anew at every second, so a jump shows within one. At
 * zero it becomes the text for afterwards. The next show stands still: one row for each zone, its city and date at the
 * start, its hour at the end.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "overlay/calendar.h"
#include "overlay/cards.h"
#include "overlay/clock_face.h"
#include "overlay/fit.h"
#include "overlay/node.h"
#include "overlay/wants.h"

enum { ZONES_MAX = 8, SECOND_MS = 1000 };

enum { TIGHT_DATES = 1 };  // a date that is the one above is not said again

enum mode { RUNNING, OVER, NEXT_SHOW };

struct row {
    struct calendar_moment moment;
    struct text_layout *city, *date, *time;  // owned; date may be NULL
    struct box box;                          // in the layer
};

struct card_countdown {
    struct node base;
    struct fit fit;
    enum mode mode;
    int64_t at_ms;                 // Unix
    char names[CALENDAR_UNITS][CALENDAR_UNIT_BYTES];
    struct text_layout *title;     // owned; NULL: there is none. OVER: the text for afterwards
    struct clock_face face;        // RUNNING
    struct row rows[ZONES_MAX];    // NEXT_SHOW
    size_t row_count;
    int inner_width;               // that the parts need
    bool is_rtl;
};

static struct card_countdown *get(const struct node *node)
{
    return container_of((struct node *)(uintptr_t)node, struct card_countdown, base);
}

static struct node *create(void)
{
    return &((struct card_countdown *)xcalloc(1, sizeof(struct card_countdown)))->base;
}

static void forget(struct card_countdown *card)
{
    text_layout_destroy(card->title);
    card->title = NULL;
    clock_face_fini(&card->face);
    for (size_t i = 0; i < ZONES_MAX; i++) {
        struct row *row = &card->rows[i];
        text_layout_destroy(row->city);
        text_layout_destroy(row->date);
        text_layout_destroy(row->time);
        row->city = row->date = row->time = NULL;
    }
}

static void destroy(struct node *node)
{
    struct card_countdown *card = get(node);
    forget(card);
    free(card);
}

static void want(const json_t *state, struct wants *wants)
{
    wants_add_numbered(wants, &card_countdown_impl, state);
}

static void read_words(const json_t *state, struct buffer *words)
{
    size_t i;
    json_t *zone;
    buffer_add_string(words, json_get_words(state, "title"));
    buffer_add_char(words, '\n');
    buffer_add_string(words, json_get_words(state, "text_after"));
    json_array_foreach(json_object_get(state, "zones"), i, zone) {
        buffer_add_char(words, '\n');
        buffer_add_string(words, json_is_string(zone) ? json_string_value(zone) : "");
    }
}

/* ---- time */

static int64_t left_ms(const struct card_countdown *card)
{
    int64_t left = card->at_ms - card->base.stage->unix_ms();
    return left > 0 ? left : 0;
}

/* The last second counts until it is over. */
static int64_t left_s(const struct card_countdown *card)
{
    return (left_ms(card) + SECOND_MS - 1) / SECOND_MS;
}

static bool is_over(const struct card_countdown *card)
{
    const char *after = json_get_text(card->base.last, "text_after");
    return left_ms(card) == 0 && after && *after;
}

static enum mode find_mode(const struct card_countdown *card)
{
    const char *mode = json_get_text(card->base.last, "mode");
    if (mode && strcmp(mode, "next_show") == 0)
        return NEXT_SHOW;
    return is_over(card) ? OVER : RUNNING;
}

static void tell_zones(struct card_countdown *card)
{
    size_t i;
    json_t *zone;
    card->row_count = 0;
    json_array_foreach(json_object_get(card->base.last, "zones"), i, zone) {
        const char *name = json_is_string(zone) ? json_string_value(zone) : "";
        if (card->row_count == ZONES_MAX)
            break;
        if (calendar_tell(&card->rows[card->row_count].moment, card->at_ms, name, card->base.stage->language))
            card->row_count++;
        else
            log_warn("overlay", "%s: zone \"%.60s\" is left out: expected one of the IANA, as Asia/Tehran", card->base.id, name);
    }
}

static void name_units(struct card_countdown *card)
{
    for (int unit = 0; unit < CALENDAR_UNITS && !*card->names[unit]; unit++)
        calendar_name_unit(card->names[unit], (enum calendar_unit)unit, card->base.stage->language);
}

/* ---- layout */

static struct text_layout *lay_out_text(struct card_countdown *card, const char *text, int size_px, int width, bool is_bold,
    bool is_in_view_language)
{
    const struct theme_card *look = &card->fit.look;
    const char *language = is_in_view_language ? NULL : json_get_text(card->base.last, "language");
    return node_layout_even(&card->base, &(struct text_options){
        .text = str_from(text), .size_px = (float)size_px, .min_size_px = (float)size_px * 2 / 3, .width_px = width,
        .max_lines = is_in_view_language ? 1 : look->text_lines, .is_bold = is_bold, .is_single_paragraph = true,
        .align = card->mode == NEXT_SHOW ? TEXT_ALIGN_START : TEXT_ALIGN_CENTER, .line_height = (float)look->leading / 100,
        .language = language && *language ? language : NULL,
    });
}

static void lay_out_row(struct card_countdown *card, struct row *row, bool has_date, int width)
{
    const struct theme_card *look = &card->fit.look;
    row->time = lay_out_text(card, row->moment.time, look->text_px, width / 2, true, true);
    int rest = width - (int)ceilf(row->time->content_width_px) - 2 * look->gap_px;
    row->city = lay_out_text(card, row->moment.city, look->small_px, rest, true, true);
    if (has_date)
        row->date = lay_out_text(card, row->moment.date, look->small_px * 4 / 5, rest, false, true);
}

static int row_width(const struct card_countdown *card, const struct row *row)
{
    float city = row->city->content_width_px, date = row->date ? row->date->content_width_px : 0;
    return (int)ceilf(city > date ? city : date) + 2 * card->fit.look.gap_px + (int)ceilf(row->time->content_width_px);
}

static int lay_out_rows(struct card_countdown *card, int y, int width)
{
    for (size_t i = 0; i < card->row_count; i++) {
        struct row *row = &card->rows[i];
        bool is_again = i > 0 && strcmp(row->moment.date, card->rows[i - 1].moment.date) == 0;
        lay_out_row(card, row, card->fit.tightness < TIGHT_DATES || !is_again, width);
        int needed = row_width(card, row), names = row->city->height_px + (row->date ? row->date->height_px : 0);
        card->inner_width = needed > card->inner_width ? needed : card->inner_width;
        row->box = (struct box){0, y, 0, names > row->time->height_px ? names : row->time->height_px};
        y += row->box.height + card->fit.look.row_gap_px;
    }
    return card->row_count > 0 ? y - card->fit.look.row_gap_px : y;
}

static int lay_out_clock(struct card_countdown *card, int y)
{
    clock_face_lay_out(&card->face, &card->base, &card->fit.look, card->names, left_s(card), card->is_rtl);
    card->inner_width = card->face.width_px > card->inner_width ? card->face.width_px : card->inner_width;
    clock_face_place(&card->face, 0, y);
    return y + card->face.height_px;
}

/* Names of units and cities are in the view's language, so where there is no title that decides. */
static bool reads_from_right(const struct card_countdown *card)
{
    if (card->title && card->title->line_count > 0)
        return card->title->lines[0].is_rtl;
    return card->row_count > 0 && card->rows[0].city && card->rows[0].city->line_count > 0 && card->rows[0].city->lines[0].is_rtl;
}

static int lay_out(struct node *node)
{
    struct card_countdown *card = get(node);
    const struct theme_card *look = &card->fit.look;
    const char *title = json_get_text(node->last, card->mode == OVER ? "text_after" : "title");
    int width = card->fit.room_width_px - 2 * look->padding_x_px, y = look->padding_y_px;
    forget(card);
    card->inner_width = 0;
    if (title && *title) {
        card->title = lay_out_text(card, title, card->mode == OVER ? look->text_px * 3 / 2 : look->text_px, width, true, false);
        card->inner_width = (int)ceilf(card->title->content_width_px);
        y += card->title->height_px + (card->mode == OVER ? 0 : look->gap_px);
    }
    if (card->mode == NEXT_SHOW)
        y = lay_out_rows(card, y, width);
    card->is_rtl = card->base.is_rtl = reads_from_right(card);
    if (card->mode == RUNNING)
        y = lay_out_clock(card, y);
    // The clock cannot break its line: too wide is as bad as too high.
    return card->inner_width > width ? INT32_MAX : y + look->padding_y_px;
}

static int height_of(const struct card_countdown *card)
{
    const struct theme_card *look = &card->fit.look;
    int title = card->title ? card->title->height_px + (card->mode == OVER ? 0 : look->gap_px) : 0;
    int clock = card->mode == RUNNING ? card->face.height_px : 0;
    const struct box *last = card->mode == NEXT_SHOW && card->row_count > 0 ? &card->rows[card->row_count - 1].box : NULL;
    return last ? last->y + last->height + look->padding_y_px : 2 * look->padding_y_px + title + clock;
}

static void place(struct card_countdown *card)
{
    struct node *node = &card->base;
    const struct theme_card *look = &card->fit.look;
    int outer = card->inner_width + 2 * look->padding_x_px;
    outer = outer > look->width_min_px ? outer : look->width_min_px;
    node_place(node, outer, height_of(card));
    int inner = node->card.width - 2 * look->padding_x_px;
    clock_face_place(&card->face, node->card.x + (node->card.width - card->face.width_px) / 2, node->card.y);
    for (size_t i = 0; i < card->row_count; i++) {
        card->rows[i].box.x = node->card.x + look->padding_x_px;
        card->rows[i].box.y += node->card.y;
        card->rows[i].box.width = inner;
    }
    if (card->title)
        node_note_fit(node, card->title, 0);
}

/* ---- what the relay and the clock say */

/* The next second comes by itself; a view whose cards all sleep has no frames. */
static bool advance(struct node *node, int64_t now_ms)
{
    struct card_countdown *card = get(node);
    if (card->mode == NEXT_SHOW)
        return false;
    if (find_mode(card) != card->mode || (card->mode == RUNNING && !clock_face_show(&card->face, left_s(card))))
        node->is_stale = true;
    if (left_ms(card) > 0)
        node_wake_at(node, now_ms + (left_ms(card) - 1) % SECOND_MS + 1);
    return false;
}

static void update(struct node *node, const json_t *state, const json_t *before, int64_t now_ms, bool at_once)
{
    struct card_countdown *card = get(node);
    if (before && json_equal(before, state) && !fit_is_stale(&card->fit, node))
        return;
    int64_t at_ms = json_get_int(state, "at_ms", 0);
    card->at_ms = at_ms > 0 ? at_ms : 0;
    card->mode = find_mode(card);
    node_begin_layout(node);
    if (card->mode == NEXT_SHOW)
        tell_zones(card);
    else
        name_units(card);
    fit_lay_out(&card->fit, node, card->mode == NEXT_SHOW ? TIGHT_DATES : 0, lay_out);
    place(card);
}

/* ---- painting */

/* As strong as the card's border, and there also where it has none. */
static int hairline_px(const struct card_countdown *card)
{
    int width_px = node_look(&card->base)->surface.border.width_px;
    return width_px > 1 ? width_px : 1;
}

static void paint_row(const struct card_countdown *card, struct canvas *layer, const struct row *row, bool is_first)
{
    const struct theme_colors *colors = &node_look(&card->base)->colors;
    const struct box *box = &row->box;
    int names = row->city->height_px + (row->date ? row->date->height_px : 0), y = box->y + (box->height - names) / 2;
    int time = (int)ceilf(row->time->content_width_px), line = hairline_px(card);
    if (!is_first)
        canvas_fill(layer, &(struct shape){.box = {box->x, box->y - (card->fit.look.row_gap_px + line) / 2, box->width, line}},
            &(struct fill){.color = colors->line});
    canvas_text(layer, row->city, node_text_x(box, card->is_rtl, 0, row->city), y, colors->text);
    if (row->date)
        canvas_text(layer, row->date, node_text_x(box, card->is_rtl, 0, row->date), y + row->city->height_px, colors->text_soft);
    struct box end = {node_across(box, card->is_rtl, box->width - time, time), box->y, time, box->height};
    canvas_text(layer, row->time, node_text_x(&end, card->is_rtl, 0, row->time),
        box->y + (box->height - row->time->height_px) / 2, colors->accent);
}

static void paint_title(const struct card_countdown *card, struct canvas *layer, int y)
{
    const struct node *node = &card->base;
    const struct box inner = {node->card.x + card->fit.look.padding_x_px, y,
        node->card.width - 2 * card->fit.look.padding_x_px, 0};
    int x = card->mode == NEXT_SHOW ? node_text_x(&inner, card->is_rtl, 0, card->title)
        : node->card.x + (node->card.width - card->title->width_px) / 2;
    canvas_text(layer, card->title, x, y, node_look(node)->colors.text);
}

static void paint(struct node *node, struct canvas *layer)
{
    const struct card_countdown *card = get(node);
    int y = node->card.y + card->fit.look.padding_y_px;
    node_paint_surface(node, layer);
    if (card->title)
        paint_title(card, layer, card->mode == OVER ? node->card.y + (node->card.height - card->title->height_px) / 2 : y);
    clock_face_paint(&card->face, layer);
    for (size_t i = 0; card->mode == NEXT_SHOW && i < card->row_count; i++)
        paint_row(card, layer, &card->rows[i], i == 0);
}

const struct node_impl card_countdown_impl = {
    .name = "countdown", .kind = THEME_COUNTDOWN, .want = want, .has_shadow = true, .create = create, .update = update,
    .paint = paint, .advance = advance, .read = read_words, .destroy = destroy,
};
