/*
 * presenter.h - puts a view's pixels into an SDL window: one file a way, best first.
 * present_gl.c: GLES 3.0 and shaders/window.*; present_sdl.c: SDL's own renderer, where there is no GL. The view's
 * pixels are premultiplied BGRA. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "painter/painter.h"

struct SDL_Window;
struct error;

/* What is behind the picture. */
struct ground {
    struct color color;  // alpha 0: the desktop, where windows have alpha
    bool is_key;         // a colour to be keyed out: nothing of it mixes with a card (window_key.h)
};

struct presenter {
    const struct presenter_impl *impl;
    struct SDL_Window *window;      // borrowed
    int width_px, height_px;        // of the picture
    struct ground ground;
};

struct presenter_impl {
    const char *name;       // for the log: "GLES 3"
    uint32_t window_flags;  // that its window must be made with
    bool has_alpha;         // its window can be transparent
    /* Required. Base filled but for impl; NULL: err says what the machine lacks. */
    struct presenter *(*create)(const struct presenter *base, struct error *err);
    /* Required. These boxes of the picture are others now. */
    void (*upload)(struct presenter *presenter, const struct canvas *canvas, const struct box *boxes, size_t count);
    /* Required. Shows the picture, as large as the window has room. False: what it had made is lost; make another. */
    bool (*draw)(struct presenter *presenter);
    void (*destroy)(struct presenter *presenter);  // required
};

extern const struct presenter_impl present_gl_impl, present_sdl_impl;

/* Where the picture goes in a window of this size: whole, in its own proportions, in the middle. */
struct box presenter_fit(const struct presenter *presenter, int window_width, int window_height);
