/* theme_values.c - single values of a theme: colours, fills, lengths, places, faces, ornaments. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uscript.h>

#include "base/memory.h"
#include "overlay/theme_read.h"

enum { REFERENCE_PX = 1080, ANGLE_MAX = 360 };

static const char color_expected[] = "expected a colour, \"#RRGGBB\" or \"#RRGGBBAA\"";
static const char fill_expected[] = "expected a colour \"#RRGGBB\", a list of 2 to 6 colours, or {\"stops\": […], \"angle\": 135}";

/* ---- lengths */

static float scale_of(const struct theme_source *source)
{
    const struct theme_options *options = source->options;
    return (float)(options->width_px < options->height_px ? options->width_px : options->height_px) / REFERENCE_PX;
}

/* What is there stays there, however small the view. */
static int scaled(const struct theme_source *source, json_int_t length)
{
    int px = (int)roundf((float)length * scale_of(source));
    return px == 0 && length != 0 ? (length > 0 ? 1 : -1) : px;
}

static bool is_within(const json_t *value, json_int_t min, json_int_t max)
{
    return json_is_integer(value) && json_integer_value(value) >= min && json_integer_value(value) <= max;
}

static bool read_number(const struct theme_place *place, const struct theme_field *field, const json_t *value, int *member)
{
    int max = field->min || field->max ? field->max : LENGTH_MAX;
    if (!is_within(value, field->min, max))
        return theme_refuse(place, value, "expected a whole number from %d to %d", field->min, max);
    *member = field->kind == VALUE_NUMBER ? (int)json_integer_value(value) : scaled(place->source, json_integer_value(value));
    return true;
}

static bool read_fraction(const struct theme_place *place, const json_t *value, int whole_px, int *member)
{
    double fraction = json_number_value(value);
    if (!json_is_number(value) || !(fraction >= 0 && fraction <= 1))
        return theme_refuse(place, value, "expected a fraction of the view from 0 to 1, such as 0.05");
    *member = (int)lround(fraction * whole_px);
    return true;
}

static bool read_width(const struct theme_place *place, const json_t *value, int *member)
{
    if (json_number_value(value) > 1 && is_within(value, 2, LENGTH_MAX)) {
        *member = scaled(place->source, json_integer_value(value));
        return true;
    }
    if (json_is_number(value) && json_number_value(value) >= 0 && json_number_value(value) <= 1)
        return read_fraction(place, value, place->source->options->width_px, member);
    return theme_refuse(place, value, "expected a length from 2 to %d, or a fraction of the view's width up to 1.0", LENGTH_MAX);
}

static bool read_corners(const struct theme_place *place, const json_t *value, int corners[4])
{
    for (size_t i = 0; i < 4; i++) {
        const json_t *one = json_is_array(value) ? json_array_get(value, i) : value;
        if (!is_within(one, 0, LENGTH_MAX) || (json_is_array(value) && json_array_size(value) != 4))
            return theme_refuse(place, value, "expected a length, or four: top left, top right, bottom left, bottom right");
        corners[i] = scaled(place->source, json_integer_value(one));
    }
    return true;
}

/* ---- names */

static int find_name(const char *const *names, const json_t *value)
{
    const char *text = json_string_value(value);
    for (int i = 0; text && names[i]; i++) {
        if (strcmp(names[i], text) == 0)
            return i;
    }
    return -1;
}

static bool refuse_name(const struct theme_place *place, const json_t *value, const char *const *names)
{
    char list[200] = "";
    for (size_t i = 0; names[i]; i++) {
        strncat(list, i == 0 ? "" : names[i + 1] ? ", " : " or ", sizeof(list) - strlen(list) - 1);
        strncat(list, names[i], sizeof(list) - strlen(list) - 1);
    }
    return theme_refuse(place, value, "expected %s", list);
}

static bool read_anchor(const struct theme_place *place, const json_t *value, struct theme_anchor *anchor)
{
    int found = find_name(theme_anchors, value);
    *anchor = (struct theme_anchor){found % 3 - 1, found / 3 - 1};
    return found >= 0 || refuse_name(place, value, theme_anchors);
}

static bool read_choice(const struct theme_place *place, const struct theme_field *field, const json_t *value, int *member)
{
    int found = find_name(field->choices, value);
    *member = found;
    return found >= 0 || refuse_name(place, value, field->choices);
}

/* CSS Easing 1 has the handles of its names; ours are `arrive`, the usual one, and `swing`, which goes past the end. */
static bool read_curve(const struct theme_place *place, const json_t *value, struct curve *curve)
{
    static const struct curve curves[] = {{0, 0, 0, 0}, {0, 0, 1, 1}, {0.25f, 0.1f, 0.25f, 1}, {0.42f, 0, 1, 1},
        {0, 0, 0.58f, 1}, {0.42f, 0, 0.58f, 1}, {0.34f, 1.56f, 0.64f, 1}};
    int found = find_name(theme_curves, value);
    float handles[4] = {0};
    bool is_good = found >= 0 || json_array_size(value) == 4;
    for (size_t i = 0; is_good && found < 0 && i < 4; i++) {
        const json_t *item = json_array_get(value, i);
        handles[i] = (float)json_number_value(item);
        is_good = json_is_number(item) && (i % 2 ? fabsf(handles[i]) <= 4 : handles[i] >= 0 && handles[i] <= 1);
    }
    if (!is_good)
        return theme_refuse(place, value, "expected arrive, linear, ease, ease-in, ease-out, ease-in-out, swing, or "
            "[x1, y1, x2, y2] as for CSS's cubic-bezier()");
    *curve = found >= 0 ? curves[found] : (struct curve){handles[0], handles[1], handles[2], handles[3]};
    return true;
}

/* ---- colours */

static bool read_color(const struct theme_place *place, const json_t *value, struct color *color)
{
    return color_parse(json_string_value(value), color) || theme_refuse(place, value, color_expected);
}

/* "#RRGGBB", or [at, "#RRGGBB"]. */
static bool read_stop(const json_t *value, size_t index, size_t count, struct fill_stop *stop)
{
    stop->at = (float)index / (float)(count - 1);
    if (json_array_size(value) == 2 && json_is_number(json_array_get(value, 0))) {
        stop->at = (float)json_number_value(json_array_get(value, 0));
        value = json_array_get(value, 1);
    }
    return stop->at >= 0 && stop->at <= 1 && color_parse(json_string_value(value), &stop->color);
}

static bool read_stops(const json_t *list, struct fill *fill)
{
    size_t count = json_array_size(list);
    if (count < 2 || count > FILL_STOPS_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!read_stop(json_array_get(list, i), i, count, &fill->stops[i]) ||
            (i > 0 && fill->stops[i].at < fill->stops[i - 1].at))
            return false;
    }
    fill->stop_count = count;
    return true;
}

static bool read_gradient(const struct theme_place *place, const json_t *value, struct fill *fill)
{
    const json_t *angle = json_object_get(value, "angle");
    const char *key;
    json_t *ignored;
    json_object_foreach((json_t *)(uintptr_t)value, key, ignored) {
        if (strcmp(key, "stops") != 0 && strcmp(key, "angle") != 0)
            return theme_refuse(&(struct theme_place){place->source, place, key, 0}, NULL, "no such key; a gradient has stops and angle");
    }
    fill->angle = angle ? (float)json_number_value(angle) : 180;
    if (angle && (!json_is_number(angle) || fabsf(fill->angle) > ANGLE_MAX))
        return theme_refuse(&(struct theme_place){place->source, place, "angle", 0}, angle,
            "expected degrees from -360 to 360: 0 upwards, 90 to the right, 180 downwards");
    return read_stops(json_object_get(value, "stops"), fill) ||
        theme_refuse(&(struct theme_place){place->source, place, "stops", 0}, json_object_get(value, "stops"),
            "expected 2 to 6 colours \"#RRGGBB\", or [place, colour] with places growing from 0 to 1");
}

static bool read_fill(const struct theme_place *place, const json_t *value, struct fill *fill)
{
    *fill = (struct fill){.angle = 180};
    if (json_is_object(value))
        return read_gradient(place, value, fill);
    bool is_good = json_is_array(value) ? read_stops(value, fill) : color_parse(json_string_value(value), &fill->color);
    return is_good || theme_refuse(place, value, fill_expected);
}

/* ---- faces */

/* A script, ISO 15924; a language, two or three letters; or "any". */
static bool is_tag(const char *tag)
{
    size_t len = strlen(tag);
    UScriptCode code;
    UErrorCode status = U_ZERO_ERROR;
    if (isupper((unsigned char)tag[0]))
        return len == 4 && uscript_getCode(tag, &code, 1, &status) == 1 && U_SUCCESS(status);
    return (len == 2 || len == 3) && strspn(tag, "abcdefghijklmnopqrstuvwxyz") == len;
}

static bool read_family(const struct theme_place *place, const json_t *value, struct text_faces *faces)
{
    struct text_family *family = &faces->families[faces->count];
    const char *name = json_string_value(value);
    if (!is_tag(place->key))
        return theme_refuse(place, NULL, "expected a script such as Arab or Hans, a language such as ur, any, or weight");
    if (!name || !*name || strlen(name) >= sizeof(family->name))
        return theme_refuse(place, value, "expected the name of a font family, such as \"Noto Serif\"");
    if (faces->count == TEXT_FAMILIES_MAX)
        return theme_refuse(place, NULL, "%d families at most", TEXT_FAMILIES_MAX);
    memcpy(family->tag, place->key, strlen(place->key) + 1);
    memcpy(family->name, name, strlen(name) + 1);
    faces->count++;
    return true;
}

static bool read_faces(const struct theme_place *place, const json_t *object, struct text_faces *faces)
{
    static const char *const weights[] = {"usual", "regular", "bold", NULL};
    *faces = (struct text_faces){0};
    if (!json_is_object(object))
        return theme_refuse(place, object, "expected {\"Latn\": \"Noto Serif\", …, \"weight\": \"bold\"}");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        const struct theme_place at = {place->source, place, key, 0};
        if (strcmp(key, "weight") != 0) {
            if (!read_family(&at, value, faces))
                return false;
            continue;
        }
        int found = find_name(weights, value);
        if (found < 0)
            return refuse_name(&at, value, weights);
        faces->weight = (unsigned)found;
    }
    return true;
}

/* ---- ornaments */

static bool read_ornament(const struct theme_place *place, const struct theme_field *fields, const json_t *object,
    struct theme_ornament *ornament)
{
    *ornament = (struct theme_ornament){0};
    const json_t *rings = json_object_get(object, "rings");
    if (!theme_read_fields(place, object, fields, (char *)ornament))
        return false;
    const struct theme_place at = {place->source, place, "rings", 0};
    return !rings || theme_read_rings(rings, ornament->points, THEME_ORNAMENT_POINTS_MAX, &ornament->point_count) ||
        theme_refuse(&at, NULL, "expected lists of 3 and more [x, y] within 48, at most %d points", THEME_ORNAMENT_POINTS_MAX - 1);
}

static bool read_ornaments(const struct theme_place *place, const struct theme_field *fields, const json_t *list,
    struct theme_surface *surface)
{
    surface->ornament_count = 0;
    if (!json_is_array(list) || json_array_size(list) > THEME_ORNAMENTS_MAX)
        return theme_refuse(place, NULL, "expected a list of %d ornaments at most", THEME_ORNAMENTS_MAX);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const struct theme_place at = {place->source, place, NULL, i};
        if (!read_ornament(&at, fields, json_array_get(list, i), &surface->ornaments[i]))
            return false;
        surface->ornament_count++;
    }
    return true;
}

/* ---- any of them */

bool theme_read_value(const struct theme_place *place, const struct theme_field *field, const json_t *value, char *to)
{
    void *member = to;
    switch (field->kind) {
    case VALUE_SECTION: return theme_read_fields(place, value, field->fields, to);
    case VALUE_COLOR: return read_color(place, value, member);
    case VALUE_FILL: return read_fill(place, value, member);
    case VALUE_LENGTH:
    case VALUE_SHIFT:
    case VALUE_NUMBER: return read_number(place, field, value, member);
    case VALUE_ACROSS: return read_fraction(place, value, place->source->options->width_px, member);
    case VALUE_DOWN: return read_fraction(place, value, place->source->options->height_px, member);
    case VALUE_WIDTH: return read_width(place, value, member);
    case VALUE_CORNERS: return read_corners(place, value, member);
    case VALUE_ANCHOR: return read_anchor(place, value, member);
    case VALUE_CHOICE: return read_choice(place, field, value, member);
    case VALUE_CURVE: return read_curve(place, value, member);
    case VALUE_FACES: return read_faces(place, value, member);
    case VALUE_ORNAMENTS:
        return read_ornaments(place, field->fields, value, container_of(to, struct theme_surface, ornaments));
    case VALUE_FLAG:
        *(bool *)member = json_is_true(value);
        return json_is_boolean(value) || theme_refuse(place, value, "expected true or false");
    case VALUE_NOTE:
        return json_is_string(value) || theme_refuse(place, value, "expected a text in quotes");
    case VALUE_RINGS:  // read with the rest of its ornament
    case VALUE_MARKS:
    case VALUE_PORTRAIT:
        return true;
    }
    return false;
}
