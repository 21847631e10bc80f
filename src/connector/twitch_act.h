/*
 * twitch_act.h - writing on Twitch by its HTTP API: chat, announcements, polls, moderation.
 * Twitch answers 200 also where it drops a message: then it says so in the answer.
 * Facts: dev.twitch.tv/docs/api/reference, 2026-09. Thread: the loop's.
 */
#pragma once

#include "connector/connector_impl.h"
#include "connector/twitch_helix.h"

struct twitch_act {  // embedded; {0} before
    struct twitch_call call;
    struct connector *base;
    uint64_t number;  // of the task that runs
    enum connector_act_kind kind;
    char why_not[200];
};

/* The scope that a kind takes. */
const char *twitch_act_scope(enum connector_act_kind kind);

/* Begins the task; connector_task_done() ends it. broadcaster: the channel's id. */
void twitch_act_start(struct twitch_act *act, struct twitch_helix *helix, const char *broadcaster,
                      const struct connector_task *task);
void twitch_act_cancel(struct twitch_act *act);
