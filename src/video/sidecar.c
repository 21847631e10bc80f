#include "video/sidecar.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "video/caption_book.h"
#include "video/caption_times.h"
#include "video/recording.h"
#include "video/scribe.h"
#include "video/webvtt.h"

struct track {
    char language[CAPTION_TAG_BYTES];
    int fd;                  // -1: no cue yet; -2: given up
    int64_t last_from_ns;    // when the last line that was written began
    size_t written_then;     // lines that began at the same time and are written
};

struct sidecar {
    struct scribe *scribe;
    struct caption_book *book;  // borrowed
    char *recording;            // owned
    GMutex lock;                // guards the next two
    struct caption_times times;
    int64_t until_ns;           // of the recording's time

    struct track tracks[CAPTION_LANGUAGES_MAX];  // the scribe's, as the rest
    size_t track_count;
};

struct sidecar *sidecar_create(struct caption_book *book, const char *recording)
{
    struct sidecar *sidecar = xcalloc(1, sizeof(*sidecar));
    sidecar->scribe = scribe_create();
    sidecar->book = book;
    sidecar->recording = xstrdup(recording);
    g_mutex_init(&sidecar->lock);
    return sidecar;
}

/* ---- The scribe's side ---- */

/* "fa" of "show.mkv": "show.fa.vtt". */
static char *name_of(const char *recording, const char *language)
{
    const char *slash = strrchr(recording, '/'), *dot = strrchr(slash ? slash : recording, '.');
    char tag[CAPTION_TAG_BYTES];
    caption_tag_for_file(language, tag);
    return xasprintf("%.*s.%s.vtt", (int)(dot ? dot - recording : (long)strlen(recording)), recording, tag);
}

static bool write_all(int fd, const struct buffer *bytes)
{
    size_t at = 0;
    while (at < bytes->len) {
        ssize_t wrote = write(fd, bytes->data + at, bytes->len - at);
        if (wrote < 0 && errno != EINTR)
            return false;
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    return true;
}

static void give_up(struct track *track, const char *reason)
{
    log_warn("video/captions", "%s; the recording goes on without its subtitles in %s", reason, track->language);
    if (track->fd >= 0)
        close(track->fd);
    track->fd = -2;
}

static void open_file(const struct sidecar *sidecar, struct track *track, struct buffer *out)
{
    struct error err;
    char *wanted = name_of(sidecar->recording, track->language), *name = recording_reserve(wanted, &err);
    track->fd = name ? open(name, O_WRONLY | O_CLOEXEC) : -1;
    if (track->fd < 0)
        give_up(track, name ? "a file that was just made cannot be opened" : err.text);
    webvtt_add_head(out);
    free(wanted), free(name);
}

static void note_written(struct track *track, const struct caption_line *line)
{
    if (track->last_from_ns != line->from_ns)
        track->written_then = 0;
    track->last_from_ns = line->from_ns;
    track->written_then++;
}

static bool is_written(const struct track *track, const struct caption_line *line, size_t same_before)
{
    return line->from_ns < track->last_from_ns
        || (line->from_ns == track->last_from_ns && same_before < track->written_then);
}

/* As much as is known of the recording, while the scribe writes. */
struct progress {
    struct caption_times times;
    int64_t program_ns;  // that its last picture shows
    bool is_end;
};

static void add_cue(const struct progress *progress, const struct caption_line *line, struct buffer *out)
{
    int64_t from_ns = line->from_ns, until_ns = MIN(line->until_ns, progress->program_ns);
    if (caption_times_map(&progress->times, &from_ns, &until_ns))
        webvtt_add_cue(out, from_ns / NS_PER_MS, until_ns / NS_PER_MS, line->speaker, line->text);
}

static struct caption_lines find_lines(const struct sidecar *sidecar, const struct track *track,
    const struct progress *progress)
{
    char exactly[CAPTION_TAG_BYTES + 1] = "=";
    memcpy(exactly + 1, track->language, CAPTION_TAG_BYTES);
    const struct caption_span *first = &progress->times.spans[0];
    return caption_book_find(sidecar->book, exactly, first->from_ns + first->offset_ns, progress->program_ns);
}

/* In the order in which they began, as the format wants it: a line waits for those before it. */
static void write_track(const struct sidecar *sidecar, struct track *track, const struct progress *progress)
{
    struct caption_lines lines = find_lines(sidecar, track, progress);
    struct buffer out = {0};
    size_t same = 0;
    for (size_t i = 0; i < lines.count; i++) {
        const struct caption_line *line = &lines.items[i];
        same = i > 0 && line->from_ns == lines.items[i - 1].from_ns ? same + 1 : 0;
        if (is_written(track, line, same))
            continue;
        if (line->until_ns > progress->program_ns && !progress->is_end)
            break;
        if (track->fd == -1)
            open_file(sidecar, track, &out);
        add_cue(progress, line, &out);
        note_written(track, line);
    }
    if (track->fd >= 0 && !write_all(track->fd, &out))
        give_up(track, strerror(errno));
    buffer_fini(&out);
    caption_lines_fini(&lines);
}

static struct track *find_track(struct sidecar *sidecar, const char *language)
{
    for (size_t i = 0; i < sidecar->track_count; i++) {
        if (strcmp(sidecar->tracks[i].language, language) == 0)
            return &sidecar->tracks[i];
    }
    struct track *track = &sidecar->tracks[sidecar->track_count++];
    *track = (struct track){.fd = -1, .last_from_ns = INT64_MIN};
    memcpy(track->language, language, sizeof(track->language));
    return track;
}

static void write_tracks(struct sidecar *sidecar, bool is_end)
{
    g_mutex_lock(&sidecar->lock);
    struct progress progress = {sidecar->times, caption_times_program(&sidecar->times, sidecar->until_ns), is_end};
    g_mutex_unlock(&sidecar->lock);
    char languages[CAPTION_LANGUAGES_MAX][CAPTION_TAG_BYTES];
    size_t count = progress.times.count ? caption_book_languages(sidecar->book, languages) : 0;
    for (size_t i = 0; i < count; i++) {
        struct track *track = find_track(sidecar, languages[i]);
        if (track->fd != -2)
            write_track(sidecar, track, &progress);
    }
}

static void handle_advance(void *data)
{
    write_tracks(data, false);
}

static void handle_end(void *data)
{
    struct sidecar *sidecar = data;
    write_tracks(sidecar, true);
    for (size_t i = 0; i < sidecar->track_count; i++) {
        if (sidecar->tracks[i].fd >= 0)
            close(sidecar->tracks[i].fd);
    }
    g_mutex_clear(&sidecar->lock);
    free(sidecar->recording);
    free(sidecar);
}

/* ---- The owner's side ---- */

void sidecar_advance(struct sidecar *sidecar, const struct caption_times *times, int64_t until_ns)
{
    g_mutex_lock(&sidecar->lock);
    sidecar->times = *times;
    sidecar->until_ns = until_ns;
    g_mutex_unlock(&sidecar->lock);
    scribe_tell(sidecar->scribe, handle_advance, sidecar);
}

void sidecar_end(struct sidecar *sidecar)
{
    if (sidecar)
        scribe_end(sidecar->scribe, handle_end, sidecar);
}
