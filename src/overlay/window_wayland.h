/* window_wayland.h - what SDL does not ask of a Wayland compositor. Thread: the loop's. */
#pragma once

#include <stdbool.h>

struct wl_display;
struct wl_surface;

/* False: the compositor does not answer, or this build has no libwayland-client. */
bool window_wayland_let_clicks_through(struct wl_display *display, struct wl_surface *surface);
