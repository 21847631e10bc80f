#include "connector/irc_room.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "chat/message.h"

void irc_set_text(char **slot, struct str text)
{
    char *copy = text.len ? xstrndup(text.data, text.len) : NULL;  // first: text may be the old one
    free(*slot);
    *slot = copy;
}

/* ---- names ---- */

static char fold_char(const struct irc_room *room, char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c | 0x20);
    if (room->fold == IRC_FOLD_ASCII)
        return c;
    switch (c) {
    case '[': return '{';
    case ']': return '}';
    case '\\': return '|';
    case '~': return room->fold == IRC_FOLD_RFC1459 ? '^' : c;
    default: return c;
    }
}

bool irc_room_is_same(const struct irc_room *room, struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (fold_char(room, a.data[i]) != fold_char(room, b.data[i]))
            return false;
    }
    return true;
}

char *irc_room_fold(const struct irc_room *room, struct str name)
{
    char *folded = xstrndup(name.len ? name.data : "", name.len);
    for (char *c = folded; *c; c++)
        *c = fold_char(room, *c);
    return folded;
}

bool irc_room_is_us(const struct irc_room *room, struct str nick)
{
    return room->nick && nick.len > 0 && irc_room_is_same(room, nick, str_from(room->nick));
}

bool irc_room_is_channel(const struct irc_room *room, struct str name)
{
    return name.len > 1 && strchr(room->chantypes, name.data[0]) != NULL;
}

/* ---- rules ---- */

static void copy_text(char *out, size_t size, struct str text)
{
    size_t len = text.len < size - 1 ? text.len : size - 1;
    memcpy(out, text.len ? text.data : "", len);
    out[len] = '\0';
}

/* "(ov)@+" */
static void take_prefix(struct irc_room *room, struct str value)
{
    const char *close = value.len ? memchr(value.data, ')', value.len) : NULL;
    if (!close || value.data[0] != '(')
        return;
    size_t count = (size_t)(close - value.data) - 1;
    if (value.len - count - 2 != count || count >= IRC_MODES_MAX)
        return;
    copy_text(room->prefix_modes, IRC_MODES_MAX, (struct str){value.data + 1, count});
    copy_text(room->prefix_marks, IRC_MODES_MAX, (struct str){close + 1, count});
}

/* "A,B,C,D" */
static void take_chanmodes(struct irc_room *room, struct str value)
{
    char *const slots[] = {room->list_modes, room->set_modes, room->on_modes};
    const char *at = value.data, *end = at + value.len;
    for (size_t i = 0; i < ARRAY_LENGTH(slots) && at <= end; i++) {
        const char *comma = at < end ? memchr(at, ',', (size_t)(end - at)) : NULL;
        struct str part = {at, (size_t)((comma ? comma : end) - at)};
        copy_text(slots[i], sizeof(room->list_modes), part);
        at += part.len + 1;
    }
}

static void take_fold(struct irc_room *room, struct str value)
{
    room->fold = str_equal(value, STR("ascii"))            ? IRC_FOLD_ASCII
                 : str_equal(value, STR("rfc1459-strict")) ? IRC_FOLD_STRICT
                                                           : IRC_FOLD_RFC1459;
}

static int take_number(struct str value, int least, int most, int otherwise)
{
    int number = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9' || number > most)
            return otherwise;
        number = number * 10 + (value.data[i] - '0');
    }
    return value.len > 0 && number >= least && number <= most ? number : otherwise;
}

void irc_room_take_rule(struct irc_room *room, struct str token)
{
    const char *equals = token.len ? memchr(token.data, '=', token.len) : NULL;
    struct str key = {token.data, equals ? (size_t)(equals - token.data) : token.len};
    struct str value = equals ? (struct str){equals + 1, token.len - key.len - 1} : STR("");
    if (str_equal(key, STR("PREFIX")))
        take_prefix(room, value);
    else if (str_equal(key, STR("CHANMODES")))
        take_chanmodes(room, value);
    else if (str_equal(key, STR("CASEMAPPING")))
        take_fold(room, value);
    else if (str_equal(key, STR("CHANTYPES")) && value.len > 0)
        copy_text(room->chantypes, sizeof(room->chantypes), value);
    else if (str_equal(key, STR("NETWORK")))
        irc_set_text(&room->network, value);
    else if (str_equal(key, STR("LINELEN")))
        room->line_bytes = (size_t)take_number(value, IRC_LINE_BYTES, IRC_LINE_BYTES_MAX, IRC_LINE_BYTES);
    else if (str_equal(key, STR("CHATHISTORY")) || str_equal(key, STR("draft/CHATHISTORY")))
        room->history_max = take_number(value, 0, 1000, 0);
    else if (str_equal(key, STR("MSGREFTYPES")))
        room->has_id_refs = value.len > 0 && memmem(value.data, value.len, "msgid", 5);
}

/* ---- members ---- */

static struct list *bucket_of(const struct irc_room *room, const char *key)
{
    uint64_t hash = hash_bytes(&room->key, key, strlen(key));
    return (struct list *)&room->buckets[hash % IRC_BUCKETS];
}

static struct irc_member *find_key(const struct irc_room *room, const char *key)
{
    struct irc_member *member;
    struct list *bucket = bucket_of(room, key);
    list_for_each(member, bucket, link) {
        if (strcmp(member->key, key) == 0)
            return member;
    }
    return NULL;
}

struct irc_member *irc_room_find(const struct irc_room *room, struct str nick)
{
    char *key = irc_room_fold(room, nick);
    struct irc_member *member = find_key(room, key);
    free(key);
    return member;
}

struct irc_member *irc_room_add(struct irc_room *room, struct str nick)
{
    char *key = irc_room_fold(room, nick);
    struct irc_member *member = find_key(room, key);
    if (member || room->member_count >= IRC_MEMBERS_MAX || nick.len == 0) {
        free(key);
        return member;
    }
    member = xcalloc(1, sizeof(*member));
    member->key = key;
    member->nick = xstrndup(nick.data, nick.len);
    list_append(bucket_of(room, key), &member->link);
    room->member_count++;
    return member;
}

static void member_free(struct irc_room *room, struct irc_member *member)
{
    list_remove(&member->link);
    room->member_count--;
    free(member->key);
    free(member->nick);
    free(member->account);
    free(member->userhost);
    free(member);
}

void irc_room_remove(struct irc_room *room, struct str nick)
{
    struct irc_member *member = irc_room_find(room, nick);
    if (member)
        member_free(room, member);
}

void irc_room_rename(struct irc_room *room, struct str from, struct str to)
{
    struct irc_member *member = irc_room_find(room, from);
    if (irc_room_is_us(room, from))
        irc_set_text(&room->nick, to);
    if (!member || to.len == 0)
        return;
    struct irc_member *other = irc_room_find(room, to);
    if (other && other != member)
        member_free(room, other);
    list_remove(&member->link);
    free(member->key);
    member->key = irc_room_fold(room, to);
    irc_set_text(&member->nick, to);
    list_append(bucket_of(room, member->key), &member->link);
}

void irc_room_add_name(struct irc_room *room, struct str name)
{
    uint32_t modes = 0;
    while (name.len > 0) {
        const char *mark = strchr(room->prefix_marks, name.data[0]);
        if (!mark)
            break;
        modes |= UINT32_C(1) << (mark - room->prefix_marks);
        name = (struct str){name.data + 1, name.len - 1};
    }
    const char *bang = name.len ? memchr(name.data, '!', name.len) : NULL;
    struct str nick = {name.data, bang ? (size_t)(bang - name.data) : name.len};
    struct irc_member *member = irc_room_add(room, nick);
    if (!member)
        return;
    member->modes = modes;
    if (bang)
        irc_set_text(&member->userhost, (struct str){bang + 1, name.len - nick.len - 1});
}

uint32_t irc_room_roles(const struct irc_room *room, const struct irc_member *member)
{
    uint32_t roles = 0;
    for (size_t i = 0; member && room->prefix_modes[i]; i++) {
        if (!(member->modes & UINT32_C(1) << i))
            continue;
        char mode = room->prefix_modes[i];
        roles |= mode == 'q' ? ROLE_BROADCASTER : mode == 'v' ? ROLE_VIP : strchr("aohyY", mode) ? ROLE_MODERATOR : 0;
    }
    return roles;
}

/* ---- modes ---- */

static bool takes_param(const struct irc_room *room, const struct irc_mode *mode)
{
    return strchr(room->prefix_modes, mode->mode) || strchr(room->list_modes, mode->mode) ||
           strchr(room->set_modes, mode->mode) || (mode->is_set && strchr(room->on_modes, mode->mode));
}

void irc_room_each_mode(const struct irc_room *room, const struct irc_line *line, size_t first,
                        void (*fn)(void *data, const struct irc_mode *mode), void *data)
{
    struct str letters = irc_line_param(line, first);
    struct irc_mode mode = {.is_set = true};
    size_t next = first + 1;
    for (size_t i = 0; i < letters.len; i++) {
        char c = letters.data[i];
        if (c == '+' || c == '-') {
            mode.is_set = c == '+';
            continue;
        }
        mode.mode = c;
        mode.param = takes_param(room, &mode) ? irc_line_param(line, next++) : STR("");
        fn(data, &mode);
    }
}

bool irc_room_set_mode(struct irc_room *room, const struct irc_mode *mode)
{
    const char *at = strchr(room->prefix_modes, mode->mode);
    if (!at)
        return false;
    struct irc_member *member = irc_room_find(room, mode->param);
    uint32_t bit = UINT32_C(1) << (at - room->prefix_modes);
    if (member)
        member->modes = mode->is_set ? member->modes | bit : member->modes & ~bit;
    return true;
}

/* Linear in the text but for the last star, which alone is tried again: no mask of a peer's costs more than len². */
bool irc_room_matches(const struct irc_room *room, struct str mask, struct str text)
{
    size_t m = 0, t = 0, star = SIZE_MAX, mark = 0;
    while (t < text.len) {
        if (m < mask.len && mask.data[m] == '*') {
            star = m++;
            mark = t;
        } else if (m < mask.len && (mask.data[m] == '?' || fold_char(room, mask.data[m]) == fold_char(room, text.data[t]))) {
            m++;
            t++;
        } else if (star != SIZE_MAX) {
            m = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (m < mask.len && mask.data[m] == '*')
        m++;
    return m == mask.len;
}

/* ---- life ---- */

void irc_room_init(struct irc_room *room)
{
    *room = (struct irc_room){.line_bytes = IRC_LINE_BYTES};
    random_bytes(&room->key, sizeof(room->key));
    for (size_t i = 0; i < IRC_BUCKETS; i++)
        list_init(&room->buckets[i]);
    // RFC 1459 and 2811, for servers that say nothing.
    take_prefix(room, STR("(ov)@+"));
    take_chanmodes(room, STR("beI,k,l,imnpst"));
    copy_text(room->chantypes, sizeof(room->chantypes), STR("#&"));
}

void irc_room_clear(struct irc_room *room)
{
    for (size_t i = 0; i < IRC_BUCKETS; i++) {
        while (!list_is_empty(&room->buckets[i]))
            member_free(room, container_of(room->buckets[i].next, struct irc_member, link));
    }
}

void irc_room_fini(struct irc_room *room)
{
    irc_room_clear(room);
    free(room->network);
    free(room->nick);
    free(room->userhost);
}
