/* Settings, ignored authors, and what is looked at in a text. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/gate_private.h"
#include "relay/links.h"

enum { LIST_MAX = 500, TEXT_MAX = 80, BOTS_BYTES_MAX = 1 << 20 };

char **texts_copy(const char *const *texts, size_t count)
{
    char **copy = xcalloc(count + 1, sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        copy[i] = xstrdup(texts[i]);
    return copy;
}

void texts_free(char **texts)
{
    for (size_t i = 0; texts && texts[i]; i++)
        free(texts[i]);
    free(texts);
}

/* --- Settings --- */

static bool is_any(const char *text)
{
    return *text != '\0';
}

/* "twitch:nightbot", "*:nightbot"; a minus takes one of the shipped list away. */
static bool is_author(const char *text)
{
    text += *text == '-';
    const char *colon = strchr(text, ':');
    return colon && colon > text && colon[1] != '\0';
}

static bool is_language(const char *text)
{
    return strlen(text) <= 20 && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == strlen(text) && *text;
}

static const struct {
    const char *key;
    bool (*is_right)(const char *text);
    const char *expected;
} lists[] = {
    {"domains", links_is_domain, "a domain in small letters, like \"example.org\""},
    {"ignore", is_author, "PLATFORM:LOGIN, like \"twitch:nightbot\" or \"*:nightbot\""},
    {"prefixes", is_any, "a beginning, like \"!\""},
    {"words", is_language, "a language of assets/words, like \"fa\""},
};

static bool check_list(const json_t *settings, size_t index, struct error *err)
{
    const json_t *list = json_object_get(settings, lists[index].key);
    if (!list)
        return true;
    if (!json_is_array(list) || json_array_size(list) > LIST_MAX)
        return error_set(err, ERROR_DATA, "gate.%s: expected a list of at most %d texts", lists[index].key, LIST_MAX);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (!text || strlen(text) > TEXT_MAX || !lists[index].is_right(text)) {
            return error_set(err, ERROR_DATA, "gate.%s[%zu] \"%.60s\": expected %s", lists[index].key, i, text ? text : "",
                             lists[index].expected);
        }
    }
    return true;
}

static bool is_known(const char *key)
{
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        if (strcmp(lists[i].key, key) == 0)
            return true;
    }
    return strcmp(key, "hold_ms") == 0 || strcmp(key, "links") == 0;
}

bool gate_check_settings(const json_t *settings, struct error *err)
{
    const char *key;
    json_t *value;
    if (settings && !json_is_object(settings))
        return error_set(err, ERROR_DATA, "gate: expected an object {…}");
    json_object_foreach((json_t *)settings, key, value) {
        if (!is_known(key))
            return error_set(err, ERROR_DATA, "gate.%.40s: there is no such key; docs/configuration.md lists them", key);
    }
    const json_t *hold = json_object_get(settings, "hold_ms"), *links = json_object_get(settings, "links");
    json_int_t hold_ms = json_integer_value(hold);
    if (hold && (!json_is_integer(hold) || hold_ms < 0 || hold_ms > GATE_HOLD_MS_MAX))
        return error_set(err, ERROR_DATA, "gate.hold_ms: expected a whole number from 0 to %d", GATE_HOLD_MS_MAX);
    const char *word = json_string_value(links);
    if (links && (!word || (strcmp(word, "catch") != 0 && strcmp(word, "allow") != 0)))
        return error_set(err, ERROR_DATA, "gate.links \"%.40s\": expected \"catch\" or \"allow\"", word ? word : "");
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        if (!check_list(settings, i, err))
            return false;
    }
    return true;
}

static void lower(char *text)
{
    for (; *text; text++)
        *text = (char)tolower((unsigned char)*text);
}

/* NULL where the key is missing. */
static char **read_list(const json_t *settings, const char *key)
{
    const json_t *list = json_object_get(settings, key);
    size_t count = json_array_size(list);
    char **texts = list ? xcalloc(count + 1, sizeof(*texts)) : NULL;
    for (size_t i = 0; i < count; i++)
        texts[i] = xstrdup(json_string_value(json_array_get(list, i)));
    return texts;
}

void rules_read_gate(struct gate_rules *rules, const json_t *settings)
{
    const char *links = json_get_text(settings, "links");
    *rules = (struct gate_rules){
        .hold_ms = json_get_int(settings, "hold_ms", GATE_HOLD_MS),
        .catches_links = !links || strcmp(links, "allow") != 0,
        .domains = read_list(settings, "domains"),
        .prefixes = read_list(settings, "prefixes"),
        .ignored = read_list(settings, "ignore"),
        .languages = read_list(settings, "words"),
    };
    if (!rules->prefixes)
        rules->prefixes = texts_copy((const char *[]){"!"}, 1);
    while (rules->domains && rules->domains[rules->domain_count])
        rules->domain_count++;
    for (size_t i = 0; rules->ignored && rules->ignored[i]; i++)
        lower(rules->ignored[i]);
}

void rules_fini_gate(struct gate_rules *rules)
{
    texts_free(rules->domains);
    texts_free(rules->prefixes);
    texts_free(rules->ignored);
    texts_free(rules->languages);
}

/* --- Ignored authors --- */

static void add_bot(struct gate *gate, size_t *count, const char *line, size_t len)
{
    while (len > 0 && (unsigned char)line[len - 1] <= ' ')
        len--;
    if (len == 0 || line[0] == '#')
        return;
    char *bot = xstrndup(line, len);
    lower(bot);
    if (!is_author(bot)) {
        char text[200];
        snprintf(text, sizeof(text), "bots.txt: \"%.60s\": expected PLATFORM:LOGIN, like *:nightbot", bot);
        if (gate->options.bad_line)
            gate->options.bad_line(gate->options.data, text);
        free(bot);
        return;
    }
    gate->bots = xreallocarray(gate->bots, *count + 2, sizeof(*gate->bots));
    gate->bots[(*count)++] = bot;
    gate->bots[*count] = NULL;
}

void rules_read_bots(struct gate *gate)
{
    texts_free(gate->bots);
    gate->bots = NULL;
    if (!gate->words_folder)
        return;
    struct buffer text = {0};
    struct error err = {0};
    char *path = xasprintf("%s/bots.txt", gate->words_folder);
    if (!file_read(path, BOTS_BYTES_MAX, &text, &err) && gate->options.bad_line)
        gate->options.bad_line(gate->options.data, err.text);
    size_t count = 0;
    for (size_t at = 0; at < text.len;) {
        const char *end = memchr(text.data + at, '\n', text.len - at);
        size_t len = end ? (size_t)(end - text.data) - at : text.len - at;
        add_bot(gate, &count, text.data + at, len);
        at += len + 1;
    }
    free(path);
    buffer_fini(&text);
}

static bool is_named(const char *author, const struct message *message)
{
    const char *colon = strchr(author, ':');
    struct str platform = {author, (size_t)(colon - author)};
    const struct message_author *is = &message->is.author;
    struct str login = is->login.len > 0 ? is->login : is->name;
    if (!str_equal(platform, STR("*")) && !str_equal(platform, message->is.platform))
        return false;
    if (login.len == strlen(colon + 1) && strncasecmp(login.data, colon + 1, login.len) == 0)
        return true;
    return str_equal(is->id, str_from(colon + 1));
}

static bool is_in(char *const *list, const struct message *message, bool is_taken_away)
{
    for (size_t i = 0; list && list[i]; i++) {
        bool has_minus = list[i][0] == '-';
        if (has_minus == is_taken_away && is_named(list[i] + has_minus, message))
            return true;
    }
    return false;
}

static bool has_prefix(char *const *prefixes, struct str text)
{
    while (text.len > 0 && (unsigned char)text.data[0] <= ' ')
        text = (struct str){text.data + 1, text.len - 1};
    for (size_t i = 0; prefixes[i]; i++) {
        if (str_starts_with(text, str_from(prefixes[i])))
            return true;
    }
    return false;
}

bool rules_ignore(const struct gate *gate, const struct message *message)
{
    const struct gate_rules *rules = &gate->rules;
    if (!gate_is_event(message) && has_prefix(rules->prefixes, message->is.text))
        return true;
    if (is_in(rules->ignored, message, true))
        return false;
    return (message->is.author.roles & ROLE_BOT) || is_in(rules->ignored, message, false) || is_in(gate->bots, message, false);
}

/* --- Words and links --- */

static size_t look_for_words(const struct gate *gate, const struct message *message, struct gate_reason *reasons)
{
    struct word_hit hits[GATE_REASONS_MAX];
    const struct message_draft *is = &message->is;
    size_t count = words_find(gate->words, is->text, is->emotes, is->emote_count, hits, GATE_REASONS_MAX);
    for (size_t i = 0; i < count; i++) {
        reasons[i] = (struct gate_reason){.from = hits[i].from, .to = hits[i].to};
        snprintf(reasons[i].list, sizeof(reasons[i].list), "%s", hits[i].list);
        snprintf(reasons[i].category, sizeof(reasons[i].category), "%s", hits[i].category);
        snprintf(reasons[i].word, sizeof(reasons[i].word), "%s", hits[i].word);
    }
    return count;
}

size_t rules_look(struct gate *gate, const struct message *message, struct gate_reason *reasons)
{
    size_t count = look_for_words(gate, message, reasons);
    const struct gate_rules *rules = &gate->rules;
    struct link_hit link;
    if (count < GATE_REASONS_MAX && rules->catches_links && !message->is.is_own &&
        links_find(gate->links, message->is.text, (const char *const *)rules->domains, rules->domain_count, &link)) {
        reasons[count] = (struct gate_reason){.list = "links", .from = link.from, .to = link.to};
        snprintf(reasons[count++].word, GATE_WORD_BYTES, "%s", link.domain);
    }
    return count;
}
