/*
 * push.h - webhooks of a side that calls us: POSTs to side_target(), one after another, in order.
 * What is answered with anything but 2xx, or not at all, is tried again after a while, then given up; meanwhile the rest
 * waits, as does everything while there is no target or the fault is hang or stall. Thread: the loop's.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "net/header.h"

struct loop;
struct push;
struct side;

struct push_options {
    int attempts_max;      // of one; 0: 3
    int64_t again_ms;      // between two attempts; 0: 1000
    int64_t timeout_ms;    // of one attempt; 0: 5000
    size_t waiting_max;    // beyond it the oldest are given up; 0: 10000
    /* Optional. One attempt was answered: its status, 0: not at all. */
    void (*on_answer)(struct side *side, int status);
};

struct push *push_create(struct side *side, struct loop *loop, const struct push_options *options);
void push_destroy(struct push *push);  // accepts NULL

/* Copies all of it. path: appended to the target as it is; NULL: none. */
void push_send(struct push *push, const char *path, const struct net_header *headers, size_t header_count,
               const char *body, size_t len);

/* From side_impl.aim, resume: there is a target, or the fault is over. */
void push_go_on(struct push *push);

/* Ends the attempt under way without an answer; it is tried again. From side_impl.drop. */
void push_drop(struct push *push);

/* {"pushed":N,"failed":N,"waiting":N} into the side's state. */
void push_describe(const struct push *push, json_t *state);
