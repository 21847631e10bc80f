#include "text/shape.h"

#include <stdlib.h>

#include "base/memory.h"
#include "text/emoji.h"

enum { REACH_EM = 6 };  // no glyph reaches back so far, not even those of Nastaliq that hang on one another

const char *shape_script_name(UScriptCode script)
{
    const char *name = script == USCRIPT_SYMBOLS_EMOJI ? NULL : uscript_getShortName(script);
    return name ? name : "Zyyy";
}

/* U+1100 … U+11FF, conjoining jamo that NFC left alone: old Korean. */
static bool has_jamo(const struct shape_run *run)
{
    for (size_t i = 0; i + 1 < run->len; i++) {
        unsigned char lead = (unsigned char)run->text[i], next = (unsigned char)run->text[i + 1];
        if (lead == 0xe1 && next >= 0x84 && next <= 0x87)
            return true;
    }
    return false;
}

/*
 * NotoSansCJK widens the spaces between Hangul by `locl` for Korean, which SDL2_ttf cannot ask for, and by `calt`,
 * which HarfBuzz leaves out for the script Hang because of the jamo. Without jamo nothing else hangs on the script.
 */
const char *shape_script_tag(const struct shape_run *run)
{
    return run->script == USCRIPT_HANGUL && !has_jamo(run) ? "Hani" : shape_script_name(run->script);
}

/* Shaped by the twin; the caller destroys it. */
static hb_buffer_t *shape_buffer(const struct shape_run *run, hb_font_t **font)
{
    *font = face_twin(run->face, run->size_px);
    hb_buffer_t *buffer = hb_buffer_create();
    hb_buffer_set_direction(buffer, run->is_rtl ? HB_DIRECTION_RTL : HB_DIRECTION_LTR);
    hb_buffer_set_script(buffer, hb_script_from_string(shape_script_tag(run), -1));
    hb_buffer_add_utf8(buffer, run->text, (int)run->len, 0, (int)run->len);
    hb_shape(*font, buffer, NULL, 0);
    return buffer;
}

/* An emoji's cell at the text's size, in 26.6. */
static int32_t scaled(const struct shape_run *run, int32_t advance)
{
    return run->face->is_emoji ? (int32_t)((float)advance * emoji_scale(run->size_px) + 0.5F) : advance;
}

/* Glyphs of one cluster stand together; in a right-to-left run the clusters descend. */
static void collect(struct shape *shape, const struct shape_run *run, const hb_glyph_info_t *glyphs,
    const hb_glyph_position_t *places, unsigned count)
{
    shape->clusters = xcalloc(count, sizeof(*shape->clusters));
    for (unsigned i = 0; i < count; i++) {
        unsigned at = run->is_rtl ? count - 1 - i : i;
        int32_t advance = scaled(run, places[at].x_advance);
        bool is_new = shape->count == 0 || shape->clusters[shape->count - 1].byte != glyphs[at].cluster;
        if (is_new)
            shape->clusters[shape->count++].byte = glyphs[at].cluster;
        shape->clusters[shape->count - 1].advance += advance;
        shape->advance += advance;
        if (glyphs[at].codepoint == 0)
            shape->has_notdef = shape->clusters[shape->count - 1].is_notdef = true;
    }
}

void shape_init(struct shape *shape, const struct shape_run *run)
{
    *shape = (struct shape){0};
    hb_font_t *font;
    hb_buffer_t *buffer = shape_buffer(run, &font);
    unsigned count;
    const hb_glyph_info_t *glyphs = hb_buffer_get_glyph_infos(buffer, &count);
    const hb_glyph_position_t *places = hb_buffer_get_glyph_positions(buffer, &count);
    collect(shape, run, glyphs, places, count);
    hb_buffer_destroy(buffer);
}

void shape_fini(struct shape *shape)
{
    free(shape->clusters);
    *shape = (struct shape){0};
}

void shape_origin(const struct shape_run *run, int ascent_px, bool is_tall, int *x_px, int *y_px)
{
    hb_font_t *font;
    hb_buffer_t *buffer = shape_buffer(run, &font);
    unsigned count;
    const hb_glyph_info_t *glyphs = hb_buffer_get_glyph_infos(buffer, &count);
    const hb_glyph_position_t *places = hb_buffer_get_glyph_positions(buffer, &count);
    *x_px = *y_px = 0;
    int32_t pen = 0, reach = REACH_EM * run->size_px * 64;
    for (unsigned i = 0; i < count && (is_tall || pen < reach); pen += places[i++].x_advance) {
        hb_glyph_extents_t ink = {0};
        hb_font_get_glyph_extents(font, glyphs[i].codepoint, &ink);
        int left = ((pen + places[i].x_offset) >> 6) + (ink.x_bearing >> 6);
        int top = ((ascent_px * 64 - places[i].y_offset) >> 6) - ((ink.y_bearing + 63) >> 6);
        *x_px = -left > *x_px ? -left : *x_px;
        *y_px = -top > *y_px ? -top : *y_px;
    }
    hb_buffer_destroy(buffer);
}
