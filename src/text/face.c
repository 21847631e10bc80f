#include "text/face.h"

#include <hb-ft.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "text/font_file.h"

/* Of the only strike that NotoColorEmoji has; other bitmap faces are not used. */
enum { STRIKE_PX = 109 };

static char *name_of(const char *path, int index)
{
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    const char *dot = strrchr(file, '.');
    int len = (int)(dot ? (size_t)(dot - file) : strlen(file));
    bool is_collection = dot && strcasecmp(dot, ".ttc") == 0;
    return is_collection ? xasprintf("%.*s#%d", len, file, index) : xasprintf("%.*s", len, file);
}

struct face *face_open(FT_Library library, const char *path, int index, bool is_unhinted)
{
    FT_Face type;
    struct error err = {0};
    if (!font_file_check(path, index, &err)) {
        log_warn("text", "%s; other fonts draw its scripts", err.text);
        return NULL;
    }
    FT_Error status = FT_New_Face(library, path, index, &type);
    if (status) {
        log_warn("text", "%s: cannot be read as a font (FreeType error %d)", path, status);
        return NULL;
    }
    struct face *face = xcalloc(1, sizeof(*face));
    list_init(&face->link);
    face->path = xstrdup(path);
    face->name = name_of(path, index);
    face->index = index;
    face->is_unhinted = is_unhinted;
    face->type = type;
    face->is_emoji = !FT_IS_SCALABLE(type);
    return face;
}

void face_close(struct face *face)
{
    if (!face)
        return;
    list_remove(&face->link);
    if (face->outlined)
        TTF_CloseFont(face->outlined);
    if (face->plain)
        TTF_CloseFont(face->plain);
    hb_font_destroy(face->twin);
    FT_Done_Face(face->type);
    free(face->path);
    free(face->name);
    free(face);
}

bool face_has(const struct face *face, uint32_t scalar)
{
    return FT_Get_Char_Index(face->type, scalar) != 0;
}

static void set_type_size(struct face *face, int size_px)
{
    if (face->type_size_px == size_px)
        return;
    face->type_size_px = size_px;
    if (face->is_emoji)
        FT_Select_Size(face->type, 0);
    else
        FT_Set_Char_Size(face->type, 0, size_px * 64, 0, 0);
    if (face->twin)
        hb_ft_font_changed(face->twin);
}

hb_font_t *face_twin(struct face *face, int size_px)
{
    set_type_size(face, face->is_emoji ? STRIKE_PX : size_px);
    if (!face->twin) {
        face->twin = hb_ft_font_create(face->type, NULL);
        int target = face->is_unhinted ? FT_LOAD_NO_HINTING : FT_LOAD_TARGET_LIGHT;
        hb_ft_font_set_load_flags(face->twin, FT_LOAD_DEFAULT | target);
    }
    return face->twin;
}

static int round_up(FT_Pos value)
{
    return (int)((value + 63) >> 6);
}

void face_metrics(struct face *face, int size_px, int *ascent_px, int *descent_px)
{
    set_type_size(face, face->is_emoji ? STRIKE_PX : size_px);
    FT_Fixed scale = face->type->size->metrics.y_scale;
    *ascent_px = round_up(FT_MulFix(face->type->ascender, scale));
    *descent_px = -round_up(FT_MulFix(face->type->descender, scale));
    if (face->ascent_em > 0) {
        *ascent_px = (int)(face->ascent_em * (float)size_px + 0.5F);
        *descent_px = (int)(face->descent_em * (float)size_px + 0.5F);
    }
}

static bool prepare(const struct face *face, TTF_Font **font, int *current_px, int size_px)
{
    if (!*font) {
        *font = TTF_OpenFontIndex(face->path, size_px, face->index);
        *current_px = size_px;
        if (*font)
            TTF_SetFontHinting(*font, face->is_unhinted ? TTF_HINTING_NONE : TTF_HINTING_LIGHT);
    }
    if (*font && *current_px != size_px) {
        TTF_SetFontSize(*font, size_px);
        *current_px = size_px;
    }
    return *font != NULL;
}

TTF_Font *face_plain(struct face *face, int size_px)
{
    return prepare(face, &face->plain, &face->plain_size_px, size_px) ? face->plain : NULL;
}

TTF_Font *face_outlined(struct face *face, int size_px, int outline_px)
{
    if (!prepare(face, &face->outlined, &face->outlined_size_px, size_px))
        return NULL;
    if (face->outline_px != outline_px)
        TTF_SetFontOutline(face->outlined, outline_px);
    face->outline_px = outline_px;
    return face->outlined;
}
