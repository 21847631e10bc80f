/*
 * chooser.h - which input is shown at a tick: main, backup, or none of them, and the caller holds.
 * Left to itself:
 *  - what is shown goes when its pictures are over (picker.h says when) or a person says so, at that very tick;
 *  - main is shown while it has pictures, else backup while it has, else neither; an input that never had a picture
 *    and has sound alone is shown after those;
 *  - from backup back to main when main has had pictures without a break for 2 s;
 *  - out of holding at the first picture, unless that input was lost twice within 10 s of being shown: then it
 *    must last 2 s first. So a bad line holds, and does not flap.
 * A person's choice of main or of backup is never overruled: that input, or holding.
 * Thread: its owner's lock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum chooser_input { CHOOSER_MAIN, CHOOSER_BACKUP, CHOOSER_INPUTS, CHOOSER_NONE = CHOOSER_INPUTS };
enum chooser_wish { CHOOSER_AUTO, CHOOSER_ONLY_MAIN, CHOOSER_ONLY_BACKUP };

/* What an input has at a tick. */
enum chooser_has { CHOOSER_NOTHING, CHOOSER_SOUND_ONLY, CHOOSER_PICTURE };

struct chooser {
    enum chooser_wish wish;
    enum chooser_input shown;
    int64_t shown_since_ns;
    struct {
        enum chooser_has has;
        int64_t since_ns;      // for so long without a break
        unsigned early_losses; // in a row, each soon after it was shown
    } inputs[CHOOSER_INPUTS];
};

void chooser_init(struct chooser *chooser);  // shows none

/* has: one an input. now_ns only grows. */
enum chooser_input chooser_tick(struct chooser *chooser, int64_t now_ns, const enum chooser_has has[CHOOSER_INPUTS]);
