#include "relay/links.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "relay/lookalike.h"

/* A character as an address would have it: a small letter, a digit, a sign; LETTER for a letter of another script. */
struct sign {
    char c;
    bool is_plain;  // written as it is read
    uint32_t from, to;
};

enum { LETTER = 1 };

struct links {
    struct sign *signs;
    size_t count, capacity;
};

struct links *links_create(void)
{
    return xcalloc(1, sizeof(struct links));
}

void links_destroy(struct links *links)
{
    if (!links)
        return;
    free(links->signs);
    free(links);
}

/* --- The text as signs --- */

static bool is_dot(uint32_t c)
{
    return c == '.' || c == 0x2024 || c == 0x3002 || c == 0xff0e || c == 0xff61 || c == 0xfe52 || c == 0x06d4;
}

static char read_sign(const struct glyph *glyph, uint32_t c)
{
    if (is_dot(c))
        return '.';
    if (glyph->kind == GLYPH_SPACE)
        return ' ';
    if (glyph->kind == GLYPH_LETTER)
        return glyph->letters[0] < 0x80 ? (char)glyph->letters[0] : LETTER;
    if (glyph->kind == GLYPH_DIGIT)
        return (char)glyph->letters[0];
    return glyph->plain < 0x80 && glyph->plain > ' ' ? (char)glyph->plain : '\x7f';
}

static void read_text(struct links *links, struct str text)
{
    links->count = 0;
    for (size_t at = 0, size; at < text.len; at += size) {
        uint32_t c = utf8_decode(text.data + at, text.len - at, &size);
        const struct glyph *glyph = lookalike_find(c);
        if (!is_dot(c) && (glyph->kind == GLYPH_DROPPED || glyph->kind == GLYPH_MARK))
            continue;
        if (links->count == links->capacity) {
            links->capacity = links->capacity ? links->capacity * 2 : 256;
            links->signs = xreallocarray(links->signs, links->capacity, sizeof(*links->signs));
        }
        char sign = read_sign(glyph, c);
        links->signs[links->count++] = (struct sign){
            sign, c < 0x80 && !glyph->is_marked, (uint32_t)at, (uint32_t)(at + size)};
    }
}

static char sign_at(const struct links *links, size_t i)
{
    return i < links->count ? links->signs[i].c : '\0';
}

static bool is_label(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == LETTER || c == '-';
}

static size_t label_end(const struct links *links, size_t i)
{
    while (is_label(sign_at(links, i)))
        i++;
    return i;
}

static bool reads(const struct links *links, size_t i, const char *word)
{
    for (; *word; word++, i++) {
        if (sign_at(links, i) != *word)
            return false;
    }
    return true;
}

/* --- Endings --- */

/* Those that no everyday word is: a dot before them makes an address. */
static const char *const endings[] = {
    "com", "net", "org", "info", "biz", "xyz", "online", "site", "shop", "store", "club", "vip", "icu", "tv", "io", "gg", "ly",
    "co", "cc", "app", "dev", "link", "click", "stream", "ru", "su", "de", "fr", "uk", "us", "eu", "cn", "tw", "hk", "jp", "kr",
    "ir", "iq", "ae", "sa", "eg", "tr", "es", "pt", "br", "mx", "ar", "cl", "pe", "ca", "au", "nz", "nl", "ch", "pl", "cz", "ua",
    "by", "kz", "il", "pk", "vn", "th", "ph", "sg", "za", "ng", "ke", "se", "fi", "dk", "gr", "ro", "hu", "rs", "hr", "sk", "si",
    "bg", "lt", "lv", "ee", "ga", "ml", "cf", "tk", "gq", "ws", "pw", "gl", "porn", "xxx", "bet", "casino", "win", "bid", "loan",
    "page", "blog", "cloud", "tech", "pro", "chat", "news", "wiki", "mobi", "edu", "gov", "onion", "moe", "art", "fun", "cam",
};

/* Words besides: only what follows shows that it is one ("t.me/anna", "youtu.be/…"). */
static const char *const wordlike[] = {
    "me", "be", "is", "it", "so", "no", "my", "to", "in", "at", "as", "am", "do", "id", "la", "st", "sh", "li", "ai", "top",
    "live", "life", "game", "games", "video", "world", "today", "space", "one", "ninja", "best", "how", "zone", "social",
};

/* What is trusted to end an address that is written with blanks and words. */
static const char *const loose[] = {"com", "net", "org", "tv", "gg", "ru", "io", "info", "xyz", "ly", "link", "de", "ir", "cn"};

static const char *const foreign[] = {
    "рф", "рус", "укр", "бел", "бг", "срб", "москва", "онлайн", "сайт", "орг", "ком", "ایران", "ايران", "مصر", "السعودية",
    "امارات", "موقع", "شبكة", "المغرب", "中国", "中國", "公司", "网络", "網絡", "在线", "中文网", "网址", "香港", "台湾", "台灣",
    "商城", "भारत", "ไทย", "한국", "みんな", "コム", "ελ", "ευ",
};

static bool is_among(const struct links *links, size_t from, size_t to, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(list[i]) == to - from && reads(links, from, list[i]))
            return true;
    }
    return false;
}

static bool is_foreign_ending(struct str text, const struct links *links, size_t from, size_t to)
{
    struct str label = {text.data + links->signs[from].from, links->signs[to - 1].to - links->signs[from].from};
    for (size_t i = 0; i < ARRAY_LENGTH(foreign); i++) {
        if (str_equal(label, str_from(foreign[i])))
            return true;
    }
    return false;
}

/* --- Addresses --- */

struct find {
    struct links *links;
    struct str text;
    const char *const *allowed;
    size_t allowed_count;
    struct link_hit *hit;
};

static bool is_allowed(const struct find *find, const char *domain, bool is_plain)
{
    size_t len = strlen(domain);
    for (size_t i = 0; i < find->allowed_count && is_plain; i++) {
        size_t allowed = strlen(find->allowed[i]);
        if (len >= allowed && strcmp(domain + len - allowed, find->allowed[i]) == 0 &&
            (len == allowed || domain[len - allowed - 1] == '.'))
            return true;
    }
    return false;
}

/* Adds signs to the domain; false: they are not all written plainly, or too many. */
static bool add_signs(const struct links *links, size_t from, size_t to, char *domain, size_t *len)
{
    bool is_plain = true;
    for (size_t i = from; i < to; i++) {
        char c = links->signs[i].c;
        is_plain &= links->signs[i].is_plain && *len + 1 < LINK_DOMAIN_BYTES;
        if (*len + 1 < LINK_DOMAIN_BYTES)
            domain[(*len)++] = c == LETTER ? '?' : c;
    }
    return is_plain;
}

/* Signs from … to are the domain, of which dot … behind stand for one dot; false: it is an allowed one. */
static bool report_parts(const struct find *find, size_t from, size_t dot, size_t behind, size_t to)
{
    const struct links *links = find->links;
    char domain[LINK_DOMAIN_BYTES];
    size_t len = 0;
    bool is_plain = add_signs(links, from, dot, domain, &len) && behind == dot;
    if (behind > dot && len + 1 < sizeof(domain))
        domain[len++] = '.';
    is_plain = add_signs(links, behind, to, domain, &len) && is_plain;
    domain[len] = '\0';
    if (is_allowed(find, domain, is_plain))
        return false;
    *find->hit = (struct link_hit){.from = links->signs[from].from, .to = links->signs[to - 1].to};
    memcpy(find->hit->domain, domain, len + 1);
    return true;
}

static bool report(const struct find *find, size_t from, size_t to)
{
    return report_parts(find, from, to, to, to);
}

static size_t domain_begin(const struct links *links, size_t i)
{
    while (i > 0 && (is_label(links->signs[i - 1].c) || links->signs[i - 1].c == '.'))
        i--;
    return i;
}

static bool has_way(const struct links *links, size_t i)
{
    char c = sign_at(links, i), next = sign_at(links, i + 1);
    return (c == '/' || c == '?' || c == '#' || c == ':') && next && next != ' ';
}

/* A dot, and what follows is an ending. */
static bool check_dot(const struct find *find, size_t dot)
{
    const struct links *links = find->links;
    size_t end = label_end(links, dot + 1);
    if (dot == 0 || !is_label(links->signs[dot - 1].c) || end == dot + 1)
        return false;
    if (sign_at(links, end) == '.' && is_label(sign_at(links, end + 1)))
        return false;  // its last dot decides
    bool is_ending = is_among(links, dot + 1, end, endings, ARRAY_LENGTH(endings)) || reads(links, dot + 1, "xn--") ||
                     is_foreign_ending(find->text, links, dot + 1, end) ||
                     (has_way(links, end) && is_among(links, dot + 1, end, wordlike, ARRAY_LENGTH(wordlike)));
    return is_ending && report(find, domain_begin(links, dot), end);
}

static size_t skip_blanks(const struct links *links, size_t i)
{
    while (sign_at(links, i) == ' ')
        i++;
    return i;
}

/* "example (dot) com", "example[.]com", "example . com": the sign or word at i, to its end; i itself if there is none. */
static size_t dot_word_end(const struct links *links, size_t i)
{
    static const char *const words[] = {"dot", "punkt", "punto", "ponto", "nokta", "point", "d0t"};
    static const char brackets[] = "([{<*";
    bool is_in_brackets = sign_at(links, i) && strchr(brackets, sign_at(links, i));
    size_t at = skip_blanks(links, i + is_in_brackets), end = at;
    if (sign_at(links, at) == '.') {
        end = at + 1;
    } else {
        for (size_t k = 0; k < ARRAY_LENGTH(words) && end == at; k++)
            end = reads(links, at, words[k]) && !is_label(sign_at(links, at + strlen(words[k]))) ? at + strlen(words[k]) : at;
    }
    if (end == at)
        return i;
    end = skip_blanks(links, end);
    if (is_in_brackets) {
        char closing = sign_at(links, end);
        return closing && strchr(")]}>*", closing) ? skip_blanks(links, end + 1) : i;
    }
    return end;
}

/* i: behind a label, before a blank or a bracket. */
static bool check_dot_word(const struct find *find, size_t i)
{
    const struct links *links = find->links;
    size_t at = skip_blanks(links, i), behind = dot_word_end(links, at);
    if (behind == at || (at == i && sign_at(links, at) == '.'))
        return false;
    size_t end = label_end(links, behind);
    return is_among(links, behind, end, loose, ARRAY_LENGTH(loose)) &&
           report_parts(find, domain_begin(links, i), i, behind, end);
}

static bool check_scheme(const struct find *find, size_t i)
{
    const struct links *links = find->links;
    if (!reads(links, i, "://") || i == 0 || !is_label(links->signs[i - 1].c) || !is_label(sign_at(links, i + 3)))
        return false;
    size_t end = i + 3;
    while (is_label(sign_at(links, end)) || sign_at(links, end) == '.')
        end++;
    return report(find, i + 3, end);
}

static bool check_www(const struct find *find, size_t i)
{
    const struct links *links = find->links;
    if (!reads(links, i, "www.") || (i > 0 && is_label(links->signs[i - 1].c)) || !is_label(sign_at(links, i + 4)))
        return false;
    size_t end = i + 4;
    while (is_label(sign_at(links, end)) || sign_at(links, end) == '.')
        end++;
    return report(find, i, end);
}

/* 192.0.2.1 with a port or a path; alone it is as well a version. */
static bool check_number(const struct find *find, size_t i)
{
    const struct links *links = find->links;
    if (i > 0 && (is_label(links->signs[i - 1].c) || links->signs[i - 1].c == '.'))
        return false;
    size_t at = i;
    for (int part = 0; part < 4; part++) {
        size_t first = at;
        while (sign_at(links, at) >= '0' && sign_at(links, at) <= '9' && at - first < 3)
            at++;
        if (at == first || (part < 3 && sign_at(links, at++) != '.'))
            return false;
    }
    return has_way(links, at) && report(find, i, at);
}

static bool check_at(const struct find *find, size_t i)
{
    char c = find->links->signs[i].c;
    bool ends_label = is_label(c) && !is_label(sign_at(find->links, i + 1));
    return (c == '.' && check_dot(find, i)) || (c == ':' && check_scheme(find, i)) || (c == 'w' && check_www(find, i)) ||
           (c >= '0' && c <= '9' && check_number(find, i)) || (ends_label && check_dot_word(find, i + 1));
}

/* Nothing that could be part of one: most texts end here. */
static bool may_hold(struct str text)
{
    for (size_t i = 0; i + 1 < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        char next = (char)(text.data[i + 1] | 0x20);
        if (c >= 0x80 || c == '.' || c == ':')
            return true;
        c |= 0x20;
        if (((c == 'd' || c == 'n') && (next == 'o' || next == '0')) || (c == 'p' && (next == 'o' || next == 'u')))
            return true;  // "dot", "nokta", "punto"
    }
    return false;
}

bool links_find(struct links *links, struct str text, const char *const *allowed, size_t allowed_count, struct link_hit *hit)
{
    if (!may_hold(text))
        return false;
    const struct find find = {links, text, allowed, allowed_count, hit};
    read_text(links, text);
    for (size_t i = 0; i < links->count; i++) {
        if (check_at(&find, i))
            return true;
    }
    return false;
}

bool links_is_domain(const char *text)
{
    const char *dot = strchr(text, '.');
    size_t len = strlen(text);
    return dot && dot > text && dot[1] && len < LINK_DOMAIN_BYTES && text[len - 1] != '.' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.") == len && !strstr(text, "..");
}
