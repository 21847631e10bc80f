/* theme.c - from files to a theme: the built-in one below, what all cards have in common before what each kind has. */
#include "overlay/theme.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "overlay/theme_read.h"
#include "theme_evening.h"

enum { FILE_MAX = 1 << 20 };

/* The built-in theme, and the one on top of it. */
struct layer {
    struct theme_source source;
    json_t *root;  // owned
};

const char *theme_built_in(void)
{
    return theme_evening;
}

static bool is_tall(const struct theme_options *options)
{
    return options->height_px > options->width_px;
}

/* A portrait that is not asked for is read all the same, into a copy: its mistakes are mistakes today. */
static bool read_portrait(const struct theme_place *place, const json_t *object, struct theme *theme, bool is_of_kinds)
{
    if (!object || is_tall(place->source->options))
        return !object || theme_read_sections(place, object, theme, is_of_kinds);
    struct theme *copy = xmalloc(sizeof(*copy));
    *copy = *theme;
    bool is_good = theme_read_sections(place, object, copy, is_of_kinds);
    free(copy);
    return is_good;
}

static bool read_layer(const struct layer *layer, struct theme *theme, bool is_of_kinds)
{
    const struct theme_place root = {.source = &layer->source};
    if (!json_is_object(layer->root))
        return theme_refuse(&root, NULL, "(file): expected an object {…}");
    const struct theme_place portrait = {&layer->source, &root, "portrait", 0};
    return theme_read_sections(&root, layer->root, theme, is_of_kinds) &&
        read_portrait(&portrait, json_object_get(layer->root, "portrait"), theme, is_of_kinds);
}

static void spread(struct theme *theme)
{
    for (int kind = 0; kind < THEME_KINDS; kind++)
        theme->cards[kind] = theme->usual;
    for (int role = 0; role < THEME_ROLES; role++) {
        struct text_faces *faces = &theme->faces[role], usual = theme->faces[THEME_TEXT];
        if (faces->count == 0) {
            usual.weight = faces->weight;
            *faces = usual;
        }
    }
}

static void calm(struct theme_motion *motion)
{
    motion->kind = THEME_FADE;
    motion->curve = (struct curve){0};
}

static void calm_all(struct theme *theme)
{
    theme->is_motion_reduced = true;
    for (int kind = 0; kind < THEME_KINDS; kind++) {
        struct theme_motions *motion = &theme->cards[kind].motion;
        calm(&motion->enter);
        calm(&motion->leave);
        motion->count_ms = 0;
    }
}

static struct theme *build(const struct layer *layers, size_t count)
{
    const struct theme_options *options = layers[0].source.options;
    struct theme *theme = xcalloc(1, sizeof(*theme));
    bool is_good = true;
    for (size_t i = 0; is_good && i < count; i++)
        is_good = read_layer(&layers[i], theme, false);
    spread(theme);
    for (size_t i = 0; is_good && i < count; i++)
        is_good = read_layer(&layers[i], theme, true);
    if (!is_good) {
        theme_destroy(theme);
        return NULL;
    }
    if (options->is_motion_reduced)
        calm_all(theme);
    return theme;
}

static bool open_layer(struct layer *layer, const char *path, const char *text, size_t len,
    const struct theme_options *options, struct error *err)
{
    layer->source = (struct theme_source){path, text, len, options, err};
    layer->root = json_parse(text, len, err);
    return layer->root || error_prefix(err, "%s", path);
}

struct theme *theme_parse(const char *path, const char *text, size_t len, const struct theme_options *options,
    struct error *err)
{
    struct layer layers[2] = {0};
    bool is_good = open_layer(&layers[0], "evening/theme.json", theme_evening, strlen(theme_evening), options, err) &&
        (!text || open_layer(&layers[1], path, text, len, options, err));
    struct theme *theme = is_good ? build(layers, text ? 2 : 1) : NULL;
    json_decref(layers[0].root);
    json_decref(layers[1].root);
    return theme;
}

static char *file_in(const char *path)
{
    struct stat info;
    bool is_folder = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
    return is_folder ? xasprintf("%s/theme.json", path) : xstrdup(path);
}

struct theme *theme_load(const char *path, const struct theme_options *options, struct error *err)
{
    if (!path)
        return theme_parse(NULL, NULL, 0, options, err);
    struct buffer text = {0};
    struct theme *theme = NULL;
    char *file = file_in(path);
    if (file_read(file, FILE_MAX, &text, err))
        theme = theme_parse(file, text.data ? text.data : "", text.len, options, err);
    free(file);
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
