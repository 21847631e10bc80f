#include "video/caption_times.h"

#include <glib.h>
#include <string.h>

static struct caption_span *last(struct caption_times *times)
{
    return times->count ? &times->spans[times->count - 1] : NULL;
}

void caption_times_begin(struct caption_times *times, int64_t at_ns, int64_t offset_ns)
{
    caption_times_end(times, at_ns);
    if (times->count == CAPTION_SPANS_MAX) {
        times->count--;
        memmove(times->spans, times->spans + 1, times->count * sizeof(*times->spans));
    }
    times->spans[times->count++] = (struct caption_span){at_ns, INT64_MAX, offset_ns};
}

void caption_times_end(struct caption_times *times, int64_t at_ns)
{
    if (last(times))
        last(times)->until_ns = MIN(last(times)->until_ns, at_ns);
}

int64_t caption_times_program(const struct caption_times *times, int64_t at_ns)
{
    int64_t program_ns = INT64_MIN;
    for (size_t i = 0; i < times->count && times->spans[i].from_ns < at_ns; i++)
        program_ns = MIN(at_ns, times->spans[i].until_ns) + times->spans[i].offset_ns;
    return program_ns;
}

static bool shows(const struct caption_span *span, int64_t from_ns, int64_t until_ns)
{
    return from_ns - span->offset_ns < span->until_ns && until_ns - span->offset_ns > span->from_ns;
}

bool caption_times_map(const struct caption_times *times, int64_t *from_ns, int64_t *until_ns)
{
    bool is_shown = false;
    int64_t first_ns = 0, end_ns = 0;
    for (size_t i = 0; i < times->count; i++) {
        const struct caption_span *span = &times->spans[i];
        if (!shows(span, *from_ns, *until_ns))
            continue;
        if (!is_shown)
            first_ns = MAX(*from_ns - span->offset_ns, span->from_ns);
        end_ns = MIN(*until_ns - span->offset_ns, span->until_ns);
        is_shown = true;
    }
    *from_ns = first_ns;
    *until_ns = end_ns;
    return is_shown;
}
