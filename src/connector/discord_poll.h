/*
 * discord_poll.h - polls that run: the gateway tells of each vote, and of the whole only now and then.
 * Holds the last 16. Facts: discord.com/developers/docs, resources/poll, 2026-08. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "chat/message.h"

struct discord_reader;

enum { DISCORD_POLLS_MAX = 16, DISCORD_ANSWERS_MAX = 16 };

struct discord_poll {
    uint64_t id, channel_id;  // of the message that holds it
    char *question;           // owned
    struct {
        int64_t id, votes;
        char *text;           // owned
    } answers[DISCORD_ANSWERS_MAX];
    size_t answer_count;
    bool is_closed;
    bool is_changed;          // a vote came that was not told yet
};

struct discord_polls {
    struct discord_poll polls[DISCORD_POLLS_MAX];
    size_t next;
};

void discord_polls_fini(struct discord_polls *polls);

/* The poll of a message that was written or refreshed; the draft becomes it. False: it holds nothing readable. */
bool discord_poll_read(struct discord_polls *polls, const json_t *message, struct message_draft *draft, json_t **extras,
                       struct error *err);

/* One vote came or went. Nothing is told yet: see discord_polls_tell(). */
void discord_poll_vote(struct discord_polls *polls, const json_t *data, int step);

/* A message of type 46: closed, and by how much. False: it names no poll. */
bool discord_poll_result(struct discord_polls *polls, const json_t *message, struct message_draft *draft, json_t **extras,
                         struct error *err);

/* Delivers the state of each poll in which votes changed since it was told. */
void discord_polls_tell(struct discord_reader *reader);
