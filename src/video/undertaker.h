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

/* Waits until all are buried. False: some are still blocked after timeout_ms. */
bool undertaker_wait(int timeout_ms);
