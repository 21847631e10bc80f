/* What waits for an output: the queue of packets, and the playlist of an HLS folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "video/hls_playlist.h"
#include "video/packets.h"

/* ---- Packets: one line a case, one step a word ---- */

enum { PACKET_BYTES = 100 };

struct packet_case {
    const char *name;
    /*
     * "K40" pushes a key frame of 40 ms, "d40" one that needs others, "a40" sound; "=K40,d80|a40" expects just these to wait, pictures
     * first, "=" nothing; "t" takes the first picture; "s80=2" skips until 80 and expects two to go; "c" clears; "!3" that
     * three were lost by pushing so far.
     */
    const char *steps;
    int span_ms;
    size_t bytes_max;
};

static const struct packet_case packet_cases[] = {
    {"begins with a key frame", "d0 d40 = K80 d120 =K80,d120 !0"},
    {"sound before the key frame is left out", "a0 a20 a40 = K30 a60 =K30|a40,a60"},
    {"sound waits for the key frame", "a40 = K40 =K40|a40"},
    {"too long: the oldest group goes", "K0 d40 d80 K120 d160 =K120,d160 !3", 150},
    {"too long with one group: all goes, until the next", "K0 d40 d80 d120 d160 = d200 d240 = K280 =K280 !7", 150},
    {"too many bytes", "K0 d40 K80 d120 d160 =K80,d120,d160 !2", 0, 4 * PACKET_BYTES},
    {"sound goes with its group", "K0 a0 d40 a40 K80 a80 d160 =K80,d160|a80", 150},
    {"sound alone is bounded", "K0 a0 a50 a100 a200 =K0|a50,a100,a200", 150},
    {"taken, then skipped: the rest of the group goes", "K0 d40 d80 K120 d160 t s200=2 =K120,d160"},
    {"skipped to the newest key frame that is due", "K0 d40 K80 d120 K160 d200 s170=4 =K160,d200"},
    {"one that is not due stays out of it", "K0 d40 K80 d120 K160 s130=2 =K80,d120,K160"},
    {"skipped with no other key frame: all goes", "K0 d40 d80 s100=3 = d120 = K160 =K160"},
    {"cleared: what was is no loss", "K0 d40 c d80 = K120 =K120 !0"},
};

static GstSample *make_sample(void)
{
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, PACKET_BYTES, NULL);
    GstSample *sample = gst_sample_new(buffer, NULL, NULL, NULL);
    gst_buffer_unref(buffer);
    return sample;
}

static unsigned push(struct packets *packets, char word, int ms)
{
    struct packet packet = {
        .kind = word == 'a' ? PACKET_AUDIO : PACKET_VIDEO, .is_key = word != 'd', .pts_ns = ms * NS_PER_MS,
        .dts_ns = ms * NS_PER_MS, .sample = make_sample()};
    unsigned lost = packets_push(packets, &packet);
    gst_sample_unref(packet.sample);
    return lost;
}

/* Takes all of a kind out and writes it down. */
static void drain(struct packets *packets, enum packet_kind kind, struct packets *into, struct buffer *text)
{
    for (bool is_first = true; packets_head(packets, kind); is_first = false) {
        struct packet packet = packets_take(packets, kind);
        buffer_printf(text, "%s%c%d", is_first ? "" : ",", kind == PACKET_AUDIO ? 'a' : packet.is_key ? 'K' : 'd',
            (int)(packet.pts_ns / NS_PER_MS));
        packets_push(into, &packet);
        gst_sample_unref(packet.sample);
    }
}

/* What waits, which is put back. */
static char *list(struct packets *packets)
{
    struct buffer text = {0};
    struct packets *aside = packets_create(0, 0);
    drain(packets, PACKET_VIDEO, aside, &text);
    if (packets_head(packets, PACKET_AUDIO))
        buffer_printf(&text, "|");
    drain(packets, PACKET_AUDIO, aside, &text);
    struct buffer again = {0};
    drain(aside, PACKET_VIDEO, packets, &again);
    drain(aside, PACKET_AUDIO, packets, &again);
    packets_destroy(aside);
    buffer_fini(&again);
    return buffer_take(&text);
}

static void expect_text(const char *name, const char *step, const char *found, const char *wanted)
{
    if (strcmp(found ? found : "", wanted) != 0)
        fail_msg("%s: at %s: %s", name, step, found);
}

static void do_step(const struct packet_case *is, struct packets *packets, const char *step, unsigned *lost)
{
    int ms = atoi(step + 1);
    if (strchr("Kda", *step)) {
        *lost += push(packets, *step, ms);
    } else if (*step == '=') {
        char *found = list(packets);
        expect_text(is->name, step, found, step + 1);
        free(found);
    } else if (*step == 't') {
        gst_sample_unref(packets_take(packets, PACKET_VIDEO).sample);
    } else if (*step == 's') {
        unsigned gone = packets_skip(packets, ms * NS_PER_MS);
        if (gone != (unsigned)atoi(strchr(step, '=') + 1))
            fail_msg("%s: %s: %u went", is->name, step, gone);
    } else if (*step == 'c') {
        packets_clear(packets);
    } else if (*lost != (unsigned)ms) {
        fail_msg("%s: %u were lost instead of %d", is->name, *lost, ms);
    }
}

static void test_packets(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(packet_cases); i++) {
        const struct packet_case *is = &packet_cases[i];
        struct packets *packets = packets_create(is->span_ms * NS_PER_MS, is->bytes_max);
        unsigned lost = 0;
        g_auto(GStrv) steps = g_strsplit(is->steps, " ", -1);
        for (size_t k = 0; steps[k]; k++)
            do_step(is, packets, steps[k], &lost);
        packets_clear(packets);
        assert_int_equal(packets_bytes(packets), 0);
        packets_destroy(packets);
    }
}

/* ---- The playlist ---- */

static const struct playlist_case {
    const char *name, *before;
    int adds;  // of two seconds
    bool is_ended;
    const char *after;
} playlist_cases[] = {
    {"empty", NULL, 0, false, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n"},
    {"ended", NULL, 1, true, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n"
        "#EXTINF:2.000,\nsegment-000000.ts\n#EXT-X-ENDLIST\n"},
    {"goes on, after a break", "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:1.500,\nsegment-000007.ts\n#EXT-X-ENDLIST\n", 1,
        false, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:1.500,\n"
        "segment-000007.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:2.000,\nsegment-000008.ts\n"},
    {"the break passes out", "#EXTM3U\r\n#EXTINF:2,\r\nsegment-3.ts\r\n", 7, false,
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:5\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n"
        "#EXTINF:2.000,\nsegment-000005.ts\n#EXTINF:2.000,\nsegment-000006.ts\n#EXTINF:2.000,\nsegment-000007.ts\n"
        "#EXTINF:2.000,\nsegment-000008.ts\n#EXTINF:2.000,\nsegment-000009.ts\n#EXTINF:2.000,\nsegment-000010.ts\n"},
    {"nonsense is no playlist", "#EXTINF:-3,\nsegment-1.ts\n#EXTINF:nan,\nsegment-2.ts\nsegment-99999999999.ts\n#EXTINF:2\n../x\n"
        "\x01\xff#EXT-X-DISCONTINUITY-SEQUENCE:-1\n", 0, false,
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n"},
    {"what has a hole is read to its end", "#EXTINF:2,\nsegment-1.ts\n#EXTINF:2,\nsegment-9.ts\n", 1, false,
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:1\n#EXTINF:2.000,\nsegment-000001.ts\n"
        "#EXT-X-DISCONTINUITY\n#EXTINF:2.000,\nsegment-000002.ts\n"},
};

static void test_playlist(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(playlist_cases); i++) {
        const struct playlist_case *is = &playlist_cases[i];
        struct hls_playlist *playlist = hls_playlist_create(is->before);
        for (int k = 0; k < is->adds; k++)
            hls_playlist_add(playlist, 2 * NS_PER_S);
        char *text = hls_playlist_write(playlist, is->is_ended);
        if (strcmp(text, is->after) != 0)
            fail_msg("%s:\n%s", is->name, text);
        free(text);
        hls_playlist_destroy(playlist);
    }
}

static int set_up(void **state)
{
    gst_init(NULL, NULL);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets),
        cmocka_unit_test(test_playlist),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
