/* What is due is handed on: stage after stage, each kind for itself, from a key frame on. */
#include <gst/app/gstappsrc.h>

#include "base/clock.h"
#include "video/supply_inside.h"

int64_t stage_shown_at(const struct stage *stage, const struct packet *packet)
{
    return packet->pts_ns + stage->delay_ns;
}

static int64_t due_at(const struct stage *stage, const struct packet *packet)
{
    return packet->dts_ns + stage->delay_ns;
}

static GstBuffer *stamp(const struct supply *supply, const struct stage *stage, const struct packet *packet)
{
    GstBuffer *buffer = gst_buffer_copy(gst_sample_get_buffer(packet->sample));
    GST_BUFFER_PTS(buffer) = (GstClockTime)MAX(stage_shown_at(stage, packet) - supply->zero_ns, 0);
    GST_BUFFER_DTS(buffer) = (GstClockTime)MAX(due_at(stage, packet) - supply->zero_ns, 0);
    GST_BUFFER_OFFSET(buffer) = GST_BUFFER_OFFSET_END(buffer) = GST_BUFFER_OFFSET_NONE;
    GST_BUFFER_FLAG_UNSET(buffer, GST_BUFFER_FLAG_DISCONT);
    return buffer;
}

static void note_time(struct supply *supply, const struct stage *stage, const struct packet *packet)
{
    int64_t at_ns = stage_shown_at(stage, packet) - supply->zero_ns;
    int64_t delay_ns = stage->is_blank ? TIMED_BLANK : stage->delay_ns;
    if (supply->timed_delay_ns == delay_ns)
        return;
    supply->timed_delay_ns = delay_ns;
    if (stage->is_blank)
        caption_times_end(&supply->times, at_ns);
    else
        caption_times_begin(&supply->times, at_ns, supply->zero_ns - stage->delay_ns);
}

/* Caps are set once: the blank rendition, and one that was built again, speak of the same stream. */
static void send(struct supply *supply, const struct stage *stage, const struct packet *packet)
{
    if (packet->kind == PACKET_VIDEO)
        note_time(supply, stage, packet);
    struct lane *lane = &supply->lanes[packet->kind];
    g_autoptr(GstCaps) caps = gst_app_src_get_caps(GST_APP_SRC(lane->source));
    if (!caps)
        gst_app_src_set_caps(GST_APP_SRC(lane->source), gst_sample_get_caps(packet->sample));
    gst_app_src_push_buffer(GST_APP_SRC(lane->source), stamp(supply, stage, packet));
    lane->end_ns = MAX(lane->end_ns, stage_shown_at(stage, packet) + packet->duration_ns);
    supply->handed[packet->kind]++;
}

/* A connection begins with a key frame, and the sound that belongs to it. Sound of two stages may overlap. */
static bool is_wanted(struct supply *supply, struct stage *stage, const struct packet *packet)
{
    const struct lane *lane = &supply->lanes[packet->kind];
    bool is_beyond = stage->is_cut && stage_shown_at(stage, packet) >= stage->until_ns - PACKETS_EPSILON_NS;
    stage->has_lost = stage->has_lost || is_beyond;
    if (!lane->source || is_beyond)
        return false;
    if (packet->kind == PACKET_AUDIO)
        return supply->is_begun && stage_shown_at(stage, packet) >= MAX(supply->zero_ns, lane->end_ns) - PACKETS_EPSILON_NS;
    if (!supply->is_begun && packet->is_key) {
        supply->zero_ns = due_at(stage, packet);
        supply->is_begun = true;
    }
    return supply->is_begun;
}

/* Sound of a connection to be waits a while for the picture it belongs to. */
static bool must_wait(const struct supply *supply, const struct stage *stage, const struct packet *head, int64_t now)
{
    const struct lane *lane = &supply->lanes[head->kind];
    bool is_beyond = stage_shown_at(stage, head) >= stage->until_ns - PACKETS_EPSILON_NS;
    if (due_at(stage, head) > now || (is_beyond && !stage->is_cut))
        return true;
    if (!lane->source)
        return false;
    if (!supply->is_begun && head->kind == PACKET_AUDIO)
        return now - due_at(stage, head) < SUPPLY_WAIT_MS * NS_PER_MS;
    return gst_app_src_get_current_level_buffers(GST_APP_SRC(lane->source)) >= lane->window;
}

static void take(struct supply *supply, struct stage *stage, enum packet_kind kind)
{
    struct packet packet = packets_take(stage->packets, kind);
    if (is_wanted(supply, stage, &packet))
        send(supply, stage, &packet);
    gst_sample_unref(packet.sample);
}

/*
 * Whether the stage fits behind what was handed on. A picture that begins before that is no use: amend_plan() asks for a later
 * one. Nor does it begin while the stage before still owes something.
 */
static bool can_follow(const struct supply *supply, const struct lane *lane, const struct stage *stage,
    const struct packet *head, int64_t now)
{
    int64_t begins_ns = stage_shown_at(stage, head);
    if (!lane->source || !supply->is_begun)
        return true;
    if (head->kind == PACKET_VIDEO && begins_ns < lane->end_ns - PACKETS_EPSILON_NS)
        return false;
    return lane->end_ns >= begins_ns - PACKETS_EPSILON_NS || now - begins_ns > SUPPLY_WAIT_MS * NS_PER_MS;
}

/*
 * The last stage whose first packet of this kind is due takes over. Sound follows the picture: a stage whose key frame came
 * too late for it is asked for another, and its sound up to there is lost.
 */
static bool go_over(struct supply *supply, enum packet_kind kind, int64_t now)
{
    struct lane *lane = &supply->lanes[kind];
    struct stage *last = kind == PACKET_AUDIO ? supply->lanes[PACKET_VIDEO].stage : supply_last(supply);
    for (struct stage *stage = last; stage != lane->stage;
         stage = container_of(stage->link.prev, struct stage, link)) {
        const struct packet *head = packets_head(stage->packets, kind);
        if (!head || due_at(stage, head) > now)
            continue;
        if (can_follow(supply, lane, stage, head, now)) {
            lane->stage = stage;
            return true;
        }
    }
    return false;
}

void supply_keep_up(struct supply *supply, int64_t now)
{
    const struct lane *lane = &supply->lanes[PACKET_VIDEO];
    const struct packet *head = packets_head(lane->stage->packets, PACKET_VIDEO);
    if (!lane->source || !head || now - due_at(lane->stage, head) <= supply->options.patience_ns)
        return;
    unsigned skipped = packets_skip(lane->stage->packets, now - lane->stage->delay_ns);
    supply->dropped += skipped;
    supply->skipped += skipped;
}

void supply_hand_on(struct supply *supply, enum packet_kind kind, int64_t now)
{
    struct lane *lane = &supply->lanes[kind];
    do {
        const struct packet *head;
        while ((head = packets_head(lane->stage->packets, kind)) && !must_wait(supply, lane->stage, head, now))
            take(supply, lane->stage, kind);
    } while (go_over(supply, kind, now));
}
