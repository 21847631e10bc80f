#include "overlay/theme_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json_line.h"
#include "base/memory.h"

enum { DEPTH_MAX = 12, SHOWN_MAX = 60 };

/* ---- refusing */

/* From the file down to the place; returns how many steps. */
static size_t steps_to(const struct theme_place *place, struct json_step steps[DEPTH_MAX])
{
    size_t count = place->around ? steps_to(place->around, steps) : 0;
    if (place->around && count < DEPTH_MAX)
        steps[count++] = (struct json_step){place->key, place->index};
    return count;
}

static void add_path(struct buffer *out, const struct json_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (steps[i].key)
            buffer_printf(out, "%s%.60s", i > 0 ? "." : "", steps[i].key);
        else
            buffer_printf(out, "[%zu]", steps[i].index);
    }
}

static void add_value(struct buffer *out, const json_t *value)
{
    char *shown = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
    if (shown)
        buffer_printf(out, " %.*s%s", SHOWN_MAX, shown, strlen(shown) > SHOWN_MAX ? "…" : "");
    free(shown);
}

bool theme_refuse(const struct theme_place *place, const json_t *value, const char *format, ...)
{
    const struct theme_source *source = place->source;
    struct json_step steps[DEPTH_MAX] = {{0}};
    size_t count = steps_to(place, steps);
    int line = json_line_of(source->text, source->len, steps, count);
    char expected[256];
    va_list args;
    va_start(args, format);
    vsnprintf(expected, sizeof(expected), format, args);
    va_end(args);
    struct buffer where = {0};
    if (line > 0)
        buffer_printf(&where, ":%d", line);
    buffer_add_string(&where, ": ");
    add_path(&where, steps, count);
    if (value)
        add_value(&where, value);
    char *text = buffer_take(&where);
    error_set(source->err, ERROR_DATA, "%s%s%s%s", source->path, text, count > 0 || value ? ": " : "", expected);
    free(text);
    return false;
}

/* ---- objects by the table */

static bool refuse_key(const struct theme_place *place, const struct theme_field *fields, const char *key)
{
    const char *meant = theme_nearest(fields, key);
    const struct theme_place at = {place->source, place, key, 0};
    if (meant)
        return theme_refuse(&at, NULL, "no such key; did you mean %s?", meant);
    return theme_refuse(&at, NULL, "no such key; docs/themes.md lists them");
}

bool theme_read_fields(const struct theme_place *place, const json_t *object, const struct theme_field *fields, char *base)
{
    if (!json_is_object(object))
        return theme_refuse(place, object, "expected an object {…}");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        const struct theme_field *field = theme_find_field(fields, key);
        if (!field)
            return refuse_key(place, fields, key);
        if (!theme_read_value(&(struct theme_place){place->source, place, field->key, 0}, field, value, base + field->offset))
            return false;
    }
    return true;
}

bool theme_read_sections(const struct theme_place *place, const json_t *object, struct theme *theme, bool is_of_kinds)
{
    if (!json_is_object(object))
        return theme_refuse(place, object, "expected an object {…}");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        const struct theme_field *field = theme_find_field(theme_root, key);
        if (!field || (place->around && (field->kind == VALUE_NOTE || field->kind == VALUE_MARKS || field->kind == VALUE_PORTRAIT)))
            return refuse_key(place, theme_root, key);
        const struct theme_place at = {place->source, place, field->key, 0};
        bool is_now = field->is_of_kind == is_of_kinds && field->kind != VALUE_PORTRAIT;
        if (is_now && field->kind == VALUE_MARKS && !theme_read_marks(&at, value, theme))
            return false;
        if (is_now && field->kind != VALUE_MARKS && !theme_read_value(&at, field, value, (char *)theme + field->offset))
            return false;
    }
    return true;
}
