/* relay_private.h - what the files behind relay.h share. */
#pragma once

#include "relay/relay.h"

/* relay_sources.c: as relay_add_source(), without writing back. */
const struct source *relay_start_source(struct relay *relay, const json_t *config, struct error *err);
