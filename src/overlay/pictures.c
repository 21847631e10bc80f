#include "overlay/pictures.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "overlay/pictures_inside.h"
#include "painter/painter.h"

enum { MEMORY_BYTES = 24 << 20 };

struct picture_use {
    struct list link;         // in picture.uses
    struct picture *picture;  // NULL: there is no store, or no address
    void (*changed)(void *data);
    void *data;
};

/* ---- one picture in one size */

bool picture_is_wanted(const struct picture *picture)
{
    return picture->state != PICTURE_HERE && !list_is_empty(&picture->uses);
}

static void tell(struct picture *picture, enum picture_state state)
{
    struct picture_use *use;
    if (picture->state == state)
        return;
    picture->state = state;
    list_for_each(use, &picture->uses, link)
        if (use->changed)
            use->changed(use->data);
}

void picture_fail(struct picture *picture)
{
    if (picture->state == PICTURE_WAITING)
        tell(picture, PICTURE_ABSENT);
}

static void drop_images(struct picture *picture)
{
    struct pictures_stats *stats = &picture->source->pictures->stats;
    if (picture->count > 0)
        stats->here--;
    stats->bytes -= picture->bytes;
    for (size_t i = 0; i < picture->count; i++)
        image_destroy(picture->images[i]);
    free(picture->images);
    free(picture->until_ms);
    picture->images = NULL;
    picture->until_ms = NULL;
    picture->count = picture->bytes = 0;
}

void picture_destroy(struct picture *picture)
{
    drop_images(picture);
    list_remove(&picture->link);
    list_remove(&picture->idle);
    free(picture);
}

/* What was shown last stays; of the rest, as much as there is room for. */
static void make_room(struct pictures *pictures)
{
    struct picture *picture, *following;
    list_for_each_safe(picture, following, &pictures->idle, idle) {
        if (pictures->stats.bytes <= pictures->options.memory_bytes)
            break;
        picture_destroy(picture);
    }
}

void picture_take(struct picture *picture, struct picture_frames *frames)
{
    struct pictures *pictures = picture->source->pictures;
    picture->width_px = frames->width_px;
    picture->height_px = frames->height_px;
    picture->images = xcalloc(frames->count, sizeof(struct image *));
    for (size_t i = 0; i < frames->count; i++) {
        struct image *image = image_adopt(frames->pixels[i], frames->width_px, frames->height_px, NULL);
        if (image)
            picture->images[picture->count++] = image;
        frames->pixels[i] = NULL;
    }
    picture->until_ms = frames->until_ms;
    picture->bytes = frames->bytes;
    frames->until_ms = NULL;
    picture_frames_fini(frames);
    pictures->stats.here++;
    pictures->stats.bytes += picture->bytes;
    tell(picture, PICTURE_HERE);
    make_room(pictures);
}

static struct picture_size size_of(const struct picture_want *want)
{
    return (struct picture_size){want->width_px, want->height_px, want->fit == PICTURE_COVER, want->radius_px,
        want->is_still};
}

static struct picture *find_picture(struct source *source, const struct picture_size *size)
{
    struct picture *picture;
    list_for_each(picture, &source->items, link) {
        if (picture_size_equal(&picture->size, size))
            return picture;
    }
    picture = xcalloc(1, sizeof(*picture));
    picture->source = source;
    picture->size = *size;
    picture->state = source->retry_ms ? PICTURE_ABSENT : PICTURE_WAITING;  // what was tried in vain gets no room in a line
    list_init(&picture->uses);
    list_init(&picture->idle);
    list_append(&source->items, &picture->link);
    return picture;
}

/* ---- who shows it */

struct picture_use *picture_use_create(struct pictures *pictures, const struct picture_want *want,
    void (*changed)(void *data), void *data)
{
    struct picture_use *use = xcalloc(1, sizeof(*use));
    *use = (struct picture_use){.changed = changed, .data = data};
    list_init(&use->link);
    if (!pictures || !want->url || !*want->url)
        return use;
    const struct picture_size size = size_of(want);
    struct source *source = source_find(pictures, want->url);
    use->picture = find_picture(source, &size);
    list_remove(&use->picture->idle);
    list_append(&use->picture->uses, &use->link);
    if (use->picture->state != PICTURE_HERE) {
        use->changed = NULL;  // not from within
        source_need(source);
        use->changed = changed;
    }
    return use;
}

/* Nobody shows it any more. What has not come takes no room beside what has: its source knows when to try again. */
static void leave(struct picture *picture)
{
    struct pictures *pictures = picture->source->pictures;
    if (picture->state != PICTURE_HERE) {
        picture_destroy(picture);
        return;
    }
    list_append(&pictures->idle, &picture->idle);
    make_room(pictures);
}

void picture_use_destroy(struct picture_use *use)
{
    if (!use)
        return;
    list_remove(&use->link);
    if (use->picture && list_is_empty(&use->picture->uses))
        leave(use->picture);
    free(use);
}

enum picture_state picture_use_state(const struct picture_use *use)
{
    return use->picture ? use->picture->state : PICTURE_ABSENT;
}

bool picture_use_size(const struct picture_use *use, int *width_px, int *height_px)
{
    if (picture_use_state(use) != PICTURE_HERE)
        return false;
    *width_px = use->picture->width_px;
    *height_px = use->picture->height_px;
    return true;
}

size_t picture_use_frame_at(const struct picture_use *use, int64_t now_ms, int64_t *until_ms)
{
    const struct picture *picture = use->picture;
    *until_ms = 0;
    if (picture->count < 2 || picture->size.is_still)
        return 0;
    int all_ms = picture->until_ms[picture->count - 1], at_ms = (int)(now_ms % all_ms);
    size_t low = 0, high = picture->count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (at_ms < picture->until_ms[middle])
            high = middle;
        else
            low = middle + 1;
    }
    *until_ms = now_ms - at_ms + picture->until_ms[low];
    return low;
}

struct image *picture_use_image(const struct picture_use *use, size_t frame)
{
    if (picture_use_state(use) != PICTURE_HERE)
        return NULL;
    return use->picture->images[frame < use->picture->count ? frame : 0];
}

/* ---- the store */

static bool start(struct pictures *pictures, const struct pictures_options *options, struct error *err)
{
    int cache_mb = options->cache_mb ? options->cache_mb : PICTURES_CACHE_MB;
    pictures->hosts = picture_hosts_create(options->hosts);
    pictures->worker = picture_worker_create(&(struct picture_worker_options){
        .loop = options->loop, .cache_folder = options->cache_folder,
        .cache_bytes = cache_mb > 0 ? (size_t)cache_mb << 20 : 0, .poison_path = options->poison_path,
        .done = sources_handle_job, .data = pictures,
    }, err);
    return pictures->worker != NULL;
}

struct pictures *pictures_open(const struct pictures_options *options, struct error *err)
{
    struct pictures *pictures = xcalloc(1, sizeof(*pictures));
    pictures->options = *options;
    pictures->options.cache_folder = pictures->options.poison_path = NULL;
    pictures->options.hosts = NULL;
    if (!pictures->options.memory_bytes)
        pictures->options.memory_bytes = MEMORY_BYTES;
    for (size_t i = 0; i < SOURCE_BUCKETS; i++)
        list_init(&pictures->buckets[i]);
    list_init(&pictures->sources);
    list_init(&pictures->to_look);
    list_init(&pictures->to_fetch);
    list_init(&pictures->idle);
    timer_init(&pictures->retry, options->loop, sources_handle_retry, pictures);
    if (start(pictures, options, err))
        return pictures;
    pictures_close(pictures);
    return NULL;
}

void pictures_close(struct pictures *pictures)
{
    if (!pictures)
        return;
    picture_worker_destroy(pictures->worker);
    timer_stop(&pictures->retry);
    struct source *source, *following;
    list_for_each_safe(source, following, &pictures->sources, age)
        source_destroy(source);
    picture_hosts_destroy(pictures->hosts);
    free(pictures);
}

struct pictures_stats pictures_stats(const struct pictures *pictures)
{
    return pictures->stats;
}
