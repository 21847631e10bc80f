#include "video/inflow.h"

#include <gst/video/video.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "video/audio_ring.h"
#include "video/program.h"
#include "video/timeline.h"

enum {
    /*
     * The AAC encoder puts 1024 samples of its own in front and the containers do not say so: sound is taken
     * from the ring that much earlier, or it is 21 ms behind the picture in every output.
     */
    ENCODER_DELAY_SAMPLES = 1024,
    SOUND_GONE_MS = 400,  // as the picker's hold time
    SEAM_MS = 100,        // sound without stamps: what comes so soon after the last follows it without a gap
    RING_S = 4,
};

struct inflow {
    const struct program *program;
    // pictures go to the tick that is nearest, not to the next: half the error against the sound
    int64_t half_tick_ns;
    size_t picture_bytes;
    unsigned generation;  // 0: none
    struct timeline timeline;
    struct picker *picker;
    struct audio_ring *ring;
    int64_t least_delay_ns;
    int64_t last_sample_ns;
    struct {
        int64_t behind_ns;  // the stamp at which the next one would begin
        int64_t now_ns;     // when the last came; negative: none has in this generation
    } last[TIMELINE_KINDS];
    int64_t sound_until;  // absolute number of the sample behind the last that came
    bool is_sound_only;
};

static void release(void *frame)
{
    gst_buffer_unref(frame);
}

struct inflow *inflow_create(const struct program *program)
{
    struct inflow *inflow = xcalloc(1, sizeof(*inflow));
    inflow->program = program;
    inflow->half_tick_ns = program_tick_ns(program, 1) / 2;
    inflow->picture_bytes = (size_t)program->width_px * (size_t)program->height_px * 3 / 2;
    inflow->last_sample_ns = -1;
    inflow->sound_until = INT64_MIN / 2;
    inflow->picker = picker_create(&(struct picker_options){
        .release = release, .slack_ns = program_tick_ns(program, 1) / 8,
    });
    inflow->ring = audio_ring_create(PROGRAM_RATE, PROGRAM_CHANNELS, RING_S);
    return inflow;
}

void inflow_destroy(struct inflow *inflow)
{
    if (!inflow)
        return;
    picker_destroy(inflow->picker);
    audio_ring_destroy(inflow->ring);
    free(inflow);
}

void inflow_begin(struct inflow *inflow, unsigned generation, bool is_clocked)
{
    inflow->generation = generation;
    timeline_begin(&inflow->timeline, is_clocked);
    for (int kind = 0; kind < TIMELINE_KINDS; kind++)
        inflow->last[kind].now_ns = -1;
}

void inflow_end(struct inflow *inflow, unsigned generation, bool is_whole)
{
    if (inflow->generation != generation)
        return;
    inflow->generation = 0;
    if (is_whole)
        return;
    picker_flush(inflow->picker);
    audio_ring_clear(inflow->ring);
    inflow->sound_until = INT64_MIN / 2;
}

int64_t inflow_own_delay(const struct inflow *inflow)
{
    return inflow->timeline.delay_ns;
}

/* From a stamp of this generation to when it is due. */
static int64_t offset(const struct inflow *inflow)
{
    int64_t more_ns = inflow->least_delay_ns - inflow->timeline.delay_ns;
    return timeline_offset(&inflow->timeline) + (more_ns > 0 ? more_ns : 0);
}

/* Pictures that wait move along; sound is put right by the next that comes. */
static void follow(struct inflow *inflow, int64_t before_ns)
{
    picker_shift(inflow->picker, offset(inflow) - before_ns);
}

void inflow_set_latency(struct inflow *inflow, unsigned generation, int64_t latency_ns)
{
    if (inflow->generation != generation)
        return;
    int64_t before_ns = offset(inflow);
    timeline_set_latency(&inflow->timeline, latency_ns);
    follow(inflow, before_ns);
}

void inflow_set_least_delay(struct inflow *inflow, int64_t least_ns)
{
    int64_t before_ns = offset(inflow);
    inflow->least_delay_ns = least_ns;
    follow(inflow, before_ns);
}

/* A stamp for what has none: as far behind the last one as it came after it; sound follows in a row. */
static int64_t guess_stamp(const struct inflow *inflow, enum timeline_kind kind, int64_t now_ns)
{
    if (inflow->last[kind].now_ns < 0)
        return now_ns - inflow->timeline.anchor_ns;
    int64_t passed_ns = now_ns - inflow->last[kind].now_ns;
    bool is_in_row = kind == TIMELINE_AUDIO && passed_ns < SEAM_MS * NS_PER_MS;
    return inflow->last[kind].behind_ns + (is_in_row ? 0 : passed_ns);
}

/* Takes note of a sample and returns when it is due. length_ns: of sound. */
static int64_t note(struct inflow *inflow, enum timeline_kind kind, int64_t stamp_ns, int64_t length_ns, int64_t now_ns)
{
    int64_t before_ns = offset(inflow);
    if (!GST_CLOCK_STIME_IS_VALID(stamp_ns))
        stamp_ns = guess_stamp(inflow, kind, now_ns);
    inflow->last[kind].behind_ns = stamp_ns + length_ns;
    inflow->last[kind].now_ns = now_ns;
    if (timeline_note(&inflow->timeline, kind, stamp_ns, now_ns))
        log_debug("video/inflow", "input %u anchored at %+.3f s", inflow->generation,
            (double)inflow->timeline.anchor_ns / NS_PER_S);
    follow(inflow, before_ns);
    inflow->last_sample_ns = now_ns;
    return stamp_ns + offset(inflow);
}

void inflow_add_video(struct inflow *inflow, unsigned generation, int64_t stamp_ns, int64_t now_ns, GstBuffer *buffer)
{
    if (generation == inflow->generation)
        picker_add(inflow->picker, note(inflow, TIMELINE_VIDEO, stamp_ns, 0, now_ns), buffer, inflow->picture_bytes);
    else
        gst_buffer_unref(buffer);
}

void inflow_add_audio(struct inflow *inflow, unsigned generation, int64_t stamp_ns, int64_t now_ns, const float *samples,
    size_t frames, bool has_picture)
{
    if (generation != inflow->generation)
        return;
    int64_t length_ns = (int64_t)frames * NS_PER_S / PROGRAM_RATE;
    int64_t due_ns = note(inflow, TIMELINE_AUDIO, stamp_ns, length_ns, now_ns);
    int64_t position = program_ns_to_sample(due_ns) - ENCODER_DELAY_SAMPLES;
    audio_ring_write(inflow->ring, position, samples, frames);
    inflow->sound_until = position + (int64_t)frames;
    inflow->is_sound_only = !has_picture;
}

struct inflow_take inflow_take(struct inflow *inflow, uint64_t tick, float *sound)
{
    void *frame;
    struct inflow_take take = {
        .choice = picker_pick(inflow->picker, program_tick_ns(inflow->program, tick) + inflow->half_tick_ns, &frame),
    };
    take.picture = frame;
    int64_t from = program_tick_sample(inflow->program, tick), to = program_tick_sample(inflow->program, tick + 1);
    audio_ring_read(inflow->ring, from, sound, (size_t)(to - from));
    take.has_sound = from < inflow->sound_until + PROGRAM_RATE * SOUND_GONE_MS / 1000;
    take.is_sound_only = take.has_sound && inflow->is_sound_only;
    return take;
}

int64_t inflow_last_sample_ns(const struct inflow *inflow)
{
    return inflow->last_sample_ns;
}
