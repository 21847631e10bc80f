/*
 * window_system.h - the little that differs between X11 and the rest, and that SDL does not do.
 * window_x11.c, or window_plain.c where libX11 is absent. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>

struct SDL_Window;

/* Before SDL's video starts: asks for a window with an alpha channel. True: the desktop has such windows. */
bool window_system_ask_alpha(void);

/* A descriptor that is readable when SDL has events; -1: none, look from time to time. */
int window_system_fd(struct SDL_Window *window);
