#include "video/screen.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

enum { SIDE_MAX_PX = 16384 };

static bool read_region(struct screen *screen, const char *text)
{
    char behind;
    if (sscanf(text, "%dx%d+%d+%d%c", &screen->width_px, &screen->height_px, &screen->left_px, &screen->top_px, &behind)
        != 4)
        return false;
    return screen->width_px > 0 && screen->height_px > 0 && screen->left_px >= 0 && screen->top_px >= 0
        && screen->width_px <= SIDE_MAX_PX && screen->height_px <= SIDE_MAX_PX && screen->left_px <= SIDE_MAX_PX
        && screen->top_px <= SIDE_MAX_PX;
}

bool screen_parse(struct screen *screen, const char *text, struct error *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_";
    *screen = (struct screen){0};
    size_t len = strcspn(text, "/");
    if ((len > 0 && !memchr(text, ':', len)) || len >= sizeof(screen->display) || strspn(text, letters) < len
        || (text[len] && !read_region(screen, text + len + 1)))
        return error_set(err, ERROR_DATA,
            "\"screen:%s\": expected screen:, screen::0 or a part of it, screen::0/WIDTHxHEIGHT+LEFT+TOP", text);
    memcpy(screen->display, text, len);
    return true;
}
