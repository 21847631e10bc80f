#include "chat/emotes.h"

#include "base/utf8.h"

/* True: the cursor stands before code point `index` or, at the text's end, behind the last. */
static bool go_to(struct code_points *walk, size_t index)
{
    if (index < walk->index)
        walk->index = walk->offset = 0;
    while (walk->index < index) {
        if (walk->offset >= walk->text.len)
            return false;
        const char *at = walk->text.data + walk->offset;
        size_t size = 1;
        if ((unsigned char)*at >= 0x80)
            utf8_decode(at, walk->text.len - walk->offset, &size);
        walk->offset += size;
        walk->index++;
    }
    return true;
}

bool code_points_range(struct code_points *walk, size_t first, size_t last, uint32_t *from, uint32_t *to)
{
    if (last < first || last >= walk->text.len || walk->text.len > UINT32_MAX || !go_to(walk, first))
        return false;
    size_t start = walk->offset;
    if (!go_to(walk, last + 1))
        return false;
    *from = (uint32_t)start;
    *to = (uint32_t)walk->offset;
    return true;
}
