#include "video/supply.h"

#include <gst/app/gstappsrc.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "video/program.h"
#include "video/pump.h"

/*
 * Stages follow each other: the first is being sent, a later one takes over where its key frame is due. Where that will
 * be is settled beforehand, so the stage before goes just so far (until_ns), and no picture is missing or twice. Times
 * of stages are those of sending: program time and the stage's delay. Sound leaves its encoder later than picture, so
 * each kind goes over by itself.
 */
enum {
    ORDER_TICKS = 2,       // from an order to the first picture that obeys it
    CHANGE_MS = 300,       // so long ahead where there is no hurry: an encoder has to start
    WAIT_MS = 1000,        // for a stage that was to begin; then the one before goes on
    WINDOW_MS = 250, WINDOW_MIN = 4, SOUND_WINDOW = 16,  // packets that the pipeline gets ahead
    SLACK_MS = 15000, RAW_SLACK_MS = 1000,  // kept beyond the delay; every patience is shorter
    TIMED_BLANK = -1, TIMED_NONE = -2,
};
static const size_t bytes_max = (size_t)1 << 30;

struct stage {
    struct list link;             // in supply.stages
    struct rendition_sink sink;
    struct supply *supply;
    struct rendition *rendition;
    struct packets *packets;
    int64_t delay_ns;
    int64_t until_ns;             // time of sending; what is later waits for the next stage
    bool is_cut;                  // what is later is never sent
    bool has_lost;                // something was left out for that
    bool is_over;                 // cut for good: what waited then is never sent
    bool is_blank;
    uint64_t dropped_at_join;
};

struct lane {
    struct stage *stage;          // in supply.stages
    int64_t end_ns;               // time of sending, of what was handed on last
    GstElement *source;           // owned; NULL: closed
    guint window;
};

struct supply {
    struct supply_options options;
    struct pump_sink pump_sink;

    GMutex lock;                  // guards the rest; not held while renditions are joined or left
    struct list stages;           // stage.link; empty: nobody subscribes
    struct lane lanes[PACKET_KINDS];
    bool is_blank;                // wanted
    bool is_begun;                // a key frame went out since it was opened
    GSource *retirement;          // pending on the context; NULL: none
    int64_t zero_ns;              // time of sending that the pipeline calls 0
    struct caption_times times;   // since it was opened
    int64_t timed_delay_ns;       // of the last in them; TIMED_BLANK, or TIMED_NONE
    int64_t planned_ns;           // program time at which the last stage is to begin
    uint64_t handed[PACKET_KINDS], dropped, skipped;
};

static struct stage *first_stage(const struct supply *supply)
{
    return list_is_empty(&supply->stages) ? NULL : container_of(supply->stages.next, struct stage, link);
}

static struct stage *last_stage(const struct supply *supply)
{
    return list_is_empty(&supply->stages) ? NULL : container_of(supply->stages.prev, struct stage, link);
}

static int count_kinds(const struct supply *supply)
{
    return supply->options.key.is_raw ? 1 : PACKET_KINDS;
}

static int64_t now_ns(const struct supply *supply)
{
    return program_now_ns(supply->options.program);
}

/* ---- Handing on; with the lock, on whatever thread brings a packet or the time ---- */

static int64_t shown_at(const struct stage *stage, const struct packet *packet)
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
    GST_BUFFER_PTS(buffer) = (GstClockTime)MAX(shown_at(stage, packet) - supply->zero_ns, 0);
    GST_BUFFER_DTS(buffer) = (GstClockTime)MAX(due_at(stage, packet) - supply->zero_ns, 0);
    GST_BUFFER_OFFSET(buffer) = GST_BUFFER_OFFSET_END(buffer) = GST_BUFFER_OFFSET_NONE;
    GST_BUFFER_FLAG_UNSET(buffer, GST_BUFFER_FLAG_DISCONT);
    return buffer;
}

static void note_time(struct supply *supply, const struct stage *stage, const struct packet *packet)
{
    int64_t at_ns = shown_at(stage, packet) - supply->zero_ns;
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
    lane->end_ns = MAX(lane->end_ns, shown_at(stage, packet) + packet->duration_ns);
    supply->handed[packet->kind]++;
}

/* A connection begins with a key frame, and the sound that belongs to it. Sound of two stages may overlap. */
static bool is_wanted(struct supply *supply, struct stage *stage, const struct packet *packet)
{
    const struct lane *lane = &supply->lanes[packet->kind];
    bool is_beyond = stage->is_cut && shown_at(stage, packet) >= stage->until_ns - PACKETS_EPSILON_NS;
    stage->has_lost = stage->has_lost || is_beyond;
    if (!lane->source || is_beyond)
        return false;
    if (packet->kind == PACKET_AUDIO)
        return supply->is_begun && shown_at(stage, packet) >= MAX(supply->zero_ns, lane->end_ns) - PACKETS_EPSILON_NS;
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
    bool is_beyond = shown_at(stage, head) >= stage->until_ns - PACKETS_EPSILON_NS;
    if (due_at(stage, head) > now || (is_beyond && !stage->is_cut))
        return true;
    if (!lane->source)
        return false;
    if (!supply->is_begun && head->kind == PACKET_AUDIO)
        return now - due_at(stage, head) < WAIT_MS * NS_PER_MS;
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
    int64_t begins_ns = shown_at(stage, head);
    if (!lane->source || !supply->is_begun)
        return true;
    if (head->kind == PACKET_VIDEO && begins_ns < lane->end_ns - PACKETS_EPSILON_NS)
        return false;
    return lane->end_ns >= begins_ns - PACKETS_EPSILON_NS || now - begins_ns > WAIT_MS * NS_PER_MS;
}

/*
 * The last stage whose first packet of this kind is due takes over. Sound follows the picture: a stage whose key frame came
 * too late for it is asked for another, and its sound up to there is lost.
 */
static bool go_over(struct supply *supply, enum packet_kind kind, int64_t now)
{
    struct lane *lane = &supply->lanes[kind];
    struct stage *last = kind == PACKET_AUDIO ? supply->lanes[PACKET_VIDEO].stage : last_stage(supply);
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

/* A peer that takes too little loses the oldest, up to the newest key frame. */
static void keep_up(struct supply *supply, int64_t now)
{
    const struct lane *lane = &supply->lanes[PACKET_VIDEO];
    const struct packet *head = packets_head(lane->stage->packets, PACKET_VIDEO);
    if (!lane->source || !head || now - due_at(lane->stage, head) <= supply->options.patience_ns)
        return;
    unsigned skipped = packets_skip(lane->stage->packets, now - lane->stage->delay_ns);
    supply->dropped += skipped;
    supply->skipped += skipped;
}

static void hand_on(struct supply *supply, enum packet_kind kind, int64_t now)
{
    struct lane *lane = &supply->lanes[kind];
    do {
        const struct packet *head;
        while ((head = packets_head(lane->stage->packets, kind)) && !must_wait(supply, lane->stage, head, now))
            take(supply, lane->stage, kind);
    } while (go_over(supply, kind, now));
}

/* ---- Plans ---- */

/* The time of the tick that begins `lead_ns` or more from now. */
static int64_t tick_in(const struct supply *supply, int64_t lead_ns)
{
    const struct program *program = supply->options.program;
    return program_tick_ns(program, program_tick_at(program, now_ns(supply) + lead_ns) + 1);
}

static void plan(struct supply *supply, struct stage *before, const struct stage *stage, int64_t from_ns)
{
    supply->planned_ns = from_ns;
    if (!before->is_cut)
        before->until_ns = from_ns + stage->delay_ns;
    // Pictures out of order are coded from later ones: a key frame ends their group just where it is left.
    if (rendition_reorders(before->rendition) && before->until_ns != INT64_MAX)
        rendition_request_key(before->rendition, before->until_ns - before->delay_ns);
}

/*
 * A stage that begins later than planned, or not in time, lets the one before go on. A key frame that no longer fits is left
 * out: one of its own, before the one that was asked for, changes nothing; else another is asked for. With the lock.
 */
static void amend_plan(struct supply *supply, int64_t now)
{
    const struct lane *lane = &supply->lanes[PACKET_VIDEO];
    struct stage *stage = last_stage(supply);
    if (stage == lane->stage)
        return;
    struct stage *before = container_of(stage->link.prev, struct stage, link);
    const struct packet *head = packets_head(stage->packets, PACKET_VIDEO);
    if (head && lane->source && supply->is_begun && shown_at(stage, head) < lane->end_ns - PACKETS_EPSILON_NS) {
        bool is_as_planned = shown_at(stage, head) >= supply->planned_ns + stage->delay_ns - PACKETS_EPSILON_NS;
        packets_clear(stage->packets);
        if (is_as_planned) {
            plan(supply, before, stage, tick_in(supply, CHANGE_MS * NS_PER_MS));
            rendition_request_key(stage->rendition, supply->planned_ns);
        }
    } else if (head && !before->is_cut) {
        before->until_ns = shown_at(stage, head);
    } else if (!head && !before->is_cut && now > supply->planned_ns + WAIT_MS * NS_PER_MS) {
        before->until_ns = INT64_MAX;
    }
}

/* Left behind by both kinds, or not begun. With the lock. */
static bool is_unused(const struct supply *supply, const struct stage *stage)
{
    for (int kind = 0; kind < count_kinds(supply); kind++) {
        if (supply->lanes[kind].stage == stage)
            return false;
    }
    return true;
}

static gboolean handle_retirement(void *data);

static void look_for_retired(struct supply *supply)
{
    if (supply->retirement || !is_unused(supply, first_stage(supply)))
        return;
    supply->retirement = g_idle_source_new();
    g_source_set_callback(supply->retirement, handle_retirement, supply, NULL);
    g_source_attach(supply->retirement, supply->options.context);
}

/* With the lock. */
static void work(struct supply *supply)
{
    if (list_is_empty(&supply->stages))
        return;
    int64_t now = now_ns(supply);
    for (int kind = 0; kind < count_kinds(supply); kind++)
        hand_on(supply, kind, now);
    keep_up(supply, now);
    amend_plan(supply, now);
    look_for_retired(supply);
}

static void handle_packet(struct rendition_sink *sink, const struct packet *packet)
{
    struct stage *stage = container_of(sink, struct stage, sink);
    g_mutex_lock(&stage->supply->lock);
    stage->supply->dropped += packets_push(stage->packets, packet);
    work(stage->supply);
    g_mutex_unlock(&stage->supply->lock);
}

static void handle_tick(struct pump_sink *sink, const struct pump_tick *tick)
{
    struct supply *supply = container_of(sink, struct supply, pump_sink);
    g_mutex_lock(&supply->lock);
    work(supply);
    g_mutex_unlock(&supply->lock);
}

/* ---- Stages come and go; on the context's thread, without the lock ---- */

static void destroy_stage(struct stage *stage)
{
    struct supply *supply = stage->supply;
    struct rendition_health health;
    rendition_get_health(stage->rendition, &health);
    renditions_leave(supply->options.renditions, stage->rendition, &stage->sink);
    g_mutex_lock(&supply->lock);
    supply->dropped += health.dropped - stage->dropped_at_join;
    g_mutex_unlock(&supply->lock);
    packets_destroy(stage->packets);
    free(stage);
}

static struct stage *take_retired(struct supply *supply)
{
    g_mutex_lock(&supply->lock);
    struct stage *stage = first_stage(supply);
    if (stage && is_unused(supply, stage))
        list_remove(&stage->link);
    else
        stage = NULL;
    g_mutex_unlock(&supply->lock);
    return stage;
}

static gboolean handle_retirement(void *data)
{
    struct supply *supply = data;
    g_mutex_lock(&supply->lock);
    g_clear_pointer(&supply->retirement, g_source_unref);
    g_mutex_unlock(&supply->lock);
    for (struct stage *stage; (stage = take_retired(supply));)
        destroy_stage(stage);
    return G_SOURCE_REMOVE;
}

/* What was to come after the stage that is being sent comes no more. */
static struct stage *take_pending(struct supply *supply)
{
    g_mutex_lock(&supply->lock);
    struct stage *stage = last_stage(supply);
    if (stage && is_unused(supply, stage))
        list_remove(&stage->link);
    else
        stage = NULL;
    g_mutex_unlock(&supply->lock);
    return stage;
}

static struct stage *join(struct supply *supply, bool is_blank, int64_t delay_ns, int64_t *from_ns)
{
    struct stage *stage = xcalloc(1, sizeof(*stage));
    stage->supply = supply;
    stage->packets = packets_create(
        delay_ns + (supply->options.key.is_raw ? RAW_SLACK_MS : SLACK_MS) * NS_PER_MS, bytes_max);
    stage->delay_ns = delay_ns;
    stage->until_ns = INT64_MAX;
    stage->is_blank = is_blank;
    stage->sink.push = handle_packet;
    list_init(&stage->sink.link);
    struct rendition_key key = supply->options.key;
    key.is_blank = is_blank;
    stage->rendition = renditions_join(supply->options.renditions, &key, from_ns, &stage->sink);
    struct rendition_health health;
    rendition_get_health(stage->rendition, &health);
    stage->dropped_at_join = health.dropped;
    return stage;
}

/* Before joining, which takes a moment: nothing that the order forbids goes out meanwhile. */
static void cut(struct supply *supply, int64_t until_ns)
{
    g_mutex_lock(&supply->lock);
    struct stage *stage = last_stage(supply);
    stage->is_cut = true;
    stage->until_ns = until_ns;
    stage->is_over = stage->delay_ns > 0;
    g_mutex_unlock(&supply->lock);
}

static void append(struct supply *supply, bool is_blank, int64_t delay_ns, int64_t from_ns)
{
    int64_t wanted_ns = from_ns;
    struct stage *stage = join(supply, is_blank, delay_ns, &from_ns);
    g_mutex_lock(&supply->lock);
    struct stage *before = last_stage(supply);
    list_append(&supply->stages, &stage->link);
    if (before && before->is_cut && !before->has_lost && from_ns > wanted_ns)
        before->until_ns = from_ns + delay_ns;  // this thread was held up: a tick more, or a picture would be missing
    if (before)
        plan(supply, before, stage, from_ns);
    for (int kind = 0; !before && kind < PACKET_KINDS; kind++)
        supply->lanes[kind].stage = stage;
    g_mutex_unlock(&supply->lock);
}

/* The stage goes on as if nothing had been ordered. False: it has lost something already, or is over. */
static bool resume(struct supply *supply, struct stage *stage)
{
    g_mutex_lock(&supply->lock);
    bool is_whole = !stage->has_lost && !stage->is_over;
    if (is_whole) {
        stage->until_ns = INT64_MAX;
        stage->is_cut = false;
    }
    g_mutex_unlock(&supply->lock);
    return is_whole;
}

/* What is blank, and what a delay is filled with. It is never cut. */
static void show_holding(struct supply *supply, int64_t from_ns)
{
    struct stage *stage = last_stage(supply);
    if (stage && stage->is_blank) {
        resume(supply, stage);
        return;
    }
    if (stage)
        cut(supply, from_ns);
    append(supply, true, 0, from_ns);
}

static void show_program(struct supply *supply, int64_t soon_ns)
{
    struct stage *stage = last_stage(supply);
    int64_t delay_ns = supply->options.delay_ns;
    if (stage && !stage->is_blank && stage->delay_ns == delay_ns && resume(supply, stage))
        return;
    if (delay_ns > 0 && (!stage || stage->has_lost || stage->is_over || stage->delay_ns < delay_ns)) {
        show_holding(supply, soon_ns);
        stage = last_stage(supply);
    }
    bool is_hasty = !stage || stage->is_cut;
    append(supply, false, delay_ns, is_hasty ? soon_ns : tick_in(supply, CHANGE_MS * NS_PER_MS));
}

/* From what is being sent to what is wanted. Only this thread changes the list. */
static void change(struct supply *supply)
{
    for (struct stage *stage; (stage = take_pending(supply));)
        destroy_stage(stage);
    int64_t soon_ns = tick_in(supply, program_tick_ns(supply->options.program, ORDER_TICKS - 1));
    if (supply->is_blank)
        show_holding(supply, soon_ns);
    else
        show_program(supply, soon_ns);
}

/* ---- The door ---- */

struct supply *supply_create(const struct supply_options *options)
{
    struct supply *supply = xcalloc(1, sizeof(*supply));
    supply->options = *options;
    supply->pump_sink.push = handle_tick;
    list_init(&supply->pump_sink.link);
    list_init(&supply->stages);
    g_mutex_init(&supply->lock);
    return supply;
}

void supply_destroy(struct supply *supply)
{
    if (!supply)
        return;
    g_assert(list_is_empty(&supply->stages));
    g_mutex_clear(&supply->lock);
    free(supply);
}

/* How many packets make up the time that a pipeline gets ahead. */
static guint window(const struct supply *supply, enum packet_kind kind)
{
    const struct program *program = supply->options.program;
    return kind == PACKET_AUDIO ? SOUND_WINDOW
        : (guint)MAX(program_tick_at(program, WINDOW_MS * NS_PER_MS), WINDOW_MIN);
}

void supply_open(struct supply *supply, GstElement *pipeline)
{
    static const char *const names[PACKET_KINDS] = {"video", "audio"};
    g_mutex_lock(&supply->lock);
    for (int kind = 0; kind < count_kinds(supply); kind++) {
        struct lane *lane = &supply->lanes[kind];
        lane->source = gst_bin_get_by_name(GST_BIN(pipeline), names[kind]);
        lane->window = window(supply, kind);
        lane->end_ns = INT64_MIN;
        supply->handed[kind] = 0;
    }
    supply->is_begun = false;
    supply->times.count = 0;
    supply->timed_delay_ns = TIMED_NONE;
    g_mutex_unlock(&supply->lock);
    if (!list_is_empty(&supply->stages))
        return;
    change(supply);
    pump_add_sink(supply->options.pump, &supply->pump_sink);
}

void supply_close(struct supply *supply, bool ends)
{
    g_mutex_lock(&supply->lock);
    int64_t now = now_ns(supply);
    for (int kind = 0; kind < count_kinds(supply); kind++) {
        struct lane *lane = &supply->lanes[kind];
        if (ends && lane->source) {
            lane->window = G_MAXUINT;
            hand_on(supply, kind, now);
            gst_app_src_end_of_stream(GST_APP_SRC(lane->source));
        }
        g_clear_pointer(&lane->source, gst_object_unref);
    }
    supply->is_begun = false;
    g_mutex_unlock(&supply->lock);
}

void supply_leave(struct supply *supply)
{
    pump_remove_sink(supply->options.pump, &supply->pump_sink);
    struct list stages;
    list_init(&stages);
    g_mutex_lock(&supply->lock);
    for (struct stage *stage; (stage = first_stage(supply));) {
        list_remove(&stage->link);
        list_append(&stages, &stage->link);
    }
    for (int kind = 0; kind < PACKET_KINDS; kind++)
        supply->lanes[kind].stage = NULL;
    if (supply->retirement)
        g_source_destroy(supply->retirement);
    g_clear_pointer(&supply->retirement, g_source_unref);
    g_mutex_unlock(&supply->lock);
    struct stage *stage, *following;
    list_for_each_safe(stage, following, &stages, link)
        destroy_stage(stage);
}

void supply_set_blank(struct supply *supply, bool is_blank)
{
    if (supply->is_blank == is_blank)
        return;
    supply->is_blank = is_blank;
    if (!list_is_empty(&supply->stages))
        change(supply);
}

void supply_set_delay(struct supply *supply, int64_t delay_ns)
{
    if (supply->options.delay_ns == delay_ns)
        return;
    supply->options.delay_ns = delay_ns;
    if (!list_is_empty(&supply->stages) && !supply->is_blank)
        change(supply);
}

bool supply_sends(struct supply *supply, const struct rendition *rendition)
{
    g_mutex_lock(&supply->lock);
    bool sends = !list_is_empty(&supply->stages) && supply->lanes[PACKET_VIDEO].stage->rendition == rendition;
    g_mutex_unlock(&supply->lock);
    return sends;
}

void supply_get_health(struct supply *supply, struct supply_health *health)
{
    *health = (struct supply_health){0};
    g_mutex_lock(&supply->lock);
    health->is_flowing = true;
    for (int kind = 0; kind < count_kinds(supply); kind++)
        health->is_flowing = health->is_flowing && supply->handed[kind] > 0;
    health->dropped = supply->dropped;
    health->skipped = supply->skipped;
    struct stage *stage = last_stage(supply);
    if (stage) {
        rendition_get_health(stage->rendition, &health->rendition);
        health->dropped += health->rendition.dropped - stage->dropped_at_join;
    }
    g_mutex_unlock(&supply->lock);
}

void supply_get_times(struct supply *supply, struct caption_times *times, int64_t *until_ns)
{
    g_mutex_lock(&supply->lock);
    *times = supply->times;
    *until_ns = supply->times.count ? MAX(supply->lanes[PACKET_VIDEO].end_ns - supply->zero_ns, 0) : 0;
    g_mutex_unlock(&supply->lock);
}
