#include "video/setup.h"

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "video/antiphonoverlay.h"
#include "video/framing.h"

/* GST_DEBUG shows addresses with their stream keys: it goes where secrets are struck out. */
static void handle_debug(GstDebugCategory *category, GstDebugLevel level, const gchar *file,
    const gchar *function, gint line, GObject *object, GstDebugMessage *message, gpointer data)
{
    char where[64];
    g_snprintf(where, sizeof(where), "gstreamer/%s", gst_debug_category_get_name(category));
    enum log_level ours = level == GST_LEVEL_ERROR || level == GST_LEVEL_WARNING ? LOG_WARN : LOG_INFO;
    /* Without the object's lock, which whoever logs may hold. */
    const char *element = object && GST_IS_OBJECT(object) ? GST_OBJECT_NAME(object) : NULL;
    log_write(ours, where, "%s%s%s:%d: %s", element ? element : "", element ? " " : "", function, line,
        gst_debug_message_get(message));
}

/* They hand out memory that is not ours to read, or fail on the first frame; a software decoder always works. */
static void lower_hardware_decoders(void)
{
    GList *features = gst_element_factory_list_get_elements(GST_ELEMENT_FACTORY_TYPE_DECODER, GST_RANK_MARGINAL);
    for (GList *at = features; at; at = at->next) {
        const char *klass = gst_element_factory_get_metadata(at->data, GST_ELEMENT_METADATA_KLASS);
        if (klass && strstr(klass, "Hardware"))
            gst_plugin_feature_set_rank(GST_PLUGIN_FEATURE(at->data), GST_RANK_NONE);
    }
    gst_plugin_feature_list_free(features);
}

static gpointer set_up(gpointer data)
{
    struct error *err = data;
    g_autoptr(GError) error = NULL;
    gst_debug_remove_log_function(gst_debug_log_default);
    if (!gst_init_check(NULL, NULL, &error)) {
        error_set(err, ERROR_SYSTEM, "GStreamer does not start: %s", error ? error->message : "no reason given");
        return GINT_TO_POINTER(false + 1);
    }
    gst_debug_add_log_function(handle_debug, NULL, NULL);
    lower_hardware_decoders();
    if (!antiphonoverlay_register()) {
        error_set(err, ERROR_SYSTEM, "GStreamer does not take the element antiphonoverlay");
        return GINT_TO_POINTER(false + 1);
    }
    if (!framing_register()) {
        error_set(err, ERROR_SYSTEM, "GStreamer does not take the element antiphonframing");
        return GINT_TO_POINTER(false + 1);
    }
    return GINT_TO_POINTER(true + 1);
}

bool setup_gstreamer(struct error *err)
{
    static GOnce once = G_ONCE_INIT;
    g_once(&once, set_up, err);
    return GPOINTER_TO_INT(once.retval) - 1;
}

static const struct {
    const char *element, *package;
} packages[] = {
    {"x264enc", "gstreamer1.0-plugins-ugly"},
    {"avenc_aac", "gstreamer1.0-libav"},
    {"avdec_h264", "gstreamer1.0-libav"},
    {"srtsink", "gstreamer1.0-plugins-bad"},
    {"srtsrc", "gstreamer1.0-plugins-bad"},
    {"tsdemux", "gstreamer1.0-plugins-bad"},
    {"rtmp2sink", "gstreamer1.0-plugins-bad"},
    {"rtmp2src", "gstreamer1.0-plugins-bad"},
    {"mpegtsmux", "gstreamer1.0-plugins-bad"},
    {"h264parse", "gstreamer1.0-plugins-bad"},
    {"shmsrc", "gstreamer1.0-plugins-bad"},
    {"matroskamux", "gstreamer1.0-plugins-good"},
    {"mp4mux", "gstreamer1.0-plugins-good"},
    {"flvmux", "gstreamer1.0-plugins-good"},
    {"flvdemux", "gstreamer1.0-plugins-good"},
    {"udpsrc", "gstreamer1.0-plugins-good"},
    {"aacparse", "gstreamer1.0-plugins-good"},
    {"rtspsrc", "gstreamer1.0-plugins-good"},
    {"rtph264depay", "gstreamer1.0-plugins-good"},
    {"v4l2src", "gstreamer1.0-plugins-good"},
    {"ximagesrc", "gstreamer1.0-plugins-good"},
    {"pulsesrc", "gstreamer1.0-plugins-good"},
    {"deinterlace", "gstreamer1.0-plugins-good"},
    {"splitmuxsink", "gstreamer1.0-plugins-good"},
    {"v4l2sink", "gstreamer1.0-plugins-good"},
    {"ximagesink", "gstreamer1.0-x"},
    {"pipewiresink", "gstreamer1.0-pipewire"},
    {"pipewiresrc", "gstreamer1.0-pipewire"},
};

bool setup_has_element(const char *name, struct error *err)
{
    g_autoptr(GstElementFactory) factory = gst_element_factory_find(name);
    if (factory)
        return true;
    const char *package = "gstreamer1.0-plugins-base";
    for (size_t i = 0; i < G_N_ELEMENTS(packages); i++) {
        if (g_str_equal(packages[i].element, name))
            package = packages[i].package;
    }
    return error_set(err, ERROR_SYSTEM, "GStreamer has no element \"%s\"; install the package %s", name, package);
}

bool setup_is_file(const char *path, struct error *err)
{
    GStatBuf status;
    if (g_stat(path, &status) < 0 || access(path, R_OK) < 0)
        return error_set(err, ERROR_AGAIN, "there is no such file, or it may not be read");
    return S_ISREG(status.st_mode) || S_ISBLK(status.st_mode) || error_set(err, ERROR_AGAIN, "this is a %s; expected a file",
        S_ISDIR(status.st_mode) ? "folder" : "pipe or device");
}

char *setup_words(const GError *error)
{
    char *words = g_strstrip(g_strdup(error->message));
    size_t len = strlen(words);
    if (len > 0 && words[len - 1] == '.')
        words[len - 1] = '\0';
    return words;
}

/* As srtsrc, srtsink, udpsrc and rtspsrc say it (gst 1.22): the reason stands in the details, behind the place in their source. */
char *setup_words_of(const GError *error, const char *debug)
{
    static const char prefix[] = "Failed to open SRT: ";
    const char *reason = debug ? strrchr(debug, '\n') : NULL;
    bool is_empty = g_str_has_prefix(error->message, "Could not open resource")
        || g_str_has_prefix(error->message, "Could not get/set settings");
    if (!is_empty || !reason || !reason[1])
        return setup_words(error);
    reason += g_str_has_prefix(reason + 1, prefix) ? strlen(prefix) + 1 : 1;
    if (strstr(reason, "Cannot bind") || strstr(reason, "bind failed"))
        return g_strdup("the port cannot be opened: another program has it, or the address is not this machine's");
    g_autoptr(GError) detailed = g_error_new_literal(error->domain, error->code, reason);
    return setup_words(detailed);
}
