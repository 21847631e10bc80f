#include "api/copy.h"

#include <string.h>

json_t *copy_known(const json_t *from, const char *const *keys, size_t count)
{
    json_t *to = json_object();
    for (size_t i = 0; i < count; i++) {
        json_t *value = json_object_get(from, keys[i]);
        if (json_is_number(value) || json_is_boolean(value) ||
            (json_is_string(value) && json_string_length(value) <= COPY_TEXT_BYTES_MAX))
            json_object_set(to, keys[i], value);
    }
    return to;
}

bool copy_is_base64(const char *text, size_t most)
{
    if (!text || strlen(text) > most)
        return false;
    size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    return len > 0 && strspn(text + len, "=") + len == strlen(text) && strlen(text) % 4 == 0;
}
