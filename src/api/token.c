#include "api/token.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "relay/journal.h"
#include "relay/show.h"

enum { SECRET_BYTES = 32, HASH_BYTES = 32, KEY_BYTES = 96, TOUCH_MS = 3600 * 1000 };

static const char *const prefixes[] = {
    [TOKEN_LINK] = "token:link:", [TOKEN_SESSION] = "token:session:", [TOKEN_PROGRAM] = "token:program:"};
static const char *const role_names[] = {
    [API_ROLE_NONE] = "none", [API_ROLE_BUTTON] = "button", [API_ROLE_VIEWER] = "viewer", [API_ROLE_MODERATOR] = "moderator", [API_ROLE_OWNER] = "owner"};

static const char *const life_names[] = {
    [TOKEN_LIFE_USUAL] = "", [TOKEN_LIFE_SHOW] = "show", [TOKEN_LIFE_FOREVER] = "forever"};

const char *token_life_name(enum token_life life)
{
    return life_names[life];
}

enum token_life token_life_from_name(const char *name)
{
    bool is_show = name && strcmp(name, "show") == 0, is_forever = name && strcmp(name, "forever") == 0;
    return is_show ? TOKEN_LIFE_SHOW : is_forever ? TOKEN_LIFE_FOREVER : TOKEN_LIFE_USUAL;
}

const char *api_role_name(enum api_role role)
{
    return role_names[role];
}

enum api_role api_role_from_name(const char *name)
{
    for (int i = API_ROLE_BUTTON; name && i <= API_ROLE_OWNER; i++) {
        if (strcmp(role_names[i], name) == 0)
            return (enum api_role)i;
    }
    return API_ROLE_NONE;
}

/* base64url without padding (RFC 4648, 5): 32 bytes are 43 letters. */
static void write_base64url(const unsigned char bytes[SECRET_BYTES], char text[TOKEN_TEXT_BYTES])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    int count = 0;
    char *out = text;
    for (int i = 0; i < SECRET_BYTES; i++) {
        bits = bits << 8 | bytes[i];
        for (count += 8; count >= 6; count -= 6)
            *out++ = letters[bits >> (count - 6) & 63];
    }
    *out++ = letters[bits << (6 - count) & 63];
    *out = '\0';
}

static void make_hash(struct str text, unsigned char hash[EVP_MAX_MD_SIZE])
{
    unsigned int len = HASH_BYTES;
    memset(hash, 0, EVP_MAX_MD_SIZE);
    EVP_Digest(text.data, text.len, hash, &len, EVP_sha256(), NULL);
}

uint64_t token_number(struct str text)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    uint64_t number;
    make_hash(text, hash);
    memcpy(&number, hash, sizeof(number));
    return number ? number : 1;
}

static void make_key(char key[KEY_BYTES], enum token_kind kind, struct str text)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    make_hash(text, hash);
    int at = snprintf(key, KEY_BYTES, "%s", prefixes[kind]);
    for (int i = 0; i < HASH_BYTES; i++)
        at += snprintf(key + at, KEY_BYTES - (size_t)at, "%02x", hash[i]);
}

static void save(struct journal *journal, const char *key, const struct token *token)
{
    struct buffer out = {0};
    buffer_printf(&out, "{\"role\":\"%s\",\"name\":", role_names[token->role]);
    buffer_add_json(&out, token->name, strlen(token->name));
    buffer_printf(&out, ",\"made_ms\":%" PRId64 ",\"used_ms\":%" PRId64 ",\"expires_ms\":%" PRId64, token->made_ms,
                  token->used_ms, token->expires_ms);
    if (token->life != TOKEN_LIFE_USUAL)
        buffer_printf(&out, ",\"life\":\"%s\"", life_names[token->life]);
    if (token->invite != 0)
        buffer_printf(&out, ",\"invite\":%" PRIu64, token->invite);
    buffer_add_char(&out, '}');
    char *text = buffer_take(&out);
    journal_set_state(journal, key, text);
    free(text);
}

static bool read_token(const char *text, struct token *token)
{
    struct error err;
    json_t *object = json_parse(text, strlen(text), &err);
    const char *name = json_get_text(object, "name");
    *token = (struct token){
        .role = api_role_from_name(json_get_text(object, "role")),
        .made_ms = json_get_int(object, "made_ms", 0),
        .used_ms = json_get_int(object, "used_ms", 0),
        .expires_ms = json_get_int(object, "expires_ms", 0),
        .life = token_life_from_name(json_get_text(object, "life")),
        .invite = (uint64_t)json_get_int(object, "invite", 0),
    };
    snprintf(token->name, sizeof(token->name), "%s", name ? name : "");
    json_decref(object);
    return token->role != API_ROLE_NONE;
}

bool token_is_over(const struct journal *journal, const struct token *token)
{
    bool is_late = token->expires_ms != 0 && token->expires_ms <= clock_unix_ms();
    return is_late || (token->life == TOKEN_LIFE_SHOW && token->made_ms < show_begun_ms(journal));
}

void token_add(struct journal *journal, struct token *token, char text[TOKEN_TEXT_BYTES])
{
    unsigned char secret[SECRET_BYTES];
    char key[KEY_BYTES];
    random_bytes(secret, sizeof(secret));
    write_base64url(secret, text);
    token->made_ms = clock_unix_ms();
    make_key(key, token->kind, str_from(text));
    save(journal, key, token);
}

bool token_look(struct journal *journal, enum token_kind kind, struct str text, struct token *found)
{
    if (text.len != TOKEN_TEXT_BYTES - 1)
        return false;
    char key[KEY_BYTES];
    make_key(key, kind, text);
    const char *state = journal_state(journal, key);
    if (!state || !read_token(state, found))
        return false;
    found->kind = kind;
    return true;
}

bool token_find(struct journal *journal, enum token_kind kind, struct str text, struct token *found)
{
    return token_look(journal, kind, text, found) && !token_is_over(journal, found);
}

void token_mark_used(struct journal *journal, struct str text, struct token *token)
{
    char key[KEY_BYTES];
    make_key(key, token->kind, text);
    token->used_ms = clock_unix_ms();
    save(journal, key, token);
}

void token_touch(struct journal *journal, struct str text, struct token *token, int64_t life_ms)
{
    int64_t now_ms = clock_unix_ms();
    if (token->used_ms + TOUCH_MS > now_ms)
        return;
    char key[KEY_BYTES];
    make_key(key, token->kind, text);
    token->used_ms = now_ms;
    if (life_ms > 0 && token->life == TOKEN_LIFE_USUAL)
        token->expires_ms = now_ms + life_ms;
    save(journal, key, token);
}

void token_remove(struct journal *journal, enum token_kind kind, struct str text)
{
    char key[KEY_BYTES];
    make_key(key, kind, text);
    if (journal_state(journal, key))
        journal_set_state(journal, key, NULL);
}

/* --- All of them: state must not be set while it is walked --- */

struct sweep {
    const struct journal *journal;
    const char *name;  // of this name; or
    uint64_t invite;   // of this invitation; else those whose time is over
    char **keys;
    size_t count;
};

static void collect(void *data, const char *key, const char *text)
{
    struct sweep *sweep = data;
    struct token token;
    bool is_good = read_token(text, &token);
    bool is_meant = sweep->name     ? is_good && strcmp(token.name, sweep->name) == 0
                    : sweep->invite ? is_good && token.invite == sweep->invite
                                    : !is_good || token_is_over(sweep->journal, &token);
    if (!is_meant)
        return;
    sweep->keys = xreallocarray(sweep->keys, sweep->count + 1, sizeof(*sweep->keys));
    sweep->keys[sweep->count++] = xstrdup(key);
}

static size_t remove_all(struct journal *journal, const char *prefix, const char *name, uint64_t invite)
{
    struct sweep sweep = {.journal = journal, .name = name, .invite = invite};
    journal_each_state(journal, prefix, collect, &sweep);
    for (size_t i = 0; i < sweep.count; i++) {
        journal_set_state(journal, sweep.keys[i], NULL);
        free(sweep.keys[i]);
    }
    free(sweep.keys);
    return sweep.count;
}

size_t token_remove_named(struct journal *journal, enum token_kind kind, const char *name)
{
    return remove_all(journal, prefixes[kind], name, 0);
}

void token_sweep(struct journal *journal)
{
    remove_all(journal, "token:", NULL, 0);
}

size_t token_remove_invite(struct journal *journal, uint64_t invite)
{
    return invite ? remove_all(journal, "token:", NULL, invite) : 0;
}

struct count {
    const struct journal *journal;
    uint64_t invite;
    size_t sessions;
    int64_t used_ms;
};

static void count_one(void *data, const char *key, const char *text)
{
    struct count *count = data;
    struct token token;
    if (!read_token(text, &token) || token.invite != count->invite || token_is_over(count->journal, &token))
        return;
    count->sessions++;
    if (token.used_ms > count->used_ms)
        count->used_ms = token.used_ms;
}

size_t token_count_sessions(const struct journal *journal, uint64_t invite, int64_t *used_ms)
{
    struct count count = {.journal = journal, .invite = invite};
    journal_each_state(journal, prefixes[TOKEN_SESSION], count_one, &count);
    *used_ms = count.used_ms;
    return count.sessions;
}

struct listing {
    const struct journal *journal;
    struct buffer *out;
};

static void write_one(void *data, const char *key, const char *text)
{
    const struct listing *listing = data;
    struct buffer *out = listing->out;
    struct token token;
    if (!read_token(text, &token) || token_is_over(listing->journal, &token))
        return;
    buffer_add_string(out, out->data[out->len - 1] == '[' ? "{\"name\":" : ",{\"name\":");
    buffer_add_json(out, token.name, strlen(token.name));
    buffer_printf(out, ",\"role\":\"%s\",\"made_ms\":%" PRId64 ",\"used_ms\":%" PRId64 ",\"expires_ms\":%" PRId64 "}",
                  role_names[token.role], token.made_ms, token.used_ms, token.expires_ms);
}

void token_write_list(const struct journal *journal, enum token_kind kind, struct buffer *out)
{
    buffer_add_char(out, '[');
    journal_each_state(journal, prefixes[kind], write_one, &(struct listing){journal, out});
    buffer_add_char(out, ']');
}
