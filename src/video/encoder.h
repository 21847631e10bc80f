/*
 * encoder.h - the H.264 encoder of this machine, found by trying. That an element is listed proves nothing: hardware
 * encoders are listed without their device, and one that takes 720p may refuse 4K. Each candidate encodes some frames
 * of the real size with the real settings; the first that does it is taken, for this size, for the life of the process. Why
 * each other one was refused is logged once. Hardware goes before software: NVENC, VA-API, Quick Sync, x264, openh264.
 * Thread: any.
 */
#pragma once

#include <stdbool.h>

struct error;

struct encoder_options {
    int width_px, height_px;
    int fps_num, fps_den;
    int bitrate_kbps;
    int key_frames;    // distance between them, in frames
    int b_frames;      // at most; 0 costs no delay, others delay by so many frames. openh264enc has none
    bool is_constant;  // the rate is held for a streaming service
};

/*
 * The element's name; NULL: none works, err says why. Blocks while it tries, the first time for each size: some tenths of a
 * second, up to 2 s for a device that hangs.
 */
const char *encoder_choose(const struct encoder_options *options, struct error *err);

/*
 * A device that failed on air, or hangs: for this size and these settings the next candidate is taken from now on. Software
 * stays what it is: there is nothing after it.
 */
void encoder_distrust(const char *name, const struct encoder_options *options);

/* For gst_parse_launch(), from I420 to H.264; the caller g_free()s. */
char *encoder_describe(const char *name, const struct encoder_options *options);

/*
 * What encoder_choose() finds, candidate by candidate, up to the one that is taken: "encodes 1920x1080 here, 6.1 ms a frame".
 * Good is what encodes in the time there is.
 * What is true of every size, "no device", is said of the first size only.
 */
typedef void (*encoder_say_fn)(void *data, bool is_good, const char *name, const char *text);
void encoder_explain(const struct encoder_options *options, encoder_say_fn say, void *data);

/* A good rate for size and frame rate: a tenth of a bit a pixel, half of that for frames beyond 30 a second. */
int encoder_usual_kbps(int width_px, int height_px, double fps);
