#include "relay/heard.h"

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
#include "relay/questions.h"

#define KEY "heard"

/* docs/api.md tells these to people: keep them alike. */
enum {
    GRACE_MS = 30 * 1000,  // each group begins with so much: one short question does not decide
    WEIGHT_LANGUAGE = 45, WEIGHT_PLATFORM = 25, WEIGHT_FIRST = 30,
    NAME_BYTES = 24,
};

struct group {
    char name[NAME_BYTES];
    int64_t ms;
    uint64_t count;
};

struct groups {
    struct group items[HEARD_GROUPS_MAX];
    size_t count;
};

struct heard {
    struct heard_options options;
    int64_t since_ms;
    struct groups languages, platforms, askers;  // askers: "first", "other"
    // on air now
    uint64_t id;  // 0: none
    int64_t in_ms;
    char language[NAME_BYTES], platform[NAME_BYTES], asker[NAME_BYTES];
};

static struct group *find(const struct groups *groups, const char *name)
{
    for (size_t i = 0; i < groups->count; i++) {
        if (strncmp(groups->items[i].name, name, NAME_BYTES - 1) == 0)
            return (struct group *)&groups->items[i];
    }
    return NULL;
}

static struct group *get(struct groups *groups, const char *name)
{
    struct group *group = find(groups, name);
    if (group || groups->count == HEARD_GROUPS_MAX)
        return group;
    group = &groups->items[groups->count++];
    *group = (struct group){0};
    snprintf(group->name, sizeof(group->name), "%s", name);
    return group;
}

static void count(struct groups *groups, const char *name, int64_t ms, uint64_t times)
{
    struct group *group = *name ? get(groups, name) : NULL;
    if (group) {
        group->ms += ms;
        group->count += times;
    }
}

static void count_all(struct heard *heard, int64_t ms, uint64_t times)
{
    count(&heard->languages, heard->language, ms, times);
    count(&heard->platforms, heard->platform, ms, times);
    count(&heard->askers, heard->asker, ms, times);
}

/* --- JSON --- */

/* How many questions of the list are of this group. */
typedef const char *(*name_fn)(const struct question *question);

static const char *language_of(const struct question *question)
{
    return question->language;
}

static const char *platform_of(const struct question *question)
{
    return question->ask_count > 0 ? question->asks[0].platform : "";
}

static const char *asker_of(const struct question *question)
{
    return question->ask_count == 0 ? "" : question->is_first_time ? "first" : "other";
}

static uint64_t count_asked(const struct questions *questions, name_fn name_of, const char *name)
{
    uint64_t asked = 0;
    for (size_t i = 0; questions && i < questions_count(questions); i++)
        asked += strncmp(name_of(questions_at(questions, i)), name, NAME_BYTES - 1) == 0;
    return asked;
}

/* What was on air is asked too, also when its question has left the list. */
static void add_figures(struct buffer *out, const struct group *group, uint64_t asked)
{
    uint64_t heard = group ? group->count : 0;
    buffer_printf(out, "\"heard\":%" PRIu64 ",\"asked\":%" PRIu64 ",\"seconds\":%" PRId64 "}", heard, asked > heard ? asked : heard,
                  group ? group->ms / 1000 : 0);
}

/* Those that were heard, and those that only asked. */
static void add_groups(struct buffer *out, const char *list, const char *key, const struct groups *groups,
                       const struct questions *questions, name_fn name_of)
{
    struct groups all = *groups;
    for (size_t i = 0; questions && i < questions_count(questions); i++)
        count(&all, name_of(questions_at(questions, i)), 0, 0);
    buffer_printf(out, ",\"%s\":[", list);
    for (size_t i = 0; i < all.count; i++) {
        buffer_printf(out, "%s{\"%s\":", i > 0 ? "," : "", key);
        buffer_add_json(out, all.items[i].name, strlen(all.items[i].name));
        buffer_add_char(out, ',');
        add_figures(out, &all.items[i], count_asked(questions, name_of, all.items[i].name));
    }
    buffer_add_char(out, ']');
}

void heard_write_json(const struct heard *heard, const struct questions *questions, struct buffer *out)
{
    buffer_printf(out, "{\"since_ms\":%" PRId64, heard->since_ms);
    add_groups(out, "languages", "language", &heard->languages, questions, language_of);
    add_groups(out, "platforms", "platform", &heard->platforms, questions, platform_of);
    buffer_add_string(out, ",\"first_timers\":{");
    add_figures(out, find(&heard->askers, "first"), count_asked(questions, asker_of, "first"));
    buffer_add_string(out, ",\"others\":{");
    add_figures(out, find(&heard->askers, "other"), count_asked(questions, asker_of, "other"));
    buffer_add_char(out, '}');
}

static void add_exact(struct buffer *out, const char *key, const struct groups *groups)
{
    buffer_printf(out, ",\"%s\":[", key);
    for (size_t i = 0; i < groups->count; i++) {
        buffer_add_string(out, i > 0 ? ",[" : "[");
        buffer_add_json(out, groups->items[i].name, strlen(groups->items[i].name));
        buffer_printf(out, ",%" PRId64 ",%" PRIu64 "]", groups->items[i].ms, groups->items[i].count);
    }
    buffer_add_char(out, ']');
}

static void add_text(struct buffer *out, const char *key, const char *text)
{
    buffer_printf(out, ",\"%s\":", key);
    buffer_add_json(out, text, strlen(text));
}

static void save(const struct heard *heard)
{
    struct buffer out = {0};
    if (!heard->options.journal)
        return;
    buffer_printf(&out, "{\"since_ms\":%" PRId64 ",\"id\":%" PRIu64 ",\"in_ms\":%" PRId64, heard->since_ms, heard->id, heard->in_ms);
    add_text(&out, "language", heard->language);
    add_text(&out, "platform", heard->platform);
    add_text(&out, "asker", heard->asker);
    add_exact(&out, "languages", &heard->languages);
    add_exact(&out, "platforms", &heard->platforms);
    add_exact(&out, "askers", &heard->askers);
    buffer_add_char(&out, '}');
    char *text = buffer_take(&out);
    journal_set_state(heard->options.journal, KEY, text);
    free(text);
}

static void read_name(const json_t *object, const char *key, char name[NAME_BYTES])
{
    const char *text = json_get_text(object, key);
    snprintf(name, NAME_BYTES, "%s", text ? text : "");
}

static void read_groups(const json_t *object, const char *key, struct groups *groups)
{
    const json_t *array = json_object_get(object, key);
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *item = json_array_get(array, i);
        const char *name = json_string_value(json_array_get(item, 0));
        if (name)
            count(groups, name, json_integer_value(json_array_get(item, 1)), (uint64_t)json_integer_value(json_array_get(item, 2)));
    }
}

static void load(struct heard *heard)
{
    const char *text = heard->options.journal ? journal_state(heard->options.journal, KEY) : NULL;
    struct error err;
    json_t *object = text ? json_parse(text, strlen(text), &err) : NULL;
    heard->since_ms = json_get_int(object, "since_ms", clock_unix_ms());
    heard->id = (uint64_t)json_get_int(object, "id", 0);
    heard->in_ms = json_get_int(object, "in_ms", 0);
    read_name(object, "language", heard->language);
    read_name(object, "platform", heard->platform);
    read_name(object, "asker", heard->asker);
    read_groups(object, "languages", &heard->languages);
    read_groups(object, "platforms", &heard->platforms);
    read_groups(object, "askers", &heard->askers);
    json_decref(object);
}

struct heard *heard_create(const struct heard_options *options)
{
    struct heard *heard = xcalloc(1, sizeof(*heard));
    heard->options = *options;
    load(heard);
    return heard;
}

void heard_destroy(struct heard *heard)
{
    free(heard);
}

/* --- On air --- */

static void leave(struct heard *heard, int64_t now_ms)
{
    count_all(heard, now_ms > heard->in_ms ? now_ms - heard->in_ms : 0, 0);
    heard->id = 0;
}

static void enter(struct heard *heard, const struct question *question, int64_t now_ms)
{
    bool has_author = question->ask_count > 0;
    heard->id = question->id;
    heard->in_ms = now_ms;
    snprintf(heard->language, sizeof(heard->language), "%.20s", question->language);
    snprintf(heard->platform, sizeof(heard->platform), "%.20s", has_author ? question->asks[0].platform : "");
    snprintf(heard->asker, sizeof(heard->asker), "%s", !has_author ? "" : question->is_first_time ? "first" : "other");
    count_all(heard, 0, 1);
}

static void end(struct heard *heard)
{
    save(heard);
    heard->options.changed(heard->options.data);
}

void heard_handle_question(struct heard *heard, const struct question *question, int64_t now_ms)
{
    bool is_on_air = question->state == QUESTION_ON_AIR;
    if (is_on_air == (heard->id == question->id))
        return;
    if (heard->id != 0)
        leave(heard, now_ms);
    if (is_on_air)
        enter(heard, question, now_ms);
    end(heard);
}

void heard_handle_removed(struct heard *heard, uint64_t id, int64_t now_ms)
{
    if (heard->id != id || id == 0)
        return;
    leave(heard, now_ms);
    end(heard);
}

void heard_begin_show(struct heard *heard, int64_t now_ms)
{
    heard->languages.count = heard->platforms.count = heard->askers.count = 0;
    heard->since_ms = heard->in_ms = now_ms;
    end(heard);
}

/* --- Fairness --- */

/*
 * 100: this group was not heard while others were; 50: as long as the others on the average; 0: twice that or more. Every
 * group is given GRACE_MS before.
 */
static int fairness_in(const struct groups *groups, const char *name)
{
    if (!*name)
        return FAIRNESS_EVEN;
    const struct group *own = find(groups, name);
    int64_t number = (int64_t)groups->count + !own, total_ms = number * GRACE_MS;
    for (size_t i = 0; i < groups->count; i++)
        total_ms += groups->items[i].ms;
    int64_t own_ms = (own ? own->ms : 0) + GRACE_MS;
    if (number < 2)
        return FAIRNESS_EVEN;
    int64_t fairness = 100 - FAIRNESS_EVEN * own_ms * number / total_ms;
    return fairness > 0 ? (int)fairness : 0;
}

int heard_fairness(const struct heard *heard, const struct question *question)
{
    if (!heard || question->ask_count == 0)
        return FAIRNESS_EVEN;
    struct groups askers = heard->askers;
    get(&askers, "first");  // both are there always
    get(&askers, "other");
    int language = fairness_in(&heard->languages, question->language);
    int platform = fairness_in(&heard->platforms, question->asks[0].platform);
    int first = fairness_in(&askers, question->is_first_time ? "first" : "other");
    return (language * WEIGHT_LANGUAGE + platform * WEIGHT_PLATFORM + first * WEIGHT_FIRST + 50) / 100;
}
