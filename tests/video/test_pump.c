/*
 * What a tick shows and sounds: the picker, the timeline, the audio ring; addresses and names of recordings
 * beside them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "video/address.h"
#include "video/audio_ring.h"
#include "video/picker.h"
#include "video/recording.h"
#include "video/timeline.h"

#define MS NS_PER_MS

/* ---- Picker: one line a case, one step a word ---- */

static int released;

static void release_counted(void *frame)
{
    released++;
    free(frame);
}

struct pick_case {
    const char *name;
    /*
     * "+40" adds a frame stamped 40 ms, "f" flushes, "@60=40" expects frame 40 at tick 60, "@60=-" the holding
     * picture.
     */
    const char *steps;
    size_t frames_max, bytes_max;
    long slack_ms;
};

static const struct pick_case pick_cases[] = {
    {"nothing came: hold", "@0=- @33=- @5000=-"},
    {"new, repeated, new", "+0 +40 @0=0 @33=0 @66=40"},
    {"newest of several due, older dropped", "+0 +10 +20 +30 @33=30 @66=30"},
    {"what is not due waits", "+100 @0=- @99=- @100=100"},
    {"25 to 30 frames a second", "+0 +40 +80 +120 @0=0 @33=0 @66=40 @100=80 @133=120"},
    {"60 to 30 frames a second", "+0 +17 +33 +50 +67 @0=0 @33=33 @67=67"},
    {"repeated for less than 400 ms, then held", "+0 @0=0 @399=0 @400=- @433=-"},
    {"hold time counts from when it was first shown", "+0 @300=0 @699=0 @700=-"},
    {"live again when a frame is due", "+0 @0=0 @400=- +500 @433=- @500=500"},
    {"flush forgets what waits, keeps what is shown", "+0 +40 @0=0 f @66=0 @399=0 @400=-"},
    {"a slide show by nature is not held between its pictures",
        "+0 +900 +1800 +2700 +3600 +4500 @0=0 @900=900 @1800=1800 @2700=2700 @3600=3600 @4500=4500 @6299=4500 @6300=-"},
    {"a stall among others is held as usual", "+0 +40 +80 +980 +1020 +1060 @0=0 @40=40 @80=80 @479=80 @480=-"
        " @980=980 @1020=1020 @1060=1060 @1459=1060 @1460=-"},
    {"stamps out of order", "+40 +0 +80 @0=0 @40=40 @80=80"},
    {"a late frame older than the one shown is still newest due", "+40 @40=40 +20 @66=20"},
    {"the list is bounded: the oldest goes", "+0 +10 +20 +30 @0=- @33=30", .frames_max = 2},
    {"at the border without slack: repeated and dropped", "+1 +33 +67 +99 +134 @0=- @33=33 @66=33 @100=99 @133=99"},
    {"at the border with slack: each once", "+1 +32 +67 +99 +134 @0=1 @33=32 @66=67 @100=99 @133=134", .slack_ms = 4},
    {"slack keeps one that is just due for the next tick", "+0 +32 +65 +98 @0=0 @66=32 @100=65 @133=98", .slack_ms = 4},
    {"bounded by bytes too", "+0 +10 +20 @9=- @20=20", .bytes_max = 1000},
    {"one frame larger than the bound is kept", "+0 @0=0", .bytes_max = 10},
};

static int add_step(struct picker *picker, long stamp_ms)
{
    long *frame = xmalloc(sizeof(*frame));
    *frame = stamp_ms;
    picker_add(picker, stamp_ms * MS, frame, 600);
    return 1;
}

static void expect_step(struct picker *picker, const char *name, const char *step)
{
    char *end;
    long now_ms = strtol(step + 1, &end, 10);
    void *frame;
    enum picker_choice choice = picker_pick(picker, now_ms * MS, &frame);
    bool wants_hold = end[1] == '-';
    if (wants_hold != (choice == PICKER_HOLD) || wants_hold != (frame == NULL)
        || (frame && *(long *)frame != strtol(end + 1, NULL, 10)))
        fail_msg("%s: at %s got %ld", name, step, frame ? *(long *)frame : -1L);
}

static void test_picker(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(pick_cases); i++) {
        const struct pick_case *c = &pick_cases[i];
        struct picker *picker = picker_create(&(struct picker_options){
            .frames_max = c->frames_max, .bytes_max = c->bytes_max, .release = release_counted,
            .slack_ns = c->slack_ms * MS});
        char *steps = xstrdup(c->steps), *rest = steps;
        int added = 0;
        released = 0;
        for (char *step; (step = strtok_r(rest, " ", &rest));) {
            if (*step == '+')
                added += add_step(picker, strtol(step + 1, NULL, 10));
            else if (*step == 'f')
                picker_flush(picker);
            else
                expect_step(picker, c->name, step);
        }
        free(steps);
        picker_destroy(picker);
        if (released != added)
            fail_msg("%s: %d frames given, %d released", c->name, added, released);
    }
}

static void test_picker_shift(void **state)
{
    struct picker *picker = picker_create(&(struct picker_options){.release = release_counted});
    add_step(picker, 100);
    void *frame;
    picker_shift(picker, 360 * MS);
    assert_int_equal(picker_pick(picker, 459 * MS, &frame), PICKER_HOLD);
    assert_int_equal(picker_pick(picker, 460 * MS, &frame), PICKER_NEW);
    assert_int_equal(picker_pick(picker, 461 * MS, &frame), PICKER_REPEAT);
    assert_int_equal(picker_waiting(picker), 0);
    picker_destroy(picker);
}

/* ---- Timeline ---- */

struct sample {
    long stamp_ms, now_ms;  // arrival
    enum timeline_kind kind;
};

struct anchor_case {
    const char *name;
    bool is_clocked, is_latency_known;
    long latency_ms;
    struct sample samples[12];
    size_t count;
    long anchor_ms;  // expected in the end
};

#define V(stamp, now) {stamp, now, TIMELINE_VIDEO}
#define A(stamp, now) {stamp, now, TIMELINE_AUDIO}

static const struct anchor_case anchor_cases[] = {
    {"SRT on time", true, true, 278, {V(0, 278), A(0, 279), V(33, 311)}, 3, 0},
    {"SRT before its latency is known is never late", true, false, 0,
        {V(0, 900), V(33, 933), V(66, 966), V(100, 1000), V(133, 1033), V(166, 1066)}, 6, 0},
    {"first RTMP picture 1.5 s after the start", false, true, 0, {V(0, 1500)}, 1, 1500 - 360 + 60},
    {"sound of the same source follows the picture's anchor", false, true, 0, {V(0, 1500), A(0, 1510)}, 2, 1200},
    {"an unclocked source that is on time stays", false, true, 0, {V(0, 300), V(33, 333)}, 2, 0},
    {"one late picture is not enough", true, true, 0,
        {V(0, 0), V(33, 500), V(500, 500), V(533, 900), V(900, 900)}, 5, 0},
    {"four late ones are not enough", true, true, 0, {V(0, 200), V(33, 233), V(66, 266), V(100, 300)}, 4, 0},
    {"five late ones in a row are", true, true, 0,
        {V(0, 200), V(33, 233), V(66, 266), V(100, 300), V(133, 333)}, 5, 200 - 60 + 60},
    {"late pictures count apart from sound on time", true, true, 0,
        {V(0, 200), A(200, 200), V(33, 233), A(233, 233), V(66, 266), A(266, 266), V(100, 300), A(300, 300),
        V(133, 333)}, 9, 200},
    {"400 ms early is bearable", true, true, 0, {V(400, 0)}, 1, 0},
    {"more is not: due now", true, true, 0, {V(5000, 0), V(5033, 33)}, 2, -5000},
    {"a burst out of a server's cache ends at the present", false, true, 0,
        {V(0, 2000), V(500, 2000), V(1000, 2000), V(1500, 2000), V(2000, 2000)}, 5, 0},
    {"stamps that jump back 5000 s", true, true, 0,
        {V(5000000, 5000000), V(0, 5000033), V(33, 5000066), V(66, 5000100), V(100, 5000133), V(133, 5000166)}, 6,
        5000166 - 133 - 60 + 60},
};

static void test_timeline(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(anchor_cases); i++) {
        const struct anchor_case *c = &anchor_cases[i];
        struct timeline timeline;
        timeline_begin(&timeline, c->is_clocked);
        if (c->is_latency_known)
            timeline_set_latency(&timeline, c->latency_ms * MS);
        for (size_t j = 0; j < c->count; j++)
            timeline_note(&timeline, c->samples[j].kind, c->samples[j].stamp_ms * MS, c->samples[j].now_ms * MS);
        if (timeline.anchor_ns / MS != c->anchor_ms)
            fail_msg("%s: anchor %ld ms, expected %ld", c->name, (long)(timeline.anchor_ns / MS), c->anchor_ms);
        long delay_ms = c->latency_ms + 60 + (c->is_clocked ? 0 : 300);
        assert_int_equal(timeline_offset(&timeline) / MS, c->anchor_ms + delay_ms);
    }
}

/* ---- Audio ring: 1000 frames a second, two channels, half a second ---- */

static void write_ramp(struct audio_ring *ring, int64_t position, float first, size_t frames)
{
    float *samples = xcalloc(frames * 2, sizeof(*samples));
    for (size_t i = 0; i < frames; i++) {
        samples[2 * i] = first + (float)i;
        samples[2 * i + 1] = -(first + (float)i);
    }
    audio_ring_write(ring, position, samples, frames);
    free(samples);
}

static void expect(struct audio_ring *ring, int64_t position, size_t frames, float first, float step)
{
    float *out = xcalloc(frames * 2, sizeof(*out));
    audio_ring_read(ring, position, out, frames);
    for (size_t i = 0; i < frames; i++) {
        float wanted = first + step * (float)i;
        if (out[2 * i] != wanted || out[2 * i + 1] != -wanted)
            fail_msg("frame %ld is %g, expected %g", (long)position + (long)i, (double)out[2 * i], (double)wanted);
    }
    free(out);
}

static void test_ring_plain(void **state)
{
    struct audio_ring *ring = audio_ring_create(1000, 2, 0.5);
    expect(ring, 0, 10, 0, 0);
    write_ramp(ring, 20, 100, 10);
    write_ramp(ring, 30, 110, 10);
    expect(ring, 10, 10, 0, 0);
    expect(ring, 20, 20, 100, 1);
    expect(ring, 40, 10, 0, 0);
    expect(ring, 500, 40, 0, 0);  // once round: what was read is silence
    audio_ring_destroy(ring);
}

static void test_ring_jumps(void **state)
{
    struct audio_ring *ring = audio_ring_create(1000, 2, 0.5);
    write_ramp(ring, 0, 1, 10);
    write_ramp(ring, 25, 50, 10);   // 15 off: follows the running position
    expect(ring, 0, 10, 1, 1);
    expect(ring, 10, 10, 50, 1);
    write_ramp(ring, 60, 70, 10);   // 40 off: jumps
    expect(ring, 20, 40, 0, 0);
    expect(ring, 60, 10, 70, 1);
    write_ramp(ring, 100, 200, 50);
    write_ramp(ring, 110, 300, 10);  // back: the old continuation is silenced
    expect(ring, 70, 30, 0, 0);
    expect(ring, 100, 10, 200, 1);
    expect(ring, 110, 10, 300, 1);
    expect(ring, 120, 30, 0, 0);
    audio_ring_destroy(ring);
}

static void test_ring_bounds(void **state)
{
    struct audio_ring *ring = audio_ring_create(1000, 2, 0.5);
    expect(ring, 0, 100, 0, 0);
    write_ramp(ring, 50, 1, 100);        // half of it too late
    expect(ring, 100, 50, 51, 1);
    write_ramp(ring, 100000, 1, 10);     // far ahead: nowhere
    write_ramp(ring, -5000, 1, 10);      // long ago: nowhere
    expect(ring, 150, 500, 0, 0);
    write_ramp(ring, 700, 1, 10);
    expect(ring, 50000, 20, 0, 0);       // a reader that slept finds no old sound
    write_ramp(ring, 50020, 9, 10);
    audio_ring_clear(ring);
    expect(ring, 50020, 10, 0, 0);
    audio_ring_destroy(ring);
}

/* Stamps 4 frames ahead for ever: taken up by single frames, no jump, no hole. */
static void test_ring_drift(void **state)
{
    struct audio_ring *ring = audio_ring_create(1000, 2, 0.5);
    float block[200];
    for (int i = 0; i < 200; i++)
        block[i] = i % 2 ? -1.0f : 1.0f;
    audio_ring_write(ring, 100, block, 100);
    int64_t drift = 0;
    for (int64_t at = 200; at < 20000; at += 100) {
        drift = audio_ring_write(ring, at + 4, block, 100);
        expect(ring, at - 100, 100, 1, 0);
    }
    assert_true(drift > -3 && drift <= 0);
    audio_ring_destroy(ring);
}

/* ---- Addresses ---- */

static const struct {
    const char *text;
    bool is_output;
    enum address_kind kind;  // ADDRESS_NONE: refused
    const char *shown;
} address_cases[] = {
    {"test", false, ADDRESS_TEST, "test"},
    {"", false, ADDRESS_NONE, NULL},
    {"show.mp4", false, ADDRESS_FILE, "show.mp4"},
    {"file:///tmp/a%20b.mkv", false, ADDRESS_FILE, "/tmp/a b.mkv"},
    {"srt://127.0.0.1:7001?mode=listener", false, ADDRESS_SRT, "srt://127.0.0.1:7001?mode=listener"},
    {"srt://h:1?passphrase=geheim-geheim&latency=200&streamid=abc123", false, ADDRESS_SRT,
        "srt://h:1?passphrase=***&latency=200&streamid=***"},
    {"srt://:7001", false, ADDRESS_NONE, NULL},
    {"srt://0.0.0.0:7001?mode=listener", false, ADDRESS_NONE, NULL},
    {"srt://0.0.0.0:7001?mode=listener&passphrase=geheim-geheim", false, ADDRESS_SRT,
        "srt://0.0.0.0:7001?mode=listener&passphrase=***"},
    {"srt://[::1]:7001?mode=listener", false, ADDRESS_SRT, "srt://[::1]:7001?mode=listener"},
    {"https://anna:secret99@h/live.m3u8?token=abcdef", false, ADDRESS_URI, "https://***@h/live.m3u8?token=***"},
    {"rtmp://a.rtmp.youtube.com/live2/abcd-efgh-ijkl", true, ADDRESS_RTMP, "rtmp://a.rtmp.youtube.com/live2/***"},
    {"rtmps://h/app/key?bandwidthtest=true", true, ADDRESS_RTMP, "rtmps://h/app/***?bandwidthtest=***"},
    {"srt://0.0.0.0:7001?mode=listener", true, ADDRESS_NONE, NULL},
    {"srt://0.0.0.0:7001?mode=listener&passphrase=geheim-geheim", true, ADDRESS_SRT,
        "srt://0.0.0.0:7001?mode=listener&passphrase=***"},
    {"srt://127.0.0.1:7001?mode=listener", true, ADDRESS_SRT, "srt://127.0.0.1:7001?mode=listener"},
    {"rtmp://h/app/1", true, ADDRESS_RTMP, "rtmp://h/app/***"},
    {"rtsp://anna:secret99@cam.local:554/live", false, ADDRESS_RTSP, "rtsp://***@cam.local:554/live"},
    {"rtsp://anna:s@cret99@cam.local/live", false, ADDRESS_RTSP, "rtsp://***@cam.local/live"},
    {"rtsp://anna:se/cr#t?99@cam.local:554/live", false, ADDRESS_RTSP, "rtsp://***@cam.local:554/live"},
    {"rtsp://cam.local/live/", false, ADDRESS_RTSP, "rtsp://cam.local/live/"},
    {"http://h:8080/@anna/live", false, ADDRESS_URI, "http://h:8080/@anna/live"},
    {"srt://0.0.0.0:7001?mode=listener", false, ADDRESS_NONE, NULL},
    {"srt://0.0.0.0:7001?mode=listener&passphrase=", false, ADDRESS_NONE, NULL},
    {"srt://0.0.0.0:7001?mode=listener&passphrase=short", false, ADDRESS_NONE, NULL},
    {"srt://127.0.0.1:7001?mode=listener&localaddress=0.0.0.0", false, ADDRESS_NONE, NULL},
    {"SRT://:7001", false, ADDRESS_NONE, NULL},
    {"v4l2:/dev/video0", false, ADDRESS_V4L2, "v4l2:/dev/video0"},
    {"v4l2:video0", false, ADDRESS_NONE, NULL},
    {"screen:", false, ADDRESS_SCREEN, "screen:"},
    {"screen::0.1/1280x720+100+50", false, ADDRESS_SCREEN, "screen::0.1/1280x720+100+50"},
    {"screen:/1280x720+100+50", false, ADDRESS_SCREEN, "screen:/1280x720+100+50"},
    {"screen::0/1280x720", false, ADDRESS_NONE, NULL},
    {"screen::0/0x720+0+0", false, ADDRESS_NONE, NULL},
    {"screen::0 ! filesink", false, ADDRESS_NONE, NULL},
    {"screen:desk", false, ADDRESS_NONE, NULL},
    {"pipewire:", false, ADDRESS_PIPEWIRE, "pipewire:"},
    {"pulse:mic", false, ADDRESS_PULSE, "pulse:mic"},
    {"shm:/run/pictures", false, ADDRESS_SHM, "shm:/run/pictures"},
    {"shm:", false, ADDRESS_NONE, NULL},
    {"talk: one.mkv", false, ADDRESS_FILE, "talk: one.mkv"},
    {"show.MKV", true, ADDRESS_FILE, "show.MKV"},
    {"show.avi", true, ADDRESS_NONE, NULL},
    {"show", true, ADDRESS_NONE, NULL},
    {"http://h/x", true, ADDRESS_NONE, NULL},
    {"udp://h:1", true, ADDRESS_NONE, NULL},
};

static void test_addresses(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(address_cases); i++) {
        struct address address;
        struct error err = {0};
        bool is_good = (address_cases[i].is_output ? address_parse_output : address_parse_input)(&address,
            address_cases[i].text, &err);
        if (is_good != (address_cases[i].kind != ADDRESS_NONE))
            fail_msg("\"%s\": %s", address_cases[i].text, is_good ? "was taken" : err.text);
        if (is_good) {
            assert_int_equal(address.kind, address_cases[i].kind);
            assert_string_equal(address.shown, address_cases[i].shown);
        }
        address_fini(&address);
    }
}

static void test_masking(void **state)
{
    struct address address;
    assert_true(address_parse_output(&address, "rtmp://h/live/abcd-efgh?auth=k%3Dv99", NULL));
    char *masked = address_mask(&address, "cannot publish abcd-efgh (abcd-efgh?auth=k%3Dv99, k=v99) at h");
    assert_string_equal(masked, "cannot publish *** (***, ***) at h");
    free(masked);
    address_fini(&address);
    static const char *const wrong[] = {"rtmp://h/live/abcd-efgh/", "rtmp:/h/live/abcd-efgh", "live.example/app/abcd-efgh"};
    for (size_t i = 0; i < 2 * ARRAY_LENGTH(wrong) - 1; i++) {
        struct error err;
        bool is_output = i < ARRAY_LENGTH(wrong);
        assert_false((is_output ? address_parse_output : address_parse_input)(&address, wrong[i % ARRAY_LENGTH(wrong)], &err));
        assert_null(strstr(err.text, "abcd"));
        address_fini(&address);
    }
    assert_true(address_parse_input(&address, "rtsp://anna:se%40cret@h/live", NULL));
    masked = address_mask(&address, "401 for anna:se%40cret, se@cret, se%40cret, Basic YW5uYTpzZUBjcmV0");
    assert_string_equal(masked, "401 for ***, ***, ***, Basic ***");
    free(masked);
    address_fini(&address);
}

/* ---- Names of recordings ---- */

static void test_recordings(void **state)
{
    char folder[] = "/tmp/antiphon-recording-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = xasprintf("%s/show.v1.mkv", folder);
    static const char *const wanted[] = {"show.v1.mkv", "show.v1-2.mkv", "show.v1-3.mkv"};
    for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++) {
        char *name = recording_reserve(path, NULL);
        assert_string_equal(strrchr(name, '/') + 1, wanted[i]);
        free(name);
    }
    char *second = xasprintf("%s/%s", folder, wanted[1]);
    recording_forget_empty(second, true);
    assert_int_equal(access(second, F_OK), -1);
    int fd = open(path, O_WRONLY);
    assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
    recording_forget_empty(path, true);
    assert_int_equal(access(path, F_OK), 0);
    unlink(path);
    char *third = xasprintf("%s/%s", folder, wanted[2]);
    unlink(third);
    rmdir(folder);
    struct error err = {0};
    assert_null(recording_reserve(path, &err));
    assert_non_null(strstr(err.text, "show.v1.mkv"));
    free(path), free(second), free(third);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_picker), cmocka_unit_test(test_picker_shift), cmocka_unit_test(test_timeline),
        cmocka_unit_test(test_ring_plain), cmocka_unit_test(test_ring_jumps), cmocka_unit_test(test_ring_bounds),
        cmocka_unit_test(test_ring_drift), cmocka_unit_test(test_addresses), cmocka_unit_test(test_masking),
        cmocka_unit_test(test_recordings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
