#include "cli/latency_show.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "cli/config.h"
#include "cli/themes.h"
#include "video/glass.h"

/* Of the configured input, where it is SRT and says so: part of what a picture takes. */
static char *srt_latency(const struct config *config)
{
    const char *query = strncmp(config->video.input, "srt://", 6) == 0 ? strchr(config->video.input, '?') : NULL;
    const char *latency = query ? strstr(query, "latency=") : NULL;
    int length = latency ? (int)strcspn(latency, "&#") : 0;
    return latency ? xasprintf("?%.*s", length, latency) : xstrdup("");
}

/* The view as configured, with the chat alone on it; no word list or hold time is in the way. */
static json_t *make_view(const struct config *config, const struct config_view *from, struct error *err)
{
    char *theme = theme_find(from->theme && *from->theme ? from->theme : "evening", err);
    json_t *view = !theme ? NULL : json_pack("{s:s, s:[i,i], s:s, s:s, s:s, s:[s], s:[s]}", "name", "main",
        "size", from->width_px, from->height_px, "theme", theme,
        "language", from->language && *from->language ? from->language : config->languages[0],
        "motion", from->is_motion_reduced ? "reduced" : "full", "cards", "chat", "platforms", "twitch");
    free(theme);
    return view;
}

static json_t *make_output(const struct config_output *like, const char *to)
{
    json_t *output = json_pack("{s:s, s:s, s:s}", "name", "player", "view", "main", "to", to);
    if (like && like->bitrate_kbps > 0)
        json_object_set_new(output, "bitrate_kbps", json_integer(like->bitrate_kbps));
    return output;
}

json_t *latency_show_config(const struct config *config, const struct latency_show *show, struct error *err)
{
    const struct config_output *like = config->video.output_count > 0 ? &config->video.outputs[0] : NULL;
    const struct config_view *view = like ? config_find_view(config, like->view) : NULL;
    json_t *own_view = make_view(config, view ? view : &config->views[0], err);
    if (!own_view)
        return NULL;
    char *latency = srt_latency(config), *input = xasprintf("srt://127.0.0.1:%d%s", show->input_port, latency);
    char *to = xasprintf("srt://127.0.0.1:%d?latency=%d", show->output_port, GLASS_SRT_LATENCY_MS);
    json_t *own = json_pack("{s:[{s:s, s:s, s:s}], s:[o], s:{s:i, s:[]}, s:{s:s}, s:{s:s, s:[i,i], s:i, s:[o]}}",
        "sources", "connector", "twitch", "channel", "latency", "url", show->twitch, "views", own_view,
        "gate", "hold_ms", 0, "words", "panel", "listen", "127.0.0.1:0",
        "video", "input", input, "size", show->width_px, show->height_px, "fps", show->fps, "outputs", make_output(like, to));
    free(latency), free(input), free(to);
    return own;
}
