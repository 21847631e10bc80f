#include "video/trouble.h"

#include <stddef.h>
#include <string.h>

#include "base/memory.h"

/*
 * The first that is found counts. GIO's words (glib 2.74, gio/gsocket.c, gresolver.c), libsrt's (1.5, srtcore/strerror_defs.cpp),
 * rtmp2sink's (gst 1.22, gstrtmp2sink.c), filesink's and our own.
 */
static const struct {
    const char *words, *name;
} known[] = {
    {"waiting for a caller", "listening"},
    {"takes nothing", "stalled"},
    {"no space left", "disk"},
    {"not enough space", "disk"},
    {"disk", "disk"},
    {"read-only file system", "disk"},
    {"input/output error", "disk"},
    {"install the package", "missing"},
    {"recording \"", "folder"},  // what the disk has not refused above
    {"folder \"", "folder"},
    {"permission denied", ""},  // of a device: its own words name it
    {"not authorized", "denied"},
    {"unauthorized", "denied"},
    {"denied", "denied"},
    {"badname", "denied"},
    {"rejected", "denied"},
    {"password", "denied"},
    {"refused", "refused"},
    {"resolv", "unknown_host"},
    {"name or service not known", "unknown_host"},
    {"name resolution", "unknown_host"},
    {"unreachable", "unreachable"},
    {"no route to host", "unreachable"},
    {"timed out", "unreachable"},
    {"timeout", "unreachable"},
    {"connection does not exist", "unreachable"},
    {"connection setup failure", "unreachable"},
    {"reset", "lost"},
    {"broken", "lost"},
    {"closed", "lost"},
    {"hung up", "lost"},
};

const char *trouble_name(const char *text)
{
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        if (strcasestr(text, known[i].words))
            return known[i].name;
    }
    return "";
}
