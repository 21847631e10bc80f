/* cmd_overlay.c - paints the views that the configuration names and publishes them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/folders.h"
#include "cli/instance.h"
#include "cli/options.h"
#include "cli/themes.h"
#include "overlay/overlay.h"
#include "overlay/pictures.h"
#include "overlay/sounds.h"
#include "overlay/theme.h"

struct wish {
    const char *config, *relay, *token_file, *ca_file, *name, *window, *key, *frames;
    int clear_after_s;
    double seconds;
};

/* The views of one reading of the configuration; the texts belong to it. */
struct reading {
    struct config *config;
    struct overlay_view *views;
};

struct plan {
    const struct wish *wish;
    struct reading first, last;  // last: of the newest SIGHUP
    char *runtime, *relay, *poison, *pictures;
    struct sounds_item sounds[CONFIG_SOUNDS];  // paths owned
    size_t sound_count;
    struct buffer token;
};

static void drop_reading(struct reading *reading)
{
    for (size_t i = 0; reading->views && i < reading->config->view_count; i++)
        free((char *)(uintptr_t)reading->views[i].theme_path);
    free(reading->views);
    config_destroy(reading->config);
    *reading = (struct reading){0};
}

static void drop(struct plan *plan)
{
    drop_reading(&plan->first);
    drop_reading(&plan->last);
    free(plan->runtime);
    free(plan->relay);
    free(plan->poison);
    free(plan->pictures);
    for (size_t i = 0; i < plan->sound_count; i++)
        free((char *)(uintptr_t)plan->sounds[i].path);
    buffer_fini(&plan->token);
}

static struct view_part part_of(const float part[4])
{
    return (struct view_part){part[0], part[1], part[2], part[3]};
}

static bool take_view(const struct config *config, const struct config_view *from, struct overlay_view *view,
    struct error *err)
{
    const char *language = from->language && *from->language ? from->language : config->languages[0];
    char *path = theme_find(from->theme && *from->theme ? from->theme : "evening", err);
    *view = (struct overlay_view){
        .name = from->name, .width_px = from->width_px, .height_px = from->height_px, .theme_path = path, .language = language,
        .is_motion_reduced = from->is_motion_reduced,
        .safe = part_of(from->safe), .face = part_of(from->face),
    };
    // Tried here, so that a bad theme is refused before the old views are gone.
    struct theme *theme = path ? theme_load(path, &(struct theme_options){from->width_px, from->height_px}, err) : NULL;
    theme_destroy(theme);
    return theme || error_prefix(err, "view %s", from->name);
}

static bool read_views(struct reading *reading, const char *path, struct error *err)
{
    reading->config = config_load(path, err);
    if (!reading->config)
        return false;
    const struct config *config = reading->config;
    reading->views = xcalloc(config->view_count, sizeof(*reading->views));
    for (size_t i = 0; i < config->view_count; i++) {
        if (!take_view(config, &config->views[i], &reading->views[i], err))
            return false;
    }
    return true;
}

static bool reload(void *data, const struct overlay_view **views, size_t *count, struct error *err)
{
    struct plan *plan = data;
    struct reading reading = {0};
    if (!read_views(&reading, plan->wish->config, err)) {
        drop_reading(&reading);
        return false;
    }
    drop_reading(&plan->last);
    plan->last = reading;
    *views = reading.views;
    *count = reading.config->view_count;
    return true;
}

/* A token on the command line could be read by every user of the machine: it comes from a file or the environment. */
static bool take_token(struct plan *plan, const char *path, struct error *err)
{
    const char *from_environment = getenv("ANTIPHON_TOKEN");
    if (path && !file_read(path, 4096, &plan->token, err))
        return false;
    if (!path && from_environment)
        buffer_add_string(&plan->token, from_environment);
    while (plan->token.len > 0 && strchr(" \r\n\t", plan->token.data[plan->token.len - 1]))
        plan->token.len--;
    if (plan->token.data)
        buffer_add_char(&plan->token, '\0');
    return true;
}

static bool take_sounds(struct plan *plan, struct error *err)
{
    for (size_t i = 0; i < CONFIG_SOUNDS; i++) {
        const char *file = plan->first.config->sounds.files[i];
        if (!*file)
            continue;
        char *path = folder_sound(file, err);
        if (!path)
            return error_prefix(err, "overlay.sounds.%s", config_sound_kinds[i]);
        plan->sounds[plan->sound_count++] = (struct sounds_item){config_sound_kinds[i], path};
    }
    return true;
}

static bool make_plan(struct plan *plan, const struct wish *wish, struct error *err)
{
    plan->wish = wish;
    if (!read_views(&plan->first, wish->config, err) || !take_token(plan, wish->token_file, err) || !take_sounds(plan, err))
        return false;
    plan->runtime = folder_runtime(err);
    if (!plan->runtime)
        return false;
    plan->relay = wish->relay ? xstrdup(wish->relay) : xasprintf("unix:%s/relay.sock", plan->runtime);
    char *cache = folder_cache(err);
    if (!cache)
        return false;
    plan->pictures = xasprintf("%s/pictures", cache);
    free(cache);
    plan->poison = xasprintf("%s/overlay.poison", wish->frames ? wish->frames : plan->runtime);
    return (!wish->frames || file_make_folder(wish->frames, err)) &&
        (wish->frames || instance_take(plan->runtime, "overlay", err));
}

/* The windows that the configuration names; of --window VIEW that one, as it is configured if it is. */
static size_t take_windows(const struct plan *plan, struct overlay_window *windows)
{
    const struct wish *wish = plan->wish;
    const struct config *config = plan->first.config;
    size_t count = 0;
    for (size_t i = 0; i < config->window_count; i++) {
        const struct config_window *from = &config->windows[i];
        if (wish->window && strcmp(from->view, wish->window) != 0)
            continue;
        windows[count++] = (struct overlay_window){
            .view = from->view, .title = from->title, .key = from->background[0] == '#' ? from->background : NULL,
            .is_borderless = from->is_borderless, .is_on_top = from->is_on_top, .is_click_through = from->is_click_through,
        };
    }
    if (wish->window && count == 0)
        windows[count++] = (struct overlay_window){.view = wish->window, .title = "antiphon"};
    for (size_t i = 0; wish->key && i < count; i++)
        windows[i].key = wish->key;
    return count;
}

static bool run(const struct wish *wish, struct error *err)
{
    struct plan plan = {0};
    bool is_good = make_plan(&plan, wish, err);
    if (is_good) {
        struct overlay_window *windows = xcalloc(plan.first.config->window_count + 1, sizeof(*windows));
        int cache_mb = plan.first.config->pictures.cache_mb;
        is_good = overlay_run(&(struct overlay_options){
            .relay = plan.relay, .token = plan.token.data, .ca_file = wish->ca_file, .name = wish->name,
            .views = plan.first.views, .view_count = plan.first.config->view_count, .frames_folder = wish->frames,
            .pictures_folder = plan.pictures, .pictures_mb = cache_mb > 0 ? cache_mb : PICTURES_CACHE_NONE,
            .picture_hosts = (const char *const *)plan.first.config->pictures.hosts, .poison_path = plan.poison,
            .clear_after_ms = (int64_t)wish->clear_after_s * 1000, .sounds = plan.sounds, .sound_count = plan.sound_count,
            .sounds_view = plan.first.config->sounds.view, .volume_percent = plan.first.config->sounds.volume, .windows = windows,
            .window_count = take_windows(&plan, windows), .is_window_optional = !wish->window, .seconds = wish->seconds,
            .reload = reload, .data = &plan,
        }, err);
        free(windows);
    }
    drop(&plan);
    return is_good;
}

int cmd_overlay(int argc, char **argv)
{
    struct wish wish = {.clear_after_s = 60};
    const struct option_spec specs[] = {
        {"config", OPTION_TEXT, &wish.config, "FILE", "the configuration; usual: ~/.config/antiphon/antiphon.json"},
        {"relay", OPTION_TEXT, &wish.relay, "URL", "unix:/path, ws://… or wss://…; usual: the relay of this user"},
        {"token-file", OPTION_TEXT, &wish.token_file, "FILE", "the token for ws and wss; else $ANTIPHON_TOKEN"},
        {"ca-file", OPTION_TEXT, &wish.ca_file, "FILE", "PEM of an authority that wss is checked against as well"},
        {"name", OPTION_TEXT, &wish.name, "NAME", "what the panel calls this overlay"},
        {"window", OPTION_TEXT, &wish.window, "VIEW", "present this view in a window"},
        {"key", OPTION_TEXT, &wish.key, "#RRGGBB", "a key colour behind the windows' pictures"},
        {"frames", OPTION_TEXT, &wish.frames, "FOLDER", "where the frame streams' sockets are made"},
        {"clear-after", OPTION_INT, &wish.clear_after_s, "S", "take cards off when the relay is away so long; 60", 1,
            86400},
        {"seconds", OPTION_REAL, &wish.seconds, "N", "end by itself after so long"},
    };
    const struct option_usage usage = {"overlay", NULL,
        "Paints what is on air, one picture a view, and publishes it to `antiphon video`, OBS and the window.\n"
        "SIGHUP: re-read the views; bad ones are refused and the old ones kept.",
        specs, ARRAY_LENGTH(specs)};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    struct error err = {0};
    if (run(&wish, &err))
        return COMMAND_OK;
    fprintf(stderr, "antiphon overlay: %s\n", err.text);
    return COMMAND_FAILED;
}
