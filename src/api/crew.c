#include "api/crew.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/client.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "relay/journal.h"

#define PERSON_PREFIX "crew:"
#define NOTE_PREFIX "crew_note:"
#define NOTES_KEY "crew_notes:last"

enum { TELL_MS = 50, KEY_BYTES = 40 };

struct person {
    struct list link;  // in crew.people
    char name[TOKEN_NAME_BYTES];
    enum api_role role;
    bool is_on_duty;
    char languages[CREW_LANGUAGES_MAX][CREW_LANGUAGE_BYTES];
    size_t language_count;
    char time_zone[CREW_ZONE_BYTES];  // "": unknown
    int64_t since_ms;                 // on duty or off since then
    int64_t seen_ms;
};

struct note {
    uint64_t id;
    int64_t at_ms;
    char *by, *text;  // owned
};

struct crew {
    struct api *api;
    struct list people;
    size_t person_count;
    struct note notes[CREW_NOTES_MAX];  // oldest first
    size_t note_count;
    struct timer tell;
};

/* --- People --- */

static bool is_at(const struct client *client, const struct person *person)
{
    return client->kind == CLIENT_PANEL && client->topics != 0 && strcmp(client->who.name, person->name) == 0;
}

static size_t count_browsers(const struct crew *crew, const struct person *person)
{
    size_t count = 0;
    const struct client *client;
    list_for_each(client, &crew->api->clients, link)
        count += is_at(client, person);
    return count;
}

static struct person *find_person(const struct crew *crew, const char *name)
{
    struct person *person;
    list_for_each(person, &crew->people, link)
    {
        if (strcmp(person->name, name) == 0)
            return person;
    }
    return NULL;
}

static void write_languages(const struct person *person, struct buffer *out)
{
    buffer_add_string(out, ",\"languages\":[");
    for (size_t i = 0; i < person->language_count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        buffer_add_json(out, person->languages[i], strlen(person->languages[i]));
    }
    buffer_add_string(out, "],\"time_zone\":");
    buffer_add_json(out, person->time_zone, strlen(person->time_zone));
}

static void write_person(const struct person *person, struct buffer *out)
{
    buffer_add_string(out, "{\"name\":");
    buffer_add_json(out, person->name, strlen(person->name));
    buffer_printf(out, ",\"role\":\"%s\",\"is_on_duty\":%s", api_role_name(person->role), person->is_on_duty ? "true" : "false");
    write_languages(person, out);
    buffer_printf(out, ",\"since_ms\":%" PRId64 ",\"seen_ms\":%" PRId64, person->since_ms, person->seen_ms);
}

static void make_person_key(const struct person *person, struct buffer *key)
{
    buffer_add_string(key, PERSON_PREFIX);
    buffer_add_string(key, person->name);
    buffer_add_char(key, '\0');
}

static void save_person(const struct crew *crew, const struct person *person)
{
    struct buffer key = {0}, json = {0};
    make_person_key(person, &key);
    write_person(person, &json);
    buffer_add_char(&json, '}');
    buffer_add_char(&json, '\0');
    journal_set_state(crew->api->relay->journal, key.data, json.data);
    buffer_fini(&json);
    buffer_fini(&key);
}

static void forget_person(struct crew *crew, struct person *person)
{
    struct buffer key = {0};
    make_person_key(person, &key);
    journal_set_state(crew->api->relay->journal, key.data, NULL);
    buffer_fini(&key);
    list_remove(&person->link);
    crew->person_count--;
    free(person);
}

/* Who was seen longest ago of those who are not here; NULL: all are. */
static struct person *find_longest_gone(const struct crew *crew)
{
    struct person *person, *found = NULL;
    list_for_each(person, &crew->people, link)
    {
        if ((!found || person->seen_ms < found->seen_ms) && count_browsers(crew, person) == 0)
            found = person;
    }
    return found;
}

static struct person *add_person(struct crew *crew, const char *name)
{
    struct person *gone = crew->person_count >= CREW_PEOPLE_MAX ? find_longest_gone(crew) : NULL;
    if (gone)
        forget_person(crew, gone);
    if (crew->person_count >= CREW_PEOPLE_MAX)
        return NULL;
    struct person *person = xcalloc(1, sizeof(*person));
    snprintf(person->name, sizeof(person->name), "%s", name);
    list_append(&crew->people, &person->link);
    crew->person_count++;
    return person;
}

static struct person *take_person(struct crew *crew, const char *name, enum api_role role)
{
    struct person *person = find_person(crew, name);
    if (!person)
        person = *name ? add_person(crew, name) : NULL;
    if (!person)
        return NULL;
    person->role = role;
    person->seen_ms = clock_unix_ms();
    return person;
}

/* --- What the clients read --- */

static void write_people(const struct crew *crew, struct buffer *out)
{
    const struct person *person;
    size_t count = 0;
    buffer_add_string(out, "\"people\":[");
    list_for_each(person, &crew->people, link)
    {
        if (count++ > 0)
            buffer_add_char(out, ',');
        write_person(person, out);
        buffer_printf(out, ",\"browsers\":%zu}", count_browsers(crew, person));
    }
    buffer_add_char(out, ']');
}

static void write_notes(const struct crew *crew, struct buffer *out)
{
    buffer_add_string(out, "\"notes\":[");
    for (size_t i = 0; i < crew->note_count; i++) {
        const struct note *note = &crew->notes[i];
        buffer_printf(out, "%s{\"id\":%" PRIu64 ",\"at_ms\":%" PRId64 ",\"by\":", i ? "," : "", note->id, note->at_ms);
        buffer_add_json(out, note->by, strlen(note->by));
        buffer_add_string(out, ",\"text\":");
        buffer_add_json(out, note->text, strlen(note->text));
        buffer_add_char(out, '}');
    }
    buffer_add_char(out, ']');
}

void crew_write_snapshot(const struct crew *crew, struct buffer *out)
{
    buffer_add_string(out, ",\"crew\":{");
    write_people(crew, out);
    buffer_add_char(out, ',');
    write_notes(crew, out);
    buffer_add_char(out, '}');
}

static void tell(struct crew *crew, void (*write)(const struct crew *crew, struct buffer *out))
{
    struct buffer json = {0};
    buffer_add_string(&json, "{\"type\":\"crew\",\"crew\":{");
    write(crew, &json);
    buffer_add_string(&json, "}}");
    api_send(crew->api, TOPIC_DESK, &json);
    buffer_fini(&json);
}

static void handle_tell(void *data)
{
    tell(data, write_people);
}

/* A page that is loaded again goes and comes within one turn of this. */
static void tell_soon(struct crew *crew)
{
    if (!timer_is_running(&crew->tell))
        timer_start(&crew->tell, TELL_MS);
}

/* --- Coming and going --- */

void crew_handle_hello(struct crew *crew, const struct client *client)
{
    if (client->kind != CLIENT_PANEL)
        return;
    struct person *person = take_person(crew, client->who.name, client->who.role);
    if (!person)
        return;
    save_person(crew, person);
    tell_soon(crew);
}

void crew_handle_gone(struct crew *crew, const struct client *client)
{
    struct person *person = client->kind == CLIENT_PANEL ? find_person(crew, client->who.name) : NULL;
    if (!person)
        return;
    person->seen_ms = clock_unix_ms();
    save_person(crew, person);
    tell_soon(crew);
}

static void leave_duty(struct crew *crew, struct person *person)
{
    if (!person || !person->is_on_duty)
        return;
    person->is_on_duty = false;
    person->since_ms = clock_unix_ms();
    save_person(crew, person);
    tell_soon(crew);
}

void crew_send_out(struct crew *crew, const char *name)
{
    leave_duty(crew, find_person(crew, name));
}

void crew_sweep(struct crew *crew)
{
    int64_t now_ms = clock_unix_ms();
    struct person *person;
    list_for_each(person, &crew->people, link)
    {
        if (now_ms - person->seen_ms > CREW_AWAY_MS && count_browsers(crew, person) == 0)
            leave_duty(crew, person);
    }
}

/* --- Duty --- */

static bool has_only(const char *text, const char *more)
{
    for (; *text; text++) {
        bool is_plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') || (*text >= '0' && *text <= '9');
        if (!is_plain && !strchr(more, *text))
            return false;
    }
    return true;
}

static bool check_duty(const struct crew_duty *duty, struct error *err)
{
    for (size_t i = 0; i < duty->language_count; i++) {
        const char *tag = duty->languages[i];
        if (strlen(tag) < 2 || strlen(tag) >= CREW_LANGUAGE_BYTES || !has_only(tag, "-"))
            return error_set(err, ERROR_DATA, "languages[%zu] \"%.40s\": expected a tag like \"fa\" or \"zh-Hant\"", i, tag);
    }
    const char *zone = duty->time_zone;
    if (zone && *zone && (strlen(zone) >= CREW_ZONE_BYTES || !has_only(zone, "_+-/")))
        return error_set(err, ERROR_DATA, "time_zone \"%.60s\": expected a name like \"Asia/Tehran\"", zone);
    return true;
}

bool crew_set_duty(struct crew *crew, const char *name, enum api_role role, const struct crew_duty *duty, struct error *err)
{
    if (!check_duty(duty, err))
        return false;
    struct person *person = take_person(crew, name, role);
    if (!person)
        return error_set(err, ERROR_AGAIN, "%d people are here already, and that is all there is room for", CREW_PEOPLE_MAX);
    if (duty->is_on_duty != person->is_on_duty)
        person->since_ms = person->seen_ms;
    person->is_on_duty = duty->is_on_duty;
    if (duty->has_languages) {
        person->language_count = duty->language_count;
        for (size_t i = 0; i < duty->language_count; i++)
            snprintf(person->languages[i], CREW_LANGUAGE_BYTES, "%s", duty->languages[i]);
    }
    if (duty->time_zone)
        snprintf(person->time_zone, sizeof(person->time_zone), "%s", duty->time_zone);
    save_person(crew, person);
    tell_soon(crew);
    return true;
}

/* --- Notes --- */

static void make_note_key(char key[KEY_BYTES], uint64_t id)
{
    snprintf(key, KEY_BYTES, NOTE_PREFIX "%020" PRIu64, id);
}

static void save_note(const struct crew *crew, const struct note *note)
{
    char key[KEY_BYTES];
    struct buffer json = {0};
    make_note_key(key, note->id);
    buffer_printf(&json, "{\"at_ms\":%" PRId64 ",\"by\":", note->at_ms);
    buffer_add_json(&json, note->by, strlen(note->by));
    buffer_add_string(&json, ",\"text\":");
    buffer_add_json(&json, note->text, strlen(note->text));
    buffer_add_char(&json, '}');
    char *text = buffer_take(&json);
    journal_set_state(crew->api->relay->journal, key, text);
    free(text);
}

static void remove_note_at(struct crew *crew, size_t index)
{
    char key[KEY_BYTES];
    struct note *note = &crew->notes[index];
    make_note_key(key, note->id);
    journal_set_state(crew->api->relay->journal, key, NULL);
    free(note->by);
    free(note->text);
    crew->note_count--;
    memmove(note, note + 1, (crew->note_count - index) * sizeof(*note));
}

static uint64_t next_note_id(struct crew *crew)
{
    struct journal *journal = crew->api->relay->journal;
    const char *last = journal_state(journal, NOTES_KEY);
    char text[24];
    uint64_t id = (last ? strtoull(last, NULL, 10) : 0) + 1;
    snprintf(text, sizeof(text), "%" PRIu64, id);
    journal_set_state(journal, NOTES_KEY, text);
    return id;
}

static bool is_blank(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!strchr(" \t\r\n", text.data[i]))
            return false;
    }
    return true;
}

uint64_t crew_add_note(struct crew *crew, struct str text, const char *by, struct error *err)
{
    if (is_blank(text) || memchr(text.data, '\0', text.len)) {
        error_set(err, ERROR_DATA, "text is empty: write what the next one should know");
        return 0;
    }
    if (text.len > CREW_NOTE_BYTES_MAX) {
        error_set(err, ERROR_DATA, "text has %zu bytes: at most %d", text.len, CREW_NOTE_BYTES_MAX);
        return 0;
    }
    if (crew->note_count == CREW_NOTES_MAX)
        remove_note_at(crew, 0);
    struct note *note = &crew->notes[crew->note_count++];
    *note = (struct note){next_note_id(crew), clock_unix_ms(), xstrdup(by), xstrndup(text.data, text.len)};
    save_note(crew, note);
    tell(crew, write_notes);
    return note->id;
}

bool crew_remove_note(struct crew *crew, uint64_t id, struct error *err)
{
    for (size_t i = 0; i < crew->note_count; i++) {
        if (crew->notes[i].id != id)
            continue;
        remove_note_at(crew, i);
        tell(crew, write_notes);
        return true;
    }
    return error_set(err, ERROR_DATA, "there is no note %" PRIu64, id);
}

/* --- At a start --- */

static void read_languages(struct person *person, const json_t *list)
{
    size_t index;
    json_t *item;
    json_array_foreach(list, index, item) {
        if (json_is_string(item) && person->language_count < CREW_LANGUAGES_MAX)
            snprintf(person->languages[person->language_count++], CREW_LANGUAGE_BYTES, "%s", json_string_value(item));
    }
}

static void load_person(void *data, const char *key, const char *text)
{
    struct crew *crew = data;
    json_t *object = json_parse(text, strlen(text), NULL);
    const char *name = json_get_text(object, "name"), *zone = json_get_text(object, "time_zone");
    if (name && *name && strlen(name) < TOKEN_NAME_BYTES && crew->person_count < CREW_PEOPLE_MAX) {
        struct person *person = add_person(crew, name);
        person->role = api_role_from_name(json_get_text(object, "role"));
        person->is_on_duty = json_get_bool(object, "is_on_duty", false);
        person->since_ms = json_get_int(object, "since_ms", 0);
        person->seen_ms = json_get_int(object, "seen_ms", 0);
        snprintf(person->time_zone, sizeof(person->time_zone), "%s", zone ? zone : "");
        read_languages(person, json_object_get(object, "languages"));
    }
    json_decref(object);
}

static void load_note(void *data, const char *key, const char *text)
{
    struct crew *crew = data;
    json_t *object = json_parse(text, strlen(text), NULL);
    const char *by = json_get_text(object, "by"), *words = json_get_text(object, "text");
    if (by && words && crew->note_count < CREW_NOTES_MAX) {
        crew->notes[crew->note_count++] = (struct note){
            strtoull(key + strlen(NOTE_PREFIX), NULL, 10), json_get_int(object, "at_ms", 0), xstrdup(by), xstrdup(words)};
    }
    json_decref(object);
}

struct crew *crew_create(struct api *api)
{
    struct crew *crew = xcalloc(1, sizeof(*crew));
    crew->api = api;
    list_init(&crew->people);
    timer_init(&crew->tell, api->loop, handle_tell, crew);
    journal_each_state(api->relay->journal, PERSON_PREFIX, load_person, crew);
    journal_each_state(api->relay->journal, NOTE_PREFIX, load_note, crew);
    return crew;
}

void crew_destroy(struct crew *crew)
{
    if (!crew)
        return;
    timer_stop(&crew->tell);
    struct person *person, *next;
    list_for_each_safe(person, next, &crew->people, link)
        free(person);
    for (size_t i = 0; i < crew->note_count; i++) {
        free(crew->notes[i].by);
        free(crew->notes[i].text);
    }
    free(crew);
}
