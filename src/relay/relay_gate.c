/* Before air: between the gate and the rest of the relay. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "relay/gate.h"
#include "relay/relay_private.h"
#include "relay/sources.h"

static int64_t hold_ms(void *data, struct str source)
{
    const struct relay *relay = data;
    char id[200];
    if (!relay->sources || source.len >= sizeof(id))
        return -1;
    memcpy(id, source.data, source.len);
    id[source.len] = '\0';
    const struct source *found = sources_find(relay->sources, id);
    return found ? json_get_int(found->config, "hold_ms", -1) : -1;
}

static void handle_changed(void *data)
{
    relay_update_on_air(data);
}

static void handle_caught(void *data, const struct gate_caught *caught)
{
    relay_tell_caught(data, caught);
}

static void handle_caught_removed(void *data, uint64_t message)
{
    relay_tell_caught_removed(data, message);
}

static void handle_bad_line(void *data, const char *text)
{
    struct relay *relay = data;
    relay_notice(relay, "warn", "words", "%s", text);
    if (relay->bad_words && json_array_size(relay->bad_words) < 100)
        json_array_append_new(relay->bad_words, json_string(text));
}

static bool is_wanted(const struct relay_options *options)
{
    for (size_t i = 0; i < options->view_count; i++) {
        if (options->views[i].cards & ON_AIR_GATED)
            return true;
    }
    return false;
}

static void start_gate(struct relay *relay, int64_t due_ms, int64_t now_ms)
{
    relay->gate_due_ms = due_ms;
    timer_start(&relay->gate_timer, due_ms > now_ms ? due_ms - now_ms : 0);
}

static void run_gate(void *data)
{
    struct relay *relay = data;
    int64_t now_ms = clock_monotonic_ms(), next_ms = gate_update(relay->gate, now_ms);
    relay->gate_ran_ms = now_ms;
    relay_update_on_air(relay);  // an alert may have stood its time
    if (next_ms != 0)
        start_gate(relay, next_ms, now_ms);
}

/* At the end of the turn, or soon after the last time: what came does not wait for what is held longer. */
void relay_run_gate(struct relay *relay)
{
    int64_t due_ms = relay->gate_ran_ms + GATE_PASS_MS;
    bool is_soon = timer_is_running(&relay->gate_timer) && relay->gate_due_ms <= due_ms;
    if (relay->gate_is_wanted && !is_soon)
        start_gate(relay, due_ms, clock_monotonic_ms());
}

static void set_gate(struct relay *relay, const json_t *settings)
{
    size_t count = json_array_size(relay->languages);
    const char **languages = xcalloc(count + 1, sizeof(*languages));
    for (size_t i = 0; i < count; i++)
        languages[i] = json_string_value(json_array_get(relay->languages, i));
    gate_set(relay->gate, settings, languages, count);
    free(languages);
}

void relay_create_gate(struct relay *relay, const struct relay_options *options)
{
    timer_init(&relay->gate_timer, relay->loop, run_gate, relay);
    relay->gate_is_wanted = is_wanted(options);
    relay->languages = options->languages ? json_deep_copy(options->languages) : json_array();
    relay->gate = gate_create(&(struct gate_options){
        .journal = relay->journal, .words_folder = options->words_folder, .own_words = options->own_words,
        .is_wanted = relay->gate_is_wanted, .data = relay, .hold_ms = hold_ms, .changed = handle_changed,
        .caught = handle_caught, .caught_removed = handle_caught_removed, .bad_line = handle_bad_line});
    struct error err = {0};
    bool is_good = gate_check_settings(options->gate, &err);
    if (!is_good)
        relay_notice(relay, "error", "gate", "%s; the usual settings hold", err.text);
    set_gate(relay, is_good ? options->gate : NULL);
    gate_resume(relay->gate, relay->queue);
}

void relay_resume_gate(struct relay *relay)
{
    gate_resume_held(relay->gate, relay->queue, clock_monotonic_ms());
    relay_run_gate(relay);
}

void relay_destroy_gate(struct relay *relay)
{
    timer_stop(&relay->gate_timer);
    gate_destroy(relay->gate);
    json_decref(relay->languages);
}

bool relay_set_gate(struct relay *relay, const json_t *settings, struct error *err)
{
    if (!gate_check_settings(settings, err))
        return false;
    set_gate(relay, settings);
    relay_tell_gate(relay);
    return true;
}

bool relay_change_gate(struct relay *relay, const json_t *settings, struct error *err)
{
    if (!relay_set_gate(relay, settings, err))
        return false;
    struct error write_err = {0};
    if (relay->options.save_gate && !relay->options.save_gate(relay->options.data, settings, &write_err))
        relay_notice(relay, "error", "gate", "the configuration was not written: %s", write_err.text);
    return true;
}

size_t relay_read_words(struct relay *relay, json_t *bad_lines)
{
    relay->bad_words = bad_lines;
    size_t count = gate_read_words(relay->gate);
    relay->bad_words = NULL;
    relay_tell_gate(relay);
    return count;
}
