/*
 * Captions from other tools: {"transcript":"…","sequence":2} (Web Captioner and what copied it), plain text (Zoom), and
 * what is meant for YouTube's ingestion: lines of time and text (support.google.com/youtube/answer/6077032).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "connector/door_inside.h"

enum { AGAIN_MS = 60 * 1000, TIME_BYTES = 23 };

/* The same again within a minute is the same: a tool that was not sure. 0 as the time: an empty place. */
static bool was_there(struct door *door, struct str id, struct str text)
{
    int64_t now_ms = clock_monotonic_ms();
    uint64_t parts[2] = {hash_bytes(&door->ssn.key, id.data, id.len), hash_bytes(&door->ssn.key, text.data, text.len)};
    uint64_t hash = hash_bytes(&door->ssn.key, parts, sizeof(parts));
    if (id.len == 0)
        return false;
    for (size_t i = 0; i < DOOR_CAPTIONS; i++) {
        if (door->captions[i].at_ms && door->captions[i].hash == hash && now_ms - door->captions[i].at_ms < AGAIN_MS)
            return true;
    }
    door->captions[door->caption_count % DOOR_CAPTIONS].hash = hash;
    door->captions[door->caption_count++ % DOOR_CAPTIONS].at_ms = now_ms;
    return false;
}

static void give(struct door *door, const struct connector_caption *caption)
{
    if (door->base.options.on_caption)
        door->base.options.on_caption(door->base.options.data, caption);
}

/* The value of NAME=… in what stands behind a kind, "captions,seq=1,lang=en"; the caller frees. */
static char *find_behind(const char *kind, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = kind + strcspn(kind, "&,"); *at; at += strcspn(at, "&,")) {
        at++;
        if (strncmp(at, name, len) == 0 && at[len] == '=')
            return xstrndup(at + len + 1, strcspn(at + len + 1, "&,"));
    }
    return NULL;
}

/* ?lang=…&seq=…, or what a tool puts behind an address that has no query yet. The caller frees. */
static char *get_argument(const struct door_input *input, const char *name)
{
    if (!input->request)
        return NULL;
    const char *value = input->request->query(input->request, name);
    return value ? xstrdup(value) : find_behind(input->request->kind, name);
}

/* ---- JSON ---- */

static struct str first_text(const json_t *object, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, names[i]);
        if (json_is_string(value))
            return (struct str){json_string_value(value), json_string_length(value)};
    }
    return (struct str){0};
}

static bool take_json(struct door *door, const json_t *object, const char *language, struct error *err)
{
    static const char *const texts[] = {"transcript", "text", "caption"}, *const ids[] = {"sequence", "id"};
    char number[24];
    struct connector_caption caption = {.language = str_from(language)};
    caption.text = first_text(object, texts, ARRAY_LENGTH(texts));
    caption.id = first_text(object, ids, ARRAY_LENGTH(ids));
    for (size_t i = 0; i < ARRAY_LENGTH(ids) && caption.id.len == 0; i++) {
        const json_t *value = json_object_get(object, ids[i]);
        if (json_is_integer(value))
            caption.id = (struct str){number, (size_t)snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value))};
    }
    if (caption.text.len == 0)
        return error_set(err, ERROR_DATA, "captions: expected a text at \"transcript\", \"text\" or \"caption\"");
    if (json_get_text(object, "lang"))
        caption.language = str_from(json_get_text(object, "lang"));
    caption.is_final = json_get_bool(object, "is_final", json_get_bool(object, "final", true));
    if (caption.is_final && was_there(door, caption.id, caption.text)) {
        door->base.repeats++;
    } else {
        give(door, &caption);
    }
    return true;
}

/* ---- lines of time and text ---- */

/* "2026-11-22T10:00:06.873", perhaps with a region behind it; the help page prints a point for a colon once. */
static bool is_time(struct str line)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd.ddd";
    if (line.len < TIME_BYTES || (line.len > TIME_BYTES && line.data[TIME_BYTES] != ' ' && line.data[TIME_BYTES] != 'Z'))
        return false;
    for (size_t i = 0; i < TIME_BYTES; i++) {
        char c = line.data[i];
        bool is_right = form[i] == 'd' ? c >= '0' && c <= '9' : form[i] == ':' ? c == ':' || c == '.' : c == form[i];
        if (!is_right)
            return false;
    }
    return true;
}

static struct str next_line(struct str *rest)
{
    const char *end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;
    struct str line = {rest->data, end ? (size_t)(end - rest->data) : rest->len};
    size_t used = line.len + (end != NULL);
    rest->data += used;
    rest->len -= used;
    while (line.len > 0 && (unsigned char)line.data[line.len - 1] <= ' ')
        line.len--;
    return line;
}

static void give_line(struct door *door, struct str line, const char *language)
{
    struct buffer text = {0};
    for (size_t i = 0; i < line.len;) {
        bool is_break = line.len - i >= 4 && strncasecmp(line.data + i, "<br>", 4) == 0;
        buffer_add_char(&text, is_break ? '\n' : line.data[i]);
        i += is_break ? 4 : 1;
    }
    if (text.len > 0)
        give(door, &(struct connector_caption){.text = {text.data, text.len}, .language = str_from(language), .is_final = true});
    buffer_fini(&text);
}

/* The times say when it was said, and lie behind us: what comes is shown. */
static void take_timed(struct door *door, struct str rest, const char *language)
{
    while (rest.len > 0) {
        struct str line = next_line(&rest);
        if (!is_time(line))
            give_line(door, line, language);
    }
}

/* "2026-11-22T10:00:06.873": the server's clock, so that the tool can set its own. */
static void write_time(struct buffer *out)
{
    char text[CLOCK_RFC3339_BYTES];
    clock_format_rfc3339(clock_unix_ms(), text);
    buffer_add(out, text, TIME_BYTES);
    buffer_add_char(out, '\n');
}

static bool take_text(struct door *door, const struct door_input *input, const char *language, struct buffer *out)
{
    char *seq = get_argument(input, "seq");
    struct str body = {input->body, input->len}, rest = body;
    bool is_timed = is_time(next_line(&rest)) || seq;
    if (was_there(door, str_from(seq), body)) {
        door->base.repeats++;
    } else if (is_timed) {
        take_timed(door, body, language);
    } else {
        give_line(door, body, language);
    }
    free(seq);
    if (is_timed)
        write_time(out);
    return true;
}

bool door_take_captions(struct door *door, const struct door_input *input, struct buffer *out, struct error *err)
{
    char *asked = get_argument(input, "lang");
    const char *language = asked && *asked ? asked : "";
    size_t skip = 0;
    while (skip < input->len && (unsigned char)input->body[skip] <= ' ')
        skip++;
    bool is_json = skip < input->len && input->body[skip] == '{', is_good = true;
    json_t *object = is_json ? json_parse(input->body, input->len, err) : NULL;
    if (is_json) {
        is_good = object && take_json(door, object, language, err);
    } else if (!utf8_is_valid(input->body, input->len)) {
        is_good = error_set(err, ERROR_DATA, "captions: the text is no UTF-8");
    } else {
        is_good = take_text(door, input, language, out);
    }
    json_decref(object);
    free(asked);
    return is_good;
}
