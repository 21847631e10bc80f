/*
 * window.h - a view in a window of the desktop, for OBS to capture. Title and class are always "antiphon".
 * Made with SDL2 and GLSL ES 3.0 (shaders/window.*); only what the view painted is uploaded. Transparent where the
 * desktop has 32-bit windows and a compositor, else on the key colour or black. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "painter/painter.h"

struct error;
struct loop;
struct view;
struct window;

struct window_options {
    struct loop *loop;        // borrowed
    struct view *view;        // borrowed
    const char *key;          // "#RRGGBB" behind the picture; NULL: transparent
    void *data;
    void (*closed)(void *data);  // required: a person closed it
};

/* NULL: no display, or it draws no GLES 3; err says which and what else would do. */
struct window *window_create(const struct window_options *options, struct error *err);
void window_destroy(struct window *window);  // accepts NULL

/* Presents another view from now on; the old one may be gone already. False: the driver refuses, destroy the window. */
bool window_show(struct window *window, struct view *view, struct error *err);

/* These boxes of this view have changed; another view than the window's is of no concern. */
void window_damage(struct window *window, const struct view *view, const struct box *boxes, size_t count);
