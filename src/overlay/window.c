#include "overlay/window.h"

#include <SDL2/SDL.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/loop.h"
#include "overlay/view.h"
#include "overlay/window_gl.h"
#include "overlay/window_system.h"

enum { LOOK_MS = 50, LOOK_WITH_FD_MS = 1000 };

struct window {
    struct window_options options;
    SDL_Window *window;
    SDL_GLContext context;
    struct window_gl *gl;
    struct watch *watch;   // NULL: only the timer looks for events
    struct timer look;
    struct color ground;   // behind the picture
    bool is_hidden;
};

static void draw(struct window *window)
{
    if (window->is_hidden)
        return;
    int width, height;
    SDL_GL_GetDrawableSize(window->window, &width, &height);
    window_gl_draw(window->gl, width, height);
    SDL_GL_SwapWindow(window->window);
}

static void upload_all(struct window *window)
{
    const struct canvas *canvas = view_canvas(window->options.view);
    window_gl_upload(window->gl, canvas, &(struct box){0, 0, canvas_width(canvas), canvas_height(canvas)}, 1);
}

/* True: the window may be gone when this returns. */
static bool handle_event(struct window *window, const SDL_Event *event)
{
    if (event->type == SDL_QUIT || (event->type == SDL_WINDOWEVENT && event->window.event == SDL_WINDOWEVENT_CLOSE)) {
        window->options.closed(window->options.data);
        return true;
    }
    if (event->type != SDL_WINDOWEVENT)
        return false;
    switch (event->window.event) {
    case SDL_WINDOWEVENT_HIDDEN:
    case SDL_WINDOWEVENT_MINIMIZED:
        window->is_hidden = true;
        break;
    case SDL_WINDOWEVENT_SHOWN:
    case SDL_WINDOWEVENT_RESTORED:
    case SDL_WINDOWEVENT_EXPOSED:
    case SDL_WINDOWEVENT_SIZE_CHANGED:
        window->is_hidden = false;
        draw(window);
        break;
    default:
        break;
    }
    return false;
}

static void look_for_events(void *data)
{
    struct window *window = data;
    timer_start(&window->look, window->watch ? LOOK_WITH_FD_MS : LOOK_MS);
    SDL_Event event;
    while (SDL_PollEvent(&event)) {
        if (handle_event(window, &event))
            return;
    }
}

/* ---- making it */

/* Where all of the view does not fit on the desktop, the largest half, third … of it. */
static void choose_size(const struct canvas *canvas, int *width, int *height)
{
    SDL_Rect room = {0, 0, canvas_width(canvas), canvas_height(canvas)};
    SDL_GetDisplayUsableBounds(0, &room);
    int divisor = 1;
    while (canvas_width(canvas) / divisor > room.w || canvas_height(canvas) / divisor > room.h)
        divisor++;
    *width = canvas_width(canvas) / divisor;
    *height = canvas_height(canvas) / divisor;
}

static bool open_display(struct window *window, bool *has_alpha, struct error *err)
{
    // Fixed, so that OBS finds the window again.
    setenv("SDL_VIDEO_X11_WMCLASS", "antiphon", 1);
    setenv("SDL_VIDEO_WAYLAND_WMCLASS", "antiphon", 1);
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    *has_alpha = !window->options.key && window_system_ask_alpha();
    if (SDL_InitSubSystem(SDL_INIT_VIDEO) != 0)
        return error_set(err, ERROR_SYSTEM, "window: %s; is DISPLAY or WAYLAND_DISPLAY set?", SDL_GetError());
    // Without a desktop SDL falls back to one that nobody sees.
    const char *driver = SDL_GetCurrentVideoDriver();
    if (!getenv("SDL_VIDEODRIVER") && driver && (strcmp(driver, "offscreen") == 0 || strcmp(driver, "dummy") == 0))
        return error_set(err, ERROR_SYSTEM, "window: there is no desktop; is DISPLAY or WAYLAND_DISPLAY set?");
    return true;
}

static bool open_window(struct window *window, struct error *err)
{
    int width, height;
    choose_size(view_canvas(window->options.view), &width, &height);
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_PROFILE_MASK, SDL_GL_CONTEXT_PROFILE_ES);
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_MAJOR_VERSION, 3);
    SDL_GL_SetAttribute(SDL_GL_CONTEXT_MINOR_VERSION, 0);
    SDL_GL_SetAttribute(SDL_GL_ALPHA_SIZE, 8);
    window->window = SDL_CreateWindow("antiphon", SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, width, height,
        SDL_WINDOW_OPENGL | SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (window->window)
        window->context = SDL_GL_CreateContext(window->window);
    if (!window->context)
        return error_set(err, ERROR_SYSTEM, "window: no GLES 3.0: %s; the frame streams work without a window",
            SDL_GetError());
    SDL_GL_SetSwapInterval(0);  // the loop that feeds all views must not wait for a screen
    return true;
}

static void watch_events(struct window *window)
{
    int fd = window_system_fd(window->window);
    if (fd >= 0)
        window->watch = loop_watch_fd(window->options.loop, fd, look_for_events, window);
    look_for_events(window);
}

static bool choose_ground(struct window *window, bool has_alpha, struct error *err)
{
    window->ground = (struct color){0, 0, 0, 1};
    if (window->options.key)
        return color_parse(window->options.key, &window->ground) ||
            error_set(err, ERROR_DATA, "--key %s: a colour is \"#RRGGBB\"", window->options.key);
    if (has_alpha)
        window->ground = (struct color){0};
    else
        log_warn("overlay/window", "this desktop has no transparent windows: black instead; try --key '#00FF00'");
    return true;
}

bool window_show(struct window *window, struct view *view, struct error *err)
{
    const struct canvas *canvas = view_canvas(view);
    window->options.view = view;
    window_gl_destroy(window->gl);
    window->gl = window_gl_create(canvas_width(canvas), canvas_height(canvas), window->ground, err);
    if (!window->gl)
        return false;
    upload_all(window);
    draw(window);
    return true;
}

static bool make(struct window *window, struct error *err)
{
    bool has_alpha;
    if (!open_display(window, &has_alpha, err) || !choose_ground(window, has_alpha, err) ||
        !open_window(window, err) || !window_show(window, window->options.view, err))
        return false;
    watch_events(window);
    return true;
}

struct window *window_create(const struct window_options *options, struct error *err)
{
    struct window *window = xcalloc(1, sizeof(*window));
    window->options = *options;
    timer_init(&window->look, options->loop, look_for_events, window);
    if (make(window, err))
        return window;
    window_destroy(window);
    return NULL;
}

void window_destroy(struct window *window)
{
    if (!window)
        return;
    timer_stop(&window->look);
    loop_unwatch(window->watch);
    window_gl_destroy(window->gl);
    if (window->context)
        SDL_GL_DeleteContext(window->context);
    if (window->window)
        SDL_DestroyWindow(window->window);
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
    free(window);
}

void window_damage(struct window *window, const struct view *view, const struct box *boxes, size_t count)
{
    if (view != window->options.view)
        return;
    window_gl_upload(window->gl, view_canvas(view), boxes, count);
    draw(window);
    // What SDL has already taken off the socket would wake nobody.
    if (SDL_PollEvent(NULL))
        timer_start(&window->look, 0);
}
