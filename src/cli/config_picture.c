/* The sections views, window, windows and video. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/config_inside.h"
#include "cli/destination.h"
#include "relay/on_air.h"
#include "video/address.h"
#include "video/studio.h"

enum { SIDE_PX_MIN = 16, SIDE_PX_MAX = 8192 };

/* [width, height], both within reach of a video frame. */
bool config_read_size(const struct reader *reader, const char *path, const json_t *object, int *width_px, int *height_px)
{
    const json_t *size = json_object_get(object, "size");
    if (!size)
        return true;
    json_int_t side[2] = {0};
    bool ok = json_array_size(size) == 2;
    for (size_t i = 0; ok && i < 2; i++) {
        const json_t *item = json_array_get(size, i);
        side[i] = json_integer_value(item);
        ok = json_is_integer(item) && side[i] >= SIDE_PX_MIN && side[i] <= SIDE_PX_MAX && side[i] % 2 == 0;
    }
    char *full = xasprintf("%s.size", path);
    if (!ok) {
        keys_fail(reader, full, size, "expected [width, height], both even and from %d to %d", SIDE_PX_MIN, SIDE_PX_MAX);
    } else {
        *width_px = (int)side[0];
        *height_px = (int)side[1];
    }
    free(full);
    return ok;
}

/* [x, y, width, height], fractions of the view's sides. */
static bool read_part(const struct reader *reader, const char *path, const json_t *object, const char *key, float part[4])
{
    const json_t *value = json_object_get(object, key);
    if (!value)
        return true;
    double side[4] = {0};
    bool ok = json_array_size(value) == 4;
    for (size_t i = 0; ok && i < 4; i++) {
        const json_t *item = json_array_get(value, i);
        side[i] = json_number_value(item);
        ok = json_is_number(item) && side[i] >= 0 && side[i] <= 1;
        part[i] = (float)side[i];
    }
    const double rounding = 1e-6;  // 0.1 + 0.9 is a whole
    ok = ok && side[2] > 0 && side[3] > 0 && side[0] + side[2] <= 1 + rounding && side[1] + side[3] <= 1 + rounding;
    char *full = xasprintf("%s.%s", path, key);
    if (!ok)
        keys_fail(reader, full, value, "expected [x, y, width, height], parts of the view from 0 to 1, inside it: [0.05, 0.05, 0.9, 0.9]");
    free(full);
    return ok;
}

/* Names become parts of socket and lock files' names. */
static bool check_name(const struct reader *reader, const char *path, const char *name)
{
    bool ok = *name && strlen(name) <= 32;
    for (const char *at = name; ok && *at; at++)
        ok = isalnum((unsigned char)*at) || *at == '-' || *at == '_';
    return ok || keys_fail(reader, path, NULL, "\"%.40s\": a name has 1 to 32 of a-z, A-Z, 0-9, - and _", name);
}

static bool check_cards(const struct reader *reader, const char *path, char *const *cards)
{
    size_t i = 0;
    while (cards[i] && on_air_card_from_name(cards[i]))
        i++;
    if (!cards[i])
        return true;
    struct buffer names = {0};
    for (size_t k = 0; on_air_card_name(k); k++)
        buffer_printf(&names, "%s%s", k ? ", " : "", on_air_card_name(k));
    char *text = buffer_take(&names);
    keys_fail(reader, path, NULL, "cards[%zu] \"%.40s\": expected some of %s", i, cards[i], text);
    free(text);
    return false;
}

static bool read_view(struct config *config, const struct reader *reader, const json_t *object, size_t index)
{
    static const char *const foreign[] = {"show", "anonymous", "hide", NULL};
    static const char *const votes[] = {"live", "closed", NULL};
    static const char *const motions[] = {"full", "reduced", NULL};
    static const struct key keys[] = {
        {"name", JSON_STRING, true}, {"size", JSON_ARRAY}, {"theme", JSON_STRING}, {"language", JSON_STRING},
        {"platforms", JSON_ARRAY}, {"cards", JSON_ARRAY}, {"foreign", JSON_STRING, .choices = foreign},
        {"votes", JSON_STRING, .choices = votes}, {"safe", JSON_ARRAY}, {"face", JSON_ARRAY},
        {"motion", JSON_STRING, .choices = motions},
    };
    char path[32];
    snprintf(path, sizeof(path), "views[%zu]", index);
    if (!keys_check(reader, path, object, keys, ARRAY_LENGTH(keys)))
        return false;
    struct config_view *view = &config->views[config->view_count++];
    *view = (struct config_view){
        .name = keys_copy_text(object, "name", ""), .width_px = 1920, .height_px = 1080,
        .theme = keys_copy_text(object, "theme", "evening"), .language = keys_copy_text(object, "language", ""),
        .foreign = keys_copy_text(object, "foreign", "show"),
    };
    const char *shown = json_get_text(object, "votes"), *motion = json_get_text(object, "motion");
    view->is_motion_reduced = motion && strcmp(motion, "reduced") == 0;
    view->hides_votes = shown && strcmp(shown, "closed") == 0;
    view->says_whose = json_object_get(object, "platforms") || json_object_get(object, "foreign");
    if (!check_name(reader, path, view->name) || !keys_copy_texts(reader, path, object, "platforms", &view->platforms)
        || !keys_copy_texts(reader, path, object, "cards", &view->cards) || !check_cards(reader, path, view->cards)
        || !config_read_size(reader, path, object, &view->width_px, &view->height_px)
        || !read_part(reader, path, object, "safe", view->safe) || !read_part(reader, path, object, "face", view->face))
        return false;
    for (size_t i = 0; i + 1 < config->view_count; i++) {
        if (strcmp(config->views[i].name, view->name) == 0)
            return keys_fail(reader, path, NULL, "the name \"%s\" is taken by views[%zu]", view->name, i);
    }
    return true;
}

bool config_read_views(struct config *config, const struct reader *reader)
{
    const json_t *views = json_object_get(config->root, "views");
    json_t *usual = json_pack("[{s:s}]", "name", "main");
    size_t count = json_array_size(views) ? json_array_size(views) : 1;
    const json_t *from = json_array_size(views) ? views : usual;
    bool ok = count <= CONFIG_ITEMS_MAX || keys_fail(reader, "views", NULL, "%zu of them: %d at most", count, CONFIG_ITEMS_MAX);
    config->views = xcalloc(ok ? count : 1, sizeof(*config->views));
    for (size_t i = 0; ok && i < count; i++)
        ok = read_view(config, reader, json_array_get(from, i), i);
    json_decref(usual);
    return ok;
}

static bool check_view_name(const struct config *config, const struct reader *reader, const char *path, const char *name)
{
    return config_find_view(config, name)
        || keys_fail(reader, path, NULL, "\"%.40s\": none of `views` has this name", name);
}

static bool check_background(const struct reader *reader, const char *path, const json_t *object, const char *colour)
{
    bool is_colour = colour[0] == '#' && strspn(colour + 1, "0123456789abcdefABCDEF") == 6 && colour[7] == '\0';
    if (is_colour || strcmp(colour, "transparent") == 0)
        return true;
    char *full = xasprintf("%s.background", path);
    keys_fail(reader, full, json_object_get(object, "background"), "expected \"transparent\" or a colour like \"#00FF00\"");
    free(full);
    return false;
}

static bool is_shown_twice(const struct config *config)
{
    const struct config_window *last = &config->windows[config->window_count - 1];
    for (const struct config_window *window = config->windows; window < last; window++) {
        if (strcmp(window->view, last->view) == 0)
            return true;
    }
    return false;
}

static bool read_window(struct config *config, const struct reader *reader, const char *path, const json_t *object,
    bool is_only)
{
    static const struct key keys[] = {
        {"view", JSON_STRING}, {"background", JSON_STRING}, {"borderless", JSON_TRUE}, {"on_top", JSON_TRUE},
        {"click_through", JSON_TRUE},
    };
    if (!keys_check(reader, path, object, keys, ARRAY_LENGTH(keys)))
        return false;
    struct config_window *window = &config->windows[config->window_count++];
    *window = (struct config_window){
        .view = keys_copy_text(object, "view", config->views[0].name),
        .background = keys_copy_text(object, "background", "transparent"),
        .is_borderless = json_get_bool(object, "borderless", false), .is_on_top = json_get_bool(object, "on_top", false),
        .is_click_through = json_get_bool(object, "click_through", false),
    };
    window->title = is_only ? xstrdup("antiphon") : xasprintf("antiphon: %s", window->view);
    char *name = xasprintf("%s.view", path);
    bool ok = check_view_name(config, reader, name, window->view) && check_background(reader, path, object, window->background);
    if (ok && is_shown_twice(config))
        ok = keys_fail(reader, name, NULL, "\"%.40s\" has a window already", window->view);
    free(name);
    return ok;
}

bool config_read_windows(struct config *config, const struct reader *reader)
{
    const json_t *one = json_object_get(config->root, "window"), *list = json_object_get(config->root, "windows");
    size_t count = one ? 1 : json_array_size(list);
    if (one && list)
        return keys_fail(reader, "windows", NULL, "there is \"window\" too: put it into this list");
    if (count > CONFIG_ITEMS_MAX)
        return keys_fail(reader, "windows", NULL, "%zu of them: %d at most", count, CONFIG_ITEMS_MAX);
    config->windows = xcalloc(count + 1, sizeof(*config->windows));
    if (one)
        return read_window(config, reader, "window", one, true);
    for (size_t i = 0; i < count; i++) {
        char path[32];
        snprintf(path, sizeof(path), "windows[%zu]", i);
        if (!read_window(config, reader, path, json_array_get(list, i), false))
            return false;
    }
    return true;
}

/* A language tag, RFC 5646, in the form that tracks are given. */
static bool check_captions(const struct reader *reader, const char *path, const char *tag)
{
    bool ok = strlen(tag) <= 35 && (isalpha((unsigned char)*tag) || !*tag);
    for (const char *at = tag; ok && *at; at++)
        ok = isalnum((unsigned char)*at) || *at == '-';
    char *full = xasprintf("%s.captions", path);
    if (!ok)
        keys_fail(reader, full, NULL, "\"%.40s\": expected a language, as in \"en\" or \"pt-BR\"", tag);
    free(full);
    return ok;
}

/* Said with the place, before a process that cannot use it is started. Never more of the address than may be seen. */
static bool check_address(const struct reader *reader, const char *path, const char *text,
    bool (*parse)(struct address *address, const char *text, struct error *err))
{
    struct address address;
    struct error why = {0};
    bool ok = parse(&address, text, &why);
    address_fini(&address);
    return ok || keys_fail(reader, path, NULL, "%s", why.text);
}

/* Files get a number of their own; a folder, a device or a stream has one writer. */
static bool check_output_is_alone(const struct config *config, const struct reader *reader, const char *path)
{
    const struct config_output *last = &config->video.outputs[config->video.output_count - 1];
    const char *colon = strchr(last->to, ':');
    for (const struct config_output *output = config->video.outputs; colon && colon[1] && output < last; output++) {
        if (strcmp(output->to, last->to) == 0)
            return keys_fail(reader, path, NULL, "video.outputs[%zu] goes there already; give each a place of its own",
                (size_t)(output - config->video.outputs));
    }
    return true;
}

static bool check_output_name(const struct config *config, const struct reader *reader, const char *path)
{
    const struct config_output *last = &config->video.outputs[config->video.output_count - 1];
    for (const struct config_output *output = config->video.outputs; output < last; output++) {
        if (strcmp(output->name, last->name) == 0)
            return keys_fail(reader, path, NULL, "the name \"%s\" is taken by video.outputs[%zu]", last->name,
                (size_t)(output - config->video.outputs));
    }
    return check_name(reader, path, last->name);
}

static bool read_output(struct config *config, const struct reader *reader, const json_t *object, size_t index)
{
    static const char *const fits[] = {"pad", "crop", NULL};
    static const struct key keys[] = {
        {"name", JSON_STRING, true}, {"view", JSON_STRING}, {"to", JSON_STRING, true},
        {"bitrate_kbps", JSON_INTEGER, .min = 100, .max = 100000},
        {"platform", JSON_STRING, .choices = destination_names},
        {"size", JSON_ARRAY},
        {"fit", JSON_STRING, .choices = fits},
        {"focus", JSON_REAL},
        {"captions", JSON_STRING},
        {"delay_ms", JSON_INTEGER, .min = 0, .max = 300000},
        {"start", JSON_TRUE},
    };
    char path[48];
    snprintf(path, sizeof(path), "video.outputs[%zu]", index);
    if (!keys_check(reader, path, object, keys, ARRAY_LENGTH(keys)))
        return false;
    struct config_output *output = &config->video.outputs[config->video.output_count++];
    output->name = keys_copy_text(object, "name", "");
    output->view = keys_copy_text(object, "view", config->views[0].name);
    output->bitrate_kbps = (int)json_get_int(object, "bitrate_kbps", 0);
    output->captions = keys_copy_text(object, "captions", "");
    output->delay_ms = (int)json_get_int(object, "delay_ms", 0);
    output->is_off = !json_get_bool(object, "start", true);
    char full[64];
    snprintf(full, sizeof(full), "%s.to", path);
    const char *to = keys_resolve(reader, full, json_object_get(object, "to"));
    output->to = xstrdup(to);
    if (!to || !check_address(reader, full, to, address_parse_output) || !check_output_is_alone(config, reader, full))
        return false;
    snprintf(full, sizeof(full), "%s.view", path);
    return check_captions(reader, path, output->captions) && check_output_name(config, reader, path)
        && check_view_name(config, reader, full, output->view) && config_read_destination(config, reader, path, object, output);
}

/* An address of an input may be a secret: it may hold a key or a password. */
static bool read_input(const struct reader *reader, const json_t *object, const char *key, const char *usual, char **to)
{
    const json_t *given = json_object_get(object, key);
    char *path = xasprintf("video.%s", key);
    const char *text = given ? keys_resolve(reader, path, given) : usual;
    bool ok = text != NULL;
    *to = xstrdup(ok ? text : "");
    if (ok && given && !*text && strcmp(key, "input") == 0)
        ok = keys_fail(reader, path, given, "expected test, a file, or an address as in docs/video.md");
    else if (ok && *text)
        ok = check_address(reader, path, text, address_parse_input);
    free(path);
    return ok;
}

/* A port, a camera and a caller serve one reader. */
static bool check_inputs(const struct config *config, const struct reader *reader)
{
    const char *input = config->video.input, *backup = config->video.backup, *sound = config->video.sound;
    if (*backup && strcmp(backup, input) == 0 && strcmp(input, "test") != 0)
        return keys_fail(reader, "video.backup", NULL, "this is video.input already; expected another one, or none");
    if (*sound && strcmp(sound, "test") != 0 && (strcmp(sound, input) == 0 || strcmp(sound, backup) == 0))
        return keys_fail(reader, "video.sound", NULL,
            "this is video.%s already, whose sound is heard anyway; expected another one, or none",
            strcmp(sound, input) == 0 ? "input" : "backup");
    return true;
}

bool config_read_video(struct config *config, const struct reader *reader)
{
    static const struct key keys[] = {
        {"input", JSON_STRING},
        {"backup", JSON_STRING},
        {"sound", JSON_STRING},
        {"size", JSON_ARRAY},
        {"fps", JSON_INTEGER, .min = 1, .max = 120},
        {"outputs", JSON_ARRAY},
        {"holding", JSON_STRING},
        {"music", JSON_STRING},
    };
    const json_t *object = json_object_get(config->root, "video");
    config->video.is_wanted = object != NULL;
    config->video.width_px = config->views[0].width_px;
    config->video.height_px = config->views[0].height_px;
    if (!object) {
        config->video.input = xstrdup("test");
        config->video.backup = xstrdup("");
        config->video.sound = xstrdup("");
        config->video.holding = xstrdup("");
        config->video.music = xstrdup("");
        return true;
    }
    if (!keys_check(reader, "video", object, keys, ARRAY_LENGTH(keys))
        || !config_read_size(reader, "video", object, &config->video.width_px, &config->video.height_px))
        return false;
    config->video.fps = (int)json_get_int(object, "fps", 30);
    config->video.holding = keys_copy_text(object, "holding", "");
    config->video.music = keys_copy_text(object, "music", "");
    if (!read_input(reader, object, "input", "test", &config->video.input)
        || !read_input(reader, object, "backup", "", &config->video.backup)
        || !read_input(reader, object, "sound", "", &config->video.sound) || !check_inputs(config, reader))
        return false;
    const json_t *outputs = json_object_get(object, "outputs");
    size_t count = json_array_size(outputs);
    if (count > STUDIO_OUTPUTS_MAX)
        return keys_fail(reader, "video.outputs", NULL, "%zu of them: %d at most", count, STUDIO_OUTPUTS_MAX);
    config->video.outputs = xcalloc(count, sizeof(*config->video.outputs));
    for (size_t i = 0; i < count; i++) {
        if (!read_output(config, reader, json_array_get(outputs, i), i))
            return false;
    }
    config_derive_views(config);
    return true;
}
