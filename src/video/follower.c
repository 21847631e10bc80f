#include "video/follower.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "video/blend.h"
#include "video/composition.h"
#include "video/fade.h"
#include "video/scale.h"

enum { LAYERS = 3, FRESH = 4, CONVERT_WAIT_MS = 100 };

/* One of the three that go round. */
struct slot {
    struct blend_layer *layer;                // owned
    GstVideoOverlayComposition *composition;  // owned; in its form, and when something is visible
    uint64_t video;                           // that it was finished for; 0: not yet
    enum follower_form form;
    bool is_empty;
};

/* What pictures are made for. */
struct target {
    GstVideoInfo info;
    enum follower_form form;
    uint64_t video;  // serial of info and form; 0: none yet
    int share;       // of FADE_FULL
};

struct follower {
    pthread_t thread;
    bool is_running;
    int wake_fd;
    atomic_bool is_ending;
    struct slot slots[LAYERS];
    _Atomic unsigned ready;    // index of the slot that lies between the two, | FRESH when newer than the shown
    atomic_bool has_picture;   // something is to be shown at all
    uint64_t serial;           // streaming thread: the video that it set last
    unsigned shown;            // streaming thread's slot
    int share;                 // streaming thread: the opacity that it set last

    /* The worker's own. */
    struct frame_reader *reader;
    unsigned making;
    struct target target;
    uint64_t generation;       // of the picture converted last
    uint64_t sequence;
    struct blend_maker *maker;  // owned; for the target; NULL in the other form
    struct composer *composer;  // owned; likewise
    struct scaler *scaler;      // owned; NULL while the sizes are the same
    struct fader *fader;        // owned; NULL while the overlay is as opaque as it was painted

    /* POSIX's, not GLib's: the thread sanitizer knows them. */
    pthread_mutex_t lock;  // guards what follows
    pthread_cond_t converted;
    struct target wanted;
    uint64_t converted_video;
    int64_t stale_ms, keep_ms;
    struct follower_status status;
};

static void wake(struct follower *follower)
{
    uint64_t one = 1;
    /* Full means that it is awake already. */
    if (write(follower->wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
        log_warn("video/follower", "wake-up: %s", strerror(errno));
}

/* ---- the worker ---- */

static bool prepare_maker(struct follower *follower)
{
    const GstVideoInfo *info = &follower->target.info;
    blend_maker_destroy(follower->maker);
    composer_destroy(follower->composer);
    follower->maker = NULL;
    follower->composer = NULL;
    if (follower->target.form == FOLLOWER_COMPOSITION)
        follower->composer = composer_create(GST_VIDEO_INFO_WIDTH(info), GST_VIDEO_INFO_HEIGHT(info));
    else
        follower->maker = blend_maker_create(info);
    return follower->maker || follower->composer;
}

static bool prepare_scaler(struct follower *follower, const struct frame_picture *picture)
{
    const GstVideoInfo *info = &follower->target.info;
    int32_t width = GST_VIDEO_INFO_WIDTH(info), height = GST_VIDEO_INFO_HEIGHT(info);
    scaler_destroy(follower->scaler);
    follower->scaler = NULL;
    if (picture->width_px == width && picture->height_px == height)
        return true;
    follower->scaler = scaler_create(picture->width_px, picture->height_px, width, height);
    return follower->scaler != NULL;
}

static bool prepare_fader(struct follower *follower)
{
    const GstVideoInfo *info = &follower->target.info;
    fader_destroy(follower->fader);
    follower->fader = NULL;
    if (follower->target.share == FADE_FULL)
        return true;
    follower->fader = fader_create(GST_VIDEO_INFO_WIDTH(info), GST_VIDEO_INFO_HEIGHT(info));
    return follower->fader != NULL;
}

/* The picture in the video's size, and as opaque as is wanted. */
static struct blend_picture find_source(const struct follower *follower, const struct frame_picture *picture)
{
    struct blend_picture source = {picture->pixels, picture->stride_bytes, picture->rows};
    if (follower->scaler)
        source = scaler_picture(follower->scaler);
    return follower->fader ? fader_picture(follower->fader, &source) : source;
}

/* Notes rows of the picture as changed, through scaler and fader where there are any. */
static void take_rows(struct follower *follower, const struct frame_picture *picture, int32_t top, int32_t bottom)
{
    struct blend_picture source = {picture->pixels, picture->stride_bytes, picture->rows};
    if (follower->scaler) {
        scaler_update(follower->scaler, &source, &top, &bottom);
        source = scaler_picture(follower->scaler);
    }
    if (follower->fader)
        fader_update(follower->fader, &source, top, bottom, follower->target.share);
    if (follower->maker)
        blend_maker_mark(follower->maker, top, bottom);
}

static bool take_changes(struct follower *follower, const struct frame_picture *picture, bool is_other_target)
{
    bool is_other = is_other_target || picture->generation != follower->generation;
    if ((is_other_target || !(follower->maker || follower->composer)) && !prepare_maker(follower))
        return false;
    if (is_other && !(prepare_scaler(follower, picture) && prepare_fader(follower)))
        return false;
    if (is_other) {
        take_rows(follower, picture, 0, picture->height_px);
    } else {
        for (size_t i = 0; i < picture->damage_count; i++)
            take_rows(follower, picture, picture->damage[i].top, picture->damage[i].bottom);
    }
    follower->generation = picture->generation;
    follower->sequence = picture->sequence;
    return true;
}

static bool fill_slot(struct follower *follower, const struct blend_picture *source, struct slot *slot)
{
    g_clear_pointer(&slot->composition, gst_video_overlay_composition_unref);
    slot->form = follower->target.form;
    if (follower->composer) {
        bool is_made = composer_make(follower->composer, source, &slot->composition);
        slot->is_empty = !slot->composition;
        return is_made;
    }
    blend_maker_update(follower->maker, source);
    if (!slot->layer || !blend_maker_finish(follower->maker, slot->layer))
        return false;
    slot->is_empty = blend_layer_is_empty(slot->layer);
    return true;
}

static bool hand_over(struct follower *follower, const struct frame_picture *picture)
{
    struct slot *slot = &follower->slots[follower->making];
    struct blend_picture source = find_source(follower, picture);
    if (!fill_slot(follower, &source, slot))
        return false;
    slot->video = follower->target.video;
    follower->making = atomic_exchange(&follower->ready, follower->making | FRESH) & ~(unsigned)FRESH;
    return true;
}

/* True: the streaming thread set another video, or opacity. */
static bool take_target(struct follower *follower)
{
    pthread_mutex_lock(&follower->lock);
    bool is_other = follower->wanted.video != follower->target.video || follower->wanted.share != follower->target.share;
    follower->target = follower->wanted;
    frame_reader_set_times(follower->reader, follower->stale_ms, follower->keep_ms);
    pthread_mutex_unlock(&follower->lock);
    return is_other;
}

static void report(struct follower *follower, const struct frame_picture *picture)
{
    pthread_mutex_lock(&follower->lock);
    bool is_shown = picture && follower->target.video != 0 && follower->target.video == follower->wanted.video;
    follower->status.state = frame_reader_state(follower->reader);
    follower->status.sequence = is_shown ? picture->sequence : 0;
    follower->status.published_ns = is_shown ? picture->published_ns : 0;
    g_strlcpy(follower->status.trouble, frame_reader_trouble(follower->reader), sizeof(follower->status.trouble));
    follower->converted_video = follower->target.video;
    pthread_cond_broadcast(&follower->converted);
    pthread_mutex_unlock(&follower->lock);
}

static void convert(struct follower *follower, const struct frame_picture *picture, bool is_other_target)
{
    if (take_changes(follower, picture, is_other_target) && hand_over(follower, picture))
        return;
    follower->generation = 0;
    log_warn("video/follower", "no memory for the overlay: the video goes on without it");
}

static void work(struct follower *follower)
{
    bool is_other_target = take_target(follower);
    frame_reader_poll(follower->reader);
    const struct frame_picture *picture = frame_reader_picture(follower->reader);
    bool is_new = picture && (picture->generation != follower->generation || picture->sequence != follower->sequence);
    if (!picture)
        follower->generation = 0;  // whatever comes next is taken whole
    if (picture && follower->target.video != 0 && (is_new || is_other_target))
        convert(follower, picture, is_other_target);
    atomic_store(&follower->has_picture, picture != NULL);
    report(follower, picture);
}

static void *run(void *data)
{
    struct follower *follower = data;
    while (!atomic_load(&follower->is_ending)) {
        work(follower);
        struct pollfd fds[] = {{.fd = frame_reader_fd(follower->reader), .events = POLLIN},
                               {.fd = follower->wake_fd, .events = POLLIN}};
        if (poll(fds, 2, frame_reader_wait_ms(follower->reader)) > 0 && fds[1].revents) {
            uint64_t count;
            if (read(follower->wake_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
                log_warn("video/follower", "wake-up: %s", strerror(errno));
        }
    }
    return NULL;
}

/* ---- the door ---- */

static int find_share(double opacity)
{
    return (int)(CLAMP(opacity, 0, 1) * FADE_FULL + 0.5);
}

struct follower *follower_create(const struct follower_options *options)
{
    struct follower *follower = xcalloc(1, sizeof(*follower));
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&follower->converted, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&follower->lock, NULL);
    follower->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    follower->shown = 0;
    follower->ready = 1;
    follower->making = 2;
    for (int i = 0; i < LAYERS; i++)
        follower->slots[i].layer = blend_layer_create();
    follower->share = follower->wanted.share = follower->target.share = find_share(options->opacity);
    follower->stale_ms = options->stale_ms;
    follower->keep_ms = options->keep_ms;
    follower->reader = frame_reader_create(&(struct frame_reader_options){
        .path = options->socket_path, .stale_ms = options->stale_ms, .keep_ms = options->keep_ms});
    int result = pthread_create(&follower->thread, NULL, run, follower);
    follower->is_running = result == 0;
    if (follower->is_running)
        pthread_setname_np(follower->thread, "antiphon-follower");
    else
        log_error("video/follower", "no thread for the overlay: %s; the video goes on without it", strerror(result));
    return follower;
}

void follower_destroy(struct follower *follower)
{
    if (!follower)
        return;
    atomic_store(&follower->is_ending, true);
    wake(follower);
    if (follower->is_running)
        pthread_join(follower->thread, NULL);
    frame_reader_destroy(follower->reader);
    scaler_destroy(follower->scaler);
    fader_destroy(follower->fader);
    blend_maker_destroy(follower->maker);
    composer_destroy(follower->composer);
    for (int i = 0; i < LAYERS; i++) {
        blend_layer_destroy(follower->slots[i].layer);
        g_clear_pointer(&follower->slots[i].composition, gst_video_overlay_composition_unref);
    }
    close(follower->wake_fd);
    pthread_mutex_destroy(&follower->lock);
    pthread_cond_destroy(&follower->converted);
    free(follower);
}

void follower_set_times(struct follower *follower, int64_t stale_ms, int64_t keep_ms)
{
    pthread_mutex_lock(&follower->lock);
    follower->stale_ms = stale_ms;
    follower->keep_ms = keep_ms;
    pthread_mutex_unlock(&follower->lock);
    wake(follower);
}

void follower_set_opacity(struct follower *follower, double opacity)
{
    int share = find_share(opacity);
    if (share == follower->share)
        return;
    follower->share = share;
    pthread_mutex_lock(&follower->lock);
    follower->wanted.share = share;
    pthread_mutex_unlock(&follower->lock);
    wake(follower);
}

void follower_set_video(struct follower *follower, const GstVideoInfo *info, enum follower_form form)
{
    pthread_mutex_lock(&follower->lock);
    follower->wanted.info = *info;
    follower->wanted.form = form;
    follower->wanted.video = ++follower->serial;
    pthread_mutex_unlock(&follower->lock);
    wake(follower);
    if (!atomic_load(&follower->has_picture))
        return;
    int64_t end_ns = clock_monotonic_ns() + CONVERT_WAIT_MS * NS_PER_MS;
    struct timespec end = {.tv_sec = end_ns / NS_PER_S, .tv_nsec = end_ns % NS_PER_S};
    int result = 0;
    pthread_mutex_lock(&follower->lock);
    while (follower->converted_video != follower->serial && result == 0)
        result = pthread_cond_timedwait(&follower->converted, &follower->lock, &end);
    pthread_mutex_unlock(&follower->lock);
}

bool follower_next(struct follower *follower, struct follower_overlay *overlay)
{
    *overlay = (struct follower_overlay){0};
    if (!atomic_load_explicit(&follower->has_picture, memory_order_acquire) || follower->share == 0)
        return false;
    if (atomic_load_explicit(&follower->ready, memory_order_relaxed) & FRESH)
        follower->shown = atomic_exchange(&follower->ready, follower->shown) & ~(unsigned)FRESH;
    const struct slot *slot = &follower->slots[follower->shown];
    if (slot->video == 0 || slot->video != follower->serial || slot->is_empty)
        return false;
    if (slot->form == FOLLOWER_COMPOSITION)
        overlay->composition = slot->composition;
    else
        overlay->layer = slot->layer;
    return true;
}

void follower_get_status(struct follower *follower, struct follower_status *status)
{
    pthread_mutex_lock(&follower->lock);
    *status = follower->status;
    pthread_mutex_unlock(&follower->lock);
}
