/*
 * "Back soon" in the on-air state: while the outgoing picture is the holding one, in the views whose outputs show it, with
 * the languages to say it in: the view's own, then the show's.
 */
#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "relay/on_air_private.h"

enum { LANGUAGES_MAX = 3 };

static bool is_among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

void on_air_set_holding(struct on_air *on_air, int64_t since_ms, const char *const *views, size_t count, int64_t now_ms)
{
    for (size_t i = 0; i < on_air->view_count; i++)
        on_air->holding_since_ms[i] = is_among(on_air->views[i].name, views, count) ? since_ms : 0;
    on_air_update(on_air, now_ms);
}

/* A restart in the middle of it: no card blinks. Whoever knows better tells it soon. */
void on_air_load_holding(struct on_air *on_air)
{
    struct error err;
    json_t *state = json_parse(on_air->json, strlen(on_air->json), &err);
    const json_t *views = json_object_get(state, "views");
    for (size_t i = 0; i < on_air->view_count; i++) {
        const json_t *holding = json_object_get(json_object_get(views, on_air->views[i].name), "holding");
        on_air->holding_since_ms[i] = json_get_int(holding, "since_ms", 0);
    }
    json_decref(state);
}

static void add_language(struct buffer *out, const char *language, const char **told, size_t *count)
{
    if (*count == LANGUAGES_MAX || is_among(language, told, *count))
        return;
    told[(*count)++] = language;
    buffer_add_string(out, *count > 1 ? "," : "");
    buffer_add_json(out, language, strlen(language));
}

void on_air_add_holding(const struct on_air *on_air, size_t index, size_t view_start, struct buffer *out)
{
    const struct on_air_view *view = &on_air->views[index];
    unsigned wanted = view->cards ? view->cards : ON_AIR_USUAL;
    const char *told[LANGUAGES_MAX];
    size_t count = 0, i;
    json_t *language;
    if (on_air->holding_since_ms[index] == 0 || !(wanted & ON_AIR_HOLDING))
        return;
    buffer_printf(out, "%s\"holding\":{\"since_ms\":%" PRId64 ",\"languages\":[", out->len > view_start ? "," : "",
                  on_air->holding_since_ms[index]);
    if (view->language_count > 0)
        add_language(out, view->languages[0], told, &count);
    json_array_foreach((json_t *)(uintptr_t)on_air->options.languages, i, language) {
        if (json_is_string(language))
            add_language(out, json_string_value(language), told, &count);
    }
    buffer_add_string(out, "]}");
}
