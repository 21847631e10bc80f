#include "cli/qr_code.h"

#include <qrencode.h>
#include <stdbool.h>
#include <stdio.h>

enum { QUIET_MODULES = 2 };

static bool is_dark(const QRcode *code, int x, int y)
{
    return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1);
}

/* Two rows of modules a line, white on black's inverse, so that both light and dark terminals can be read. */
void qr_code_print(const char *text)
{
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
    if (!code)
        return;
    for (int y = -QUIET_MODULES; y < code->width + QUIET_MODULES; y += 2) {
        printf("\033[97;40m");
        for (int x = -QUIET_MODULES; x < code->width + QUIET_MODULES; x++) {
            bool is_upper_light = !is_dark(code, x, y), is_lower_light = !is_dark(code, x, y + 1);
            fputs(is_upper_light ? (is_lower_light ? "█" : "▀") : (is_lower_light ? "▄" : " "), stdout);
        }
        printf("\033[0m\n");
    }
    QRcode_free(code);
}
