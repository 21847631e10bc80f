#include "overlay/windows.h"

#include <SDL2/SDL.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/loop.h"
#include "overlay/overlay.h"
#include "overlay/view.h"
#include "overlay/window.h"
#include "overlay/window_system.h"

enum { LOOK_MS = 50, LOOK_WITH_FD_MS = 1000 };

struct windows {
    struct windows_options options;
    struct window **items;  // owned; NULL: closed
    struct watch *watch;    // NULL: only the timer looks for events
    struct timer look;
    bool has_alpha;         // the desktop has transparent windows
};

static void drop(struct windows *windows, size_t i)
{
    window_destroy(windows->items[i]);
    windows->items[i] = NULL;
}

/* ---- events */

static void handle_event(struct windows *windows, const SDL_Event *event)
{
    bool is_for_all = event->type == SDL_QUIT;
    if (!is_for_all && event->type != SDL_WINDOWEVENT)
        return;
    for (size_t i = 0; i < windows->options.count; i++) {
        struct window *window = windows->items[i];
        if (!window || (!is_for_all && window_id(window) != event->window.windowID))
            continue;
        if (is_for_all || event->window.event == SDL_WINDOWEVENT_CLOSE) {
            // Whoever closes a window wants no window.
            log_info("overlay", "the window of %s was closed; the frame streams go on", windows->options.list[i].view);
            drop(windows, i);
        } else if (!window_handle_event(window, event->window.event)) {
            drop(windows, i);
        }
    }
}

static void look_for_events(void *data)
{
    struct windows *windows = data;
    timer_start(&windows->look, windows->watch ? LOOK_WITH_FD_MS : LOOK_MS);
    SDL_Event event;
    while (SDL_PollEvent(&event))
        handle_event(windows, &event);
}

static void watch_events(struct windows *windows)
{
    int fd = window_system_fd(SDL_GetWindowFromID(window_id(windows->items[0])));
    if (fd >= 0)
        windows->watch = loop_watch_fd(windows->options.loop, fd, look_for_events, windows);
    look_for_events(windows);
}

/* ---- making them */

static bool open_display(struct windows *windows, struct error *err)
{
    // Fixed, so that OBS finds the window again.
    setenv("SDL_VIDEO_X11_WMCLASS", "antiphon", 1);
    setenv("SDL_VIDEO_WAYLAND_WMCLASS", "antiphon", 1);
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    SDL_SetHint(SDL_HINT_VIDEO_MINIMIZE_ON_FOCUS_LOSS, "0");
    windows->has_alpha = window_system_ask_alpha();
    if (SDL_InitSubSystem(SDL_INIT_VIDEO) != 0)
        return error_set(err, ERROR_SYSTEM, "window: %s; is DISPLAY or WAYLAND_DISPLAY set?", SDL_GetError());
    // Without a desktop SDL falls back to one that nobody sees.
    const char *driver = SDL_GetCurrentVideoDriver();
    if (!getenv("SDL_VIDEODRIVER") && driver && (strcmp(driver, "offscreen") == 0 || strcmp(driver, "dummy") == 0))
        return error_set(err, ERROR_SYSTEM, "window: there is no desktop; is DISPLAY or WAYLAND_DISPLAY set?");
    return true;
}

static struct view *find_view(const struct windows *windows, const char *name)
{
    for (size_t i = 0; i < windows->options.view_count; i++) {
        if (strcmp(view_name(windows->options.views[i]), name) == 0)
            return windows->options.views[i];
    }
    return NULL;
}

static bool open_one(struct windows *windows, size_t i, struct error *err)
{
    const struct overlay_window *wanted = &windows->options.list[i];
    struct view *view = find_view(windows, wanted->view);
    if (!view)
        return error_set(err, ERROR_DATA, "--window %s: there is no such view", wanted->view);
    windows->items[i] = window_create(&(struct window_options){
        .title = wanted->title, .view = view, .key = wanted->key, .has_alpha = windows->has_alpha,
        .is_borderless = wanted->is_borderless, .is_on_top = wanted->is_on_top,
        .is_click_through = wanted->is_click_through,
    }, err);
    return windows->items[i] != NULL;
}

static bool open_all(struct windows *windows, struct error *err)
{
    for (size_t i = 0; i < windows->options.count; i++) {
        if (!open_one(windows, i, err))
            return false;
    }
    return true;
}

struct windows *windows_create(const struct windows_options *options, struct error *err)
{
    struct windows *windows = xcalloc(1, sizeof(*windows));
    windows->options = *options;
    windows->items = xcalloc(options->count, sizeof(struct window *));
    timer_init(&windows->look, options->loop, look_for_events, windows);
    if (!open_display(windows, err) || !open_all(windows, err)) {
        windows_destroy(windows);
        return NULL;
    }
    watch_events(windows);
    return windows;
}

void windows_destroy(struct windows *windows)
{
    if (!windows)
        return;
    timer_stop(&windows->look);
    loop_unwatch(windows->watch);
    for (size_t i = 0; i < windows->options.count; i++)
        window_destroy(windows->items[i]);
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
    free(windows->items);
    free(windows);
}

/* ---- showing */

void windows_set_views(struct windows *windows, struct view *const *views, size_t count)
{
    windows->options.views = views;
    windows->options.view_count = count;
    for (size_t i = 0; i < windows->options.count; i++) {
        struct error err = {0};
        struct view *view = find_view(windows, windows->options.list[i].view);
        if (!windows->items[i] || (view && window_show(windows->items[i], view, &err)))
            continue;
        log_error("overlay", "the window of %s is closed: %s", windows->options.list[i].view, view ? err.text : "its view is gone");
        drop(windows, i);
    }
}

void windows_damage(struct windows *windows, const struct view *view, const struct box *boxes, size_t count)
{
    for (size_t i = 0; i < windows->options.count; i++) {
        struct window *window = windows->items[i];
        if (window && window_view(window) == view && !window_damage(window, boxes, count))
            drop(windows, i);
    }
    // What SDL has already taken off the socket would wake nobody.
    if (SDL_PollEvent(NULL))
        timer_start(&windows->look, 0);
}
