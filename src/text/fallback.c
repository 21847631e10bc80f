#include "text/fallback.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "text/language.h"
#include "text/system.h"
#include "text/text.h"

#ifndef ANTIPHON_FONTS_SOURCE  // built without meson: a fuzz entry
#define ANTIPHON_FONTS_SOURCE "fonts"
#define ANTIPHON_FONTS_INSTALLED "/usr/share/antiphon/fonts"
#endif

enum {
    CJK_FACES = 5,
    ANSWERS = 4096,       // a power of two
    SCALARS_MAX = 64,     // of one cluster that are looked at
    QUESTIONS_MAX = 100,  // to the system for one text, 30 µs each; what is beyond counts as missing
    NAMED_MAX = 64,       // families that themes ask for, of all views
};

/* A family that was asked for by name, once. */
struct named {
    char family[sizeof(((struct text_family *)NULL)->name)];
    bool is_bold;
    struct face *face;    // borrowed from `faces`; NULL: this machine has none
};

/* What the system answered for one cluster, "none" too; key 0: nothing yet. */
struct answer {
    uint64_t key;
    struct face *face;
};

struct fonts {
    FT_Library library;
    struct list faces;
    struct manifest manifest;
    struct face *(*of_family)[2];         // regular, bold; opened at the first use
    struct face *cjk[2][CJK_FACES];
    struct face *emoji;
    bool (*is_bad_family)[2], is_bad_cjk[2][CJK_FACES], is_bad_emoji;  // tried in vain
    struct system_fonts *system;          // opened at the first use
    struct answer *answers;
    struct named named[NAMED_MAX];
    size_t named_count;
    int questions;                        // to the system since fonts_begin_text()
    bool is_unhinted, is_without_system;
};

static const char *default_folder(void)
{
    const char *wanted = getenv("ANTIPHON_FONTS");
    if (wanted && *wanted)
        return wanted;
    return access(ANTIPHON_FONTS_SOURCE "/manifest.json", R_OK) == 0 ? ANTIPHON_FONTS_SOURCE : ANTIPHON_FONTS_INSTALLED;
}

struct fonts *fonts_create(const char *folder, bool is_unhinted, bool is_without_system, struct error *err)
{
    struct fonts *fonts = xcalloc(1, sizeof(*fonts));
    list_init(&fonts->faces);
    fonts->is_unhinted = is_unhinted;
    fonts->is_without_system = is_without_system;
    fonts->answers = xcalloc(ANSWERS, sizeof(*fonts->answers));
    folder = folder ? folder : default_folder();
    if (FT_Init_FreeType(&fonts->library) != 0) {
        error_set(err, ERROR_SYSTEM, "FreeType cannot be started");
        goto fail;
    }
    if (!manifest_read(&fonts->manifest, folder, is_without_system, err)) {
        error_prefix(err, "fonts (ANTIPHON_FONTS names another folder)");
        goto fail;
    }
    fonts->of_family = xcalloc(fonts->manifest.family_count, sizeof(*fonts->of_family));
    fonts->is_bad_family = xcalloc(fonts->manifest.family_count, sizeof(*fonts->is_bad_family));
    if (!fonts_base(fonts, false)) {
        error_set(err, ERROR_DATA, "%s: no font that can be read", fonts->manifest.families[0].regular);
        goto fail;
    }
    return fonts;
fail:
    fonts_destroy(fonts);
    return NULL;
}

void fonts_destroy(struct fonts *fonts)
{
    if (!fonts)
        return;
    struct face *face, *following;
    list_for_each_safe(face, following, &fonts->faces, link)
        face_close(face);
    system_fonts_destroy(fonts->system);
    manifest_fini(&fonts->manifest);
    if (fonts->library)
        FT_Done_FreeType(fonts->library);
    free(fonts->of_family);
    free(fonts->is_bad_family);
    free(fonts->answers);
    free(fonts);
}

/* Opens *place once; a face that cannot be opened is not tried again. */
static struct face *open_once(struct fonts *fonts, struct face **place, bool *is_bad, const char *path, int index)
{
    if (*place || *is_bad || !path)
        return *place;
    *place = face_open(fonts->library, path, index, fonts->is_unhinted);
    *is_bad = *place == NULL;
    if (*place)
        list_append(&fonts->faces, &(*place)->link);
    return *place;
}

static struct face *family_face(struct fonts *fonts, size_t number, bool is_bold)
{
    const struct family *family = &fonts->manifest.families[number];
    is_bold = is_bold && family->bold;
    struct face *face = open_once(fonts, &fonts->of_family[number][is_bold], &fonts->is_bad_family[number][is_bold],
        is_bold ? family->bold : family->regular, 0);
    if (face) {
        face->ascent_em = family->ascent_em;
        face->descent_em = family->descent_em;
    }
    return face;
}

struct face *fonts_base(struct fonts *fonts, bool is_bold)
{
    struct face *face = family_face(fonts, 0, is_bold);
    for (size_t i = 0; i < fonts->manifest.family_count && !face; i++)
        face = family_face(fonts, i, false);
    return face;
}

static struct system_fonts *get_system(struct fonts *fonts)
{
    if (!fonts->system && !fonts->is_without_system)
        fonts->system = system_fonts_create();
    return fonts->system;
}

/* The manifest's folders are tried first; a machine that keeps the file elsewhere is asked by family. */
static const char *system_path(struct fonts *fonts, const struct system_font *font, const char *family, bool is_bold)
{
    const char *path = is_bold && font->bold ? font->bold : font->regular;
    return path || fonts->is_without_system ? path : system_fonts_file(get_system(fonts), family, is_bold);
}

static struct face *cjk_face(struct fonts *fonts, int index, bool is_bold)
{
    struct face **place = &fonts->cjk[is_bold][index];
    if (*place || fonts->is_bad_cjk[is_bold][index])
        return *place;
    const char *path = system_path(fonts, &fonts->manifest.cjk, "Noto Sans CJK JP", is_bold);
    if (!path)
        fonts->is_bad_cjk[is_bold][index] = true;
    return open_once(fonts, place, &fonts->is_bad_cjk[is_bold][index], path, index);
}

static struct face *emoji_face(struct fonts *fonts)
{
    if (fonts->emoji || fonts->is_bad_emoji)
        return fonts->emoji;
    const char *path = system_path(fonts, &fonts->manifest.emoji, "Noto Color Emoji", false);
    struct face *face = open_once(fonts, &fonts->emoji, &fonts->is_bad_emoji, path, 0);
    fonts->is_bad_emoji = !face || !face->is_emoji;
    if (face && !face->is_emoji) {
        log_warn("text", "%s: has no bitmaps; install fonts-noto-color-emoji for colour emoji", face->path);
        fonts->emoji = NULL;
    }
    return fonts->emoji;
}

static bool has_cluster(const struct face *face, const uint32_t *visible, int count)
{
    for (int i = 0; face && i < count; i++) {
        if (!face_has(face, visible[i]))
            return false;
    }
    return face != NULL;
}

static bool has_language(const struct family *family, const char *language)
{
    for (size_t i = 0; i < family->language_count; i++) {
        if (language_is(language, family->languages[i]))
            return true;
    }
    return false;
}

static bool has_script(const struct family *family, UScriptCode script)
{
    for (size_t i = 0; i < family->script_count; i++) {
        if (family->scripts[i] == script)
            return true;
    }
    return false;
}

/* The families of a script: those made for the language first, never those made for another. */
static struct face *pick_by_script(struct fonts *fonts, const struct font_wish *wish, UScriptCode script,
    const uint32_t *visible, int count)
{
    for (int is_general = 0; is_general <= 1; is_general++) {
        for (size_t i = 0; i < fonts->manifest.family_count; i++) {
            const struct family *family = &fonts->manifest.families[i];
            bool is_asked = is_general ? family->language_count == 0 : has_language(family, wish->language);
            if (!is_asked || !has_script(family, script))
                continue;
            struct face *face = family_face(fonts, i, wish->is_bold);
            if (has_cluster(face, visible, count))
                return face;
        }
    }
    return NULL;
}

static struct face *pick_any_family(struct fonts *fonts, const struct font_wish *wish, const uint32_t *visible, int count)
{
    for (size_t i = 0; i < fonts->manifest.family_count; i++) {
        if (fonts->manifest.families[i].language_count > 0)
            continue;
        struct face *face = family_face(fonts, i, wish->is_bold);
        if (has_cluster(face, visible, count))
            return face;
    }
    return NULL;
}

static struct face *find_opened(struct fonts *fonts, const struct system_match *match)
{
    struct face *face;
    list_for_each(face, &fonts->faces, link) {
        if (face->index == match->index && strcmp(face->path, match->path) == 0)
            return face;
    }
    face = face_open(fonts->library, match->path, match->index, fonts->is_unhinted);
    if (face)
        list_append(&fonts->faces, &face->link);
    return face;
}

/* "Noto Serif" is the manifest's NotoSerif. */
static bool is_named(const char *in_manifest, const char *wanted)
{
    for (; *wanted; wanted++) {
        if (*wanted != ' ' && *in_manifest++ != *wanted)
            return false;
    }
    return *in_manifest == '\0';
}

static struct face *open_named(struct fonts *fonts, const char *family, bool is_bold)
{
    for (size_t i = 0; i < fonts->manifest.family_count; i++) {
        if (is_named(fonts->manifest.families[i].name, family))
            return family_face(fonts, i, is_bold);
    }
    struct system_match match;
    struct system_fonts *system = get_system(fonts);
    if (system && system_fonts_family(system, family, is_bold, &match))
        return find_opened(fonts, &match);
    if (!fonts->is_without_system)
        log_info("text", "%s: not on this machine; the usual faces draw instead", family);
    return NULL;
}

static struct face *named_face(struct fonts *fonts, const char *family, bool is_bold)
{
    for (size_t i = 0; i < fonts->named_count; i++) {
        if (fonts->named[i].is_bold == is_bold && strcmp(fonts->named[i].family, family) == 0)
            return fonts->named[i].face;
    }
    if (fonts->named_count == NAMED_MAX)
        return NULL;
    struct named *named = &fonts->named[fonts->named_count++];
    snprintf(named->family, sizeof(named->family), "%s", family);
    named->is_bold = is_bold;
    return named->face = open_named(fonts, family, is_bold);
}

/* Tags of scripts begin with a capital; those of Han are writing systems, which only the language tells apart. */
static bool is_of_script(const char *tag, const struct font_wish *wish)
{
    static const char *const han[] = {"Jpan", "Kore", "Hans", "Hant", "Hant"};  // by enum LANGUAGE_CJK_…
    if (wish->script == USCRIPT_HAN || wish->script == USCRIPT_HANGUL)
        return strcmp(tag, wish->script == USCRIPT_HANGUL ? "Kore" : han[wish->cjk_index]) == 0 || strcmp(tag, "Hani") == 0;
    return strcmp(tag, wish->script == USCRIPT_COMMON ? "Latn" : uscript_getShortName(wish->script)) == 0;
}

static struct face *pick_wished(struct fonts *fonts, const struct font_wish *wish, const uint32_t *visible, int count)
{
    for (int step = 0; wish->faces && step < 3; step++) {
        for (size_t i = 0; i < wish->faces->count; i++) {
            const char *tag = wish->faces->families[i].tag;
            bool is_any = strcmp(tag, "any") == 0, is_language = tag[0] >= 'a' && tag[0] <= 'z' && !is_any;
            bool is_asked = step == 0 ? is_language && language_is(wish->language, tag)
                : step == 1 ? !is_any && !is_language && is_of_script(tag, wish) : is_any;
            struct face *face = is_asked ? named_face(fonts, wish->faces->families[i].name, wish->is_bold) : NULL;
            if (has_cluster(face, visible, count))
                return face;
        }
    }
    return NULL;
}

static struct face *ask_system(struct fonts *fonts, bool is_bold, const uint32_t *visible, int count)
{
    struct system_match match;
    struct system_fonts *system = get_system(fonts);
    if (!system || !system_fonts_find(system, visible, count, is_bold, &match))
        return NULL;
    struct face *face = find_opened(fonts, &match);
    return has_cluster(face, visible, count) ? face : NULL;
}

/* FNV-1a. Who contrives a collision has his own letters drawn as empty boxes. */
static uint64_t key_of(bool is_bold, const uint32_t *visible, int count)
{
    uint64_t key = UINT64_C(0xcbf29ce484222325) ^ is_bold;
    for (int i = 0; i < count; i++)
        key = (key ^ visible[i]) * UINT64_C(0x100000001b3);
    return key ? key : 1;
}

/* Nobody's fonts agree on these, and there are 137,000 for a hostile text to choose from. */
static bool is_private(uint32_t scalar)
{
    int8_t type = u_charType((UChar32)scalar);
    return type == U_PRIVATE_USE_CHAR || type == U_UNASSIGNED;
}

static struct face *pick_from_system(struct fonts *fonts, bool is_bold, const uint32_t *visible, int count)
{
    if (count == 0 || is_private(visible[0]))
        return NULL;
    uint64_t key = key_of(is_bold, visible, count);
    struct answer *answer = &fonts->answers[(key >> 32 ^ key) % ANSWERS];
    if (answer->key != key) {
        if (++fonts->questions > QUESTIONS_MAX)
            return NULL;
        *answer = (struct answer){key, ask_system(fonts, is_bold, visible, count)};
    }
    return answer->face;
}

void fonts_begin_text(struct fonts *fonts)
{
    fonts->questions = 0;
}

static bool is_cjk(UScriptCode script)
{
    return script == USCRIPT_HAN || script == USCRIPT_HANGUL;
}

static int keep_visible(uint32_t *visible, const uint32_t *cluster, int count)
{
    int kept = 0;
    for (int i = 0; i < count && kept < SCALARS_MAX; i++) {
        if (!u_hasBinaryProperty((UChar32)cluster[i], UCHAR_DEFAULT_IGNORABLE_CODE_POINT))
            visible[kept++] = cluster[i];
    }
    return kept;
}

struct face *fonts_pick(struct fonts *fonts, const struct font_wish *wish, const uint32_t *cluster, int count)
{
    uint32_t visible[SCALARS_MAX];
    count = keep_visible(visible, cluster, count);
    struct face *face = pick_wished(fonts, wish, visible, count);
    if (!face && is_cjk(wish->script)) {
        face = cjk_face(fonts, wish->cjk_index, wish->is_bold);
        face = has_cluster(face, visible, count) ? face : NULL;
    }
    if (!face && wish->script != USCRIPT_COMMON)
        face = pick_by_script(fonts, wish, wish->script, visible, count);
    if (!face)
        face = pick_by_script(fonts, wish, USCRIPT_COMMON, visible, count);
    if (!face) {
        face = cjk_face(fonts, wish->cjk_index, wish->is_bold);
        face = has_cluster(face, visible, count) ? face : NULL;
    }
    if (!face)
        face = pick_any_family(fonts, wish, visible, count);
    return face ? face : pick_from_system(fonts, wish->is_bold, visible, count);
}

struct face *fonts_pick_emoji(struct fonts *fonts, const uint32_t *cluster, int count)
{
    uint32_t visible[SCALARS_MAX];
    count = keep_visible(visible, cluster, count);
    struct face *face = emoji_face(fonts);
    return count > 0 && has_cluster(face, visible, count) ? face : NULL;
}

static bool has_others(struct fonts *fonts)
{
    return !fonts->is_without_system && system_fonts_file(get_system(fonts), "Noto Sans Adlam", false);
}

const char *fonts_package(struct fonts *fonts, UScriptCode script)
{
    const struct manifest *manifest = &fonts->manifest;
    if (is_cjk(script) || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA || script == USCRIPT_BOPOMOFO)
        return fonts_has_cjk(fonts) ? NULL : manifest->cjk.package;
    if (script == USCRIPT_SYMBOLS_EMOJI)
        return fonts_has_emoji(fonts) ? NULL : manifest->emoji.package;
    bool is_script = script != USCRIPT_UNKNOWN && script != USCRIPT_COMMON && script != USCRIPT_INHERITED;
    return is_script && !has_others(fonts) ? manifest->others.package : NULL;
}

const struct manifest *fonts_manifest(const struct fonts *fonts)
{
    return &fonts->manifest;
}

bool fonts_has_cjk(struct fonts *fonts)
{
    return cjk_face(fonts, LANGUAGE_CJK_SC, false) != NULL;
}

bool fonts_has_emoji(struct fonts *fonts)
{
    return emoji_face(fonts) != NULL;
}

size_t fonts_count(const struct fonts *fonts)
{
    size_t count = 0;
    for (const struct list *link = fonts->faces.next; link != &fonts->faces; link = link->next)
        count++;
    return count;
}
