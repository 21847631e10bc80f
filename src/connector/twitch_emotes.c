#include "base/memory.h"
#include "chat/emotes.h"
#include "connector/twitch_reader.h"

#define URL_BEFORE "https://static-cdn.jtvnw.net/emoticons/v2/"
#define URL_BEHIND "/default/dark/2.0"

enum { ID_BYTES_MAX = 80 };

/* Ids go into an address: only what Twitch's ids are made of. */
static bool is_id(struct str id)
{
    for (size_t i = 0; i < id.len; i++) {
        unsigned char c = (unsigned char)id.data[i];
        bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (!is_letter && (c < '0' || c > '9') && c != '_' && c != '-')
            return false;
    }
    return id.len > 0 && id.len <= ID_BYTES_MAX;
}

static struct str make_url(struct twitch_reader *reader, struct str id)
{
    size_t len = sizeof(URL_BEFORE) - 1 + id.len + sizeof(URL_BEHIND) - 1;
    if (reader->arena_used + len > TWITCH_ARENA_BYTES)
        return (struct str){0};
    char *url = reader->arena + reader->arena_used;
    reader->arena_used += len;
    memcpy(url, URL_BEFORE, sizeof(URL_BEFORE) - 1);
    memcpy(url + sizeof(URL_BEFORE) - 1, id.data, id.len);
    memcpy(url + sizeof(URL_BEFORE) - 1 + id.len, URL_BEHIND, sizeof(URL_BEHIND) - 1);
    return (struct str){url, len};
}

/* At most 7 digits, so that nothing overflows; moves *at behind them. */
static bool take_number(const char **at, const char *end, size_t *number)
{
    const char *start = *at;
    *number = 0;
    while (*at < end && **at >= '0' && **at <= '9' && *at - start < 7)
        *number = *number * 10 + (size_t)(*(*at)++ - '0');
    return *at > start;
}

/* "0-4": *at moves behind it. False: malformed ("04", "4-0"); *at stands at the next ',' or '/' then. */
static bool take_range(const char **at, const char *end, size_t *first, size_t *last)
{
    bool is_good = take_number(at, end, first) && *at < end && **at == '-';
    if (is_good) {
        (*at)++;
        is_good = take_number(at, end, last) && *last >= *first;
    }
    if (*at < end && **at != ',' && **at != '/')
        is_good = false;
    while (*at < end && **at != ',' && **at != '/')
        (*at)++;
    return is_good;
}

/* Keeps emotes in the order of the text; one that overlaps an earlier one is left out. */
static void add_emote(struct message_draft *draft, struct emote *emotes, const struct emote *emote)
{
    size_t i = draft->emote_count;
    while (i > 0 && emotes[i - 1].from >= emote->to)
        i--;
    if (i > 0 && emotes[i - 1].to > emote->from)
        return;
    for (size_t k = draft->emote_count; k > i; k--)
        emotes[k] = emotes[k - 1];
    emotes[i] = *emote;
    draft->emote_count++;
}

/* "25:0-4,8-12/1902:6-10": inclusive, counted in code points of the text. */
void twitch_reader_set_emotes(struct twitch_reader *reader, struct str ranges, struct message_draft *draft)
{
    struct code_points walk = code_points_of(draft->text);
    const char *at = ranges.data, *end = ranges.data + ranges.len;
    draft->emotes = reader->emotes;
    while (at < end) {
        const char *colon = memchr(at, ':', (size_t)(end - at));
        if (!colon)
            return;
        struct str id = {at, (size_t)(colon - at)};
        bool is_known = is_id(id);
        struct str url = {0};
        for (at = colon; at < end && *at != '/';) {
            size_t first = 0, last = 0;
            struct emote emote = {.id = id};
            at++;
            if (!take_range(&at, end, &first, &last) || !is_known || draft->emote_count == TWITCH_EMOTES_MAX)
                continue;
            if (!code_points_range(&walk, first, last, &emote.from, &emote.to))
                continue;
            if (url.len == 0)
                url = make_url(reader, id);
            emote.url = url;
            emote.name = (struct str){draft->text.data + emote.from, emote.to - emote.from};
            add_emote(draft, reader->emotes, &emote);
        }
        at += at < end;
    }
}
