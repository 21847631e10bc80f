#include "video/caption_letters.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "video/caption_plain.h"
#include "video/cea608.h"

static void add(struct caption_letters *out, uint32_t letter)
{
    bool is_idle_space = letter == ' ' && (out->count == 0 || out->letters[out->count - 1] == ' ');
    if (!is_idle_space && out->count < CAPTION_LETTERS_MAX)
        out->letters[out->count++] = letter;
}

static bool is_space(uint32_t letter)
{
    return letter < 0x20 || (letter >= 0x7f && letter < 0xa0) || g_unichar_isspace(letter);
}

static bool is_other_script(uint32_t letter)
{
    GUnicodeScript script = g_unichar_get_script(letter);
    return g_unichar_isalnum(letter) && script != G_UNICODE_SCRIPT_LATIN && script != G_UNICODE_SCRIPT_COMMON
        && script != G_UNICODE_SCRIPT_INHERITED;
}

/*
 * A letter without a code keeps itself where it has one plain letter, for 708 has it; what has several is written out;
 * signs without a plain form are left out. False: a letter without one.
 */
static bool add_plain(struct caption_letters *out, uint32_t letter)
{
    char plain[CAPTION_PLAIN_BYTES];
    if (g_unichar_ismark(letter))
        return true;
    caption_plain(letter, plain);
    if (plain[0] && !plain[1] && g_unichar_isalpha(letter)) {
        add(out, letter);
        return true;
    }
    for (size_t i = 0; plain[i]; i++)
        add(out, (uint8_t)plain[i]);
    return plain[0] || !g_unichar_isalpha(letter);
}

static bool add_letter(struct caption_letters *out, uint32_t letter)
{
    if (is_space(letter))
        add(out, ' ');
    else if (cea608_has(letter))
        add(out, letter);
    else
        return !is_other_script(letter) && add_plain(out, letter);
    return true;
}

static char *compose(const char *text, size_t len)
{
    g_autofree char *whole = g_utf8_make_valid(text, (gssize)len);
    char *composed = g_utf8_normalize(whole, -1, G_NORMALIZE_DEFAULT_COMPOSE);
    return composed ? composed : g_steal_pointer(&whole);
}

bool caption_letters_read(const char *text, size_t len, struct caption_letters *out, uint32_t *other)
{
    g_autofree char *composed = compose(text, MIN(len, 4 * (size_t)CAPTION_LETTERS_MAX));
    size_t room = CAPTION_PLAIN_BYTES * strlen(composed) + 1;
    *out = (struct caption_letters){xcalloc(room, sizeof(uint32_t)), 0};
    for (const char *at = composed; *at; at = g_utf8_next_char(at)) {
        uint32_t letter = g_utf8_get_char(at);
        if (!add_letter(out, letter)) {
            *other = letter;
            caption_letters_fini(out);
            return false;
        }
    }
    while (out->count > 0 && out->letters[out->count - 1] == ' ')
        out->count--;
    return true;
}

void caption_letters_fini(struct caption_letters *text)
{
    free(text->letters);
    *text = (struct caption_letters){0};
}

size_t caption_word(const struct caption_letters *text, size_t from)
{
    size_t end = from;
    while (end < text->count && text->letters[end] != ' ')
        end++;
    return end - from;
}

size_t caption_row(const struct caption_letters *text, size_t *from)
{
    size_t len = 0;
    for (size_t at = *from; at < text->count;) {
        size_t end = at + caption_word(text, at) - *from;
        if (end > CAPTION_COLUMNS)
            break;
        len = end;
        at = *from + end + 1;
    }
    if (len == 0)
        len = MIN(text->count - *from, (size_t)CAPTION_COLUMNS);
    *from += len;
    if (*from < text->count && text->letters[*from] == ' ')
        ++*from;
    return len;
}
