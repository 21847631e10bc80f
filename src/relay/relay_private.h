/* relay_private.h - what the files behind relay.h share. */
#pragma once

#include "relay/relay.h"

/* relay_sources.c: as relay_add_source(), without writing back. */
const struct source *relay_start_source(struct relay *relay, const json_t *config, struct error *err);

/* relay_logins.c. Created before the sources that use them, and destroyed behind them. */
void relay_create_logins(struct relay *relay, const struct relay_options *options);
void relay_destroy_logins(struct relay *relay);

/* relay_orders.c: words that cannot be read are a notice. */
void relay_create_chat_commands(struct relay *relay, const struct relay_options *options);

/* relay.c: to all listeners. */
void relay_tell_login(struct relay *relay, const struct login *login);
void relay_tell_ended_login(struct relay *relay, const struct login *login);  // as a notice
