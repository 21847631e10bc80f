/*
 * holding.h - the picture that stands in while there is no input: drawn here, or an image file.
 * Made once; every tick that holds shares the one buffer. Thread: the maker's; may block while an image is decoded.
 */
#pragma once

#include <gst/gst.h>

struct error;
struct program;

/* The built-in one: dusk, and two choirs of arcs that answer each other. Never fails. */
GstBuffer *holding_draw(const struct program *program);

/* An image, fitted into the picture with borders. NULL: err says why. */
GstBuffer *holding_load(const struct program *program, const char *path, struct error *err);
