/* How an output goes: watched twice a second while a pipeline runs, and told to who asks. */
#include <stdio.h>

#include "video/output_chain.h"
#include "video/output_inside.h"
#include "video/sidecar.h"
#include "video/supply.h"
#include "video/trouble.h"

enum {
    QUIET_MS = 2000,
    STALL_MS = 10000,      // nothing went out to the network: the peer is dead, whatever TCP thinks
    SLOW_SAID_MS = 5000,   // after the last picture that was left out
    HEALTHY_MS = 60000,    // so long live: the next failure is a first one again
};

void output_advance_sidecar(struct output *output)
{
    struct caption_times times;
    int64_t until_ns;
    if (!output->sidecar)
        return;
    supply_get_times(output->supply, &times, &until_ns);
    sidecar_advance(output->sidecar, &times, until_ns);
}

static uint64_t skipped(struct output *output)
{
    struct supply_health supply;
    supply_get_health(output->supply, &supply);
    return supply.skipped;
}

/* A peer that takes too little, said while it does so. */
static void note_slow(struct output *output, gint64 now_us)
{
    uint64_t now_skipped = skipped(output);
    if (now_skipped != output->skipped_before) {
        g_autofree char *text = g_strdup_printf("%s is slow: pictures are left out",
            output_is_recording(output) ? "the disk" : "the other side");
        output->slow_since_us = now_us;
        output_set_state(output, STUDIO_LIVE, text);
    } else if (output->slow_since_us && now_us - output->slow_since_us > SLOW_SAID_MS * (gint64)1000) {
        output->slow_since_us = 0;
        output_set_state(output, STUDIO_LIVE, "");
    }
    output->skipped_before = now_skipped;
}

/* An output that has run well for a while begins its delays anew. */
static void note_live(struct output *output, gint64 now_us)
{
    if (!output->is_known_live) {
        output->is_known_live = true;
        output->live_since_us = now_us;
        output->skipped_before = skipped(output);
        output_set_state(output, STUDIO_LIVE, "");
    }
    if (now_us - output->live_since_us > HEALTHY_MS * (gint64)1000)
        output->restarts = 0;
}

static void note_rate(struct output *output, uint64_t sent)
{
    int rate_kbps = (int)((sent - MIN(sent, output->bytes_before)) * 8 / OUTPUT_WATCH_MS);
    g_mutex_lock(&output->lock);
    output->bytes = sent;
    output->rate_kbps = output->rate_kbps ? (output->rate_kbps + rate_kbps) / 2 : rate_kbps;
    g_mutex_unlock(&output->lock);
}

/* The sink's own reconnecting, or a listener without a caller. */
static void note_quiet(struct output *output, gint64 quiet_us)
{
    if (output->address.is_listener) {
        output->is_known_live = false;
        output_set_state(output, STUDIO_CONNECTING, "waiting for a caller");
    } else if (output->address.kind != ADDRESS_FILE && !output->hls && quiet_us > STALL_MS * (gint64)1000) {
        output_fail(output, "the other side takes nothing");
    }
}

gboolean output_handle_watch(void *data)
{
    struct output *output = data;
    gint64 now_us = g_get_monotonic_time();
    uint64_t sent = output_chain_sent(output->pipeline, &output->address,
        __atomic_load_n(&output->taken, __ATOMIC_RELAXED));
    note_rate(output, sent);
    output_advance_sidecar(output);
    if (sent != output->bytes_before) {
        output->moved_us = now_us;
        note_live(output, now_us);
    }
    output->bytes_before = sent;
    if (output->is_known_live)
        note_slow(output, now_us);
    if (now_us - output->moved_us > QUIET_MS * (gint64)1000)
        note_quiet(output, now_us - output->moved_us);
    return G_SOURCE_CONTINUE;
}

/* ---- for who asks */

/* With the lock. What the address is called does not count. */
static const char *find_trouble(const struct output *output)
{
    const char *text = output->text, *shown = output->address.shown;
    if (output->state != STUDIO_FAILED && output->state != STUDIO_CONNECTING)
        return "";
    return trouble_name(g_str_has_prefix(text, shown) ? text + strlen(shown) : text);
}

void output_get_health(struct output *output, struct studio_output_health *health)
{
    struct supply_health supply;
    supply_get_health(output->supply, &supply);
    g_mutex_lock(&output->lock);
    *health = (struct studio_output_health){
        .state = output->state, .is_blank = output->is_blank, .bitrate_kbps = output->rate_kbps,
        .frames = __atomic_load_n(&output->sent, __ATOMIC_RELAXED), .dropped = supply.dropped - output->dropped_before,
        .bytes = output->bytes, .restarts = output->restarts, .delay_ms = output->delay_ms, .is_recording = output_is_recording(output),
        .is_shared = supply.rendition.sharers > 1, .width_px = output->key.encoder.width_px,
        .height_px = output->key.encoder.height_px, .encode_ms = supply.rendition.encode.median_ms,
        .encode_worst_ms = supply.rendition.encode.worst_ms, .why = find_trouble(output),
        .retry_ms = output->phase == PHASE_WAITING ? (int)MAX((output->retry_us - g_get_monotonic_time()) / 1000, 0) : 0,
    };
    snprintf(health->name, sizeof(health->name), "%s", output->name);
    snprintf(health->view, sizeof(health->view), "%s", output->view ? output->view : "");
    snprintf(health->encoder, sizeof(health->encoder), "%s", supply.rendition.encoder ? supply.rendition.encoder : "");
    snprintf(health->to, sizeof(health->to), "%s", output->file ? output->file : output->address.shown);
    bool has_encoder = output->state == STUDIO_OFF || !*supply.rendition.trouble;
    snprintf(health->text, sizeof(health->text), "%s", has_encoder ? output->text : supply.rendition.trouble);
    if (!has_encoder)
        health->why = "encoder";
    snprintf(health->captions, sizeof(health->captions), "%s", supply.rendition.captions);
    g_mutex_unlock(&output->lock);
}
