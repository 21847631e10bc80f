#include "relay/captions.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "relay/captions_private.h"

enum { NEWEST = CAPTION_SHOWN_LINES - 1 };  // of a track's live lines

struct captions *captions_create(const struct captions_options *options, struct error *err)
{
    struct captions *captions = xcalloc(1, sizeof(*captions));
    captions->options = *options;
    captions_restore(captions);
    return captions;
}

static void clear_live(struct caption_track *track)
{
    for (size_t i = 0; i < CAPTION_SHOWN_LINES; i++) {
        free(track->live[i].text);
        free(track->live[i].speaker);
        track->live[i] = (struct caption_live){0};
    }
}

static void track_destroy(struct caption_track *track)
{
    clear_live(track);
    caption_cues_fini(&track->cues);
    free(track->name);
    free(track->language);
    free(track->changed_by);
    free(track->utterance);
    free(track);
}

void captions_destroy(struct captions *captions)
{
    if (!captions)
        return;
    for (size_t i = 0; i < captions->count; i++)
        track_destroy(captions->tracks[i]);
    free(captions);
}

size_t captions_count(const struct captions *captions)
{
    return captions->count;
}

const struct caption_track *captions_at(const struct captions *captions, size_t index)
{
    return captions->tracks[index];
}

static struct caption_track *find(const struct captions *captions, const char *name, struct error *err)
{
    for (size_t i = 0; i < captions->count; i++) {
        if (strcmp(captions->tracks[i]->name, name) == 0)
            return captions->tracks[i];
    }
    error_set(err, ERROR_DATA, "there is no track \"%s\"", name);
    return NULL;
}

const struct caption_track *captions_find(const struct captions *captions, const char *name)
{
    return find(captions, name, NULL);
}

static bool check_name(const char *name, const char *what, struct error *err)
{
    size_t len = strlen(name);
    if (len == 0 || len > CAPTION_NAME_BYTES_MAX)
        return error_set(err, ERROR_DATA, "%s \"%.64s\": 1 to %d bytes are expected", what, name, CAPTION_NAME_BYTES_MAX);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)name[i] < 0x20)
            return error_set(err, ERROR_DATA, "%s: control characters are not allowed", what);
    }
    return true;
}

struct caption_track *captions_add(struct captions *captions, const char *name, const char *language, struct error *err)
{
    struct caption_track *track = find(captions, name, NULL);
    if (!track) {
        if (captions->count == CAPTION_TRACKS_MAX) {
            error_set(err, ERROR_AGAIN, "there are %d tracks already: load into one of them", CAPTION_TRACKS_MAX);
            return NULL;
        }
        track = xcalloc(1, sizeof(*track));
        track->name = xstrdup(name);
        track->changed_by = xstrdup("");
        captions->tracks[captions->count++] = track;
    }
    char *copy = xstrdup(language);
    free(track->language);
    track->language = copy;
    return track;
}

static void end_change(struct captions *captions, struct caption_track *track, const char *by)
{
    char *actor = xstrdup(by);
    free(track->changed_by);
    track->changed_by = actor;
    caption_track_save(captions, track);
    captions->options.changed(captions->options.data, track);
    captions->options.lines_changed(captions->options.data);
}

bool captions_load(struct captions *captions, const char *name, const char *language, enum caption_format format,
                   struct str text, const char *by, struct error *err)
{
    struct caption_cues cues;
    if (!check_name(name, "track", err) || !check_name(language, "language", err) ||
        !caption_file_parse(format, text.data, text.len, &cues, err))
        return false;
    struct caption_track *track = captions_add(captions, name, language, err);
    if (!track) {
        caption_cues_fini(&cues);
        return false;
    }
    caption_cues_fini(&track->cues);
    track->cues = cues;
    track->is_running = false;
    clear_live(track);
    caption_track_save_cues(captions, track);
    end_change(captions, track, by);
    return true;
}

bool captions_start(struct captions *captions, const char *name, int64_t now_ms, int64_t at_ms, const char *by,
                    struct error *err)
{
    struct caption_track *track = find(captions, name, err);
    if (!track)
        return false;
    if (track->cues.count == 0)
        return error_set(err, ERROR_DATA, "track \"%s\" has no file: load one with captions.load", name);
    int64_t end_ms = track->cues.cues[track->cues.count - 1].end_ms;
    if (at_ms > end_ms || at_ms < -INT64_C(86400000))
        return error_set(err, ERROR_DATA, "at_ms %" PRId64 ": the track ends at %" PRId64, at_ms, end_ms);
    track->is_running = true;
    track->zero_ms = now_ms - at_ms;
    end_change(captions, track, by);
    return true;
}

static void stop(struct captions *captions, struct caption_track *track, const char *by)
{
    track->is_running = false;
    clear_live(track);
    end_change(captions, track, by);
}

bool captions_stop(struct captions *captions, const char *name, const char *by, struct error *err)
{
    struct caption_track *track = find(captions, name, err);
    if (track)
        stop(captions, track, by);
    return track != NULL;
}

void captions_stop_all(struct captions *captions, const char *by)
{
    for (size_t i = 0; i < captions->count; i++) {
        struct caption_track *track = captions->tracks[i];
        if (track->is_running || track->live[NEWEST].text)
            stop(captions, track, by);
    }
}

/* --- Live lines --- */

/* What stands moves up; the oldest goes. Nothing waits: a typist who is ahead loses his oldest line. */
static void push_live(struct caption_track *track, struct str line, struct caption_live live)
{
    if (track->live[NEWEST].text && track->live[NEWEST].until_ms > live.from_ms) {
        free(track->live[0].text);
        free(track->live[0].speaker);
        memmove(track->live, track->live + 1, NEWEST * sizeof(*track->live));
    } else {
        clear_live(track);
    }
    if (line.len > CAPTION_LINE_BYTES_MAX)
        line.len = utf8_cut(line.data, CAPTION_LINE_BYTES_MAX);
    live.text = xstrndup(line.data, line.len);
    live.speaker = xstrdup(live.speaker);
    live.number = ++track->live_count;
    track->live[NEWEST] = live;
}

static struct str trim(struct str line)
{
    while (line.len > 0 && (unsigned char)line.data[0] <= ' ') {
        line.data++;
        line.len--;
    }
    while (line.len > 0 && (unsigned char)line.data[line.len - 1] <= ' ')
        line.len--;
    return line;
}

static void push_lines(struct caption_track *track, struct str text, struct caption_live live)
{
    while (text.len > 0) {
        const char *end = memchr(text.data, '\n', text.len);
        size_t len = end ? (size_t)(end - text.data) : text.len;
        struct str line = trim((struct str){text.data, len});
        if (line.len > 0)
            push_live(track, line, live);
        len += end != NULL;
        text.data += len;
        text.len -= len;
    }
}

static bool check_live(const struct caption_utterance *live, struct error *err)
{
    if (trim(live->text).len == 0)
        return error_set(err, ERROR_DATA, "text is empty: captions.stop takes lines away");
    if (live->text.len > 4 * CAPTION_LINE_BYTES_MAX)
        return error_set(err, ERROR_DATA, "text has %zu bytes: at most %d", live->text.len, 4 * CAPTION_LINE_BYTES_MAX);
    if (live->speaker.len > CAPTION_NAME_BYTES_MAX)
        return error_set(err, ERROR_DATA, "speaker has %zu bytes: at most %d", live->speaker.len, CAPTION_NAME_BYTES_MAX);
    if (!(live->seconds >= 0 && live->seconds <= CAPTION_LIVE_SECONDS_MAX))
        return error_set(err, ERROR_DATA, "seconds %g: 0 (the usual %d) to %d", live->seconds, CAPTION_LIVE_SECONDS,
                         CAPTION_LIVE_SECONDS_MAX);
    return true;
}

/* NULL: nobody is named. */
static char *copy_speaker(const struct caption_utterance *live)
{
    struct str name = trim(live->speaker);
    return name.len > 0 ? xstrndup(name.data, name.len) : NULL;
}

/* As long as whoever sends it says; else the usual, or longer where more is to be read. */
static int64_t stay_of(const struct caption_utterance *live)
{
    if (live->seconds > 0)
        return (int64_t)(live->seconds * 1000);
    int64_t reading_ms = caption_reading_ms(live->text);
    return reading_ms > CAPTION_LIVE_SECONDS * 1000 ? reading_ms : CAPTION_LIVE_SECONDS * 1000;
}

static bool add_live(struct captions *captions, const char *name, const char *language,
                     const struct caption_utterance *live, int64_t now_ms, const char *by, struct error *err)
{
    if (!check_name(name, "track", err) || !check_name(language, "language", err) || !check_live(live, err))
        return false;
    bool is_new = !find(captions, name, NULL);
    struct caption_track *track = captions_add(captions, name, language, err);
    if (!track)
        return false;
    int64_t stays_ms = stay_of(live);
    char *speaker = copy_speaker(live);
    push_lines(track, live->text, (struct caption_live){NULL, speaker, now_ms, now_ms + stays_ms});
    free(speaker);
    if (is_new) {
        end_change(captions, track, by);
    } else {
        captions->options.lines_changed(captions->options.data);
    }
    return true;
}

bool captions_line(struct captions *captions, const char *name, const char *language, struct str text, double seconds,
                   int64_t now_ms, const char *by, struct error *err)
{
    const struct caption_utterance live = {.text = text, .seconds = seconds};
    return add_live(captions, name, language, &live, now_ms, by, err);
}

/* The newest line grows: nothing moves up. False: it stands no more, or is another's. */
static bool replace_live(struct caption_track *track, const struct caption_utterance *utterance, int64_t now_ms)
{
    struct caption_live *live = &track->live[NEWEST];
    bool is_same = utterance->id.len > 0 && track->utterance && str_equal(str_from(track->utterance), utterance->id);
    if (!is_same || !live->text || live->until_ms <= now_ms)
        return false;
    struct str text = trim(utterance->text);
    if (text.len > CAPTION_LINE_BYTES_MAX)
        text.len = utf8_cut(text.data, CAPTION_LINE_BYTES_MAX);
    free(live->text);
    live->text = xstrndup(text.data, text.len);
    free(live->speaker);
    live->speaker = copy_speaker(utterance);
    for (char *at = live->text; (at = strchr(at, '\n'));)
        *at = ' ';
    live->until_ms = now_ms + stay_of(utterance);
    return true;
}

bool captions_utter(struct captions *captions, const char *name, const char *language,
                    const struct caption_utterance *utterance, int64_t now_ms, const char *by, struct error *err)
{
    struct caption_track *track = find(captions, name, NULL);
    if (trim(utterance->text).len > 0 && track && replace_live(track, utterance, now_ms)) {
        captions->options.lines_changed(captions->options.data);
    } else if (!add_live(captions, name, language, utterance, now_ms, by, err)) {
        return false;
    }
    track = find(captions, name, NULL);
    free(track->utterance);
    track->utterance = utterance->is_final || utterance->id.len == 0 ? NULL : xstrndup(utterance->id.data, utterance->id.len);
    return true;
}

/* --- What stands --- */

size_t caption_cues_after(const struct caption_cues *cues, int64_t at_ms)
{
    size_t low = 0, high = cues->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (cues->cues[middle].start_ms <= at_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* How far back an older cue is looked for that still stands: enough for any file made for people. */
enum { OVERLAP_CUES = 32 };

static void add_shown(struct caption_shown *shown, struct str line, struct str speaker, int64_t since_ms)
{
    if (shown->count == CAPTION_SHOWN_LINES) {
        shown->count--;
        memmove(shown->lines, shown->lines + 1, shown->count * sizeof(*shown->lines));
        memmove(shown->speakers, shown->speakers + 1, shown->count * sizeof(*shown->speakers));
    }
    shown->speakers[shown->count] = speaker;
    shown->lines[shown->count++] = line;
    shown->since_ms = since_ms;
}

/* The next of the lines in *text, which may be NULL, and moves on. */
static struct str take_line(const char **text)
{
    const char *at = *text, *end = at ? strchr(at, '\n') : NULL;
    *text = end ? end + 1 : NULL;
    return (struct str){at, end ? (size_t)(end - at) : at ? strlen(at) : 0};
}

static void add_cue(struct caption_shown *shown, const struct caption_cue *cue, int64_t since_ms)
{
    const char *speakers = cue->speakers;
    for (const char *text = cue->text; text;) {
        struct str line = take_line(&text);
        add_shown(shown, line, take_line(&speakers), since_ms);
    }
}

struct caption_shown caption_track_shown(const struct caption_track *track, int64_t now_ms)
{
    struct caption_shown shown = {0};
    if (track->is_running) {
        int64_t at_ms = now_ms - track->zero_ms;
        size_t end = caption_cues_after(&track->cues, at_ms);
        for (size_t i = end > OVERLAP_CUES ? end - OVERLAP_CUES : 0; i < end; i++) {
            const struct caption_cue *cue = &track->cues.cues[i];
            if (cue->until_ms > at_ms)
                add_cue(&shown, cue, track->zero_ms + cue->start_ms);
        }
    }
    for (size_t i = 0; i < CAPTION_SHOWN_LINES; i++) {
        const struct caption_live *live = &track->live[i];
        if (!live->text || live->from_ms > now_ms || live->until_ms <= now_ms)
            continue;
        add_shown(&shown, str_from(live->text), str_from(live->speaker ? live->speaker : ""), live->from_ms);
        shown.is_live = true;
    }
    return shown;
}

static void take_sooner(int64_t *next, int64_t at_ms, int64_t now_ms)
{
    if (at_ms > now_ms && (*next == 0 || at_ms < *next))
        *next = at_ms;
}

int64_t captions_next_change(const struct captions *captions, int64_t now_ms)
{
    int64_t next = 0;
    for (size_t i = 0; i < captions->count; i++) {
        const struct caption_track *track = captions->tracks[i];
        for (size_t k = 0; k < CAPTION_SHOWN_LINES; k++) {
            if (track->live[k].text)
                take_sooner(&next, track->live[k].until_ms, now_ms);
        }
        if (!track->is_running)
            continue;
        size_t after = caption_cues_after(&track->cues, now_ms - track->zero_ms);
        if (after < track->cues.count)
            take_sooner(&next, track->zero_ms + track->cues.cues[after].start_ms, now_ms);
        for (size_t k = after > OVERLAP_CUES ? after - OVERLAP_CUES : 0; k < after; k++)
            take_sooner(&next, track->zero_ms + track->cues.cues[k].until_ms, now_ms);
    }
    return next;
}
