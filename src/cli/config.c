#include "cli/config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/proxies.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/folders.h"
#include "cli/keys.h"
#include "cli/secrets.h"
#include "connector/login.h"
#include "relay/chat_commands.h"
#include "relay/crosspost.h"
#include "relay/gate.h"
#include "relay/on_air.h"
#include "relay/question_words.h"

enum { CONFIG_BYTES_MAX = 1 << 20, ITEMS_MAX = 64, SIDE_PX_MIN = 16, SIDE_PX_MAX = 8192 };

static char *copy_text(const json_t *object, const char *key, const char *otherwise)
{
    const char *text = json_get_text(object, key);
    return xstrdup(text ? text : otherwise);
}

/* A NULL-terminated copy of an array of texts at key. */
static bool copy_texts(const struct reader *reader, const json_t *object, const char *key, char ***texts)
{
    const json_t *array = json_object_get(object, key);
    size_t count = json_array_size(array);
    *texts = xcalloc(count + 1, sizeof(**texts));
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(array, i);
        if (!json_is_string(item) || !*json_string_value(item)) {
            char path[80];
            snprintf(path, sizeof(path), "%s[%zu]", key, i);
            return keys_fail(reader, path, item, "expected a text in quotes");
        }
        (*texts)[i] = xstrdup(json_string_value(item));
    }
    return true;
}

size_t config_count_texts(char *const *texts)
{
    size_t count = 0;
    while (texts && texts[count])
        count++;
    return count;
}

static void free_texts(char **texts)
{
    for (size_t i = 0; texts && texts[i]; i++)
        free(texts[i]);
    free(texts);
}

/* [width, height], both within reach of a video frame. */
static bool read_size(const struct reader *reader, const char *path, const json_t *object, int *width_px, int *height_px)
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
    for (size_t i = 0; cards[i]; i++) {
        if (!on_air_card_from_name(cards[i]))
            return keys_fail(reader, path, NULL, "cards[%zu] \"%.40s\": expected question, poll, captions, chat, ticker or "
                "alerts", i, cards[i]);
    }
    return true;
}

static bool read_view(struct config *config, const struct reader *reader, const json_t *object, size_t index)
{
    static const char *const foreign[] = {"show", "anonymous", "hide", NULL};
    static const char *const votes[] = {"live", "closed", NULL};
    static const struct key keys[] = {
        {"name", JSON_STRING, true}, {"size", JSON_ARRAY}, {"theme", JSON_STRING}, {"language", JSON_STRING},
        {"platforms", JSON_ARRAY}, {"cards", JSON_ARRAY}, {"foreign", JSON_STRING, .choices = foreign},
        {"votes", JSON_STRING, .choices = votes},
    };
    char path[32];
    snprintf(path, sizeof(path), "views[%zu]", index);
    if (!keys_check(reader, path, object, keys, ARRAY_LENGTH(keys)))
        return false;
    struct config_view *view = &config->views[config->view_count++];
    *view = (struct config_view){
        .name = copy_text(object, "name", ""), .width_px = 1920, .height_px = 1080,
        .theme = copy_text(object, "theme", "evening"), .language = copy_text(object, "language", ""),
        .foreign = copy_text(object, "foreign", "show"),
    };
    const char *shown = json_get_text(object, "votes");
    view->hides_votes = shown && strcmp(shown, "closed") == 0;
    if (!check_name(reader, path, view->name) || !copy_texts(reader, object, "platforms", &view->platforms)
        || !copy_texts(reader, object, "cards", &view->cards) || !check_cards(reader, path, view->cards)
        || !read_size(reader, path, object, &view->width_px, &view->height_px))
        return false;
    for (size_t i = 0; i + 1 < config->view_count; i++) {
        if (strcmp(config->views[i].name, view->name) == 0)
            return keys_fail(reader, path, NULL, "the name \"%s\" is taken by views[%zu]", view->name, i);
    }
    return true;
}

static bool read_views(struct config *config, const struct reader *reader)
{
    const json_t *views = json_object_get(config->root, "views");
    json_t *usual = json_pack("[{s:s}]", "name", "main");
    size_t count = json_array_size(views) ? json_array_size(views) : 1;
    const json_t *from = json_array_size(views) ? views : usual;
    bool ok = count <= ITEMS_MAX || keys_fail(reader, "views", NULL, "%zu of them: %d at most", count, ITEMS_MAX);
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

static bool read_window(struct config *config, const struct reader *reader)
{
    static const struct key keys[] = {{"view", JSON_STRING}, {"background", JSON_STRING}};
    const json_t *object = json_object_get(config->root, "window");
    config->window.is_wanted = object != NULL;
    config->window.view = copy_text(object, "view", config->views[0].name);
    config->window.background = copy_text(object, "background", "transparent");
    if (!object)
        return true;
    const char *colour = config->window.background;
    if (!keys_check(reader, "window", object, keys, ARRAY_LENGTH(keys))
        || !check_view_name(config, reader, "window.view", config->window.view))
        return false;
    bool is_colour = colour[0] == '#' && strspn(colour + 1, "0123456789abcdefABCDEF") == 6 && colour[7] == '\0';
    return is_colour || strcmp(colour, "transparent") == 0
        || keys_fail(reader, "window.background", json_object_get(object, "background"),
            "expected \"transparent\" or a colour like \"#00FF00\"");
}

static bool read_output(struct config *config, const struct reader *reader, const json_t *object, size_t index)
{
    static const struct key keys[] = {
        {"name", JSON_STRING, true}, {"view", JSON_STRING}, {"to", JSON_STRING, true},
        {"bitrate_kbps", JSON_INTEGER, .min = 100, .max = 100000},
    };
    char path[48];
    snprintf(path, sizeof(path), "video.outputs[%zu]", index);
    if (!keys_check(reader, path, object, keys, ARRAY_LENGTH(keys)))
        return false;
    struct config_output *output = &config->video.outputs[config->video.output_count++];
    output->name = copy_text(object, "name", "");
    output->view = copy_text(object, "view", config->views[0].name);
    output->bitrate_kbps = (int)json_get_int(object, "bitrate_kbps", 4500);
    char full[64];
    snprintf(full, sizeof(full), "%s.to", path);
    const char *to = keys_resolve(reader, full, json_object_get(object, "to"));
    output->to = xstrdup(to);
    snprintf(full, sizeof(full), "%s.view", path);
    return to && check_name(reader, path, output->name) && check_view_name(config, reader, full, output->view);
}

static bool read_video(struct config *config, const struct reader *reader)
{
    static const struct key keys[] = {
        {"input", JSON_STRING}, {"size", JSON_ARRAY}, {"fps", JSON_INTEGER, .min = 1, .max = 120},
        {"outputs", JSON_ARRAY}, {"holding", JSON_STRING},
    };
    const json_t *object = json_object_get(config->root, "video");
    config->video.is_wanted = object != NULL;
    config->video.width_px = config->views[0].width_px;
    config->video.height_px = config->views[0].height_px;
    if (!object) {
        config->video.input = xstrdup("test");
        config->video.holding = xstrdup("");
        return true;
    }
    if (!keys_check(reader, "video", object, keys, ARRAY_LENGTH(keys))
        || !read_size(reader, "video", object, &config->video.width_px, &config->video.height_px))
        return false;
    config->video.fps = (int)json_get_int(object, "fps", 30);
    config->video.holding = copy_text(object, "holding", "");
    const json_t *given = json_object_get(object, "input");
    const char *input = given ? keys_resolve(reader, "video.input", given) : "test";
    if (!input)
        return false;
    config->video.input = xstrdup(input);
    const json_t *outputs = json_object_get(object, "outputs");
    size_t count = json_array_size(outputs);
    if (count > ITEMS_MAX)
        return keys_fail(reader, "video.outputs", NULL, "%zu of them: %d at most", count, ITEMS_MAX);
    config->video.outputs = xcalloc(count, sizeof(*config->video.outputs));
    for (size_t i = 0; i < count; i++) {
        if (!read_output(config, reader, json_array_get(outputs, i), i))
            return false;
    }
    return true;
}

/* "127.0.0.1:8470" or "[::1]:8470". */
static bool is_loopback(const char *listen)
{
    return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]:", 6) == 0 || strncmp(listen, "localhost:", 10) == 0;
}

static bool check_listen(const struct reader *reader, const char *section, const char *listen, bool has_certificate)
{
    char path[24];
    snprintf(path, sizeof(path), "%s.listen", section);
    const char *colon = strrchr(listen, ':');
    char *end = NULL;
    long port = colon ? strtol(colon + 1, &end, 10) : -1;
    if (!colon || colon == listen || end == colon + 1 || *end || port < 0 || port > 65535)
        return keys_fail(reader, path, NULL, "\"%.60s\": expected ADDRESS:PORT, like \"127.0.0.1:8470\"", listen);
    return is_loopback(listen) || has_certificate
        || keys_fail(reader, path, NULL,
            "\"%.60s\" is open to others without encryption: give %s.certificate and %s.key, or listen on 127.0.0.1 "
            "behind a proxy", listen, section, section);
}

static bool check_public_url(const struct reader *reader, const char *section, const char *url)
{
    char path[24];
    snprintf(path, sizeof(path), "%s.public_url", section);
    return !*url || strncmp(url, "https://", 8) == 0 || strncmp(url, "http://127.0.0.1", 16) == 0
        || keys_fail(reader, path, NULL, "\"%.80s\": expected an address that begins with https://", url);
}

static bool check_certificate(const struct reader *reader, const char *section, const char *certificate, const char *key)
{
    return !*certificate == !*key || keys_fail(reader, section, NULL, "certificate and key go together; one is missing");
}

static bool read_panel(struct config *config, const struct reader *reader)
{
    static const struct key keys[] = {
        {"listen", JSON_STRING}, {"public_url", JSON_STRING}, {"certificate", JSON_STRING}, {"key", JSON_STRING},
        {"trusted_proxies", JSON_ARRAY},
    };
    const json_t *object = json_object_get(config->root, "panel");
    config->panel.listen = copy_text(object, "listen", "127.0.0.1:8470");
    config->panel.public_url = copy_text(object, "public_url", "");
    config->panel.certificate = copy_text(object, "certificate", "");
    config->panel.key = copy_text(object, "key", "");
    if ((object && !keys_check(reader, "panel", object, keys, ARRAY_LENGTH(keys)))
        || !copy_texts(reader, object, "trusted_proxies", &config->panel.trusted_proxies))
        return false;
    struct proxies *proxies = proxies_create((const char *const *)config->panel.trusted_proxies,
                                             config_count_texts(config->panel.trusted_proxies), reader->err);
    if (!proxies)
        return error_prefix(reader->err, "%s", reader->file);
    proxies_destroy(proxies);
    return check_public_url(reader, "panel", config->panel.public_url)
        && check_certificate(reader, "panel", config->panel.certificate, config->panel.key)
        && check_listen(reader, "panel", config->panel.listen, *config->panel.certificate);
}

static bool check_origins(const struct reader *reader, char *const *origins)
{
    for (size_t i = 0; origins[i]; i++) {
        const char *host = strstr(origins[i], "://");
        if (!host || host[3] == '\0' || strchr(host + 3, '/'))
            return keys_fail(reader, "door.origins", NULL, "\"%.80s\": expected a page's origin, like "
                "\"https://example.org\", without a path", origins[i]);
    }
    return true;
}

static bool read_door(struct config *config, const struct reader *reader)
{
    static const struct key keys[] = {
        {"listen", JSON_STRING}, {"public_url", JSON_STRING}, {"certificate", JSON_STRING}, {"key", JSON_STRING},
        {"origins", JSON_ARRAY},
    };
    const json_t *object = json_object_get(config->root, "door");
    config->door.listen = copy_text(object, "listen", "127.0.0.1:8471");
    config->door.public_url = copy_text(object, "public_url", "");
    config->door.certificate = copy_text(object, "certificate", "");
    config->door.key = copy_text(object, "key", "");
    if ((object && !keys_check(reader, "door", object, keys, ARRAY_LENGTH(keys)))
        || !copy_texts(reader, object, "origins", &config->door.origins))
        return false;
    return check_public_url(reader, "door", config->door.public_url) && check_origins(reader, config->door.origins)
        && check_certificate(reader, "door", config->door.certificate, config->door.key)
        && check_listen(reader, "door", config->door.listen, *config->door.certificate);
}

static bool read_questions(struct config *config, const struct reader *reader)
{
    static const struct key keys[] = {{"commands", JSON_ARRAY}};
    const json_t *object = json_object_get(config->root, "questions");
    if (object && !keys_check(reader, "questions", object, keys, ARRAY_LENGTH(keys)))
        return false;
    const json_t *commands = json_object_get(object, "commands");
    config->questions.commands = xcalloc(QUESTION_COMMANDS_MAX + 1, sizeof(*config->questions.commands));
    if (json_array_size(commands) > QUESTION_COMMANDS_MAX)
        return keys_fail(reader, "questions.commands", NULL, "%zu of them: %d at most", json_array_size(commands),
            QUESTION_COMMANDS_MAX);
    for (size_t i = 0; i < json_array_size(commands); i++) {
        const json_t *item = json_array_get(commands, i);
        const char *command = json_is_string(item) ? json_string_value(item) : "";
        if (!*command || strlen(command) > QUESTION_COMMAND_BYTES_MAX || strpbrk(command, " \t\n:")) {
            char path[48];
            snprintf(path, sizeof(path), "questions.commands[%zu]", i);
            return keys_fail(reader, path, item, "expected a command like \"!ask\": up to %d bytes without spaces and colons",
                QUESTION_COMMAND_BYTES_MAX);
        }
        config->questions.commands[i] = xstrdup(command);
    }
    return true;
}

static bool read_languages(struct config *config, const struct reader *reader)
{
    if (!copy_texts(reader, config->root, "languages", &config->languages))
        return false;
    if (!config->languages[0]) {
        free(config->languages);
        config->languages = xcalloc(2, sizeof(*config->languages));
        config->languages[0] = xstrdup("en");
    }
    for (size_t i = 0; config->languages[i]; i++) {
        const char *tag = config->languages[i];
        if (strlen(tag) < 2 || strlen(tag) > 35 || strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != strlen(tag))
            return keys_fail(reader, "languages", NULL, "\"%.40s\": expected a language tag like \"fa\" or \"zh-Hant\"", tag);
    }
    return true;
}

/* A copy of a source's object with every secret in its place. NULL: an error. */
static json_t *resolve_source(const struct reader *reader, const char *path, const json_t *source)
{
    if (!json_is_object(source) || !json_get_text(source, "connector")) {
        keys_fail(reader, path, source, "expected an object with \"connector\", like {\"connector\": \"twitch\", \"channel\": \"anna\"}");
        return NULL;
    }
    json_t *copy = json_deep_copy(source);
    const char *name;
    json_t *value;
    json_object_foreach (copy, name, value) {
        if (!json_is_string(value))
            continue;
        char *full = xasprintf("%s.%s", path, name);
        const char *text = keys_resolve(reader, full, value);
        free(full);
        if (!text) {
            json_decref(copy);
            return NULL;
        }
        json_string_set(value, text);
    }
    return copy;
}

static bool read_sources(struct config *config, const struct reader *reader)
{
    const json_t *sources = json_object_get(config->root, "sources");
    config->sources = json_array();
    size_t index;
    json_t *source;
    json_array_foreach (sources, index, source) {
        char path[32];
        snprintf(path, sizeof(path), "sources[%zu]", index);
        json_t *resolved = resolve_source(reader, path, source);
        if (!resolved)
            return false;
        json_array_append_new(config->sources, resolved);
    }
    return true;
}

/* The section with every secret in its place, as login.h wants it. */
static bool read_logins(struct config *config, const struct reader *reader)
{
    const json_t *logins = json_object_get(config->root, "logins");
    config->logins = logins ? json_deep_copy(logins) : json_object();
    const char *platform, *key;
    json_t *login, *value;
    json_object_foreach (config->logins, platform, login) {
        json_object_foreach (login, key, value) {
            char *path = xasprintf("logins.%s.%s", platform, key);
            const char *text = json_is_string(value) ? keys_resolve(reader, path, value) : "";
            free(path);
            if (!text)
                return false;
            if (json_is_string(value))
                json_string_set(value, text);
        }
    }
    return logins_check(config->logins, reader->err) || error_prefix(reader->err, "%s", reader->file);
}

static bool read_crosspost(const struct config *config, const struct reader *reader)
{
    return crosspost_check(json_object_get(config->root, "crosspost"), reader->err) ||
           error_prefix(reader->err, "%s", reader->file);
}

static bool read_chat_commands(const struct config *config, const struct reader *reader)
{
    return chat_commands_check(json_object_get(config->root, "chat_commands"), reader->err) ||
           error_prefix(reader->err, "%s", reader->file);
}

static bool read_gate(const struct config *config, const struct reader *reader)
{
    return gate_check_settings(json_object_get(config->root, "gate"), reader->err) ||
           error_prefix(reader->err, "%s", reader->file);
}

static bool read_root(struct config *config, const struct reader *reader)
{
    static const struct key keys[] = {
        {"sources", JSON_ARRAY}, {"logins", JSON_OBJECT}, {"languages", JSON_ARRAY}, {"views", JSON_ARRAY}, {"window", JSON_OBJECT},
        {"video", JSON_OBJECT}, {"panel", JSON_OBJECT}, {"door", JSON_OBJECT}, {"retention_days", JSON_INTEGER, .min = 1, .max = 3650},
        {"chat_commands", JSON_OBJECT},
        {"crosspost", JSON_ARRAY},
        {"gate", JSON_OBJECT},
        {"questions", JSON_OBJECT},
    };
    if (!keys_check(reader, "", config->root, keys, ARRAY_LENGTH(keys)))
        return false;
    config->retention_days = (int)json_get_int(config->root, "retention_days", 30);
    return read_languages(config, reader) && read_questions(config, reader) && read_views(config, reader) && read_window(config, reader)
        && read_video(config, reader) && read_panel(config, reader) && read_door(config, reader)
        && read_sources(config, reader)
        && read_chat_commands(config, reader) && read_crosspost(config, reader) && read_gate(config, reader)
        && read_logins(config, reader);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

struct config *config_parse(const char *path, const char *text, size_t len, const json_t *secrets, struct error *err)
{
    struct config *config = xcalloc(1, sizeof(*config));
    config->path = xstrdup(path);
    config->root = json_parse(text, len, err);
    if (!config->root) {
        error_prefix(err, "%s", base_name(path));
        goto fail;
    }
    struct reader reader = {.file = base_name(path), .secrets = secrets, .err = err};
    if (!read_root(config, &reader))
        goto fail;
    return config;
fail:
    config_destroy(config);
    return NULL;
}

/* The file's text; "{}" where the usual place has none. */
static bool load_text(const char *path, bool may_be_missing, struct buffer *text, struct error *err)
{
    if (may_be_missing && access(path, F_OK) != 0) {
        buffer_add_string(text, "{}");
        return true;
    }
    return file_read(path, CONFIG_BYTES_MAX, text, err);
}

struct config *config_load(const char *path, struct error *err)
{
    char *usual = NULL;
    if (!path) {
        char *folder = folder_config(err);
        if (!folder)
            return NULL;
        usual = xasprintf("%s/antiphon.json", folder);
        free(folder);
    }
    struct config *config = NULL;
    struct buffer text = {0};
    json_t *secrets = NULL;
    if (secrets_load(path ? path : usual, &secrets, err) && load_text(path ? path : usual, !path, &text, err))
        config = config_parse(path ? path : usual, text.data, text.len, secrets, err);
    json_decref(secrets);
    buffer_fini(&text);
    free(usual);
    return config;
}

void config_destroy(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->view_count; i++) {
        struct config_view *view = &config->views[i];
        free(view->name), free(view->theme), free(view->language), free(view->foreign);
        free_texts(view->platforms);
        free_texts(view->cards);
    }
    for (size_t i = 0; i < config->video.output_count; i++) {
        struct config_output *output = &config->video.outputs[i];
        free(output->name), free(output->view), free(output->to);
    }
    free(config->views);
    free(config->window.view), free(config->window.background);
    free(config->video.input), free(config->video.holding), free(config->video.outputs);
    free(config->panel.listen), free(config->panel.public_url), free(config->panel.certificate), free(config->panel.key);
    free(config->door.listen), free(config->door.public_url), free(config->door.certificate), free(config->door.key);
    free_texts(config->door.origins);
    free_texts(config->questions.commands);
    free_texts(config->panel.trusted_proxies);
    free_texts(config->languages);
    json_decref(config->sources);
    json_decref(config->logins);
    json_decref(config->root);
    free(config->path);
    free(config);
}

json_t *config_check_source(const struct config *config, const json_t *source, struct error *err)
{
    json_t *secrets = NULL;
    json_t *resolved = NULL;
    if (secrets_load(config->path, &secrets, err)) {
        struct reader reader = {.file = base_name(config->path), .secrets = secrets, .err = err};
        resolved = resolve_source(&reader, "source", source);
    }
    json_decref(secrets);
    return resolved;
}

/* As it stands in the file now, which its owner may have edited since: his edits are not ours to undo. */
static json_t *read_again(const struct config *config, struct error *err)
{
    struct buffer text = {0};
    if (access(config->path, F_OK) != 0)
        return json_copy(config->root);
    json_t *root = file_read(config->path, CONFIG_BYTES_MAX, &text, err) ? json_parse(text.data, text.len, err) : NULL;
    buffer_fini(&text);
    if (root && !json_is_object(root)) {
        error_set(err, ERROR_DATA, "expected an object {…}");
        json_decref(root);
        root = NULL;
    }
    if (!root)
        error_prefix(err, "%s was edited meanwhile", config->path);
    return root;
}

/* Takes over root, into which `key` was put: the rest stays as it was read, as what differs from it is not in force yet. */
static bool write_key(struct config *config, json_t *root, const char *key, struct error *err)
{
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    bool ok = file_write_atomic(config->path, text, strlen(text), 0600, err);
    free(text);
    if (ok)
        json_object_set(config->root, key, json_object_get(root, key));
    json_decref(root);
    return ok;
}

bool config_write_sources(struct config *config, const json_t *sources, struct error *err)
{
    json_t *root = read_again(config, err);
    if (!root)
        return false;
    json_t *written = json_deep_copy(sources);
    json_object_set_new(root, "sources", written);
    if (!secrets_move(config->path, written, err)) {
        json_decref(root);
        return false;
    }
    return write_key(config, root, "sources", err);
}

bool config_write_gate(struct config *config, const json_t *gate, struct error *err)
{
    json_t *root = read_again(config, err);
    if (!root)
        return false;
    json_object_set_new(root, "gate", json_deep_copy(gate));
    return write_key(config, root, "gate", err);
}

const struct config_view *config_find_view(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->view_count; i++) {
        if (strcmp(config->views[i].name, name) == 0)
            return &config->views[i];
    }
    return NULL;
}
