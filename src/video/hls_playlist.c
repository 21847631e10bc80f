#include "video/hls_playlist.h"

#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"

enum { TARGET_S = 2, NUMBER_MAX = 100000000, DURATION_MAX_S = 3600 };

struct segment {
    unsigned number;
    int64_t duration_ns;
    bool is_break;  // it does not continue the one before
};

struct hls_playlist {
    struct segment segments[HLS_SEGMENTS];
    size_t count;
    unsigned next;
    unsigned breaks_before;  // of segments that are listed no more (4.3.3.3)
    bool is_break;           // the next one is
    int target_s;
};

char *hls_segment_name(unsigned number)
{
    return xasprintf("segment-%06u.ts", number);
}

static void append(struct hls_playlist *playlist, const struct segment *segment)
{
    if (playlist->count == HLS_SEGMENTS) {
        playlist->breaks_before += playlist->segments[0].is_break;
        memmove(playlist->segments, playlist->segments + 1, (HLS_SEGMENTS - 1) * sizeof(*segment));
        playlist->count--;
    }
    playlist->segments[playlist->count++] = *segment;
    playlist->next = segment->number + 1;
    playlist->target_s = MAX(playlist->target_s, (int)((segment->duration_ns + NS_PER_S / 2) / NS_PER_S));
}

/* One line of an earlier run's; what is not known is left out. */
static void read_line(struct hls_playlist *playlist, struct segment *segment, const char *line)
{
    double seconds;
    unsigned number;
    if (sscanf(line, "#EXT-X-DISCONTINUITY-SEQUENCE:%u", &number) == 1 && number < NUMBER_MAX) {
        playlist->breaks_before = number;
    } else if (strcmp(line, "#EXT-X-DISCONTINUITY") == 0) {
        segment->is_break = true;
    } else if (sscanf(line, "#EXTINF:%lf", &seconds) == 1 && seconds > 0 && seconds < DURATION_MAX_S) {
        segment->duration_ns = (int64_t)(seconds * NS_PER_S);
    } else if (sscanf(line, "segment-%u.ts", &number) == 1 && number < NUMBER_MAX) {
        segment->number = number;
        bool is_next = playlist->count == 0 || number == playlist->next;
        if (segment->duration_ns > 0 && is_next)
            append(playlist, segment);
        *segment = (struct segment){0};
    }
}

struct hls_playlist *hls_playlist_create(const char *text)
{
    struct hls_playlist *playlist = xcalloc(1, sizeof(*playlist));
    playlist->target_s = TARGET_S;
    g_auto(GStrv) lines = g_strsplit_set(text ? text : "", "\r\n", -1);
    struct segment segment = {0};
    for (size_t i = 0; lines[i]; i++)
        read_line(playlist, &segment, lines[i]);
    playlist->is_break = playlist->count > 0;
    return playlist;
}

void hls_playlist_destroy(struct hls_playlist *playlist)
{
    free(playlist);
}

unsigned hls_playlist_next(const struct hls_playlist *playlist)
{
    return playlist->next;
}

int64_t hls_playlist_add(struct hls_playlist *playlist, int64_t duration_ns)
{
    append(playlist, &(struct segment){playlist->next, duration_ns, playlist->is_break});
    playlist->is_break = false;
    return (int64_t)playlist->next - HLS_KEPT - 1;
}

void hls_playlist_break(struct hls_playlist *playlist)
{
    playlist->is_break = playlist->count > 0;
}

char *hls_playlist_write(const struct hls_playlist *playlist, bool is_ended)
{
    GString *text = g_string_new("#EXTM3U\n#EXT-X-VERSION:3\n");
    g_string_append_printf(text, "#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:%u\n", playlist->target_s,
        playlist->count ? playlist->segments[0].number : playlist->next);
    if (playlist->breaks_before)
        g_string_append_printf(text, "#EXT-X-DISCONTINUITY-SEQUENCE:%u\n", playlist->breaks_before);
    for (size_t i = 0; i < playlist->count; i++) {
        const struct segment *segment = &playlist->segments[i];
        char *name = hls_segment_name(segment->number);
        int64_t ms = (segment->duration_ns + NS_PER_MS / 2) / NS_PER_MS;
        g_string_append_printf(text, "%s#EXTINF:%" PRId64 ".%03d,\n%s\n", segment->is_break ? "#EXT-X-DISCONTINUITY\n" : "",
            ms / 1000, (int)(ms % 1000), name);
        free(name);
    }
    if (is_ended)
        g_string_append(text, "#EXT-X-ENDLIST\n");
    char *written = xstrdup(text->str);
    g_string_free(text, TRUE);
    return written;
}
