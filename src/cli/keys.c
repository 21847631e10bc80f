#include "cli/keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "base/secret.h"

static const char *type_name(json_type type)
{
    switch (type) {
    case JSON_OBJECT: return "an object {…}";
    case JSON_ARRAY: return "a list […]";
    case JSON_STRING: return "a text in quotes";
    case JSON_INTEGER: return "a whole number";
    case JSON_REAL: return "a number";
    case JSON_TRUE:
    case JSON_FALSE: return "true or false";
    case JSON_NULL: return "null";
    }
    return "another type";
}

static bool is_secret(const char *path)
{
    // An output's address may end in a stream key.
    const char *last = strrchr(path, '.');
    return last && (secret_is_key(last) || strcmp(last, ".to") == 0);
}

bool keys_fail(const struct reader *reader, const char *path, const json_t *value, const char *format, ...)
{
    char expected[256];
    va_list args;
    va_start(args, format);
    vsnprintf(expected, sizeof(expected), format, args);
    va_end(args);
    // An object may hold a key; a value of the wrong type under a secret's name is one all the same.
    bool is_shown = value && !json_is_object(value) && !is_secret(path);
    char *shown = is_shown ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    error_set(reader->err, ERROR_DATA, "%s: %s%s%.80s: %s", reader->file, path, shown ? " " : "", shown ? shown : "",
        expected);
    free(shown);
    return false;
}

/* The key of the table that most likely was meant: "shows_forein" is close to "shows_foreign". */
static const char *nearest_key(const char *name, const struct key *keys, size_t count)
{
    struct nearest nearest = {.word = name};
    for (size_t i = 0; i < count; i++)
        nearest_try(&nearest, keys[i].name);
    return nearest.found;
}

static bool refuse_unknown(const struct reader *reader, const char *path, const json_t *object, const struct key *keys,
    size_t count)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)object, name, value) {
        size_t i = 0;
        while (i < count && strcmp(keys[i].name, name) != 0)
            i++;
        if (i < count)
            continue;
        char *full = xasprintf("%s%s%s", path, *path ? "." : "", name);
        const char *meant = nearest_key(name, keys, count);
        keys_fail(reader, full, NULL, "there is no such key%s%s%s; docs/configuration.md lists them", meant ? " (\"" : "",
            meant ? meant : "", meant ? "\" is meant?)" : "");
        free(full);
        return false;
    }
    return true;
}

static bool check_value(const struct reader *reader, const char *path, const json_t *value, const struct key *key)
{
    json_type type = json_typeof(value);
    if (type == JSON_FALSE)
        type = JSON_TRUE;
    if (type == JSON_INTEGER && key->type == JSON_REAL)
        type = JSON_REAL;
    if (type != key->type)
        return keys_fail(reader, path, value, "expected %s", type_name(key->type));
    if (key->type == JSON_INTEGER && (key->min || key->max)
        && (json_integer_value(value) < key->min || json_integer_value(value) > key->max))
        return keys_fail(reader, path, value, "expected a number from %d to %d", key->min, key->max);
    if (!key->choices)
        return true;
    char list[128] = "";
    for (size_t i = 0; key->choices[i]; i++) {
        if (strcmp(key->choices[i], json_string_value(value)) == 0)
            return true;
        snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s\"%s\"", i ? " or " : "", key->choices[i]);
    }
    return keys_fail(reader, path, value, "expected %s", list);
}

bool keys_check(const struct reader *reader, const char *path, const json_t *object, const struct key *keys,
    size_t count)
{
    if (!json_is_object(object))
        return keys_fail(reader, *path ? path : "the file", object, "expected an object {…}");
    if (!refuse_unknown(reader, path, object, keys, count))
        return false;
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, keys[i].name);
        char *full = xasprintf("%s%s%s", path, *path ? "." : "", keys[i].name);
        bool ok = value ? check_value(reader, full, value, &keys[i])
                        : !keys[i].is_required || keys_fail(reader, full, NULL, "missing; expected %s", type_name(keys[i].type));
        free(full);
        if (!ok)
            return false;
    }
    return true;
}

const char *keys_resolve(const struct reader *reader, const char *path, const json_t *value)
{
    const char *text = json_string_value(value);
    if (!text || !secret_is_reference(text))
        return text;
    const char *secret = json_get_text(reader->secrets, text + 7);
    if (!secret) {
        keys_fail(reader, path, value, "secrets.json beside this file has no \"%s\"; add it there", text + 7);
        return NULL;
    }
    log_hide(secret);
    return secret;
}

char *keys_copy_text(const json_t *object, const char *key, const char *otherwise)
{
    const char *text = json_get_text(object, key);
    return xstrdup(text ? text : otherwise);
}

bool keys_copy_texts(const struct reader *reader, const char *path, const json_t *object, const char *key, char ***texts)
{
    const json_t *array = json_object_get(object, key);
    size_t count = json_array_size(array);
    *texts = xcalloc(count + 1, sizeof(**texts));
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(array, i);
        if (!json_is_string(item) || !*json_string_value(item)) {
            char full[80];
            snprintf(full, sizeof(full), "%s%s%s[%zu]", path, *path ? "." : "", key, i);
            return keys_fail(reader, full, item, "expected a text in quotes");
        }
        (*texts)[i] = xstrdup(json_string_value(item));
    }
    return true;
}

void keys_free_texts(char **texts)
{
    for (size_t i = 0; texts && texts[i]; i++)
        free(texts[i]);
    free(texts);
}
