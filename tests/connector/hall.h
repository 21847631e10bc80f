/*
 * hall.h - a stage on which a connector meets its platform's side of the rehearsal, on one loop.
 * Thread: the test's.
 */
#pragma once

#include "rehearsal/rehearsal.h"
#include "stage.h"

struct hall {
    struct stage stage;
    struct rehearsal *rehearsal;  // owned
    const char *platform;         // "discord"
    char config[1024];            // the test's: the source's entry, for who starts it again
    int said;                     // the test's: a number for each message
};

/* settings: the rehearsal's, up to the first NULL of `count`. */
void hall_open(struct hall *hall, const char *platform, const char *const *settings, size_t count);
void hall_close(struct hall *hall);

/* A message as the transcript has it: printf() of a JSON object. */
void hall_say(struct hall *hall, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* for_ms: 0: until it is ended, where the fault lasts. */
void hall_fault(struct hall *hall, const char *fault, int64_t for_ms);

/* A number of the platform's state; -1: there is none. */
int64_t hall_counted(struct hall *hall, const char *name);
void hall_until_counted(struct hall *hall, const char *name, int64_t count);
