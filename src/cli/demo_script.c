#include "cli/demo_script.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "cli/one_shot.h"

enum { SCRIPT_BYTES_MAX = 1 << 20, HISTORY_MESSAGES = 400, PATIENCE_MS = 10000 };

struct demo_script {
    json_t *steps;  // array in the order of time
    json_t *names;  // name → id
    size_t next;
};

static bool add_line(struct demo_script *script, const char *line, size_t len, size_t number, struct error *err)
{
    if (len == 0)
        return true;
    json_t *step = json_parse(line, len, err);
    if (!step || !json_get_text(step, "command") || json_get_int(step, "at_ms", -1) < 0) {
        if (step)
            error_set(err, ERROR_DATA, "expected \"at_ms\" and \"command\"");
        json_decref(step);
        return error_prefix(err, "line %zu", number);
    }
    json_array_append_new(script->steps, step);
    return true;
}

struct demo_script *demo_script_load(const char *path, struct error *err)
{
    struct buffer text = {0};
    if (!file_read(path, SCRIPT_BYTES_MAX, &text, err)) {
        buffer_fini(&text);
        return NULL;
    }
    struct demo_script *script = xcalloc(1, sizeof(*script));
    script->steps = json_array();
    script->names = json_object();
    bool ok = true;
    size_t number = 1;
    for (size_t from = 0; ok && from < text.len; number++) {
        const char *end = memchr(text.data + from, '\n', text.len - from);
        size_t len = end ? (size_t)(end - text.data) - from : text.len - from;
        ok = add_line(script, text.data + from, len, number, err);
        from += len + 1;
    }
    buffer_fini(&text);
    if (ok)
        return script;
    error_prefix(err, "%s", path);
    demo_script_destroy(script);
    return NULL;
}

void demo_script_destroy(struct demo_script *script)
{
    if (!script)
        return;
    json_decref(script->steps);
    json_decref(script->names);
    free(script);
}

/* The newest message that holds `words`; 0: none. */
static int64_t find_message(const char *runtime_folder, const char *words)
{
    json_t *arguments = json_pack("{s:i}", "limit", HISTORY_MESSAGES), *result = NULL;
    one_shot(runtime_folder, "history", arguments, &result, NULL);
    int64_t found = 0;
    size_t index;
    json_t *message;
    json_array_foreach (json_object_get(result, "messages"), index, message) {
        const char *text = json_get_text(message, "text");
        int64_t id = json_get_int(message, "id", 0);
        if (text && strstr(text, words) && id > found)
            found = id;
    }
    json_decref(result);
    json_decref(arguments);
    return found;
}

static json_t *fill_names(const struct demo_script *script, const json_t *arguments)
{
    json_t *filled = arguments ? json_deep_copy(arguments) : json_object();
    const char *key;
    json_t *value;
    void *safe;
    json_object_foreach_safe (filled, safe, key, value) {
        const char *text = json_string_value(value);
        json_t *id = text && text[0] == '$' ? json_object_get(script->names, text + 1) : NULL;
        if (id)
            json_object_set(filled, key, id);
    }
    return filled;
}

/* False: what it needs is not there yet. */
static bool send(struct demo_script *script, const char *runtime_folder, const json_t *step)
{
    const char *words = json_get_text(step, "find"), *name = json_get_text(step, "as");
    const char *command = json_get_text(step, "command");
    int64_t message = words ? find_message(runtime_folder, words) : 0;
    if (words && message == 0)
        return false;
    json_t *arguments = fill_names(script, json_object_get(step, "arguments")), *result = NULL;
    if (words)
        json_object_set_new(arguments, "message", json_integer(message));
    struct error err = {0};
    if (!one_shot(runtime_folder, command, arguments, &result, &err)) {
        log_warn("demo", "%s: %s", command, err.text);
    } else if (name && json_object_get(result, "id")) {
        json_object_set(script->names, name, json_object_get(result, "id"));
    }
    json_decref(result);
    json_decref(arguments);
    return true;
}

void demo_script_play(struct demo_script *script, const char *runtime_folder, int64_t now_ms)
{
    while (script->next < json_array_size(script->steps) && demo_script_next_ms(script) <= now_ms) {
        const json_t *step = json_array_get(script->steps, script->next);
        bool is_sent = send(script, runtime_folder, step);
        if (!is_sent && now_ms < demo_script_next_ms(script) + PATIENCE_MS)
            return;
        if (!is_sent)
            log_warn("demo", "no message holds \"%s\"", json_get_text(step, "find"));
        script->next++;
    }
}

int64_t demo_script_next_ms(const struct demo_script *script)
{
    return json_get_int(json_array_get(script->steps, script->next), "at_ms", -1);
}
