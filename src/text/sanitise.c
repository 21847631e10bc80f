#include "text/sanitise.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/utf16.h>

#include "base/memory.h"
#include "base/utf8.h"

enum {
    MARKS_MAX = 8,
    MARKS_ALPHABET_MAX = 3,  // ᾧ has three; more is a tower over the lines above and below
    JOINERS_MAX = 15,  // in one chain; the longest emoji in use has 3
    SLOT = 0xfffc,
    LINE = '\n',
};

struct work {
    struct clean_text *clean;
    UChar *segment;      // since the last border, not yet normalised
    int32_t segment_count;
    int32_t capacity;    // of clean->units
    UChar32 last;        // scalar kept before this one; 0: none
    int marks, joiners;
    UChar32 base;        // of the marks; 0: none
    bool is_single_paragraph, is_romanian;
};

static bool is_noncharacter(UChar32 c)
{
    return (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
}

static bool is_line_end(UChar32 c)
{
    return (c >= 0x0a && c <= 0x0d) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

/* Controls that turn lines around, annotate or stand for objects; nothing that a script needs to be read. */
static bool is_forbidden(UChar32 c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || (c >= 0x202a && c <= 0x202e) ||
        (c >= 0x2066 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffc) ||
        (c >= 0x1d173 && c <= 0x1d17a) || (c >= 0xe0000 && c <= 0xe001f) || is_noncharacter(c);
}

static bool is_tag(UChar32 c)
{
    return c >= 0xe0020 && c <= 0xe007f;
}

/* Tags mean something only behind an emoji (the flags of Scotland, Wales …). */
static bool is_stray_tag(const struct work *work, UChar32 c)
{
    return is_tag(c) && !is_tag(work->last) && !u_hasBinaryProperty(work->last, UCHAR_EMOJI);
}

/* Scripts that write vowels and tones with marks, such as Hebrew or Tibetan, need more of them than alphabets do. */
static bool is_alphabetic(UChar32 base)
{
    UErrorCode status = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript(base, &status);
    return script == USCRIPT_LATIN || script == USCRIPT_GREEK || script == USCRIPT_CYRILLIC ||
        script == USCRIPT_COMMON;
}

static bool is_one_mark_too_many(struct work *work, UChar32 c)
{
    if (U_GET_GC_MASK(c) & U_GC_M_MASK) {
        work->marks++;
        return work->marks > MARKS_MAX || (work->marks > MARKS_ALPHABET_MAX && is_alphabetic(work->base));
    }
    if (c != 0x200c && c != 0x200d) {
        work->marks = 0;
        work->base = c;
    }
    return false;
}

static bool is_one_joiner_too_many(struct work *work, UChar32 c)
{
    if (c == 0x200d)
        return work->last == 0x200d || ++work->joiners > JOINERS_MAX;
    if (work->last != 0x200d && !(U_GET_GC_MASK(c) & U_GC_M_MASK) && !u_hasBinaryProperty(c, UCHAR_EMOJI_MODIFIER))
        work->joiners = 0;
    return false;
}

static void reserve(struct work *work, int32_t more)
{
    struct clean_text *clean = work->clean;
    if (clean->count + more <= work->capacity)
        return;
    work->capacity = (clean->count + more) * 2;
    clean->units = xreallocarray(clean->units, (size_t)work->capacity, sizeof(*clean->units));
}

static void flush(struct work *work)
{
    if (work->segment_count == 0)
        return;
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *nfc = unorm2_getNFCInstance(&status);
    int32_t room = work->segment_count * 3;  // UAX 15: NFC grows UTF-16 by 3 at most
    reserve(work, room);
    int32_t count = unorm2_normalize(nfc, work->segment, work->segment_count, work->clean->units + work->clean->count,
        room, &status);
    if (U_FAILURE(status)) {
        memcpy(work->clean->units + work->clean->count, work->segment, (size_t)work->segment_count * sizeof(UChar));
        count = work->segment_count;
    }
    work->clean->count += count;
    work->segment_count = 0;
}

/* A unit that is not text of the sender: line ends, slots, isolates. */
static void add_border(struct work *work, UChar unit)
{
    flush(work);
    reserve(work, 1);
    work->clean->units[work->clean->count++] = unit;
    work->marks = work->joiners = 0;
    work->last = unit;
}

static void add_line_end(struct work *work, UChar32 c)
{
    bool is_second_half = c == '\n' && work->last == '\r';
    if (!is_second_half)
        add_border(work, work->is_single_paragraph ? ' ' : LINE);
    work->last = c;
}

/* Ş ş Ţ ţ with a cedilla, as old keyboards write Romanian, to the comma that it means. */
static UChar32 romanian(UChar32 c)
{
    switch (c) {
    case 0x15e: return 0x218;
    case 0x15f: return 0x219;
    case 0x162: return 0x21a;
    case 0x163: return 0x21b;
    default: return c;
    }
}

static void add_scalar(struct work *work, UChar32 c)
{
    if (is_line_end(c)) {
        add_line_end(work, c);
        return;
    }
    if (c == '\t')
        c = ' ';
    if (is_forbidden(c) || is_stray_tag(work, c) || is_one_mark_too_many(work, c) || is_one_joiner_too_many(work, c))
        return;
    if (work->is_romanian)
        c = romanian(c);
    U16_APPEND_UNSAFE(work->segment, work->segment_count, c);
    work->last = c;
}

static int compare_places(const void *a, const void *b)
{
    const struct clean_span *left = a, *right = b;
    return left->from != right->from ? (left->from < right->from ? -1 : 1) : left->index - right->index;
}

/* Drops what is empty, outside or overlaps what came before. Returns how many are left. */
static int32_t tidy_places(struct clean_span *places, size_t count, size_t len)
{
    qsort(places, count, sizeof(*places), compare_places);
    int32_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_inside = places[i].from < places[i].to && (size_t)places[i].to <= len;
        if (is_inside && (kept == 0 || places[kept - 1].to <= places[i].from))
            places[kept++] = places[i];
    }
    return kept;
}

static int32_t place(uint32_t byte)
{
    return byte > TEXT_BYTES_MAX ? TEXT_BYTES_MAX + 1 : (int32_t)byte;
}

static struct clean_span *image_places(const struct text_options *options, size_t len, int32_t *count)
{
    struct clean_span *places = xcalloc(options->image_count, sizeof(*places));
    for (size_t i = 0; i < options->image_count; i++)
        places[i] = (struct clean_span){place(options->images[i].from), place(options->images[i].to), (int32_t)i};
    *count = tidy_places(places, options->image_count, len);
    return places;
}

static struct clean_span *span_places(const struct text_options *options, size_t len, int32_t *count)
{
    struct clean_span *places = xcalloc(options->span_count, sizeof(*places));
    for (size_t i = 0; i < options->span_count; i++) {
        places[i] = (struct clean_span){place(options->spans[i].from), place(options->spans[i].to), (int32_t)i};
        if ((size_t)places[i].to > len && (size_t)places[i].from < len)
            places[i].to = (int32_t)len;
    }
    *count = tidy_places(places, options->span_count, len);
    return places;
}

static void add_slot(struct work *work, int32_t index)
{
    struct clean_text *clean = work->clean;
    add_border(work, SLOT);
    clean->images[clean->image_count++] = (struct clean_image){clean->count - 1, index};
}

static void begin_span(struct work *work, const struct text_options *options, struct clean_span *span)
{
    if (options->spans[span->index].is_isolated)
        add_border(work, 0x2068);
    flush(work);
    span->from = work->clean->count;
}

static void end_span(struct work *work, const struct text_options *options, struct clean_span *span)
{
    flush(work);
    span->to = work->clean->count;
    if (options->spans[span->index].is_isolated)
        add_border(work, 0x2069);
}

static void walk(struct work *work, const struct text_options *options, size_t len)
{
    struct clean_text *clean = work->clean;
    int32_t image_count, image = 0, span = 0;
    struct clean_span *images = image_places(options, len, &image_count);
    int32_t span_count;
    struct clean_span *spans = span_places(options, len, &span_count);
    clean->images = xcalloc((size_t)image_count, sizeof(*clean->images));
    int32_t span_end = -1;  // byte where the open span ends; -1: none is open
    for (size_t at = 0; at <= len;) {
        if (span_end >= 0 && (int32_t)at >= span_end) {
            end_span(work, options, &spans[span++]);
            span_end = -1;
        }
        if (span < span_count && span_end < 0 && spans[span].from <= (int32_t)at) {
            span_end = spans[span].to;
            begin_span(work, options, &spans[span]);
        }
        if (at == len)
            break;
        while (image < image_count && images[image].from < (int32_t)at)
            image++;  // begins inside a character
        if (image < image_count && images[image].from == (int32_t)at) {
            at = (size_t)images[image].to;
            add_slot(work, images[image++].index);
            continue;
        }
        size_t size;
        UChar32 c = (UChar32)utf8_decode(options->text.data + at, options->text.len - at, &size);
        add_scalar(work, c);
        at += size > len - at ? len - at : size;
    }
    flush(work);
    clean->spans = spans;
    clean->span_count = span;  // the rest were swallowed by an image
    free(images);
}

static void drop_last_line_ends(struct clean_text *clean)
{
    while (clean->count > 0 && clean->units[clean->count - 1] == LINE)
        clean->count--;
    for (int32_t i = 0; i < clean->span_count; i++) {
        if (clean->spans[i].to > clean->count)
            clean->spans[i].to = clean->count;
    }
}

static void write_utf8(struct clean_text *clean)
{
    clean->text = xmalloc((size_t)clean->count * 3 + 1);
    clean->byte_at = xcalloc((size_t)clean->count + 1, sizeof(*clean->byte_at));
    uint32_t bytes = 0;
    for (int32_t unit = 0; unit < clean->count;) {
        int32_t first = unit;
        UChar32 c;
        U16_NEXT(clean->units, unit, clean->count, c);
        for (int32_t i = first; i < unit; i++)
            clean->byte_at[i] = bytes;
        if (c != 0x2068 && c != 0x2069)
            bytes += (uint32_t)utf8_encode((uint32_t)c, clean->text + bytes);
    }
    clean->byte_at[clean->count] = bytes;
    clean->text[bytes] = '\0';
}

void sanitise(struct clean_text *clean, const struct text_options *options)
{
    *clean = (struct clean_text){0};
    size_t len = options->text.len;
    if (len > TEXT_BYTES_MAX) {
        clean->is_cut = true;
        for (len = TEXT_BYTES_MAX; len > TEXT_BYTES_MAX - 3 && (options->text.data[len] & 0xc0) == 0x80;)
            len--;
    }
    struct work work = {.clean = clean, .segment = xcalloc(2 * len + 2, sizeof(UChar)),
        .is_single_paragraph = options->is_single_paragraph,
        .is_romanian = options->language && strncmp(options->language, "ro", 2) == 0 &&
            (options->language[2] == '\0' || options->language[2] == '-')};
    walk(&work, options, len);
    free(work.segment);
    drop_last_line_ends(clean);
    write_utf8(clean);
}

void clean_text_fini(struct clean_text *clean)
{
    free(clean->units);
    free(clean->text);
    free(clean->byte_at);
    free(clean->images);
    free(clean->spans);
    *clean = (struct clean_text){0};
}
