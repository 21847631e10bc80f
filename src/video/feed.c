#include "video/feed.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "video/blend.h"
#include "video/scale.h"

enum { LAYERS = 3, FRESH = 4, CONVERT_WAIT_US = 100000 };

/* One of the three that go round. */
struct slot {
    struct blend_layer *layer;  // owned; NULL: not made yet
    uint64_t video;             // that it was made for
    bool is_empty;
};

struct feed {
    GThread *thread;
    int wake_fd;
    atomic_bool is_ending;
    struct slot slots[LAYERS];
    _Atomic unsigned ready;    // index of the slot that lies between the two, | FRESH when newer than the shown
    atomic_bool has_picture;   // something is to be shown at all
    uint64_t serial;           // streaming thread: the video that it set last
    unsigned shown;            // streaming thread's slot

    /* The worker's own. */
    struct frame_reader *reader;
    unsigned making;
    GstVideoInfo info;
    uint64_t video;            // serial of info; 0: none yet
    uint64_t generation;       // of the picture converted last
    uint64_t sequence;
    struct scaler *scaler;     // owned; NULL while the sizes are the same
    int32_t from_width, from_height;

    GMutex lock;  // guards what follows
    GCond converted;
    GstVideoInfo wanted_info;
    uint64_t wanted_video, converted_video;
    struct feed_status status;
};

static void wake(struct feed *feed)
{
    uint64_t one = 1;
    /* Full means that it is awake already. */
    if (write(feed->wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
        log_warn("video/feed", "wake-up: %s", strerror(errno));
}

/* ---- the worker ---- */

static void mark_all(struct feed *feed, int32_t top, int32_t bottom)
{
    for (int i = 0; i < LAYERS; i++) {
        if (feed->slots[i].layer && feed->slots[i].video == feed->video)
            blend_layer_mark(feed->slots[i].layer, top, bottom);
    }
}

static bool prepare_scaler(struct feed *feed, const struct frame_picture *picture)
{
    int32_t width = GST_VIDEO_INFO_WIDTH(&feed->info), height = GST_VIDEO_INFO_HEIGHT(&feed->info);
    scaler_destroy(feed->scaler);
    feed->scaler = NULL;
    feed->from_width = picture->width_px;
    feed->from_height = picture->height_px;
    if (picture->width_px == width && picture->height_px == height)
        return true;
    feed->scaler = scaler_create(picture->width_px, picture->height_px, width, height);
    return feed->scaler != NULL;
}

/* Notes rows of the picture as changed in all layers, through the scaler where there is one. */
static void take_rows(struct feed *feed, const struct frame_picture *picture, int32_t top, int32_t bottom)
{
    if (feed->scaler) {
        struct blend_picture source = {picture->pixels, picture->stride_bytes, picture->rows};
        scaler_update(feed->scaler, &source, &top, &bottom);
    }
    mark_all(feed, top, bottom);
}

static bool take_changes(struct feed *feed, const struct frame_picture *picture, bool is_other_video)
{
    bool is_other = is_other_video || picture->generation != feed->generation;
    if (is_other && !prepare_scaler(feed, picture))
        return false;
    if (is_other) {
        take_rows(feed, picture, 0, picture->height_px);
    } else {
        for (size_t i = 0; i < picture->damage_count; i++)
            take_rows(feed, picture, picture->damage[i].top, picture->damage[i].bottom);
    }
    feed->generation = picture->generation;
    feed->sequence = picture->sequence;
    return true;
}

/* The slot in the making belongs to us: its layer may be replaced when it is for another video. */
static bool prepare_slot(struct feed *feed, struct slot *slot)
{
    if (slot->layer && slot->video == feed->video)
        return true;
    blend_layer_destroy(slot->layer);
    slot->layer = blend_layer_create(&feed->info);
    slot->video = feed->video;
    return slot->layer != NULL;
}

static bool hand_over(struct feed *feed, const struct frame_picture *picture)
{
    struct slot *slot = &feed->slots[feed->making];
    struct blend_picture source = {picture->pixels, picture->stride_bytes, picture->rows};
    if (!prepare_slot(feed, slot))
        return false;
    if (feed->scaler)
        source = scaler_picture(feed->scaler);
    blend_layer_update(slot->layer, &source);
    slot->is_empty = blend_layer_is_empty(slot->layer);
    feed->making = atomic_exchange(&feed->ready, feed->making | FRESH) & ~(unsigned)FRESH;
    return true;
}

/* True: the streaming thread set another video. */
static bool take_video(struct feed *feed)
{
    g_mutex_lock(&feed->lock);
    bool is_other = feed->wanted_video != feed->video;
    feed->info = feed->wanted_info;
    feed->video = feed->wanted_video;
    g_mutex_unlock(&feed->lock);
    return is_other;
}

static void report(struct feed *feed, const struct frame_picture *picture)
{
    g_mutex_lock(&feed->lock);
    feed->status.state = frame_reader_state(feed->reader);
    feed->status.sequence = picture ? picture->sequence : 0;
    feed->status.published_ns = picture ? picture->published_ns : 0;
    g_strlcpy(feed->status.trouble, frame_reader_trouble(feed->reader), sizeof(feed->status.trouble));
    feed->converted_video = feed->video;
    g_cond_broadcast(&feed->converted);
    g_mutex_unlock(&feed->lock);
}

static void convert(struct feed *feed, const struct frame_picture *picture, bool is_other_video)
{
    if (take_changes(feed, picture, is_other_video) && hand_over(feed, picture))
        return;
    feed->generation = 0;
    log_warn("video/feed", "no memory for the overlay: the video goes on without it");
}

static void work(struct feed *feed)
{
    bool is_other_video = take_video(feed);
    frame_reader_poll(feed->reader);
    const struct frame_picture *picture = frame_reader_picture(feed->reader);
    bool is_new = picture && (picture->generation != feed->generation || picture->sequence != feed->sequence);
    if (!picture)
        feed->generation = 0;  // whatever comes next is taken whole
    if (picture && feed->video != 0 && (is_new || is_other_video))
        convert(feed, picture, is_other_video);
    atomic_store(&feed->has_picture, picture != NULL);
    report(feed, picture);
}

static gpointer run(gpointer data)
{
    struct feed *feed = data;
    while (!atomic_load(&feed->is_ending)) {
        work(feed);
        struct pollfd fds[] = {{.fd = frame_reader_fd(feed->reader), .events = POLLIN},
                               {.fd = feed->wake_fd, .events = POLLIN}};
        if (poll(fds, 2, frame_reader_wait_ms(feed->reader)) > 0 && fds[1].revents) {
            uint64_t count;
            if (read(feed->wake_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
                log_warn("video/feed", "wake-up: %s", strerror(errno));
        }
    }
    return NULL;
}

/* ---- the door ---- */

struct feed *feed_create(const struct feed_options *options)
{
    struct feed *feed = xcalloc(1, sizeof(*feed));
    g_mutex_init(&feed->lock);
    g_cond_init(&feed->converted);
    feed->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    feed->shown = 0;
    feed->ready = 1;
    feed->making = 2;
    feed->reader = frame_reader_create(&(struct frame_reader_options){
        .path = options->socket_path, .stale_ms = options->stale_ms, .keep_ms = options->keep_ms});
    feed->thread = g_thread_new("antiphon-feed", run, feed);
    return feed;
}

void feed_destroy(struct feed *feed)
{
    if (!feed)
        return;
    atomic_store(&feed->is_ending, true);
    wake(feed);
    g_thread_join(feed->thread);
    frame_reader_destroy(feed->reader);
    scaler_destroy(feed->scaler);
    for (int i = 0; i < LAYERS; i++)
        blend_layer_destroy(feed->slots[i].layer);
    close(feed->wake_fd);
    g_mutex_clear(&feed->lock);
    g_cond_clear(&feed->converted);
    free(feed);
}

void feed_set_video(struct feed *feed, const GstVideoInfo *info)
{
    g_mutex_lock(&feed->lock);
    feed->wanted_info = *info;
    feed->wanted_video = ++feed->serial;
    g_mutex_unlock(&feed->lock);
    wake(feed);
    if (!atomic_load(&feed->has_picture))
        return;
    gint64 end_us = g_get_monotonic_time() + CONVERT_WAIT_US;
    g_mutex_lock(&feed->lock);
    while (feed->converted_video != feed->serial && g_cond_wait_until(&feed->converted, &feed->lock, end_us))
        continue;
    g_mutex_unlock(&feed->lock);
}

const struct blend_layer *feed_layer(struct feed *feed)
{
    if (!atomic_load_explicit(&feed->has_picture, memory_order_acquire))
        return NULL;
    if (atomic_load_explicit(&feed->ready, memory_order_relaxed) & FRESH)
        feed->shown = atomic_exchange(&feed->ready, feed->shown) & ~(unsigned)FRESH;
    const struct slot *slot = &feed->slots[feed->shown];
    return slot->layer && slot->video == feed->serial && !slot->is_empty ? slot->layer : NULL;
}

void feed_get_status(struct feed *feed, struct feed_status *status)
{
    g_mutex_lock(&feed->lock);
    *status = feed->status;
    g_mutex_unlock(&feed->lock);
}
