/* stage.h - what the overlay's tests have in common: a view without a clock, and states to put on it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "overlay/scene.h"
#include "overlay/view.h"
#include "painter/painter.h"
#include "text/text.h"

static struct painter *painter;
static struct text_engine *engine;

static inline int make_stage(void **state)
{
    struct error err = {0};
    engine = text_engine_create(&(struct text_engine_options){.is_unhinted = true, .is_without_system = true}, &err);
    if (!engine)
        print_error("%s\n", err.text);
    painter = painter_create();
    return engine ? 0 : -1;
}

static inline int drop_stage(void **state)
{
    painter_destroy(painter);
    text_engine_destroy(engine);
    return 0;
}

static inline struct view *make_view_with(struct view_options options)
{
    struct error err = {0};
    options.name = "main";
    options.painter = painter;
    options.text = engine;
    struct view *view = view_create(&options, &err);
    if (!view)
        fail_msg("%s", err.text);
    return view;
}

static inline struct view *make_view(int width, int height, const char *language)
{
    return make_view_with((struct view_options){.width_px = width, .height_px = height, .language = language});
}

/* text: JSON with ' for ", so that it can be read. */
static inline json_t *parse(const char *text)
{
    char *copy = strdup(text);
    for (char *c = copy; *c; c++) {
        if (*c == '\'')
            *c = '"';
    }
    struct error err = {0};
    json_t *value = json_parse(copy, strlen(copy), &err);
    if (!value)
        fail_msg("%s: %s", copy, err.text);
    free(copy);
    return value;
}

static inline void apply(struct view *view, const char *text, int64_t now_ms, bool at_once)
{
    json_t *state = text ? parse(text) : NULL;
    view_apply(view, state, now_ms, at_once);
    json_decref(state);
}

/* What a moderator takes away: messages by id, an author; as in parse(), NULL: none. */
static inline void remove_from(struct view *view, const char *ids_text, const char *author_text)
{
    json_t *ids = ids_text ? parse(ids_text) : NULL, *author = author_text ? parse(author_text) : NULL;
    view_remove(view, ids, author);
    json_decref(ids);
    json_decref(author);
}

static inline bool is_blank(const struct view *view)
{
    const struct canvas *canvas = view_canvas(view);
    for (int i = 0; i < canvas_width(canvas) * canvas_height(canvas); i++) {
        if (canvas_pixels(canvas)[i])
            return false;
    }
    return true;
}

static inline const struct node *find_card(const struct view *view, const char *id)
{
    const struct node *node;
    list_for_each(node, &view_scene(view)->nodes, link) {
        if (strcmp(node->id, id) == 0)
            return node;
    }
    return NULL;
}

struct removal {
    const char *name, *ids, *author;  // as in remove_from()
    bool is_hit;
};

/* Deleted means gone: what the removal hits leaves this state's only card blank with the next frame, also out of a fade. */
static inline void check_removal(const char *text, const struct removal *removal)
{
    for (int is_fading = 0; is_fading < 2; is_fading++) {
        struct view *view = make_view(960, 540, "en");
        apply(view, text, 0, true);
        view_paint(view, 0);
        if (is_fading) {
            apply(view, "{}", 1000, false);
            view_paint(view, 1016);
        }
        remove_from(view, removal->ids, removal->author);
        view_paint(view, 1020);
        if (is_blank(view) != removal->is_hit)
            fail_msg("%s: the card is %s", removal->name, removal->is_hit ? "still there" : "gone");
        view_destroy(view);
    }
}
