#include "base/bidi.h"

#include "base/buffer.h"
#include "base/utf8.h"

void bidi_add_plain(struct buffer *out, struct str text)
{
    for (size_t i = 0, size; i < text.len; i += size) {
        uint32_t c = utf8_decode(text.data + i, text.len - i, &size);
        if (!(c >= 0x202a && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069))
            buffer_add(out, text.data + i, size);
    }
}
