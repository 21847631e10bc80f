/*
 * setup.h - GStreamer made ready for us, once a process: its debug output through our log (which knows what to
 * hide), our own element registered, hardware decoders out of the way. Thread: any.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct error;

bool setup_gstreamer(struct error *err);

/* False: err names the element and the package that has it. */
bool setup_has_element(const char *name, struct error *err);

/* False: there is none, or not one to be read from its beginning: a pipe's open() waits for a writer, and whoever calls with it. */
bool setup_is_file(const char *path, struct error *err);

/* GStreamer's words without the full stop, to stand inside a line of ours; the caller g_free()s. */
char *setup_words(const GError *error);

/* The same, or the end of the details where the message says no more than that something went wrong. */
char *setup_words_of(const GError *error, const char *debug);
