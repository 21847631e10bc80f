/*
 * scribe.h - a thread that writes files in the order in which it is told to, since a disk may block for as long as it
 * pleases, and nobody else may wait for it. Thread: any, one at a time for each scribe.
 */
#pragma once

#include <stdbool.h>

struct scribe;

struct scribe *scribe_create(void);

/* write(data) is called on the scribe's thread. False, and it is not: too much waits already for a disk that hangs. */
bool scribe_tell(struct scribe *scribe, void (*write)(void *data), void *data);

/* The scribe ends by itself when it has written what it was told, last of all(data). Nobody waits. Accepts NULL. */
void scribe_end(struct scribe *scribe, void (*last)(void *data), void *data);

/* Waits until every scribe that was told to end has. False: some are still blocked after timeout_ms. */
bool scribe_wait(int timeout_ms);
