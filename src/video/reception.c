#include "video/reception.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "video/address.h"
#include "video/input.h"

enum {
    RETRY_FIRST_MS = 500, RETRY_MAX_MS = 5000, JITTER_PERCENT = 20,
    AGAIN_MS = 20,       // after a good generation: a caller comes back
    LASTING_MS = 300,    // what makes a file's generation a good one
    BURIAL_MS = 4000,    // how long the next attempt waits for the last one's port to be free
    STUCK_MAX = 7,       // doublings of it: what is never buried keeps its threads and files
};

struct reception {
    struct reception_options options;
    struct input *input;     // owned; NULL between attempts
    unsigned generation;
    int delay_ms;            // of the next retry
    int stuck;               // burials in a row that did not end
    bool is_live;
    gint64 live_us;          // since when
    enum studio_state state;
    char *text;              // the last that was told
    GSource *timer;          // the next attempt; NULL: none waits
    struct funeral *funeral; // under way; it may outlive the reception
};

/* What the burial of an attempt has to tell, if anybody is there to hear it. */
struct funeral {
    struct reception *reception;  // NULL: gone, or did not wait
    int delay_ms;
};

static void attempt(struct reception *reception);

static void tell(struct reception *reception, enum studio_state state, const char *text)
{
    bool is_same = reception->state == state && reception->text && g_str_equal(reception->text, text);
    reception->state = state;
    if (is_same)
        return;  // a file that is still missing is told once
    free(reception->text);
    reception->text = xstrdup(text);
    reception->options.on_state(reception->options.data, reception->options.feed, state, reception->generation, text);
}

static gboolean handle_timer(void *data)
{
    struct reception *reception = data;
    g_clear_pointer(&reception->timer, g_source_unref);
    if (reception->funeral) {
        reception->funeral->reception = NULL;  // waited long enough
        reception->stuck = MIN(reception->stuck + 1, STUCK_MAX);
    }
    reception->funeral = NULL;
    attempt(reception);
    return G_SOURCE_REMOVE;
}

static void stop_timer(struct reception *reception)
{
    if (reception->timer)
        g_source_destroy(reception->timer);
    g_clear_pointer(&reception->timer, g_source_unref);
}

static void start_timer(struct reception *reception, int delay_ms)
{
    stop_timer(reception);
    reception->timer = g_timeout_source_new((guint)delay_ms);
    g_source_set_callback(reception->timer, handle_timer, reception, NULL);
    g_source_attach(reception->timer, reception->options.context);
}

static void handle_buried(void *data)
{
    struct funeral *funeral = data;
    struct reception *reception = funeral->reception;
    if (reception) {
        reception->funeral = NULL;
        reception->stuck = 0;
        start_timer(reception, funeral->delay_ms);
    }
    free(funeral);
}

static int next_delay(struct reception *reception)
{
    int delay_ms = reception->delay_ms;
    reception->delay_ms = MIN(delay_ms * 2, RETRY_MAX_MS);
    return (int)random_jitter(delay_ms, JITTER_PERCENT);
}

static void end_attempt(struct reception *reception, int delay_ms)
{
    reception->is_live = false;
    struct funeral *funeral = xmalloc(sizeof(*funeral));
    *funeral = (struct funeral){reception, delay_ms};
    reception->funeral = funeral;
    start_timer(reception, BURIAL_MS << reception->stuck);
    struct input *input = reception->input;
    reception->input = NULL;
    input_destroy(input, handle_buried, funeral);
}

/* What ends as soon as it begins, an image for one, is not tried without a pause. */
static bool has_lasted(const struct reception *reception)
{
    return reception->is_live && g_get_monotonic_time() - reception->live_us > LASTING_MS * (gint64)1000;
}

/* A file has no port that must be free: at once, and no picture is missed. */
static void play_again(struct reception *reception)
{
    reception->is_live = false;
    input_destroy(g_steal_pointer(&reception->input), NULL, NULL);
    attempt(reception);
}

static void handle_event(void *data, enum input_event event, const char *text)
{
    struct reception *reception = data;
    const char *shown = reception->options.address->shown;
    if (event == INPUT_LIVE) {
        reception->is_live = true;
        reception->live_us = g_get_monotonic_time();
        reception->delay_ms = RETRY_FIRST_MS;
        tell(reception, STUDIO_LIVE, "");
        return;
    }
    bool is_file = reception->options.address->kind == ADDRESS_FILE;
    if (event == INPUT_ENDED && is_file && has_lasted(reception)) {
        play_again(reception);
        return;
    }
    if (event == INPUT_FAILED) {
        g_autofree char *line = g_strdup_printf("%s: %s; trying again", shown, text);
        tell(reception, STUDIO_FAILED, line);
    } else if (!is_file) {  // a file that begins again is no news
        g_autofree char *line = g_strdup_printf("%s: the sender left; waiting for it", shown);
        tell(reception, STUDIO_CONNECTING, line);
    }
    bool is_at_once = reception->is_live && (has_lasted(reception) || !is_file);
    end_attempt(reception, is_at_once ? AGAIN_MS : next_delay(reception));
}

static void attempt(struct reception *reception)
{
    struct error err;
    log_debug("video/input", "attempt %u", reception->generation + 1);
    reception->input = input_create(&(struct input_options){
        .program = reception->options.program, .address = reception->options.address, .pump = reception->options.pump,
        .context = reception->options.context, .data = reception, .feed = reception->options.feed,
        .generation = ++reception->generation,
        .on_event = handle_event,
    }, &err);
    if (reception->input)
        return;
    g_autofree char *line = g_strdup_printf("%s; trying again", err.text);
    tell(reception, STUDIO_FAILED, line);
    start_timer(reception, next_delay(reception));
}

struct reception *reception_create(const struct reception_options *options)
{
    struct reception *reception = xcalloc(1, sizeof(*reception));
    reception->options = *options;
    reception->delay_ms = RETRY_FIRST_MS;
    tell(reception, STUDIO_CONNECTING, options->feed == PUMP_SOUND ? "waiting for the first sound"
        : "waiting for the first picture");
    attempt(reception);
    return reception;
}

void reception_destroy(struct reception *reception)
{
    if (!reception)
        return;
    if (reception->funeral)
        reception->funeral->reception = NULL;
    stop_timer(reception);
    input_destroy(reception->input, NULL, NULL);
    free(reception->text);
    free(reception);
}
