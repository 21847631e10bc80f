#include "overlay/warm.h"

#include <stdlib.h>

#include "base/memory.h"
#include "net/loop.h"
#include "text/text.h"

enum { PAUSE_MS = 20 };

struct warm {
    struct warm_options options;
    size_t next;
    struct timer timer;
};

/* One a face; names are bold. Of other scripts the bundled faces are small, and opened within a frame's time. */
static const struct {
    const char *text;
    bool is_bold;
} samples[] = {
    {"Aa 1?", false}, {"Aa 1?", true}, {"سلام ۱؟", false}, {"سلام ۱؟", true}, {"你好？", false}, {"你好", true}, {"👋", false},
};

static void lay_out(struct warm *warm, size_t index)
{
    text_layout_destroy(text_layout_create(warm->options.text, &(struct text_options){
        .text = str_from(samples[index].text), .is_bold = samples[index].is_bold, .max_lines = 1}));
}

static void handle_timer(void *data)
{
    struct warm *warm = data;
    if (warm->options.is_idle(warm->options.data))
        lay_out(warm, warm->next++);
    if (!warm_is_done(warm))
        timer_start(&warm->timer, PAUSE_MS);
}

struct warm *warm_create(const struct warm_options *options)
{
    struct warm *warm = xcalloc(1, sizeof(*warm));
    warm->options = *options;
    timer_init(&warm->timer, options->loop, handle_timer, warm);
    timer_start(&warm->timer, 0);
    return warm;
}

void warm_destroy(struct warm *warm)
{
    if (!warm)
        return;
    timer_stop(&warm->timer);
    free(warm);
}

bool warm_is_done(const struct warm *warm)
{
    return warm->next == ARRAY_LENGTH(samples);
}
