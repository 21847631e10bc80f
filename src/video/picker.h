/*
 * picker.h - which picture of the input belongs to a tick of the output. The newest one that is due; older ones
 * are dropped, and the same one is given again while none is newer. Nothing due for `hold_after_ns`: none, and
 * the caller shows its holding picture until a picture is due again. That is the whole conversion of frame
 * rates. An input whose pictures come more slowly by nature is not held between them: four in a row that are more
 * than half the hold time apart stretch it to twice their least distance. Thread: its owner's lock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct picker;

struct picker_options {
    size_t frames_max;       // waiting pictures; 0: 64
    size_t bytes_max;        // 0: 256 MiB
    int64_t hold_after_ns;   // 0: 400 ms; stretched to ten times as much
    /*
     * A picture that is due so little before or after a tick goes to it or to its neighbour, whichever neither drops
     * nor repeats one. Or an input of the output's own rate would judder while its pictures come just at the border.
     */
    int64_t slack_ns;
    void (*release)(void *frame);  // required: gives up one that is not needed any more
};

enum picker_choice {
    PICKER_HOLD,    // nothing is due
    PICKER_NEW,
    PICKER_REPEAT,  // the one before
};

struct picker *picker_create(const struct picker_options *options);
void picker_destroy(struct picker *picker);  // accepts NULL

/* Takes the frame over. Too many or too large together: the oldest goes. They may come in any order. */
void picker_add(struct picker *picker, int64_t due_ns, void *frame, size_t bytes);

/* What waits is due so much later. */
void picker_shift(struct picker *picker, int64_t by_ns);

/*
 * Drops what waits, as at the end of a generation: a demuxer that ends flushes old pictures, which would flash
 * up. The one that is shown stays until its time is over.
 */
void picker_flush(struct picker *picker);

/* The picture for the tick at now_ns, borrowed until the next call. */
enum picker_choice picker_pick(struct picker *picker, int64_t now_ns, void **frame);

size_t picker_waiting(const struct picker *picker);
