/*
 * text.h - text of every script: cleaned, cut into lines, shaped, and handed out as masks to paint.
 *
 *     engine = text_engine_create(&(struct text_engine_options){0}, &err);
 *     layout = text_layout_create(engine, &(struct text_options){.text = str_from("سلام 👋"), .size_px = 40,
 *         .width_px = 800, .max_lines = 2});
 *     for each line, for each run: paint run->mask at (run->mask_x_px, run->mask_y_px)
 *
 * Thread: an engine owns all its faces and belongs to one thread, which makes the layouts; a process has one such
 * thread, since SDL2_ttf keeps one FreeType for all without a lock. A finished layout is immutable; masks are shared and
 * reference-counted: both may be read and released on any thread, also after the engine is gone. The first line
 * with CJK, emoji or a script that is not bundled may take 5 to 20 ms: keep it out of a frame's path.
 * Units: px of the target; x to the right and y down from the layout's top left corner. Text positions are
 * byte offsets, half open.
 * Text is hostile: any bytes are accepted. Broken UTF-8 becomes U+FFFD, what is too long is cut at
 * TEXT_BYTES_MAX, more than 8 marks on a base are dropped, controls that could turn the line around are removed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct error;
struct text_engine;

enum { TEXT_BYTES_MAX = 8192, TEXT_LINES_MAX = 256, TEXT_SIZE_PX_MAX = 400, TEXT_OUTLINE_PX_MAX = 32 };

struct text_engine_options {
    const char *fonts_path;      // folder with manifest.json; NULL: $ANTIPHON_FONTS, the source tree, the installed one
    size_t cache_bytes;          // bound of the masks kept for reuse; 0: 32 MiB
    const char *language;        // of text that names none, decides between the five Han faces; NULL: none
    bool is_unhinted;            // outlines as drawn; for golden pictures. Usual: light hinting
    bool is_without_system;      // bundled faces only: no CJK, no emoji, no fontconfig
};

/* NULL: the bundled faces cannot be read; err says where they were looked for. */
struct text_engine *text_engine_create(const struct text_engine_options *options, struct error *err);
void text_engine_destroy(struct text_engine *engine);

struct text_engine_stats {
    uint64_t hits, misses;       // of the run cache
    size_t masks, bytes;         // kept now
    size_t faces;                // opened so far
};
struct text_engine_stats text_engine_stats(const struct text_engine *engine);

/*
 * What a script still lacks on this machine. Calls fn once per package that would help:
 * ("fonts-noto-cjk", "Chinese, Japanese and Korean"). Returns how many.
 */
size_t text_engine_lacks(struct text_engine *engine, void (*fn)(void *data, const char *package, const char *what),
    void *data);

/* ---- what goes in */

enum text_direction { TEXT_DIRECTION_AUTO, TEXT_DIRECTION_LTR, TEXT_DIRECTION_RTL };  // AUTO: first strong letter that is in no @mention
enum text_align { TEXT_ALIGN_START, TEXT_ALIGN_CENTER, TEXT_ALIGN_END };  // start: where the paragraph's reading begins

/* A picture inside the line (an emote) in place of text[from, to). */
struct text_image {
    uint32_t from, to;           // byte offsets into options.text; ranges that overlap or lie outside are ignored
    float width_px, height_px;   // scaled along when the text shrinks
};

/* A stretch that is kept apart, so that its direction does not leak: an author's name. */
struct text_span {
    uint32_t from, to;           // byte offsets into options.text
    bool is_bold;
    bool is_isolated;            // surrounded by U+2068 … U+2069: neither direction leaks
};

/* A family that is asked before the usual ones, for the clusters of its tag: those that it has it draws. */
struct text_family {
    char tag[12];                // a script, ISO 15924 ("Latn", "Arab", "Hans", "Hant", "Jpan", "Kore"), or a language ("ur"),
                                 // which is asked first; "any": every script
    char name[52];               // "Noto Serif": of fonts/manifest.json, else of this machine; else the usual ones draw
};

enum { TEXT_FAMILIES_MAX = 12 };

/* Faces of one kind of text: titles, names, numbers. {0}: the usual ones. */
struct text_faces {
    struct text_family families[TEXT_FAMILIES_MAX];
    size_t count;
    enum { TEXT_WEIGHT_AS_ASKED, TEXT_WEIGHT_REGULAR, TEXT_WEIGHT_BOLD } weight;  // in place of is_bold
};

struct text_options {
    struct str text;             // borrowed for the call
    const struct text_image *images;  // in any order
    size_t image_count;
    const struct text_span *spans;    // must not overlap; a run never crosses the border of a span
    size_t span_count;

    float size_px;               // of the em, rounded to whole px; 0: 36. Bounded by TEXT_SIZE_PX_MAX
    bool is_bold;
    const struct text_faces *faces;   // borrowed for the call; NULL: the usual ones
    int outline_px;              // > 0: each run also has an outline mask. 0: none
    const char *language;        // BCP 47 ("fa", "zh-Hant"); NULL: the engine's
    enum text_direction direction;
    enum text_align align;

    int width_px;                // lines break at it; 0: only at line ends in the text
    int max_lines;               // 0: no limit but TEXT_LINES_MAX
    int max_height_px;           // shrink until it fits; 0: no limit. Needs min_size_px
    float min_size_px;           // shrink in steps down to this before cutting; 0: never shrink
    float line_height;           // in em (1.4): every line this tall, whatever script comes. 0: as tall as its faces need
    bool is_uniform;             // without line_height: every line as tall as the tallest, and as its ink, needs
    bool is_single_paragraph;    // line ends in the text become spaces
    bool is_even;                // lines of even length, none of one word: the layout is narrower than width_px then
    bool is_clipped;             // what does not fit is dropped without "…"
};

/* ---- what comes out */

enum text_mask_format {
    TEXT_MASK_A8 = 1,            // coverage, one byte a pixel: paint any colour through it
    TEXT_MASK_ARGB,              // premultiplied, native-endian 32 bits (pixman's a8r8g8b8): a colour emoji
};

/* Immutable pixels, shared. Stride is a multiple of 4, so pixman takes them as they are. */
struct text_mask {
    enum text_mask_format format;
    int width_px, height_px, stride_bytes;
    const uint8_t *pixels;
};

/* Any thread; ref returns its argument. unref accepts NULL. */
struct text_mask *text_mask_ref(struct text_mask *mask);
void text_mask_unref(struct text_mask *mask);

struct text_box {
    int x_px, y_px, width_px, height_px;
};

/* One piece of a line: one level, script, face and span. */
struct text_run {
    uint32_t from, to;           // logical range in layout->text
    uint8_t level;               // odd: right to left
    char script[5];              // ISO 15924: "Arab"; "Zsye" for a colour emoji, "Zyyy" for an image or a missing face
    char face[48];               // "NotoNaskhArabic-Regular", "NotoSansCJK-Regular#3"; "" for an image
    float x_px, width_px;        // the pen's way; the mask may reach beyond it
    int32_t image;               // index into options.images, or -1
    int32_t span;                // index into options.spans, or -1
    struct text_box image_box;   // where to draw the image; only if image >= 0
    struct text_mask *mask;      // shared, borrowed from the layout; NULL: nothing to see (spaces, an image)
    int mask_x_px, mask_y_px;    // where its top left pixel goes
    struct text_mask *outline;   // silhouette to paint first, in the outline's colour; NULL: none
    int outline_x_px, outline_y_px;
};

struct text_line {
    uint32_t from, to;           // logical range in layout->text, without the line end; trailing spaces included
    bool is_rtl;                 // the paragraph's direction
    bool has_ellipsis;           // the last run in reading order is "…", with an empty range
    float x_px, width_px;        // without trailing spaces
    int top_px, height_px, baseline_px;  // baseline from the layout's top
    const struct text_run *runs; // in visual order, left to right
    size_t run_count;
};

/* A character that no face on this machine has. It is drawn as the face's own empty box. */
struct text_missing {
    uint32_t scalar;
    uint32_t from;               // first place in layout->text
    const char *package;         // Debian package that would help, or NULL: none known
};

struct text_layout {
    const char *text;            // as displayed: cleaned, NFC, each image one U+FFFC; NUL-terminated
    size_t text_len;
    const struct text_line *lines;
    size_t line_count;
    int width_px, height_px;     // width: options.width_px if given, else the widest line's
    float content_width_px;      // the widest line's
    struct text_box ink;         // all that the masks and images touch; may reach outside the box above
    float size_px;               // as used, after shrinking
    bool is_cut;                 // not everything could be shown
    const struct text_missing *missing;  // each scalar once, in order of appearance
    size_t missing_count;
};

/* Never NULL. A text in which nothing is visible has no lines. */
struct text_layout *text_layout_create(struct text_engine *engine, const struct text_options *options);
void text_layout_destroy(struct text_layout *layout);  // accepts NULL
