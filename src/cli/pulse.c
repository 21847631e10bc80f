#include "cli/pulse.h"

#include "base/service.h"

enum { STEP_MS = 100 };  // until it is ready

/* Twice as often as a feed is due: a timer that comes late makes none late. */
static int64_t interval_ms(const struct pulse *pulse)
{
    int64_t often_ms = service_patience_ms() / 8;
    return pulse->is_ready && often_ms > 0 ? often_ms : STEP_MS;
}

static void beat(void *data)
{
    struct pulse *pulse = data;
    if (!pulse->is_well || pulse->is_well(pulse->data)) {
        if (!pulse->is_ready)
            service_tell("READY=1");
        pulse->is_ready = true;
        service_feed();
    }
    if (!pulse->is_ready || service_patience_ms() > 0)
        timer_start(&pulse->timer, interval_ms(pulse));
}

void pulse_start(struct pulse *pulse, struct loop *loop, bool (*is_well)(void *data), void *data)
{
    *pulse = (struct pulse){.is_well = is_well, .data = data};
    timer_init(&pulse->timer, loop, beat, pulse);
    service_open();
    beat(pulse);
}

void pulse_stop(struct pulse *pulse)
{
    timer_stop(&pulse->timer);
    service_tell("STOPPING=1");
}
