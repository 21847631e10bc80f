#include "overlay/lines.h"

#include <string.h>

#include "base/json.h"

uint64_t line_id(const json_t *line)
{
    return (uint64_t)json_get_int(line, "first", json_get_int(line, "id", 0));
}

bool line_is_from(const json_t *line, uint64_t message, const char *platform, const char *author)
{
    if (!author)
        return message != 0 && (message == (uint64_t)json_get_int(line, "id", 0) || message == line_id(line));
    const char *of = json_get_text(json_object_get(line, "author"), "id"), *on = json_get_text(line, "platform");
    return of && on && platform && strcmp(of, author) == 0 && strcmp(on, platform) == 0;
}

json_t *lines_without(const json_t *lines, uint64_t message, const char *platform, const char *author)
{
    size_t i;
    json_t *line, *kept = json_array();
    json_array_foreach((json_t *)(uintptr_t)lines, i, line) {
        if (!line_is_from(line, message, platform, author))
            json_array_append(kept, line);
    }
    if (json_array_size(kept) < json_array_size(lines))
        return kept;
    json_decref(kept);
    return NULL;
}
