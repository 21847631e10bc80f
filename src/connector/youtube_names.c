#include "connector/youtube_names.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/utf8.h"

enum { VIDEO_ID_LEN = 11, CHANNEL_ID_LEN = 24, HANDLE_BYTES_MAX = 120 };

static bool is_id_char(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static size_t id_len(const char *text)
{
    size_t len = 0;
    while (is_id_char(text[len]))
        len++;
    return len;
}

/* Behind scheme and host if text is an address of YouTube's; else text, and *is_address false. */
static const char *path_of(const char *text, bool *is_address)
{
    static const char *const hosts[] = {"youtube.com/", "youtu.be/", "youtube-nocookie.com/"};
    static const char *const before[] = {"https://", "http://", "www.", "m.", "music.", "studio.", "gaming."};
    const char *at = text;
    for (size_t i = 0; i < ARRAY_LENGTH(before); i++) {
        if (strncasecmp(at, before[i], strlen(before[i])) == 0)
            at += strlen(before[i]);
    }
    *is_address = false;
    for (size_t i = 0; i < ARRAY_LENGTH(hosts); i++) {
        if (strncasecmp(at, hosts[i], strlen(hosts[i])) == 0) {
            *is_address = true;
            return at + strlen(hosts[i]);
        }
    }
    return text;
}

static char *take_video(const char *at)
{
    char after = at[id_len(at)];
    bool is_end = after == '\0' || strchr("?&/#", after);
    return id_len(at) == VIDEO_ID_LEN && is_end ? xstrndup(at, VIDEO_ID_LEN) : NULL;
}

char *youtube_video_id(const char *text)
{
    static const char *const folders[] = {"live/", "shorts/", "embed/", "v/", "video/"};
    bool is_address;
    const char *path = path_of(text, &is_address);
    if (!is_address)
        return text[id_len(text)] == '\0' ? take_video(text) : NULL;
    const char *query = strchr(path, '?');
    for (const char *at = query; at; at = strchr(at + 1, '&')) {
        if (strncmp(at + 1, "v=", 2) == 0)
            return take_video(at + 3);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(folders); i++) {
        if (strncmp(path, folders[i], strlen(folders[i])) == 0)
            return take_video(path + strlen(folders[i]));
    }
    return take_video(path);
}

bool youtube_is_channel_id(const char *name)
{
    return strncmp(name, "UC", 2) == 0 && id_len(name) == CHANNEL_ID_LEN && name[CHANNEL_ID_LEN] == '\0';
}

/* A handle is letters of any script, digits, '_', '-', '.'. */
static char *take_handle(const char *at)
{
    size_t len = strcspn(at, "/?&# \t\r\n\"<>");
    if (len < 2 || len > HANDLE_BYTES_MAX || !utf8_is_valid(at, len))
        return NULL;
    return at[strcspn(at, " \t\r\n\"<>")] ? NULL : xstrndup(at, len);
}

char *youtube_channel_name(const char *text)
{
    bool is_address;
    const char *path = path_of(text, &is_address);
    if (strncmp(path, "channel/", 8) == 0 && is_address)
        path += 8;
    if (strncmp(path, "UC", 2) == 0 && id_len(path) == CHANNEL_ID_LEN)
        return xstrndup(path, CHANNEL_ID_LEN);
    if (*path == '@')
        return take_handle(path);
    if (is_address && (strncmp(path, "user/", 5) == 0 || strncmp(path, "c/", 2) == 0)) {
        char *name = take_handle(strchr(path, '/') + 1);
        char *full = name ? xasprintf("user:%s", name) : NULL;
        free(name);
        return full;
    }
    // A bare word is most likely a handle without its '@'.
    char *name = is_address || strchr(text, '/') ? NULL : take_handle(text);
    char *full = name ? xasprintf("@%s", name) : NULL;
    free(name);
    return full;
}
