#include "video/undertaker.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

enum { SLOW_MS = 1000 };

struct job {
    GstElement *pipeline;   // a reference
    bool is_burial;
    GMainContext *context;  // a reference; NULL without `buried`
    void (*buried)(void *data);
    void *data;
};

static GMutex lock;
static GCond changed;
static int burials;  // under way; guarded by lock

struct notice {
    void (*buried)(void *data);
    void *data;
};

static gboolean deliver(void *data)
{
    struct notice *notice = data;
    notice->buried(notice->data);
    return G_SOURCE_REMOVE;
}

/* Never runs in this thread, as g_main_context_invoke() might. */
static void notify(const struct job *job)
{
    struct notice *notice = xmalloc(sizeof(*notice));
    *notice = (struct notice){job->buried, job->data};
    GSource *source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, deliver, notice, free);
    g_source_attach(source, job->context);
    g_source_unref(source);
}

/* A start that comes late, after the burial, must not wake the dead. The state lock is recursive. */
static void change_state(const struct job *job)
{
    if (job->is_burial)
        g_object_set_data(G_OBJECT(job->pipeline), "buried", GINT_TO_POINTER(1));
    GST_STATE_LOCK(job->pipeline);
    if (job->is_burial)
        gst_element_set_state(job->pipeline, GST_STATE_NULL);
    else if (!g_object_get_data(G_OBJECT(job->pipeline), "buried"))
        gst_element_set_state(job->pipeline, GST_STATE_PLAYING);
    GST_STATE_UNLOCK(job->pipeline);
}

static void *work(void *data)
{
    struct job *job = data;
    int64_t before_ms = clock_monotonic_ms();
    change_state(job);
    if (clock_monotonic_ms() - before_ms > SLOW_MS)
        log_debug("video", "a pipeline took %.1f s to %s", (double)(clock_monotonic_ms() - before_ms) / 1000,
            job->is_burial ? "end" : "start");
    gst_object_unref(job->pipeline);
    if (job->buried)
        notify(job);
    g_clear_pointer(&job->context, g_main_context_unref);
    if (job->is_burial) {
        g_mutex_lock(&lock);
        burials--;
        g_cond_broadcast(&changed);
        g_mutex_unlock(&lock);
    }
    free(job);
    return NULL;
}

static void run(const struct job *job)
{
    struct job *copy = xmalloc(sizeof(*copy));
    *copy = *job;
    if (job->is_burial) {
        g_mutex_lock(&lock);
        burials++;
        g_mutex_unlock(&lock);
    }
    g_thread_unref(g_thread_new(job->is_burial ? "bury" : "start", work, copy));
}

void undertaker_start(GstElement *pipeline)
{
    run(&(struct job){.pipeline = gst_object_ref(pipeline)});
}

void undertaker_bury(GstElement *pipeline, GMainContext *context, void (*buried)(void *data), void *data)
{
    run(&(struct job){
        .pipeline = pipeline, .is_burial = true,
        .context = buried ? g_main_context_ref(context) : NULL, .buried = buried, .data = data,
    });
}

void undertaker_update_latency(GstElement *pipeline)
{
    if (!GST_STATE_TRYLOCK(pipeline))
        return;
    gst_bin_recalculate_latency(GST_BIN(pipeline));
    GST_STATE_UNLOCK(pipeline);
}

bool undertaker_wait(int timeout_ms)
{
    gint64 until = g_get_monotonic_time() + timeout_ms * (gint64)1000;
    g_mutex_lock(&lock);
    while (burials > 0 && g_cond_wait_until(&changed, &lock, until)) {}
    bool is_done = burials == 0;
    g_mutex_unlock(&lock);
    return is_done;
}
