#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/json.h"
#include "chat/message.h"

enum { LIMIT_MS = 10000, CHECK_MS = 2 };

static void take_message(void *data, struct message *message)
{
    struct stage *stage = data;
    assert_true(stage->message_count < STAGE_MAX);
    stage->messages[stage->message_count++] = message_ref(message);
}

static void take_health(void *data, const struct connector_health *health)
{
    struct stage *stage = data;
    if (stage->state_count < 128)
        snprintf(stage->states[stage->state_count++], 512, "%s: %s", connector_state_name(health->state), health->text);
}

static void take_gap(void *data, int64_t from_ms, int64_t to_ms, const char *reason)
{
    struct stage *stage = data;
    assert_true(stage->gap_count < 64);
    stage->gaps[stage->gap_count].from_ms = from_ms;
    stage->gaps[stage->gap_count].to_ms = to_ms;
    snprintf(stage->gaps[stage->gap_count++].reason, 256, "%s", reason);
}

static void take_cursor(void *data, const char *cursor)
{
    struct stage *stage = data;
    snprintf(stage->cursor, sizeof(stage->cursor), "%s", cursor);
}

static void take_result(void *data, const struct connector_result *result)
{
    struct stage *stage = data;
    assert_true(stage->result_count < 64);
    stage->results[stage->result_count].act = result->act;
    stage->results[stage->result_count].outcome = result->outcome;
    snprintf(stage->results[stage->result_count].native_id, 64, "%s", result->native_id);
    snprintf(stage->results[stage->result_count++].text, 256, "%s", result->text);
}

static void check(void *data)
{
    struct stage *stage = data;
    if (stage->condition(stage->condition_data)) {
        loop_stop(stage->loop);
    } else {
        timer_start(&stage->check, CHECK_MS);
    }
}

static void give_up(void *data)
{
    struct stage *stage = data;
    stage->is_late = true;
    loop_stop(stage->loop);
}

void stage_init(struct stage *stage)
{
    struct error err = {0};
    *stage = (struct stage){0};
    stage->loop = loop_create(&err);
    assert_non_null(stage->loop);
    timer_init(&stage->check, stage->loop, check, stage);
    timer_init(&stage->limit, stage->loop, give_up, stage);
}

void stage_stop(struct stage *stage)
{
    connector_destroy(stage->connector);
    stage->connector = NULL;
}

void stage_fini(struct stage *stage)
{
    stage_stop(stage);
    for (size_t i = 0; i < stage->message_count; i++)
        message_unref(stage->messages[i]);
    timer_stop(&stage->check);
    timer_stop(&stage->limit);
    loop_destroy(stage->loop);
}

void stage_start(struct stage *stage, const char *cursor, const char *config, ...)
{
    char text[1024];
    struct error err = {0};
    va_list args;
    va_start(args, config);
    int len = vsnprintf(text, sizeof(text), config, args);
    va_end(args);
    json_t *object = json_parse(text, (size_t)len, &err);
    if (!object)
        fail_msg("%s: %s", text, err.text);
    struct connector_options options = {
        .loop = stage->loop, .cursor = cursor, .poison = stage->poison, .logins = stage->logins,
        .deliver = take_message,
        .on_health = take_health, .on_gap = take_gap, .on_cursor = take_cursor,
        .on_result = take_result, .data = stage,
    };
    stage->connector = connector_create(object, &options, &err);
    if (!stage->connector)
        fail_msg("%s", err.text);
    json_decref(object);
    connector_start(stage->connector);
}

void stage_until(struct stage *stage, const char *what, bool (*condition)(void *data), void *data)
{
    struct error err = {0};
    stage->condition = condition;
    stage->condition_data = data;
    stage->is_late = false;
    timer_start(&stage->limit, LIMIT_MS);
    timer_start(&stage->check, 0);
    if (!loop_run(stage->loop, &err))
        fail_msg("%s", err.text);
    timer_stop(&stage->limit);
    timer_stop(&stage->check);
    if (stage->is_late)
        fail_msg("waited in vain for: %s; %zu messages, %zu gaps, last state \"%s\"", what, stage->message_count,
                 stage->gap_count, stage->state_count ? stage->states[stage->state_count - 1] : "");
}

struct wanted {
    const struct stage *stage;
    size_t count;
    enum connector_state state;
};

static bool has_state(void *data)
{
    const struct wanted *wanted = data;
    return connector_health(wanted->stage->connector)->state == wanted->state;
}

static bool has_messages(void *data)
{
    const struct wanted *wanted = data;
    return wanted->stage->message_count >= wanted->count;
}

static bool has_gaps(void *data)
{
    const struct wanted *wanted = data;
    return wanted->stage->gap_count >= wanted->count;
}

static bool has_results(void *data)
{
    const struct wanted *wanted = data;
    return wanted->stage->result_count >= wanted->count;
}

void stage_until_results(struct stage *stage, size_t count)
{
    struct wanted wanted = {.stage = stage, .count = count};
    stage_until(stage, "results", has_results, &wanted);
}

void stage_until_state(struct stage *stage, enum connector_state state)
{
    struct wanted wanted = {.stage = stage, .state = state};
    stage_until(stage, connector_state_name(state), has_state, &wanted);
}

void stage_until_messages(struct stage *stage, size_t count)
{
    struct wanted wanted = {.stage = stage, .count = count};
    stage_until(stage, "messages", has_messages, &wanted);
}

void stage_until_gaps(struct stage *stage, size_t count)
{
    struct wanted wanted = {.stage = stage, .count = count};
    stage_until(stage, "gaps", has_gaps, &wanted);
}

bool stage_said(const struct stage *stage, const char *text)
{
    for (size_t i = 0; i < stage->state_count; i++) {
        if (strncmp(stage->states[i], text, strlen(text)) == 0)
            return true;
    }
    return false;
}

bool stage_has_text(const struct stage *stage, const char *text)
{
    for (size_t i = 0; i < stage->message_count; i++) {
        if (strcmp(stage->messages[i]->is.text.data, text) == 0)
            return true;
    }
    return false;
}

struct words {
    const struct stage *stage;
    const char *text;
};

static bool has_text(void *data)
{
    const struct words *words = data;
    return stage_has_text(words->stage, words->text);
}

static bool has_said(void *data)
{
    const struct words *words = data;
    return stage_said(words->stage, words->text);
}

void stage_until_text(struct stage *stage, const char *text)
{
    struct words words = {stage, text};
    stage_until(stage, text, has_text, &words);
}

void stage_until_said(struct stage *stage, const char *state)
{
    struct words words = {stage, state};
    stage_until(stage, state, has_said, &words);
}
