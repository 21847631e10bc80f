/*
 * setup.h - GStreamer made ready for us, once a process: its debug output through our log (which knows what to
 * hide), our own element registered, hardware decoders out of the way. Thread: any.
 */
#pragma once

#include <stdbool.h>

struct error;

bool setup_gstreamer(struct error *err);

/* False: err names the element and the package that has it. */
bool setup_has_element(const char *name, struct error *err);
