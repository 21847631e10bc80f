/* window_gl.h - the part of the window that speaks GLES 3.0. A context must be current. Thread: the loop's. */
#pragma once

#include <stdbool.h>

#include "painter/painter.h"

struct error;
struct window_gl;

/* ground: painted behind the picture; alpha 0: nothing is. NULL: err says what the driver refused. */
struct window_gl *window_gl_create(int width_px, int height_px, struct color ground, struct error *err);
void window_gl_destroy(struct window_gl *gl);  // accepts NULL

void window_gl_upload(struct window_gl *gl, const struct canvas *canvas, const struct box *boxes, size_t count);

/* The picture as large as fits in the middle of a surface of this size. */
void window_gl_draw(const struct window_gl *gl, int surface_width, int surface_height);
