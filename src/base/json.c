#include "base/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"

/* jansson recurses: the depth is counted before it runs. Strings are skipped with their escapes. */
static bool is_shallow(const char *text, size_t len)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (in_string) {
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_DEPTH_MAX)
                return false;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return true;
}

json_t *json_parse(const char *text, size_t len, struct error *err)
{
    // Some editors begin a file with a byte order mark; RFC 8259, section 8.1 lets us ignore it.
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        len -= 3;
    }
    if (!is_shallow(text, len)) {
        error_set(err, ERROR_DATA, "JSON deeper than %d levels", JSON_DEPTH_MAX);
        return NULL;
    }
    json_error_t at;
    json_t *value = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &at);
    // Jansson quotes what stands there: half a secret of secrets.json, or a text that may be deleted.
    char *quote = value ? NULL : strstr(at.text, " near '");
    if (quote)
        *quote = '\0';
    if (!value)
        error_set(err, ERROR_DATA, "line %d, column %d: %s", at.line, at.column, at.text);
    return value;
}

json_t *json_parse_repaired(const char *text, size_t len, struct error *err)
{
    json_t *value = json_parse(text, len, err);
    if (value || utf8_is_valid(text, len))
        return value;
    if (err)
        *err = (struct error){0};
    char *repaired = xmalloc(3 * len);
    value = json_parse(repaired, utf8_repair(text, len, repaired), err);
    free(repaired);
    return value;
}

const char *json_get_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

const char *json_get_words(const json_t *object, const char *key)
{
    const char *text = json_get_text(object, key);
    return text ? text : "";
}

int64_t json_get_int(const json_t *object, const char *key, int64_t otherwise)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_integer(value))
        return json_integer_value(value);
    if (json_is_real(value)) {
        double real = json_real_value(value);
        return fabs(real) < 9.2e18 ? (int64_t)real : otherwise;
    }
    if (!json_is_string(value))
        return otherwise;
    const char *text = json_string_value(value);
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 ? number : otherwise;
}

bool json_get_bool(const json_t *object, const char *key, bool otherwise)
{
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

double json_get_real(const json_t *object, const char *key, double otherwise)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}
