#include "video/caption_intake.h"

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "video/caption_book.h"
#include "video/terms.h"

enum { HOUR_MS = 3600000 };

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static bool is_line(const struct studio_caption *caption)
{
    return caption->id && caption->language && *caption->language && caption->text
        && caption->ends_in_ms > caption->starts_in_ms;
}

static struct caption_line read_line(const struct studio_caption *caption, int64_t now_ns)
{
    struct caption_line line = {
        .text = (char *)caption->text, .speaker = (char *)or_empty(caption->speaker),  // the book copies them
        .from_ns = now_ns + CLAMP(caption->starts_in_ms, -HOUR_MS, HOUR_MS) * NS_PER_MS,
        .until_ns = now_ns + CLAMP(caption->ends_in_ms, -HOUR_MS, HOUR_MS) * NS_PER_MS,
        .is_live = caption->is_live, .is_final = caption->is_final,
    };
    snprintf(line.track, sizeof(line.track), "%s", or_empty(caption->track));
    snprintf(line.id, sizeof(line.id), "%s", caption->id);
    snprintf(line.language, sizeof(line.language), "%s", caption->language);
    return line;
}

void caption_intake(struct caption_book *book, const struct studio_caption *captions, size_t count, int64_t now_ns)
{
    struct caption_line *lines = xcalloc(CAPTION_INTAKE_MAX, sizeof(*lines));
    size_t taken = 0;
    for (size_t i = 0; i < count && taken < CAPTION_INTAKE_MAX; i++) {
        if (is_line(&captions[i]))
            lines[taken++] = read_line(&captions[i], now_ns);
    }
    caption_book_set(book, lines, taken, now_ns);
    free(lines);
}
