/*
 * shape.h - measures a run with the HarfBuzz twin of its face: the way of the pen, what each cluster takes of it,
 * and whether the face had a glyph for all. SDL2_ttf shapes again when it draws and comes to the same glyphs:
 * same file, size, load flags, script, direction, no language, no features. Thread: the engine's.
 */
#pragma once

#include <stddef.h>
#include <unicode/uscript.h>

#include "text/face.h"

struct shape_cluster {
    uint32_t byte;      // where it begins in the run's text
    int32_t advance;    // 26.6
    bool is_notdef;     // the face showed its empty box for it
};

struct shape {
    int32_t advance;    // 26.6; of an emoji: scaled already
    struct shape_cluster *clusters;  // in logical order
    uint32_t count;
    bool has_notdef;
};

/* A run as faces see it. */
struct shape_run {
    struct face *face;
    int size_px;
    UScriptCode script;
    bool is_rtl;
    const char *text;   // UTF-8, NUL-terminated
    size_t len;
};

void shape_init(struct shape *shape, const struct shape_run *run);
void shape_fini(struct shape *shape);

/*
 * SDL2_ttf shifts its picture right and down when ink reaches left of the pen or above the ascent, and does not
 * say by how much. Each glyph costs a read of the file: ask only when the picture is larger than it should be, and
 * unless is_tall, when it is not taller than that, only those are looked at that can reach back to the pen's start.
 */
void shape_origin(const struct shape_run *run, int ascent_px, bool is_tall, int *x_px, int *y_px);

/* ISO 15924: "Arab"; "Zyyy" for emoji. */
const char *shape_script_name(UScriptCode script);

/* The script that HarfBuzz and SDL2_ttf are told. */
const char *shape_script_tag(const struct shape_run *run);
