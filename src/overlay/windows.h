/*
 * windows.h - the overlay's windows on the desktop: SDL's video, its events, and who shows which view.
 * Without a window nothing of this is touched. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "painter/painter.h"

struct error;
struct loop;
struct overlay_window;
struct view;
struct windows;

struct windows_options {
    struct loop *loop;                   // borrowed
    const struct overlay_window *list;   // borrowed; at least one
    size_t count;
    struct view *const *views;           // borrowed until windows_set_views()
    size_t view_count;
};

/* NULL: no desktop, no such view, or nothing that draws; err says which, and what else would do. */
struct windows *windows_create(const struct windows_options *options, struct error *err);
void windows_destroy(struct windows *windows);  // accepts NULL

/* The views are others; those before may be gone already. A window whose view is gone is closed, and the log says so. */
void windows_set_views(struct windows *windows, struct view *const *views, size_t count);

/* These boxes of this view have changed. */
void windows_damage(struct windows *windows, const struct view *view, const struct box *boxes, size_t count);
