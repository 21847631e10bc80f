#include "overlay/poll_footer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "overlay/digits.h"
#include "overlay/node.h"
#include "overlay/person.h"

enum { HOUR_S = 3600, MINUTE_S = 60 };

/* ---- what is told */

static void forget_platforms(struct poll_footer *footer)
{
    for (size_t i = 0; i < footer->platform_count; i++) {
        free(footer->platforms[i].name);
        text_layout_destroy(footer->platforms[i].initial);
    }
    memset(footer->platforms, 0, sizeof(footer->platforms));
    footer->platform_count = 0;
}

static void forget_texts(struct poll_footer *footer)
{
    text_layout_destroy(footer->total);
    text_layout_destroy(footer->left);
    footer->total = footer->left = NULL;
    footer->seconds_shown = -1;
}

void poll_footer_fini(struct poll_footer *footer)
{
    forget_platforms(footer);
    forget_texts(footer);
    *footer = (struct poll_footer){0};
}

void poll_footer_begin(struct poll_footer *footer, struct node *node, const struct theme_card *look, bool is_rtl)
{
    forget_platforms(footer);
    forget_texts(footer);
    footer->node = node;
    footer->look = look;
    footer->is_rtl = is_rtl;
}

/* Its colour; black marks get their ink, or nothing would be seen on a dark bar. */
static struct color color_of(const struct node *node, const char *platform)
{
    const struct theme_mark *mark = theme_find_mark(node->stage->theme, platform);
    if (!mark)
        return node_look(node)->colors.mark_ink;
    return color_luminance(mark->color) < 0.03f ? mark->ink : mark->color;
}

static bool take_platform(struct poll_platform *platform, struct node *node, const json_t *object, int mark_px)
{
    const char *name = json_get_text(object, "platform");
    const json_t *votes = json_object_get(object, "votes");
    if (!name || !json_is_array(votes))
        return false;
    *platform = (struct poll_platform){.name = xstrdup(name), .initial = person_mark_initial(node, name, mark_px),
        .color = color_of(node, name)};
    for (size_t i = 0; i < json_array_size(votes) && i < POLL_OPTIONS_MAX; i++)
        platform->votes[i] = json_integer_value(json_array_get(votes, i));
    return true;
}

void poll_footer_take(struct poll_footer *footer, const json_t *state)
{
    const char *open = json_get_text(state, "state");
    bool is_open = !open || strcmp(open, "closed") != 0, is_hidden = json_get_bool(state, "is_hidden", false);
    const json_t *platforms = json_object_get(state, "platforms");
    size_t before = footer->platform_count;
    forget_platforms(footer);
    for (size_t i = 0; i < json_array_size(platforms) && footer->platform_count < POLL_PLATFORMS_MAX; i++)
        footer->platform_count += take_platform(&footer->platforms[footer->platform_count], footer->node,
            json_array_get(platforms, i), footer->look->mark_px);
    if (is_open != footer->is_open || is_hidden != footer->is_hidden || before != footer->platform_count)
        node_damage(footer->node, &footer->box);
    footer->is_open = is_open;
    footer->is_hidden = is_hidden;
    footer->closes_ms = is_open ? json_get_int(state, "closes_ms", 0) : 0;
}

/* ---- what is shown */

static struct text_layout *lay_out(struct poll_footer *footer, const char *text, bool is_bold)
{
    return node_layout(footer->node, &(struct text_options){
        .text = str_from(text), .size_px = (float)footer->look->small_px, .is_bold = is_bold, .max_lines = 1,
        .direction = TEXT_DIRECTION_LTR, .faces = &footer->node->stage->theme->faces[THEME_NUMBER],
    });
}

/* 1:07, 2:05:09; digits as the language writes them. */
static void write_clock(char *out, size_t size, int64_t seconds, const char *language)
{
    int64_t parts[] = {seconds / HOUR_S, seconds / MINUTE_S % MINUTE_S, seconds % MINUTE_S};
    size_t at = 0;
    for (int i = seconds >= HOUR_S ? 0 : 1; i < 3; i++) {
        char tens[DIGITS_BYTES] = "", ones[DIGITS_BYTES];
        if (at > 0 || parts[i] >= 10)
            digits_count(tens, parts[i] / 10, language);
        digits_count(ones, parts[i] % 10, language);
        int len = snprintf(out + at, size - at, "%s%s%s", at > 0 ? ":" : "", tens, ones);
        at += (size_t)len < size - at ? (size_t)len : size - at - 1;
    }
}

static void show_left(struct poll_footer *footer, int64_t now_ms)
{
    int64_t left_ms = footer->closes_ms > 0 ? footer->closes_ms - footer->node->stage->unix_ms() : 0;
    int64_t seconds = left_ms > 0 ? (left_ms + 999) / 1000 : -1;
    if (seconds >= 0)
        node_wake_at(footer->node, now_ms + (left_ms - 1) % 1000 + 1);
    if (seconds == footer->seconds_shown)
        return;
    text_layout_destroy(footer->left);
    footer->left = NULL;
    footer->seconds_shown = seconds;
    if (seconds >= 0) {
        char text[4 * DIGITS_BYTES];
        write_clock(text, sizeof(text), seconds, footer->node->stage->language);
        footer->left = lay_out(footer, text, true);
    }
    node_damage(footer->node, &footer->box);
}

void poll_footer_advance(struct poll_footer *footer, int64_t votes, int64_t now_ms)
{
    show_left(footer, now_ms);
    if (footer->total && votes == footer->votes_shown)
        return;
    char text[DIGITS_BYTES];
    digits_count(text, votes, footer->node->stage->language);
    text_layout_destroy(footer->total);
    footer->total = lay_out(footer, text, false);
    footer->votes_shown = votes;
    node_damage(footer->node, &footer->box);
}

/* ---- painting */

int poll_footer_height(const struct theme_card *look)
{
    return look->mark_px > look->small_px * 3 / 2 ? look->mark_px : look->small_px * 3 / 2;
}

/* Heads and shoulders, in a square of 24: how many voted needs no word in any language. */
static void paint_people(struct canvas *layer, const struct box *box, struct color color)
{
    float unit = (float)box->width / 24;
    int head = (int)lroundf(9 * unit), body = (int)lroundf(17 * unit), middle = box->x + box->width / 2;
    canvas_fill(layer, &(struct shape){.box = {middle - head / 2, box->y + (int)(2 * unit), head, head}, .radius_px = head},
        &(struct fill){.color = color});
    canvas_fill(layer, &(struct shape){.box = {middle - body / 2, box->y + (int)(13 * unit), body, (int)lroundf(9 * unit)},
        .radius_px = (int)lroundf(7 * unit), .square = CORNER_BOTTOM_LEFT | CORNER_BOTTOM_RIGHT}, &(struct fill){.color = color});
}

static void paint_text(const struct poll_footer *footer, struct canvas *layer, const struct text_layout *text, int from_start,
    struct color color)
{
    const struct box *box = &footer->box;
    canvas_text(layer, text, node_text_x(box, footer->is_rtl, from_start, text), box->y + (box->height - text->height_px) / 2, color);
}

static struct box square(const struct poll_footer *footer, int from_start, int side)
{
    const struct box *box = &footer->box;
    return (struct box){node_across(box, footer->is_rtl, from_start, side), box->y + (box->height - side) / 2, side, side};
}

/* How long it is open still, and a light that says that it is. Returns the px that they take. */
static int paint_end(const struct poll_footer *footer, struct canvas *layer)
{
    int dot = footer->look->mark_px / 2, end = footer->box.width - dot;
    if (!footer->is_open)
        return 0;
    struct box light = square(footer, end, dot);
    canvas_fill(layer, &(struct shape){.box = light, .radius_px = dot}, &(struct fill){.color = footer->look->colors.accent});
    if (footer->left) {
        end -= footer->look->gap_px / 2 + (int)ceilf(footer->left->content_width_px);
        paint_text(footer, layer, footer->left, end, footer->look->colors.text);
    }
    return footer->box.width - end;
}

/* One platform alone is no news. */
static void paint_platforms(const struct poll_footer *footer, struct canvas *layer, int from_start, int end)
{
    int side = footer->look->mark_px, step = side + footer->look->gap_px / 2;
    for (size_t i = 0; footer->platform_count > 1 && i < footer->platform_count && from_start + side <= end; i++, from_start += step) {
        struct box mark = square(footer, from_start, side);
        node_paint_mark(footer->node, layer, footer->platforms[i].name, &mark, footer->platforms[i].initial);
    }
}

void poll_footer_paint(const struct poll_footer *footer, struct canvas *layer)
{
    int taken = paint_end(footer, layer), mark = footer->look->mark_px, gap = footer->look->gap_px;
    if (footer->is_hidden || !footer->total)
        return;
    struct box people = square(footer, 0, mark);
    paint_people(layer, &people, footer->look->colors.text_soft);
    paint_text(footer, layer, footer->total, mark + gap / 2, footer->look->colors.text_soft);
    paint_platforms(footer, layer, mark + gap / 2 + (int)ceilf(footer->total->content_width_px) + gap,
        footer->box.width - taken - gap);
}

void poll_footer_paint_split(const struct poll_footer *footer, struct canvas *layer, size_t option, const struct box *bar)
{
    int64_t sum = 0, before = 0;
    for (size_t i = 0; i < footer->platform_count; i++)
        sum += footer->platforms[i].votes[option];
    int thick = footer->look->row_px / 16 > 2 ? footer->look->row_px / 16 : 2, inset = footer->look->row_radius_px;
    const struct box line = {bar->x + inset, bar->y + bar->height - thick, bar->width - 2 * inset, thick};
    for (size_t i = 0; footer->platform_count > 1 && sum > 0 && line.width > 0 && i < footer->platform_count; i++) {
        int64_t after = before + footer->platforms[i].votes[option];
        int from = (int)(line.width * before / sum), to = (int)(line.width * after / sum);
        const struct box part = {node_across(&line, footer->is_rtl, from, to - from), line.y, to - from, thick};
        if (to > from)
            canvas_fill(layer, &(struct shape){.box = part}, &(struct fill){.color = footer->platforms[i].color});
        before = after;
    }
}
