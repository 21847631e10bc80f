#include "video/caption_book.h"
#include "video/caption_intake.h"
#include "video/studio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "video/holding.h"
#include "video/inputs.h"
#include "video/lineup.h"
#include "video/music.h"
#include "video/program.h"
#include "video/pump.h"
#include "video/rendition.h"
#include "video/scribe.h"
#include "video/setup.h"
#include "video/undertaker.h"

enum { FINISH_MS = 4000, BURIAL_MS = 1500, FPS_MAX = 240 };

struct studio {
    struct program program;
    struct inputs *inputs;
    struct music *music;  // NULL: none
    struct pump *pump;
    struct caption_book *captions;
    struct renditions *renditions;
    GMainContext *context;
    GMainLoop *loop;
    GThread *thread;  // runs the context: inputs, outputs and events live there
    struct lineup *lineup;
    void (*on_event)(void *data, const struct studio_event *event);
    void (*on_preview)(void *data, const char *name, const void *jpeg, size_t len);
    void *data;

    GMutex lock;      // guards the rest
    GCond changed;
    bool is_stopping;  // all orders before the end were carried out
};

const char *studio_state_name(enum studio_state state)
{
    static const char *const names[] = {"off", "connecting", "live", "failed"};
    return names[state];
}

/* ---- News, on the studio's thread ---- */

static void log_state(const char *what, const char *name, enum studio_state state, const char *text)
{
    log_write(state == STUDIO_FAILED ? LOG_WARN : LOG_INFO, "video", "%s%s%s %s%s%s", what, *name ? " " : "", name,
        studio_state_name(state), *text ? ": " : "", text);
}

static void handle_input_state(void *data, enum pump_feed feed, enum studio_state state, const char *text)
{
    struct studio *studio = data;
    const char *name = inputs_name(feed);
    log_state("input", feed == PUMP_MAIN ? "" : name, state, text);
    if (studio->on_event)
        studio->on_event(studio->data, &(struct studio_event){STUDIO_EVENT_INPUT, name, state, text});
}

static const char *shown_name(enum chooser_input shown)
{
    return shown == CHOOSER_NONE ? "holding" : inputs_name((enum pump_feed)shown);
}

static gboolean tell_shown(void *data)
{
    struct studio *studio = data;
    struct pump_health health;
    if (studio->is_stopping)
        return G_SOURCE_REMOVE;  // the inputs are closed, and that is no news
    pump_get_health(studio->pump, &health);
    const char *name = shown_name(health.shown);
    bool is_held = health.shown == CHOOSER_NONE;
    log_info("video", "%s is on air", is_held ? "the holding picture" : name);
    if (studio->on_event)
        studio->on_event(studio->data, &(struct studio_event){STUDIO_EVENT_SHOWN, name,
            is_held ? STUDIO_FAILED : STUDIO_LIVE, ""});
    return G_SOURCE_REMOVE;
}

static void handle_output_state(void *data, const char *name, enum studio_state state, const char *text)
{
    struct studio *studio = data;
    log_state("output", name, state, text);
    if (studio->on_event)
        studio->on_event(studio->data, &(struct studio_event){STUDIO_EVENT_OUTPUT, name, state, text});
    g_mutex_lock(&studio->lock);
    g_cond_broadcast(&studio->changed);
    g_mutex_unlock(&studio->lock);
}

/* Those that send the same get the same. */
static void handle_preview(void *data, const struct rendition *rendition, const void *jpeg, size_t len)
{
    struct studio *studio = data;
    size_t at = 0;
    for (const char *name; studio->on_preview && (name = lineup_next_showing(studio->lineup, rendition, &at));)
        studio->on_preview(studio->data, name, jpeg, len);
}

/* ---- Orders, handed to the studio's thread ---- */

static const char *const wishes[] = {"auto", "main", "backup"};  // by enum chooser_wish

static void invoke(struct studio *studio, GSourceFunc function, void *data, GDestroyNotify destroy)
{
    GSource *source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, function, data, destroy);
    g_source_attach(source, studio->context);
    g_source_unref(source);
}

bool studio_start_output(struct studio *studio, const char *name, struct error *err)
{
    return lineup_start(studio->lineup, name, err);
}

bool studio_stop_output(struct studio *studio, const char *name, struct error *err)
{
    return lineup_stop(studio->lineup, name, err);
}

bool studio_blank_output(struct studio *studio, const char *name, bool is_blank, struct error *err)
{
    return lineup_blank(studio->lineup, name, is_blank, err);
}

bool studio_set_delay(struct studio *studio, const char *name, int delay_ms, struct error *err)
{
    return lineup_delay(studio->lineup, name, delay_ms, err);
}

bool studio_set_outputs(struct studio *studio, const struct studio_output_options *outputs, size_t count,
    struct error *err)
{
    return lineup_set(studio->lineup, outputs, count, err);
}

void studio_blank_all(struct studio *studio, bool is_blank)
{
    lineup_blank_all(studio->lineup, is_blank);
}

bool studio_select_input(struct studio *studio, const char *which, struct error *err)
{
    enum chooser_wish wish = 0;
    while (wish < G_N_ELEMENTS(wishes) && strcmp(wishes[wish], which) != 0)
        wish++;
    if (wish == G_N_ELEMENTS(wishes))
        return error_set(err, ERROR_DATA, "input \"%s\": expected auto, main or backup", which);
    if (wish == CHOOSER_ONLY_BACKUP && !inputs_has(studio->inputs, PUMP_BACKUP))
        return error_set(err, ERROR_DATA, "there is no backup; name one in video.backup");
    pump_select(studio->pump, wish);
    return true;
}

static gboolean begin_watching(void *data)
{
    struct studio *studio = data;
    renditions_watch(studio->renditions, true);
    return G_SOURCE_REMOVE;
}

static gboolean end_watching(void *data)
{
    struct studio *studio = data;
    renditions_watch(studio->renditions, false);
    return G_SOURCE_REMOVE;
}

void studio_watch(struct studio *studio, bool is_on)
{
    invoke(studio, is_on ? begin_watching : end_watching, studio, NULL);
}

/* ---- Beginning ---- */

static bool check_options(const struct studio_options *options, struct error *err)
{
    int width = options->width_px, height = options->height_px;
    if (width < STUDIO_SIDE_MIN_PX || height < STUDIO_SIDE_MIN_PX || width > STUDIO_SIDE_MAX_PX || height > STUDIO_SIDE_MAX_PX || width % 2
        || height % 2)
        return error_set(err, ERROR_DATA, "size %dx%d: expected two even numbers from 16 to 8192", width, height);
    if (options->fps_num <= 0 || options->fps_den <= 0 || options->fps_num / options->fps_den > FPS_MAX
        || options->fps_num < options->fps_den)
        return error_set(err, ERROR_DATA, "%d/%d frames a second: expected 1 to 240", options->fps_num,
            options->fps_den);
    return true;
}

static bool is_dim(const char *holding)
{
    return holding && strcmp(holding, "dim") == 0;
}

/* A holding picture that cannot be read costs itself only. */
static GstBuffer *make_holding(const struct program *program, const char *path)
{
    struct error err;
    if (is_dim(path))
        path = NULL;
    GstBuffer *picture = path && *path ? holding_load(program, path, &err) : NULL;
    if (path && *path && !picture)
        log_warn("video", "%s; the built-in one is used", err.text);
    return picture ? picture : holding_draw(program);
}

static void *work(void *data)
{
    struct studio *studio = data;
    g_main_context_push_thread_default(studio->context);
    g_main_loop_run(studio->loop);
    g_main_context_pop_thread_default(studio->context);
    return NULL;
}

static gboolean open_inputs(void *data)
{
    struct studio *studio = data;
    inputs_open(studio->inputs, studio->pump);
    return G_SOURCE_REMOVE;
}

static const char *or_null(const char *text)
{
    return text && *text ? text : NULL;
}

/* On the pump's thread. */
static void handle_shown(void *data)
{
    invoke(data, tell_shown, data, NULL);
}

static bool build(struct studio *studio, const struct studio_options *options, struct error *err)
{
    studio->inputs = inputs_create(&(struct inputs_options){
        .program = &studio->program, .context = studio->context, .on_state = handle_input_state, .data = studio,
        .addresses = {options->input, or_null(options->backup), or_null(options->sound)},
    }, err);
    if (!studio->inputs)
        return false;
    if (or_null(options->music))
        studio->music = music_create(studio->context, options->music);
    studio->pump = pump_create(&(struct pump_options){
        .program = &studio->program, .holding = make_holding(&studio->program, options->holding),
        .is_dimming = is_dim(options->holding), .music = studio->music,
        .has_own_sound = inputs_has(studio->inputs, PUMP_SOUND), .on_shown = handle_shown, .data = studio,
    });
    studio->renditions = renditions_create(&(struct renditions_options){
        .program = &studio->program, .pump = studio->pump, .captions = studio->captions, .context = studio->context,
        .data = studio, .on_picture = handle_preview});
    studio->lineup = lineup_create(&(struct lineup_options){
        .outputs = {.program = &studio->program, .pump = studio->pump, .renditions = studio->renditions,
            .captions = studio->captions, .context = studio->context},
        .data = studio, .on_state = handle_output_state,
    });
    if (!lineup_set(studio->lineup, options->outputs, options->output_count, err))
        return false;
    while (g_main_context_iteration(studio->context, FALSE)) {}  // they are there when this returns
    return true;
}

struct studio *studio_create(const struct studio_options *given, struct error *err)
{
    struct studio_options options = *given;
    if (!options.width_px && !options.height_px)
        options.width_px = STUDIO_USUAL_WIDTH_PX, options.height_px = STUDIO_USUAL_HEIGHT_PX;
    if (!options.fps_num)
        options.fps_num = STUDIO_USUAL_FPS, options.fps_den = 1;
    if (!options.input)
        options.input = "test";
    if (!check_options(&options, err) || !setup_gstreamer(err))
        return NULL;
    struct studio *studio = xcalloc(1, sizeof(*studio));
    g_mutex_init(&studio->lock);
    g_cond_init(&studio->changed);
    studio->on_event = options.on_event;
    studio->on_preview = options.on_preview;
    studio->data = options.data;
    program_init(&studio->program, options.width_px, options.height_px, options.fps_num, options.fps_den);
    studio->context = g_main_context_new();
    studio->loop = g_main_loop_new(studio->context, FALSE);
    studio->captions = caption_book_create();
    for (const char *const *language = options.languages; language && *language; language++)
        caption_book_expect(studio->captions, *language);
    if (!build(studio, &options, err)) {
        studio_destroy(studio);
        return NULL;
    }
    studio->thread = g_thread_new("studio", work, studio);
    invoke(studio, open_inputs, studio, NULL);
    return studio;
}

/* ---- The end ---- */

static gboolean close_inputs(void *data)
{
    struct studio *studio = data;
    inputs_close(studio->inputs);
    if (studio->music)
        music_end(studio->music);
    return G_SOURCE_REMOVE;
}

static gboolean quit(void *data)
{
    struct studio *studio = data;
    g_main_loop_quit(studio->loop);
    return G_SOURCE_REMOVE;
}

static gboolean finish(void *data)
{
    struct studio *studio = data;
    lineup_finish(studio->lineup);
    g_mutex_lock(&studio->lock);
    studio->is_stopping = true;
    g_cond_broadcast(&studio->changed);
    g_mutex_unlock(&studio->lock);
    return G_SOURCE_REMOVE;
}

/* Every output gets its end at the same time. False: a peer or a disk held one up for too long. */
static bool finish_outputs(struct studio *studio)
{
    invoke(studio, finish, studio, NULL);
    gint64 until = g_get_monotonic_time() + FINISH_MS * (gint64)1000;
    bool is_time_left = true;
    g_mutex_lock(&studio->lock);
    while (!(studio->is_stopping && lineup_is_idle(studio->lineup)) && is_time_left)
        is_time_left = g_cond_wait_until(&studio->changed, &studio->lock, until);
    bool is_stopped = studio->is_stopping && lineup_is_idle(studio->lineup);
    g_mutex_unlock(&studio->lock);
    return is_stopped;
}

/* What a blocked pipeline may still touch stays allocated: the process is about to end. */
static bool stop(struct studio *studio)
{
    bool is_finished = finish_outputs(studio);
    invoke(studio, close_inputs, studio, NULL);
    invoke(studio, quit, studio, NULL);
    g_thread_join(studio->thread);
    bool is_buried = undertaker_wait(BURIAL_MS);
    while (g_main_context_iteration(studio->context, FALSE)) {}  // the last burials tell that they are over
    if (!is_finished || !is_buried)
        log_warn("video", "an input or output did not end in time");
    return is_finished && is_buried;
}

void studio_destroy(struct studio *studio)
{
    if (!studio || (studio->thread && !stop(studio)))
        return;
    lineup_destroy(studio->lineup);
    renditions_destroy(studio->renditions);
    pump_destroy(studio->pump);
    music_destroy(studio->music);
    inputs_destroy(studio->inputs);
    g_main_loop_unref(studio->loop);
    g_main_context_unref(studio->context);
    if (scribe_wait(FINISH_MS / 2))  // else a disk hangs, and they still read it
        caption_book_destroy(studio->captions);
    program_fini(&studio->program);
    g_mutex_clear(&studio->lock);
    g_cond_clear(&studio->changed);
    free(studio);
}

void studio_set_captions(struct studio *studio, const struct studio_caption *captions, size_t count)
{
    caption_intake(studio->captions, captions, count, program_now_ns(&studio->program));
}

void studio_get_health(struct studio *studio, struct studio_health *health)
{
    struct pump_health pump;
    pump_get_health(studio->pump, &pump);
    *health = (struct studio_health){
        .shown = shown_name(pump.shown), .selected = wishes[pump.wish], .shown_since_ms = pump.shown_since_ms,
        .fps = pump.fps, .budget_ms = 1000.0 * studio->program.fps_den / studio->program.fps_num,
        .ticks = pump.ticks, .live = pump.live, .repeated = pump.repeated, .held = pump.held,
        .jumped = pump.jumped,
    };
    inputs_get_health(studio->inputs, &pump, health);
    health->output_count = lineup_get_health(studio->lineup, health->outputs, &health->is_blank);
}
