#include "rehearsal/side.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "rehearsal/inside.h"

enum { SENT_BYTES_MAX = 64 << 20, WRITES_MAX = 10000 };

/* One line a platform, alphabetical. */
#define EACH_SIDE(SIDE) \
    SIDE(discord)       \
    SIDE(door)          \
    SIDE(facebook)      \
    SIDE(instagram)     \
    SIDE(irc)           \
    SIDE(kick)          \
    SIDE(login)         \
    SIDE(reddit)        \
    SIDE(socialstream)  \
    SIDE(tiktok)        \
    SIDE(twitch)        \
    SIDE(x)             \
    SIDE(youtube)

#define DECLARE(name) extern const struct side_impl name##_side;
EACH_SIDE(DECLARE)

#define ENTRY(name) &name##_side,
static const struct side_impl *const table[] = {EACH_SIDE(ENTRY) NULL};

_Static_assert(ARRAY_LENGTH(table) <= SIDES_MAX, "rehearsal.sides has no room");

const struct side_impl *side_at(size_t index)
{
    return index < ARRAY_LENGTH(table) ? table[index] : NULL;
}

/* --- Settings --- */

static size_t count_settings(const struct side_impl *impl)
{
    size_t count = 0;
    while (impl->settings && impl->settings[count].key)
        count++;
    return count;
}

static size_t find_setting(const struct side_impl *impl, const char *key)
{
    size_t i = 0, count = count_settings(impl);
    while (i < count && strcmp(impl->settings[i].key, key) != 0)
        i++;
    return i;
}

static bool refuse_setting(const struct side *side, const char *key, struct error *err)
{
    struct buffer known = {0};
    for (size_t i = 0; i < count_settings(side->impl); i++)
        buffer_printf(&known, "%s, ", side->impl->settings[i].key);
    bool ok = error_set(err, ERROR_DATA, "%s.%s: there is no such setting; there are %.*starget", side->impl->name, key,
                        (int)known.len, known.data ? known.data : "");
    buffer_fini(&known);
    return ok;
}

bool side_set(struct side *side, const char *key, const char *value, struct error *err)
{
    size_t at = find_setting(side->impl, key);
    char **place = strcmp(key, "target") == 0 ? &side->target : &side->values[at];
    if (place != &side->target && at == count_settings(side->impl))
        return refuse_setting(side, key, err);
    free(*place);
    *place = xstrdup(value);
    return true;
}

const char *side_text(const struct side *side, const char *key)
{
    size_t at = find_setting(side->impl, key);
    assert(at < count_settings(side->impl));
    return side->values[at] ? side->values[at] : side->impl->settings[at].usual;
}

int64_t side_number(const struct side *side, const char *key)
{
    const char *text = side_text(side, key);
    return text ? strtoll(text, NULL, 10) : 0;
}

const char *side_room(const struct side *side, const char *key)
{
    size_t at = find_setting(side->impl, key);
    assert(at < count_settings(side->impl));
    const struct transcript *transcript = side->rehearsal->transcript;
    const char *room = transcript ? transcript_room(transcript, side->impl->name) : NULL;
    return side->values[at] || !room ? side_text(side, key) : room;
}

const char *side_target(const struct side *side)
{
    return side->target;
}

const char *side_authority(const struct server_request *request)
{
    const char *host = server_request_header(request, "host");
    return host ? host : "127.0.0.1";
}

/* --- Ids --- */

void side_make_id(const struct side *side, const char *word, char id[TRANSCRIPT_ID_BYTES])
{
    transcript_id_fn make = side->impl->make_id ? side->impl->make_id : transcript_plain_id;
    make(word, strlen(word), 0, id);
}

void side_mint_id(struct side *side, char id[TRANSCRIPT_ID_BYTES])
{
    char word[64];
    snprintf(word, sizeof(word), "written%llu", (unsigned long long)++side->minted);
    side_make_id(side, word, id);
}

/* --- Records --- */

void side_note_as(struct side *side, const struct message *message, const char *id)
{
    struct str name = id ? str_from(id) : message->is.native_id;
    side->said++;
    if (side->sent.len < SENT_BYTES_MAX)
        buffer_printf(&side->sent, "%lld %.*s %s\n", (long long)clock_unix_ms(), (int)name.len, name.data ? name.data : "",
                      message_kind_name(message->is.kind));
}

void side_note(struct side *side, const struct message *message)
{
    side_note_as(side, message, NULL);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text)
        json_object_set_new(object, key, json_string(text));
}

void side_note_write(struct side *side, const struct side_write *write)
{
    json_t *entry = json_pack("{s:I, s:s, s:s}", "at_ms", (json_int_t)clock_unix_ms(), "act", write->act, "outcome",
                              write->outcome);
    set_text(entry, "why", write->why);
    set_text(entry, "text", write->text);
    set_text(entry, "native_id", write->native_id);
    set_text(entry, "reply_to", write->reply_to);
    set_text(entry, "author_id", write->author_id);
    if (write->seconds)
        json_object_set_new(entry, "seconds", json_integer(write->seconds));
    if (write->detail)
        json_object_set(entry, "detail", write->detail);
    if (json_array_size(side->writes) >= WRITES_MAX)
        json_array_remove(side->writes, 0);
    json_array_append_new(side->writes, entry);
}

/* --- What viewers see of a write --- */

static const struct {
    const char *act;
    enum message_kind kind;
} echoes[] = {
    {"say", MESSAGE_CHAT}, {"delete", MESSAGE_DELETE}, {"timeout", MESSAGE_BAN}, {"ban", MESSAGE_BAN},
    {"unban", MESSAGE_UNBAN}, {"clear", MESSAGE_CLEAR},
};

static void fill_echo(struct message_draft *draft, const struct side_write *write, const struct message_author *author)
{
    if (draft->kind == MESSAGE_CHAT) {
        draft->native_id = str_from(write->native_id);
        draft->text = str_from(write->text);
        draft->reply_to.native_id = str_from(write->reply_to);
        draft->author = *author;
        return;
    }
    draft->target.native_id = str_from(draft->kind == MESSAGE_DELETE ? write->native_id : NULL);
    draft->target.author_id = str_from(write->author_id);
    draft->target.seconds = write->seconds;
}

bool side_echo(struct side *side, const struct side_write *write, const struct message_author *author)
{
    struct message_draft draft = {.platform = str_from(side->impl->name), .time_ms = clock_unix_ms()};
    for (size_t i = 0; i < ARRAY_LENGTH(echoes); i++) {
        if (strcmp(write->act, echoes[i].act) == 0)
            draft.kind = echoes[i].kind;
    }
    if (draft.kind == MESSAGE_NONE)
        return false;
    fill_echo(&draft, write, author);
    struct message *message = message_create(&draft);
    side->impl->say(side, message);
    message_unref(message);
    return true;
}

/* --- Life --- */

struct side *side_create(struct rehearsal *rehearsal, const struct side_impl *impl)
{
    struct side *side = impl->create(rehearsal);
    side->impl = impl;
    side->rehearsal = rehearsal;
    list_init(&side->clients);
    side->values = xcalloc(count_settings(impl) + 1, sizeof(*side->values));
    side->writes = json_array();
    return side;
}

void side_destroy(struct side *side)
{
    if (!side)
        return;
    timer_stop(&side->fault_timer);
    buffer_fini(&side->sent);
    json_decref(side->writes);
    free(side->target);
    for (size_t i = 0; i < count_settings(side->impl); i++)
        free(side->values[i]);
    free(side->values);
    side->impl->destroy(side);
}
