#include "cli/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/config_inside.h"
#include "cli/folders.h"
#include "cli/secrets.h"
#include "connector/login.h"
#include "relay/chat_commands.h"
#include "relay/crosspost.h"
#include "relay/gate.h"
#include "relay/question_words.h"

enum { CONFIG_BYTES_MAX = 1 << 20 };

size_t config_count_texts(char *const *texts)
{
    size_t count = 0;
    while (texts && texts[count])
        count++;
    return count;
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
    if (!keys_copy_texts(reader, "", config->root, "languages", &config->languages))
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
        {"sources", JSON_ARRAY}, {"logins", JSON_OBJECT}, {"languages", JSON_ARRAY}, {"views", JSON_ARRAY}, {"window", JSON_OBJECT}, {"windows", JSON_ARRAY},
        {"video", JSON_OBJECT}, {"panel", JSON_OBJECT}, {"door", JSON_OBJECT}, {"retention_days", JSON_INTEGER, .min = 1, .max = 3650},
        {"chat_commands", JSON_OBJECT},
        {"crosspost", JSON_ARRAY},
        {"gate", JSON_OBJECT},
        {"overlay", JSON_OBJECT},
        {"questions", JSON_OBJECT},
    };
    if (!keys_check(reader, "", config->root, keys, ARRAY_LENGTH(keys)))
        return false;
    config->retention_days = (int)json_get_int(config->root, "retention_days", 30);
    return read_languages(config, reader) && read_questions(config, reader) && config_read_views(config, reader) && config_read_windows(config, reader)
        && config_read_overlay(config, reader)
        && config_read_video(config, reader) && config_read_panel(config, reader) && config_read_door(config, reader)
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
        free(view->name), free(view->theme), free(view->language), free(view->foreign), free(view->derived_from);
        keys_free_texts(view->platforms);
        keys_free_texts(view->cards);
    }
    for (size_t i = 0; i < config->video.output_count; i++) {
        struct config_output *output = &config->video.outputs[i];
        free(output->name), free(output->view), free(output->to), free(output->captions);
    }
    free(config->views);
    for (size_t i = 0; i < config->window_count; i++)
        free(config->windows[i].view), free(config->windows[i].title), free(config->windows[i].background);
    free(config->windows);
    free(config->sounds.view);
    for (size_t i = 0; i < CONFIG_SOUNDS; i++)
        free(config->sounds.files[i]);
    free(config->video.input), free(config->video.backup), free(config->video.sound);
    free(config->video.holding), free(config->video.music), free(config->video.outputs);
    free(config->panel.listen), free(config->panel.public_url), free(config->panel.certificate), free(config->panel.key);
    free(config->door.listen), free(config->door.public_url), free(config->door.certificate), free(config->door.key);
    keys_free_texts(config->door.origins);
    keys_free_texts(config->pictures.hosts);
    keys_free_texts(config->questions.commands);
    keys_free_texts(config->panel.trusted_proxies);
    keys_free_texts(config->languages);
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
