/*
 * card_picture.h - a card as a view would show it, drawn beside the view: nothing of the view's scene, picture or frame
 * stream is touched. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "painter/painter.h"

struct error;
struct stage;

enum { CARD_PNG_BYTES_MAX = 180 * 1024 * 3 / 4 };  // so that its base64 is at most 180 KiB

struct card_picture {
    struct buffer png;        // the card with its shadow, RGBA; shrunk by a whole factor where it is too large
    int width_px, height_px;  // of the PNG
    struct box box;           // where it would rest on the view, shadow included, if it were alone there
    bool is_cut;              // not all of its text is to be seen
    bool is_shrunk;           // its text is smaller than usual, to have room
    struct buffer missing;    // uint32_t scalars that no face has, each once
    int64_t read_ms;          // how long it should stand
};

/*
 * kind: "question", "poll" …; card: as in the on-air state. False: it is not drawn, and err says why: there is no such
 * kind, it ended the program before, or there is no memory for it. card_picture_fini() in either case.
 */
bool card_picture_draw(struct card_picture *picture, const struct stage *stage, const char *kind, const json_t *card,
                       struct error *err);
void card_picture_fini(struct card_picture *picture);
