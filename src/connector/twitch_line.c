#include "connector/twitch_line.h"

#include <endian.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

static const struct str tag_names[TAG_COUNT] = {
#define X(name, text) {text, sizeof(text) - 1},
    TWITCH_TAGS(X)
#undef X
};

/*
 * A perfect hash of the tag names: a multiplier under which no two share a slot is looked for once. Name and key are
 * compared by length, first and last eight bytes; that is all of a name up to 16 bytes.
 */
enum { SLOT_BITS = 10, SLOT_COUNT = 1 << SLOT_BITS };

struct fingerprint {
    uint64_t first, last;
    size_t len;
};

static uint8_t slots[SLOT_COUNT];  // tag + 1; 0: no tag of ours
static struct fingerprint fingerprints[TAG_COUNT];
static uint64_t multiplier;        // 0: not built yet

/* limit: how far may be read, at least text + len. */
static inline struct fingerprint fingerprint_of(const char *text, size_t len, const char *limit)
{
    struct fingerprint print = {0, 0, len};
    if (len >= 8) {
        memcpy(&print.first, text, 8);
        memcpy(&print.last, text + len - 8, 8);
    } else if (limit - text >= 8) {
        memcpy(&print.first, text, 8);
        print.first = le64toh(htole64(print.first) & ((UINT64_C(1) << 8 * len) - 1));
    } else {
        memcpy(&print.first, text, len);
    }
    return print;
}

static inline size_t slot_of(const struct fingerprint *print)
{
    uint64_t word = (print->first ^ (print->last << 1 | print->last >> 63)) + print->len;
    return (size_t)((word ^ word >> 29) * multiplier >> (64 - SLOT_BITS));
}

static bool try_multiplier(void)
{
    memset(slots, 0, sizeof(slots));
    for (size_t i = 0; i < TAG_COUNT; i++) {
        uint8_t *slot = &slots[slot_of(&fingerprints[i])];
        if (*slot)
            return false;
        *slot = (uint8_t)(i + 1);
    }
    return true;
}

static void build_slots(void)
{
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < TAG_COUNT; i++)
        fingerprints[i] = fingerprint_of(tag_names[i].data, tag_names[i].len, tag_names[i].data + tag_names[i].len);
    do {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        multiplier = state | 1;
    } while (!try_multiplier());
}

/* Between two marks: where the key begins, and its first '=' once it was seen. */
struct pair {
    const char *key, *equals;
};

static inline __attribute__((always_inline)) void keep_tag(struct twitch_line *line, const struct pair *pair,
                                                           const char *end, const char *limit)
{
    const char *equals = pair->equals ? pair->equals : end;
    size_t len = (size_t)(equals - pair->key);
    struct fingerprint print = fingerprint_of(pair->key, len, limit);
    size_t tag = slots[slot_of(&print)];
    if (tag == 0)
        return;
    const struct fingerprint *known = &fingerprints[--tag];
    if (((known->first ^ print.first) | (known->last ^ print.last) | (known->len ^ len)) != 0)
        return;
    if (len > 16 && memcmp(tag_names[tag].data, pair->key, len) != 0)
        return;
    line->is_present[tag] = true;
    const char *value = equals < end ? equals + 1 : end;  // no '=': an empty value
    line->tags[tag] = (struct str){value, (size_t)(end - value)};
}

/* Sixteen bytes at a time; the compiler makes of it what the processor has. */
typedef uint8_t chunk __attribute__((vector_size(16)));

/* A bit for each byte of `hits`, which are 0 or 255; the first byte's lowest. */
static inline uint64_t gather_bits(chunk hits)
{
#ifdef __SSE2__
    typedef char native __attribute__((vector_size(16)));
    return (uint16_t)__builtin_ia32_pmovmskb128((native)hits);
#else
    uint64_t halves[2];
    memcpy(halves, &hits, 16);
    for (int i = 0; i < 2; i++)
        halves[i] = (le64toh(halves[i]) & UINT64_C(0x8080808080808080)) * UINT64_C(0x0002040810204081) >> 56;
    return halves[0] | halves[1] << 8;
#endif
}

/* Where the marks stand among sixty-four bytes, a bit each. */
struct marks {
    uint64_t equals, ends;
};

static inline struct marks find_marks(const char *at)
{
    struct marks marks = {0, 0};
    for (int i = 0; i < 64; i += 16) {
        chunk bytes;
        memcpy(&bytes, at + i, 16);
        marks.equals |= gather_bits((chunk)(bytes == '=')) << i;
        marks.ends |= gather_bits((chunk)(bytes == ';')) << i;
    }
    return marks;
}

/* The pairs that end among the sixty-four bytes at `at`, each split at its first '='. */
static inline void take_block(struct twitch_line *line, struct pair *pair, const char *at, struct marks marks,
                              const char *limit)
{
    for (; marks.ends; marks.ends &= marks.ends - 1) {
        uint64_t until = marks.ends ^ (marks.ends - 1);  // up to and with the next ';'
        const char *end = at + __builtin_ctzll(marks.ends);
        if (!pair->equals && (marks.equals & until))
            pair->equals = at + __builtin_ctzll(marks.equals);
        keep_tag(line, pair, end, limit);
        *pair = (struct pair){end + 1, NULL};
        marks.equals &= ~until;
    }
    if (!pair->equals && marks.equals)
        pair->equals = at + __builtin_ctzll(marks.equals);
}

/*
 * tags: between '@' and the space. limit: end of the line; what lies between the tags' end and it may be looked at,
 * and is ignored.
 */
static void parse_tags(struct twitch_line *line, struct str tags, const char *limit)
{
    struct pair pair = {tags.data, NULL};
    const char *at = tags.data, *end = tags.data + tags.len;
    for (; at < end && limit - at >= 64; at += 64) {
        struct marks marks = find_marks(at);
        uint64_t inside = end - at < 64 ? (UINT64_C(1) << (end - at)) - 1 : UINT64_MAX;
        take_block(line, &pair, at, (struct marks){marks.equals & inside, marks.ends & inside}, limit);
    }
    if (at < end) {
        char rest[64] = {0};
        memcpy(rest, at, (size_t)(end - at));
        take_block(line, &pair, at, find_marks(rest), limit);
    }
    keep_tag(line, &pair, end, limit);
}

static const char *skip_spaces(const char *at, const char *end)
{
    while (at < end && *at == ' ')
        at++;
    return at;
}

static struct str take_word(const char **at, const char *end)
{
    const char *space = memchr(*at, ' ', (size_t)(end - *at));
    struct str word = {*at, (size_t)((space ? space : end) - *at)};
    *at = skip_spaces(word.data + word.len, end);
    return word;
}

static void parse_params(struct twitch_line *line, const char *at, const char *end)
{
    line->param_count = 0;
    while (at < end) {
        struct str *param = &line->params[line->param_count++];
        if (*at == ':' || line->param_count == TWITCH_PARAMS_MAX) {
            at += *at == ':';
            *param = (struct str){at, (size_t)(end - at)};
            return;
        }
        *param = take_word(&at, end);
    }
}

/* RFC 1459, 2.3.1: letters, or three digits. What is neither is no line of IRC, however it got here. */
static bool is_command(struct str word)
{
    size_t digits = 0, letters = 0;
    if (str_equal(word, STR("PRIVMSG")))
        return true;  // nearly all are
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.data[i];
        digits += c >= '0' && c <= '9';
        letters += (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    }
    return letters == word.len || (digits == word.len && digits == 3);
}

bool twitch_line_parse(struct twitch_line *line, const char *text, size_t len, struct error *err)
{
    if (len > TWITCH_LINE_BYTES_MAX)
        return error_set(err, ERROR_DATA, "an IRC line of %zu bytes; at most %d are read", len, TWITCH_LINE_BYTES_MAX);
    if (multiplier == 0)
        build_slots();
    const char *at = text, *end = text + len;
    memset(line->is_present, 0, sizeof(line->is_present));
    line->nick = STR("");
    if (at < end && *at == '@') {
        at++;
        struct str tags = take_word(&at, end);
        parse_tags(line, tags, end);
    }
    if (at < end && *at == ':') {
        at++;
        struct str prefix = take_word(&at, end);
        const char *bang = memchr(prefix.data, '!', prefix.len);
        line->nick = (struct str){prefix.data, bang ? (size_t)(bang - prefix.data) : prefix.len};
    }
    line->command = take_word(&at, end);
    if (line->command.len == 0)
        return error_set(err, ERROR_DATA, "an IRC line without a command");
    if (!is_command(line->command))
        return error_set(err, ERROR_DATA, "no IRC line: the command is \"%.*s\"; expected letters or three digits",
                         (int)(line->command.len < 20 ? line->command.len : 20), line->command.data);
    parse_params(line, at, end);
    return true;
}

int64_t twitch_number(struct str text, int64_t otherwise)
{
    if (text.len == 0 || text.len > 18)
        return otherwise;
    int64_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)text.data[i] - '0';
        if (digit > 9)
            return otherwise;
        number = number * 10 + digit;
    }
    return number;
}

int64_t twitch_line_int(const struct twitch_line *line, enum twitch_tag tag, int64_t otherwise)
{
    return twitch_line_has(line, tag) ? twitch_number(line->tags[tag], otherwise) : otherwise;
}

struct str twitch_line_trailing(const struct twitch_line *line, size_t count)
{
    return line->param_count >= count ? line->params[line->param_count - 1] : STR("");
}
