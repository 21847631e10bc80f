#include "base/csv.h"

#include "base/bidi.h"
#include "base/buffer.h"

static bool is_formula(const struct buffer *text)
{
    return text->len > 0 && memchr("=+-@\t\r", text->data[0], 6);
}

void csv_add_cell(struct buffer *out, struct str text)
{
    struct buffer plain = {0};
    bidi_add_plain(&plain, text);  // first: behind one of them a formula would begin
    buffer_add_string(out, is_formula(&plain) ? "\"'" : "\"");
    for (size_t i = 0; i < plain.len; i++) {
        if (plain.data[i] == '"')
            buffer_add_char(out, '"');
        buffer_add_char(out, plain.data[i]);
    }
    buffer_add_char(out, '"');
    buffer_fini(&plain);
}
