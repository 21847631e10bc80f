#include "base/error.h"
#include "video/screen.h"

bool screen_guard(struct error *err)
{
    return error_set(err, ERROR_SYSTEM, "antiphon was built without X11; set meson's option x11, or use pipewire:");
}
