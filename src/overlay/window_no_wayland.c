#include "overlay/window_wayland.h"

bool window_wayland_let_clicks_through(struct wl_display *display, struct wl_surface *surface)
{
    return false;
}
