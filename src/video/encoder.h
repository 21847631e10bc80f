/*
 * encoder.h - the H.264 encoder of this machine, found by trying. That an element is listed proves nothing:
 * hardware encoders are listed without their device. Each candidate encodes five frames of the real size, and
 * the first that does it within 2 s is taken for the life of the process. Thread: any.
 */
#pragma once

#include <stdbool.h>

struct error;
struct program;

struct encoder_options {
    int bitrate_kbps;
    int key_frames;    // distance between them, in frames
    bool is_constant;  // the rate is held for a streaming service
};

/* The element's name; NULL: none works, err says which were tried. Blocks while it tries, the first time. */
const char *encoder_choose(const struct program *program, struct error *err);

/* For gst_parse_launch(); the caller g_free()s. */
char *encoder_describe(const char *name, const struct encoder_options *options);

/* A good rate for size and frame rate. */
int encoder_usual_kbps(const struct program *program);
