#include "video/preview.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include "base/log.h"
#include "video/undertaker.h"

enum {
    USUAL_MS = 2000, QUALITY = 70,
    STUCK_MS = 10000,  // so long for one picture: it will not come
};

/* Shared by its owner, the pads' probes and what is under way. */
struct preview {
    struct preview_options options;  // on_picture NULL: it was destroyed

    GMutex lock;         // guards the rest
    bool is_wanted;
    GstElement *maker;   // owned; NULL: none yet, or none wanted
    GstElement *source;  // owned, of the maker
    GstVideoInfo form;   // that the maker was built for
    gint64 due_us, busy_us;  // busy_us: since when a picture is being made; 0: none is
};

static void clear(void *data)
{
    struct preview *preview = data;
    g_mutex_clear(&preview->lock);
}

static void unref(void *preview)
{
    g_atomic_rc_box_release_full(preview, clear);
}

/* ---- What is made, on the maker's thread; told on the context's ---- */

struct made {
    struct preview *preview;
    GBytes *jpeg;
};

static void free_made(void *data)
{
    struct made *made = data;
    g_bytes_unref(made->jpeg);
    unref(made->preview);
    g_free(made);
}

static gboolean tell(void *data)
{
    const struct made *made = data;
    const struct preview_options *options = &made->preview->options;
    gsize len;
    const void *jpeg = g_bytes_get_data(made->jpeg, &len);
    if (options->on_picture)
        options->on_picture(options->data, jpeg, len);
    return G_SOURCE_REMOVE;
}

static void hand_over(struct preview *preview, const GstMapInfo *map)
{
    struct made *made = g_new(struct made, 1);
    *made = (struct made){g_atomic_rc_box_acquire(preview), g_bytes_new(map->data, map->size)};
    g_main_context_invoke_full(preview->options.context, G_PRIORITY_LOW, tell, made, free_made);
}

static GstFlowReturn handle_jpeg(GstAppSink *sink, void *data)
{
    struct preview *preview = data;
    GstMapInfo map;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    GstBuffer *buffer = sample ? gst_sample_get_buffer(sample) : NULL;
    if (buffer && gst_buffer_map(buffer, &map, GST_MAP_READ)) {
        if (map.size <= PREVIEW_BYTES_MAX)
            hand_over(preview, &map);
        gst_buffer_unmap(buffer, &map);
    }
    g_mutex_lock(&preview->lock);
    preview->busy_us = 0;
    g_mutex_unlock(&preview->lock);
    return GST_FLOW_OK;
}

/* ---- The maker: built on the context's thread, because that takes a millisecond ---- */

/* The longer side is PREVIEW_PX at most; even, as chroma wants it. */
static void fit(const GstVideoInfo *form, int *width, int *height)
{
    int longer = MAX(form->width, form->height), px = MIN(longer, PREVIEW_PX);
    *width = MAX(form->width * px / longer / 2 * 2, 2);
    *height = MAX(form->height * px / longer / 2 * 2, 2);
}

static void build_maker(struct preview *preview, const GstVideoInfo *form)
{
    int width, height;
    fit(form, &width, &height);
    g_autofree char *text = g_strdup_printf("appsrc name=in format=time ! videoconvert ! videoscale method=bilinear "
        "! video/x-raw,format=I420,width=%d,height=%d,pixel-aspect-ratio=1/1 ! jpegenc quality=%d "
        "! appsink name=out sync=false async=false enable-last-sample=false", width, height, QUALITY);
    g_autoptr(GError) error = NULL;
    GstElement *maker = gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    if (!maker) {
        log_warn("video/preview", "no small pictures: %s", error->message);
        return;
    }
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(maker), "out");
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &(GstAppSinkCallbacks){.new_sample = handle_jpeg},
        g_atomic_rc_box_acquire(preview), unref);
    undertaker_start(maker);
    g_mutex_lock(&preview->lock);
    preview->maker = maker;
    preview->source = gst_bin_get_by_name(GST_BIN(maker), "in");
    preview->form = *form;
    preview->busy_us = 0;
    g_mutex_unlock(&preview->lock);
}

static void bury_maker(struct preview *preview)
{
    g_mutex_lock(&preview->lock);
    g_clear_pointer(&preview->source, gst_object_unref);
    GstElement *maker = g_steal_pointer(&preview->maker);
    g_mutex_unlock(&preview->lock);
    if (maker)
        undertaker_bury(maker, preview->options.context, NULL, NULL);
}

struct wish {
    struct preview *preview;
    GstVideoInfo form;
};

static gboolean make_maker(void *data)
{
    const struct wish *wish = data;
    struct preview *preview = wish->preview;
    bury_maker(preview);
    if (preview->is_wanted && preview->options.on_picture)
        build_maker(preview, &wish->form);
    return G_SOURCE_REMOVE;
}

static void free_wish(void *data)
{
    struct wish *wish = data;
    unref(wish->preview);
    g_free(wish);
}

/* ---- The pad's side ---- */

/* There is no maker for such pictures yet: one is asked for. With the lock. */
static void ask_for_maker(struct preview *preview, const GstVideoInfo *form, gint64 now_us)
{
    struct wish *wish = g_new(struct wish, 1);
    *wish = (struct wish){g_atomic_rc_box_acquire(preview), *form};
    preview->busy_us = now_us;
    GSource *source = g_idle_source_new();  // never run here and now, as an invocation may be
    g_source_set_callback(source, make_maker, wish, free_wish);
    g_source_attach(source, preview->options.context);
    g_source_unref(source);
}

static void take(struct preview *preview, GstPad *pad, GstBuffer *buffer, gint64 now_us)
{
    GstVideoInfo form;
    g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
    if (!caps || !gst_video_info_from_caps(&form, caps))
        return;
    if (!preview->maker || !gst_video_info_is_equal(&form, &preview->form)) {
        ask_for_maker(preview, &form, now_us);
        return;
    }
    g_autoptr(GstSample) sample = gst_sample_new(buffer, caps, NULL, NULL);
    if (gst_app_src_push_sample(GST_APP_SRC(preview->source), sample) != GST_FLOW_OK)
        return;  // it is still starting
    preview->busy_us = now_us;
    preview->due_us = now_us + (preview->options.every_ms ? preview->options.every_ms : USUAL_MS) * (gint64)1000;
}

static GstPadProbeReturn handle_buffer(GstPad *pad, GstPadProbeInfo *info, void *data)
{
    struct preview *preview = data;
    if (!__atomic_load_n(&preview->is_wanted, __ATOMIC_RELAXED))
        return GST_PAD_PROBE_OK;
    gint64 now_us = g_get_monotonic_time();
    g_mutex_lock(&preview->lock);
    bool is_free = preview->busy_us == 0 || now_us - preview->busy_us > STUCK_MS * (gint64)1000;
    if (preview->is_wanted && is_free && now_us >= preview->due_us)
        take(preview, pad, GST_PAD_PROBE_INFO_BUFFER(info), now_us);
    g_mutex_unlock(&preview->lock);
    return GST_PAD_PROBE_OK;
}

/* ---- The door ---- */

struct preview *preview_create(const struct preview_options *options)
{
    struct preview *preview = g_atomic_rc_box_new0(struct preview);
    preview->options = *options;
    g_mutex_init(&preview->lock);
    return preview;
}

void preview_destroy(struct preview *preview)
{
    if (!preview)
        return;
    preview_set_wanted(preview, false);
    preview->options.on_picture = NULL;
    unref(preview);
}

void preview_watch(struct preview *preview, GstPad *pad)
{
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, handle_buffer, g_atomic_rc_box_acquire(preview), unref);
}

void preview_set_wanted(struct preview *preview, bool is_wanted)
{
    g_mutex_lock(&preview->lock);
    __atomic_store_n(&preview->is_wanted, is_wanted, __ATOMIC_RELAXED);
    preview->due_us = 0;
    preview->busy_us = 0;
    g_mutex_unlock(&preview->lock);
    if (!is_wanted)
        bury_maker(preview);
}
