#include "overlay/window.h"

#include "base/error.h"

struct window *window_create(const struct window_options *options, struct error *err)
{
    error_set(err, ERROR_SYSTEM, "no window yet");
    return NULL;
}

void window_destroy(struct window *window)
{
}

void window_damage(struct window *window, const struct view *view, const struct box *boxes, size_t count)
{
}
