#include "api/invites.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "relay/journal.h"

#define PREFIX "invite:"
#define LAST_KEY "invites:last"

enum { KEY_BYTES = 40, KEPT_MS = 24 * 3600 * 1000 };

/* Sorted by bytes as by number. */
static void make_key(char key[KEY_BYTES], uint64_t id)
{
    snprintf(key, KEY_BYTES, PREFIX "%020" PRIu64, id);
}

static void save(struct journal *journal, const struct invite *invite)
{
    char key[KEY_BYTES];
    struct buffer out = {0};
    buffer_printf(&out, "{\"role\":\"%s\",\"life\":\"%s\",\"name\":", api_role_name(invite->role), token_life_name(invite->life));
    buffer_add_json(&out, invite->name, strlen(invite->name));
    buffer_add_string(&out, ",\"by\":");
    buffer_add_json(&out, invite->by, strlen(invite->by));
    buffer_printf(&out, ",\"made_ms\":%" PRId64 ",\"expires_ms\":%" PRId64 ",\"used_ms\":%" PRId64 "}", invite->made_ms,
                  invite->expires_ms, invite->used_ms);
    char *text = buffer_take(&out);
    make_key(key, invite->id);
    journal_set_state(journal, key, text);
    free(text);
}

static bool read_invite(const char *key, const char *text, struct invite *invite)
{
    json_t *object = json_parse(text, strlen(text), NULL);
    const char *name = json_get_text(object, "name"), *by = json_get_text(object, "by");
    *invite = (struct invite){
        .id = strtoull(key + strlen(PREFIX), NULL, 10),
        .role = api_role_from_name(json_get_text(object, "role")),
        .life = token_life_from_name(json_get_text(object, "life")),
        .made_ms = json_get_int(object, "made_ms", 0),
        .expires_ms = json_get_int(object, "expires_ms", 0),
        .used_ms = json_get_int(object, "used_ms", 0),
    };
    snprintf(invite->name, sizeof(invite->name), "%s", name ? name : "");
    snprintf(invite->by, sizeof(invite->by), "%s", by ? by : "");
    json_decref(object);
    return invite->id != 0 && invite->role != API_ROLE_NONE;
}

struct walk {
    void (*fn)(void *data, const struct invite *invite);
    void *data;
};

static void handle_state(void *data, const char *key, const char *text)
{
    const struct walk *walk = data;
    struct invite invite;
    if (read_invite(key, text, &invite))
        walk->fn(walk->data, &invite);
}

void invites_each(const struct journal *journal, void (*fn)(void *data, const struct invite *invite), void *data)
{
    journal_each_state(journal, PREFIX, handle_state, &(struct walk){fn, data});
}

bool invites_find(const struct journal *journal, uint64_t id, struct invite *invite)
{
    char key[KEY_BYTES];
    make_key(key, id);
    const char *text = journal_state(journal, key);
    return text && read_invite(key, text, invite);
}

/* --- Coming and going --- */

struct collection {
    const struct journal *journal;
    uint64_t ids[INVITES_MAX];
    size_t count, total;
};

static void collect_over(void *data, const struct invite *invite)
{
    struct collection *over = data;
    int64_t used_ms;
    over->total++;
    bool is_over = invite->used_ms ? token_count_sessions(over->journal, invite->id, &used_ms) == 0
                                   : invite->expires_ms + KEPT_MS < clock_unix_ms();
    if (is_over && over->count < INVITES_MAX)
        over->ids[over->count++] = invite->id;
}

void invites_sweep(struct journal *journal)
{
    struct collection over = {.journal = journal};
    invites_each(journal, collect_over, &over);
    for (size_t i = 0; i < over.count; i++)
        invites_remove(journal, over.ids[i]);
}

static uint64_t next_id(struct journal *journal)
{
    const char *last = journal_state(journal, LAST_KEY);
    char text[24];
    uint64_t id = (last ? strtoull(last, NULL, 10) : 0) + 1;
    snprintf(text, sizeof(text), "%" PRIu64, id);
    journal_set_state(journal, LAST_KEY, text);
    return id;
}

static size_t count_all(struct journal *journal)
{
    struct collection all = {.journal = journal};
    invites_each(journal, collect_over, &all);
    return all.total;
}

bool invites_add(struct journal *journal, struct invite *invite, int minutes, char text[TOKEN_TEXT_BYTES],
                 struct error *err)
{
    invites_sweep(journal);
    if (count_all(journal) >= INVITES_MAX)
        return error_set(err, ERROR_AGAIN, "there are %d invitations already: revoke some first", INVITES_MAX);
    invite->id = next_id(journal);
    invite->made_ms = clock_unix_ms();
    invite->expires_ms = invite->made_ms + INT64_C(60000) * minutes;
    invite->used_ms = 0;
    struct token token = {.kind = TOKEN_LINK, .role = invite->role, .expires_ms = invite->expires_ms, .life = invite->life,
                          .invite = invite->id};
    memcpy(token.name, invite->name, sizeof(token.name));
    save(journal, invite);
    token_add(journal, &token, text);
    return true;
}

void invites_mark_used(struct journal *journal, uint64_t id)
{
    struct invite invite;
    if (!invites_find(journal, id, &invite))
        return;
    invite.used_ms = clock_unix_ms();
    save(journal, &invite);
}

bool invites_remove(struct journal *journal, uint64_t id)
{
    char key[KEY_BYTES];
    make_key(key, id);
    if (!journal_state(journal, key))
        return false;
    journal_set_state(journal, key, NULL);
    token_remove_invite(journal, id);
    return true;
}
