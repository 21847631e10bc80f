/*
 * What an encoder is told for H.264 over RTMP. Read at the source in March 2026 were
 * - YouTube's rate for 1080p60 (support.google.com/youtube/answer/2853702, column H.264);
 * - Facebook's ranges (developers.facebook.com/docs/live-video-api/reference; sound 128, 256 at most);
 * - Instagram's (announcement of Live Producer: 720 x 1280 at 30 2250 to 6000; sound up to 256).
 * All other figures are customary: what streamers and their programs use with these platforms, not read at a platform's
 * own page. TikTok publishes nothing that we know of. Who knows better sets bitrate_kbps.
 * Sizes count by their shorter side, so that a portrait picture is advised as a landscape one of as many pixels.
 *
 * No platform gets B-frames, though Twitch and YouTube are said to like two. Tried over nginx-rtmp with x264enc they are
 * clean on the wire (decoding times grow, no picture is missing), but a recording shares the encode: an MP4 of mp4mux
 * 1.22 in fragments forgets that its picture begins two frames late and has its sound 67 ms early, every recording and
 * connection ends with one or two pictures missing, and all are 67 ms later.
 */
#include "cli/destination.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "video/encoder.h"

/* Up to this shorter side and this rate; sorted, the last one takes the rest. */
struct step {
    int side_px, fps, kbps;
};

enum { STEPS_MAX = 8, USUAL_SOUND_KBPS = 160, USUAL_KEY_SECONDS = 2 };

static const struct plan {
    const char *name;
    struct destination_advice advice;  // bitrate_kbps: by the steps
    struct step steps[STEPS_MAX];
} plans[] = {
    {"twitch", {.bitrate_max_kbps = 6000, .sound_kbps = 160, .key_seconds = 2,
                   .source = "customary at Twitch"},
        {{480, 60, 1500}, {720, 30, 3000}, {720, 60, 4500}, {1080, 30, 4500}, {1080, 60, 6000}}},
    {"youtube", {.bitrate_max_kbps = 51000, .sound_kbps = 128, .key_seconds = 2,
                    .source = "1080p60: support.google.com/youtube/answer/2853702; else customary at YouTube"},
        {{720, 30, 4000}, {720, 60, 6000}, {1080, 30, 10000}, {1080, 60, 12000}, {1440, 30, 15000}, {1440, 60, 24000},
            {2160, 30, 30000}, {2160, 60, 35000}}},
    {"kick", {.bitrate_max_kbps = 8000, .sound_kbps = 160, .key_seconds = 2,
                 .source = "customary at Kick"},
        {{480, 60, 1500}, {720, 30, 3000}, {720, 60, 4500}, {1080, 30, 6000}, {1080, 60, 8000}}},
    {"facebook", {.bitrate_max_kbps = 9000, .sound_kbps = 128, .key_seconds = 2,
                     .source = "Facebook, developers.facebook.com/docs/live-video-api/reference"},
        {{360, 60, 1000}, {480, 60, 2000}, {720, 30, 4000}, {720, 60, 6000}, {1080, 30, 6000}, {1080, 60, 9000}}},
    {"instagram", {.bitrate_max_kbps = 6000, .sound_kbps = 128, .key_seconds = 2,
                      .source = "Instagram, announcement of Live Producer"},
        {{480, 60, 2250}, {720, 60, 4000}, {1080, 60, 6000}}},
    {"tiktok", {.bitrate_max_kbps = 6000, .sound_kbps = 128, .key_seconds = 2,
                   .source = "TikTok publishes no figures that we know of; this is what works"},
        {{480, 60, 1500}, {720, 30, 3000}, {720, 60, 4500}, {1080, 60, 6000}}},
    {"x", {.bitrate_max_kbps = 12000, .sound_kbps = 128, .key_seconds = 3,
              .source = "customary at X"},
        {{480, 60, 2500}, {720, 30, 6000}, {720, 60, 9000}, {1080, 60, 9000}}},
    {"trovo", {.bitrate_max_kbps = 9000, .sound_kbps = 160, .key_seconds = 2,
                  .source = "customary at Trovo"},
        {{480, 60, 1500}, {720, 30, 3000}, {720, 60, 4500}, {1080, 30, 6000}, {1080, 60, 9000}}},
};

static int find_rate(const struct step *steps, int side_px, double fps)
{
    const double tolerance = 0.5;  // 29.97 and 30
    int kbps = 0;
    for (size_t i = 0; i < STEPS_MAX && steps[i].kbps; i++) {
        kbps = steps[i].kbps;
        if (side_px <= steps[i].side_px && fps <= steps[i].fps + tolerance)
            break;
    }
    return kbps;
}

/* YouTube's "240p to 720p: 4000" is far too much for a small picture: never more than half a bit a pixel. */
static int limit_rate(int kbps, double pixels, double fps)
{
    double most = pixels * fps / 2000;
    return kbps > most ? (int)fmax(most, 300) : kbps;
}

struct destination_advice destination_advise(const struct destination *destination, int width_px, int height_px, double fps)
{
    struct destination_advice advice = {.sound_kbps = USUAL_SOUND_KBPS, .key_seconds = USUAL_KEY_SECONDS,
        .source = "by size and rate: a tenth of a bit a pixel"};
    double pixels = (double)width_px * height_px;
    advice.bitrate_kbps = encoder_usual_kbps(width_px, height_px, fps);
    for (size_t i = 0; destination && i < ARRAY_LENGTH(plans); i++) {
        if (strcmp(plans[i].name, destination->name) != 0)
            continue;
        advice = plans[i].advice;
        int side_px = width_px < height_px ? width_px : height_px;
        advice.bitrate_kbps = limit_rate(find_rate(plans[i].steps, side_px, fps), pixels, fps);
    }
    return advice;
}
