/*
 * Thread: OBS's graphics thread ticks, draws and hands over new settings; its dialogs create, ask for properties and sizes; a
 * thread of its own destroys. What several of them touch is under the lock, or atomic.
 *
 * A source that nobody sees has neither a connection nor a picture: it costs nothing, and cannot show later what was taken off
 * the air meanwhile. Reading never waits (frame.h), so that no thread of ours is needed.
 */
#include "obs/source.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "frame/frame.h"
#include "obs/texture.h"

struct source {
    obs_source_t *self;               // borrowed: it owns us
    _Atomic uint32_t width_px, height_px;  // of the last picture; 0: none yet

    pthread_mutex_t lock;  // guards what follows
    char *view;            // owned
    bool is_other_view;    // than path's
    enum frame_state state;

    /* The graphics thread's own. */
    char *path;                   // of the view's socket, owned; NULL: a name that is none
    struct frame_reader *reader;  // NULL: not seen, or no path
    enum frame_state said;        // in the log
    struct texture texture;
};

/* ---- following the view ---- */

static void set_state(struct source *source, enum frame_state state)
{
    pthread_mutex_lock(&source->lock);
    source->state = state;
    pthread_mutex_unlock(&source->lock);
}

/* A change of scene, where we are not seen for a while, is no news. */
static void say_state(struct source *source, enum frame_state state)
{
    if (state == source->said)
        return;
    source->said = state;
    const char *name = obs_source_get_name(source->self);
    if (state == FRAME_LIVE)
        blog(LOG_INFO, "[antiphon] '%s': live, %ux%u", name, source->width_px, source->height_px);
    else
        blog(LOG_INFO, "[antiphon] '%s': %s: %s", name, state == FRAME_STALE ? "the last picture stays a while" : "nothing to show",
             frame_reader_trouble(source->reader));
}

static void let_go(struct source *source)
{
    frame_reader_destroy(source->reader);
    source->reader = NULL;
    texture_clear(&source->texture);
    set_state(source, FRAME_NONE);
}

/* A name that is none has been told of in the dialog; the log tells whom that did not reach. */
static void take_view(struct source *source)
{
    struct error err = {0};
    pthread_mutex_lock(&source->lock);
    bool is_other = source->is_other_view;
    source->is_other_view = false;
    char *path = is_other ? frame_socket_path(source->view, &err) : NULL;
    pthread_mutex_unlock(&source->lock);
    if (!is_other)
        return;
    let_go(source);
    free(source->path);
    source->path = path;
    if (!path)
        blog(LOG_WARNING, "[antiphon] '%s': %s", obs_source_get_name(source->self), err.text);
}

static void take_news(struct source *source)
{
    const struct frame_picture *picture = frame_reader_picture(source->reader);
    if (picture) {
        source->width_px = (uint32_t)picture->width_px;
        source->height_px = (uint32_t)picture->height_px;
        texture_update(&source->texture, picture);
    } else {
        texture_clear(&source->texture);
    }
    set_state(source, frame_reader_state(source->reader));
    say_state(source, frame_reader_state(source->reader));
}

static void handle_tick(void *data, float seconds)
{
    struct source *source = data;
    if (!obs_source_showing(source->self)) {
        if (source->reader)
            let_go(source);
        return;
    }
    take_view(source);
    if (!source->reader && source->path)
        source->reader = frame_reader_create(&(struct frame_reader_options){.path = source->path});
    if (source->reader && frame_reader_poll(source->reader))
        take_news(source);
}

/*
 * A filter, a crop or a scale filter makes OBS collect us in a texture of its own first, which it lays over the picture later, in
 * light. Of its scenes' items libobs sets linear_srgb only around those that it draws straight (obs-scene.c, render_item(), 29).
 */
static bool is_drawn_apart(const struct source *source)
{
    return gs_get_color_space() != GS_CS_SRGB || !gs_get_linear_srgb() || obs_source_filter_count(source->self) > 0;
}

static void handle_render(void *data, gs_effect_t *effect)
{
    struct source *source = data;
    texture_draw(&source->texture, is_drawn_apart(source));
}

/* ---- settings ---- */

static void handle_update(void *data, obs_data_t *settings)
{
    struct source *source = data;
    const char *view = obs_data_get_string(settings, "view");
    pthread_mutex_lock(&source->lock);
    if (!source->view || strcmp(source->view, view) != 0) {
        free(source->view);
        source->view = xstrdup(view);
        source->is_other_view = true;
    }
    pthread_mutex_unlock(&source->lock);
}

static void set_defaults(obs_data_t *settings)
{
    obs_data_set_default_string(settings, "view", "main");
}

static const char *describe_state(struct source *source)
{
    static const char *const keys[] = {[FRAME_NONE] = "StateNone", [FRAME_LIVE] = "StateLive", [FRAME_STALE] = "StateStale"};
    pthread_mutex_lock(&source->lock);
    char *path = frame_socket_path(source->view, NULL);
    const char *key = path ? keys[source->state] : "StateBadName";
    pthread_mutex_unlock(&source->lock);
    free(path);
    return obs_module_text(key);
}

static obs_properties_t *get_properties(void *data)
{
    obs_properties_t *properties = obs_properties_create();
    obs_property_t *list = obs_properties_add_list(properties, "view", obs_module_text("View"), OBS_COMBO_TYPE_EDITABLE,
                                                   OBS_COMBO_FORMAT_STRING);
    obs_property_set_long_description(list, obs_module_text("ViewHint"));
    char **views = frame_list_views();
    for (size_t i = 0; views[i]; i++)
        obs_property_list_add_string(list, views[i], views[i]);
    frame_free_views(views);
    if (data)
        obs_properties_add_text(properties, "state", describe_state(data), OBS_TEXT_INFO);
    return properties;
}

/* ---- life ---- */

static void *create(obs_data_t *settings, obs_source_t *self)
{
    struct source *source = xcalloc(1, sizeof(*source));
    source->self = self;
    pthread_mutex_init(&source->lock, NULL);
    handle_update(source, settings);
    return source;
}

static void destroy(void *data)
{
    struct source *source = data;
    let_go(source);
    texture_fini(&source->texture);
    pthread_mutex_destroy(&source->lock);
    free(source->view);
    free(source->path);
    free(source);
}

static const char *get_name(void *type_data)
{
    return obs_module_text("Source");
}

static uint32_t get_width(void *data)
{
    struct source *source = data;
    return source->width_px;
}

static uint32_t get_height(void *data)
{
    struct source *source = data;
    return source->height_px;
}

struct obs_source_info source_info = {
    .id = "antiphon_view",
    .type = OBS_SOURCE_TYPE_INPUT,
    .output_flags = OBS_SOURCE_VIDEO | OBS_SOURCE_CUSTOM_DRAW | OBS_SOURCE_SRGB,
    .icon_type = OBS_ICON_TYPE_TEXT,
    .get_name = get_name,
    .create = create,
    .destroy = destroy,
    .update = handle_update,
    .get_defaults = set_defaults,
    .get_properties = get_properties,
    .get_width = get_width,
    .get_height = get_height,
    .video_tick = handle_tick,
    .video_render = handle_render,
};
