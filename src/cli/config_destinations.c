/*
 * config_destinations.c - a picture per destination: of every output its platform, the size of its picture, and, where the
 * platform forbids other platforms' messages and the view says nothing of its own, a view derived for it. Every process
 * reads the same file and derives the same views.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/config_inside.h"
#include "cli/destination.h"

static struct config_view *find_view(const struct config *config, const char *name)
{
    return (struct config_view *)(uintptr_t)config_find_view(config, name);
}

static bool is_same_shape(const struct config_view *view, int width_px, int height_px)
{
    return (int64_t)view->width_px * height_px == (int64_t)view->height_px * width_px;
}

/* Its own size; else the view's where that has another shape than the program, so that no card is stretched; else the program's. */
static bool read_picture(struct config *config, const struct reader *reader, const char *path, const json_t *object,
    struct config_output *output)
{
    const struct config_view *view = config_find_view(config, output->view);
    bool is_program = is_same_shape(view, config->video.width_px, config->video.height_px);
    output->width_px = is_program ? config->video.width_px : view->width_px;
    output->height_px = is_program ? config->video.height_px : view->height_px;
    const char *fit = json_get_text(object, "fit");
    output->is_cropped = fit && strcmp(fit, "crop") == 0;
    const json_t *focus = json_object_get(object, "focus");
    output->focus = focus ? json_number_value(focus) : 0.5;
    char *full = xasprintf("%s.focus", path);
    bool ok = !focus || (json_is_number(focus) && output->focus >= 0 && output->focus <= 1)
        || keys_fail(reader, full, focus, "expected a number from 0 (left, top) to 1 (right, bottom)");
    free(full);
    return ok && config_read_size(reader, path, object, &output->width_px, &output->height_px);
}

bool config_read_destination(struct config *config, const struct reader *reader, const char *path, const json_t *object,
    struct config_output *output)
{
    const char *given = json_get_text(object, "platform");
    output->platform = given ? destination_find(given) : destination_of_address(output->to);
    return read_picture(config, reader, path, object, output);
}

/* ---- views that derive from others */

static char **copy_texts(char *const *texts)
{
    size_t count = config_count_texts(texts);
    char **copy = xcalloc(count + 1, sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        copy[i] = xstrdup(texts[i]);
    return copy;
}

/* The same in everything, but for whose messages it shows. */
static void derive_view(struct config *config, const struct config_view *from, char *name, const char *platform)
{
    struct config_view copy = *from;
    copy.name = name;
    copy.theme = xstrdup(from->theme);
    copy.language = xstrdup(from->language);
    copy.cards = copy_texts(from->cards);
    copy.foreign = xstrdup("hide");
    copy.platforms = copy_texts((char *[]){(char *)(uintptr_t)platform, NULL});
    copy.derived_from = xstrdup(from->name);
    config->views = xreallocarray(config->views, config->view_count + 1, sizeof(*config->views));
    config->views[config->view_count++] = copy;
}

/* A view of this name that stands in the file is taken as it is: that is how a derived one gets cards of its own. */
static void give_own_view(struct config *config, struct config_output *output)
{
    const struct config_view *view = find_view(config, output->view);
    if (!output->platform || !output->platform->shows_own_only || view->says_whose)
        return;
    char *name = xasprintf("%s-%s", view->name, output->platform->name);
    free(output->view);
    output->view = xstrdup(name);
    if (find_view(config, name))
        free(name);
    else
        derive_view(config, view, name, output->platform->name);
}

void config_derive_views(struct config *config)
{
    for (size_t i = 0; i < config->video.output_count; i++)
        give_own_view(config, &config->video.outputs[i]);
}

/* ---- in words */

char *config_explain_output(const struct config *config, const struct config_output *output)
{
    const struct destination *platform = output->platform;
    const struct config_view *view = config_find_view(config, output->view);
    if (!platform)
        return NULL;
    if (!platform->shows_own_only)
        return xasprintf("%s: view %s as it is; %s", platform->title, view->name, platform->rule);
    if (view->derived_from)
        return xasprintf("%s: only messages from %s are shown (view %s, made from %s), because %s. To decide otherwise: "
            "\"foreign\": \"show\" in view %s, a view \"%s\" of your own, or \"platform\": \"none\" at this output",
            platform->title, platform->title, view->name, view->derived_from, platform->rule, view->derived_from, view->name);
    return xasprintf("%s: view %s as you set it (foreign: %s); mind that %s", platform->title, view->name, view->foreign,
        platform->rule);
}
