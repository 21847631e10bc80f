/* manifest.h - fonts/manifest.json: which family draws which script, and what must come from the system. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <unicode/uscript.h>

struct error;

enum { MANIFEST_SCRIPTS_MAX = 8, MANIFEST_LANGUAGES_MAX = 8 };

struct family {
    char *name, *regular, *bold;  // paths; bold NULL: there is none
    UScriptCode scripts[MANIFEST_SCRIPTS_MAX];
    size_t script_count;
    char *languages[MANIFEST_LANGUAGES_MAX];
    size_t language_count;        // 0: any
    float ascent_em, descent_em;  // 0: the face's own
};

struct system_font {
    char *regular, *bold;         // paths; NULL: not on this machine
    char *package, *what;
};

struct manifest {
    struct family *families;
    size_t family_count;
    struct system_font cjk, emoji, others;
};

/* Reads folder/manifest.json. A family whose regular file is missing is an error that names it. */
bool manifest_read(struct manifest *manifest, const char *folder, bool is_without_system, struct error *err);
void manifest_fini(struct manifest *manifest);
