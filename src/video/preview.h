/*
 * preview.h - a small JPEG now and then of what passes a pad. Scaling and encoding happen on a thread of its own: the
 * pad's thread pays a reference at most, and while the last picture is still being made the next is left out.
 * Nothing is made while nobody wants it. Thread: the context's.
 */
#pragma once

#include <gst/gst.h>
#include <stdbool.h>
#include <stddef.h>

struct preview;

enum { PREVIEW_PX = 320, PREVIEW_BYTES_MAX = 40 * 1024 };

struct preview_options {
    GMainContext *context;  // borrowed
    int every_ms;           // 0: 2000
    void *data;
    /* On the context's thread, not after preview_destroy(). jpeg: borrowed, PREVIEW_BYTES_MAX at most. */
    void (*on_picture)(void *data, const void *jpeg, size_t len);
};

struct preview *preview_create(const struct preview_options *options);
void preview_destroy(struct preview *preview);  // pads may go on calling; accepts NULL

/* From now on also of this pad's raw pictures. */
void preview_watch(struct preview *preview, GstPad *pad);

/* The first picture comes at once. */
void preview_set_wanted(struct preview *preview, bool is_wanted);
