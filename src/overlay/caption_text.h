/*
 * caption_text.h - the words of one track of subtitles, laid out in rows of even height.
 * Timed words pop on: as their author broke them, else in lines of even length, smaller where they must be. Live words
 * roll up: always at full size, from the edge where reading begins, so that nothing moves sideways while they grow.
 * Rows keep their distance whatever script comes into them; a taller one makes room once. Thread: the loop's.
 */
#pragma once

#include <jansson.h>

#include "text/text.h"

struct buffer;
struct canvas;
struct node;

enum { CAPTION_SPEAKERS_MAX = 4 };  // named in one card

struct caption_text {
    struct text_layout *layout;  // owned; NULL: nothing yet
    bool is_live;
    int up_px, down_px;          // what letters need above and below the baseline; only grows
    int pitch_px;                // height of a row
    int shift_px;                // of the layout, so that a row's letters stand in its middle
    int speaker_count;           // the first spans of the layout
};

/* What is drawn, names included. */
void caption_text_read(const json_t *track, struct buffer *words);

/* rows: at most, of timed words. width_px: of a line. */
void caption_text_lay_out(struct caption_text *text, struct node *node, const json_t *track, int width_px, int rows);
void caption_text_fini(struct caption_text *text);

/* `count` rows from `first`, the top left of the first one at x, y. */
void caption_text_paint(const struct caption_text *text, const struct node *node, struct canvas *layer, size_t first,
    size_t count, int x, int y);

/*
 * How far the rows of `next` have moved up against those of `text`, in rows, and how many of text's first rows are gone.
 * 0: they stand where they stood, or have nothing in common with them in that order.
 */
int caption_text_rolled(const struct caption_text *text, const struct caption_text *next, size_t *gone);
