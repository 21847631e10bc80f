/* A surface whose input region is empty gets no mouse. The events that this asks for have a queue of their own, not SDL's. */
#include "overlay/window_wayland.h"

#include <stdint.h>
#include <string.h>
#include <wayland-client.h>

static void handle_global(void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version)
{
    struct wl_compositor **compositor = data;
    if (!*compositor && strcmp(interface, wl_compositor_interface.name) == 0)
        *compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 1);
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener listener = {handle_global, handle_global_remove};

static struct wl_compositor *find_compositor(struct wl_display *display, struct wl_event_queue *queue)
{
    struct wl_compositor *compositor = NULL;
    struct wl_display *wrapped = wl_proxy_create_wrapper(display);
    if (!wrapped)
        return NULL;
    wl_proxy_set_queue((struct wl_proxy *)wrapped, queue);
    struct wl_registry *registry = wl_display_get_registry(wrapped);
    wl_proxy_wrapper_destroy(wrapped);
    wl_registry_add_listener(registry, &listener, &compositor);
    wl_display_roundtrip_queue(display, queue);
    wl_registry_destroy(registry);
    return compositor;
}

bool window_wayland_let_clicks_through(struct wl_display *display, struct wl_surface *surface)
{
    struct wl_event_queue *queue = wl_display_create_queue(display);
    struct wl_compositor *compositor = find_compositor(display, queue);
    if (compositor) {
        struct wl_region *nothing = wl_compositor_create_region(compositor);
        wl_surface_set_input_region(surface, nothing);  // takes effect with the next picture
        wl_region_destroy(nothing);
        wl_compositor_destroy(compositor);
    }
    wl_event_queue_destroy(queue);
    return compositor != NULL;
}
