#include "video/music.h"

#include <gst/app/gstappsink.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "video/program.h"
#include "video/setup.h"
#include "video/undertaker.h"

enum { ROOM_FRAMES = PROGRAM_RATE * 2, RETRY_S = 30 };

/* What the streaming threads and the reader share; it outlives the music until the last pipeline is buried. */
struct store {
    int references;      // atomic: the music's and one a pipeline
    GMutex lock;         // guards the rest
    GCond has_room;
    unsigned round;      // whose sound is wanted; a pipeline of another one is over
    bool has_delivered;  // in this round
    size_t first, count; // frames
    float samples[ROOM_FRAMES * PROGRAM_CHANNELS];
};

/* One time through the file. */
struct round {
    struct store *store;
    unsigned number;
};

struct music {
    GMainContext *context;
    char *path;
    struct store *store;
    GstElement *pipeline;  // owned; NULL between two
    GSource *bus_watch, *timer;
    bool has_complained;
};

static void unref_store(struct store *store)
{
    if (!g_atomic_int_dec_and_test(&store->references))
        return;
    g_mutex_clear(&store->lock);
    g_cond_clear(&store->has_room);
    free(store);
}

static void end_round(void *data)
{
    struct round *round = data;
    unref_store(round->store);
    free(round);
}

/* ---- From the file to memory: the pipeline's own thread, which waits while there is no room ---- */

static void append(struct store *store, const float *samples, size_t frames)
{
    while (frames > 0) {
        size_t at = (store->first + store->count) % ROOM_FRAMES;
        size_t part = MIN(frames, ROOM_FRAMES - at);
        memcpy(store->samples + at * PROGRAM_CHANNELS, samples, part * PROGRAM_CHANNELS * sizeof(*samples));
        store->count += part;
        samples += part * PROGRAM_CHANNELS;
        frames -= part;
    }
}

static GstFlowReturn handle_sample(GstAppSink *sink, void *data)
{
    const struct round *round = data;
    struct store *store = round->store;
    g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
    GstMapInfo map;
    if (!sample || !gst_buffer_map(gst_sample_get_buffer(sample), &map, GST_MAP_READ))
        return GST_FLOW_OK;
    const float *samples = (const float *)(const void *)map.data;
    size_t frames = map.size / sizeof(float) / PROGRAM_CHANNELS;
    g_mutex_lock(&store->lock);
    store->has_delivered = store->has_delivered || (frames > 0 && round->number == store->round);
    while (frames > 0 && round->number == store->round) {
        size_t part = MIN(frames, ROOM_FRAMES - store->count);
        append(store, samples, part);
        samples += part * PROGRAM_CHANNELS;
        frames -= part;
        if (frames > 0)
            g_cond_wait(&store->has_room, &store->lock);
    }
    bool is_wanted = round->number == store->round;
    g_mutex_unlock(&store->lock);
    gst_buffer_unmap(gst_sample_get_buffer(sample), &map);
    return is_wanted ? GST_FLOW_OK : GST_FLOW_EOS;
}

void music_read(struct music *music, float *out, size_t frames)
{
    struct store *store = music->store;
    g_mutex_lock(&store->lock);
    size_t there = MIN(frames, store->count);
    for (size_t done = 0; done < there;) {
        size_t part = MIN(there - done, ROOM_FRAMES - store->first);
        memcpy(out + done * PROGRAM_CHANNELS, store->samples + store->first * PROGRAM_CHANNELS,
            part * PROGRAM_CHANNELS * sizeof(*out));
        store->first = (store->first + part) % ROOM_FRAMES;
        done += part;
    }
    store->count -= there;
    g_cond_broadcast(&store->has_room);
    g_mutex_unlock(&store->lock);
    memset(out + there * PROGRAM_CHANNELS, 0, (frames - there) * PROGRAM_CHANNELS * sizeof(*out));
}

/* ---- Rounds ---- */

static void begin(struct music *music);

static gboolean handle_timer(void *data)
{
    struct music *music = data;
    g_clear_pointer(&music->timer, g_source_unref);
    begin(music);
    return G_SOURCE_REMOVE;
}

static void begin_in(struct music *music, guint seconds)
{
    music->timer = g_timeout_source_new_seconds(seconds);
    g_source_set_callback(music->timer, handle_timer, music, NULL);
    g_source_attach(music->timer, music->context);
}

/* True: it had sounded. */
static bool end_pipeline(struct music *music)
{
    if (!music->pipeline)
        return false;
    g_mutex_lock(&music->store->lock);
    bool has_delivered = music->store->has_delivered;
    music->store->has_delivered = false;
    music->store->round++;
    g_cond_broadcast(&music->store->has_room);
    g_mutex_unlock(&music->store->lock);
    g_source_destroy(music->bus_watch);
    g_clear_pointer(&music->bus_watch, g_source_unref);
    undertaker_bury(g_steal_pointer(&music->pipeline), NULL, NULL, NULL);
    return has_delivered;
}

static void complain(struct music *music, const char *why)
{
    if (!music->has_complained)
        log_warn("video/music", "music \"%s\": %s; holding is silent, tried again every %d s", music->path, why, RETRY_S);
    music->has_complained = true;
}

static void handle_error(struct music *music, GstMessage *message)
{
    g_autoptr(GError) error = NULL;
    gst_message_parse_error(message, &error, NULL);
    g_autofree char *words = setup_words(error);
    complain(music, words);
    end_pipeline(music);
    begin_in(music, RETRY_S);
}

static gboolean handle_message(GstBus *bus, GstMessage *message, void *data)
{
    struct music *music = data;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        handle_error(music, message);
        return G_SOURCE_REMOVE;
    }
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_EOS)
        return G_SOURCE_CONTINUE;
    bool has_sound = end_pipeline(music);
    if (has_sound) {
        music->has_complained = false;
        begin(music);
    } else {
        complain(music, "there is no sound in it");
        begin_in(music, RETRY_S);
    }
    return G_SOURCE_REMOVE;
}

static GstElement *build(struct music *music, struct round *round)
{
    g_autoptr(GError) error = NULL;
    GstElement *pipeline = gst_parse_launch_full("filesrc name=src ! decodebin ! audioconvert ! audioresample "
        "! appsink name=sink sync=false max-buffers=4", NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    if (!pipeline) {
        complain(music, error->message);
        end_round(round);
        return NULL;
    }
    g_autoptr(GstElement) source = gst_bin_get_by_name(GST_BIN(pipeline), "src");
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    g_autoptr(GstCaps) caps = program_audio_caps();
    g_object_set(source, "location", music->path, NULL);
    gst_app_sink_set_caps(GST_APP_SINK(sink), caps);
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &(GstAppSinkCallbacks){.new_sample = handle_sample}, round, end_round);
    return pipeline;
}

static void begin(struct music *music)
{
    struct error err;
    if (!setup_is_file(music->path, &err)) {
        complain(music, err.text);
        begin_in(music, RETRY_S);
        return;
    }
    struct round *round = xmalloc(sizeof(*round));
    *round = (struct round){music->store, music->store->round};
    g_atomic_int_inc(&music->store->references);
    music->pipeline = build(music, round);
    if (!music->pipeline)
        return;
    g_autoptr(GstBus) bus = gst_element_get_bus(music->pipeline);
    music->bus_watch = gst_bus_create_watch(bus);
    g_source_set_callback(music->bus_watch, G_SOURCE_FUNC(handle_message), music, NULL);
    g_source_attach(music->bus_watch, music->context);
    undertaker_start(music->pipeline);
}

struct music *music_create(GMainContext *context, const char *path)
{
    struct music *music = xcalloc(1, sizeof(*music));
    music->context = context;
    music->path = xstrdup(path);
    music->store = xcalloc(1, sizeof(*music->store));
    music->store->references = 1;
    g_mutex_init(&music->store->lock);
    g_cond_init(&music->store->has_room);
    begin(music);
    return music;
}

void music_end(struct music *music)
{
    end_pipeline(music);
    if (music->timer)
        g_source_destroy(music->timer);
    g_clear_pointer(&music->timer, g_source_unref);
}

void music_destroy(struct music *music)
{
    if (!music)
        return;
    music_end(music);
    unref_store(music->store);
    free(music->path);
    free(music);
}
