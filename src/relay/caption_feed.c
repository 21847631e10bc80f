#include "relay/caption_feed.h"

#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "relay/captions.h"

enum { BACK_CUES = 32 };  // as far as captions.c looks for one that still stands

struct line {
    const struct caption_track *track;
    struct str id, text, speaker;
    int64_t from_ms, until_ms;  // Unix
    bool is_live, is_final;
};

static void add_text(struct buffer *out, const char *key, struct str text)
{
    buffer_printf(out, "\"%s\":", key);
    buffer_add_json(out, text.data ? text.data : "", text.len);
    buffer_add_char(out, ',');
}

static void add_line(struct buffer *out, const struct line *line, int64_t now_ms)
{
    if (out->len > 0 && out->data[out->len - 1] == '}')
        buffer_add_char(out, ',');
    buffer_add_char(out, '{');
    add_text(out, "track", str_from(line->track->name));
    add_text(out, "language", str_from(line->track->language));
    add_text(out, "id", line->id);
    add_text(out, "text", line->text);
    if (line->speaker.len > 0)
        add_text(out, "speaker", line->speaker);
    buffer_printf(out, "\"starts_in_ms\":%" PRId64 ",\"ends_in_ms\":%" PRId64 ",\"live\":%s,\"final\":%s}",
        line->from_ms - now_ms, line->until_ms - now_ms, line->is_live ? "true" : "false",
        line->is_final ? "true" : "false");
}

static struct str line_at(const char *text)
{
    return (struct str){text, text ? strcspn(text, "\n") : 0};
}

static const char *behind(struct str line)
{
    return line.data && line.data[line.len] == '\n' ? line.data + line.len + 1 : NULL;
}

/* Rows that one person says are one line. The id: when the file began, which cue, which row. */
static void add_cue(struct buffer *out, const struct caption_track *track, size_t index, int64_t now_ms)
{
    const struct caption_cue *cue = &track->cues.cues[index];
    const char *speakers = cue->speakers;
    int row = 0;
    for (const char *text = cue->text; text; row++) {
        struct str all = line_at(text), speaker = line_at(speakers);
        text = behind(all), speakers = behind(speaker);
        while (text && str_equal(line_at(speakers), speaker)) {
            all.len = (size_t)(text - all.data) + line_at(text).len;
            text = behind(line_at(text)), speakers = behind(line_at(speakers));
        }
        struct buffer id = {0};
        buffer_printf(&id, "%" PRId64 ":%zu:%d", track->zero_ms, index, row);
        add_line(out, &(struct line){track, {id.data, id.len}, all, speaker, track->zero_ms + cue->start_ms,
            track->zero_ms + cue->until_ms, false, true}, now_ms);
        buffer_fini(&id);
    }
}

static void add_cues(struct buffer *out, const struct caption_track *track, int64_t now_ms)
{
    int64_t at_ms = now_ms - track->zero_ms;
    size_t count = track->cues.count;
    size_t first = caption_cues_after(&track->cues, at_ms);
    for (size_t i = first > BACK_CUES ? first - BACK_CUES : 0; i < count; i++) {
        const struct caption_cue *cue = &track->cues.cues[i];
        if (cue->start_ms > at_ms + CAPTION_FEED_AHEAD_MS)
            break;
        if (cue->until_ms > at_ms)
            add_cue(out, track, i, now_ms);
    }
}

static void add_live(struct buffer *out, const struct caption_track *track, int64_t now_ms)
{
    for (size_t i = 0; i < CAPTION_SHOWN_LINES; i++) {
        const struct caption_live *live = &track->live[i];
        if (!live->text || live->until_ms <= now_ms)
            continue;
        bool is_open = i + 1 == CAPTION_SHOWN_LINES && track->utterance;
        struct buffer id = {0};
        buffer_printf(&id, "live:%" PRId64 ":%u", live->from_ms, live->number);
        add_line(out, &(struct line){track, {id.data, id.len}, str_from(live->text),
            str_from(live->speaker ? live->speaker : ""), live->from_ms, live->until_ms, true, !is_open}, now_ms);
        buffer_fini(&id);
    }
}

void caption_feed_write(const struct captions *captions, int64_t now_ms, struct buffer *out)
{
    struct buffer lines = {0};
    for (size_t i = 0; i < captions_count(captions); i++) {
        const struct caption_track *track = captions_at(captions, i);
        if (track->is_running)
            add_cues(&lines, track, now_ms);
        add_live(&lines, track, now_ms);
    }
    buffer_add_char(out, '[');
    buffer_add(out, lines.data, lines.len);
    buffer_add_char(out, ']');
    buffer_fini(&lines);
}

int64_t caption_feed_next(const struct captions *captions, int64_t now_ms)
{
    int64_t next_ms = captions_next_change(captions, now_ms + CAPTION_FEED_AHEAD_MS);
    return next_ms ? next_ms - CAPTION_FEED_AHEAD_MS : 0;
}
