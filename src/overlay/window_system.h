/*
 * window_system.h - the little that differs between X11, Wayland and the rest, and that SDL does not do.
 * window_x11.c, or window_plain.c where libX11 is absent.
 * Thread: the loop's.
 */
#pragma once

#include <stdbool.h>

struct SDL_Window;

/* Before SDL's video starts. True: the desktop has windows with an alpha channel. */
bool window_system_ask_alpha(void);

/* For the next window that is made. */
void window_system_use_alpha(bool is_wanted);

/* False: the desktop cannot. */
bool window_system_let_clicks_through(struct SDL_Window *window);

/* A descriptor that is readable when SDL has events; -1: none, look from time to time. */
int window_system_fd(struct SDL_Window *window);
