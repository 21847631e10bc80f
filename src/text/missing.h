/* missing.h - gathers the characters that no face has, each once, with the package that would help. */
#pragma once

#include "text/line.h"

struct missing {
    struct text_missing *list;  // the caller takes it
    size_t count;
};

/* Characters of the whole text, also of what was cut away: it is told before the text goes on air. */
void missing_add_paragraph(struct missing *missing, struct text_engine *engine, const struct clean_text *clean,
    const struct paragraph *paragraph);

/* What the face claimed to have and the shaped piece shows as an empty box all the same. */
void missing_add_piece(struct missing *missing, struct text_engine *engine, const struct clean_text *clean,
    const struct piece *piece);
