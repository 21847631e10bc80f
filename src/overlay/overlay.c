#include "overlay/overlay.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/poison.h"
#include "base/service.h"
#include "frame/frame.h"
#include "net/loop.h"
#include "overlay/ahead.h"
#include "overlay/foreseen.h"
#include "overlay/link.h"
#include "overlay/own_pictures.h"
#include "overlay/pictures.h"
#include "overlay/preflight.h"
#include "overlay/report.h"
#include "overlay/sounds.h"
#include "overlay/theme_watch.h"
#include "overlay/view.h"
#include "overlay/warm.h"
#include "overlay/windows.h"
#include "painter/painter.h"
#include "text/text.h"

enum { BEAT_MS = 400, CLEAR_AFTER_MS = 60000 };

struct overlay {
    const struct overlay_options *options;
    struct loop *loop;
    struct painter *painter;
    struct text_engine *text;
    struct poison *poison;
    struct pictures *pictures;
    struct own_pictures *own_pictures;
    struct foreseen *foreseen;
    struct sounds *sounds;  // NULL: silent
    struct view **views;
    size_t view_count;
    struct windows *windows;
    struct link *link;
    struct preflight *preflight;
    struct report *report;
    struct theme_watch *themes;  // NULL: they cannot be watched
    struct ahead *ahead;
    struct warm *warm;
    struct timer beat, clear, end;
    json_t *on_air;       // as last told; NULL: nothing yet, or taken off since
    bool is_blank;
};

static void show(struct overlay *overlay, const json_t *on_air, bool at_once)
{
    int64_t now_ms = clock_monotonic_ms();
    const json_t *views = json_object_get(on_air, "views");
    for (size_t i = 0; i < overlay->view_count; i++)
        view_apply(overlay->views[i], json_object_get(views, view_name(overlay->views[i])), now_ms, at_once);
}

static void handle_on_air(void *data, const char *revision, const json_t *on_air, bool is_snapshot)
{
    struct overlay *overlay = data;
    bool is_blank = json_get_bool(on_air, "is_blank", false);
    // Panic is at once, and so is the way back: nothing that was hidden enters again. What went while we were away may
    // have been deleted, so it has no exit; and after our own restart all is where it was.
    show(overlay, is_blank ? NULL : on_air, is_snapshot || is_blank || overlay->is_blank);
    json_decref(overlay->on_air);
    overlay->on_air = json_incref((json_t *)(uintptr_t)on_air);
    overlay->is_blank = is_blank;
    timer_stop(&overlay->clear);
    report_applied(overlay->report, revision);
}

static void handle_removed(void *data, const json_t *ids, const json_t *author)
{
    struct overlay *overlay = data;
    for (size_t i = 0; i < overlay->view_count; i++)
        view_remove(overlay->views[i], ids, author);
}

/*
 * Its message may have left the relay's queue long ago, and then no id of it comes with what was removed: but the
 * question is gone, and its card has no exit either.
 */
static void remove_question(const struct overlay *overlay, int64_t id)
{
    char card[32];
    snprintf(card, sizeof(card), "question:%lld", (long long)id);
    for (size_t i = 0; i < overlay->view_count; i++)
        view_remove_card(overlay->views[i], card);
}

static void handle_question(void *data, int64_t id, const json_t *question)
{
    struct overlay *overlay = data;
    if (!question) {
        remove_question(overlay, id);
        ahead_forget_question(overlay->ahead, id);
        foreseen_forget(overlay->foreseen, id);
    } else {
        foreseen_look(overlay->foreseen, question);
    }
    if (question ? preflight_look(overlay->preflight, question) : preflight_forget(overlay->preflight, id))
        report_words(overlay->report);
}

static void handle_command(void *data, const json_t *message)
{
    ahead_handle_command(((struct overlay *)data)->ahead, message);
}

static void handle_reply(void *data, const json_t *message)
{
    own_pictures_handle_reply(((struct overlay *)data)->own_pictures, message);
}

/* A view that was there before the link may ask too early: it asks again. */
static void ask_own_picture(void *data, const char *hash)
{
    struct overlay *overlay = data;
    struct error early = {0};
    if (overlay->own_pictures) {
        own_pictures_ask(overlay->own_pictures, hash);
        return;
    }
    error_set(&early, ERROR_AGAIN, "the relay is not there yet");
    pictures_take_own(overlay->pictures, hash, NULL, 0, &early);
}

static int64_t clear_after_ms(const struct overlay *overlay)
{
    return overlay->options->clear_after_ms ? overlay->options->clear_after_ms : CLEAR_AFTER_MS;
}

static void handle_link(void *data, bool is_up)
{
    struct overlay *overlay = data;
    own_pictures_set_up(overlay->own_pictures, is_up);
    if (is_up) {
        timer_stop(&overlay->clear);
        foreseen_forget_all(overlay->foreseen);
        preflight_forget_all(overlay->preflight);  // the snapshot tells of all questions again
        report_all(overlay->report);
        return;
    }
    ahead_forget_all(overlay->ahead);
    if (clear_after_ms(overlay) < 0 || !overlay->on_air)
        return;
    log_warn("overlay", "the relay is lost: what is on air stays for %lld s", (long long)clear_after_ms(overlay) / 1000);
    timer_start(&overlay->clear, clear_after_ms(overlay));
}

static void handle_clear(void *data)
{
    struct overlay *overlay = data;
    log_warn("overlay", "the relay has been away for %lld s: cards are taken off",
        (long long)clear_after_ms(overlay) / 1000);
    show(overlay, NULL, false);
    json_decref(overlay->on_air);
    overlay->on_air = NULL;
    link_forget(overlay->link);
}

static void handle_beat(void *data)
{
    struct overlay *overlay = data;
    for (size_t i = 0; i < overlay->view_count; i++)
        view_beat(overlay->views[i]);
    service_feed();
    timer_start(&overlay->beat, BEAT_MS);
}

static void handle_painted(void *data, struct view *view, const struct box *boxes, size_t count)
{
    struct overlay *overlay = data;
    if (overlay->report)
        report_painted(overlay->report, view);
    if (overlay->windows)
        windows_damage(overlay->windows, view, boxes, count);
}

static void handle_alerted(void *data, const char *kind)
{
    sounds_play(((struct overlay *)data)->sounds, kind);
}

/* A bad theme costs nothing but the edit: the old one stays, and log and panel say what is wrong. */
static void handle_theme(void *data, const char *path)
{
    struct overlay *overlay = data;
    for (size_t i = 0; i < overlay->view_count; i++) {
        const char *of_view = view_theme_path(overlay->views[i]);
        struct error err = {0};
        if (!of_view || strcmp(of_view, path) != 0)
            continue;
        if (view_restyle(overlay->views[i], clock_monotonic_ms(), &err))
            log_info("overlay", "view %s: theme read again", view_name(overlay->views[i]));
        else
            log_warn("overlay", "%s; the old theme stays", err.text);
    }
    report_words(overlay->report);
}

static void handle_end(void *data)
{
    loop_stop(((struct overlay *)data)->loop);
}

static const struct link_handler handler = {
    handle_on_air, handle_removed, handle_question, handle_command, handle_link, handle_reply,
};

/* ---- start */

static void tell_poison(const struct overlay *overlay)
{
    struct poison_case found;
    if (poison_found(overlay->poison, &found))
        log_error("overlay", "the last run died drawing %s of %zu bytes: it is not drawn again", found.where, found.len);
}

static char *frames_path(const struct overlay *overlay, const char *view, struct error *err)
{
    if (overlay->options->frames_folder)
        return xasprintf("%s/frames-%s.sock", overlay->options->frames_folder, view);
    return frame_socket_path(view, err);
}

static bool add_view(struct overlay *overlay, const struct overlay_view *wanted, struct error *err)
{
    char *path = frames_path(overlay, wanted->name, err);
    if (!path)
        return false;
    bool is_heard = overlay->sounds && strcmp(wanted->name, overlay->options->sounds_view) == 0;
    struct view *view = view_create(&(struct view_options){
        .name = wanted->name, .width_px = wanted->width_px, .height_px = wanted->height_px,
        .safe = wanted->safe, .face = wanted->face, .theme_path = wanted->theme_path,
        .is_motion_reduced = wanted->is_motion_reduced, .language = wanted->language, .painter = overlay->painter,
        .text = overlay->text, .poison = overlay->poison, .pictures = overlay->pictures, .loop = overlay->loop, .frames_path = path,
        .data = overlay, .painted = handle_painted, .alerted = is_heard ? handle_alerted : NULL,
    }, err);
    if (view)
        log_info("overlay", "view %s: %d x %d px, %s", wanted->name, wanted->width_px, wanted->height_px, path);
    free(path);
    if (!view)
        return false;
    overlay->views[overlay->view_count++] = view;
    if (overlay->themes && wanted->theme_path)
        theme_watch_add(overlay->themes, wanted->theme_path);
    return true;
}

static void drop_views(struct overlay *overlay)
{
    for (size_t i = 0; i < overlay->view_count; i++)
        view_destroy(overlay->views[i]);
    free(overlay->views);
    overlay->views = NULL;
    overlay->view_count = 0;
}

static bool start_pictures(struct overlay *overlay, struct error *err)
{
    const struct overlay_options *options = overlay->options;
    char *poison_path = options->poison_path ? xasprintf("%s.pictures", options->poison_path) : NULL;
    overlay->pictures = pictures_open(&(struct pictures_options){
        .loop = overlay->loop, .cache_folder = options->pictures_folder, .cache_mb = options->pictures_mb,
        .hosts = options->picture_hosts, .poison_path = poison_path, .ask_own = ask_own_picture, .data = overlay,
    }, err);
    free(poison_path);
    return overlay->pictures != NULL;
}

static void start_themes(struct overlay *overlay)
{
    struct error err = {0};
    overlay->themes = theme_watch_create(overlay->loop, handle_theme, overlay, &err);
    if (!overlay->themes)
        log_warn("overlay", "%s: a changed one is read at SIGHUP", err.text);
}

static void start_sounds(struct overlay *overlay)
{
    const struct overlay_options *options = overlay->options;
    if (options->sound_count > 0)
        overlay->sounds = sounds_create(&(struct sounds_options){overlay->loop, options->sounds, options->sound_count,
            options->volume_percent});
}

static bool start_views(struct overlay *overlay, struct error *err)
{
    const struct overlay_options *options = overlay->options;
    overlay->painter = painter_create();
    overlay->text = text_engine_create(&(struct text_engine_options){.fonts_path = options->fonts_path}, err);
    if (!overlay->text)
        return false;
    overlay->views = xcalloc(options->view_count, sizeof(*overlay->views));
    for (size_t i = 0; i < options->view_count; i++) {
        if (!add_view(overlay, &options->views[i], err))
            return false;
    }
    return true;
}

static bool start_windows(struct overlay *overlay, struct error *outer)
{
    const struct overlay_options *options = overlay->options;
    struct error local = {0}, *err = outer ? outer : &local;
    if (options->window_count == 0)
        return true;
    overlay->windows = windows_create(&(struct windows_options){
        .loop = overlay->loop, .list = options->windows, .count = options->window_count, .views = overlay->views,
        .view_count = overlay->view_count,
    }, err);
    if (!overlay->windows && options->is_window_optional)
        log_warn("overlay", "%s; going on without a window", err->text);
    return overlay->windows || options->is_window_optional;
}

static void start_report(struct overlay *overlay)
{
    overlay->report = report_create(&(struct report_options){overlay->loop, overlay->link, overlay->views,
        overlay->view_count, overlay->preflight});
    ahead_set_views(overlay->ahead, overlay->views, overlay->view_count);
}

static bool start_link(struct overlay *overlay, struct error *err)
{
    const struct overlay_options *options = overlay->options;
    overlay->link = link_create(&(struct link_options){
        .loop = overlay->loop, .relay = options->relay, .token = options->token, .ca_file = options->ca_file,
        .name = options->name ? options->name : "overlay", .handler = &handler, .data = overlay,
    }, err);
    if (!overlay->link)
        return false;
    overlay->own_pictures = own_pictures_create(&(struct own_pictures_options){overlay->loop, overlay->link, overlay->pictures});
    overlay->foreseen = foreseen_create(overlay->pictures);
    overlay->preflight = preflight_create(&(struct preflight_options){overlay->text, overlay->poison,
        options->views[0].language});
    overlay->ahead = ahead_create(&(struct ahead_options){overlay->loop, overlay->link});
    start_report(overlay);
    return true;
}

/* ---- SIGHUP: other views while the show goes on */

/*
 * All in one turn of the loop: whoever reads the frame streams finds the old picture, then the new one, and never an
 * empty one between.
 */
static void replace_views(struct overlay *overlay, const struct overlay_view *wanted, size_t count)
{
    report_destroy(overlay->report);
    overlay->report = NULL;
    drop_views(overlay);
    overlay->views = xcalloc(count, sizeof(*overlay->views));
    for (size_t i = 0; i < count; i++) {
        struct error err = {0};
        if (!add_view(overlay, &wanted[i], &err))
            log_error("overlay", "%s; the other views go on", err.text);
    }
    start_report(overlay);
    if (overlay->on_air)
        show(overlay, overlay->is_blank ? NULL : overlay->on_air, true);
    for (size_t i = 0; i < overlay->view_count; i++)
        view_paint(overlay->views[i], clock_monotonic_ms());
    report_all(overlay->report);
}

static void handle_reload(void *data)
{
    struct overlay *overlay = data;
    const struct overlay_view *wanted;
    size_t count;
    struct error err = {0};
    if (!overlay->options->reload)
        return;
    if (!overlay->options->reload(overlay->options->data, &wanted, &count, &err)) {
        log_error("overlay", "%s; the old views stay", err.text);
        return;
    }
    struct windows *windows = overlay->windows;
    overlay->windows = NULL;  // nothing is presented while the views are others
    replace_views(overlay, wanted, count);
    overlay->windows = windows;
    if (windows)
        windows_set_views(windows, overlay->views, overlay->view_count);
    log_info("overlay", "SIGHUP: %zu views as configured now", overlay->view_count);
}

static bool are_views_still(void *data)
{
    const struct overlay *overlay = data;
    for (size_t i = 0; i < overlay->view_count; i++) {
        if (!view_is_still(overlay->views[i]))
            return false;
    }
    return true;
}

static bool start(struct overlay *overlay, struct error *err)
{
    overlay->loop = loop_create(err);
    if (!overlay->loop || !loop_on_signal(overlay->loop, SIGTERM, handle_end, overlay, err) ||
        !loop_on_signal(overlay->loop, SIGINT, handle_end, overlay, err) ||
        !loop_on_signal(overlay->loop, SIGHUP, handle_reload, overlay, err))
        return false;
    timer_init(&overlay->beat, overlay->loop, handle_beat, overlay);
    timer_init(&overlay->clear, overlay->loop, handle_clear, overlay);
    timer_init(&overlay->end, overlay->loop, handle_end, overlay);
    if (overlay->options->poison_path) {
        overlay->poison = poison_open(overlay->options->poison_path, err);
        if (!overlay->poison)
            return false;
        tell_poison(overlay);
    }
    start_sounds(overlay);
    start_themes(overlay);
    if (!start_pictures(overlay, err) || !start_views(overlay, err) || !start_windows(overlay, err) || !start_link(overlay, err))
        return false;
    overlay->warm = warm_create(&(struct warm_options){overlay->loop, overlay->text, are_views_still, overlay});
    handle_beat(overlay);
    // Until a relay is found, the readers keep what the overlay before this one showed; but not for ever.
    if (clear_after_ms(overlay) >= 0)
        timer_start(&overlay->clear, clear_after_ms(overlay));
    if (overlay->options->seconds > 0)
        timer_start(&overlay->end, (int64_t)(overlay->options->seconds * 1000));
    return true;
}

static void stop(struct overlay *overlay)
{
    if (overlay->loop) {
        timer_stop(&overlay->beat);
        timer_stop(&overlay->clear);
        timer_stop(&overlay->end);
    }
    report_destroy(overlay->report);
    ahead_destroy(overlay->ahead);
    warm_destroy(overlay->warm);
    preflight_destroy(overlay->preflight);
    link_destroy(overlay->link);
    windows_destroy(overlay->windows);
    theme_watch_destroy(overlay->themes);
    drop_views(overlay);
    foreseen_destroy(overlay->foreseen);
    own_pictures_destroy(overlay->own_pictures);
    pictures_close(overlay->pictures);
    sounds_destroy(overlay->sounds);
    json_decref(overlay->on_air);
    text_engine_destroy(overlay->text);
    painter_destroy(overlay->painter);
    poison_close(overlay->poison);
    loop_destroy(overlay->loop);
}

bool overlay_run(const struct overlay_options *options, struct error *err)
{
    struct overlay overlay = {.options = options};
    service_open();
    bool is_good = start(&overlay, err);
    if (is_good) {
        service_tell("READY=1");
        is_good = loop_run(overlay.loop, err);
    }
    service_tell("STOPPING=1");
    stop(&overlay);
    return is_good;
}
