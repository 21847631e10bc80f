/*
 * undertaker.h - starts and buries pipelines on threads of their own. Changing a pipeline's state may block for
 * as long as a peer or a name server pleases, so nobody who has anything else to do may do it. Thread: any.
 */
#pragma once

#include <gst/gst.h>
#include <stdbool.h>

/* To PLAYING; failures come as messages on the bus. */
void undertaker_start(GstElement *pipeline);

/*
 * To NULL; takes the reference over. buried(data) is called when the pipeline is gone, on `context`'s thread;
 * NULL: nobody wants to know.
 */
void undertaker_bury(GstElement *pipeline, GMainContext *context, void (*buried)(void *data), void *data);

/*
 * What a LATENCY message asks for. gst_bin_recalculate_latency() waits for the state lock, which a start that is blocked holds:
 * then nothing is done, as the pipeline does it by itself when it plays.
 */
void undertaker_update_latency(GstElement *pipeline);

/* Waits until all are buried. False: some are still blocked after timeout_ms. */
bool undertaker_wait(int timeout_ms);
