#include "connector/html_text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/utf8.h"

enum { ENTITY_BYTES_MAX = 12, ADDRESS_BYTES_MAX = 2048, NAME_BYTES_MAX = 200 };

#define OBJECT_CHARACTER "\xef\xbf\xbc"  // U+FFFC: a picture without words

struct html_emote {
    size_t from, to;         // in bytes
    size_t name, name_len;   // in names
    size_t url, url_len;
};

/* A tag between < and >. */
struct tag {
    struct str name, rest;  // rest: the attributes
    bool is_end;
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool is_letter(char c)
{
    c = lower(c);
    return c >= 'a' && c <= 'z';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_named(struct str name, const char *word)
{
    return name.len == strlen(word) && strncasecmp(name.data, word, name.len) == 0;
}

/* A part of a buffer that may be empty, and then has no memory to point into. */
static struct str slice(const struct buffer *buffer, size_t from, size_t len)
{
    return len > 0 ? (struct str){buffer->data + from, len} : (struct str){0};
}

/* ---- entities ---- */

static uint32_t named_character(struct str name)
{
    static const struct {
        const char *name;
        uint32_t character;
    } known[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", 0xa0}};
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        if (is_named(name, known[i].name))
            return known[i].character;
    }
    return 0;
}

static uint32_t numbered_character(struct str digits)
{
    bool is_hex = digits.len > 0 && lower(digits.data[0]) == 'x';
    uint32_t value = 0;
    size_t count = 0;
    for (size_t i = is_hex; i < digits.len; i++, count++) {
        char c = lower(digits.data[i]);
        int digit = c >= '0' && c <= '9' ? c - '0' : is_hex && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0 || value > 0x10ffff)
            return 0;
        value = value * (is_hex ? 16 : 10) + (uint32_t)digit;
    }
    bool is_good = count > 0 && value > 0 && value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
    return is_good ? value : 0;
}

/* Adds what "&…;" at the start of html stands for and returns its length; 0: it is no entity. */
static size_t add_entity(struct buffer *out, struct str html)
{
    size_t limit = html.len < ENTITY_BYTES_MAX ? html.len : ENTITY_BYTES_MAX;
    const char *end = memchr(html.data, ';', limit);
    if (!end)
        return 0;
    struct str name = {html.data + 1, (size_t)(end - html.data) - 1};
    bool is_number = name.len > 1 && name.data[0] == '#';
    uint32_t character = is_number ? numbered_character((struct str){name.data + 1, name.len - 1}) : named_character(name);
    if (!character)
        return 0;
    char bytes[4];
    buffer_add(out, bytes, utf8_encode(character, bytes));
    return name.len + 2;
}

/* Text between tags, or an attribute's value. Lines are one: white space is a blank, as a page shows it. */
static void add_decoded(struct buffer *out, struct str html)
{
    for (size_t i = 0; i < html.len;) {
        size_t taken = html.data[i] == '&' ? add_entity(out, (struct str){html.data + i, html.len - i}) : 0;
        if (taken == 0) {
            buffer_add_char(out, is_space(html.data[i]) ? ' ' : html.data[i]);
            taken = 1;
        }
        i += taken;
    }
}

/* ---- tags ---- */

/*
 * The end of a tag: the first > outside quotes. len: there is none. Tags that are never closed would be searched for
 * again from each <, so all searches share a budget of bytes.
 */
static size_t find_end(struct str html, size_t *budget)
{
    char quote = 0;
    for (size_t i = 0; i < html.len && *budget > 0; i++, --*budget) {
        char c = html.data[i];
        if (quote) {
            quote = c == quote ? 0 : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '>') {
            return i;
        }
    }
    return html.len;
}

/* A tag begins with <a, </a or <!; everything else is a text like "<3". Its length with both brackets; 0: it is none. */
static size_t read_tag(struct str html, struct tag *tag, size_t *budget)
{
    *tag = (struct tag){0};
    size_t at = 1;
    if (html.len >= 4 && memcmp(html.data, "<!--", 4) == 0) {
        const char *end = memmem(html.data + 4, html.len - 4, "-->", 3);
        return end ? (size_t)(end - html.data) + 3 : html.len;
    }
    tag->is_end = html.len > 2 && html.data[1] == '/';
    at += tag->is_end;
    if (at >= html.len || (!is_letter(html.data[at]) && html.data[at] != '!'))
        return 0;
    size_t end = find_end(html, budget);
    if (end == html.len)
        return 0;  // never closed: it is a text
    tag->name.data = html.data + at;
    while (at < end && !is_space(html.data[at]) && html.data[at] != '/')
        at++;
    tag->name.len = (size_t)(html.data + at - tag->name.data);
    tag->rest = (struct str){html.data + at, end - at};
    return end + 1;
}

static struct str get_value(struct str rest, size_t *at)
{
    size_t i = *at, begin;
    while (i < rest.len && is_space(rest.data[i]))
        i++;
    char quote = i < rest.len && (rest.data[i] == '"' || rest.data[i] == '\'') ? rest.data[i] : 0;
    i += quote != 0;
    begin = i;
    while (i < rest.len && (quote ? rest.data[i] != quote : !is_space(rest.data[i])))
        i++;
    *at = i + (quote != 0);
    return (struct str){rest.data + begin, i - begin};
}

/* {NULL, 0}: absent. */
static struct str get_attribute(struct str rest, const char *name)
{
    for (size_t i = 0; i < rest.len;) {
        size_t begin = i;
        while (i < rest.len && !is_space(rest.data[i]) && rest.data[i] != '=')
            i++;
        struct str key = {rest.data + begin, i - begin};
        while (i < rest.len && is_space(rest.data[i]))
            i++;
        struct str value = {0};
        if (i < rest.len && rest.data[i] == '=') {
            i++;
            value = get_value(rest, &i);
        }
        if (is_named(key, name) && value.data)
            return value;
        i += i == begin;
    }
    return (struct str){0};
}

/* ---- pictures ---- */

/* https only; what is relative stands below base. False: no address that may be given on. */
static bool add_address(struct buffer *out, struct str src, const char *base)
{
    struct buffer address = {0};
    add_decoded(&address, src);
    struct str text = {address.data, address.len};
    bool is_absolute = str_starts_with(text, STR("https://")), is_other = text.len > 0 && memchr(text.data, ':', text.len);
    bool is_good = text.len > 0 && text.len <= ADDRESS_BYTES_MAX && (is_absolute || (!is_other && *base));
    if (is_good && !is_absolute) {
        buffer_add_string(out, base);
        size_t skip = text.data[0] == '/' ? 1 : str_starts_with(text, STR("./")) ? 2 : 0;
        text.data += skip;
        text.len -= skip;
    }
    if (is_good)
        buffer_add(out, text.data, text.len);
    buffer_fini(&address);
    return is_good;
}

static void add_picture(struct html_text *out, struct str rest, const char *base)
{
    struct str alt = get_attribute(rest, "alt"), src = get_attribute(rest, "src");
    if (alt.len == 0)
        alt = get_attribute(rest, "title");
    struct html_emote emote = {.from = out->bytes.len, .name = out->names.len};
    if (alt.len > 0 && alt.len <= NAME_BYTES_MAX) {
        add_decoded(&out->bytes, alt);
    } else {
        buffer_add_string(&out->bytes, OBJECT_CHARACTER);
    }
    emote.to = out->bytes.len;
    struct str name = slice(&out->bytes, emote.from, emote.to - emote.from);
    buffer_add(&out->names, name.data, name.len);
    emote.name_len = emote.url = out->names.len;
    emote.name_len -= emote.name;
    if (out->found_count == HTML_EMOTES_MAX || !add_address(&out->names, src, base))
        return;
    emote.url_len = out->names.len - emote.url;
    if (!out->found)
        out->found = xcalloc(HTML_EMOTES_MAX, sizeof(*out->found));
    out->found[out->found_count++] = emote;
}

/* ---- the whole ---- */

/* Inside of these nothing is text. Returns where they end. */
static size_t skip_element(struct str html, size_t at, struct str name, size_t *budget)
{
    while (at < html.len) {
        struct tag tag;
        const char *next = memchr(html.data + at, '<', html.len - at);
        if (!next)
            return html.len;
        at = (size_t)(next - html.data);
        size_t len = read_tag((struct str){next, html.len - at}, &tag, budget);
        if (len > 0 && tag.is_end && tag.name.len == name.len && strncasecmp(tag.name.data, name.data, name.len) == 0)
            return at + len;
        at += len ? len : 1;
    }
    return at;
}

/* A break or a new paragraph parts words, as on a page. */
static void add_break(struct buffer *out)
{
    if (out->len > 0 && out->data[out->len - 1] != ' ')
        buffer_add_char(out, ' ');
}

static size_t handle_tag(struct html_text *out, struct str html, size_t at, size_t len, const struct tag *tag,
                         const char *base, size_t *budget)
{
    static const char *const hidden[] = {"script", "style", "svg", "title", "template"};
    static const char *const breaks[] = {"br", "p", "div", "li"};
    for (size_t i = 0; i < ARRAY_LENGTH(hidden) && !tag->is_end; i++) {
        if (is_named(tag->name, hidden[i]))
            return skip_element(html, at + len, tag->name, budget);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(breaks); i++) {
        if (is_named(tag->name, breaks[i]))
            add_break(&out->bytes);
    }
    if (!tag->is_end && is_named(tag->name, "img"))
        add_picture(out, tag->rest, base);
    return at + len;
}

static void read_html(struct html_text *out, struct str html, const char *base)
{
    size_t work = 4 * html.len, *budget = &work;
    for (size_t at = 0; at < html.len;) {
        struct tag tag;
        const char *next = memchr(html.data + at, '<', html.len - at);
        size_t text_len = (next ? (size_t)(next - html.data) : html.len) - at;
        add_decoded(&out->bytes, (struct str){html.data + at, text_len});
        at += text_len;
        if (!next)
            return;
        size_t len = read_tag((struct str){next, html.len - at}, &tag, budget);
        if (len > 0) {
            at = handle_tag(out, html, at, len, &tag, base, budget);
        } else {
            buffer_add_char(&out->bytes, '<');
            at++;
        }
    }
}

/* <i><small>quote</small></i> text: how several sites' scrapers put what is answered. Its length; 0: there is none. */
static size_t find_quote(struct str html, struct str *quote)
{
    static const char begin[] = "<i><small>", end[] = "</small></i>";
    if (!str_starts_with(html, STR("<i><small>")))
        return 0;
    const char *found = memmem(html.data, html.len, end, sizeof(end) - 1);
    if (!found)
        return 0;
    *quote = (struct str){html.data + sizeof(begin) - 1, (size_t)(found - html.data) - (sizeof(begin) - 1)};
    return (size_t)(found - html.data) + sizeof(end) - 1;
}

/* Blanks around it go, but not what an emote covers. */
static size_t trim(struct html_text *out)
{
    size_t from = 0, to = out->bytes.len;
    size_t first = out->found_count > 0 ? out->found[0].from : to;
    size_t last = out->found_count > 0 ? out->found[out->found_count - 1].to : 0;
    while (from < first && from < to && out->bytes.data[from] == ' ')
        from++;
    while (to > last && to > from && out->bytes.data[to - 1] == ' ')
        to--;
    out->text = slice(&out->bytes, from, to - from);
    return from;
}

void html_text_read(struct html_text *out, struct str html, const char *base)
{
    struct str quote = {0};
    buffer_clear(&out->bytes);
    buffer_clear(&out->names);
    out->found_count = 0;
    size_t skip = find_quote(html, &quote);
    if (html.len > skip)
        read_html(out, (struct str){html.data + skip, html.len - skip}, base);
    size_t from = trim(out);
    // The quote stands behind the names: its own pictures are words only.
    struct html_text inner = {0};
    size_t quote_at = out->names.len;
    if (skip > 0) {
        read_html(&inner, quote, "");
        buffer_add(&out->names, inner.bytes.data, inner.bytes.len);
        html_text_fini(&inner);
    }
    out->quote = slice(&out->names, quote_at, out->names.len - quote_at);
    if (out->found_count > 0 && !out->made)
        out->made = xcalloc(HTML_EMOTES_MAX, sizeof(*out->made));
    for (size_t i = 0; i < out->found_count; i++) {
        const struct html_emote *found = &out->found[i];
        out->made[i] = (struct emote){
            .name = slice(&out->names, found->name, found->name_len), .url = slice(&out->names, found->url, found->url_len),
            .from = (uint32_t)(found->from - from), .to = (uint32_t)(found->to - from)};
    }
    out->emotes = out->made;
    out->emote_count = out->found_count;
}

void html_text_fini(struct html_text *out)
{
    buffer_fini(&out->bytes);
    buffer_fini(&out->names);
    free(out->found);
    free(out->made);
    *out = (struct html_text){0};
}
