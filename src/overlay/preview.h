/*
 * preview.h - a theme's cards as a picture, without a relay: what a designer looks at, and what pictures of the documentation are
 * made of. Thread: the caller's, one for the text engine.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "overlay/ground.h"

struct error;
struct text_engine;

struct preview_options {
    const char *theme_path;    // NULL: the built-in one
    int width_px, height_px;   // of the view
    const char *language;      // of the view
    struct ground ground;
    struct text_engine *text;  // borrowed
};

/* The wall clock of samples: their times are counted from here. */
extern const int64_t preview_unix_ms;

/*
 * The part of an on-air state that cards of these kinds are made from: "question", "question,poll"; "all": all of it. NULL: there
 * is no such kind, or the state has none. The caller drops it.
 */
json_t *preview_pick(const json_t *state, const char *kinds, struct error *err);

/*
 * The state some seconds after it came on air: premultiplied BGRA, width * height; the caller frees. NULL: err names the theme's
 * mistake.
 */
uint32_t *preview_draw(const struct preview_options *options, const json_t *state, struct error *err);
