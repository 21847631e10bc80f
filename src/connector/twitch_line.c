#include "connector/twitch_line.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

static const struct str tag_names[TAG_COUNT] = {
#define X(name, text) {text, sizeof(text) - 1},
    TWITCH_TAGS(X)
#undef X
};

/*
 * A perfect hash of the tag names: a multiplier under which no two share a slot is looked for once. A name costs one
 * multiplication and one comparison then, against some 40 ns for a search through the names of its length.
 */
enum { SLOT_BITS = 10, SLOT_COUNT = 1 << SLOT_BITS };
static uint8_t slots[SLOT_COUNT];  // tag + 1; 0: no tag of ours
static uint64_t multiplier;        // 0: not built yet

static uint64_t load(const char *text, size_t len)
{
    uint64_t word = 0;
    memcpy(&word, text, len);
    return word;
}

/* Length, first and last eight bytes: no two of the names agree in all three. */
static inline size_t slot_of(const char *text, size_t len)
{
    uint64_t word;
    if (len >= 8) {
        uint64_t last;
        memcpy(&word, text, 8);
        memcpy(&last, text + len - 8, 8);
        word = (word ^ (last << 1 | last >> 63)) + len;
    } else {
        word = load(text, len) + len;
    }
    return (size_t)((word ^ word >> 29) * multiplier >> (64 - SLOT_BITS));
}

static bool try_multiplier(void)
{
    memset(slots, 0, sizeof(slots));
    for (size_t i = 0; i < TAG_COUNT; i++) {
        uint8_t *slot = &slots[slot_of(tag_names[i].data, tag_names[i].len)];
        if (*slot)
            return false;
        *slot = (uint8_t)(i + 1);
    }
    return true;
}

static void build_slots(void)
{
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
    do {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        multiplier = state | 1;
    } while (!try_multiplier());
}

static inline void keep_tag(struct twitch_line *line, const char *key, const char *equals, const char *end)
{
    size_t len = (size_t)(equals - key);
    if (len == 0)
        return;
    size_t tag = slots[slot_of(key, len)];
    if (tag == 0 || tag_names[tag - 1].len != len || memcmp(tag_names[tag - 1].data, key, len) != 0)
        return;
    tag--;
    line->present[tag >> 6] |= UINT64_C(1) << (tag & 63);
    const char *value = equals < end ? equals + 1 : end;  // no '=': an empty value
    line->tags[tag] = (struct str){value, (size_t)(end - value)};
}

/* From behind the '@'; returns where the space stands, or end. Each pair is split at its first '='. */
static const char *parse_tags(struct twitch_line *line, const char *at, const char *end)
{
    while (at < end && *at != ' ') {
        const char *key = at;
        while (at < end && *at != '=' && *at != ';' && *at != ' ')
            at++;
        const char *equals = at;
        while (at < end && *at != ';' && *at != ' ')
            at++;
        keep_tag(line, key, equals, at);
        if (at < end && *at == ';')
            at++;
    }
    return at;
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

bool twitch_line_parse(struct twitch_line *line, const char *text, size_t len, struct error *err)
{
    if (len > TWITCH_LINE_BYTES_MAX)
        return error_set(err, ERROR_DATA, "an IRC line of %zu bytes; at most %d are read", len, TWITCH_LINE_BYTES_MAX);
    if (multiplier == 0)
        build_slots();
    const char *at = text, *end = text + len;
    line->present[0] = line->present[1] = 0;
    line->nick = (struct str){0};
    if (at < end && *at == '@')
        at = skip_spaces(parse_tags(line, at + 1, end), end);
    if (at < end && *at == ':') {
        at++;
        struct str prefix = take_word(&at, end);
        const char *bang = memchr(prefix.data, '!', prefix.len);
        line->nick = (struct str){prefix.data, bang ? (size_t)(bang - prefix.data) : prefix.len};
    }
    line->command = take_word(&at, end);
    if (line->command.len == 0)
        return error_set(err, ERROR_DATA, "an IRC line without a command");
    parse_params(line, at, end);
    return true;
}

int64_t twitch_line_int(const struct twitch_line *line, enum twitch_tag tag, int64_t otherwise)
{
    struct str text = twitch_line_tag(line, tag);
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

struct str twitch_line_trailing(const struct twitch_line *line, size_t count)
{
    return line->param_count >= count ? line->params[line->param_count - 1] : (struct str){0};
}

size_t twitch_unescape(struct str text, char *out)
{
    size_t written = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '\\') {
            if (++i == text.len)
                break;  // a lone last backslash is dropped
            c = text.data[i];
            c = c == ':' ? ';' : c == 's' ? ' ' : c == 'r' ? '\r' : c == 'n' ? '\n' : c;
        }
        out[written++] = c;
    }
    return written;
}
