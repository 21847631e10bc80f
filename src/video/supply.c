#include "video/supply.h"

#include <gst/app/gstappsrc.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "video/program.h"
#include "video/pump.h"
#include "video/supply_inside.h"

enum {
    ORDER_TICKS = 2,       // from an order to the first picture that obeys it
    CHANGE_MS = 300,       // so long ahead where there is no hurry: an encoder has to start
    WINDOW_MS = 250, WINDOW_MIN = 4, SOUND_WINDOW = 16,  // packets that the pipeline gets ahead
    SLACK_MS = 15000, RAW_SLACK_MS = 1000,  // kept beyond the delay; every patience is shorter
};
static const size_t bytes_max = (size_t)1 << 30;

struct stage *supply_last(const struct supply *supply)
{
    return list_is_empty(&supply->stages) ? NULL : container_of(supply->stages.prev, struct stage, link);
}

static struct stage *first_stage(const struct supply *supply)
{
    return list_is_empty(&supply->stages) ? NULL : container_of(supply->stages.next, struct stage, link);
}

static int count_kinds(const struct supply *supply)
{
    return supply->options.key.is_raw ? 1 : PACKET_KINDS;
}

static int64_t now_ns(const struct supply *supply)
{
    return program_now_ns(supply->options.program);
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
    struct stage *stage = supply_last(supply);
    if (stage == lane->stage)
        return;
    struct stage *before = container_of(stage->link.prev, struct stage, link);
    const struct packet *head = packets_head(stage->packets, PACKET_VIDEO);
    if (head && lane->source && supply->is_begun && stage_shown_at(stage, head) < lane->end_ns - PACKETS_EPSILON_NS) {
        bool is_as_planned = stage_shown_at(stage, head) >= supply->planned_ns + stage->delay_ns - PACKETS_EPSILON_NS;
        packets_clear(stage->packets);
        if (is_as_planned) {
            plan(supply, before, stage, tick_in(supply, CHANGE_MS * NS_PER_MS));
            rendition_request_key(stage->rendition, supply->planned_ns);
        }
    } else if (head && !before->is_cut) {
        before->until_ns = stage_shown_at(stage, head);
    } else if (!head && !before->is_cut && now > supply->planned_ns + SUPPLY_WAIT_MS * NS_PER_MS) {
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
        supply_hand_on(supply, kind, now);
    supply_keep_up(supply, now);
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

/* The first was left behind, the last has not begun; NULL: it is being sent. */
static struct stage *take_unused(struct supply *supply, struct stage *find(const struct supply *supply))
{
    g_mutex_lock(&supply->lock);
    struct stage *stage = find(supply);
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
    for (struct stage *stage; (stage = take_unused(supply, first_stage));)
        destroy_stage(stage);
    return G_SOURCE_REMOVE;
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
    struct stage *stage = supply_last(supply);
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
    struct stage *before = supply_last(supply);
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
    struct stage *stage = supply_last(supply);
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
    struct stage *stage = supply_last(supply);
    int64_t delay_ns = supply->options.delay_ns;
    if (stage && !stage->is_blank && stage->delay_ns == delay_ns && resume(supply, stage))
        return;
    if (delay_ns > 0 && (!stage || stage->has_lost || stage->is_over || stage->delay_ns < delay_ns)) {
        show_holding(supply, soon_ns);
        stage = supply_last(supply);
    }
    bool is_hasty = !stage || stage->is_cut;
    append(supply, false, delay_ns, is_hasty ? soon_ns : tick_in(supply, CHANGE_MS * NS_PER_MS));
}

/* From what is being sent to what is wanted. Only this thread changes the list. */
static void change(struct supply *supply)
{
    // What was to come after the stage that is being sent comes no more.
    for (struct stage *stage; (stage = take_unused(supply, supply_last));)
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
            supply_hand_on(supply, kind, now);
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
    struct stage *stage = supply_last(supply);
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
