/* crew.*: duty, and notes for the next one. */
#include "api/command.h"
#include "api/crew.h"
#include "base/error.h"

static bool read_languages(const struct call *call, struct crew_duty *duty, struct error *err)
{
    const json_t *list = json_object_get(call->arguments, "languages");
    size_t index;
    json_t *item;
    duty->has_languages = call_has(call, "languages");
    if (json_array_size(list) > CREW_LANGUAGES_MAX)
        return error_set(err, ERROR_DATA, "languages: at most %d are possible", CREW_LANGUAGES_MAX);
    json_array_foreach(list, index, item)
        duty->languages[duty->language_count++] = json_string_value(item);
    return true;
}

static enum outcome set_duty(const struct call *call, json_t **result, struct error *err)
{
    struct crew_duty duty = {.is_on_duty = call_bool(call, "on", true),
                             .time_zone = call_has(call, "time_zone") ? call_string(call, "time_zone") : NULL};
    bool is_done = read_languages(call, &duty, err) && crew_set_duty(call->api->crew, call->by, call->role, &duty, err);
    return is_done ? COMMAND_DONE : COMMAND_FAILED;
}

static enum outcome add_note(const struct call *call, json_t **result, struct error *err)
{
    uint64_t id = crew_add_note(call->api->crew, call_text(call, "text"), call->by, err);
    *result = id ? json_pack("{s:I}", "id", (json_int_t)id) : NULL;
    return id ? COMMAND_DONE : COMMAND_FAILED;
}

static enum outcome remove_note(const struct call *call, json_t **result, struct error *err)
{
    return crew_remove_note(call->api->crew, (uint64_t)call_int(call, "id"), err) ? COMMAND_DONE : COMMAND_FAILED;
}

const struct command commands_crew[] = {
    {"crew.duty", API_ROLE_MODERATOR,
     {{"on", ARGUMENT_BOOL, true}, {"languages", ARGUMENT_TEXTS, true}, {"time_zone", ARGUMENT_TEXT, true}}, set_duty},
    {"crew.note", API_ROLE_MODERATOR, {{"text", ARGUMENT_TEXT}}, add_note},
    {"crew.note_remove", API_ROLE_MODERATOR, {{"id", ARGUMENT_ID}}, remove_note},
    {0},
};
