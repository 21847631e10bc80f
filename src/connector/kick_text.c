/* kick_text.c - Kick's emotes in brackets, and badges. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "connector/kick_reader.h"

struct bracket {
    struct str id, name;
    size_t len;  // of all of it, "[emote:" to "]"
};

/* \[emote:([0-9]+):([^\]]*)\] at the start of text. */
static bool read_bracket(struct str text, struct bracket *out)
{
    static const struct str before = {"[emote:", 7};
    if (!str_starts_with(text, before))
        return false;
    size_t i = before.len;
    while (i < text.len && text.data[i] >= '0' && text.data[i] <= '9')
        i++;
    out->id = (struct str){text.data + before.len, i - before.len};
    if (out->id.len == 0 || out->id.len > 20 || i == text.len || text.data[i] != ':')
        return false;
    const char *name = text.data + i + 1, *end = memchr(name, ']', text.len - i - 1);
    if (!end)
        return false;
    out->name = (struct str){name, (size_t)(end - name)};
    out->len = (size_t)(end + 1 - text.data);
    return true;
}

/* An emote without a name keeps its brackets: something has to stand where the picture goes. */
static void add_emote(struct kick_reader *reader, const struct bracket *bracket, struct str shown, size_t from,
                      struct emote *emotes, size_t *count)
{
    if (!emotes || *count >= KICK_EMOTES_MAX)
        return;
    emotes[(*count)++] = (struct emote){
        .id = bracket->id, .name = bracket->name, .from = (uint32_t)from, .to = (uint32_t)(from + shown.len),
        .url = field_make(&reader->scratch, "https://files.kick.com/emotes/%.*s/fullsize", (int)bracket->id.len,
                          bracket->id.data)};
}

struct str kick_text(struct kick_reader *reader, struct str content, struct emote *emotes, size_t *emote_count)
{
    struct bracket bracket;
    if (content.len == 0 || !memmem(content.data, content.len, "[emote:", 7))
        return content;
    struct str out = field_keep(&reader->scratch, content.data, content.len);
    if (out.len == 0)
        return content;
    char *text = (char *)out.data;  // ours: the names are moved together in it
    size_t len = 0;
    for (size_t i = 0; i < content.len;) {
        struct str rest = {content.data + i, content.len - i};
        const char *next = rest.data[0] == '[' ? rest.data : memchr(rest.data, '[', rest.len);
        struct str piece = {rest.data, next ? (size_t)(next - rest.data) : rest.len};
        size_t step = piece.len;
        if (next == rest.data) {
            bool is_emote = read_bracket(rest, &bracket);
            step = is_emote ? bracket.len : 1;
            piece = is_emote && bracket.name.len > 0 ? bracket.name : (struct str){rest.data, step};
            if (is_emote)
                add_emote(reader, &bracket, piece, len, emotes, emote_count);
        }
        memcpy(text + len, piece.data, piece.len);
        len += piece.len;
        i += step;
    }
    return (struct str){text, len};
}

static uint32_t role_of(struct str badge)
{
    static const struct {
        struct str badge;
        uint32_t role;
    } table[] = {
        {{"broadcaster", 11}, ROLE_BROADCASTER}, {{"moderator", 9}, ROLE_MODERATOR}, {{"vip", 3}, ROLE_VIP},
        {{"subscriber", 10}, ROLE_SUBSCRIBER}, {{"founder", 7}, ROLE_SUBSCRIBER}, {{"verified", 8}, ROLE_VERIFIED},
        {{"staff", 5}, ROLE_STAFF}, {{"bot", 3}, ROLE_BOT},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
        if (str_equal(badge, table[i].badge))
            return table[i].role;
    }
    return 0;
}

void kick_reader_set_pictures(struct kick_reader *reader, const json_t *badges)
{
    for (size_t i = 0; i < reader->picture_count; i++)
        free(reader->pictures[i].url);
    reader->picture_count = 0;
    for (size_t i = 0; i < json_array_size(badges) && reader->picture_count < KICK_PICTURES_MAX; i++) {
        const json_t *badge = json_array_get(badges, i);
        struct str url = field_text(json_object_get(badge, "badge_image"), "src");
        int64_t months = json_get_int(badge, "months", 0);
        if (months > 0 && url.len < 500 && str_starts_with(url, STR("https://")))
            reader->pictures[reader->picture_count++] = (struct kick_picture){months, xstrndup(url.data, url.len)};
    }
}

/* The badge of the most months that are not more than these. */
static struct str picture_of(const struct kick_reader *reader, int64_t months)
{
    const struct kick_picture *best = NULL;
    for (size_t i = 0; i < reader->picture_count; i++) {
        const struct kick_picture *picture = &reader->pictures[i];
        if (picture->months <= months && (!best || picture->months > best->months))
            best = picture;
    }
    return str_from(best ? best->url : NULL);
}

void kick_badges(struct kick_reader *reader, const json_t *badges)
{
    struct message_author *author = &reader->draft.author;
    author->badges = reader->badges;
    for (size_t i = 0; i < json_array_size(badges) && author->badge_count < KICK_BADGES_MAX; i++) {
        const json_t *badge = json_array_get(badges, i);
        struct str type = field_text(badge, "type");
        int64_t count = json_get_int(badge, "count", 0);
        bool is_subscriber = str_equal(type, STR("subscriber"));
        author->roles |= role_of(type);
        if (is_subscriber && count > 0)
            author->months = count;
        if (type.len == 0 || type.len > 64)
            continue;
        if (count > 0)
            type = field_make(&reader->scratch, "%.*s/%lld", (int)type.len, type.data, (long long)count);
        struct str picture = is_subscriber ? picture_of(reader, count) : (struct str){0};
        if (picture.len > 0)
            author->badge_images = reader->badge_images;
        reader->badge_images[author->badge_count] = picture;
        reader->badges[author->badge_count++] = type;
    }
}
