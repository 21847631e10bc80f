/*
 * window.h - a view in a window of the desktop, for OBS to capture. Its title and its class stay the same for ever.
 * Drawn by the best presenter that works (presenter.h); when a driver is lost, by the next one. Only what the view painted
 * is uploaded, also while the window is minimised. Transparent where the desktop has 32-bit windows and a compositor,
 * else on the key colour or black. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "painter/painter.h"

struct error;
struct view;
struct window;

struct window_options {
    const char *title;      // borrowed
    struct view *view;      // borrowed
    const char *key;        // "#RRGGBB" behind the picture, to be keyed out; NULL: transparent
    bool has_alpha;         // the desktop has transparent windows
    bool is_borderless;     // and then exactly the view's size, also where that is more than the desktop has
    bool is_on_top;
    bool is_click_through;  // the mouse reaches what lies under it
};

/* SDL's video has begun. NULL: nothing draws here; err says what was tried. */
struct window *window_create(const struct window_options *options, struct error *err);
void window_destroy(struct window *window);  // accepts NULL

/* Presents another view from now on; the old one may be gone already. False: nothing draws it, destroy the window. */
bool window_show(struct window *window, struct view *view, struct error *err);

/* These boxes of the window's view have changed. False: nothing draws any more (said in the log), destroy the window. */
bool window_damage(struct window *window, const struct box *boxes, size_t count);

/* What SDL's window events tell: enum SDL_WindowEventID. False: as above. */
bool window_handle_event(struct window *window, uint8_t event);

uint32_t window_id(const struct window *window);  // SDL's
const struct view *window_view(const struct window *window);
