#include "video/pump.h"

#include <gst/video/video.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "video/dimmer.h"
#include "video/inflow.h"
#include "video/mix.h"
#include "video/music.h"

enum {
    CATCH_UP_MS = 1000,  // a pump that was held up makes up for so much; beyond, ticks are left out
    DIM_AFTER_MS = 200,  // without a new picture: well before the hold time is over
    FEED_RAMP_MS = 5,    // from one input's sound to another's
    MUSIC_RAMP_MS = 500,
};

/* The last picture on air, while it may have to hold. */
struct last {
    GstBuffer *picture;  // a reference; NULL: none
    enum chooser_input input;
    int64_t since_ns;    // when it was first shown
    bool is_offered;     // to the dimmer
};

struct pump {
    struct pump_options options;
    const struct program *program;
    GThread *thread;
    struct last last;         // the pump's thread alone, down to the next blank line
    struct dimmer *dimmer;    // NULL: the still picture holds
    float *sounds[PUMP_FEEDS + 1];  // of one tick; the music's comes last
    float gains[PUMP_FEEDS + 1];

    GMutex lock;  // guards all down to the next blank line; never held while a sink is called
    bool is_ending;
    struct inflow *feeds[PUMP_FEEDS];
    struct chooser chooser;
    struct pump_health health;
    uint64_t fps_ticks;
    int64_t fps_since_ns;

    GMutex sinks_lock;
    struct list sinks;  // pump_sink.link
};

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

/* Only a picture that a person still wants to see may hold. */
static bool may_dim(const struct pump *pump)
{
    return pump->last.picture && (pump->chooser.wish == CHOOSER_AUTO
        || pump->last.input == (pump->chooser.wish == CHOOSER_ONLY_MAIN ? CHOOSER_MAIN : CHOOSER_BACKUP));
}

/* The picture for a tick without one; borrowed. */
static GstBuffer *find_holding(struct pump *pump)
{
    GstBuffer *dimmed = pump->dimmer && may_dim(pump) ? dimmer_result(pump->dimmer) : NULL;
    return dimmed ? dimmed : pump->options.holding;
}

/* With a repeated picture the dimmer begins in good time; with none at the latest. */
static void prepare_holding(struct pump *pump, const struct inflow_take *take, int64_t now_ns)
{
    struct last *last = &pump->last;
    if (!pump->dimmer)
        return;
    if (take && take->choice == PICKER_NEW) {
        gst_buffer_replace(&last->picture, take->picture);
        *last = (struct last){last->picture, pump->chooser.shown, now_ns, false};
    } else if (last->picture && !last->is_offered && now_ns - last->since_ns >= DIM_AFTER_MS * NS_PER_MS) {
        dimmer_offer(pump->dimmer, last->picture);
        last->is_offered = true;
    }
}

/* A feed that comes on air while it repeats a picture shows it anew. With the lock. */
static enum picker_choice choose(struct pump *pump, struct inflow_take *takes, int64_t due_ns, GstBuffer **picture)
{
    enum chooser_has has[CHOOSER_INPUTS];
    for (int i = 0; i < CHOOSER_INPUTS; i++)
        has[i] = takes[i].picture ? CHOOSER_PICTURE : takes[i].is_sound_only ? CHOOSER_SOUND_ONLY : CHOOSER_NOTHING;
    enum chooser_input before = pump->chooser.shown, shown = chooser_tick(&pump->chooser, due_ns, has);
    struct inflow_take *take = shown == CHOOSER_NONE || !takes[shown].picture ? NULL : &takes[shown];
    if (shown != before && take)
        take->choice = PICKER_NEW;
    prepare_holding(pump, take, due_ns);
    *picture = gst_buffer_ref(take ? take->picture : find_holding(pump));
    return take ? take->choice : PICKER_HOLD;
}

/* Whose sound goes out: PUMP_FEEDS is the music. A picture that stops alone costs its sound nothing. */
static enum pump_feed find_sound(const struct pump *pump, const struct inflow_take *takes)
{
    if (pump->options.has_own_sound && (takes[PUMP_SOUND].has_sound || pump->chooser.shown != CHOOSER_NONE))
        return PUMP_SOUND;
    if (pump->options.has_own_sound)
        return PUMP_FEEDS;
    if (pump->chooser.shown != CHOOSER_NONE)
        return (enum pump_feed)pump->chooser.shown;
    enum chooser_wish wish = pump->chooser.wish;
    if (wish != CHOOSER_ONLY_BACKUP && takes[PUMP_MAIN].has_sound)
        return PUMP_MAIN;
    return wish != CHOOSER_ONLY_MAIN && takes[PUMP_BACKUP].has_sound ? PUMP_BACKUP : PUMP_FEEDS;
}

static void mix(struct pump *pump, enum pump_feed heard, float *out, size_t frames)
{
    bool is_music = pump->options.music && (heard == PUMP_FEEDS || pump->gains[PUMP_FEEDS] > 0);
    if (is_music)
        music_read(pump->options.music, pump->sounds[PUMP_FEEDS], frames);
    memset(out, 0, frames * PROGRAM_CHANNELS * sizeof(*out));
    for (int i = 0; i < (is_music ? PUMP_FEEDS + 1 : PUMP_FEEDS); i++) {
        int ramp_ms = i == PUMP_FEEDS ? MUSIC_RAMP_MS : FEED_RAMP_MS;
        mix_add(out, pump->sounds[i], frames, &pump->gains[i], i == (int)heard ? 1 : 0,
            1000.0f / (float)(PROGRAM_RATE * ramp_ms));
    }
    mix_clean(out, frames);
}

/* A camera and the microphone beside it are due together, whichever needs longer. With the lock. */
static void align(struct pump *pump)
{
    enum chooser_input shown = pump->chooser.shown;
    if (!pump->options.has_own_sound || shown == CHOOSER_NONE)
        return;
    inflow_set_least_delay(pump->feeds[PUMP_SOUND], inflow_own_delay(pump->feeds[shown]));
    inflow_set_least_delay(pump->feeds[shown], inflow_own_delay(pump->feeds[PUMP_SOUND]));
}

/* True: another input is shown from this tick on, or none. */
static bool make_tick(struct pump *pump, struct pump_tick *tick, float *sound, size_t frames)
{
    struct inflow_take takes[PUMP_FEEDS];
    int64_t due_ns = program_tick_ns(pump->program, tick->number);
    g_mutex_lock(&pump->lock);
    for (int i = 0; i < PUMP_FEEDS; i++)
        takes[i] = inflow_take(pump->feeds[i], tick->number, pump->sounds[i]);
    tick->choice = choose(pump, takes, due_ns, &tick->picture);
    enum pump_feed heard = find_sound(pump, takes);
    align(pump);
    count(pump, tick->choice, due_ns);
    bool is_change = pump->health.shown != pump->chooser.shown;
    if (is_change) {
        pump->health.shown = pump->chooser.shown;
        pump->health.shown_since_ms = clock_unix_ms();
    }
    g_mutex_unlock(&pump->lock);
    mix(pump, heard, sound, frames);
    return is_change;
}

static void handle_tick(struct pump *pump, uint64_t number, bool is_jump)
{
    GstMapInfo map;
    GstBuffer *sound = make_sound(pump->program, number, &map);
    struct pump_tick tick = {.number = number, .holding = pump->options.holding, .sound = sound, .is_jump = is_jump};
    bool is_change = make_tick(pump, &tick, (float *)(void *)map.data, map.size / sizeof(float) / PROGRAM_CHANNELS);
    gst_buffer_unmap(sound, &map);
    give(pump, &tick);
    gst_buffer_unref(tick.picture);
    gst_buffer_unref(sound);
    if (is_change && pump->options.on_shown)
        pump->options.on_shown(pump->options.data);
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

struct pump *pump_create(const struct pump_options *options)
{
    struct pump *pump = xcalloc(1, sizeof(*pump));
    pump->options = *options;
    pump->program = options->program;
    chooser_init(&pump->chooser);
    pump->health.shown = CHOOSER_NONE;
    pump->health.shown_since_ms = clock_unix_ms();
    list_init(&pump->sinks);
    g_mutex_init(&pump->lock);
    g_mutex_init(&pump->sinks_lock);
    for (int i = 0; i < PUMP_FEEDS; i++)
        pump->feeds[i] = inflow_create(pump->program);
    size_t frames = (size_t)program_tick_sample(pump->program, 1) + 1;
    for (int i = 0; i <= PUMP_FEEDS; i++)
        pump->sounds[i] = xcalloc(frames * PROGRAM_CHANNELS, sizeof(float));
    if (options->is_dimming)
        pump->dimmer = dimmer_create(pump->program);
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
    dimmer_destroy(pump->dimmer);
    gst_buffer_replace(&pump->last.picture, NULL);
    for (int i = 0; i < PUMP_FEEDS; i++)
        inflow_destroy(pump->feeds[i]);
    for (int i = 0; i <= PUMP_FEEDS; i++)
        free(pump->sounds[i]);
    gst_buffer_unref(pump->options.holding);
    g_mutex_clear(&pump->lock);
    g_mutex_clear(&pump->sinks_lock);
    free(pump);
}

void pump_begin(struct pump *pump, enum pump_feed feed, unsigned generation, bool is_clocked)
{
    g_mutex_lock(&pump->lock);
    inflow_begin(pump->feeds[feed], generation, is_clocked);
    g_mutex_unlock(&pump->lock);
}

void pump_end(struct pump *pump, enum pump_feed feed, unsigned generation, bool is_whole)
{
    g_mutex_lock(&pump->lock);
    inflow_end(pump->feeds[feed], generation, is_whole);
    g_mutex_unlock(&pump->lock);
}

void pump_set_latency(struct pump *pump, enum pump_feed feed, unsigned generation, int64_t latency_ns)
{
    g_mutex_lock(&pump->lock);
    inflow_set_latency(pump->feeds[feed], generation, latency_ns);
    g_mutex_unlock(&pump->lock);
}

void pump_select(struct pump *pump, enum chooser_wish wish)
{
    g_mutex_lock(&pump->lock);
    pump->chooser.wish = wish;
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

void pump_add_video(struct pump *pump, enum pump_feed feed, unsigned generation, int64_t stamp_ns, GstBuffer *buffer)
{
    if (gst_buffer_get_meta(buffer, GST_VIDEO_CAPTION_META_API_TYPE)) {
        buffer = gst_buffer_make_writable(buffer);
        gst_buffer_foreach_meta(buffer, strip_meta, NULL);
    }
    g_mutex_lock(&pump->lock);
    inflow_add_video(pump->feeds[feed], generation, stamp_ns, program_now_ns(pump->program), buffer);
    g_mutex_unlock(&pump->lock);
}

void pump_add_audio(struct pump *pump, enum pump_feed feed, unsigned generation, int64_t stamp_ns, const float *samples,
    size_t frames, bool has_picture)
{
    g_mutex_lock(&pump->lock);
    inflow_add_audio(pump->feeds[feed], generation, stamp_ns, program_now_ns(pump->program), samples, frames, has_picture);
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
    health->wish = pump->chooser.wish;
    for (int i = 0; i < PUMP_FEEDS; i++)
        health->last_sample_ns[i] = inflow_last_sample_ns(pump->feeds[i]);
    g_mutex_unlock(&pump->lock);
}
