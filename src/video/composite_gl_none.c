/* composite_gl_none.c - built without GL: no caps, so no frame ever comes. */
#include "base/error.h"
#include "video/composite_gl.h"

GstCaps *composite_gl_caps(void)
{
    return NULL;
}

struct composite_gl *composite_gl_create(void)
{
    return NULL;
}

void composite_gl_destroy(struct composite_gl *composite)
{
}

bool composite_gl_draw(struct composite_gl *composite, const GstVideoInfo *info, GstBuffer *buffer,
                       GstVideoOverlayComposition *composition, struct error *err)
{
    error_set(err, ERROR_SYSTEM, "built without GL");
    return false;
}

uint64_t composite_gl_uploaded(const struct composite_gl *composite)
{
    return 0;
}
