/*
 * One table says which key sets which member, and of what kind it is; it serves reading, scaling and refusing.
 * Source of the platforms' colours: twitch.tv/p/en/company/brand, youtube.com/howyoutubeworks/resources/brand-resources.
 */
#include "overlay/theme.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"

enum { FILE_MAX = 1 << 20, REFERENCE_PX = 1080, LENGTH_MAX = 8192, MARK_POINTS_MAX = 512 };

enum kind { COLOR, LENGTH, NUMBER, ANCHOR };

struct field {
    const char *key;
    enum kind kind;
    size_t offset;
};

#define COLOR_OF(name) {#name, COLOR, offsetof(struct theme, name)}
static const struct field colors[] = {
    COLOR_OF(card_top), COLOR_OF(card_bottom), COLOR_OF(hairline), COLOR_OF(shadow), COLOR_OF(text),
    COLOR_OF(text_soft), COLOR_OF(accent), COLOR_OF(accent_to), COLOR_OF(track), COLOR_OF(fill), COLOR_OF(fill_to),
    COLOR_OF(leader), COLOR_OF(leader_to), COLOR_OF(caption_box), COLOR_OF(caption_text), COLOR_OF(caption_outline), COLOR_OF(mark),
    COLOR_OF(mark_ink), {0},
};

static const struct field surface[] = {
    {"hairline", LENGTH, offsetof(struct theme, hairline_px)},
    {"shadow", LENGTH, offsetof(struct theme, shadow_px)},
    {"shadow_down", LENGTH, offsetof(struct theme, shadow_dy_px)},
    {"safe", LENGTH, offsetof(struct theme, safe_px)},
    {"between", LENGTH, offsetof(struct theme, between_px)},
    {"count_ms", NUMBER, offsetof(struct theme, count_ms)},
    {0},
};

#define IN_CARD(key, kind, member) {key, kind, offsetof(struct theme_card, member)}
static const struct field card_fields[] = {
    IN_CARD("anchor", ANCHOR, anchor), IN_CARD("x", LENGTH, x_px), IN_CARD("y", LENGTH, y_px),
    IN_CARD("width_min", LENGTH, width_min_px), IN_CARD("width_max", LENGTH, width_max_px),
    IN_CARD("radius", LENGTH, radius_px), IN_CARD("padding_x", LENGTH, padding_x_px),
    IN_CARD("padding_y", LENGTH, padding_y_px), IN_CARD("gap", LENGTH, gap_px), IN_CARD("text", LENGTH, text_px),
    IN_CARD("text_min", LENGTH, text_min_px), IN_CARD("lines", NUMBER, text_lines),
    IN_CARD("leading", NUMBER, leading),
    IN_CARD("small", LENGTH, small_px), IN_CARD("mark", LENGTH, mark_px), IN_CARD("row", LENGTH, row_px),
    IN_CARD("row_gap", LENGTH, row_gap_px), IN_CARD("row_radius", LENGTH, row_radius_px),
    IN_CARD("bar", LENGTH, bar_px), IN_CARD("outline", LENGTH, outline_px), IN_CARD("enter_ms", NUMBER, enter_ms), IN_CARD("leave_ms", NUMBER, leave_ms),
    IN_CARD("rise", LENGTH, rise_px), IN_CARD("items", NUMBER, items), IN_CARD("stay_s", NUMBER, stay_s),
    IN_CARD("quiet_ms", NUMBER, quiet_ms), IN_CARD("speed", LENGTH, speed_px), {0},
};

static const struct {
    const char *key;
    const struct field *fields;
    size_t offset;
} sections[] = {
    {"colors", colors, 0},
    {"surface", surface, 0},
#define CARD(key, kind) {key, card_fields, offsetof(struct theme, cards) + (kind) * sizeof(struct theme_card)}
    CARD("question", THEME_QUESTION),
    CARD("poll", THEME_POLL),
    CARD("captions", THEME_CAPTIONS),
    CARD("chat", THEME_CHAT),
    CARD("ticker", THEME_TICKER),
    CARD("alert", THEME_ALERT),
    CARD("shoutout", THEME_SHOUTOUT),
    CARD("goal", THEME_GOAL),
    CARD("countdown", THEME_COUNTDOWN),
    CARD("rules", THEME_RULES),
    CARD("qr", THEME_QR),
    CARD("note", THEME_NOTE),
#undef CARD
};

#define RGB(hex, alpha) {(float)((hex) >> 16 & 0xff) / 255, (float)((hex) >> 8 & 0xff) / 255, (float)((hex) & 0xff) / 255, alpha}

static const struct theme evening = {
    .card_top = RGB(0x1b1d2f, 0.93f), .card_bottom = RGB(0x10111d, 0.96f), .hairline = RGB(0xffffff, 0.10f),
    .shadow = RGB(0x000000, 0.55f), .text = RGB(0xf7f4ee, 1), .text_soft = RGB(0xaeb3c9, 1),
    .accent = RGB(0xffb95e, 1), .accent_to = RGB(0xff7a59, 1), .track = RGB(0xffffff, 0.06f),
    .fill = RGB(0x3d4368, 1), .fill_to = RGB(0x4a5180, 1), .leader = RGB(0xb4532f, 1), .leader_to = RGB(0xc8662c, 1),
    .caption_box = RGB(0x0b0c14, 0.80f), .caption_text = RGB(0xffffff, 1), .caption_outline = RGB(0x000000, 0.9f),
    .mark = RGB(0x4a5180, 1), .mark_ink = RGB(0xffffff, 1),
    .hairline_px = 1, .safe_px = 54, .between_px = 20, .shadow_px = 36, .shadow_dy_px = 10, .count_ms = 450,
    .cards[THEME_QUESTION] = {
        .anchor = {-1, 1}, .x_px = 96, .y_px = 240, .width_min_px = 480, .width_max_px = 1120, .radius_px = 24,
        .padding_x_px = 36, .padding_y_px = 30, .gap_px = 16, .text_px = 46, .text_min_px = 34, .text_lines = 4, .leading = 145,
        .small_px = 30, .mark_px = 44, .bar_px = 6, .enter_ms = 380, .leave_ms = 240, .rise_px = 28,
    },
    .cards[THEME_POLL] = {
        .anchor = {1, -1}, .x_px = 96, .y_px = 72, .width_min_px = 560, .width_max_px = 560, .radius_px = 24,
        .padding_x_px = 28, .padding_y_px = 28, .gap_px = 20, .text_px = 34, .text_min_px = 26, .text_lines = 3, .leading = 140,
        .small_px = 28, .row_px = 58, .row_gap_px = 10, .row_radius_px = 14, .mark_px = 26, .enter_ms = 380,
        .leave_ms = 240, .rise_px = 28,
    },
    .cards[THEME_CAPTIONS] = {
        .anchor = {0, 1}, .x_px = 0, .y_px = 54, .width_min_px = 0, .width_max_px = 1360, .radius_px = 14,
        .padding_x_px = 30, .padding_y_px = 14, .gap_px = 10, .text_px = 44, .text_min_px = 32, .text_lines = 2, .leading = 142,
        .row_px = 164, .enter_ms = 140, .leave_ms = 120, .rise_px = 0,
    },
    .cards[THEME_CHAT] = {
        .anchor = {-1, 1}, .x_px = 96, .y_px = 240, .width_min_px = 520, .width_max_px = 520, .radius_px = 16,
        .padding_x_px = 18, .padding_y_px = 12, .gap_px = 10, .text_px = 28, .text_min_px = 22, .text_lines = 3, .leading = 140,
        .small_px = 24, .mark_px = 26, .row_px = 520, .row_gap_px = 8, .items = 12, .enter_ms = 240, .leave_ms = 240, .rise_px = 16,
    },
    .cards[THEME_TICKER] = {
        .anchor = {0, -1}, .x_px = 0, .y_px = 0, .width_min_px = 1920, .width_max_px = 8192, .radius_px = 0,
        .padding_x_px = 24, .padding_y_px = 8, .gap_px = 14, .text_px = 26, .text_min_px = 22, .text_lines = 1, .leading = 140,
        .small_px = 22, .mark_px = 26, .row_gap_px = 56, .speed_px = 120, .enter_ms = 320, .leave_ms = 240, .rise_px = 0,
    },
    .cards[THEME_ALERT] = {
        .anchor = {0, -1}, .x_px = 0, .y_px = 96, .width_min_px = 480, .width_max_px = 860, .radius_px = 24,
        .padding_x_px = 36, .padding_y_px = 26, .gap_px = 16, .text_px = 36, .text_min_px = 28, .text_lines = 3, .leading = 140,
        .small_px = 30, .mark_px = 40, .row_px = 64, .items = 12, .quiet_ms = 700, .enter_ms = 420, .leave_ms = 260, .rise_px = 28,
    },
    .cards[THEME_SHOUTOUT] = {
        .anchor = {-1, 1}, .x_px = 96, .y_px = 240, .width_min_px = 440, .width_max_px = 760, .radius_px = 24,
        .padding_x_px = 32, .padding_y_px = 26, .gap_px = 16, .text_px = 34, .text_min_px = 28, .text_lines = 2, .leading = 140,
        .small_px = 28, .mark_px = 36, .row_px = 112, .enter_ms = 380, .leave_ms = 240, .rise_px = 28,
    },
    .cards[THEME_GOAL] = {
        .anchor = {0, -1}, .x_px = 0, .y_px = 54, .width_min_px = 640, .width_max_px = 760, .radius_px = 20,
        .padding_x_px = 24, .padding_y_px = 18, .gap_px = 12, .text_px = 30, .text_min_px = 24, .text_lines = 2, .leading = 140,
        .small_px = 26, .row_px = 28, .row_radius_px = 14, .enter_ms = 380, .leave_ms = 240, .rise_px = 20,
    },
    .cards[THEME_COUNTDOWN] = {
        .anchor = {0, 0}, .x_px = 0, .y_px = 0, .width_min_px = 520, .width_max_px = 1100, .radius_px = 28,
        .padding_x_px = 56, .padding_y_px = 44, .gap_px = 24, .text_px = 44, .text_min_px = 32, .text_lines = 2, .leading = 140,
        .small_px = 30, .row_px = 128, .row_gap_px = 14, .enter_ms = 420, .leave_ms = 260, .rise_px = 28,
    },
    .cards[THEME_RULES] = {
        .anchor = {1, 0}, .x_px = 96, .y_px = 0, .width_min_px = 420, .width_max_px = 680, .radius_px = 24,
        .padding_x_px = 36, .padding_y_px = 30, .gap_px = 18, .text_px = 30, .text_min_px = 22, .text_lines = 3, .leading = 145,
        .small_px = 36, .mark_px = 34, .row_gap_px = 14, .bar_px = 6, .enter_ms = 380, .leave_ms = 240, .rise_px = 28,
    },
    .cards[THEME_QR] = {
        .anchor = {1, 1}, .x_px = 96, .y_px = 240, .width_min_px = 0, .width_max_px = 420, .radius_px = 24,
        .padding_x_px = 24, .padding_y_px = 24, .gap_px = 16, .text_px = 28, .text_min_px = 22, .text_lines = 2, .leading = 140,
        .small_px = 24, .row_px = 280, .row_radius_px = 16, .enter_ms = 380, .leave_ms = 240, .rise_px = 28,
    },
    .cards[THEME_NOTE] = {
        .anchor = {1, 1}, .x_px = 96, .y_px = 240, .width_min_px = 320, .width_max_px = 760, .radius_px = 24,
        .padding_x_px = 32, .padding_y_px = 26, .gap_px = 16, .text_px = 34, .text_min_px = 26, .text_lines = 6, .leading = 145,
        .small_px = 30, .row_px = 480, .row_radius_px = 16, .enter_ms = 380, .leave_ms = 240, .rise_px = 28,
    },
};

/* ---- reading */

struct reading {
    const char *path;
    struct error *err;
};

static bool complain(const struct reading *in, const char *section, const char *key, const char *expected)
{
    return error_set(in->err, ERROR_DATA, "%s: %s%s%s: %s", in->path, section, *section ? "." : "", key, expected);
}

static bool parse_anchor(const char *text, struct theme_anchor *anchor)
{
    static const char *const names[] = {"top-left", "top", "top-right", "left", "center", "right", "bottom-left",
        "bottom", "bottom-right"};
    for (int i = 0; text && i < 9; i++) {
        if (strcmp(names[i], text) == 0) {
            *anchor = (struct theme_anchor){i % 3 - 1, i / 3 - 1};
            return true;
        }
    }
    return false;
}

static bool read_field(const struct reading *in, const char *section, const struct field *field, const json_t *value,
    char *base)
{
    switch (field->kind) {
    case COLOR:
        return color_parse(json_string_value(value), (struct color *)(void *)(base + field->offset)) ||
            complain(in, section, field->key, "a colour is \"#RRGGBB\" or \"#RRGGBBAA\"");
    case ANCHOR:
        return parse_anchor(json_string_value(value), (struct theme_anchor *)(void *)(base + field->offset)) ||
            complain(in, section, field->key, "one of top-left, top, top-right, left, center, right, bottom-left, "
                "bottom, bottom-right");
    case LENGTH:
    case NUMBER:
        if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > LENGTH_MAX)
            return complain(in, section, field->key, "a whole number from 0 to 8192");
        *(int *)(void *)(base + field->offset) = (int)json_integer_value(value);
        return true;
    }
    return false;
}

static bool read_section(const struct reading *in, const char *section, const struct field *fields,
    const json_t *object, char *base)
{
    if (!json_is_object(object))
        return complain(in, "", section, "an object");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        const struct field *field = fields;
        while (field->key && strcmp(field->key, key) != 0)
            field++;
        if (!field->key)
            return complain(in, section, key, "no such key; docs/themes.md lists them");
        if (!read_field(in, section, field, value, base))
            return false;
    }
    return true;
}

static bool read_point(const json_t *pair, struct point *point)
{
    const json_t *x = json_array_get(pair, 0), *y = json_array_get(pair, 1);
    *point = (struct point){(float)json_number_value(x), (float)json_number_value(y)};
    return json_array_size(pair) == 2 && json_is_number(x) && json_is_number(y) && fabsf(point->x) <= 48 &&
        fabsf(point->y) <= 48;
}

/* Each ring is closed here, so a theme need not repeat its first point. */
static bool read_rings(struct theme_mark *mark, const json_t *rings)
{
    size_t i, j;
    json_t *ring, *pair;
    mark->points = xcalloc(MARK_POINTS_MAX, sizeof(*mark->points));
    json_array_foreach((json_t *)(uintptr_t)rings, i, ring) {
        size_t first = mark->point_count;
        if (json_array_size(ring) < 3 || first + json_array_size(ring) + 1 > MARK_POINTS_MAX)
            return false;
        json_array_foreach(ring, j, pair) {
            if (!read_point(pair, &mark->points[mark->point_count++]))
                return false;
        }
        mark->points[mark->point_count++] = mark->points[first];
    }
    return json_is_array(rings) || !rings;
}

static bool read_mark(const struct reading *in, struct theme *theme, const char *platform, const json_t *object)
{
    theme->marks = xreallocarray(theme->marks, theme->mark_count + 1, sizeof(*theme->marks));
    struct theme_mark *mark = &theme->marks[theme->mark_count++];
    *mark = (struct theme_mark){.platform = xstrdup(platform), .color = theme->mark, .ink = theme->mark_ink};
    const json_t *color = json_object_get(object, "color"), *ink = json_object_get(object, "ink");
    if ((color && !color_parse(json_string_value(color), &mark->color)) ||
        (ink && !color_parse(json_string_value(ink), &mark->ink)))
        return complain(in, "platforms", platform, "color and ink are \"#RRGGBB\"");
    return read_rings(mark, json_object_get(object, "rings")) ||
        complain(in, "platforms", platform, "rings: lists of 3 or more [x, y], at most 512 points, in a square of 24");
}

static bool read_platforms(const struct reading *in, struct theme *theme, const json_t *object)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return complain(in, "", "platforms", "an object");
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        if (theme_find_mark(theme, key))
            continue;
        if (!read_mark(in, theme, key, value))
            return false;
    }
    return true;
}

static bool read_root(const struct reading *in, struct theme *theme, const json_t *root)
{
    const char *key;
    json_t *value;
    if (!json_is_object(root))
        return complain(in, "", "(file)", "an object");
    json_object_foreach((json_t *)(uintptr_t)root, key, value) {
        size_t i = 0;
        while (i < ARRAY_LENGTH(sections) && strcmp(sections[i].key, key) != 0)
            i++;
        if (i < ARRAY_LENGTH(sections)) {
            if (!read_section(in, key, sections[i].fields, value, (char *)theme + sections[i].offset))
                return false;
        } else if (strcmp(key, "platforms") == 0) {
            if (!read_platforms(in, theme, value))
                return false;
        } else if (strcmp(key, "name") != 0) {
            return complain(in, "", key, "no such key; docs/themes.md lists them");
        }
    }
    return true;
}

/* ---- scaling */

static void scale_fields(char *base, const struct field *fields, float scale)
{
    for (; fields->key; fields++) {
        int *length = (int *)(void *)(base + fields->offset);
        if (fields->kind == LENGTH && *length > 0)
            *length = (int)fmaxf(1, roundf((float)*length * scale));
    }
}

static void scale_to(struct theme *theme, int width_px, int height_px)
{
    int shorter = width_px < height_px ? width_px : height_px;
    for (size_t i = 0; i < ARRAY_LENGTH(sections); i++)
        scale_fields((char *)theme + sections[i].offset, sections[i].fields, (float)shorter / REFERENCE_PX);
}

static struct theme *fresh(void)
{
    struct theme *theme = xcalloc(1, sizeof(*theme));
    *theme = evening;
    return theme;
}

struct theme *theme_parse(const char *path, const char *text, size_t len, int width_px, int height_px,
    struct error *err)
{
    json_t *root = json_parse(text, len, err);
    if (!root) {
        error_prefix(err, "%s", path);
        return NULL;
    }
    struct theme *theme = fresh();
    bool is_good = read_root(&(struct reading){path, err}, theme, root);
    json_decref(root);
    if (!is_good) {
        theme_destroy(theme);
        return NULL;
    }
    scale_to(theme, width_px, height_px);
    return theme;
}

struct theme *theme_load(const char *path, int width_px, int height_px, struct error *err)
{
    if (!path) {
        struct theme *theme = fresh();
        scale_to(theme, width_px, height_px);
        return theme;
    }
    struct buffer text = {0};
    struct theme *theme = NULL;
    if (file_read(path, FILE_MAX, &text, err))
        theme = theme_parse(path, text.data, text.len, width_px, height_px, err);
    buffer_fini(&text);
    return theme;
}

void theme_destroy(struct theme *theme)
{
    if (!theme)
        return;
    for (size_t i = 0; i < theme->mark_count; i++) {
        free(theme->marks[i].platform);
        free(theme->marks[i].points);
    }
    free(theme->marks);
    free(theme);
}

const struct theme_mark *theme_find_mark(const struct theme *theme, const char *platform)
{
    for (size_t i = 0; i < theme->mark_count; i++) {
        if (strcmp(theme->marks[i].platform, platform) == 0)
            return &theme->marks[i];
    }
    return NULL;
}
