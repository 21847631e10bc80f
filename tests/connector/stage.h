/*
 * stage.h - a loop, a connector on it, and what it told its owner. Nothing sleeps: stage_until() runs the loop until
 * a condition holds, and fails the test after a generous limit. Thread: the test's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connector/connector.h"
#include "net/loop.h"

enum { STAGE_MAX = 4096 };

struct stage {
    struct loop *loop;
    struct connector *connector;
    struct poison *poison;  // borrowed
    struct logins *logins;  // borrowed
    struct message *messages[STAGE_MAX];
    size_t message_count;
    struct {
        int64_t from_ms, to_ms;
        char reason[256];
    } gaps[64];
    size_t gap_count;
    char states[128][512];  // "live: joined #anna"
    size_t state_count;
    struct {
        uint64_t act;
        enum connector_outcome outcome;
        char text[256], native_id[64];
    } results[64];
    size_t result_count;
    char cursor[1024];
    struct timer check, limit;
    bool (*condition)(void *data);
    void *condition_data;
    bool is_late;
};

void stage_init(struct stage *stage);
void stage_fini(struct stage *stage);

/* config: printf() of a JSON object. Starts the connector; cursor may be NULL. */
void stage_start(struct stage *stage, const char *cursor, const char *config, ...)
    __attribute__((format(printf, 3, 4)));
void stage_stop(struct stage *stage);  // destroys the connector

/* Runs until condition(data) or, after 10 s, fails the test naming `what` and the last state. */
void stage_until(struct stage *stage, const char *what, bool (*condition)(void *data), void *data);

/* The common conditions. */
void stage_until_state(struct stage *stage, enum connector_state state);
void stage_until_messages(struct stage *stage, size_t count);
void stage_until_gaps(struct stage *stage, size_t count);
void stage_until_results(struct stage *stage, size_t count);

void stage_until_text(struct stage *stage, const char *text);  // some message has exactly it
void stage_until_said(struct stage *stage, const char *state);

/* True if some state so far begins with `text`. */
bool stage_said(const struct stage *stage, const char *text);
bool stage_has_text(const struct stage *stage, const char *text);  // some message has exactly it
