#include "overlay/window_system.h"

#include <SDL2/SDL.h>

bool window_system_ask_alpha(void)
{
    SDL_SetHint(SDL_HINT_VIDEO_EGL_ALLOW_TRANSPARENCY, "1");
    return true;
}

void window_system_use_alpha(bool is_wanted)
{
    SDL_GL_SetAttribute(SDL_GL_ALPHA_SIZE, is_wanted ? 8 : 0);
}

bool window_system_let_clicks_through(struct SDL_Window *window)
{
    return false;
}

int window_system_fd(struct SDL_Window *window)
{
    return -1;
}
