/*
 * boxes.h - short lists of boxes that cover what changed. Behind the door of frame.h. Thread: any.
 */
#pragma once

#include <stddef.h>

#include "frame/frame.h"

struct boxes {
    size_t count;
    struct frame_box list[FRAME_DAMAGE_BOXES];
};

/* Leaves out what another box covers; once there are too many, all become one around them. */
void boxes_add(struct boxes *boxes, const struct frame_box *box);
