/*
 * One input as the pump sees it: stamps that are missing or jump, sound without picture, a file that begins again; and
 * what holds: the last picture, dimmed, and music over and over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <gst/video/video.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "video/dimmer.h"
#include "video/inflow.h"
#include "video/mix.h"
#include "video/music.h"
#include "video/program.h"

enum { BLOCK = 1600, TICKS = 300, GENEROUS_MS = 20000 };

static const struct program program = {.width_px = 64, .height_px = 36, .fps_num = 30, .fps_den = 1};

/* ---- Sound that is none ---- */

static void test_clean(void **state)
{
    float samples[] = {0.5f, -0.5f, NAN, INFINITY, -INFINITY, 1e30f, -15, 15};
    const float expected[] = {0.5f, -0.5f, 0, 0, 0, 0, -15, 15};
    mix_clean(samples, 4);
    assert_memory_equal(samples, expected, sizeof(expected));
}

/* ---- Ten seconds of an input whose stamps are a function of time ---- */

struct story {
    const char *name;
    int64_t (*stamp)(int64_t sent_ns);
    bool has_video, has_audio;
    unsigned held_most, silent_most;  // ticks, of those after the first second
    bool is_sound_only;
};

static int64_t plain(int64_t sent_ns)
{
    return sent_ns;
}

static int64_t none(int64_t sent_ns)
{
    return GST_CLOCK_STIME_NONE;
}

static int64_t jump_ahead(int64_t sent_ns)
{
    return sent_ns < 4 * NS_PER_S ? sent_ns : sent_ns + 5000 * NS_PER_S;
}

static int64_t jump_back(int64_t sent_ns)
{
    return sent_ns < 4 * NS_PER_S ? sent_ns : sent_ns - 3 * NS_PER_S;
}

static int64_t some_missing(int64_t sent_ns)
{
    return sent_ns / (NS_PER_S / 30) % 3 == 1 ? GST_CLOCK_STIME_NONE : sent_ns;
}

static const struct story stories[] = {
    {"as it should be", plain, true, true, 0, 0},
    {"no stamps at all", none, true, true, 0, 0},
    {"some without a stamp", some_missing, true, true, 0, 20},
    {"5000 s ahead", jump_ahead, true, true, 0, 12},
    {"3 s back", jump_back, true, true, 12, 20},
    {"video only", plain, true, false, 0, TICKS},
    {"audio only", plain, false, true, TICKS, 0, true},
};

static void add(struct inflow *inflow, const struct story *story, int64_t sent_ns, int64_t now_ns)
{
    float sound[BLOCK * PROGRAM_CHANNELS];
    for (size_t i = 0; i < BLOCK * PROGRAM_CHANNELS; i++)
        sound[i] = 0.5f;
    if (story->has_video)
        inflow_add_video(inflow, 1, story->stamp(sent_ns), now_ns, gst_buffer_new());
    if (story->has_audio)
        inflow_add_audio(inflow, 1, story->stamp(sent_ns), now_ns, sound, BLOCK, story->has_video);
}

static void test_stamps(void **state)
{
    static float sound[4096 * PROGRAM_CHANNELS];
    for (size_t i = 0; i < ARRAY_LENGTH(stories); i++) {
        const struct story *story = &stories[i];
        struct inflow *inflow = inflow_create(&program);
        unsigned held = 0, silent = 0, sound_only = 0;
        inflow_begin(inflow, 1, true);
        inflow_set_latency(inflow, 1, 100 * NS_PER_MS);
        for (uint64_t tick = 0; tick < TICKS; tick++) {
            add(inflow, story, program_tick_ns(&program, tick), program_tick_ns(&program, tick) + 50 * NS_PER_MS);
            struct inflow_take take = inflow_take(inflow, tick, sound);
            if (tick < 30)
                continue;
            held += !take.picture;
            silent += sound[BLOCK] == 0;
            sound_only += take.is_sound_only;
        }
        inflow_destroy(inflow);
        if (held > story->held_most || silent > story->silent_most)
            fail_msg("%s: %u ticks held, %u silent", story->name, held, silent);
        if ((sound_only == TICKS - 30) != story->is_sound_only)
            fail_msg("%s: sound alone at %u ticks", story->name, sound_only);
    }
}

/* A generation that was played to its end keeps what waits; one that was torn away does not. */
static void test_ends(void **state)
{
    static float sound[4096 * PROGRAM_CHANNELS];
    for (int is_whole = 0; is_whole < 2; is_whole++) {
        struct inflow *inflow = inflow_create(&program);
        inflow_begin(inflow, 1, false);
        for (int i = 0; i < 10; i++) {
            int64_t at_ns = program_tick_ns(&program, (uint64_t)i);
            inflow_add_video(inflow, 1, at_ns, at_ns, gst_buffer_new());
        }
        inflow_end(inflow, 1, is_whole);
        inflow_begin(inflow, 2, false);
        unsigned shown = 0;
        for (uint64_t tick = 0; tick < 25; tick++)
            shown += inflow_take(inflow, tick, sound).choice == PICKER_NEW;
        assert_int_equal(shown, is_whole ? 10 : 0);
        inflow_destroy(inflow);
    }
}

/* ---- The dimmed picture ---- */

static GstBuffer *draw(const struct program *of, GstVideoInfo *info)
{
    g_autoptr(GstCaps) caps = program_video_caps(of, true);
    gst_video_info_from_caps(info, caps);
    GstBuffer *picture = gst_buffer_new_allocate(NULL, GST_VIDEO_INFO_SIZE(info), NULL);
    GstVideoFrame frame;
    assert_true(gst_video_frame_map(&frame, info, picture, GST_MAP_WRITE));
    for (int y = 0; y < of->height_px; y++) {  // white, with lines of black as text has
        guint8 *row = (guint8 *)GST_VIDEO_FRAME_PLANE_DATA(&frame, 0) + y * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0);
        for (int x = 0; x < of->width_px; x++)
            row[x] = y % 8 < 2 ? 16 : 235;
    }
    for (int plane = 1; plane < 3; plane++) {
        for (int y = 0; y < of->height_px / 2; y++)
            memset((guint8 *)GST_VIDEO_FRAME_PLANE_DATA(&frame, plane) + y * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane),
                plane == 1 ? 90 : 240, (size_t)of->width_px / 2);
    }
    gst_video_frame_unmap(&frame);
    return picture;
}

static void test_dimming(void **state)
{
    const struct program full = {.width_px = 1920, .height_px = 1080, .fps_num = 30, .fps_den = 1};
    GstVideoInfo info;
    GstBuffer *picture = draw(&full, &info);
    struct timespec before, after;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    GstBuffer *dimmed = dim_picture(&full, picture);  // on the dimmer's thread, 200 ms before it is needed
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    print_message("1080p dimmed in %.1f ms of a core\n",
        (double)(after.tv_sec - before.tv_sec) * 1000 + (double)(after.tv_nsec - before.tv_nsec) / NS_PER_MS);
    GstVideoFrame frame;
    assert_true(gst_video_frame_map(&frame, &info, dimmed, GST_MAP_READ));
    const guint8 *luma = GST_VIDEO_FRAME_PLANE_DATA(&frame, 0);
    int least = 255, most = 0;
    for (int i = 0; i < 1920 * 1080; i++) {
        least = luma[i] < least ? luma[i] : least;
        most = luma[i] > most ? luma[i] : most;
    }
    /* 0.38 of (180 - 16), and of the lines nothing that could be read. */
    if (least < 70 || most > 87)
        fail_msg("luma from %d to %d, expected about 78 everywhere", least, most);
    const guint8 *cr = GST_VIDEO_FRAME_PLANE_DATA(&frame, 2);
    assert_in_range(cr[500 * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 2) + 300], 168, 173);  // 0.38 of (240 - 128)
    gst_video_frame_unmap(&frame);
    gst_buffer_unref(dimmed);

    struct dimmer *dimmer = dimmer_create(&full);
    assert_null(dimmer_result(dimmer));
    dimmer_offer(dimmer, picture);
    int64_t limit_ms = clock_monotonic_ms() + GENEROUS_MS;
    while (!dimmer_result(dimmer) && clock_monotonic_ms() < limit_ms)
        g_usleep(1000);
    assert_non_null(dimmer_result(dimmer));
    dimmer_offer(dimmer, picture);
    dimmer_destroy(dimmer);  // at work
    gst_buffer_unref(picture);
}

/* ---- Music ---- */

/* A WAV file of `frames` frames, each sample a quarter of full scale. */
static void write_wav(const char *path, uint32_t frames)
{
    struct {
        char riff[4];
        uint32_t rest;
        char wave[8];
        uint32_t format_bytes;
        uint16_t format, channels;
        uint32_t rate, bytes_second;
        uint16_t frame_bytes, bits;
        char data[4];
        uint32_t bytes;
    } head = {{'R', 'I', 'F', 'F'}, 36 + frames * 4, {'W', 'A', 'V', 'E', 'f', 'm', 't', ' '}, 16, 1, 2, 48000, 192000, 4, 16,
        {'d', 'a', 't', 'a'}, frames * 4};
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fwrite(&head, sizeof(head), 1, file);
    for (uint32_t i = 0; i < frames * 2; i++)
        fwrite(&(int16_t){8192}, 2, 1, file);
    fclose(file);
}

/* Until so many frames of the file came out; the context is run meanwhile, which begins each round. */
static size_t hear(struct music *music, GMainContext *context, size_t wanted)
{
    float out[BLOCK * PROGRAM_CHANNELS];
    size_t heard = 0;
    int64_t limit_ms = clock_monotonic_ms() + GENEROUS_MS;
    while (heard < wanted && clock_monotonic_ms() < limit_ms) {
        music_read(music, out, BLOCK);
        for (size_t i = 0; i < BLOCK; i++)
            heard += fabsf(out[i * PROGRAM_CHANNELS] - 0.25f) < 0.001f;
        while (g_main_context_iteration(context, FALSE)) {}
    }
    return heard;
}

static void test_music(void **state)
{
    char path[] = "/tmp/antiphon-music-XXXXXX";
    close(mkstemp(path));
    write_wav(path, 4800);  // a tenth of a second: twenty rounds fill the memory
    GMainContext *context = g_main_context_new();
    struct music *music = music_create(context, path);
    assert_true(hear(music, context, 240000) >= 240000);
    music_end(music);
    music_destroy(music);
    music = music_create(context, "/nowhere/music.ogg");
    for (int i = 0; i < 20; i++) {
        g_usleep(1000);
        while (g_main_context_iteration(context, FALSE)) {}
    }
    float out[BLOCK * PROGRAM_CHANNELS];
    music_read(music, out, BLOCK);
    assert_true(out[0] == 0);
    music_end(music);
    music_destroy(music);
    g_main_context_unref(context);
    unlink(path);
}

int main(void)
{
    gst_init(NULL, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean), cmocka_unit_test(test_stamps), cmocka_unit_test(test_ends), cmocka_unit_test(test_dimming),
        cmocka_unit_test(test_music),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
