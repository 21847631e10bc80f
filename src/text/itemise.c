#include "text/itemise.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/utf16.h>

#include "base/memory.h"
#include "text/emoji.h"
#include "text/language.h"

enum { CLUSTER_MAX = 64, BRACKETS_MAX = 32 };

struct cluster {
    int32_t from, to;            // units
    uint32_t scalars[CLUSTER_MAX];
    int count;
};

struct open_bracket {
    UChar32 closing;
    UScriptCode script;
};

/* What is carried from cluster to cluster. */
struct walk {
    const struct itemiser *itemiser;
    struct paragraph *paragraph;
    struct font_wish wish;
    UScriptCode script;          // of the text before; USCRIPT_COMMON: none yet
    struct open_bracket brackets[BRACKETS_MAX];
    int bracket_count;
    int32_t image, span;         // the next ones of the clean text
};

static bool is_in(UChar32 c, UChar32 from, UChar32 to)
{
    return c >= from && c <= to;
}

/* "@name" up to the next blank: whom somebody speaks to, not what he says. Returns its end; `at` where none begins. */
static int32_t skip_mention(const struct itemiser *itemiser, const struct paragraph *paragraph, int32_t at)
{
    const UChar *units = itemiser->clean->units;
    if (units[at] != '@' || (at > paragraph->from && !u_isUWhiteSpace(units[at - 1])))
        return at;
    while (at < paragraph->to && !u_isUWhiteSpace(units[at]))
        at++;
    return at;
}

static bool is_strong(UChar32 c, UBiDiLevel *level)
{
    UCharDirection class = u_charDirection(c);
    *level = class == U_LEFT_TO_RIGHT ? UBIDI_LTR : UBIDI_RTL;
    return class == U_LEFT_TO_RIGHT || class == U_RIGHT_TO_LEFT || class == U_RIGHT_TO_LEFT_ARABIC;
}

/* UAX 9, P2 and P3: the first strong letter outside isolates. */
static bool find_strong(const struct itemiser *itemiser, const struct paragraph *paragraph, bool with_mentions, UBiDiLevel *level)
{
    int depth = 0;
    for (int32_t i = paragraph->from; i < paragraph->to;) {
        UChar32 c;
        int32_t end = with_mentions ? i : skip_mention(itemiser, paragraph, i);
        if (end > i) {
            i = end;
            continue;
        }
        U16_NEXT(itemiser->clean->units, i, paragraph->to, c);
        depth += (c == 0x2068) - (c == 0x2069);
        if (depth == 0 && !is_in(c, 0x1f1e6, 0x1f1ff) && is_strong(c, level))
            return true;
    }
    return false;
}

/*
 * A flag is no letter, though its characters are strong: a Persian line may begin with one; or with "@anna", who writes
 * in other letters. Without a letter ("۱۲۳!") the language decides.
 */
static UBiDiLevel find_direction(const struct itemiser *itemiser, const struct paragraph *paragraph)
{
    UBiDiLevel level;
    bool is_found = find_strong(itemiser, paragraph, false, &level) || find_strong(itemiser, paragraph, true, &level);
    return is_found ? level : language_is_rtl(itemiser->language);
}

static UBiDiLevel wanted_direction(const struct itemiser *itemiser, const struct paragraph *paragraph)
{
    switch (itemiser->options->direction) {
    case TEXT_DIRECTION_LTR: return UBIDI_LTR;
    case TEXT_DIRECTION_RTL: return UBIDI_RTL;
    case TEXT_DIRECTION_AUTO: break;
    }
    return find_direction(itemiser, paragraph);
}

static const UBiDiLevel *find_levels(const struct itemiser *itemiser, struct paragraph *paragraph)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t count = paragraph->to - paragraph->from;
    ubidi_setPara(itemiser->bidi, itemiser->clean->units + paragraph->from, count, wanted_direction(itemiser, paragraph),
        NULL,
        &status);
    const UBiDiLevel *levels = ubidi_getLevels(itemiser->bidi, &status);
    paragraph->base_level = U_SUCCESS(status) ? ubidi_getParaLevel(itemiser->bidi) : 0;
    return U_SUCCESS(status) ? levels : NULL;
}

/* Han, kana and Bopomofo are one run: the same face, no needless seams. */
static UScriptCode script_of(UChar32 c)
{
    UErrorCode status = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript(c, &status);
    switch (script) {
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_BOPOMOFO:
        return USCRIPT_HAN;
    case USCRIPT_INHERITED:
        return USCRIPT_COMMON;
    default:
        return U_SUCCESS(status) ? script : USCRIPT_COMMON;
    }
}

/* Kana and Hangul tell the language; Han alone does not, and Traditional or Simplified is never guessed. */
static int guess_cjk_index(const struct itemiser *itemiser, const struct paragraph *paragraph)
{
    int named = language_cjk_index(itemiser->language);
    if (named >= 0 && itemiser->is_language_explicit)
        return named;
    bool has_hangul = false;
    for (int32_t i = paragraph->from; i < paragraph->to; i++) {
        UChar unit = itemiser->clean->units[i];
        if (is_in(unit, 0x3041, 0x30fa) || is_in(unit, 0x30fd, 0x30ff))
            return LANGUAGE_CJK_JP;
        has_hangul |= is_in(unit, 0xac00, 0xd7a3);
    }
    if (has_hangul)
        return LANGUAGE_CJK_KR;
    return named >= 0 ? named : LANGUAGE_CJK_SC;
}

/* The first script in what follows: signs at the start of a text belong to it. */
static UScriptCode first_script(const struct itemiser *itemiser, const struct paragraph *paragraph)
{
    for (int32_t i = paragraph->from; i < paragraph->to;) {
        UChar32 c;
        U16_NEXT(itemiser->clean->units, i, paragraph->to, c);
        UScriptCode script = script_of(c);
        if (script != USCRIPT_COMMON && script != USCRIPT_UNKNOWN)
            return script;
    }
    return USCRIPT_COMMON;
}

static void push_bracket(struct walk *walk, UChar32 closing, UScriptCode script)
{
    if (walk->bracket_count < BRACKETS_MAX)
        walk->brackets[walk->bracket_count++] = (struct open_bracket){closing, script};
}

/* A closing bracket takes its opener's script, and so do the signs behind it. */
static UScriptCode pop_bracket(struct walk *walk, UChar32 closing)
{
    for (int i = walk->bracket_count - 1; i >= 0; i--) {
        if (walk->brackets[i].closing == closing) {
            walk->bracket_count = i;
            return walk->script = walk->brackets[i].script;
        }
    }
    return walk->script;
}

/* Of its first character that has one: a vowel sign behind a quotation mark makes it a cluster of the sign's script. */
static UScriptCode own_script(const struct cluster *cluster)
{
    UScriptCode script = USCRIPT_COMMON;
    for (int i = 0; i < cluster->count && script == USCRIPT_COMMON; i++)
        script = script_of((UChar32)cluster->scalars[i]);
    return script;
}

static UScriptCode resolve_script(struct walk *walk, const struct cluster *cluster)
{
    UChar32 first = (UChar32)cluster->scalars[0];
    UScriptCode script = own_script(cluster);
    if (script != USCRIPT_COMMON)
        return walk->script = script;
    int bracket = u_getIntPropertyValue(first, UCHAR_BIDI_PAIRED_BRACKET_TYPE);
    if (bracket == U_BPT_OPEN)
        push_bracket(walk, u_getBidiPairedBracket(first), walk->script);
    return bracket == U_BPT_CLOSE ? pop_bracket(walk, first) : walk->script;
}

static void read_cluster(const struct walk *walk, struct cluster *cluster)
{
    const struct paragraph *paragraph = walk->paragraph;
    cluster->count = 0;
    cluster->to = cluster->from;
    do {
        UChar32 c;
        U16_NEXT(walk->itemiser->clean->units, cluster->to, paragraph->to, c);
        cluster->scalars[cluster->count++] = (uint32_t)c;
    } while (cluster->to < paragraph->to && !(paragraph->flags[cluster->to] & BREAK_CLUSTER) &&
        cluster->count < CLUSTER_MAX);
}

static int32_t span_at(struct walk *walk, int32_t unit)
{
    const struct clean_text *clean = walk->itemiser->clean;
    while (walk->span < clean->span_count && clean->spans[walk->span].to <= unit)
        walk->span++;
    bool is_inside = walk->span < clean->span_count && clean->spans[walk->span].from <= unit;
    return is_inside ? clean->spans[walk->span].index : -1;
}

/*
 * A cluster stands where its first character stands that rule X9 of UAX 9 keeps. Joiners and the like have no level
 * of their own; alone they take that of what is before them (UAX 9, 5.2), so that they part nothing.
 */
static UBiDiLevel level_of(const struct walk *walk, const struct cluster *cluster, const UBiDiLevel *levels)
{
    int32_t unit = cluster->from;
    for (int i = 0; levels && i < cluster->count; i++) {
        if (u_charDirection((UChar32)cluster->scalars[i]) != U_BOUNDARY_NEUTRAL)
            return levels[unit - walk->paragraph->from];
        unit += U16_LENGTH(cluster->scalars[i]);
    }
    const struct paragraph *paragraph = walk->paragraph;
    return paragraph->item_count > 0 ? paragraph->items[paragraph->item_count - 1].level : paragraph->base_level;
}

/* The image whose slot the unit is, or -1. */
static int32_t image_at(struct walk *walk, int32_t unit)
{
    const struct clean_text *clean = walk->itemiser->clean;
    while (walk->image < clean->image_count && clean->images[walk->image].unit < unit)
        walk->image++;
    bool is_here = walk->image < clean->image_count && clean->images[walk->image].unit == unit;
    return is_here ? clean->images[walk->image].index : -1;
}

static bool is_bold(const struct itemiser *itemiser, int32_t span)
{
    const struct text_faces *faces = itemiser->options->faces;
    if (faces && faces->weight != TEXT_WEIGHT_AS_ASKED)
        return faces->weight == TEXT_WEIGHT_BOLD;
    return itemiser->options->is_bold || (span >= 0 && itemiser->options->spans[span].is_bold);
}

static void find_face(struct walk *walk, const struct cluster *cluster, struct item *item)
{
    struct fonts *fonts = walk->itemiser->fonts;
    if (emoji_is_cluster(cluster->scalars, cluster->count)) {
        item->face = fonts_pick_emoji(fonts, cluster->scalars, cluster->count);
        if (item->face) {
            item->script = USCRIPT_SYMBOLS_EMOJI;
            return;
        }
    }
    item->script = resolve_script(walk, cluster);
    walk->wish.script = item->script;
    walk->wish.is_bold = is_bold(walk->itemiser, item->span);
    item->face = fonts_pick(fonts, &walk->wish, cluster->scalars, cluster->count);
    item->is_missing = item->face == NULL;
    if (item->is_missing && cluster->count > 1)
        item->face = fonts_pick(fonts, &walk->wish, cluster->scalars, 1);  // its base at least
    if (!item->face)
        item->face = fonts_base(fonts, walk->wish.is_bold);
}

/* pixman and the graphics card draw nothing from an image of 32767 px: 16000 px for letters of one em. */
static int32_t units_max_of(const struct itemiser *itemiser)
{
    int32_t fitting = (int32_t)(16000 / (itemiser->options->size_px > 40 ? itemiser->options->size_px : 40));
    return fitting < 40 ? 40 : fitting;
}

static bool can_join(const struct item *last, const struct item *item, int32_t units_max)
{
    return last->to == item->from && last->level == item->level && last->script == item->script &&
        last->face == item->face && last->span == item->span && last->is_missing == item->is_missing &&
        last->image < 0 && item->image < 0 && item->script != USCRIPT_SYMBOLS_EMOJI &&
        item->to - last->from <= units_max;
}

static void add_item(struct paragraph *paragraph, const struct item *item, int32_t units_max)
{
    if (paragraph->item_count > 0 && can_join(&paragraph->items[paragraph->item_count - 1], item, units_max)) {
        paragraph->items[paragraph->item_count - 1].to = item->to;
        return;
    }
    if (paragraph->item_count == paragraph->capacity) {
        paragraph->capacity = paragraph->capacity ? paragraph->capacity * 2 : 8;
        paragraph->items = xreallocarray(paragraph->items, (size_t)paragraph->capacity, sizeof(*paragraph->items));
    }
    paragraph->items[paragraph->item_count++] = *item;
}

static bool is_isolate(UChar unit)
{
    return unit == 0x2068 || unit == 0x2069;
}

void itemise(const struct itemiser *itemiser, struct paragraph *paragraph)
{
    const UBiDiLevel *levels = find_levels(itemiser, paragraph);
    struct walk walk = {.itemiser = itemiser, .paragraph = paragraph, .script = first_script(itemiser, paragraph),
        .wish = {.language = itemiser->language, .cjk_index = guess_cjk_index(itemiser, paragraph),
            .faces = itemiser->options->faces}};
    int32_t units_max = units_max_of(itemiser);
    struct cluster cluster;
    for (cluster.from = paragraph->from; cluster.from < paragraph->to; cluster.from = cluster.to) {
        cluster.to = cluster.from + 1;
        if (is_isolate(itemiser->clean->units[cluster.from]))
            continue;
        read_cluster(&walk, &cluster);
        struct item item = {.from = cluster.from, .to = cluster.to, .script = USCRIPT_COMMON,
            .level = level_of(&walk, &cluster, levels), .image = image_at(&walk, cluster.from),
            .span = span_at(&walk, cluster.from)};
        if (item.image < 0)
            find_face(&walk, &cluster, &item);
        add_item(paragraph, &item, units_max);
    }
}

void paragraph_fini(struct paragraph *paragraph)
{
    free(paragraph->items);
    paragraph->items = NULL;
}
