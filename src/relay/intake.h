/*
 * intake.h - the gate between the connectors and the queue.
 * Everything a platform delivered passes here once: duplicates go, ids and the time of receipt are stamped, gifts are
 * counted, and what a platform takes back (delete, ban, clear, edit) acts on queue, journal and listeners at once, also
 * when it arrives before its message or a day after. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct intake;
struct journal;
struct message;
struct queue;

struct intake_options {
    struct journal *journal;  // borrowed, outlives the intake; required
    struct queue *queue;      // borrowed, outlives the intake; required
    size_t keys;              // remembered per platform, a power of two; 0: 1,048,576 (24 MB each)
};

/* Fills dedupe, streaks and queue from the journal's tail; waits for the disk: call it before the loop runs. */
struct intake *intake_create(const struct intake_options *options);
void intake_destroy(struct intake *intake);  // accepts NULL

enum intake_result {
    INTAKE_TAKEN,      // journalled and, unless it is a control event, in the queue
    INTAKE_DUPLICATE,  // came before
    INTAKE_HELD,       // its key looks known: the journal is asked, and it is taken or dropped with the answer (see below)
    INTAKE_GONE,       // was deleted, or its author banned, before it came: journalled without its text
};

/* message must not be stamped; the caller keeps its reference. */
enum intake_result intake_push(struct intake *intake, struct message *message);

/* Told of each held message that turned out to have come before. One listener. */
void intake_on_late_duplicate(struct intake *intake, void (*fn)(void *data, const struct message *message), void *data);

/*
 * What a moderator of ours takes back. actor: who, for the reason. False: there is no such message in the queue;
 * the journal's row is overwritten all the same.
 */
bool intake_remove_message(struct intake *intake, uint64_t id, const char *actor);

/* Where that was false: `message`, as the journal gave it, is named by its platform's id. Its quotes and edits go. */
void intake_remove_rest(struct intake *intake, const struct message *message, const char *actor);

void intake_remove_author(struct intake *intake, const char *platform, const char *author_id, const char *actor);

/* Over all messages of this run and the tail read at start: what gifts added up to. */
struct intake_total {
    struct str platform;
    struct str unit;      // "bits", "USD"
    int64_t units;        // of the platform's unit
    int64_t micros;       // of the currency
    int64_t gifts;        // streaks count once
};
void intake_each_total(const struct intake *intake, void (*fn)(void *data, const struct intake_total *total), void *data);

struct intake_counts {
    uint64_t taken, duplicates, gone, control;
    int64_t removal_us;  // the last delete or ban: from intake_push() until queue and listeners were done
};
void intake_get_counts(const struct intake *intake, struct intake_counts *counts);
