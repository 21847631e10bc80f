#include "video/inputs.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "video/address.h"
#include "video/program.h"
#include "video/reception.h"

struct inputs {
    struct inputs_options options;
    struct address addresses[PUMP_FEEDS];  // kind ADDRESS_NONE: there is none
    struct reception *receptions[PUMP_FEEDS];

    GMutex lock;  // guards the rest
    struct {
        enum studio_state state;
        unsigned attempts;
        char text[256];
    } told[PUMP_FEEDS];
};

G_STATIC_ASSERT((int)STUDIO_MAIN == PUMP_MAIN && (int)STUDIO_BACKUP == PUMP_BACKUP && (int)STUDIO_SOUND == PUMP_SOUND
    && (int)STUDIO_INPUTS == PUMP_FEEDS);

const char *inputs_name(enum pump_feed feed)
{
    static const char *const names[PUMP_FEEDS] = {"main", "backup", "sound"};
    return names[feed];
}

bool inputs_has(const struct inputs *inputs, enum pump_feed feed)
{
    return inputs->addresses[feed].kind != ADDRESS_NONE;
}

struct inputs *inputs_create(const struct inputs_options *options, struct error *err)
{
    struct inputs *inputs = xcalloc(1, sizeof(*inputs));
    g_mutex_init(&inputs->lock);
    inputs->options = *options;
    for (int i = 0; i < PUMP_FEEDS; i++) {
        if (options->addresses[i] && !address_parse_input(&inputs->addresses[i], options->addresses[i], err)) {
            error_prefix(err, "input %s", inputs_name((enum pump_feed)i));
            inputs_destroy(inputs);
            return NULL;
        }
    }
    return inputs;
}

void inputs_destroy(struct inputs *inputs)
{
    if (!inputs)
        return;
    for (int i = 0; i < PUMP_FEEDS; i++)
        address_fini(&inputs->addresses[i]);
    g_mutex_clear(&inputs->lock);
    free(inputs);
}

static void handle_state(void *data, enum pump_feed feed, enum studio_state state, unsigned generation, const char *text)
{
    struct inputs *inputs = data;
    g_mutex_lock(&inputs->lock);
    inputs->told[feed].state = state;
    inputs->told[feed].attempts = generation;
    snprintf(inputs->told[feed].text, sizeof(inputs->told[feed].text), "%s", text);
    g_mutex_unlock(&inputs->lock);
    inputs->options.on_state(inputs->options.data, feed, state, text);
}

void inputs_open(struct inputs *inputs, struct pump *pump)
{
    for (int i = 0; i < PUMP_FEEDS; i++) {
        if (!inputs_has(inputs, (enum pump_feed)i))
            continue;
        inputs->receptions[i] = reception_create(&(struct reception_options){
            .program = inputs->options.program, .address = &inputs->addresses[i], .pump = pump,
            .context = inputs->options.context, .data = inputs, .feed = (enum pump_feed)i, .on_state = handle_state,
        });
    }
}

void inputs_close(struct inputs *inputs)
{
    for (int i = 0; i < PUMP_FEEDS; i++)
        reception_destroy(g_steal_pointer(&inputs->receptions[i]));
}

void inputs_get_health(struct inputs *inputs, const struct pump_health *pump, struct studio_health *health)
{
    int64_t now_ns = program_now_ns(inputs->options.program);
    g_mutex_lock(&inputs->lock);
    for (int i = 0; i < PUMP_FEEDS; i++) {
        if (!inputs_has(inputs, (enum pump_feed)i))
            continue;
        struct studio_input_health *input = &health->inputs[i];
        int64_t last_ns = pump->last_sample_ns[i];
        *input = (struct studio_input_health){
            .is_wanted = true, .state = inputs->told[i].state, .attempts = inputs->told[i].attempts,
            .age_s = last_ns < 0 ? -1 : (double)(now_ns - last_ns) / NS_PER_S,
        };
        g_strlcpy(input->from, inputs->addresses[i].shown, sizeof(input->from));
        g_strlcpy(input->text, inputs->told[i].text, sizeof(input->text));
    }
    g_mutex_unlock(&inputs->lock);
}
