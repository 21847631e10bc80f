#include "video/hls_captions.h"

#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "video/caption_book.h"
#include "video/caption_times.h"
#include "video/language_name.h"
#include "video/scribe.h"
#include "video/webvtt.h"

enum { PTS_BASE_S = 3600, PTS_HZ = 90000, FILE_MODE = 0644, REMEMBERED = 32, LATE = 64 };
static const uint64_t pts_range = (uint64_t)1 << 33;

struct segment {
    struct hls_captions *hls;
    unsigned number;
    int64_t from_ns, until_ns;
    struct caption_times times;
};

struct hls_captions {
    struct hls_captions_options options;
    char *folder, *stream, *captions;  // owned, behind the options
    struct scribe *scribe;

    char languages[CAPTION_LANGUAGES_MAX][CAPTION_TAG_BYTES];  // the scribe's, as the rest
    size_t language_count;
    GQueue segments;   // of struct segment, owned: the newest
    bool has_index, has_complained;
};

static void add_language(struct hls_captions *hls, const char language[CAPTION_TAG_BYTES])
{
    for (size_t i = 0; i < hls->language_count; i++) {
        if (strcmp(hls->languages[i], language) == 0)
            return;
    }
    if (hls->language_count == CAPTION_LANGUAGES_MAX)
        return;
    memcpy(hls->languages[hls->language_count++], language, CAPTION_TAG_BYTES);
    hls->has_index = false;
}

struct hls_captions *hls_captions_create(const struct hls_captions_options *options)
{
    struct hls_captions *hls = xcalloc(1, sizeof(*hls));
    hls->options = *options;
    hls->options.folder = hls->folder = xstrdup(options->folder);
    hls->options.stream = hls->stream = xstrdup(options->stream);
    hls->options.captions = hls->captions = xstrdup(options->captions);
    hls->scribe = scribe_create();
    g_queue_init(&hls->segments);
    return hls;
}

/* ---- The scribe's side ---- */

static bool save(struct hls_captions *hls, const char *name, struct buffer *bytes)
{
    struct error err;
    char *path = xasprintf("%s/%s", hls->folder, name);
    bool ok = file_write_atomic(path, bytes->data, bytes->len, FILE_MODE, &err);
    if (!ok && !hls->has_complained)
        log_warn("video/captions", "%s; the stream goes on without these subtitles", err.text);
    hls->has_complained = !ok;
    buffer_fini(bytes);
    free(path);
    return ok;
}

/* Tags come from people: "stream" and "index" are playlists already. */
static char *name_playlist(const char *language)
{
    char tag[CAPTION_TAG_BYTES];
    caption_tag_for_file(language, tag);
    bool is_taken = g_ascii_strcasecmp(tag, "stream") == 0 || g_ascii_strcasecmp(tag, "index") == 0;
    return xasprintf("%s%s.m3u8", is_taken ? "x-" : "", tag);
}

static char *name_segment(const char *language, unsigned number)
{
    char tag[CAPTION_TAG_BYTES];
    caption_tag_for_file(language, tag);
    return xasprintf("%s-%05u.vtt", tag, number);
}

/* What of the line falls into the segment, on the pipeline's clock. */
static void add_line(const struct segment *segment, const struct caption_line *line, struct buffer *out)
{
    int64_t from_ns = line->from_ns, until_ns = line->until_ns;
    if (!caption_times_map(&segment->times, &from_ns, &until_ns))
        return;
    from_ns = MAX(from_ns, segment->from_ns);
    until_ns = MIN(until_ns, segment->until_ns);
    webvtt_add_cue(out, from_ns / NS_PER_MS, until_ns / NS_PER_MS, line->speaker, line->text);
}

static uint64_t pts_of(int64_t at_ns)
{
    return ((uint64_t)PTS_BASE_S * PTS_HZ + (uint64_t)(at_ns / 1000 * 9 / 100)) % pts_range;
}

static void write_segment(struct hls_captions *hls, const char *language, const struct segment *segment)
{
    struct buffer out = {0};
    webvtt_add_segment_head(&out, pts_of(segment->from_ns), segment->from_ns / NS_PER_MS);
    int64_t end_ns = caption_times_program(&segment->times, segment->until_ns);
    int64_t begin_ns = caption_times_program(&segment->times, segment->from_ns + 1);
    if (end_ns > INT64_MIN) {
        char exactly[CAPTION_TAG_BYTES + 1] = "=";
        memcpy(exactly + 1, language, CAPTION_TAG_BYTES);
        struct caption_lines lines = caption_book_find(hls->options.book, exactly, begin_ns, end_ns);
        for (size_t i = 0; i < lines.count; i++)
            add_line(segment, &lines.items[i], &out);
        caption_lines_fini(&lines);
    }
    char *name = name_segment(language, segment->number);
    save(hls, name, &out);
    free(name);
}

/* "segment-000012.ts" is number 12. False: the line names no segment. */
static bool read_number(const char *line, unsigned *number)
{
    const char *end = strstr(line, ".ts"), *at = end;
    while (at && at > line && g_ascii_isdigit(at[-1]))
        at--;
    *number = at && at < end ? (unsigned)strtoul(at, NULL, 10) : 0;
    return *line != '#' && at && at < end;
}

/* A language that came later, or a segment of an earlier run. */
static void ensure_segment(struct hls_captions *hls, const char *language, unsigned number)
{
    char *name = name_segment(language, number), *path = xasprintf("%s/%s", hls->folder, name);
    const struct segment *known = NULL;
    bool is_there = access(path, F_OK) == 0;
    for (const GList *at = hls->segments.head; at && !is_there; at = at->next) {
        const struct segment *segment = at->data;
        known = segment->number == number ? segment : known;
    }
    if (known) {
        write_segment(hls, language, known);
    } else if (!is_there) {
        struct buffer out = {0};
        webvtt_add_head(&out);
        save(hls, name, &out);
    }
    free(name), free(path);
}

static void write_playlist(struct hls_captions *hls, const char *language, char **lines)
{
    struct buffer out = {0};
    for (size_t i = 0; lines[i]; i++) {
        unsigned number;
        char *name = read_number(lines[i], &number) ? name_segment(language, number) : NULL;
        if (name)
            ensure_segment(hls, language, number);
        buffer_add_string(&out, name ? name : lines[i]);
        buffer_add_string(&out, lines[i + 1] ? "\n" : "");
        free(name);
    }
    char *name = name_playlist(language);
    save(hls, name, &out);
    free(name);
}

static void add_media(struct buffer *out, const char *type, const char *group, const char *language, const char *rest)
{
    char name[LANGUAGE_NAME_BYTES], tag[CAPTION_TAG_BYTES];
    caption_tag_for_file(language, tag);
    language_name(language, name);
    buffer_printf(out, "#EXT-X-MEDIA:TYPE=%s,GROUP-ID=\"%s\",NAME=\"%s\",LANGUAGE=\"%s\",AUTOSELECT=YES,DEFAULT=NO,%s\n",
        type, group, name, tag, rest);
}

static void write_index(struct hls_captions *hls)
{
    const struct hls_captions_options *options = &hls->options;
    struct buffer out = {0};
    buffer_add_string(&out, "#EXTM3U\n#EXT-X-VERSION:3\n");
    for (size_t i = 0; i < hls->language_count; i++) {
        char *name = name_playlist(hls->languages[i]), *rest = xasprintf("FORCED=NO,URI=\"%s\"", name);
        add_media(&out, "SUBTITLES", "subtitles", hls->languages[i], rest);
        free(name), free(rest);
    }
    if (options->captions)
        add_media(&out, "CLOSED-CAPTIONS", "captions", options->captions, "INSTREAM-ID=\"CC1\"");
    char fps[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(fps, sizeof(fps), "%.3f", options->fps);
    buffer_printf(&out, "#EXT-X-STREAM-INF:BANDWIDTH=%d,RESOLUTION=%dx%d,FRAME-RATE=%s%s,CLOSED-CAPTIONS=%s\n%s\n",
        options->bandwidth_kbps * 1000, options->width_px, options->height_px, fps,
        hls->language_count ? ",SUBTITLES=\"subtitles\"" : "", options->captions ? "\"captions\"" : "NONE", hls->stream);
    hls->has_index = save(hls, "index.m3u8", &out);
}

static void take_new_languages(struct hls_captions *hls)
{
    char languages[CAPTION_LANGUAGES_MAX][CAPTION_TAG_BYTES];
    size_t count = caption_book_languages(hls->options.book, languages);
    for (size_t i = 0; i < count; i++)
        add_language(hls, languages[i]);
}

/* With those shortly before it, which an earlier run may have left. */
static void delete_old(const struct hls_captions *hls, const char *language, unsigned newest)
{
    unsigned kept = (unsigned)hls->options.kept_segments;
    bool is_there = kept > 0 && newest >= kept;
    for (unsigned i = 0; is_there && i < LATE && newest - kept >= i; i++) {
        char *name = name_segment(language, newest - kept - i), *path = xasprintf("%s/%s", hls->folder, name);
        is_there = unlink(path) == 0;
        free(name), free(path);
    }
}

static void handle_segment(void *data)
{
    struct segment *segment = data;
    struct hls_captions *hls = segment->hls;
    take_new_languages(hls);
    for (size_t i = 0; i < hls->language_count; i++) {
        write_segment(hls, hls->languages[i], segment);
        delete_old(hls, hls->languages[i], segment->number);
    }
    g_queue_push_tail(&hls->segments, segment);
    if (g_queue_get_length(&hls->segments) > REMEMBERED)
        free(g_queue_pop_head(&hls->segments));
}

struct listing {
    struct hls_captions *hls;
    char *playlist;  // owned
};

static void handle_listing(void *data)
{
    struct listing *listing = data;
    struct hls_captions *hls = listing->hls;
    g_auto(GStrv) lines = g_strsplit(listing->playlist, "\n", -1);
    for (size_t i = 0; i < hls->language_count; i++)
        write_playlist(hls, hls->languages[i], lines);
    if (!hls->has_index)
        write_index(hls);
    free(listing->playlist);
    free(listing);
}

static void handle_end(void *data)
{
    struct hls_captions *hls = data;
    g_queue_clear_full(&hls->segments, free);
    free(hls->folder), free(hls->stream), free(hls->captions);
    free(hls);
}

/* ---- The owner's side ---- */

void hls_captions_add(struct hls_captions *hls, unsigned number, int64_t from_ns, int64_t until_ns,
    const struct caption_times *times)
{
    struct segment *segment = xmalloc(sizeof(*segment));
    *segment = (struct segment){hls, number, from_ns, until_ns, *times};
    if (!scribe_tell(hls->scribe, handle_segment, segment))
        free(segment);
}

void hls_captions_list(struct hls_captions *hls, const char *playlist)
{
    struct listing *listing = xmalloc(sizeof(*listing));
    *listing = (struct listing){hls, xstrdup(playlist)};
    if (scribe_tell(hls->scribe, handle_listing, listing))
        return;
    free(listing->playlist);
    free(listing);
}

void hls_captions_end(struct hls_captions *hls)
{
    if (hls)
        scribe_end(hls->scribe, handle_end, hls);
}
