/*
 * poll_votes.h - what a message is to a poll, for counting as it comes and for counting anew. Thread: the relay's own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct journal_vote;
struct message;
struct poll;
struct polls;

/* Keyed hashes; native 0: it has no id of its platform's. */
struct poll_voter {
    uint64_t author, native;
};
struct poll_voter poll_voter_of(const struct polls *polls, const struct message *message);

/* The option, or -1: it is no vote, or not in the poll's time. */
int poll_vote_of(const struct poll *poll, const struct message *message);

/* Counts it. True: a number changed. */
bool poll_take(struct poll *poll, const struct message *message, const struct poll_voter *voter, int option);

/* One that the journal kept. */
void poll_load_vote(struct poll *poll, const struct journal_vote *vote);
