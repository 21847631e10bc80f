/* Who gets which rendition: the door of rendition.h whose functions begin with renditions_. */
#include <stdlib.h>

#include "base/log.h"
#include "video/program.h"
#include "video/rendition_inside.h"

struct renditions *renditions_create(const struct renditions_options *options)
{
    struct renditions *set = xcalloc(1, sizeof(*set));
    set->options = *options;
    set->wishes = g_ptr_array_new();
    list_init(&set->list);
    return set;
}

void renditions_destroy(struct renditions *set)
{
    if (!set)
        return;
    g_assert(list_is_empty(&set->list));
    g_ptr_array_free(set->wishes, TRUE);
    free(set);
}

void renditions_add_wish(struct renditions *set, const struct rendition_key *key)
{
    g_ptr_array_add(set->wishes, (void *)key);
}

void renditions_remove_wish(struct renditions *set, const struct rendition_key *key)
{
    g_ptr_array_remove(set->wishes, (void *)key);
}

/* Sides, and what of the program is seen: nothing is cut where the shape is the same, and then the focus is no matter. */
static bool is_same_frame(const struct rendition_key *a, const struct rendition_key *b)
{
    return a->encoder.width_px == b->encoder.width_px && a->encoder.height_px == b->encoder.height_px && a->fit == b->fit
        && a->focus == b->focus;
}

/* The same to the viewer; how the rate is held is another matter. */
static bool is_same_picture(const struct rendition_key *a, const struct rendition_key *b)
{
    bool is_rate_good = a->encoder.bitrate_kbps == b->encoder.bitrate_kbps || a->is_any_rate || b->is_any_rate;
    return a->is_raw == b->is_raw && is_rate_good && is_same_frame(a, b)
        && g_strcmp0(a->view, b->view) == 0 && g_strcmp0(a->frame_socket, b->frame_socket) == 0;
}

/* Who asks for none is content with any; who asks for one gets that one. */
static bool has_captions(const struct rendition_key *key, const struct rendition_key *wanted)
{
    return !wanted->captions || g_strcmp0(key->captions, wanted->captions) == 0;
}

static bool is_equal(const struct rendition_key *a, const struct rendition_key *b)
{
    return is_same_picture(a, b) && a->is_blank == b->is_blank && a->sound_kbps == b->sound_kbps
        && g_strcmp0(a->captions, b->captions) == 0
        && a->encoder.bitrate_kbps == b->encoder.bitrate_kbps && a->encoder.is_constant == b->encoder.is_constant
        && a->encoder.key_frames == b->encoder.key_frames && a->encoder.b_frames == b->encoder.b_frames;
}

static const struct rendition_key *find_wish(const struct renditions *set, const struct rendition_key *key,
    bool is_recorded)
{
    for (guint i = 0; i < set->wishes->len; i++) {
        const struct rendition_key *wish = set->wishes->pdata[i];
        bool has_wanted = is_recorded ? has_captions(key, wish) : has_captions(wish, key);
        if (wish->is_recorded == is_recorded && is_same_picture(wish, key) && has_wanted)
            return wish;
    }
    return NULL;
}

static void handle_picture(void *data, const void *jpeg, size_t len)
{
    const struct rendition *rendition = data;
    const struct renditions_options *options = &rendition->set->options;
    if (options->on_picture)
        options->on_picture(options->data, rendition, jpeg, len);
}

void renditions_watch(struct renditions *set, bool is_on)
{
    struct rendition *rendition;
    set->is_watched = is_on;
    list_for_each(rendition, &set->list, link)
        preview_set_wanted(rendition->preview, is_on);
}

static struct rendition *create(struct renditions *set, const struct rendition_key *key)
{
    struct rendition *rendition = xcalloc(1, sizeof(*rendition));
    rendition->set = set;
    rendition->key = *key;
    rendition->key.view = rendition->view = xstrdup(key->view);
    rendition->key.frame_socket = rendition->frame_socket = xstrdup(key->frame_socket);
    rendition->key.captions = rendition->captions = xstrdup(key->captions);
    rendition->may_lag = find_wish(set, key, true);
    rendition->pump_sink.push = rendition_handle_tick;
    list_init(&rendition->pump_sink.link);
    list_init(&rendition->sinks);
    g_mutex_init(&rendition->lock);
    g_mutex_init(&rendition->sinks_lock);
    rendition->meter = encode_meter_create();
    rendition->preview = preview_create(&(struct preview_options){
        .context = set->options.context, .data = rendition, .on_picture = handle_picture});
    preview_set_wanted(rendition->preview, set->is_watched);
    list_append(&set->list, &rendition->link);
    return rendition;
}

void rendition_free(struct rendition *rendition)
{
    preview_destroy(rendition->preview);
    encode_meter_destroy(rendition->meter);
    g_mutex_clear(&rendition->lock);
    g_mutex_clear(&rendition->sinks_lock);
    free(rendition->view), free(rendition->frame_socket), free(rendition->captions);
    free(rendition);
}

static void count_sharer(struct rendition *rendition, int change)
{
    g_mutex_lock(&rendition->lock);
    rendition->sharers += (unsigned)change;
    g_mutex_unlock(&rendition->lock);
}

static void add_sink(struct rendition *rendition, struct rendition_sink *sink)
{
    count_sharer(rendition, 1);
    g_mutex_lock(&rendition->sinks_lock);
    list_append(&rendition->sinks, &sink->link);
    g_mutex_unlock(&rendition->sinks_lock);
}

/* A recording takes what a streaming service gets, where one would show the same. */
static struct rendition_key settle(const struct renditions *set, const struct rendition_key *key)
{
    const struct rendition_key *service = key->is_recorded ? find_wish(set, key, false) : NULL;
    struct rendition_key settled = service ? *service : *key;
    settled.is_blank = key->is_blank;
    return settled;
}

static struct rendition *find(const struct renditions *set, const struct rendition_key *key)
{
    struct rendition *rendition;
    list_for_each(rendition, &set->list, link) {
        if (is_equal(&rendition->key, key))
            return rendition;
    }
    return NULL;
}

struct rendition *renditions_join(struct renditions *set, const struct rendition_key *key, int64_t *from_ns,
    struct rendition_sink *sink)
{
    struct rendition_key wanted = settle(set, key);
    struct rendition *rendition = find(set, &wanted);
    if (rendition) {
        add_sink(rendition, sink);
        *from_ns = rendition_request_key(rendition, *from_ns);
        return rendition;
    }
    rendition = create(set, &wanted);
    add_sink(rendition, sink);
    rendition_begin(rendition, *from_ns);
    return rendition;
}

void renditions_leave(struct renditions *set, struct rendition *rendition, struct rendition_sink *sink)
{
    g_mutex_lock(&rendition->sinks_lock);
    list_remove(&sink->link);
    g_mutex_unlock(&rendition->sinks_lock);
    count_sharer(rendition, -1);
    if (rendition->sharers > 0)
        return;
    list_remove(&rendition->link);
    rendition_end(rendition);
}
