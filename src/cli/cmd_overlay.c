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
#include "overlay/overlay.h"

struct wish {
    const char *config, *relay, *token_file, *ca_file, *name, *window, *key, *frames;
    int clear_after_s;
    double seconds;
};

/* What must be freed after the run. */
struct plan {
    struct config *config;
    struct overlay_view *views;
    char *runtime, *relay, *poison;
    struct buffer token;
};

static void drop(struct plan *plan)
{
    for (size_t i = 0; plan->views && i < plan->config->view_count; i++)
        free((char *)(uintptr_t)plan->views[i].theme_path);
    free(plan->views);
    free(plan->runtime);
    free(plan->relay);
    free(plan->poison);
    buffer_fini(&plan->token);
    config_destroy(plan->config);
}

/* A theme is a name in assets/themes, or a path. */
static char *find_theme(const char *theme, struct error *err)
{
    if (strchr(theme, '/'))
        return xstrdup(theme);
    char *name = xasprintf("themes/%s.json", theme);
    char *path = folder_asset(name, err);
    free(name);
    return path;
}

static bool take_views(struct plan *plan, struct error *err)
{
    plan->views = xcalloc(plan->config->view_count, sizeof(*plan->views));
    for (size_t i = 0; i < plan->config->view_count; i++) {
        const struct config_view *from = &plan->config->views[i];
        const char *language = from->language && *from->language ? from->language : plan->config->languages[0];
        char *theme = find_theme(from->theme && *from->theme ? from->theme : "evening", err);
        if (!theme)
            return error_prefix(err, "view %s", from->name);
        plan->views[i] = (struct overlay_view){from->name, from->width_px, from->height_px, theme, language};
    }
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

static bool make_plan(struct plan *plan, const struct wish *wish, struct error *err)
{
    plan->config = config_load(wish->config, err);
    if (!plan->config || !take_views(plan, err) || !take_token(plan, wish->token_file, err))
        return false;
    plan->runtime = folder_runtime(err);
    if (!plan->runtime)
        return false;
    plan->relay = wish->relay ? xstrdup(wish->relay) : xasprintf("unix:%s/relay.sock", plan->runtime);
    plan->poison = xasprintf("%s/overlay.poison", wish->frames ? wish->frames : plan->runtime);
    return (!wish->frames || file_make_folder(wish->frames, err)) &&
        (wish->frames || instance_take(plan->runtime, "overlay", err));
}

static bool run(const struct wish *wish, struct error *err)
{
    struct plan plan = {0};
    bool is_good = make_plan(&plan, wish, err);
    if (is_good) {
        const struct config *config = plan.config;
        const char *background = config->window.background;
        bool is_window_wanted = wish->window || config->window.is_wanted;
        is_good = overlay_run(&(struct overlay_options){
            .relay = plan.relay, .token = plan.token.data, .ca_file = wish->ca_file, .name = wish->name,
            .views = plan.views, .view_count = config->view_count, .frames_folder = wish->frames,
            .poison_path = plan.poison, .clear_after_ms = (int64_t)wish->clear_after_s * 1000,
            .window_view = wish->window ? wish->window : is_window_wanted ? config->window.view : NULL,
            .window_key = wish->key ? wish->key : background && background[0] == '#' ? background : NULL,
            .is_window_optional = !wish->window, .seconds = wish->seconds,
        }, err);
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
        {"key", OPTION_TEXT, &wish.key, "#RRGGBB", "a key colour behind the window's picture"},
        {"frames", OPTION_TEXT, &wish.frames, "FOLDER", "where the frame streams' sockets are made"},
        {"clear-after", OPTION_INT, &wish.clear_after_s, "S", "take cards off when the relay is away so long; 60", 1,
            86400},
        {"seconds", OPTION_REAL, &wish.seconds, "N", "end by itself after so long"},
    };
    const struct option_usage usage = {"overlay", NULL,
        "Paints what is on air, one picture a view, and publishes it to `antiphon video`, OBS and the window.",
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
