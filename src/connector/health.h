/* health.h - how a source is, in words and figures: the part that connector.c needs. See connector_impl.h for platforms'. */
#pragma once

#include <stdint.h>

struct connector;

/* Of a message just received: see connector_health.skew_ms. */
void health_note_skew(struct connector *base, int64_t received_ms, int64_t sent_ms);
