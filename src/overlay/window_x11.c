/*
 * A transparent window needs a visual of 32 bits. SDL 2.26 takes one by its number, but draws into it only through EGL:
 * through GLX it fails with BadMatch (tried with Mesa 22.3).
 */
#include "overlay/window_system.h"

#include <SDL2/SDL.h>
#include <SDL2/SDL_syswm.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <stdio.h>

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
    unsigned long id = find_visual(display);
    XCloseDisplay(display);
    char text[32];
    snprintf(text, sizeof(text), "0x%lx", id);
    SDL_SetHint(SDL_HINT_VIDEO_X11_FORCE_EGL, "1");
    if (id != 0)
        SDL_SetHint(SDL_HINT_VIDEO_X11_WINDOW_VISUALID, text);
    return id != 0;
}

int window_system_fd(struct SDL_Window *window)
{
    SDL_SysWMinfo info;
    SDL_VERSION(&info.version);
    if (!SDL_GetWindowWMInfo(window, &info) || info.subsystem != SDL_SYSWM_X11)
        return -1;
    return ConnectionNumber(info.info.x11.display);
}
