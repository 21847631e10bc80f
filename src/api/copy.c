#include "api/copy.h"

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
