#include "relay/caption_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/utf8.h"

enum { HOURS_MAX = 9999, TAG_BYTES_MAX = 200, RAW_LINE_BYTES_MAX = 8 * CAPTION_LINE_BYTES_MAX };

struct reader {
    enum caption_format format;
    struct str text;  // what is left
    size_t line;      // number of the line that next_line() gave last
    struct caption_cues *cues;
    size_t capacity;
    size_t bad_line;  // the first that looked like a time and was none; 0: none
};

/* LF, CR LF or CR end a line. False: no more. */
static bool next_line(struct reader *reader, struct str *line)
{
    if (reader->text.len == 0)
        return false;
    const char *at = reader->text.data;
    size_t len = 0;
    while (len < reader->text.len && at[len] != '\n' && at[len] != '\r')
        len++;
    *line = (struct str){at, len};
    if (len < reader->text.len)
        len += at[len] == '\r' && len + 1 < reader->text.len && at[len + 1] == '\n' ? 2 : 1;
    reader->text.data += len;
    reader->text.len -= len;
    reader->line++;
    return true;
}

/* --- Times --- */

static void skip_blanks(struct str *text)
{
    while (text->len > 0 && (*text->data == ' ' || *text->data == '\t')) {
        text->data++;
        text->len--;
    }
}

/* 1 to max_digits digits. */
static bool take_number(struct str *text, size_t max_digits, int64_t *value, size_t *digits)
{
    *value = 0;
    for (*digits = 0; text->len > 0 && *text->data >= '0' && *text->data <= '9'; ++*digits) {
        if (*digits == max_digits)
            return false;
        *value = *value * 10 + (*text->data - '0');
        text->data++;
        text->len--;
    }
    return *digits > 0;
}

static bool take_char(struct str *text, const char *set)
{
    if (text->len == 0 || *text->data == '\0' || !strchr(set, *text->data))
        return false;
    text->data++;
    text->len--;
    return true;
}

/* [HH:]MM:SS[.,mmm], with as many digits as the writer liked. */
static bool take_time(struct str *text, int64_t *ms)
{
    int64_t part[3], fraction = 0;
    size_t parts = 0, digits = 0;
    skip_blanks(text);
    do {
        if (parts == 3 || !take_number(text, 4, &part[parts++], &digits))
            return false;
    } while (take_char(text, ":"));
    if (parts < 2)
        return false;
    if (take_char(text, ".,")) {
        if (!take_number(text, 9, &fraction, &digits))
            return false;
        for (; digits < 3; digits++)
            fraction *= 10;
        for (; digits > 3; digits--)
            fraction /= 10;
    }
    int64_t seconds = part[parts - 1], minutes = part[parts - 2], hours = parts == 3 ? part[0] : 0;
    if (seconds > 59 || (parts == 3 && minutes > 59) || hours > HOURS_MAX)
        return false;
    *ms = ((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction;
    return true;
}

static bool is_timing(struct str line)
{
    return memmem(line.data, line.len, "-->", 3) != NULL;
}

static bool parse_timing(struct str line, int64_t *start_ms, int64_t *end_ms)
{
    if (!take_time(&line, start_ms))
        return false;
    skip_blanks(&line);
    if (!str_starts_with(line, STR("-->")))
        return false;
    line.data += 3;
    line.len -= 3;
    // What follows the second time are WebVTT's settings or SubRip's coordinates.
    return take_time(&line, end_ms) && (line.len == 0 || *line.data == ' ' || *line.data == '\t') && *end_ms > *start_ms;
}

/* --- Text --- */

/* The length of a tag at the start, or 0: "<i>", "</c>", "<00:01.000>", "{\an8}". A bare "<" is text. */
static size_t tag_len(struct str text)
{
    char close = *text.data == '<' ? '>' : '}';
    if (text.len < 3)
        return 0;
    char next = text.data[1];
    bool is_tag = close == '}' ? next == '\\' : next == '/' || (next >= '0' && next <= '9') || ((next | 32) >= 'a' && (next | 32) <= 'z');
    const char *end = is_tag ? memchr(text.data, close, text.len < TAG_BYTES_MAX ? text.len : TAG_BYTES_MAX) : NULL;
    return end ? (size_t)(end - text.data) + 1 : 0;
}

static const struct {
    struct str name, text;
} entities[] = {
    {{"&amp;", 5}, {"&", 1}},         {{"&lt;", 4}, {"<", 1}},           {{"&gt;", 4}, {">", 1}},
    {{"&nbsp;", 6}, {"\xc2\xa0", 2}}, {{"&lrm;", 5}, {"\xe2\x80\x8e", 3}}, {{"&rlm;", 5}, {"\xe2\x80\x8f", 3}},
};

/* The entity at the start and its length, or 0. */
static size_t entity_len(struct str text, struct str *replacement)
{
    for (size_t i = 0; i < ARRAY_LENGTH(entities); i++) {
        if (str_starts_with(text, entities[i].name)) {
            *replacement = entities[i].text;
            return entities[i].name.len;
        }
    }
    return 0;
}

static void add_plain(const struct reader *reader, struct str line, struct buffer *out)
{
    while (line.len > 0) {
        unsigned char c = (unsigned char)*line.data;
        struct str plain = {line.data, 1};
        size_t used = c == '<' || c == '{' ? tag_len(line) : 0;
        if (used > 0) {
            plain.len = 0;
        } else if (c == '&' && reader->format == CAPTION_FORMAT_VTT && (used = entity_len(line, &plain)) > 0) {
            // plain is what it stands for
        } else {
            used = 1;
            if (c == '\t') {
                plain = STR(" ");
            } else if (c < 0x20 || c == 0x7f) {
                plain.len = 0;
            }
        }
        buffer_add(out, plain.data, plain.len);
        line.data += used;
        line.len -= used;
    }
}

/* One line of a cue, cleaned, behind what is there; nothing if nothing is left of it. */
static void add_line(const struct reader *reader, struct str line, struct buffer *out)
{
    size_t from = out->len;
    if (from > 0)
        buffer_add_char(out, '\n');
    size_t start = out->len;
    add_plain(reader, line, out);
    if (out->len == start) {
        out->len = from;
        return;
    }
    while (out->len > start && out->data[out->len - 1] == ' ')
        out->len--;
    size_t leading = 0;
    while (start + leading < out->len && out->data[start + leading] == ' ')
        leading++;
    memmove(out->data + start, out->data + start + leading, out->len - start - leading);
    out->len -= leading;
    if (out->len - start > CAPTION_LINE_BYTES_MAX)
        out->len = start + utf8_cut(out->data + start, CAPTION_LINE_BYTES_MAX);
    if (out->len == start)
        out->len = from;
}

/* --- Voices: <v.loud Anna>Hello</v> --- */

struct cue_text {
    struct buffer lines, speakers;  // parted by '\n' alike
    struct str voice;               // raw, of the open tag; empty: none
    bool is_any_named;
    int line_count;
};

static void add_voiced(const struct reader *reader, struct str line, struct cue_text *text)
{
    size_t before = text->lines.len;
    if (text->line_count < CAPTION_LINES_MAX)
        add_line(reader, line, &text->lines);
    if (text->lines.len == before)
        return;
    text->line_count++;
    if (before > 0)
        buffer_add_char(&text->speakers, '\n');
    size_t from = text->speakers.len;
    add_plain(reader, text->voice, &text->speakers);
    if (text->speakers.len - from > CAPTION_NAME_BYTES_MAX)
        text->speakers.len = from + utf8_cut(text->speakers.data + from, CAPTION_NAME_BYTES_MAX);
    text->is_any_named |= text->speakers.len > from;
}

/* "<v" or "</v", and the length of the whole tag. */
static size_t voice_tag_len(struct str text)
{
    bool is_voice = str_starts_with(text, STR("<v ")) || str_starts_with(text, STR("<v.")) ||
        str_starts_with(text, STR("<v\t")) || str_starts_with(text, STR("</v>"));
    return is_voice ? tag_len(text) : 0;
}

/* What stands behind the classes: "<v.loud.first Anna B>". */
static struct str voice_of(struct str tag)
{
    size_t at = 1;
    while (at < tag.len && tag.data[at] != ' ' && tag.data[at] != '\t' && tag.data[at] != '>')
        at++;
    struct str name = {tag.data + at, tag.len - at - 1};
    skip_blanks(&name);
    while (name.len > 0 && name.data[name.len - 1] == ' ')
        name.len--;
    return tag.data[1] == '/' ? (struct str){0} : name;
}

/* A new voice begins a new line. */
static void add_voices(const struct reader *reader, struct str line, struct cue_text *text)
{
    if (line.len > RAW_LINE_BYTES_MAX)
        line.len = utf8_cut(line.data, RAW_LINE_BYTES_MAX);
    for (size_t at = 0; reader->format == CAPTION_FORMAT_VTT && at < line.len;) {
        struct str rest = {line.data + at, line.len - at};
        size_t len = *rest.data == '<' ? voice_tag_len(rest) : 0;
        if (len == 0) {
            at++;
            continue;
        }
        add_voiced(reader, (struct str){line.data, at}, text);
        text->voice = voice_of((struct str){rest.data, len});
        line = (struct str){rest.data + len, rest.len - len};
        at = 0;
    }
    add_voiced(reader, line, text);
}

static bool is_number(struct str line)
{
    size_t digits;
    int64_t value;
    return take_number(&line, 9, &value, &digits) && line.len == 0;
}

/* The next line without taking it: SubRip files without blank lines between cues are common. */
static bool next_is_timing(const struct reader *reader)
{
    struct reader ahead = *reader;
    struct str line;
    return next_line(&ahead, &line) && is_timing(line);
}

static void read_text(struct reader *reader, struct cue_text *text)
{
    struct str line;
    int lines = 0;
    while (reader->text.len > 0 && !next_is_timing(reader) && next_line(reader, &line)) {
        struct str rest = line;
        skip_blanks(&rest);
        if (rest.len == 0 || (is_number(rest) && next_is_timing(reader)))
            return;
        if (lines++ < CAPTION_LINES_MAX)
            add_voices(reader, line, text);
    }
}

static void add_cue(struct reader *reader, int64_t start_ms, int64_t end_ms, struct cue_text *text)
{
    struct caption_cues *cues = reader->cues;
    if (text->lines.len == 0 || cues->count == CAPTION_CUES_MAX) {
        cues->skipped += text->lines.len > 0;
        return;
    }
    if (cues->count == reader->capacity) {
        reader->capacity = reader->capacity ? reader->capacity * 2 : 128;
        cues->cues = xreallocarray(cues->cues, reader->capacity, sizeof(*cues->cues));
    }
    char *speakers = text->is_any_named ? xstrndup(text->speakers.data, text->speakers.len) : NULL;
    cues->cues[cues->count++] =
        (struct caption_cue){start_ms, end_ms, end_ms, xstrndup(text->lines.data, text->lines.len), speakers};
}

/* Merge sort from the bottom up: equal starts keep the file's order, and no file is slow on purpose. */
static void sort_cues(struct caption_cues *cues)
{
    struct caption_cue *from = cues->cues, *to = xmalloc(cues->count * sizeof(*to)), *other = to;
    for (size_t width = 1; width < cues->count; width *= 2) {
        for (size_t start = 0; start < cues->count; start += 2 * width) {
            size_t middle = start + width < cues->count ? start + width : cues->count;
            size_t end = middle + width < cues->count ? middle + width : cues->count;
            for (size_t i = start, k = middle, at = start; at < end; at++) {
                bool is_left = i < middle && (k >= end || from[i].start_ms <= from[k].start_ms);
                to[at] = from[is_left ? i++ : k++];
            }
        }
        struct caption_cue *turn = from;
        from = to;
        to = turn;
    }
    if (from != cues->cues)
        memcpy(cues->cues, from, cues->count * sizeof(*from));
    free(other);
}

enum { LEAST_MS = 1000, LETTER_MS = 1000 / 17, IDEOGRAPH_MS = 1000 / 9 };

/* Han, kana, Hangul and their signs. */
static bool is_dense(uint32_t c)
{
    return (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
        (c >= 0xff01 && c <= 0xff60) || (c >= 0x20000 && c <= 0x3ffff);
}

int64_t caption_reading_ms(struct str text)
{
    int64_t ms = 0;
    while (text.len > 0) {
        size_t size;
        uint32_t c = utf8_decode(text.data, text.len, &size);
        ms += c <= ' ' ? 0 : is_dense(c) ? IDEOGRAPH_MS : LETTER_MS;
        size = size < text.len ? size : text.len;
        text.data += size;
        text.len -= size;
    }
    return ms < LEAST_MS ? LEAST_MS : ms;
}

/* A cue that is too short to be read stays until it can have been, or until the next one. */
static void stretch(struct caption_cues *cues)
{
    for (size_t i = 0; i < cues->count; i++) {
        struct caption_cue *cue = &cues->cues[i];
        int64_t needed_ms = cue->start_ms + caption_reading_ms(str_from(cue->text));
        bool is_last = i + 1 == cues->count;
        if (!is_last && needed_ms > cues->cues[i + 1].start_ms)
            needed_ms = cues->cues[i + 1].start_ms;
        if (needed_ms > cue->end_ms)
            cue->until_ms = needed_ms;
    }
}

static void read_cues(struct reader *reader)
{
    struct str line;
    while (next_line(reader, &line)) {
        if (!is_timing(line))
            continue;
        size_t number = reader->line;
        int64_t start_ms, end_ms;
        struct cue_text text = {0};
        bool is_good = parse_timing(line, &start_ms, &end_ms);
        read_text(reader, &text);
        if (is_good) {
            add_cue(reader, start_ms, end_ms, &text);
        } else {
            reader->cues->skipped++;
            reader->bad_line = reader->bad_line ? reader->bad_line : number;
        }
        buffer_fini(&text.lines);
        buffer_fini(&text.speakers);
    }
    if (reader->cues->count > 1)
        sort_cues(reader->cues);
    stretch(reader->cues);
}

static bool check_text(const char *text, size_t len, struct error *err)
{
    if (len > CAPTION_FILE_BYTES_MAX)
        return error_set(err, ERROR_DATA, "the file has %zu bytes: at most %d", len, CAPTION_FILE_BYTES_MAX);
    if (len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0))
        return error_set(err, ERROR_DATA, "the file is UTF-16: save it as UTF-8");
    return true;
}

bool caption_file_parse(enum caption_format format, const char *text, size_t len, struct caption_cues *cues,
                        struct error *err)
{
    *cues = (struct caption_cues){0};
    if (!check_text(text, len, err))
        return false;
    char *repaired = xmalloc(len * 3 + 1);
    struct str whole = {repaired, utf8_repair(text, len, repaired)};
    if (str_starts_with(whole, STR("\xef\xbb\xbf"))) {
        whole.data += 3;
        whole.len -= 3;
    }
    struct reader reader = {.format = format, .text = whole, .cues = cues};
    read_cues(&reader);
    free(repaired);
    if (cues->count > 0)
        return true;
    size_t bad_line = reader.bad_line;
    caption_cues_fini(cues);
    if (bad_line > 0)
        return error_set(err, ERROR_DATA, "line %zu: no time as in 00:01:02%c500 --> 00:01:04%c000", bad_line,
                         format == CAPTION_FORMAT_VTT ? '.' : ',', format == CAPTION_FORMAT_VTT ? '.' : ',');
    return error_set(err, ERROR_DATA, "no cue in %zu lines: is this %s?", reader.line,
                     format == CAPTION_FORMAT_VTT ? "WebVTT" : "SubRip");
}

void caption_cues_fini(struct caption_cues *cues)
{
    for (size_t i = 0; i < cues->count; i++) {
        free(cues->cues[i].text);
        free(cues->cues[i].speakers);
    }
    free(cues->cues);
    *cues = (struct caption_cues){0};
}
