/*
 * Hours of an input in seconds: senders whose clocks run fast or slow by 100 ppm, on a line that jitters. Picture and
 * sound must leave together, and nothing may be held or fall silent. Every picture says when it was sent, and a click
 * sounds at every full second of the sender's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "video/inflow.h"
#include "video/program.h"

enum { BLOCK = 960, ENCODER_DELAY = 1024, TOLERANCE_MS = 40, FIRST_S = 3 };

struct sender {
    const char *name;
    double ppm;          // how much faster than ours its clock is
    bool is_clocked;
    int64_t latency_ms;  // as the input reports it
    int jitter_ms;
    int hours_tenths;
};

static const struct sender senders[] = {
    {"SRT, fast", 100, true, 200, 30, 10},
    {"SRT, slow", -100, true, 200, 30, 10},
    {"RTMP, fast", 100, false, 0, 80, 10},
    {"RTMP, slow", -100, false, 0, 80, 10},
    {"on time, to compare", 0, true, 200, 30, 2},
};

/* ---- The line: what is sent at a sender's time arrives later, in order of sending, never overtaken ---- */

struct line {
    const struct sender *sender;
    struct inflow *inflow;
    uint32_t dice;
    uint64_t pictures, blocks;    // sent so far
    int64_t arrival_ns[2];        // of the next picture and the next block; each kind keeps its order
    float sound[BLOCK * PROGRAM_CHANNELS];
};

static int64_t picture_time(uint64_t number)
{
    return (int64_t)(number * (uint64_t)NS_PER_S / 30);
}

static int64_t block_time(uint64_t number)
{
    return (int64_t)(number * BLOCK * (uint64_t)NS_PER_S / PROGRAM_RATE);
}

/* When something that the sender stamps so arrives here. */
static void schedule(struct line *line, int kind, int64_t stamp_ns)
{
    line->dice = line->dice * 1664525u + 1013904223u;
    double real = (double)stamp_ns / (1 + line->sender->ppm / 1e6);
    int64_t at_ns = (int64_t)real + (60 + line->dice / 65536 % (unsigned)line->sender->jitter_ms) * NS_PER_MS;
    line->arrival_ns[kind] = at_ns > line->arrival_ns[kind] ? at_ns : line->arrival_ns[kind];
}

static void send_picture(struct line *line)
{
    GstBuffer *buffer = gst_buffer_new();
    GST_BUFFER_OFFSET(buffer) = line->pictures;
    inflow_add_video(line->inflow, 1, picture_time(line->pictures), line->arrival_ns[0], buffer);
    schedule(line, 0, picture_time(++line->pictures));
}

static void send_block(struct line *line)
{
    bool is_click = line->blocks % (PROGRAM_RATE / BLOCK) == 0;
    for (size_t i = 0; i < BLOCK * PROGRAM_CHANNELS; i++)
        line->sound[i] = is_click && i < 2 * PROGRAM_CHANNELS ? 1 : 0.25f;
    inflow_add_audio(line->inflow, 1, block_time(line->blocks), line->arrival_ns[1], line->sound, BLOCK, true);
    schedule(line, 1, block_time(++line->blocks));
}

static void deliver(struct line *line, int64_t until_ns)
{
    for (;;) {
        int64_t *next = line->arrival_ns;
        if (next[0] > until_ns && next[1] > until_ns)
            return;
        if (next[0] <= next[1])
            send_picture(line);
        else
            send_block(line);
    }
}

/* ---- What leaves ---- */

struct seen {
    double worst_ms, sum_ms;
    uint64_t clicks, held, repeated, silent;
};

/* Where the click is within the tick's sound; negative: there is none. */
static int64_t find_click(const float *sound, int64_t frames)
{
    for (int64_t i = 0; i < frames; i++) {
        if (sound[i * PROGRAM_CHANNELS] > 0.9f)
            return i;
    }
    return -1;
}

/* Picture and sound of one tick: how long each took from the sender to here. */
static void compare(const struct sender *sender, const struct program *program, uint64_t tick,
    const struct inflow_take *take, int64_t click, struct seen *seen)
{
    double heard = ((double)program_tick_sample(program, tick) + (double)click + ENCODER_DELAY) / PROGRAM_RATE;
    double shown = (double)program_tick_ns(program, tick) / NS_PER_S;
    double sent = (double)picture_time(GST_BUFFER_OFFSET(take->picture)) / NS_PER_S;
    double speed = 1 + sender->ppm / 1e6, delay = shown - sent / speed;
    double second = round((heard - delay) * speed);  // the click is of a full second
    double apart_ms = fabs(heard - second / speed - delay) * 1000;
    seen->worst_ms = fmax(seen->worst_ms, apart_ms);
    seen->sum_ms += apart_ms;
    seen->clicks++;
}

static struct seen play(const struct sender *sender, const struct program *program)
{
    struct line *line = xcalloc(1, sizeof(*line));
    line->sender = sender;
    line->inflow = inflow_create(program);
    schedule(line, 0, 0);
    schedule(line, 1, 0);
    inflow_begin(line->inflow, 1, sender->is_clocked);
    inflow_set_latency(line->inflow, 1, sender->latency_ms * NS_PER_MS);
    struct seen seen = {0};
    static float sound[4096 * PROGRAM_CHANNELS];
    uint64_t ticks = program_tick_at(program, sender->hours_tenths * INT64_C(360) * NS_PER_S);
    for (uint64_t tick = 0; tick < ticks; tick++) {
        deliver(line, program_tick_ns(program, tick));
        struct inflow_take take = inflow_take(line->inflow, tick, sound);
        if (program_tick_ns(program, tick) < FIRST_S * NS_PER_S)
            continue;
        int64_t frames = program_tick_sample(program, tick + 1) - program_tick_sample(program, tick);
        int64_t click = find_click(sound, frames);
        seen.held += !take.picture;
        seen.repeated += take.choice == PICKER_REPEAT;
        seen.silent += sound[0] == 0 || sound[(frames - 1) * PROGRAM_CHANNELS] == 0;
        if (take.picture && click >= 0)
            compare(sender, program, tick, &take, click, &seen);
    }
    inflow_destroy(line->inflow);
    free(line);
    return seen;
}

static void test_hours(void **state)
{
    const struct program program = {.width_px = 16, .height_px = 16, .fps_num = 30, .fps_den = 1};
    for (size_t i = 0; i < ARRAY_LENGTH(senders); i++) {
        const struct sender *sender = &senders[i];
        struct seen seen = play(sender, &program);
        uint64_t seconds = (uint64_t)sender->hours_tenths * 360 - FIRST_S;
        print_message("%s: %lu clicks, %.1f ms apart on average, %.1f at worst; %lu pictures repeated, %lu held\n",
            sender->name, (unsigned long)seen.clicks, seen.sum_ms / (double)seen.clicks, seen.worst_ms,
            (unsigned long)seen.repeated, (unsigned long)seen.held);
        if (seen.clicks < seconds - 3 || seen.clicks > seconds + 3)
            fail_msg("%s: %lu clicks in %lu s", sender->name, (unsigned long)seen.clicks, (unsigned long)seconds);
        if (seen.worst_ms > TOLERANCE_MS || seen.held > 0 || seen.silent > 0)
            fail_msg("%s: up to %.1f ms apart, %lu ticks held, %lu ticks with holes in the sound", sender->name,
                seen.worst_ms, (unsigned long)seen.held, (unsigned long)seen.silent);
    }
}

int main(void)
{
    gst_init(NULL, NULL);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hours)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
