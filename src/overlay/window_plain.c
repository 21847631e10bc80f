#include "overlay/window_system.h"

#include <SDL2/SDL.h>

bool window_system_ask_alpha(void)
{
    SDL_SetHint(SDL_HINT_VIDEO_EGL_ALLOW_TRANSPARENCY, "1");
    return true;
}

int window_system_fd(struct SDL_Window *window)
{
    return -1;
}
