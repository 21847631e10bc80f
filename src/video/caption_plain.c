#include "video/caption_plain.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* Letters of living languages that GLib has no plain form for: Vietnamese, Icelandic, Maltese, Turkish, Sami, Hausa … */
static const struct {
    uint16_t letter;
    char plain[3];
} others[] = {
    {0x110, "D"}, {0x111, "d"}, {0xd0, "D"}, {0xf0, "d"}, {0xde, "Th"}, {0xfe, "th"}, {0x126, "H"}, {0x127, "h"},
    {0x131, "i"}, {0x13f, "L"}, {0x140, "l"}, {0x14a, "N"}, {0x14b, "n"}, {0x166, "T"}, {0x167, "t"}, {0x18f, "E"},
    {0x259, "e"}, {0x181, "B"}, {0x253, "b"}, {0x18a, "D"}, {0x257, "d"}, {0x198, "K"}, {0x199, "k"}, {0x186, "O"},
    {0x254, "o"}, {0x190, "E"}, {0x25b, "e"}, {0x1e9e, "SS"}, {0xaa, "a"}, {0xba, "o"}, {0x141, "L"}, {0x142, "l"},
    {0x1b3, "Y"}, {0x1b4, "y"},
};

const char *caption_plain(uint32_t letter, char out[CAPTION_PLAIN_BYTES])
{
    out[0] = '\0';
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        if (others[i].letter == letter)
            return strcpy(out, others[i].plain);
    }
    char own[5] = {0};
    utf8_encode(letter, own);
    g_autofree char *plain = g_str_to_ascii(own, "C");
    if (!strchr(plain, '?') && strlen(plain) < CAPTION_PLAIN_BYTES)
        strcpy(out, plain);
    return out;
}
