#include "api/qr_rows.h"

#include <qrencode.h>

json_t *qr_rows(const char *url)
{
    QRcode *code = QRcode_encodeString(url, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
    if (!code)
        return NULL;
    json_t *rows = json_array();
    char row[256];
    for (int y = 0; y < code->width && code->width < (int)sizeof(row); y++) {
        for (int x = 0; x < code->width; x++)
            row[x] = code->data[y * code->width + x] & 1 ? '1' : '0';
        json_array_append_new(rows, json_stringn(row, (size_t)code->width));
    }
    QRcode_free(code);
    return rows;
}
