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

/* relay_gate.c. Created behind the queue and before the on-air state; taken up when the sources are there. */
void relay_create_gate(struct relay *relay, const struct relay_options *options);
void relay_resume_gate(struct relay *relay);
void relay_destroy_gate(struct relay *relay);
void relay_run_gate(struct relay *relay);

/* relay_cards.c: the host's. Created before the on-air state. */
struct chat_command;
void relay_create_host_cards(struct relay *relay, const struct relay_options *options);
void relay_destroy_host_cards(struct relay *relay);
bool relay_order_shoutout(void *data, const struct chat_command *command, struct error *err);

/* relay.c: looks again; now, when the time of something may be over, or when counts wait. */
void relay_update_on_air(struct relay *relay);
void relay_start_clock(struct relay *relay);
void relay_start_flush(struct relay *relay);

/* relay.c: to all listeners. */
void relay_tell_caught(struct relay *relay, const struct gate_caught *caught);
void relay_tell_caught_removed(struct relay *relay, uint64_t message);
void relay_tell_gate(struct relay *relay);
void relay_tell_host_card(struct relay *relay, const struct host_card *card);
void relay_tell_host_card_removed(struct relay *relay, uint64_t id);
void relay_tell_login(struct relay *relay, const struct login *login);
void relay_tell_ended_login(struct relay *relay, const struct login *login);  // as a notice
