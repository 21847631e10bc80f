/*
 * framing.h - the program's picture brought to the shape of a destination: cropped, or whole on a softened, darkened
 * enlargement of itself. All edges lie on even pixels, so that colours stay where they are; pixels stay square. The work is
 * done by an element of our own, "antiphonframing" (I420), one pass over the pixels that are seen. Thread: any.
 */
#pragma once

#include <stdbool.h>

#include "video/terms.h"

struct framing {
    int from_width_px, from_height_px;  // even, these four
    int to_width_px, to_height_px;
    enum studio_fit fit;
    double focus;                       // STUDIO_CROP: centre of what stays along the side that is cut, 0..1
};

struct framing_box {
    int x, y, width, height;  // all even
};

/* What part of the program is seen, and where in the destination's picture it stands. */
void framing_place(const struct framing *framing, struct framing_box *from, struct framing_box *to);

/* For gst_parse_launch(), "… ! " or "" where there is nothing to do; the caller g_free()s. */
char *framing_describe(const struct framing *framing);

/* GStreamer knows the element then; again does no harm. */
bool framing_register(void);
