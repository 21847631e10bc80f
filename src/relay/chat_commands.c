#include "relay/chat_commands.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/utf8.h"
#include "chat/message.h"
#include "relay/journal.h"

#define HANDLED_KEY "chat_commands:handled"

enum { PEOPLE = 64, NOTICE_BYTES = 640 };

static const struct {
    const char *name, *word;
} usual[] = {
    {"next", "!next"},
    {"poll", "!poll"},
    {"so", "!so"},
};

struct order {
    char word[CHAT_COMMAND_WORD_BYTES];  // "": off
    chat_command_fn fn;                  // NULL: nobody does it
    void *data;
};

struct person {
    uint64_t hash;     // of platform and author; 0: free
    int64_t heard_ms;  // monotonic
};

struct chat_commands {
    struct chat_commands_options options;
    struct order orders[ARRAY_LENGTH(usual)];
    struct person people[PEOPLE];
    struct hash_key hash_key;
    uint64_t handled;  // the newest message that was an order
};

/* --- Words --- */

static const char *word_of(const json_t *words, size_t i)
{
    const char *word = json_get_text(words, usual[i].name);
    return word ? word : usual[i].word;
}

void chat_commands_set_words(struct chat_commands *commands, const json_t *words)
{
    for (size_t i = 0; i < ARRAY_LENGTH(usual); i++)
        snprintf(commands->orders[i].word, sizeof(commands->orders[i].word), "%s", word_of(words, i));
}

static int find_name(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(usual); i++) {
        if (strcmp(usual[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static bool check_word(const char *name, const json_t *value, struct error *err)
{
    const char *word = json_string_value(value);
    if (find_name(name) < 0)
        return error_set(err, ERROR_DATA, "chat_commands.%.40s: there is no such command; next, poll and so are possible", name);
    if (!word || strlen(word) != json_string_length(value))
        return error_set(err, ERROR_DATA, "chat_commands.%s: expected a text like \"!%s\", or \"\" for none", name, name);
    if (strlen(word) >= CHAT_COMMAND_WORD_BYTES || strpbrk(word, " \t\r\n"))
        return error_set(err, ERROR_DATA, "chat_commands.%s \"%.60s\": expected one word of at most %d bytes", name, word,
                         CHAT_COMMAND_WORD_BYTES - 1);
    return true;
}

bool chat_commands_check(const json_t *words, struct error *err)
{
    const char *name;
    json_t *value;
    if (words && !json_is_object(words))
        return error_set(err, ERROR_DATA, "chat_commands: expected an object like {\"next\": \"!next\"}");
    json_object_foreach((json_t *)words, name, value) {
        if (!check_word(name, value, err))
            return false;
    }
    for (size_t i = 1; i < ARRAY_LENGTH(usual); i++) {
        for (size_t k = 0; k < i; k++) {
            if (*word_of(words, i) && strcasecmp(word_of(words, i), word_of(words, k)) == 0)
                return error_set(err, ERROR_DATA, "chat_commands.%s \"%s\": %s has this word", usual[i].name, word_of(words, i),
                                 usual[k].name);
        }
    }
    return true;
}

/* --- Who is heard --- */

static bool may_order(const struct message *message)
{
    const struct message_draft *is = &message->is;
    bool is_written = is->kind == MESSAGE_CHAT || is->kind == MESSAGE_ACTION;
    bool is_crew = (is->author.roles & (ROLE_BROADCASTER | ROLE_MODERATOR)) && !(is->author.roles & ROLE_BOT);
    return is_written && is_crew && !is->is_history && !is->is_own && !is->is_foreign;
}

static uint64_t hash_person(const struct chat_commands *commands, const struct message_draft *is)
{
    char text[160];
    int len = snprintf(text, sizeof(text), "%s\n%s", is->platform.data, is->author.id.len ? is->author.id.data : is->author.login.data);
    uint64_t hash = hash_bytes(&commands->hash_key, text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
    return hash ? hash : 1;
}

/* True: he may order now, and that he did is noted. Of 64 people who did, the one heard longest ago is forgotten. */
static bool take_turn(struct chat_commands *commands, const struct message *message)
{
    uint64_t hash = hash_person(commands, &message->is);
    int64_t now_ms = clock_monotonic_ms();
    struct person *person = &commands->people[0];
    for (size_t i = 0; i < PEOPLE; i++) {
        struct person *other = &commands->people[i];
        if (other->hash == hash) {
            person = other;
            break;
        }
        if (other->heard_ms < person->heard_ms)
            person = other;
    }
    if (person->hash == hash && now_ms - person->heard_ms < CHAT_COMMAND_REST_MS)
        return false;
    *person = (struct person){hash, now_ms};
    return true;
}

static void write_by(const struct message_draft *is, char by[CHAT_COMMAND_BY_BYTES])
{
    struct str name = is->author.login.len ? is->author.login : is->author.name.len ? is->author.name : is->author.id;
    size_t len = name.len <= 48 ? name.len : utf8_cut(name.data, 48);
    snprintf(by, CHAT_COMMAND_BY_BYTES, "%.*s@%.24s", (int)len, name.data ? name.data : "", is->platform.data);
}

/* --- Orders --- */

static struct str take_word(struct str *text)
{
    size_t len = 0;
    while (len < text->len && !strchr(" \t\r\n", text->data[len]))
        len++;
    struct str word = {text->data, len};
    while (len < text->len && strchr(" \t\r\n", text->data[len]))
        len++;
    text->data += len;
    text->len -= len;
    while (text->len > 0 && strchr(" \t\r\n", text->data[text->len - 1]))
        text->len--;
    return word;
}

static int find_order(const struct chat_commands *commands, struct str *text)
{
    struct str word = take_word(text);
    for (size_t i = 0; i < ARRAY_LENGTH(usual); i++) {
        const struct order *order = &commands->orders[i];
        if (order->fn && *order->word && strlen(order->word) == word.len && strncasecmp(order->word, word.data, word.len) == 0)
            return (int)i;
    }
    return -1;
}

/* Before it is carried out: what a killed relay did is in the same commit as this, or in none. */
static void note_handled(struct chat_commands *commands, uint64_t id)
{
    char text[24];
    commands->handled = id;
    snprintf(text, sizeof(text), "%" PRIu64, id);
    if (commands->options.journal)
        journal_set_state(commands->options.journal, HANDLED_KEY, text);
}

static void carry_out(struct chat_commands *commands, int index, const struct message *message, struct str rest)
{
    char by[CHAT_COMMAND_BY_BYTES], text[NOTICE_BYTES];
    struct error err = {0};
    const struct order *order = &commands->orders[index];
    write_by(&message->is, by);
    const struct chat_command command = {.name = usual[index].name, .by = by, .rest = rest, .message = message};
    note_handled(commands, message->id);
    if (order->fn(order->data, &command, &err))
        return;
    snprintf(text, sizeof(text), "%s of %s was not done: %s", order->word, by, err.text);
    commands->options.notice(commands->options.data, "warn", "chat_commands", text);
}

bool chat_commands_handle_message(struct chat_commands *commands, const struct message *message)
{
    if (!may_order(message) || message->is.text.len == 0)
        return false;
    struct str rest = message->is.text;
    int index = find_order(commands, &rest);
    if (index < 0)
        return false;
    bool is_late = clock_unix_ms() - message->received_ms > CHAT_COMMAND_LATE_MS;
    if (message->id > commands->handled && !is_late && take_turn(commands, message))
        carry_out(commands, index, message, rest);
    return true;
}

/* --- Coming and going --- */

struct chat_commands *chat_commands_create(const struct chat_commands_options *options)
{
    struct chat_commands *commands = xcalloc(1, sizeof(*commands));
    commands->options = *options;
    random_bytes(&commands->hash_key, sizeof(commands->hash_key));
    chat_commands_set_words(commands, NULL);
    const char *handled = options->journal ? journal_state(options->journal, HANDLED_KEY) : NULL;
    commands->handled = handled ? strtoull(handled, NULL, 10) : 0;
    return commands;
}

void chat_commands_destroy(struct chat_commands *commands)
{
    free(commands);
}

void chat_commands_register(struct chat_commands *commands, const char *name, chat_command_fn fn, void *data)
{
    int index = find_name(name);
    assert(index >= 0);
    commands->orders[index].fn = fn;
    commands->orders[index].data = data;
}
