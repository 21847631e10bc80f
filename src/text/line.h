/*
 * line.h - measures paragraphs at one size and cuts them into lines: greedy over ICU's break opportunities,
 * a cluster at a time only where a word is wider than the line. Each line is then shaped as it will be drawn,
 * and shortened if that came out wider than the sum of its parts. Widths are 26.6. Thread: the engine's.
 */
#pragma once

#include "text/engine.h"
#include "text/itemise.h"

/* A drawn stretch of a line: the part of an item on it, or the ellipsis. */
struct piece {
    int32_t from, to;           // units; empty for the ellipsis
    const struct item *item;    // NULL: the ellipsis
    struct run_entry *entry;    // NULL: an image. One reference
    UBiDiLevel level;
    int32_t advance;
};

struct draft_line {
    const struct paragraph *paragraph;
    int32_t from, to;           // units
    struct piece *pieces;       // in logical order
    int32_t piece_count;
    int32_t width;              // without trailing spaces
    bool has_ellipsis;
};

/* One attempt to set the text at a size. Zero it, fill the first group, call draft_fill(). */
struct draft {
    struct text_engine *engine;
    const struct text_options *options;
    const struct clean_text *clean;
    const struct paragraph *paragraphs;
    int32_t paragraph_count;
    int size_px;
    float scale;                // of images: size_px to the size that was asked for
    int lines_max;              // > 0

    struct draft_line *lines;
    int32_t line_count, capacity;
    bool is_cut;                // not all could be shown
    // line.c's own
    int32_t limit;              // of a line's width; INT32_MAX: none
    int32_t *advances;          // by unit
    int32_t measured_to;        // of the paragraph at work
    char *scratch;
};

void draft_fill(struct draft *draft);

/*
 * The narrowest width, in px, at which a filled draft that is not cut would have as many lines, and no word of them
 * parted; 0: it has one line. Nothing is shaped for it.
 */
int draft_even_width(struct draft *draft);
void draft_fini(struct draft *draft);

/* The ellipsis in the style of the text; the caller releases the entry. */
struct run_entry *draft_ellipsis(const struct draft *draft, bool is_rtl);
