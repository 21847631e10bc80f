/*
 * A transparent window needs a visual of 32 bits. SDL 2.26 takes one by its number, but draws into it only through EGL:
 * through GLX it fails with BadMatch (tried with Mesa 22.3).
 */
#include "overlay/window_system.h"

#include <SDL2/SDL.h>
#include <SDL2/SDL_syswm.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/shape.h>
#include <stdio.h>

#include "overlay/window_wayland.h"

static unsigned long alpha_visual;  // its number; 0: none

static unsigned long find_visual(Display *display)
{
    XVisualInfo wanted = {.screen = DefaultScreen(display), .depth = 32, .class = TrueColor};
    int count = 0;
    XVisualInfo *found = XGetVisualInfo(display, VisualScreenMask | VisualDepthMask | VisualClassMask, &wanted, &count);
    unsigned long id = count > 0 ? found[0].visualid : 0;
    if (found)
        XFree(found);
    return id;
}

bool window_system_ask_alpha(void)
{
    SDL_SetHint(SDL_HINT_VIDEO_EGL_ALLOW_TRANSPARENCY, "1");
    Display *display = XOpenDisplay(NULL);
    if (!display)
        return true;  // Wayland without X: its windows have alpha
    alpha_visual = find_visual(display);
    XCloseDisplay(display);
    SDL_SetHint(SDL_HINT_VIDEO_X11_FORCE_EGL, "1");
    return alpha_visual != 0;
}

void window_system_use_alpha(bool is_wanted)
{
    char text[32] = "";
    if (is_wanted && alpha_visual)
        snprintf(text, sizeof(text), "0x%lx", alpha_visual);
    SDL_SetHint(SDL_HINT_VIDEO_X11_WINDOW_VISUALID, text);
    SDL_GL_SetAttribute(SDL_GL_ALPHA_SIZE, is_wanted ? 8 : 0);
}

bool window_system_let_clicks_through(struct SDL_Window *window)
{
    SDL_SysWMinfo info;
    SDL_VERSION(&info.version);
    if (!SDL_GetWindowWMInfo(window, &info))
        return false;
    if (info.subsystem == SDL_SYSWM_WAYLAND)
        return window_wayland_let_clicks_through(info.info.wl.display, info.info.wl.surface);
    int event, error;
    if (info.subsystem != SDL_SYSWM_X11 || !XShapeQueryExtension(info.info.x11.display, &event, &error))
        return false;
    XShapeCombineRectangles(info.info.x11.display, info.info.x11.window, ShapeInput, 0, 0, NULL, 0, ShapeSet, Unsorted);
    return true;
}

int window_system_fd(struct SDL_Window *window)
{
    SDL_SysWMinfo info;
    SDL_VERSION(&info.version);
    if (!SDL_GetWindowWMInfo(window, &info) || info.subsystem != SDL_SYSWM_X11)
        return -1;
    return ConnectionNumber(info.info.x11.display);
}
