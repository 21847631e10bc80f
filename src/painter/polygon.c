/*
 * Polygons by lines: 8 lines to a px row, along each the crossings are sorted and every second stretch is covered,
 * with exact parts of a px at its ends.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "painter/private.h"

enum { LINES = 8, CROSSINGS_MAX = 64, POINTS_MAX = 4096 };

static int compare(const void *a, const void *b)
{
    float left = *(const float *)a, right = *(const float *)b;
    return (left > right) - (left < right);
}

static int crossings(const struct point *points, size_t count, float y, float out[CROSSINGS_MAX])
{
    int found = 0;
    struct point first = points[0];
    bool is_first = true;
    for (size_t i = 0; i + 1 < count && found < CROSSINGS_MAX; i++) {
        if (is_first)
            first = points[i];
        is_first = !is_first && points[i].x == first.x && points[i].y == first.y;
        if (is_first)
            continue;  // points[i] closed a ring; the next begins behind it
        struct point a = points[i], b = points[i + 1];
        if ((a.y <= y) != (b.y <= y))
            out[found++] = a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x);
    }
    qsort(out, (size_t)found, sizeof(*out), compare);
    return found & ~1;
}

static void cover(float *row, int width, float from, float to)
{
    int first = (int)floorf(fmaxf(from, 0)), last = (int)ceilf(fminf(to, (float)width));
    for (int x = first; x < last; x++)
        row[x] += fmaxf(fminf(to, (float)x + 1) - fmaxf(from, (float)x), 0) / LINES;
}

static struct box bounds(const struct point *points, size_t count)
{
    float left = points[0].x, right = left, top = points[0].y, bottom = top;
    for (size_t i = 1; i < count; i++) {
        left = fminf(left, points[i].x);
        right = fmaxf(right, points[i].x);
        top = fminf(top, points[i].y);
        bottom = fmaxf(bottom, points[i].y);
    }
    const float limit = CANVAS_SIDE_MAX;
    if (!(left > -limit && top > -limit && right < limit && bottom < limit))
        return (struct box){0};
    int x = (int)floorf(left), y = (int)floorf(top);
    return (struct box){x, y, (int)ceilf(right) - x, (int)ceilf(bottom) - y};
}

static void draw_row(const struct point *points, size_t count, const struct box *box, int y, float *cover_row,
    uint8_t *out)
{
    memset(cover_row, 0, (size_t)box->width * sizeof(*cover_row));
    for (int line = 0; line < LINES; line++) {
        float at[CROSSINGS_MAX];
        int found = crossings(points, count, (float)(box->y + y) + ((float)line + 0.5f) / LINES, at);
        for (int i = 0; i < found; i += 2)
            cover(cover_row, box->width, at[i] - (float)box->x, at[i + 1] - (float)box->x);
    }
    for (int x = 0; x < box->width; x++)
        out[x] = (uint8_t)lrintf(fminf(cover_row[x], 1) * 255);
}

void canvas_polygon(struct canvas *canvas, const struct point *points, size_t point_count, struct color color)
{
    if (point_count < 3 || point_count > POINTS_MAX)
        return;
    struct box all = {0, 0, canvas->width, canvas->height}, box = bounds(points, point_count);
    box = box_intersect(&box, &all);
    pixman_image_t *mask = box_is_empty(&box) ? NULL : stencil_create(box.width, box.height);
    pixman_image_t *source = solid_create(color);
    if (mask && source) {
        float *row = xcalloc((size_t)box.width, sizeof(*row));
        uint8_t *data = (uint8_t *)pixman_image_get_data(mask);
        for (int y = 0; y < box.height; y++)
            draw_row(points, point_count, &box, y, row, data + (ptrdiff_t)y * pixman_image_get_stride(mask));
        free(row);
        pixman_image_composite32(PIXMAN_OP_OVER, source, mask, canvas->image, 0, 0, 0, 0, box.x, box.y, box.width,
            box.height);
    }
    if (mask)
        pixman_image_unref(mask);
    if (source)
        pixman_image_unref(source);
}
