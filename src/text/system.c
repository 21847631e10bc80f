#include "text/system.h"

#include <fontconfig/fontconfig.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"

struct system_fonts {
    FcConfig *config;
    const FcFontSet *set;  // borrowed from config
};

struct system_fonts *system_fonts_create(void)
{
    struct system_fonts *fonts = xcalloc(1, sizeof(*fonts));
    fonts->config = FcInitLoadConfigAndFonts();
    if (fonts->config)
        fonts->set = FcConfigGetFonts(fonts->config, FcSetSystem);
    else
        log_warn("text", "fontconfig cannot be started: scripts beyond the bundled faces will be missing");
    return fonts;
}

void system_fonts_destroy(struct system_fonts *fonts)
{
    if (!fonts)
        return;
    if (fonts->config)
        FcConfigDestroy(fonts->config);
    free(fonts);
}

static const char *text_of(const FcPattern *pattern, const char *key)
{
    FcChar8 *text = NULL;
    return FcPatternGetString(pattern, key, 0, &text) == FcResultMatch ? (const char *)text : "";
}

static int number_of(const FcPattern *pattern, const char *key, int otherwise)
{
    int value;
    return FcPatternGetInteger(pattern, key, 0, &value) == FcResultMatch ? value : otherwise;
}

static bool flag_of(const FcPattern *pattern, const char *key)
{
    FcBool value = FcFalse;
    return FcPatternGetBool(pattern, key, 0, &value) == FcResultMatch && value;
}

static bool has_all(const FcPattern *pattern, const uint32_t *scalars, int count)
{
    FcCharSet *charset = NULL;
    if (FcPatternGetCharSet(pattern, FC_CHARSET, 0, &charset) != FcResultMatch)
        return false;
    for (int i = 0; i < count; i++) {
        if (!FcCharSetHasChar(charset, scalars[i]))
            return false;
    }
    return true;
}

/* A font file that can be opened by path and index; named instances of variable fonts are left out. */
static bool is_usable(const FcPattern *pattern)
{
    return flag_of(pattern, FC_SCALABLE) && !flag_of(pattern, FC_COLOR) && !flag_of(pattern, FC_VARIABLE) &&
        number_of(pattern, FC_INDEX, 0) < 0x10000 && text_of(pattern, FC_FILE)[0] != '\0';
}

static int weight_distance(const FcPattern *pattern, bool is_bold)
{
    return abs(number_of(pattern, FC_WEIGHT, FC_WEIGHT_REGULAR) - (is_bold ? FC_WEIGHT_BOLD : FC_WEIGHT_REGULAR));
}

/* Less is better: the family's kind first, then upright, regular width, the weight. */
static int badness(const FcPattern *pattern, bool is_bold)
{
    const char *family = text_of(pattern, FC_FAMILY);
    int kind = strncmp(family, "Noto Sans", 9) == 0 ? 0 : strncmp(family, "Noto ", 5) == 0 ? 1 : 2;
    bool is_slanted = number_of(pattern, FC_SLANT, FC_SLANT_ROMAN) != FC_SLANT_ROMAN;
    bool is_other_width = number_of(pattern, FC_WIDTH, FC_WIDTH_NORMAL) != FC_WIDTH_NORMAL;
    return kind * 10000 + is_slanted * 5000 + is_other_width * 2000 + weight_distance(pattern, is_bold);
}

bool system_fonts_find(struct system_fonts *fonts, const uint32_t *scalars, int count, bool is_bold,
    struct system_match *match)
{
    const FcPattern *best = NULL;
    int least = 0;
    for (int i = 0; fonts->set && i < fonts->set->nfont; i++) {
        const FcPattern *pattern = fonts->set->fonts[i];
        if (!has_all(pattern, scalars, count) || !is_usable(pattern))
            continue;
        int bad = badness(pattern, is_bold);
        // The file's name breaks ties, so that the answer does not hang on the order of folders.
        bool is_better = !best || bad < least ||
            (bad == least && strcmp(text_of(pattern, FC_FILE), text_of(best, FC_FILE)) < 0);
        if (is_better) {
            best = pattern;
            least = bad;
        }
    }
    if (best)
        *match = (struct system_match){text_of(best, FC_FILE), number_of(best, FC_INDEX, 0)};
    return best != NULL;
}

bool system_fonts_family(struct system_fonts *fonts, const char *family, bool is_bold, struct system_match *match)
{
    const FcPattern *best = NULL;
    for (int i = 0; fonts->set && i < fonts->set->nfont; i++) {
        const FcPattern *pattern = fonts->set->fonts[i];
        if (strcmp(text_of(pattern, FC_FAMILY), family) != 0 || !is_usable(pattern))
            continue;
        if (!best || badness(pattern, is_bold) < badness(best, is_bold))
            best = pattern;
    }
    if (best)
        *match = (struct system_match){text_of(best, FC_FILE), number_of(best, FC_INDEX, 0)};
    return best != NULL;
}

const char *system_fonts_file(struct system_fonts *fonts, const char *family, bool is_bold)
{
    struct system_match match;
    return system_fonts_family(fonts, family, is_bold, &match) ? match.path : NULL;
}
