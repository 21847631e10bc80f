/*
 * fuzz_overlay.c - hostile states of a view and hostile themes. The first byte chooses: 't' a theme, else a state.
 * Parsers: overlay/theme.c, overlay/scene.c, overlay/card_*.c.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "overlay/scene.h"
#include "overlay/theme.h"
#include "painter/painter.h"
#include "text/text.h"

enum { WIDTH = 320, HEIGHT = 180 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void draw(struct scene *scene, int64_t now_ms)
{
    scene_advance(scene, now_ms);
    struct node *node;
    list_for_each(node, &scene->nodes, link) {
        float opacity;
        node_position(node, now_ms, &opacity);
        node_paint(node);
        damage_clear(&node->damage);
        if (!(opacity >= 0 && opacity <= 1) || node->card.width > WIDTH || node->card.height > HEIGHT)
            abort();
    }
}

/* The bundled faces lie beside this file's folder, wherever the entry was built. */
static struct text_engine *make_engine(void)
{
    char folder[sizeof(__FILE__) + 40] = __FILE__;
    char *slash = strrchr(folder, '/');
    snprintf(slash ? slash : folder, 40, "/../../fonts");
    struct error err = {0};
    struct text_engine *engine =
        text_engine_create(&(struct text_engine_options){.fonts_path = folder, .is_without_system = true}, &err);
    if (!engine) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return engine;
}

static void try_state(const char *text, size_t len)
{
    static struct painter *painter;
    static struct text_engine *engine;
    static struct theme *theme;
    if (!engine) {
        painter = painter_create();
        engine = make_engine();
        theme = theme_load(NULL, &(struct theme_options){WIDTH, HEIGHT}, NULL);
    }
    json_t *state = json_parse(text, len, NULL);
    struct scene scene;
    scene_init(&scene, &(struct stage){.painter = painter, .text = engine, .theme = theme, .language = "fa",
        .width_px = WIDTH, .height_px = HEIGHT, .safe = {0, 0, WIDTH, HEIGHT}, .strips = {0, 0, WIDTH, HEIGHT},
        .unix_ms = clock_unix_ms});
    scene_apply(&scene, NULL, 0, true);  // alerts of the first state are not shown
    scene_apply(&scene, state, 0, false);
    draw(&scene, 100);
    scene_apply(&scene, state, 150, false);
    scene_remove(&scene, json_object_get(state, "ids"), json_object_get(state, "author"));
    draw(&scene, 200);
    scene_apply(&scene, NULL, 300, false);
    draw(&scene, 5000);
    scene_fini(&scene);
    json_decref(state);
}

static void try_theme(const char *text, size_t len)
{
    struct error err = {0};
    struct theme *theme = theme_parse("theme", text, len, &(struct theme_options){1920, 1080}, &err);
    if (!theme && err.code == ERROR_NONE)
        abort();
    theme_destroy(theme);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0 && data[0] == 't')
        try_theme((const char *)data + 1, size - 1);
    else
        try_state((const char *)data, size);
    return 0;
}
