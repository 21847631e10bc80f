#include "overlay/preview.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "overlay/cards.h"
#include "overlay/node.h"
#include "overlay/view.h"
#include "overlay/wants.h"

enum { FRAME_MS = 50, SETTLED_MS = 3000 };

const int64_t preview_unix_ms = 1790000000000;

static int64_t sample_clock(void)
{
    return preview_unix_ms;
}

/* ---- which cards */

static bool makes(const struct node_impl *impl, const char *key, json_t *value)
{
    if (impl->kind == THEME_ALERT)
        return strcmp(key, "alerts") == 0;  // it is shown when its turn comes, and no state asks for it
    json_t *part = json_object();
    struct wants wants = {0};
    json_object_set(part, key, value);
    impl->want(part, &wants);
    json_decref(part);
    return wants.count > 0;
}

static bool refuse_kind(const char *kind, struct error *err)
{
    struct buffer names = {0};
    for (size_t i = 0; cards[i]; i++)
        buffer_printf(&names, "%s%s", i > 0 ? ", " : "", cards[i]->name);
    char *list = buffer_take(&names);
    error_set(err, ERROR_DATA, "card \"%.40s\": expected all, %s", kind, list);
    free(list);
    return false;
}

static bool pick_kind(const json_t *state, const char *kind, json_t *part, struct error *err)
{
    const struct node_impl *impl = cards_find(strcmp(kind, "alerts") == 0 ? "alert" : kind);  // as views[].cards calls it
    if (!impl)
        return refuse_kind(kind, err);
    size_t before = json_object_size(part);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)state, key, value) {
        if (makes(impl, key, value))
            json_object_set(part, key, value);
    }
    return json_object_size(part) > before || error_set(err, ERROR_DATA, "card \"%s\": the sample has none", kind);
}

json_t *preview_pick(const json_t *state, const char *kinds, struct error *err)
{
    if (strcmp(kinds, "all") == 0)
        return json_copy((json_t *)(uintptr_t)state);
    json_t *part = json_object();
    char *list = xstrdup(kinds), *rest = list;
    bool is_good = true;
    for (char *kind = strtok_r(list, ",", &rest); is_good && kind; kind = strtok_r(NULL, ",", &rest))
        is_good = pick_kind(state, kind, part, err);
    free(list);
    if (!is_good) {
        json_decref(part);
        return NULL;
    }
    return part;
}

/* ---- the picture */

/* Alerts show only what comes after the first state, so there is one with nothing in it. */
static void play(struct view *view, const json_t *state)
{
    json_t *nothing = json_pack("{s:[],s:[],s:[]}", "chat", "ticker", "alerts");
    view_apply(view, nothing, 0, true);
    view_paint(view, 0);
    view_apply(view, state, FRAME_MS, false);
    for (int64_t now_ms = FRAME_MS; now_ms <= SETTLED_MS; now_ms += FRAME_MS)
        view_paint(view, now_ms);
    json_decref(nothing);
}

static uint32_t over(uint32_t top, uint32_t below)
{
    uint32_t out = 0, rest = 255 - (top >> 24);
    for (int shift = 0; shift < 32; shift += 8)
        out |= ((top >> shift & 0xff) + ((below >> shift & 0xff) * rest + 127) / 255) << shift;
    return out;
}

static uint32_t *flatten(const struct canvas *canvas, const struct ground *ground, struct error *err)
{
    int width = canvas_width(canvas), height = canvas_height(canvas);
    size_t stride = canvas_stride(canvas) / 4;
    uint32_t *pixels = malloc((size_t)width * (size_t)height * sizeof(*pixels));
    if (!pixels)
        error_set(err, ERROR_SYSTEM, "no memory for a picture of %d x %d px", width, height);
    for (int y = 0; pixels && y < height; y++) {
        for (int x = 0; x < width; x++)
            pixels[(size_t)y * (size_t)width + (size_t)x] =
                over(canvas_pixels(canvas)[(size_t)y * stride + (size_t)x], ground_at(ground, x, y, width, height));
    }
    return pixels;
}

uint32_t *preview_draw(const struct preview_options *options, const json_t *state, struct error *err)
{
    struct painter *painter = painter_create();
    struct view *view = view_create(&(struct view_options){
        .name = "preview", .width_px = options->width_px, .height_px = options->height_px, .theme_path = options->theme_path,
        .language = options->language, .painter = painter, .text = options->text, .unix_ms = sample_clock,
    }, err);
    uint32_t *pixels = NULL;
    if (view) {
        play(view, state);
        pixels = flatten(view_canvas(view), &options->ground, err);
    }
    view_destroy(view);
    painter_destroy(painter);
    return pixels;
}
