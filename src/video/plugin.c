/* plugin.c - libgstantiphon.so, for gst-launch-1.0 and other people's pipelines. */
#define PACKAGE "antiphon"

#include <gst/gst.h>

#include "video/antiphonoverlay.h"

static gboolean plugin_init(GstPlugin *plugin)
{
    return GST_ELEMENT_REGISTER(antiphonoverlay, plugin);
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, antiphon, "Overlay of antiphon's views", plugin_init,
                  ANTIPHON_VERSION, "MIT/X11", "antiphon", "https://antiphon.invalid/")
