#include "overlay/view.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "frame/frame.h"
#include "net/loop.h"
#include "overlay/cost.h"
#include "overlay/scene.h"
#include "overlay/theme.h"
#include "painter/damage.h"

enum { FRAME_US = 16667, STILL_US = 3 * FRAME_US };

struct view {
    struct view_options options;  // name and language owned
    struct theme *theme;          // owned
    char *theme_error;            // owned; of its file as it is now; NULL: none
    struct scene scene;
    struct canvas *canvas;        // owned
    struct damage damage;
    struct frame_writer *writer;  // owned; NULL: not published
    struct watch *watch;
    struct timer timer;           // runs only while something moves
    bool has_state;               // it was told what is on air, if only that nothing is
    int64_t due_us;               // of the next frame
    uint64_t layers_of_gone, layouts_of_gone;
    struct view_stats stats;
    struct costs costs;
};

static void handle_readers(void *data)
{
    frame_writer_handle(((struct view *)data)->writer);
}

static bool start_stream(struct view *view, struct error *err)
{
    if (!view->options.frames_path)
        return true;
    view->writer = frame_writer_create(&(struct frame_writer_options){
        .path = view->options.frames_path, .width_px = view->options.width_px, .height_px = view->options.height_px,
    }, err);
    if (!view->writer)
        return false;
    if (view->options.loop)
        view->watch = loop_watch_fd(view->options.loop, frame_writer_fd(view->writer), handle_readers, view);
    return true;
}

static void handle_frame(void *data);
static void handle_wake(void *data);

/* Rounded outwards: a face is not covered by a px of a card. */
static struct box box_of(const struct view_options *options, const struct view_part *part)
{
    int left = (int)floorf(part->x * (float)options->width_px), right = (int)ceilf((part->x + part->width) * (float)options->width_px);
    int top = (int)floorf(part->y * (float)options->height_px), bottom = (int)ceilf((part->y + part->height) * (float)options->height_px);
    const struct box box = {left, top, right - left, bottom - top}, whole = {0, 0, options->width_px, options->height_px};
    return box_intersect(&box, &whole);
}

static void set_areas(struct stage *stage, const struct view_options *options)
{
    int margin = stage->theme->safe_px;
    const struct box whole = {0, 0, stage->width_px, stage->height_px};
    const struct box usual = {margin, margin, whole.width - 2 * margin, whole.height - 2 * margin};
    bool is_given = options->safe.width > 0 && options->safe.height > 0;
    stage->safe = is_given ? box_of(options, &options->safe) : box_is_empty(&usual) ? whole : usual;
    stage->strips = is_given ? stage->safe : whole;
    stage->face = box_of(options, &options->face);
}

static struct theme *load_theme(const struct view_options *options, struct error *err)
{
    return theme_load(options->theme_path, &(struct theme_options){options->width_px, options->height_px,
        options->is_motion_reduced}, err);
}

struct view *view_create(const struct view_options *options, struct error *err)
{
    struct view *view = xcalloc(1, sizeof(*view));
    view->options = *options;
    view->options.name = xstrdup(options->name);
    view->options.theme_path = xstrdup(options->theme_path);
    view->options.language = xstrdup(options->language && *options->language ? options->language : "en");
    damage_init(&view->damage, options->width_px, options->height_px);
    list_init(&view->scene.nodes);
    timer_init(&view->timer, options->loop, handle_frame, view);
    view->theme = load_theme(&view->options, err);
    if (view->theme)
        view->canvas = canvas_create(options->painter, options->width_px, options->height_px, err);
    if (!view->canvas || !start_stream(view, err)) {
        error_prefix(err, "view %s", options->name);
        view_destroy(view);
        return NULL;
    }
    scene_init(&view->scene, &(struct stage){
        .painter = options->painter, .text = options->text, .poison = options->poison, .theme = view->theme,
        .language = view->options.language, .width_px = options->width_px, .height_px = options->height_px,
        .unix_ms = options->unix_ms ? options->unix_ms : clock_unix_ms, .pictures = options->pictures, .is_motion_reduced = view->theme->is_motion_reduced, .wake = handle_wake,
        .wake_data = view, .costs = &view->costs,
        .alerted = options->alerted, .alerted_data = options->data,
    });
    set_areas(&view->scene.stage, options);
    return view;
}

void view_destroy(struct view *view)
{
    if (!view)
        return;
    timer_stop(&view->timer);
    loop_unwatch(view->watch);
    scene_fini(&view->scene);
    frame_writer_destroy(view->writer);
    canvas_destroy(view->canvas);
    damage_fini(&view->damage);
    theme_destroy(view->theme);
    free(view->theme_error);
    free((char *)(uintptr_t)view->options.language);
    free((char *)(uintptr_t)view->options.name);
    free((char *)(uintptr_t)view->options.theme_path);
    free(view);
}

/* ---- painting */

static void add_damage(struct view *view, struct damage *of_layer, const struct box *layer)
{
    struct box boxes[DAMAGE_BOXES_MAX];
    size_t count = damage_boxes(of_layer, boxes);
    for (size_t i = 0; i < count; i++)
        damage_add(&view->damage, &(struct box){boxes[i].x + layer->x, boxes[i].y + layer->y, boxes[i].width, boxes[i].height});
}

static bool is_scaled(const struct node *node, const struct box *box)
{
    return node->layer && (box->width != canvas_width(node->layer) || box->height != canvas_height(node->layer));
}

/* What the view must paint anew because this card is elsewhere, fainter, or drawn anew inside. */
static void collect_damage(struct view *view, struct node *node, int64_t now_ms)
{
    float opacity;
    struct box box = node_position(node, now_ms, &opacity);
    bool is_moved = box.x != node->drawn.x || box.y != node->drawn.y || box.width != node->drawn.width ||
        box.height != node->drawn.height || opacity != node->drawn_opacity || (!box_is_empty(&box) && is_scaled(node, &box));
    if (is_moved) {
        damage_add(&view->damage, &node->drawn);
        damage_add(&view->damage, &box);
    } else if (!box_is_empty(&box)) {
        add_damage(view, &node->damage, &box);
        add_damage(view, &node->scrolled, &box);
    }
    node->drawn = box;
    node->drawn_opacity = opacity;
    if (!box_is_empty(&box)) {
        node_paint(node);
        damage_clear(&node->damage);
        damage_clear(&node->scrolled);
    }
}

static void subtract_box(pixman_region32_t *region, const struct box *box)
{
    pixman_region32_t taken;
    if (box_is_empty(box))
        return;
    pixman_region32_init_rect(&taken, box->x, box->y, (unsigned)box->width, (unsigned)box->height);
    pixman_region32_subtract(region, region, &taken);
    pixman_region32_fini(&taken);
}

/* Where nobody else's shadow falls on a whole card, its pixels are the view's: a copy of bytes. Leaves what remains. */
static void blit_alone(struct view *view, const struct node *node, pixman_region32_t *remains)
{
    const struct box *box = &node->drawn;
    const struct node *other;
    pixman_region32_t alone;
    if (box_is_empty(box) || !node->layer || node->drawn_opacity < 1 || is_scaled(node, box))
        return;
    pixman_region32_init(&alone);
    pixman_region32_intersect_rect(&alone, remains, box->x, box->y, (unsigned)box->width, (unsigned)box->height);
    list_for_each(other, &view->scene.nodes, link) {
        if (other != node)
            subtract_box(&alone, &other->drawn);
    }
    if (pixman_region32_not_empty(&alone)) {
        canvas_set_clip(view->canvas, &alone);
        canvas_copy(view->canvas, node->layer, box->x, box->y);
        pixman_region32_subtract(remains, remains, &alone);
    }
    pixman_region32_fini(&alone);
}

static void draw_over(struct view *view, pixman_region32_t *region)
{
    const struct node *node;
    canvas_set_clip(view->canvas, region);
    canvas_clear(view->canvas);
    list_for_each(node, &view->scene.nodes, link) {
        if (box_is_empty(&node->drawn) || !node->layer)
            continue;
        if (is_scaled(node, &node->drawn))
            canvas_draw_scaled(view->canvas, node->layer, &node->drawn, node->drawn_opacity);
        else
            canvas_draw(view->canvas, node->layer, node->drawn.x, node->drawn.y, node->drawn_opacity);
    }
}

static void draw_nodes(struct view *view)
{
    const struct node *node;
    pixman_region32_t remains;
    pixman_region32_init(&remains);
    pixman_region32_copy(&remains, &view->damage.region);
    list_for_each(node, &view->scene.nodes, link)
        blit_alone(view, node, &remains);
    if (pixman_region32_not_empty(&remains))
        draw_over(view, &remains);
    pixman_region32_fini(&remains);
    canvas_set_clip(view->canvas, NULL);
}

static void publish(struct view *view)
{
    struct box boxes[DAMAGE_BOXES_MAX];
    struct frame_box list[DAMAGE_BOXES_MAX];
    size_t count = damage_boxes(&view->damage, boxes);
    for (size_t i = 0; i < count; i++) {
        list[i] = (struct frame_box){boxes[i].x, boxes[i].y, boxes[i].x + boxes[i].width, boxes[i].y + boxes[i].height};
        view->stats.pixels += (uint64_t)boxes[i].width * (uint64_t)boxes[i].height;
    }
    view->stats.frames++;
    if (view->writer)
        frame_writer_publish(view->writer, canvas_pixels(view->canvas), canvas_stride(view->canvas), list, count);
    if (view->options.painted)
        view->options.painted(view->options.data, view, boxes, count);
}

static void remove_gone(struct view *view)
{
    struct node *node, *following;
    list_for_each_safe(node, following, &view->scene.nodes, link) {
        if (node->state != NODE_GONE)
            continue;
        view->layers_of_gone += node->count.paints;
        view->layouts_of_gone += node->count.layouts;
        node_destroy(node);
    }
}

bool view_paint(struct view *view, int64_t now_ms)
{
    bool is_moving = scene_advance(&view->scene, now_ms);
    struct node *node;
    list_for_each(node, &view->scene.nodes, link)
        collect_damage(view, node, now_ms);
    remove_gone(view);
    if (!damage_is_empty(&view->damage)) {
        draw_nodes(view);
        publish(view);
        damage_clear(&view->damage);
        costs_tell(&view->costs, view->options.name, now_ms);
    }
    return is_moving;
}

/* ---- time */

/* A late frame is left out, not caught up with; and none comes earlier than one frame after the last. */
static void paint_at(struct view *view, int64_t due_us, int64_t now_us)
{
    view->due_us = due_us > now_us ? due_us : now_us + FRAME_US;
    timer_start(&view->timer, (view->due_us - now_us + 999) / 1000);
}

static void handle_frame(void *data)
{
    struct view *view = data;
    int64_t now_us = clock_monotonic_ns() / 1000, last_us = view->due_us;
    if (view_paint(view, now_us / 1000)) {
        paint_at(view, last_us + FRAME_US, now_us);
        return;
    }
    int64_t wake_us = scene_wake_ms(&view->scene) * 1000;
    if (wake_us)
        paint_at(view, wake_us > last_us + FRAME_US ? wake_us : last_us + FRAME_US, now_us);
}

/* A frame that is due within the time of one is soon enough. */
static void wake(struct view *view)
{
    int64_t now_us = clock_monotonic_ns() / 1000;
    if (!view->options.loop || (timer_is_running(&view->timer) && view->due_us <= now_us + FRAME_US))
        return;
    view->due_us = now_us;
    timer_start(&view->timer, 0);
}

static void handle_wake(void *data)
{
    wake(data);
}

/*
 * The first state is painted also when there is nothing to be seen: whoever reads the stream still shows what the overlay
 * before this one had on it, and that may be deleted by now.
 */
void view_apply(struct view *view, const json_t *state, int64_t now_ms, bool at_once)
{
    if (!view->has_state)
        damage_add_all(&view->damage);
    view->has_state = true;
    scene_apply(&view->scene, state, now_ms, at_once);
    wake(view);
}

bool view_restyle(struct view *view, int64_t now_ms, struct error *err)
{
    struct theme *theme = load_theme(&view->options, err), *old = view->theme;
    free(view->theme_error);
    view->theme_error = theme ? NULL : xstrdup(err->text);
    if (!theme)
        return error_prefix(err, "view %s", view->options.name);
    view->theme = theme;
    view->scene.stage.theme = theme;
    scene_restyle(&view->scene, now_ms);
    theme_destroy(old);
    damage_add_all(&view->damage);
    wake(view);
    return true;
}

const char *view_theme_error(const struct view *view)
{
    return view->theme_error;
}

const char *view_theme_path(const struct view *view)
{
    return view->options.theme_path;
}

void view_remove(struct view *view, const json_t *ids, const json_t *author)
{
    if (scene_remove(&view->scene, ids, author))
        wake(view);
}

void view_remove_card(struct view *view, const char *id)
{
    if (scene_remove_card(&view->scene, id))
        wake(view);
}

void view_beat(struct view *view)
{
    if (view->writer)
        frame_writer_beat(view->writer);
}

/* ---- asking */

const char *view_name(const struct view *view)
{
    return view->options.name;
}

const struct canvas *view_canvas(const struct view *view)
{
    return view->canvas;
}

const struct scene *view_scene(const struct view *view)
{
    return &view->scene;
}

int64_t view_wake_ms(const struct view *view)
{
    return scene_wake_ms(&view->scene);
}

bool view_is_still(const struct view *view)
{
    return !timer_is_running(&view->timer) || view->due_us > clock_monotonic_ns() / 1000 + STILL_US;
}

struct view_stats view_stats(const struct view *view)
{
    struct view_stats stats = view->stats;
    stats.layers = view->layers_of_gone;
    stats.layouts = view->layouts_of_gone;
    const struct node *node;
    list_for_each(node, &view->scene.nodes, link) {
        stats.layers += node->count.paints;
        stats.layouts += node->count.layouts;
    }
    return stats;
}
