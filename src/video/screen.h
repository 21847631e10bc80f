/*
 * screen.h - an X11 screen as input: what its address says, and what keeps the X library from ending the process.
 * Thread: any.
 */
#pragma once

#include <stdbool.h>

struct error;

struct screen {
    char display[128];  // "": $DISPLAY
    int left_px, top_px, width_px, height_px;  // width 0: the whole screen
};

/* [DISPLAY][/WIDTHxHEIGHT+LEFT+TOP], as in ":0/1280x720+100+50". False: err names what is expected. */
bool screen_parse(struct screen *screen, const char *text, struct error *err);

/*
 * Xlib ends the process when the server goes away or refuses something. From here on it does not: a refusal is
 * logged, and a thread whose server is gone stops for ever, with its pipeline. False: built without X11.
 */
bool screen_guard(struct error *err);
