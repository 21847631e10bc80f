#include "relay/message_filter.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/message_language.h"
#include "relay/question_detect.h"
#include "relay/question_words.h"
#include "relay/search_words.h"
#include "relay/text_key.h"

enum { ITEMS_MAX = 32, ITEM_BYTES_MAX = 200, TEXT_BYTES_MAX = 200 };

enum list { SOURCES, PLATFORMS, LANGUAGES, ROLES, KINDS, LIST_COUNT };

static const char *const names[LIST_COUNT] = {
    [SOURCES] = "sources", [PLATFORMS] = "platforms", [LANGUAGES] = "languages", [ROLES] = "roles", [KINDS] = "kinds"};

struct message_filter {
    _Atomic int references;
    struct texts {
        char *items[ITEMS_MAX];  // owned, sorted, each once
        size_t count;
    } lists[LIST_COUNT];
    uint32_t roles;              // of lists[ROLES]
    bool wants_roleless;         // "viewer"
    uint32_t kinds;              // 1 << kind, of lists[KINDS]
    bool wants_money, wants_questions;
    struct buffer words;         // flattened, a NUL behind each
    size_t word_count;
    char *key;
};

/* --- Reading --- */

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool read_item(struct texts *texts, const char *name, size_t index, const json_t *value, struct error *err)
{
    size_t len = json_string_length(value);
    if (!json_is_string(value) || len == 0 || len > ITEM_BYTES_MAX || strlen(json_string_value(value)) != len)
        return error_set(err, ERROR_DATA, "%s[%zu]: a text of 1 to %d bytes is expected", name, index, ITEM_BYTES_MAX);
    for (size_t i = 0; i < texts->count; i++) {
        if (strcmp(texts->items[i], json_string_value(value)) == 0)
            return true;
    }
    texts->items[texts->count++] = xstrdup(json_string_value(value));
    return true;
}

static bool read_list(struct texts *texts, const char *name, const json_t *list, struct error *err)
{
    if (!list || json_is_null(list))
        return true;
    if (!json_is_array(list) || json_array_size(list) > ITEMS_MAX)
        return error_set(err, ERROR_DATA, "%s: a list of at most %d texts is expected", name, ITEMS_MAX);
    size_t index;
    json_t *value;
    json_array_foreach((json_t *)list, index, value) {
        if (!read_item(texts, name, index, value, err))
            return false;
    }
    qsort(texts->items, texts->count, sizeof(*texts->items), compare_texts);
    return true;
}

static bool read_roles(struct message_filter *filter, struct error *err)
{
    const struct texts *texts = &filter->lists[ROLES];
    for (size_t i = 0; i < texts->count; i++) {
        uint32_t role = ROLE_BROADCASTER;
        while (message_role_name(role) && strcmp(message_role_name(role), texts->items[i]) != 0)
            role <<= 1;
        bool is_viewer = strcmp(texts->items[i], "viewer") == 0;
        if (!is_viewer && !message_role_name(role))
            return error_set(err, ERROR_DATA, "roles: there is no role \"%.40s\": broadcaster, moderator, vip, subscriber, "
                             "verified, staff, bot and viewer (none of them) are", texts->items[i]);
        filter->wants_roleless |= is_viewer;
        filter->roles |= is_viewer ? 0 : role;
    }
    return true;
}

static bool read_kinds(struct message_filter *filter, struct error *err)
{
    const struct texts *texts = &filter->lists[KINDS];
    for (size_t i = 0; i < texts->count; i++) {
        enum message_kind kind = message_kind_from_name(str_from(texts->items[i]));
        if (kind == MESSAGE_NONE || kind >= MESSAGE_EDIT)
            return error_set(err, ERROR_DATA, "kinds: \"%.40s\" is no kind of message to read: see docs/message.md", texts->items[i]);
        filter->kinds |= UINT32_C(1) << kind;
    }
    return true;
}

static bool read_text(struct message_filter *filter, const json_t *text, struct error *err)
{
    if (!text || json_is_null(text))
        return true;
    if (!json_is_string(text) || json_string_length(text) > TEXT_BYTES_MAX)
        return error_set(err, ERROR_DATA, "text: words of at most %d bytes are expected", TEXT_BYTES_MAX);
    filter->word_count = search_flatten_query((struct str){json_string_value(text), json_string_length(text)}, &filter->words);
    return true;
}

static bool read_flag(const json_t *members, const char *name, bool *flag, struct error *err)
{
    const json_t *value = json_object_get(members, name);
    if (value && !json_is_null(value) && !json_is_boolean(value))
        return error_set(err, ERROR_DATA, "%s: true or false is expected", name);
    *flag = json_is_true(value);
    return true;
}

static bool read_members(struct message_filter *filter, const json_t *members, struct error *err)
{
    for (int i = 0; i < LIST_COUNT; i++) {
        if (!read_list(&filter->lists[i], names[i], json_object_get(members, names[i]), err))
            return false;
    }
    return read_roles(filter, err) && read_kinds(filter, err) && read_flag(members, "money", &filter->wants_money, err) &&
           read_flag(members, "questions", &filter->wants_questions, err) &&
           read_text(filter, json_object_get(members, "text"), err);
}

/* Lists are sorted and words are flat, so what means the same reads the same. */
static char *make_key(const struct message_filter *filter)
{
    struct buffer key = {0};
    for (int i = 0; i < LIST_COUNT; i++) {
        for (size_t k = 0; k < filter->lists[i].count; k++)
            buffer_printf(&key, "%s=%s\n", names[i], filter->lists[i].items[k]);
    }
    if (filter->wants_money)
        buffer_add_string(&key, "money\n");
    if (filter->wants_questions)
        buffer_add_string(&key, "questions\n");
    const char *word = filter->words.data;
    for (size_t i = 0; i < filter->word_count; i++, word += strlen(word) + 1)
        buffer_printf(&key, "word=%s\n", word);
    return key.len > 0 ? buffer_take(&key) : NULL;
}

static void destroy(struct message_filter *filter)
{
    for (int i = 0; i < LIST_COUNT; i++) {
        for (size_t k = 0; k < filter->lists[i].count; k++)
            free(filter->lists[i].items[k]);
    }
    buffer_fini(&filter->words);
    free(filter->key);
    free(filter);
}

struct message_filter *message_filter_create(const json_t *members, bool *is_all, struct error *err)
{
    struct message_filter *filter = xcalloc(1, sizeof(*filter));
    filter->references = 1;
    bool is_right = read_members(filter, members, err);
    filter->key = is_right ? make_key(filter) : NULL;
    *is_all = is_right && !filter->key;
    if (filter->key)
        return filter;
    destroy(filter);
    return NULL;
}

struct message_filter *message_filter_ref(struct message_filter *filter)
{
    if (filter)
        filter->references++;
    return filter;
}

void message_filter_unref(struct message_filter *filter)
{
    if (filter && --filter->references == 0)
        destroy(filter);
}

const char *message_filter_key(const struct message_filter *filter)
{
    return filter->key;
}

/* --- Looking --- */

bool message_asks(const struct message *message)
{
    if (message->is.kind == MESSAGE_QUESTION)
        return true;
    if (message->is.is_own || message->is.text.len == 0)
        return false;
    struct buffer plain = {0};
    struct str text = message->is.text;
    if (message->is.emote_count > 0) {
        text_key_add_plain(&plain, message);
        text = (struct str){plain.data, plain.len};
    }
    bool asks = question_detect(question_words_borrow(), text).is_question;
    question_words_give_back();
    buffer_fini(&plain);
    return asks;
}

bool message_has_money(const struct message *message)
{
    const struct money *money = &message->is.money;
    return message->is.kind == MESSAGE_GIFT || money->micros != 0 || money->units != 0;
}

static bool has(const struct texts *texts, struct str text)
{
    for (size_t i = 0; i < texts->count; i++) {
        if (str_equal(str_from(texts->items[i]), text))
            return true;
    }
    return texts->count == 0;
}

static bool has_language(const struct texts *texts, const struct message *message, struct message_look *look)
{
    if (texts->count == 0)
        return true;
    if (look->language[0] == '\0')
        message_language(message, look->language);
    for (size_t i = 0; i < texts->count; i++) {
        if (language_matches(str_from(texts->items[i]), look->language))
            return true;
    }
    return false;
}

static bool has_words(const struct message_filter *filter, const struct message *message)
{
    if (filter->word_count == 0)
        return true;
    struct buffer flat = {0};
    search_flatten(message->is.author.name, &flat, NULL);
    buffer_add_char(&flat, ' ');
    search_flatten(message->is.text, &flat, NULL);
    struct str text = {flat.data, flat.len};
    const char *word = filter->words.data;
    bool has_all = true;
    for (size_t i = 0; i < filter->word_count && has_all; i++, word += strlen(word) + 1)
        has_all = memmem(text.data, text.len, word, strlen(word)) != NULL;
    buffer_fini(&flat);
    return has_all;
}

static bool asks(const struct message *message, struct message_look *look)
{
    if (!look->has_asked)
        look->asks = message_asks(message);
    look->has_asked = true;
    return look->asks;
}

/* What costs least is asked first. */
bool message_filter_passes(const struct message_filter *filter, const struct message *message, struct message_look *look)
{
    struct message_look own = {0};
    if (!filter)
        return true;
    look = look ? look : &own;
    uint32_t roles = message->is.author.roles;
    bool asks_roles = filter->roles != 0 || filter->wants_roleless;
    return !message_is_control(message) && has(&filter->lists[PLATFORMS], message->is.platform) &&
           has(&filter->lists[SOURCES], message->is.source) &&
           (filter->kinds == 0 || (filter->kinds >> message->is.kind & 1)) &&
           (!asks_roles || (roles & filter->roles) || (filter->wants_roleless && roles == 0)) &&
           (!(filter->wants_money || filter->wants_questions) || (filter->wants_money && message_has_money(message)) ||
            (filter->wants_questions && asks(message, look))) &&
           has_language(&filter->lists[LANGUAGES], message, look) && has_words(filter, message);
}
