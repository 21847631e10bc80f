#include "base/csv.h"

#include "base/buffer.h"

static bool is_formula(struct str text)
{
    return text.len > 0 && memchr("=+-@\t\r", text.data[0], 6);
}

void csv_add_cell(struct buffer *out, struct str text)
{
    buffer_add_string(out, is_formula(text) ? "\"'" : "\"");
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"')
            buffer_add_char(out, '"');
        buffer_add_char(out, text.data[i]);
    }
    buffer_add_char(out, '"');
}
