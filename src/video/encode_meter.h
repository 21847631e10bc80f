/*
 * encode_meter.h - how long pictures take between two pads: an encoder's way in and its way out. Pictures are found
 * again by their times, whatever an encoder adds to them and in whatever order they leave.
 * Thread: any; the pads' own threads call it.
 */
#pragma once

#include <gst/gst.h>

struct encode_meter;

/* Milliseconds, over the last second; 0: nothing came out in it. */
struct encode_times {
    double median_ms, worst_ms;
};

struct encode_meter *encode_meter_create(void);
void encode_meter_destroy(struct encode_meter *meter);  // no pad may call any more; accepts NULL

/* From now on between these; what was between others before is forgotten. */
void encode_meter_watch(struct encode_meter *meter, GstPad *in, GstPad *out);

void encode_meter_get(struct encode_meter *meter, struct encode_times *times);
