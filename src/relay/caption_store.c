/*
 * Tracks in the journal, and the API's form of a track. A state's text holds 1 MiB, a file four: cues are stored as
 * WebVTT again, in parts. Live lines are not kept: they are older than any restart is quick.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "relay/captions_private.h"
#include "relay/journal.h"

#define TRACK_PREFIX "captions:"
#define CUES_PREFIX "caption_cues:"

enum { PART_BYTES = 512 * 1024, PARTS_MAX = 64, KEY_BYTES = 128 };

static void add_text(struct buffer *out, const char *key, const char *text)
{
    buffer_printf(out, ",\"%s\":", key);
    buffer_add_json(out, text, strlen(text));
}

void caption_track_write_json(const struct caption_track *track, struct buffer *out)
{
    buffer_add_string(out, "{\"track\":");
    buffer_add_json(out, track->name, strlen(track->name));
    add_text(out, "language", track->language);
    buffer_printf(out, ",\"is_running\":%s,\"cues\":%zu,\"skipped\":%zu", track->is_running ? "true" : "false",
                  track->cues.count, track->cues.skipped);
    if (track->cues.count > 0)
        buffer_printf(out, ",\"ends_ms\":%" PRId64, track->cues.cues[track->cues.count - 1].end_ms);
    if (track->is_running)
        buffer_printf(out, ",\"zero_ms\":%" PRId64, track->zero_ms);
    add_text(out, "changed_by", track->changed_by);
    buffer_add_char(out, '}');
}

void caption_track_save(const struct captions *captions, const struct caption_track *track)
{
    if (!captions->options.journal)
        return;
    struct buffer out = {0};
    caption_track_write_json(track, &out);
    char *text = buffer_take(&out), key[KEY_BYTES];
    snprintf(key, sizeof(key), TRACK_PREFIX "%s", track->name);
    journal_set_state(captions->options.journal, key, text);
    free(text);
}

static void make_part_key(char key[KEY_BYTES], const char *name, int part)
{
    snprintf(key, KEY_BYTES, CUES_PREFIX "%s:%02d", name, part);
}

static void add_time(struct buffer *out, int64_t ms)
{
    buffer_printf(out, "%02" PRId64 ":%02d:%02d.%03d", ms / 3600000, (int)(ms / 60000 % 60), (int)(ms / 1000 % 60),
                  (int)(ms % 1000));
}

/* So that "<i>" that stood there as text is no tag when it is read again. */
static void add_escaped(struct buffer *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.data[i]) {
        case '&': buffer_add_string(out, "&amp;"); break;
        case '<': buffer_add_string(out, "&lt;"); break;
        case '>': buffer_add_string(out, "&gt;"); break;
        default: buffer_add_char(out, text.data[i]);
        }
    }
}

static struct str line_at(const char *text)
{
    return (struct str){text, strcspn(text, "\n")};
}

static void add_cue_lines(struct buffer *out, const struct caption_cue *cue)
{
    const char *speaker = cue->speakers ? cue->speakers : "";
    for (const char *text = cue->text; *text; text += *text == '\n') {
        struct str line = line_at(text), name = line_at(speaker);
        if (name.len > 0) {
            buffer_add_string(out, "<v ");
            add_escaped(out, name);
            buffer_add_char(out, '>');
        }
        add_escaped(out, line);
        buffer_add_string(out, name.len > 0 ? "</v>\n" : "\n");
        text += line.len;
        speaker += name.len;
        speaker += *speaker == '\n';
    }
}

static void flush_part(const struct captions *captions, const char *name, int part, struct buffer *out)
{
    char key[KEY_BYTES];
    make_part_key(key, name, part);
    char *text = out->len > 0 ? buffer_take(out) : NULL;
    if (text || journal_state(captions->options.journal, key))
        journal_set_state(captions->options.journal, key, text);
    free(text);
}

void caption_track_save_cues(const struct captions *captions, const struct caption_track *track)
{
    if (!captions->options.journal)
        return;
    struct buffer out = {0};
    int part = 0;
    for (size_t i = 0; i < track->cues.count && part < PARTS_MAX; i++) {
        const struct caption_cue *cue = &track->cues.cues[i];
        add_time(&out, cue->start_ms);
        buffer_add_string(&out, " --> ");
        add_time(&out, cue->end_ms);
        buffer_add_char(&out, '\n');
        add_cue_lines(&out, cue);
        buffer_add_char(&out, '\n');
        if (out.len > PART_BYTES)
            flush_part(captions, track->name, part++, &out);
    }
    for (; part < PARTS_MAX; part++)
        flush_part(captions, track->name, part, &out);
}

static void restore_cues(const struct captions *captions, struct caption_track *track)
{
    struct buffer whole = {0};
    char key[KEY_BYTES];
    for (int part = 0; part < PARTS_MAX; part++) {
        make_part_key(key, track->name, part);
        const char *text = journal_state(captions->options.journal, key);
        if (!text)
            break;
        buffer_add_string(&whole, text);
    }
    struct error err;
    if (whole.len > 0 && !caption_file_parse(CAPTION_FORMAT_VTT, whole.data, whole.len, &track->cues, &err))
        log_warn("relay/captions", "track %s in the journal is damaged: %s", track->name, err.text);
    buffer_fini(&whole);
}

static void restore_track(void *data, const char *key, const char *text)
{
    struct captions *captions = data;
    struct error err;
    json_t *object = json_parse(text, strlen(text), &err);
    const char *name = json_get_text(object, "track"), *language = json_get_text(object, "language");
    const char *by = json_get_text(object, "changed_by");
    struct caption_track *track = name && language ? captions_add(captions, name, language, &err) : NULL;
    if (track) {
        restore_cues(captions, track);
        track->cues.skipped = (size_t)json_get_int(object, "skipped", 0);
        track->is_running = json_get_bool(object, "is_running", false) && track->cues.count > 0;
        track->zero_ms = json_get_int(object, "zero_ms", 0);
        free(track->changed_by);
        track->changed_by = xstrdup(by ? by : "");
    } else {
        log_warn("relay/captions", "%s in the journal is damaged and left out", key);
    }
    json_decref(object);
}

void captions_restore(struct captions *captions)
{
    if (captions->options.journal)
        journal_each_state(captions->options.journal, TRACK_PREFIX, restore_track, captions);
}
