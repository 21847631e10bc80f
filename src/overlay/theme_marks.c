/*
 * theme_marks.c - the marks of the platforms: a colour, and rings of points.
 * Source of the platforms' colours: twitch.tv/p/en/company/brand, youtube.com/howyoutubeworks/resources/brand-resources.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "overlay/theme_read.h"

enum { MARK_POINTS_MAX = 512, MARKS_MAX = 64 };

static bool read_point(const json_t *pair, struct point *point)
{
    const json_t *x = json_array_get(pair, 0), *y = json_array_get(pair, 1);
    *point = (struct point){(float)json_number_value(x), (float)json_number_value(y)};
    return json_array_size(pair) == 2 && json_is_number(x) && json_is_number(y) && fabsf(point->x) <= 48 &&
        fabsf(point->y) <= 48;
}

bool theme_read_rings(const json_t *rings, struct point *points, size_t max, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < json_array_size(rings); i++) {
        const json_t *ring = json_array_get(rings, i);
        size_t first = *count, corners = json_array_size(ring);
        if (corners < 3 || corners >= max || first + corners + 1 > max)
            return false;
        for (size_t j = 0; j < corners; j++) {
            if (!read_point(json_array_get(ring, j), &points[(*count)++]))
                return false;
        }
        points[(*count)++] = points[first];
    }
    return json_is_array(rings);
}

static struct theme_mark *find(struct theme *theme, const char *platform)
{
    for (size_t i = 0; i < theme->mark_count; i++) {
        if (strcmp(theme->marks[i].platform, platform) == 0)
            return &theme->marks[i];
    }
    theme->marks = xreallocarray(theme->marks, theme->mark_count + 1, sizeof(*theme->marks));
    struct theme_mark *mark = &theme->marks[theme->mark_count++];
    *mark = (struct theme_mark){.platform = xstrdup(platform), .color = theme->usual.colors.mark,
        .ink = theme->usual.colors.mark_ink};
    return mark;
}

static bool read_color(const struct theme_place *place, const json_t *object, const char *key, struct color *color)
{
    const json_t *value = json_object_get(object, key);
    return !value || color_parse(json_string_value(value), color) ||
        theme_refuse(&(struct theme_place){place->source, place, key, 0}, value, "expected a colour, \"#RRGGBB\"");
}

static bool read_mark(const struct theme_place *place, const json_t *object, struct theme_mark *mark)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        if (!theme_find_field(theme_mark_fields, key))
            return theme_refuse(&(struct theme_place){place->source, place, key, 0}, NULL, "no such key; a mark has color, ink and rings");
    }
    const json_t *rings = json_object_get(object, "rings");
    if (rings && !mark->points)
        mark->points = xcalloc(MARK_POINTS_MAX, sizeof(*mark->points));
    if (rings && !theme_read_rings(rings, mark->points, MARK_POINTS_MAX, &mark->point_count))
        return theme_refuse(&(struct theme_place){place->source, place, "rings", 0}, NULL,
            "expected lists of 3 and more [x, y] within 48, at most %d points", MARK_POINTS_MAX - 1);
    return read_color(place, object, "color", &mark->color) && read_color(place, object, "ink", &mark->ink);
}

bool theme_read_marks(const struct theme_place *place, const json_t *object, struct theme *theme)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return theme_refuse(place, object, "expected an object {…}");
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        const struct theme_place at = {place->source, place, key, 0};
        if (!json_is_object(value))
            return theme_refuse(&at, value, "expected an object {…}");
        if (theme->mark_count == MARKS_MAX)
            return theme_refuse(&at, NULL, "%d platforms at most", MARKS_MAX);
        if (!read_mark(&at, value, find(theme, key)))
            return false;
    }
    return true;
}

const struct theme_mark *theme_find_mark(const struct theme *theme, const char *platform)
{
    for (size_t i = 0; i < theme->mark_count; i++) {
        if (strcmp(theme->marks[i].platform, platform) == 0)
            return &theme->marks[i];
    }
    return NULL;
}
