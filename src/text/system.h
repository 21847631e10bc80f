/*
 * system.h - the machine's other fonts, asked of fontconfig when no face of the manifest has a character.
 * Our own walk over all charsets (26 µs for 426 faces) instead of FcFontMatch, which always answers with some
 * font, covering or not. fontconfig itself is opened at the first question (5-9 ms warm, seconds with a cold
 * cache). Thread: the engine's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct system_fonts;

struct system_match {
    const char *path;  // borrowed from the system_fonts
    int index;
};

struct system_fonts *system_fonts_create(void);
void system_fonts_destroy(struct system_fonts *fonts);  // accepts NULL

/* The best scalable, uncoloured face with all scalars: Noto Sans before Noto before others. False: none. */
bool system_fonts_find(struct system_fonts *fonts, const uint32_t *scalars, int count, bool is_bold,
    struct system_match *match);

/* The upright face of a family by name ("Noto Serif CJK SC"). False: not installed. */
bool system_fonts_family(struct system_fonts *fonts, const char *family, bool is_bold, struct system_match *match);

/* The file of a family by name ("Noto Sans CJK JP"), for machines that keep it elsewhere. NULL: not installed. */
const char *system_fonts_file(struct system_fonts *fonts, const char *family, bool is_bold);
