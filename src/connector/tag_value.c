#include "connector/tag_value.h"

/* ircv3.net, Message Tags, "Escaping values": what is no escape stands for its second character. */
size_t tag_value_unescape(struct str value, char *out)
{
    size_t written = 0;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];
        if (c == '\\') {
            if (++i == value.len)
                break;  // a lone last backslash is dropped
            c = value.data[i];
            c = c == ':' ? ';' : c == 's' ? ' ' : c == 'r' ? '\r' : c == 'n' ? '\n' : c;
        }
        out[written++] = c;
    }
    return written;
}
