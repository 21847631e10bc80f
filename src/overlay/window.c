#include "overlay/window.h"

#include <SDL2/SDL.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "overlay/presenter.h"
#include "overlay/view.h"
#include "overlay/window_key.h"
#include "overlay/window_system.h"

struct window {
    struct window_options options;
    SDL_Window *window;
    struct presenter *presenter;
    bool is_hidden;
};

static const struct presenter_impl *const presenters[] = {&present_gl_impl, &present_sdl_impl, NULL};

/* ---- making it */

/*
 * A window with a frame should be seen whole: where the view is larger than the desktop, the largest half, third … of it.
 * One without is there to be captured: every pixel of the view, one to one.
 */
static void choose_size(const struct window *window, int *width, int *height)
{
    const struct canvas *canvas = view_canvas(window->options.view);
    SDL_Rect room = {0, 0, canvas_width(canvas), canvas_height(canvas)};
    int divisor = 1;
    if (!window->options.is_borderless)
        SDL_GetDisplayUsableBounds(0, &room);
    while (canvas_width(canvas) / divisor > room.w || canvas_height(canvas) / divisor > room.h)
        divisor++;
    *width = canvas_width(canvas) / divisor;
    *height = canvas_height(canvas) / divisor;
}

static struct ground choose_ground(const struct window *window, const struct presenter_impl *impl)
{
    struct ground ground = {.color = {0, 0, 0, 1}};
    if (window->options.key)
        ground.is_key = color_parse(window->options.key, &ground.color);
    else if (window->options.has_alpha && impl->has_alpha)
        ground.color = (struct color){0};
    return ground;
}

/* A desktop that scales its windows gives more pixels than were asked for; a view's pixel is one of the screen's. */
static void undo_scale(SDL_Window *window, int width, int height)
{
    int drawn_width = width, drawn_height = height;
    SDL_GetWindowSizeInPixels(window, &drawn_width, &drawn_height);
    if (drawn_width > width && drawn_height > height)
        SDL_SetWindowSize(window, width * width / drawn_width, height * height / drawn_height);
}

static bool open_window(struct window *window, const struct presenter_impl *impl, struct error *err)
{
    const struct window_options *options = &window->options;
    int width, height;
    choose_size(window, &width, &height);
    uint32_t flags = impl->window_flags | SDL_WINDOW_ALLOW_HIGHDPI;
    flags |= options->is_borderless ? SDL_WINDOW_BORDERLESS : SDL_WINDOW_RESIZABLE;
    flags |= options->is_on_top ? SDL_WINDOW_ALWAYS_ON_TOP : 0;
    window_system_use_alpha(impl->has_alpha && options->has_alpha && !options->key);
    window->window = SDL_CreateWindow(options->title, SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, width, height, flags);
    if (!window->window)
        return error_set(err, ERROR_SYSTEM, "%s", SDL_GetError());
    undo_scale(window->window, width, height);
    if (options->is_click_through && !window_system_let_clicks_through(window->window))
        log_warn("overlay/window", "%s: this desktop lets no clicks through a window", options->title);
    return true;
}

static void close_window(struct window *window)
{
    if (window->presenter)
        window->presenter->impl->destroy(window->presenter);
    if (window->window)
        SDL_DestroyWindow(window->window);
    window->presenter = NULL;
    window->window = NULL;
}

static void upload_all(struct window *window)
{
    const struct canvas *canvas = view_canvas(window->options.view);
    const struct box all = {0, 0, canvas_width(canvas), canvas_height(canvas)};
    window->presenter->impl->upload(window->presenter, canvas, &all, 1);
}

static bool make_presenter(struct window *window, const struct presenter_impl *impl, struct error *err)
{
    const struct canvas *canvas = view_canvas(window->options.view);
    window->presenter = impl->create(&(struct presenter){
        .window = window->window, .width_px = canvas_width(canvas), .height_px = canvas_height(canvas),
        .ground = choose_ground(window, impl),
    }, err);
    if (!window->presenter)
        return false;
    upload_all(window);
    return true;
}

/* By the first presenter from here on that works. */
static bool open_with(struct window *window, const struct presenter_impl *const *from, struct error *err)
{
    struct error why = {0};
    for (; *from; from++) {
        if (open_window(window, *from, &why) && make_presenter(window, *from, &why) &&
            window->presenter->impl->draw(window->presenter))
            return true;
        if (from[1])
            log_warn("overlay/window", "%s: %s does not draw (%s): %s instead", window->options.title, (*from)->name,
                why.text[0] ? why.text : "its driver is lost", from[1]->name);
        close_window(window);
    }
    return error_set(err, ERROR_SYSTEM, "window: %s; the frame streams work without a window", why.text);
}

static bool check_key(const struct window *window, struct error *err)
{
    struct color key;
    if (!window->options.key)
        return true;
    if (!color_parse(window->options.key, &key))
        return error_set(err, ERROR_DATA, "--key %s: a colour is \"#RRGGBB\"", window->options.key);
    if (!window_key_is_strong(key))
        log_warn("overlay/window", "the key colour %s is nearly gray, and cards have gray in them: they may get holes; "
            "take #00FF00 or #FF00FF", window->options.key);
    return true;
}

struct window *window_create(const struct window_options *options, struct error *err)
{
    struct window *window = xcalloc(1, sizeof(*window));
    window->options = *options;
    if (!options->key && !options->has_alpha)
        log_warn("overlay/window", "this desktop has no transparent windows: black instead; try --key '#00FF00'");
    if (check_key(window, err) && open_with(window, presenters, err))
        return window;
    window_destroy(window);
    return NULL;
}

void window_destroy(struct window *window)
{
    if (!window)
        return;
    close_window(window);
    free(window);
}

/* ---- showing */

/* The window is made anew at its place: SDL cannot change what a window was made for. */
static bool replace(struct window *window, struct error *err)
{
    const struct presenter_impl *const *from = presenters;
    while (*from != window->presenter->impl)
        from++;
    int x, y;
    SDL_GetWindowPosition(window->window, &x, &y);
    log_error("overlay/window", "%s: %s lost its driver", window->options.title, window->presenter->impl->name);
    close_window(window);
    if (!open_with(window, from[1] ? from + 1 : from, err))
        return false;
    SDL_SetWindowPosition(window->window, x, y);
    return true;
}

static bool draw(struct window *window)
{
    struct error err = {0};
    if (window->is_hidden || window->presenter->impl->draw(window->presenter) || replace(window, &err))
        return true;
    log_error("overlay", "%s", err.text);
    return false;
}

bool window_show(struct window *window, struct view *view, struct error *err)
{
    const struct presenter_impl *impl = window->presenter->impl;
    window->options.view = view;
    impl->destroy(window->presenter);
    window->presenter = NULL;
    if (!make_presenter(window, impl, err))
        return false;
    return draw(window) || error_set(err, ERROR_SYSTEM, "nothing draws it");
}

bool window_damage(struct window *window, const struct box *boxes, size_t count)
{
    window->presenter->impl->upload(window->presenter, view_canvas(window->options.view), boxes, count);
    return draw(window);
}

bool window_handle_event(struct window *window, uint8_t event)
{
    switch (event) {
    case SDL_WINDOWEVENT_HIDDEN:
    case SDL_WINDOWEVENT_MINIMIZED:
        window->is_hidden = true;
        return true;
    case SDL_WINDOWEVENT_SHOWN:
    case SDL_WINDOWEVENT_RESTORED:
    case SDL_WINDOWEVENT_EXPOSED:
    case SDL_WINDOWEVENT_SIZE_CHANGED:
        window->is_hidden = false;
        return draw(window);
    default:
        return true;
    }
}

uint32_t window_id(const struct window *window)
{
    return SDL_GetWindowID(window->window);
}

const struct view *window_view(const struct window *window)
{
    return window->options.view;
}
