/*
 * face.h - one face of one font file, opened three ways, each when first needed:
 *   FreeType   which characters it has, its metrics
 *   HarfBuzz   the twin that measures: advances, clusters, .notdef (SDL2_ttf tells none of these)
 *   SDL2_ttf   draws; a second handle draws outlines, because changing a handle's outline drops its glyphs
 * Twin and SDL2_ttf take the same file, index, size and load flags, so they agree to the pixel.
 * Thread: the engine's; FreeType wants open and close serialised.
 */
#pragma once

#include <SDL_ttf.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include <hb.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct face {
    struct list link;        // in fonts.faces
    char *path, *name;       // name: "NotoSansCJK-Regular#3"
    int index;
    bool is_emoji, is_unhinted;
    float ascent_em, descent_em;  // of the line box; 0: the face's own
    FT_Face type;
    hb_font_t *twin;
    TTF_Font *plain, *outlined;
    int type_size_px, plain_size_px, outlined_size_px, outline_px;  // as set now
};

/* NULL: the file is missing or no font; logged. `library` outlives the face. */
struct face *face_open(FT_Library library, const char *path, int index, bool is_unhinted);
void face_close(struct face *face);  // accepts NULL

/* One code point in the cmap. */
bool face_has(const struct face *face, uint32_t scalar);

/* The twin at size_px, borrowed until the next call. */
hb_font_t *face_twin(struct face *face, int size_px);

/* Rounded up as SDL2_ttf does; descent is positive. */
void face_metrics(struct face *face, int size_px, int *ascent_px, int *descent_px);

/* SDL2_ttf's handles at that size, borrowed; NULL: it refuses the file. */
TTF_Font *face_plain(struct face *face, int size_px);
TTF_Font *face_outlined(struct face *face, int size_px, int outline_px);
