/*
 * "Back soon" follows what the video process reports: while it shows the holding picture, in the views of the outputs that
 * run. Gone with the input's return, with the process, or with the last output of a view.
 */
#include <string.h>

#include "api/outputs_inside.h"
#include "base/clock.h"
#include "base/json.h"
#include "relay/on_air.h"

static bool is_running(const struct output *output)
{
    const char *state = json_get_text(output->state, "state");
    return state && strcmp(state, "off") != 0 && strcmp(state, "lost") != 0;
}

void outputs_tell_holding(struct outputs *outputs)
{
    const char *views[OUTPUTS_MAX];
    size_t count = 0;
    bool is_holding = outputs->video && json_get_bool(outputs->input, "is_holding", false);
    for (size_t i = 0; is_holding && i < outputs->count; i++) {
        const char *view = json_get_text(outputs->outputs[i].state, "view");
        if (view && is_running(&outputs->outputs[i]))
            views[count++] = view;
    }
    int64_t since_ms = json_get_int(outputs->input, "since_ms", 0), now_ms = clock_unix_ms();
    on_air_set_holding(outputs->api->relay->on_air, since_ms > 0 ? since_ms : 1, views, count, now_ms);
}
