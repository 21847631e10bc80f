#include "video/pump.h"

#include <gst/video/video.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "video/audio_ring.h"

enum {
    /*
     * The AAC encoder puts 1024 samples of its own in front and the containers do not say so: sound is taken
     * from the ring that much earlier, or it is 21 ms behind the picture in every output.
     */
    ENCODER_DELAY_SAMPLES = 1024,
    CATCH_UP_MS = 1000,  // a pump that was held up makes up for so much; beyond, ticks are left out
};

struct pump {
    const struct program *program;
    GstBuffer *holding;
    GThread *thread;
    // pictures go to the tick that is nearest, not to the next: half the error against the sound
    int64_t half_tick_ns;

    GMutex lock;  // guards all down to the next blank line; never held while a sink is called
    bool is_ending;
    unsigned generation;  // 0: none
    struct timeline timeline;
    struct picker *picker;
    struct audio_ring *ring;
    struct pump_health health;
    uint64_t fps_ticks;
    int64_t fps_since_ns;

    GMutex sinks_lock;
    struct list sinks;  // pump_sink.link
};

static void release(void *frame)
{
    gst_buffer_unref(frame);
}

/* Waits until the tick is due. False: the pump ends. */
static bool wait_for(struct pump *pump, uint64_t tick)
{
    GstClockTime due = pump->program->base + (GstClockTime)program_tick_ns(pump->program, tick);
    GstClockID id = gst_clock_new_single_shot_id(pump->program->clock, due);
    gst_clock_id_wait(id, NULL);
    gst_clock_id_unref(id);
    g_mutex_lock(&pump->lock);
    bool goes_on = !pump->is_ending;
    g_mutex_unlock(&pump->lock);
    return goes_on;
}

static void count(struct pump *pump, enum picker_choice choice, int64_t due_ns)
{
    struct pump_health *health = &pump->health;
    health->ticks++;
    health->live += choice == PICKER_NEW;
    health->repeated += choice == PICKER_REPEAT;
    health->held += choice == PICKER_HOLD;
    health->is_live = choice != PICKER_HOLD;
    pump->fps_ticks++;
    int64_t passed_ns = due_ns - pump->fps_since_ns;
    if (passed_ns >= NS_PER_S) {
        health->fps = (double)pump->fps_ticks * NS_PER_S / (double)passed_ns;
        pump->fps_ticks = 0;
        pump->fps_since_ns = due_ns;
    }
}

/* Room for one tick's sound; its samples differ by one from tick to tick at some rates. */
static GstBuffer *make_sound(const struct program *program, uint64_t tick, GstMapInfo *map)
{
    int64_t frames = program_tick_sample(program, tick + 1) - program_tick_sample(program, tick);
    GstBuffer *sound = gst_buffer_new_allocate(NULL, (gsize)frames * PROGRAM_CHANNELS * sizeof(float), NULL);
    gst_buffer_map(sound, map, GST_MAP_WRITE);
    return sound;
}

static void give(struct pump *pump, const struct pump_tick *tick)
{
    g_mutex_lock(&pump->sinks_lock);
    struct pump_sink *sink;
    list_for_each(sink, &pump->sinks, link)
        sink->push(sink, tick);
    g_mutex_unlock(&pump->sinks_lock);
}

static void handle_tick(struct pump *pump, uint64_t number, bool is_jump)
{
    GstMapInfo map;
    GstBuffer *sound = make_sound(pump->program, number, &map);
    int64_t due_ns = program_tick_ns(pump->program, number);
    struct pump_tick tick = {.number = number, .holding = pump->holding, .sound = sound, .is_jump = is_jump};

    g_mutex_lock(&pump->lock);
    void *frame;
    tick.choice = picker_pick(pump->picker, due_ns, timeline_offset(&pump->timeline) - pump->half_tick_ns, &frame);
    tick.picture = gst_buffer_ref(frame ? frame : pump->holding);
    audio_ring_read(pump->ring, program_tick_sample(pump->program, number), (float *)(void *)map.data,
        map.size / sizeof(float) / PROGRAM_CHANNELS);
    count(pump, tick.choice, due_ns);
    g_mutex_unlock(&pump->lock);

    gst_buffer_unmap(sound, &map);
    give(pump, &tick);
    gst_buffer_unref(tick.picture);
    gst_buffer_unref(sound);
}

/* A machine that slept, or a process that was stopped: go on at the present, never back. */
static uint64_t follow_clock(struct pump *pump, uint64_t tick)
{
    uint64_t present = program_tick_at(pump->program, program_now_ns(pump->program));
    uint64_t allowed = program_tick_at(pump->program, CATCH_UP_MS * NS_PER_MS);
    if (present <= tick + allowed)
        return tick;
    log_warn("video/pump", "held up for %" PRIu64 " frames, which are left out", present - tick);
    g_mutex_lock(&pump->lock);
    pump->health.jumped += present - tick;
    g_mutex_unlock(&pump->lock);
    return present;
}

static void *work(void *data)
{
    struct pump *pump = data;
    /* Its work is tiny and must be on time. Without the right to it, plain scheduling does as well as it can. */
    pthread_setschedparam(pthread_self(), SCHED_RR, &(struct sched_param){.sched_priority = 1});
    uint64_t tick = program_tick_at(pump->program, program_now_ns(pump->program)) + 1;
    pump->fps_since_ns = program_tick_ns(pump->program, tick - 1);
    while (wait_for(pump, tick)) {
        uint64_t next = follow_clock(pump, tick);
        handle_tick(pump, next, next != tick);
        tick = next + 1;
    }
    return NULL;
}

struct pump *pump_create(const struct program *program, GstBuffer *holding)
{
    struct pump *pump = xcalloc(1, sizeof(*pump));
    pump->program = program;
    pump->holding = holding;
    pump->half_tick_ns = program_tick_ns(program, 1) / 2;
    pump->health.last_sample_ns = -1;
    list_init(&pump->sinks);
    g_mutex_init(&pump->lock);
    g_mutex_init(&pump->sinks_lock);
    pump->picker = picker_create(&(struct picker_options){.release = release});
    pump->ring = audio_ring_create(PROGRAM_RATE, PROGRAM_CHANNELS, 4);
    pump->thread = g_thread_new("pump", work, pump);
    return pump;
}

void pump_destroy(struct pump *pump)
{
    if (!pump)
        return;
    g_mutex_lock(&pump->lock);
    pump->is_ending = true;
    g_mutex_unlock(&pump->lock);
    g_thread_join(pump->thread);
    picker_destroy(pump->picker);
    audio_ring_destroy(pump->ring);
    gst_buffer_unref(pump->holding);
    g_mutex_clear(&pump->lock);
    g_mutex_clear(&pump->sinks_lock);
    free(pump);
}

void pump_begin(struct pump *pump, unsigned generation, bool is_clocked)
{
    g_mutex_lock(&pump->lock);
    pump->generation = generation;
    timeline_begin(&pump->timeline, is_clocked);
    picker_flush(pump->picker);
    g_mutex_unlock(&pump->lock);
}

void pump_end(struct pump *pump, unsigned generation)
{
    g_mutex_lock(&pump->lock);
    if (pump->generation == generation) {
        pump->generation = 0;
        picker_flush(pump->picker);
        audio_ring_clear(pump->ring);
    }
    g_mutex_unlock(&pump->lock);
}

void pump_set_latency(struct pump *pump, unsigned generation, int64_t latency_ns)
{
    g_mutex_lock(&pump->lock);
    if (pump->generation == generation)
        timeline_set_latency(&pump->timeline, latency_ns);
    g_mutex_unlock(&pump->lock);
}

/*
 * Captions of the input would go out twice with a repeated picture and be lost with a dropped one: ours are
 * made later.
 */
static gboolean strip_meta(GstBuffer *buffer, GstMeta **meta, void *data)
{
    if ((*meta)->info->api == GST_VIDEO_CAPTION_META_API_TYPE)
        *meta = NULL;
    return TRUE;
}

/* Takes note of a sample and returns its stamp. With the lock. */
static int64_t note(struct pump *pump, enum timeline_kind kind, int64_t stamp_ns)
{
    int64_t now_ns = program_now_ns(pump->program);
    if (!GST_CLOCK_STIME_IS_VALID(stamp_ns))
        stamp_ns = now_ns - pump->timeline.anchor_ns;
    if (timeline_note(&pump->timeline, kind, stamp_ns, now_ns))
        log_debug("video/pump", "input %u anchored at %+.3f s", pump->generation,
            (double)pump->timeline.anchor_ns / NS_PER_S);
    pump->health.last_sample_ns = now_ns;
    return stamp_ns;
}

void pump_add_video(struct pump *pump, unsigned generation, int64_t stamp_ns, GstBuffer *buffer)
{
    if (gst_buffer_get_meta(buffer, GST_VIDEO_CAPTION_META_API_TYPE)) {
        buffer = gst_buffer_make_writable(buffer);
        gst_buffer_foreach_meta(buffer, strip_meta, NULL);
    }
    g_mutex_lock(&pump->lock);
    if (generation == pump->generation)
        picker_add(pump->picker, note(pump, TIMELINE_VIDEO, stamp_ns), g_steal_pointer(&buffer), 
            pump->program->width_px * (size_t)pump->program->height_px * 3 / 2);
    g_mutex_unlock(&pump->lock);
    if (buffer)
        gst_buffer_unref(buffer);
}

void pump_add_audio(struct pump *pump, unsigned generation, int64_t stamp_ns, const float *samples, size_t frames)
{
    g_mutex_lock(&pump->lock);
    if (generation == pump->generation) {
        int64_t due_ns = note(pump, TIMELINE_AUDIO, stamp_ns) + timeline_offset(&pump->timeline);
        audio_ring_write(pump->ring, program_ns_to_sample(due_ns) - ENCODER_DELAY_SAMPLES, samples, frames);
    }
    g_mutex_unlock(&pump->lock);
}

void pump_add_sink(struct pump *pump, struct pump_sink *sink)
{
    g_mutex_lock(&pump->sinks_lock);
    list_append(&pump->sinks, &sink->link);
    g_mutex_unlock(&pump->sinks_lock);
}

void pump_remove_sink(struct pump *pump, struct pump_sink *sink)
{
    g_mutex_lock(&pump->sinks_lock);
    list_remove(&sink->link);
    g_mutex_unlock(&pump->sinks_lock);
}

void pump_get_health(struct pump *pump, struct pump_health *health)
{
    g_mutex_lock(&pump->lock);
    *health = pump->health;
    g_mutex_unlock(&pump->lock);
}
