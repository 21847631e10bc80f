/* What a card of each kind holds, and whether what came from a client is that. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "relay/host_cards_private.h"

enum type {
    LINE = 1,  // a text without line breaks
    LINES,     // a text that may have some
    LIST,      // of texts without
    NUMBER,
};

/* What the panel's fields take: 120 letters in a title, 150 in a line, 500 in a note, of three bytes each in Chinese. */
enum { TITLE_BYTES = 400, LINE_BYTES = 500, NOTE_BYTES = 1500, LANGUAGE_BYTES = 35 };

/* The members of a kind's content. On air they stand as they are, unless they are private. */
static const struct field {
    enum host_card_kind kind;
    const char *name;
    enum type type;
    size_t max;       // bytes of the text; of a list its length, and each text may be LINE_BYTES long
    bool is_required, is_private;
} fields[] = {
    {HOST_CARD_SHOUTOUT, "name", LINE, 100, true},
    {HOST_CARD_SHOUTOUT, "platform", LINE, 40},
    {HOST_CARD_SHOUTOUT, "login", LINE, 100},
    {HOST_CARD_SHOUTOUT, "avatar", LINE, 1000},
    {HOST_CARD_SHOUTOUT, "color", LINE, 10},
    {HOST_CARD_SHOUTOUT, "text", LINE, LINE_BYTES},
    {HOST_CARD_SHOUTOUT, "author", LINE, 200},
    {HOST_CARD_SHOUTOUT, "message", NUMBER},  // by both an overlay knows what a deletion takes off
    {HOST_CARD_SHOUTOUT, "seconds", NUMBER, .is_private = true},
    {HOST_CARD_GOAL, "title", LINE, TITLE_BYTES, true},
    {HOST_CARD_GOAL, "title2", LINE, TITLE_BYTES},
    {HOST_CARD_GOAL, "language", LINE, LANGUAGE_BYTES},
    {HOST_CARD_GOAL, "language2", LINE, LANGUAGE_BYTES},
    {HOST_CARD_GOAL, "target", NUMBER, .is_required = true},
    {HOST_CARD_GOAL, "unit", LINE, 10, true},
    {HOST_CARD_GOAL, "currency", LINE, 3},
    {HOST_CARD_GOAL, "what", LINE, 24},
    {HOST_CARD_COUNTDOWN, "mode", LINE, 20, true},
    {HOST_CARD_COUNTDOWN, "title", LINE, TITLE_BYTES, true},
    {HOST_CARD_COUNTDOWN, "language", LINE, LANGUAGE_BYTES},
    {HOST_CARD_COUNTDOWN, "at_ms", NUMBER, .is_private = true},  // written by itself: it may be counted from `seconds`
    {HOST_CARD_COUNTDOWN, "seconds", NUMBER, .is_private = true},
    {HOST_CARD_COUNTDOWN, "zones", LIST, HOST_CARD_ZONES_MAX},
    {HOST_CARD_COUNTDOWN, "text_after", LINE, LINE_BYTES},
    {HOST_CARD_RULES, "title", LINE, TITLE_BYTES, true},
    {HOST_CARD_RULES, "items", LIST, HOST_CARD_ITEMS_MAX, true},
    {HOST_CARD_RULES, "language", LINE, LANGUAGE_BYTES},
    {HOST_CARD_QR, "text", LINE, 500, true},
    {HOST_CARD_QR, "title", LINE, TITLE_BYTES},
    {HOST_CARD_QR, "language", LINE, LANGUAGE_BYTES},
    {HOST_CARD_NOTE, "title", LINE, TITLE_BYTES},
    {HOST_CARD_NOTE, "text", LINES, NOTE_BYTES},
    {HOST_CARD_NOTE, "language", LINE, LANGUAGE_BYTES},
    {HOST_CARD_NOTE, "picture", LINE, HOST_CARD_PICTURE_BYTES - 1},
};

struct str host_card_text(const struct host_card *card, const char *key)
{
    const json_t *value = json_object_get(card->content, key);
    return (struct str){json_string_value(value), json_string_length(value)};
}

/* --- One member --- */

static bool check_text(const struct field *field, const char *text, size_t max, struct error *err)
{
    size_t len = strlen(text);
    if (len > max)
        return error_set(err, ERROR_DATA, "%s has %zu bytes: at most %zu", field->name, len, max);
    for (const char *at = text; *at; at++) {
        bool is_break = field->type == LINES && *at == '\n';
        if (((unsigned char)*at < 0x20 && !is_break) || *at == 0x7f)
            return error_set(err, ERROR_DATA, "%s: %s at byte %td", field->name,
                             *at == '\n' ? "it has no line breaks, but there is one" : "there is a control character", at - text);
    }
    return true;
}

static bool check_list(const struct field *field, const json_t *list, struct error *err)
{
    size_t index;
    json_t *item;
    if (json_array_size(list) > field->max)
        return error_set(err, ERROR_DATA, "%s: %zu given, at most %zu", field->name, json_array_size(list), field->max);
    json_array_foreach(list, index, item) {
        const char *text = json_string_value(item);
        if (!text || !*text)
            return error_set(err, ERROR_DATA, "%s[%zu]: a text is expected", field->name, index);
        if (!check_text(field, text, LINE_BYTES, err))
            return error_prefix(err, "%s[%zu]", field->name, index);
    }
    return true;
}

static bool check_value(const struct field *field, const json_t *value, struct error *err)
{
    if (field->type == NUMBER)
        return json_is_integer(value) || error_set(err, ERROR_DATA, "%s: a whole number is expected", field->name);
    if (field->type == LIST)
        return json_is_array(value) ? check_list(field, value, err)
                                    : error_set(err, ERROR_DATA, "%s: an array of texts is expected", field->name);
    return json_is_string(value) ? check_text(field, json_string_value(value), field->max, err)
                                 : error_set(err, ERROR_DATA, "%s: a text is expected", field->name);
}

/* "", [] and 0: it is to go, or never was. */
static bool is_empty(const json_t *value)
{
    return !value || json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0) || (json_is_integer(value) && json_integer_value(value) == 0);
}

/* --- All of them --- */

static bool check_note(const struct host_cards *cards, const json_t *content, struct error *err)
{
    const char *picture = json_get_text(content, "picture");
    if (json_object_size(content) == 0 || (json_object_size(content) == 1 && json_object_get(content, "language")))
        return error_set(err, ERROR_DATA, "a note has a title, a text or a picture");
    if (!picture || (cards->options.has_picture && cards->options.has_picture(cards->options.data, picture)))
        return true;
    return error_set(err, ERROR_DATA, "picture \"%.80s\": there is none of this name: upload it again", picture);
}

static bool check_kind(const struct host_cards *cards, enum host_card_kind kind, const json_t *content, struct error *err)
{
    switch (kind) {
    case HOST_CARD_GOAL: return host_goal_check(content, err);
    case HOST_CARD_COUNTDOWN: return host_countdown_check(content, err);
    case HOST_CARD_NOTE: return check_note(cards, content, err);
    default: return true;
    }
}

/* A member that another kind has is a slip of the pen; what no kind has is the command's. */
static bool check_foreign(enum host_card_kind kind, const json_t *arguments, struct error *err)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)arguments, name, value) {
        bool is_now = strcmp(name, "now") == 0;  // what a goal has counted is not its content
        bool is_own = is_now && kind == HOST_CARD_GOAL, is_known = is_now;
        for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
            bool has_name = strcmp(fields[i].name, name) == 0;
            is_known = is_known || has_name;
            is_own = is_own || (has_name && fields[i].kind == kind);
        }
        if (is_known && !is_own && !is_empty(value))
            return error_set(err, ERROR_DATA, "a card of kind %s has no %.40s", host_card_kind_name(kind), name);
    }
    return true;
}

static bool read_field(const struct field *field, const json_t *arguments, const json_t *before, json_t *content, struct error *err)
{
    json_t *value = json_object_get(arguments, field->name);
    if (!value || json_is_null(value))
        value = json_object_get(before, field->name);
    if (is_empty(value))
        return !field->is_required || error_set(err, ERROR_DATA, "%s is missing", field->name);
    if (!check_value(field, value, err))
        return false;
    json_object_set_new(content, field->name, json_deep_copy(value));
    return true;
}

static json_t *read_content(const struct host_cards *cards, enum host_card_kind kind, const json_t *arguments, const json_t *before,
                            struct error *err)
{
    json_t *content = json_object();
    bool is_good = check_foreign(kind, arguments, err);
    for (size_t i = 0; is_good && i < ARRAY_LENGTH(fields); i++)
        is_good = fields[i].kind != kind || read_field(&fields[i], arguments, before, content, err);
    if (is_good && check_kind(cards, kind, content, err))
        return content;
    json_decref(content);
    return NULL;
}

json_t *host_card_read_content(const struct host_cards *cards, enum host_card_kind kind, const json_t *arguments,
                               struct error *err)
{
    return read_content(cards, kind, arguments, NULL, err);
}

json_t *host_card_merge_content(const struct host_cards *cards, const struct host_card *card, const json_t *arguments,
                                struct error *err)
{
    return read_content(cards, card->kind, arguments, card->content, err);
}

void host_card_add_content(const struct host_card *card, bool is_on_air, json_t *object)
{
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
        json_t *value = fields[i].kind == card->kind ? json_object_get(card->content, fields[i].name) : NULL;
        if (value && !(is_on_air && fields[i].is_private))
            json_object_set(object, fields[i].name, value);
    }
}
