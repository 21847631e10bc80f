#include "text/missing.h"

#include <unicode/uchar.h>
#include <unicode/utf16.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "text/emoji.h"

enum { MISSING_MAX = 64 };  // told of one text

static UScriptCode script_of(UChar32 c)
{
    uint32_t scalar = (uint32_t)c;
    UErrorCode status = U_ZERO_ERROR;
    return emoji_is_cluster(&scalar, 1) ? USCRIPT_SYMBOLS_EMOJI : uscript_getScript(c, &status);
}

static void add(struct missing *missing, struct text_engine *engine, UChar32 c, uint32_t from)
{
    for (size_t i = 0; i < missing->count; i++) {
        if (missing->list[i].scalar == (uint32_t)c)
            return;
    }
    if (missing->count == MISSING_MAX)
        return;
    missing->list = xreallocarray(missing->list, missing->count + 1, sizeof(*missing->list));
    missing->list[missing->count++] =
        (struct text_missing){(uint32_t)c, from, fonts_package(engine->fonts, script_of(c))};
}

static void add_stretch(struct missing *missing, struct text_engine *engine, const struct clean_text *clean,
    const struct item *item)
{
    int32_t from = item->from, to = item->to;
    while (from < to) {
        int32_t at = from;
        UChar32 c;
        U16_NEXT(clean->units, from, to, c);
        bool is_seen = !u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) && !u_isWhitespace(c);
        if (is_seen && !face_has(item->face, (uint32_t)c))
            add(missing, engine, c, clean->byte_at[at]);
    }
}

void missing_add_paragraph(struct missing *missing, struct text_engine *engine, const struct clean_text *clean,
    const struct paragraph *paragraph)
{
    for (int32_t i = 0; i < paragraph->item_count; i++) {
        const struct item *item = &paragraph->items[i];
        if (item->is_missing)
            add_stretch(missing, engine, clean, item);
    }
}

void missing_add_piece(struct missing *missing, struct text_engine *engine, const struct clean_text *clean,
    const struct piece *piece)
{
    if (!piece->item || !piece->entry || !piece->entry->shape.has_notdef || piece->item->is_missing)
        return;
    const struct shape *shape = &piece->entry->shape;
    const struct shape_run *run = &piece->entry->run;
    for (uint32_t i = 0; i < shape->count; i++) {
        size_t size, at = shape->clusters[i].byte;
        if (shape->clusters[i].is_notdef && at < run->len)
            add(missing, engine, (UChar32)utf8_decode(run->text + at, run->len - at, &size), clean->byte_at[piece->from]);
    }
}
