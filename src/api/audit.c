#include "api/audit.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/command.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/utf8.h"
#include "net/loop.h"
#include "relay/journal.h"

enum { ACTOR_BYTES = 80, ACTION_BYTES = 48, VALUE_BYTES_MAX = 120, LIST_MAX = 16 };

struct flood {
    char actor[ACTOR_BYTES], action[ACTION_BYTES];  // action "": free
    int64_t since_ms;  // monotonic
    uint64_t more;     // since the line that was written
};

struct audit {
    struct journal *journal;
    struct timer timer;
    struct flood floods[AUDIT_FLOODS + 1];  // the last is of all others
};

/* --- Floods --- */

static void write_more(struct audit *audit, struct flood *flood)
{
    if (flood->more > 0) {
        char text[96];
        snprintf(text, sizeof(text), "{\"more\":%" PRIu64 ",\"seconds\":%" PRId64 "}", flood->more,
                 (clock_monotonic_ms() - flood->since_ms + 999) / 1000);
        journal_add_audit(audit->journal, flood->actor, flood->action, text);
    }
    *flood = (struct flood){0};
}

static void handle_timer(void *data)
{
    struct audit *audit = data;
    int64_t now_ms = clock_monotonic_ms(), next_ms = 0;
    for (size_t i = 0; i <= AUDIT_FLOODS; i++) {
        struct flood *flood = &audit->floods[i];
        if (!*flood->action)
            continue;
        int64_t left_ms = flood->since_ms + AUDIT_COUNT_MS - now_ms;
        if (left_ms <= 0) {
            write_more(audit, flood);
        } else if (next_ms == 0 || left_ms < next_ms) {
            next_ms = left_ms;
        }
    }
    if (next_ms > 0)
        timer_start(&audit->timer, next_ms);
}

struct audit *audit_create(struct loop *loop, struct journal *journal)
{
    struct audit *audit = xcalloc(1, sizeof(*audit));
    audit->journal = journal;
    timer_init(&audit->timer, loop, handle_timer, audit);
    return audit;
}

void audit_destroy(struct audit *audit)
{
    if (!audit)
        return;
    timer_stop(&audit->timer);
    for (size_t i = 0; i <= AUDIT_FLOODS; i++)
        write_more(audit, &audit->floods[i]);
    free(audit);
}

/* Its own, or a free one; else that of all others. */
static struct flood *find_flood(struct audit *audit, const char *actor, const char *action)
{
    struct flood *free_one = NULL;
    for (size_t i = 0; i < AUDIT_FLOODS; i++) {
        struct flood *flood = &audit->floods[i];
        if (!*flood->action) {
            free_one = free_one ? free_one : flood;
        } else if (strncmp(flood->action, action, ACTION_BYTES - 1) == 0 && strncmp(flood->actor, actor, ACTOR_BYTES - 1) == 0) {
            return flood;
        }
    }
    return free_one ? free_one : &audit->floods[AUDIT_FLOODS];
}

void audit_add(struct audit *audit, const char *actor, const char *action, const char *text)
{
    journal_add_audit(audit->journal, actor, action, text);
}

void audit_count(struct audit *audit, const char *actor, const char *action, const char *text)
{
    struct flood *flood = find_flood(audit, actor, action);
    bool is_others = flood == &audit->floods[AUDIT_FLOODS];
    if (*flood->action) {
        flood->more++;
        return;
    }
    snprintf(flood->actor, sizeof(flood->actor), "%s", is_others ? "others" : actor);
    snprintf(flood->action, sizeof(flood->action), "%s", is_others ? "refused.flood" : action);
    flood->since_ms = clock_monotonic_ms();
    journal_add_audit(audit->journal, flood->actor, flood->action, is_others ? "{}" : text);
    if (!timer_is_running(&audit->timer))
        timer_start(&audit->timer, AUDIT_COUNT_MS);
}

void audit_refuse(struct audit *audit, const char *actor, const char *what, const char *why)
{
    char action[ACTION_BYTES], clean[3 * 200];
    struct buffer text = {0};
    size_t len = utf8_repair(why, strnlen(why, 200), clean);
    snprintf(action, sizeof(action), "refused.%s", what);
    buffer_add_string(&text, "{\"why\":");
    buffer_add_json(&text, clean, len);
    buffer_add_char(&text, '}');
    char *json = buffer_take(&text);
    audit_count(audit, actor, action, json);
    free(json);
}

const char *audit_address(const char *peer)
{
    static char text[INET6_ADDRSTRLEN + 8];
    unsigned char bytes[16];
    if (strcmp(peer, "::1") != 0 && inet_pton(AF_INET6, peer, bytes) == 1 && memcmp(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) != 0) {
        snprintf(text, sizeof(text), "%x:%x:%x::*", bytes[0] << 8 | bytes[1], bytes[2] << 8 | bytes[3], bytes[4] << 8 | bytes[5]);
        return text;
    }
    const char *v4 = strncmp(peer, "::ffff:", 7) == 0 ? peer + 7 : peer;
    if (strncmp(v4, "127.", 4) == 0 || inet_pton(AF_INET, v4, bytes) != 1) {
        snprintf(text, sizeof(text), "%.50s", v4);
    } else {
        snprintf(text, sizeof(text), "%u.%u.%u.*", bytes[0], bytes[1], bytes[2]);
    }
    return text;
}

/* --- What the record keeps of a command --- */

/* Names of things, never what somebody wrote: a new argument is kept when it stands here, and left out until then. */
static const char *const kept[] = {
    "action",    "after",  "author",      "before",    "connector", "currency", "format", "into",    "kind",
    "language",  "languages", "life",     "list",      "mode",      "name",      "names",     "native_id", "picture",
    "platform",  "platforms", "reply_to", "role",      "source",    "sources",   "time_zone", "to",        "track",
    "unit",      "view",   "views",       "what",      "zones",
};

static bool is_kept(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(kept); i++) {
        if (strcmp(kept[i], name) == 0)
            return true;
    }
    return false;
}

static json_t *keep_text(const json_t *value)
{
    size_t len = json_string_length(value);
    const char *text = json_string_value(value);
    return json_stringn(text, len > VALUE_BYTES_MAX ? utf8_cut(text, VALUE_BYTES_MAX) : len);
}

static json_t *keep_list(const json_t *value)
{
    json_t *list = json_array();
    size_t index;
    json_t *item;
    json_array_foreach(value, index, item) {
        if (index < LIST_MAX && json_is_string(item))
            json_array_append_new(list, keep_text(item));
    }
    return list;
}

/* A source's configuration may hold keys to it: only what it is for. */
static json_t *keep_object(const json_t *value)
{
    const char *connector = json_get_text(value, "connector");
    return connector ? json_pack("{s:s}", "connector", connector) : json_string("…");
}

static json_t *keep_value(const char *name, const json_t *value)
{
    if (json_is_integer(value) || json_is_real(value) || json_is_boolean(value))
        return json_incref((json_t *)value);
    if (json_is_object(value))
        return keep_object(value);
    if (!is_kept(name))
        return json_is_string(value) || json_is_array(value) ? json_string("…") : NULL;
    return json_is_array(value) ? keep_list(value) : json_is_string(value) ? keep_text(value) : NULL;
}

char *audit_write_command(const struct command *command, const json_t *arguments)
{
    json_t *object = json_object();
    for (size_t i = 0; i < COMMAND_ARGUMENTS_MAX && command->arguments[i].name; i++) {
        const char *name = command->arguments[i].name;
        const json_t *value = json_object_get(arguments, name);
        json_t *copy = value ? keep_value(name, value) : NULL;
        if (copy)
            json_object_set_new(object, name, copy);
    }
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text ? text : xstrdup("{}");
}

char *audit_add_result(const char *text, const json_t *result)
{
    json_t *object = json_parse(text, strlen(text), NULL);
    const json_t *id = json_object_get(result, "id"), *sent = json_object_get(json_object_get(result, "sent"), "id");
    const json_t *source = json_object_get(result, "source");
    if (json_is_integer(id))
        json_object_set(object, "id", (json_t *)id);
    if (json_is_integer(sent))
        json_object_set(object, "sent", (json_t *)sent);
    if (json_is_string(source))
        json_object_set(object, "source", (json_t *)source);
    char *whole = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return whole ? whole : xstrdup("{}");
}
