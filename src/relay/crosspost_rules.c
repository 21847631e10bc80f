/* The rules as they stand in the configuration. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "chat/message.h"
#include "relay/crosspost_inside.h"

enum { NAMES_MAX = 64, PER_MINUTE_MAX = 600 };

static uint32_t role_from_name(const char *name)
{
    for (uint32_t role = 1; message_role_name(role); role <<= 1) {
        if (strcmp(message_role_name(role), name) == 0)
            return role;
    }
    return 0;
}

static bool is_passable(enum message_kind kind)
{
    return kind == MESSAGE_CHAT || kind == MESSAGE_ACTION || kind == MESSAGE_QUESTION || kind == MESSAGE_GIFT ||
           kind == MESSAGE_MEMBERSHIP;
}

static bool is_source(const char *text)
{
    const char *colon = strchr(text, ':');
    return colon && colon != text && colon[1] != '\0';
}

static bool is_kind(const char *text)
{
    return is_passable(message_kind_from_name(str_from(text)));
}

static bool is_role(const char *text)
{
    return role_from_name(text) != 0;
}

static const struct {
    const char *key;
    bool is_required;
    bool (*is_right)(const char *text);
    const char *expected;
} lists[] = {
    {"from", true, is_source, "a source's id like \"twitch:anna\""},
    {"to", true, is_source, "a source's id like \"irc:anna\""},
    {"kinds", false, is_kind, "chat, action, question, gift or membership"},
    {"roles", false, is_role, "a role like \"moderator\" or \"subscriber\""},
};

static bool check_list(const json_t *rule, size_t index, struct error *err)
{
    const char *key = lists[index].key;
    const json_t *list = json_object_get(rule, key);
    if (!list && !lists[index].is_required)
        return true;
    size_t count = json_array_size(list);
    if (count == 0 || count > NAMES_MAX)
        return error_set(err, ERROR_DATA, "%s: expected a list of 1 to %d texts", key, NAMES_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (!text || !lists[index].is_right(text)) {
            return error_set(err, ERROR_DATA, "%s[%zu] \"%.60s\": expected %s", key, i, text ? text : "",
                             lists[index].expected);
        }
    }
    return true;
}

static bool is_known_key(const char *key)
{
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        if (strcmp(lists[i].key, key) == 0)
            return true;
    }
    return strcmp(key, "per_minute") == 0;
}

static bool check_rule(const json_t *rule, struct error *err)
{
    if (!json_is_object(rule))
        return error_set(err, ERROR_DATA, "expected an object like {\"from\": [\"twitch:anna\"], \"to\": [\"irc:anna\"]}");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)rule, key, value) {
        if (!is_known_key(key))
            return error_set(err, ERROR_DATA, "%.40s: there is no such key; from, to, kinds, roles and per_minute are", key);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        if (!check_list(rule, i, err))
            return false;
    }
    const json_t *per_minute = json_object_get(rule, "per_minute");
    json_int_t count = json_integer_value(per_minute);
    if (per_minute && (!json_is_integer(per_minute) || count < 1 || count > PER_MINUTE_MAX))
        return error_set(err, ERROR_DATA, "per_minute: expected a whole number from 1 to %d", PER_MINUTE_MAX);
    return true;
}

bool crosspost_check(const json_t *rules, struct error *err)
{
    if (rules && !json_is_array(rules))
        return error_set(err, ERROR_DATA, "crosspost: expected a list of rules");
    if (json_array_size(rules) > CROSSPOST_RULES_MAX)
        return error_set(err, ERROR_DATA, "crosspost: %zu rules are too many, %d at most", json_array_size(rules),
                         CROSSPOST_RULES_MAX);
    for (size_t i = 0; i < json_array_size(rules); i++) {
        if (!check_rule(json_array_get(rules, i), err))
            return error_prefix(err, "crosspost[%zu]", i);
    }
    return true;
}

/* ---- Reading ---- */

static void read_rule(struct rule *rule, const json_t *from)
{
    size_t index;
    json_t *item;
    rule->from = json_deep_copy(json_object_get(from, "from"));
    rule->to = json_deep_copy(json_object_get(from, "to"));
    rule->per_minute = (int)json_get_int(from, "per_minute", CROSSPOST_PER_MINUTE);
    rule->tokens = rule->per_minute;
    json_array_foreach(json_object_get(from, "kinds"), index, item)
        rule->kinds |= 1u << message_kind_from_name(str_from(json_string_value(item)));
    if (rule->kinds == 0)
        rule->kinds = 1u << MESSAGE_CHAT;
    json_array_foreach(json_object_get(from, "roles"), index, item)
        rule->roles |= role_from_name(json_string_value(item));
}

struct rule *rules_read(const json_t *from, size_t *count)
{
    *count = json_array_size(from);
    struct rule *rules = xcalloc(*count + 1, sizeof(*rules));
    for (size_t i = 0; i < *count; i++)
        read_rule(&rules[i], json_array_get(from, i));
    return rules;
}

void rules_free(struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        json_decref(rules[i].from);
        json_decref(rules[i].to);
    }
    free(rules);
}

bool rule_means(const struct rule *rule, const struct message *message)
{
    const struct message_draft *is = &message->is;
    if (!(rule->kinds & 1u << is->kind) || (rule->roles && !(rule->roles & is->author.roles)))
        return false;
    for (size_t i = 0; i < json_array_size(rule->from); i++) {
        if (str_equal(str_from(json_string_value(json_array_get(rule->from, i))), is->source))
            return true;
    }
    return false;
}
