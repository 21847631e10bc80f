#include "hall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/json.h"
#include "chat/message.h"

void hall_open(struct hall *hall, const char *platform, const char *const *settings, size_t count)
{
    struct error err = {0};
    size_t given = 0;
    while (given < count && settings[given])
        given++;
    memset(hall, 0, sizeof(*hall));
    hall->platform = platform;
    stage_init(&hall->stage);
    hall->rehearsal = rehearsal_create(hall->stage.loop, &(struct rehearsal_options){
        .settings = settings, .setting_count = given}, &err);
    if (!hall->rehearsal)
        fail_msg("%s", err.text);
}

void hall_close(struct hall *hall)
{
    stage_stop(&hall->stage);
    rehearsal_destroy(hall->rehearsal);
    hall->rehearsal = NULL;
    stage_fini(&hall->stage);
}

void hall_say(struct hall *hall, const char *format, ...)
{
    char text[2048];
    struct error err = {0};
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert_in_range(len, 1, sizeof(text) - 1);
    json_t *object = json_parse(text, (size_t)len, &err);
    struct message *message = object ? message_from_json(object, &err) : NULL;
    if (!message)
        fail_msg("%s: %s", text, err.text);
    rehearsal_say(hall->rehearsal, message);
    message_unref(message);
    json_decref(object);
}

void hall_fault(struct hall *hall, const char *fault, int64_t for_ms)
{
    struct error err = {0};
    if (!rehearsal_fault(hall->rehearsal, fault, hall->platform, for_ms, &err))
        fail_msg("%s", err.text);
}

int64_t hall_counted(struct hall *hall, const char *name)
{
    json_t *state = rehearsal_state(hall->rehearsal);
    int64_t count = json_get_int(json_object_get(state, hall->platform), name, -1);
    json_decref(state);
    return count;
}

struct counting {
    struct hall *hall;
    const char *name;
    int64_t count;
};

static bool has_count(void *data)
{
    const struct counting *wanted = data;
    return hall_counted(wanted->hall, wanted->name) >= wanted->count;
}

void hall_until_counted(struct hall *hall, const char *name, int64_t count)
{
    struct counting wanted = {hall, name, count};
    stage_until(&hall->stage, name, has_count, &wanted);
}
