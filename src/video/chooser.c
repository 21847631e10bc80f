#include "video/chooser.h"

#include "base/clock.h"

enum { STEADY_MS = 2000, EARLY_MS = 10000, EARLY_LOSSES = 2 };

void chooser_init(struct chooser *chooser)
{
    *chooser = (struct chooser){.shown = CHOOSER_NONE};
}

static void note(struct chooser *chooser, int64_t now_ns, const enum chooser_has has[CHOOSER_INPUTS])
{
    for (int i = 0; i < CHOOSER_INPUTS; i++) {
        if (chooser->inputs[i].has != has[i])
            chooser->inputs[i].since_ns = now_ns;
        chooser->inputs[i].has = has[i];
    }
}

static bool is_allowed(const struct chooser *chooser, enum chooser_input input)
{
    return chooser->wish == CHOOSER_AUTO
        || input == (chooser->wish == CHOOSER_ONLY_MAIN ? CHOOSER_MAIN : CHOOSER_BACKUP);
}

static bool is_steady(const struct chooser *chooser, enum chooser_input input, int64_t now_ns)
{
    return now_ns - chooser->inputs[input].since_ns >= STEADY_MS * NS_PER_MS;
}

/* Whether it may be shown, or stay, while what is shown has no picture. */
static bool may_come(const struct chooser *chooser, enum chooser_input input, enum chooser_has least, int64_t now_ns)
{
    return is_allowed(chooser, input) && chooser->inputs[input].has >= least
        && (input == chooser->shown || chooser->inputs[input].early_losses < EARLY_LOSSES
            || is_steady(chooser, input, now_ns));
}

static enum chooser_input find(const struct chooser *chooser, int64_t now_ns)
{
    for (enum chooser_has least = CHOOSER_PICTURE; least > CHOOSER_NOTHING; least--) {
        for (enum chooser_input input = 0; input < CHOOSER_INPUTS; input++) {
            if (may_come(chooser, input, least, now_ns))
                return input;
        }
    }
    return CHOOSER_NONE;
}

static bool has_main_returned(const struct chooser *chooser, int64_t now_ns)
{
    return chooser->shown == CHOOSER_BACKUP && chooser->wish == CHOOSER_AUTO
        && chooser->inputs[CHOOSER_MAIN].has == CHOOSER_PICTURE && is_steady(chooser, CHOOSER_MAIN, now_ns);
}

static void note_loss(struct chooser *chooser, int64_t now_ns)
{
    bool is_early = now_ns - chooser->shown_since_ns < EARLY_MS * NS_PER_MS;
    unsigned *losses = &chooser->inputs[chooser->shown].early_losses;
    *losses = is_early ? *losses + 1 : 0;
}

enum chooser_input chooser_tick(struct chooser *chooser, int64_t now_ns, const enum chooser_has has[CHOOSER_INPUTS])
{
    note(chooser, now_ns, has);
    enum chooser_input shown = chooser->shown, next = shown;
    if (shown == CHOOSER_NONE || !is_allowed(chooser, shown) || has[shown] != CHOOSER_PICTURE) {
        next = find(chooser, now_ns);
        if (shown != CHOOSER_NONE && has[shown] == CHOOSER_NOTHING)
            note_loss(chooser, now_ns);
    } else if (has_main_returned(chooser, now_ns)) {
        next = CHOOSER_MAIN;
    }
    if (next != shown) {
        chooser->shown = next;
        chooser->shown_since_ns = now_ns;
    }
    return next;
}
