#include "connector/health.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "connector/connector_impl.h"

enum { SKEW_MS = 5 * 60 * 1000 };  // one stretch; the least of two is told

static const char *const state_names[] = {
    [CONNECTOR_OFF] = "off", [CONNECTOR_CONNECTING] = "connecting", [CONNECTOR_LIVE] = "live",
    [CONNECTOR_WAITING] = "waiting", [CONNECTOR_FAILED] = "failed",
};

const char *connector_state_name(enum connector_state state)
{
    return (unsigned)state < ARRAY_LENGTH(state_names) ? state_names[state] : "";
}

static void set_remedy(struct connector *base, const char *text)
{
    free(base->remedy);
    base->remedy = xstrdup(text);
    base->health.remedy = base->remedy;
}

void connector_set_remedy(struct connector *base, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    set_remedy(base, text);
}

void connector_set_budget(struct connector *base, const char *name, int64_t left, int64_t limit, int64_t resets_ms)
{
    base->health.budget = (struct connector_budget){name, left, limit, resets_ms};
}

void health_note_skew(struct connector *base, int64_t received_ms, int64_t sent_ms)
{
    int64_t skew_ms = received_ms - sent_ms;
    struct connector_health *health = &base->health;
    if (!health->has_skew || received_ms - base->skew.since_ms >= SKEW_MS) {
        base->skew.before_ms = health->has_skew ? base->skew.least_ms : skew_ms;
        base->skew.least_ms = skew_ms;
        base->skew.since_ms = received_ms;
        health->has_skew = true;
    }
    if (skew_ms < base->skew.least_ms)
        base->skew.least_ms = skew_ms;
    health->skew_ms = base->skew.least_ms < base->skew.before_ms ? base->skew.least_ms : base->skew.before_ms;
}

static enum log_level level_of(enum connector_state state)
{
    return state == CONNECTOR_FAILED ? LOG_WARN : LOG_INFO;
}

void connector_set_state(struct connector *base, enum connector_state state, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    struct connector_health *health = &base->health;
    if (state == health->state && strcmp(text, base->text) == 0)
        return;
    if (state == CONNECTOR_LIVE && health->state != CONNECTOR_LIVE) {
        health->reconnects += base->was_live;
        base->was_live = true;
        set_remedy(base, "");
    }
    free(base->text);
    base->text = xstrdup(text);
    health->text = base->text;
    health->state = state;
    health->since_ms = clock_unix_ms();
    log_write(level_of(state), "connector", "%s: %s: %s", base->source, connector_state_name(state), text);
    if (base->options.on_health)
        base->options.on_health(base->options.data, health);
}

const char *connector_again_text(int64_t delay_ms, char text[32])
{
    if (delay_ms < 1000) {
        snprintf(text, 32, "again at once");
    } else {
        snprintf(text, 32, "again in %lld s", (long long)((delay_ms + 500) / 1000));
    }
    return text;
}
