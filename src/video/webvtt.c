#include "video/webvtt.h"

#include <glib.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/utf8.h"

enum { LETTERS_MAX = 5000, SPEAKER_LETTERS_MAX = 100 };

void webvtt_add_head(struct buffer *out)
{
    buffer_add_string(out, "WEBVTT\n\n");
}

static void add_time(struct buffer *out, int64_t ms)
{
    ms = MAX(ms, 0);
    buffer_printf(out, "%02" PRId64 ":%02d:%02d.%03d", ms / 3600000, (int)(ms / 60000 % 60), (int)(ms / 1000 % 60),
        (int)(ms % 1000));
}

void webvtt_add_segment_head(struct buffer *out, uint64_t mpegts_90k, int64_t local_ms)
{
    buffer_printf(out, "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:%" PRIu64 ",LOCAL:", mpegts_90k);
    add_time(out, local_ms);
    buffer_add_string(out, "\n\n");
}

/* C0, C1, and what turns direction around beyond the cue. */
static bool is_left_out(uint32_t letter)
{
    return letter < 0x20 || (letter >= 0x7f && letter < 0xa0) || (letter >= 0x202a && letter <= 0x202e)
        || (letter >= 0x2066 && letter <= 0x2069);
}

static void add_letter(struct buffer *out, uint32_t letter)
{
    char bytes[4];
    switch (letter) {
    case '&': buffer_add_string(out, "&amp;"); break;
    case '<': buffer_add_string(out, "&lt;"); break;
    case '>': buffer_add_string(out, "&gt;"); break;  // "-->" would end the cue
    default: buffer_add(out, bytes, utf8_encode(letter, bytes));
    }
}

/* The text with each run of white space made one space, or one line end where it had one. */
static void add_text(struct buffer *out, const char *text, size_t letters_max, bool has_lines)
{
    size_t len = strlen(text), letters = 0;
    char space = '\0';
    for (size_t at = 0, size; at < len && letters < letters_max; at += size) {
        uint32_t letter = utf8_decode(text + at, len - at, &size);
        if (letter == ' ' || (letter >= '\t' && letter <= '\r')) {
            bool is_end = has_lines && (letter == '\n' || letter == '\r');
            space = is_end || space == '\n' ? '\n' : ' ';
        } else if (!is_left_out(letter)) {
            if (space && letters > 0)
                buffer_add_char(out, space);
            space = '\0';
            add_letter(out, letter);
            letters++;
        }
    }
}

void webvtt_add_cue(struct buffer *out, int64_t from_ms, int64_t until_ms, const char *speaker, const char *text)
{
    struct buffer words = {0}, name = {0};
    add_text(&words, text, LETTERS_MAX, true);
    add_text(&name, speaker ? speaker : "", SPEAKER_LETTERS_MAX, false);
    if (words.len > 0 && until_ms > from_ms) {
        add_time(out, from_ms);
        buffer_add_string(out, " --> ");
        add_time(out, until_ms);
        buffer_add_char(out, '\n');
        if (name.len > 0) {
            buffer_add_string(out, "<v ");
            buffer_add(out, name.data, name.len);
            buffer_add_char(out, '>');
        }
        buffer_add(out, words.data, words.len);
        buffer_add_string(out, "\n\n");
    }
    buffer_fini(&words);
    buffer_fini(&name);
}
