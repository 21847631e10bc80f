#include "overlay/clock_face.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "overlay/digits.h"
#include "overlay/node.h"
#include "overlay/theme.h"

enum { DAY_S = 86400, DAYS_MAX = 99999 };

void clock_face_fini(struct clock_face *face)
{
    for (int i = 0; i < 10; i++)
        text_layout_destroy(face->digits[i]);
    for (int i = 0; i < face->group_count; i++)
        text_layout_destroy(face->groups[i].label);
    *face = (struct clock_face){0};
}

/* ---- which groups, and what they say */

static int digit_count(int64_t value)
{
    int count = 1;
    for (; value > 9; value /= 10)
        count++;
    return count;
}

static void set_digits(struct clock_group *group, int64_t value, int count)
{
    group->count = count;
    for (int i = count - 1; i >= 0; i--, value /= 10)
        group->digits[i] = (int)(value % 10);
}

/* Days and hours are left out once they are over; minutes and seconds always stand. Returns how many groups. */
static int split(int64_t seconds, struct clock_group groups[CALENDAR_UNITS])
{
    int64_t days = seconds / DAY_S < DAYS_MAX ? seconds / DAY_S : DAYS_MAX;
    const int64_t values[CALENDAR_UNITS] = {days, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60};
    int count = 0;
    for (int unit = 0; unit < CALENDAR_UNITS; unit++) {
        bool is_over = (unit == CALENDAR_DAYS && days == 0) || (unit == CALENDAR_HOURS && seconds < 3600);
        if (is_over)
            continue;
        groups[count] = (struct clock_group){.unit = (enum calendar_unit)unit};
        set_digits(&groups[count++], values[unit], unit == CALENDAR_DAYS ? digit_count(days) : 2);
    }
    return count;
}

/* ---- layout */

/* The digits stand on one line, and what the tallest takes is kept for all. */
static void lay_out_digits(struct clock_face *face, int size_px)
{
    int bottom = INT_MIN;
    face->ink_top_px = INT_MAX;
    for (int i = 0; i < 10; i++) {
        char text[DIGITS_BYTES];
        digits_digit(text, i, face->node->stage->language);
        const struct text_layout *digit = face->digits[i] = node_layout(face->node, &(struct text_options){
            .text = str_from(text), .size_px = (float)size_px, .is_bold = true, .max_lines = 1,
            .faces = &face->node->stage->theme->faces[THEME_NUMBER]});
        int width = (int)ceilf(digit->content_width_px), end = digit->ink.y_px + digit->ink.height_px;
        face->cell_px = width > face->cell_px ? width : face->cell_px;
        face->ink_top_px = digit->ink.y_px < face->ink_top_px ? digit->ink.y_px : face->ink_top_px;
        bottom = end > bottom ? end : bottom;
    }
    face->ink_height_px = bottom - face->ink_top_px;
}

static int group_width(const struct clock_face *face, const struct clock_group *group)
{
    int ground = group->count * face->cell_px + 2 * face->padding_px, label = (int)ceilf(group->label->content_width_px);
    return label > ground ? label : ground;
}

static void lay_out_groups(struct clock_face *face, const struct theme_card *look)
{
    int ground = face->ink_height_px + 3 * face->padding_px, x = 0, label = 0;
    for (int i = 0; i < face->group_count; i++) {
        struct clock_group *group = &face->groups[i];
        group->box = (struct box){x, 0, group_width(face, group), ground};
        x += group->box.width + look->gap_px;
        label = group->label->height_px > label ? group->label->height_px : label;
    }
    face->width_px = x - look->gap_px;
    face->height_px = ground + look->gap_px / 3 + label;
    for (int i = 0; face->is_rtl && i < face->group_count; i++)
        face->groups[i].box.x = face->width_px - face->groups[i].box.x - face->groups[i].box.width;
}

void clock_face_lay_out(struct clock_face *face, struct node *node, const struct theme_card *look,
    char names[CALENDAR_UNITS][CALENDAR_UNIT_BYTES], int64_t seconds, bool is_rtl)
{
    clock_face_fini(face);
    face->node = node;
    face->is_rtl = is_rtl;
    face->padding_px = look->gap_px * 3 / 4;
    face->radius_px = look->row_radius_px > 0 ? look->row_radius_px : look->surface.radius_px[0] * 2 / 3;
    face->group_count = split(seconds, face->groups);
    lay_out_digits(face, look->row_px);
    for (int i = 0; i < face->group_count; i++)
        face->groups[i].label = node_layout(node, &(struct text_options){
            .text = str_from(names[face->groups[i].unit]), .size_px = (float)look->small_px, .max_lines = 1});
    lay_out_groups(face, look);
}

void clock_face_place(struct clock_face *face, int x, int y)
{
    for (int i = 0; i < face->group_count; i++) {
        face->groups[i].box.x += x;
        face->groups[i].box.y += y;
    }
}

/* ---- running */

static struct box cell_of(const struct clock_face *face, const struct clock_group *group, int index)
{
    int from = group->box.x + (group->box.width - group->count * face->cell_px) / 2;
    return (struct box){from + index * face->cell_px, group->box.y, face->cell_px, group->box.height};
}

static void change_digits(struct clock_face *face, struct clock_group *group, const struct clock_group *now)
{
    for (int i = 0; i < group->count; i++) {
        struct box cell = cell_of(face, group, i);
        if (group->digits[i] != now->digits[i])
            node_damage(face->node, &cell);
        group->digits[i] = now->digits[i];
    }
}

bool clock_face_show(struct clock_face *face, int64_t seconds)
{
    struct clock_group now[CALENDAR_UNITS];
    int count = split(seconds, now);
    bool is_same = count == face->group_count;
    for (int i = 0; is_same && i < count; i++)
        is_same = now[i].unit == face->groups[i].unit && now[i].count == face->groups[i].count;
    for (int i = 0; is_same && i < count; i++)
        change_digits(face, &face->groups[i], &now[i]);
    return is_same;
}

/* ---- painting */

static void paint_group(const struct clock_face *face, struct canvas *layer, const struct clock_group *group)
{
    const struct theme_colors *colors = &node_look(face->node)->colors;
    const struct box *box = &group->box;
    canvas_fill(layer, &(struct shape){.box = *box, .radius_px = face->radius_px}, &colors->track);
    int y = box->y + (box->height - face->ink_height_px) / 2 - face->ink_top_px;
    for (int i = 0; i < group->count; i++) {
        const struct text_layout *digit = face->digits[group->digits[i]];
        struct box cell = cell_of(face, group, i);
        canvas_text(layer, digit, cell.x + (cell.width - (int)ceilf(digit->content_width_px)) / 2, y, colors->text);
    }
    int label = (int)ceilf(group->label->content_width_px), below = face->height_px - box->height - group->label->height_px;
    canvas_text(layer, group->label, box->x + (box->width - label) / 2, box->y + box->height + below, colors->text_soft);
}

void clock_face_paint(const struct clock_face *face, struct canvas *layer)
{
    for (int i = 0; i < face->group_count; i++)
        paint_group(face, layer, &face->groups[i]);
}
