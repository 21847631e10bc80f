/*
 * fallback.h - which face draws a cluster: the families wished for, the script's own families of the manifest, then signs, CJK, all other
 * families, then the machine's fonts. Asked per grapheme cluster, since many Noto faces lack Latin, digits and
 * even "?": a bracket may come from Noto Sans though what it encloses is Hebrew.
 * Thread: the engine's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <unicode/uscript.h>

#include "text/face.h"
#include "text/manifest.h"

struct error;
struct fonts;
struct text_faces;

struct font_wish {
    UScriptCode script;     // as resolved; USCRIPT_COMMON: none
    const char *language;   // may be NULL
    int cjk_index;          // which of NotoSansCJK's faces
    bool is_bold;
    const struct text_faces *faces;  // asked first; may be NULL
};

/* folder NULL: $ANTIPHON_FONTS, the source tree, the installed folder. NULL: no manifest, or a file of it is missing. */
struct fonts *fonts_create(const char *folder, bool is_unhinted, bool is_without_system, struct error *err);
void fonts_destroy(struct fonts *fonts);  // accepts NULL

/* Before the first pick of a text: what one text may ask of the system is bounded. */
void fonts_begin_text(struct fonts *fonts);

/* The face that has all scalars of the cluster but the invisible ones; NULL: none on this machine. Borrowed. */
struct face *fonts_pick(struct fonts *fonts, const struct font_wish *wish, const uint32_t *cluster, int count);

/* Colour emoji; NULL: not installed, or it lacks one of the scalars. */
struct face *fonts_pick_emoji(struct fonts *fonts, const uint32_t *cluster, int count);

/* The face of last resort and of "…": the manifest's first that can be read. */
struct face *fonts_base(struct fonts *fonts, bool is_bold);

/*
 * The Debian package that would bring a face for the script; emoji: USCRIPT_SYMBOLS_EMOJI. NULL: none is known, or
 * it is installed already and does not help.
 */
const char *fonts_package(struct fonts *fonts, UScriptCode script);

const struct manifest *fonts_manifest(const struct fonts *fonts);
bool fonts_has_cjk(struct fonts *fonts);
bool fonts_has_emoji(struct fonts *fonts);
size_t fonts_count(const struct fonts *fonts);  // faces opened
