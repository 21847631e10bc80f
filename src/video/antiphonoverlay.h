/*
 * antiphonoverlay.h - the GStreamer element that lays a view over video.
 *
 *     gst-launch-1.0 … ! videoconvert ! antiphonoverlay view=main ! x264enc ! …
 *
 * It works in place, adds no latency, waits for nobody, and lets frames through untouched whenever there is nothing
 * to show. Properties: `view`, `socket`, `active`, `opacity`, `stale-ms`, `keep-ms`; to read: `state`, `sequence`,
 * `published`, `blended`, `trouble`.
 */
#pragma once

#include <stdbool.h>

#include <gst/gst.h>
#include <gst/video/gstvideofilter.h>

#define ANTIPHON_TYPE_OVERLAY (antiphon_overlay_get_type())
G_DECLARE_FINAL_TYPE(AntiphonOverlay, antiphon_overlay, ANTIPHON, OVERLAY, GstVideoFilter)

/* For plugin.c; plugin: NULL registers for this process alone. */
GST_ELEMENT_REGISTER_DECLARE(antiphonoverlay)

/* Makes "antiphonoverlay" known in this program, before its first pipeline and after gst_init(). */
bool antiphonoverlay_register(void);
