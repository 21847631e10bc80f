#include <stdio.h>

#include "base/memory.h"
#include "chat/emotes.h"
#include "connector/twitch_cheers.h"
#include "connector/twitch_pictures.h"
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

struct str twitch_reader_emote_url(struct twitch_reader *reader, struct str id)
{
    size_t len = sizeof(URL_BEFORE) - 1 + id.len + sizeof(URL_BEHIND) - 1;
    char *url = is_id(id) ? twitch_reader_take(reader, len) : NULL;
    if (!url)
        return (struct str){0};
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

void twitch_reader_add_emote(struct twitch_reader *reader, struct message_draft *draft, const struct emote *emote)
{
    struct emote *emotes = reader->emotes;
    size_t i = draft->emote_count;
    if (i == TWITCH_EMOTES_MAX)
        return;
    draft->emotes = emotes;
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
        struct str url = twitch_reader_emote_url(reader, id);
        for (at = colon; at < end && *at != '/';) {
            size_t first = 0, last = 0;
            struct emote emote = {.id = id};
            at++;
            if (!take_range(&at, end, &first, &last) || !is_id(id) ||
                !code_points_range(&walk, first, last, &emote.from, &emote.to))
                continue;
            emote.url = url;
            emote.name = (struct str){draft->text.data + emote.from, emote.to - emote.from};
            twitch_reader_add_emote(reader, draft, &emote);
        }
        at += at < end;
    }
}

/* ---- cheermotes: not in the tag, found by their words ---- */

void twitch_reader_add_cheer(struct twitch_reader *reader, struct message_draft *draft, size_t from, size_t to,
                             const struct twitch_cheer *cheer)
{
    char *url = twitch_reader_take(reader, cheer->url_len), id[80];
    int id_len = snprintf(id, sizeof(id), "%.*s/%lld", (int)cheer->prefix.len, cheer->prefix.data, (long long)cheer->tier);
    char *id_at = twitch_reader_take(reader, (size_t)id_len);
    if (!url || !id_at)
        return;
    memcpy(url, cheer->url, cheer->url_len);
    memcpy(id_at, id, (size_t)id_len);
    twitch_reader_add_emote(reader, draft, &(struct emote){
        .id = {id_at, (size_t)id_len}, .name = {draft->text.data + from, to - from}, .url = {url, cheer->url_len},
        .from = (uint32_t)from, .to = (uint32_t)to});
}

void twitch_reader_add_cheers(struct twitch_reader *reader, struct message_draft *draft)
{
    struct str text = draft->text;
    struct twitch_cheer cheer;
    for (size_t from = 0, to; from < text.len; from = to + 1) {
        const char *space = memchr(text.data + from, ' ', text.len - from);
        to = space ? (size_t)(space - text.data) : text.len;
        if (twitch_cheers_find(twitch_pictures_cheers(reader->pictures), (struct str){text.data + from, to - from}, &cheer))
            twitch_reader_add_cheer(reader, draft, from, to, &cheer);
    }
}
