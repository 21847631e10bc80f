/*
 * The outgoing picture's figures, as the video process reported them: one line an output, "output" its name and "view" its
 * view. What an output that is not running or not heard of would show is old, and has no line.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "api/outputs_inside.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"

/* NAN: not reported, so that it has no line. */
static double figure(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static const char *state_of(const json_t *output)
{
    const char *state = json_get_text(output, "state");
    return state ? state : "";
}

static bool is_live_state(const json_t *output) { return strcmp(state_of(output), "live") == 0; }

static double state(const json_t *output)
{
    static const char *const names[] = {"off", "connecting", "live", "failed", "lost"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (strcmp(state_of(output), names[i]) == 0)
            return (double)i;
    }
    return NAN;
}

static double if_live(const json_t *output, const char *key)
{
    return is_live_state(output) ? figure(output, key) : NAN;
}

static double is_live(const json_t *output) { return is_live_state(output); }
static double is_blank(const json_t *output) { return json_get_bool(output, "is_blank", false); }
static double rate(const json_t *output) { return if_live(output, "bitrate_kbps") * 1000 / 8; }
static double bytes(const json_t *output) { return figure(output, "bytes"); }
static double frames(const json_t *output) { return figure(output, "frames"); }
static double dropped(const json_t *output) { return figure(output, "dropped"); }
static double restarts(const json_t *output) { return figure(output, "restarts"); }
static double delay(const json_t *output) { return figure(output, "delay_ms") / 1000; }
static double encode(const json_t *output) { return if_live(output, "encode_ms") / 1000; }
static double encode_worst(const json_t *output) { return if_live(output, "encode_worst_ms") / 1000; }
static double budget(const json_t *output) { return figure(output, "budget_ms") / 1000; }

static double is_input_live(const json_t *input) { return is_live_state(input); }
static double input_age(const json_t *input) { return figure(input, "age_ms") >= 0 ? figure(input, "age_ms") / 1000 : NAN; }
static double input_fps(const json_t *input) { return figure(input, "fps"); }
static double input_frames(const json_t *input) { return figure(input, "frames"); }
static double input_repeated(const json_t *input) { return figure(input, "repeated"); }
static double input_held(const json_t *input) { return figure(input, "held"); }
static double input_jumped(const json_t *input) { return figure(input, "jumped"); }
static double input_attempts(const json_t *input) { return figure(input, "attempts"); }

static double is_shown(const json_t *input, const char *what)
{
    const char *shown = json_get_text(input, "shown");
    return shown ? strcmp(shown, what) == 0 : NAN;
}

static double is_holding(const json_t *input) { return is_shown(input, "holding"); }
static double is_backup(const json_t *input) { return is_shown(input, "backup"); }

struct figure {
    const char *name, *type, *help;
    double (*value)(const json_t *of);
};

static const struct figure output_figures[] = {
    {"output_state", "gauge", "0 off, 1 connecting, 2 live, 3 failed and tried again, 4 the video process is lost.", state},
    {"output_live", "gauge", "1 while pictures leave.", is_live},
    {"output_blank", "gauge", "1 while the holding picture is sent in place of the picture.", is_blank},
    {"output_bytes_per_second", "gauge", "What leaves, measured over the last second.", rate},
    {"output_sent_bytes_total", "counter", "What left since the output's last start.", bytes},
    {"output_frames_total", "counter", "Pictures that were handed to the encoder.", frames},
    {"output_dropped_frames_total", "counter", "Pictures that were left out because encoder or peer was too slow.", dropped},
    {"output_restarts", "gauge", "Times it was begun again since it was last well for a minute.", restarts},
    {"output_delay_seconds", "gauge", "How much later than made the picture is sent.", delay},
    {"output_encode_seconds", "gauge", "From a picture's entry into the encoder to its exit: the median of the last second.", encode},
    {"output_encode_worst_seconds", "gauge", "The same: the worst of the last second.", encode_worst},
    {"output_frame_seconds", "gauge", "The time there is for a picture: the distance of two.", budget},
};

static const struct figure input_figures[] = {
    {"input_live", "gauge", "1 while pictures or sound come in.", is_input_live},
    {"input_holding", "gauge", "1 while the holding picture is shown.", is_holding},
    {"input_backup", "gauge", "1 while the backup input is shown.", is_backup},
    {"input_age_seconds", "gauge", "Since the last picture or sound came.", input_age},
    {"picture_rate_hertz", "gauge", "Outgoing pictures a second.", input_fps},
    {"picture_frames_total", "counter", "Outgoing pictures.", input_frames},
    {"picture_repeated_frames_total", "counter", "Of these, the one before once more.", input_repeated},
    {"picture_held_frames_total", "counter", "Of these, the holding picture.", input_held},
    {"picture_jumped_frames_total", "counter", "Left out because the machine slept.", input_jumped},
    {"input_attempts_total", "counter", "Times the input was begun.", input_attempts},
};

static void add_head(struct buffer *out, const struct figure *figure)
{
    buffer_printf(out, "# HELP antiphon_%s %s\n# TYPE antiphon_%s %s\n", figure->name, figure->help, figure->name, figure->type);
}

static void add_output(struct buffer *out, const struct figure *figure, const struct output *output)
{
    double value = figure->value(output->state);
    const char *view = json_get_text(output->state, "view");
    if (isnan(value))
        return;
    buffer_printf(out, "antiphon_%s{", figure->name);
    metrics_add_label(out, "output", output->name);
    buffer_add_char(out, ',');
    metrics_add_label(out, "view", view ? view : "");
    buffer_printf(out, "} %.17g\n", value);
}

static void add_plain(struct buffer *out, const struct figure *figure, double value)
{
    add_head(out, figure);
    if (!isnan(value))
        buffer_printf(out, "antiphon_%s %.17g\n", figure->name, value);
}

void metrics_write_outputs(const struct outputs *outputs, struct buffer *out)
{
    bool is_there = outputs->video_state == VIDEO_THERE;
    add_plain(out, &(struct figure){"video_up", "gauge", "1 while the video process reports.", NULL}, is_there);
    add_plain(out, &(struct figure){"video_blank", "gauge", "1 while every network output is blank.", NULL}, outputs->is_blank);
    add_plain(out, &(struct figure){"video_report_age_seconds", "gauge", "Since its last report.", NULL},
              outputs->video_state == VIDEO_UNKNOWN ? NAN : (double)(clock_unix_ms() - outputs->heard_ms) / 1000);
    for (size_t i = 0; i < ARRAY_LENGTH(input_figures); i++)
        add_plain(out, &input_figures[i], is_there && outputs->input ? input_figures[i].value(outputs->input) : NAN);
    for (size_t i = 0; i < ARRAY_LENGTH(output_figures); i++) {
        add_head(out, &output_figures[i]);
        for (size_t k = 0; k < outputs->count; k++)
            add_output(out, &output_figures[i], &outputs->outputs[k]);
    }
}
