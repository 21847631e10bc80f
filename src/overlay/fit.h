/*
 * fit.h - how a card gives way where there is not room for it: first it gives up what it can do without, then all of its
 * measures get smaller, down to half. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>

#include "overlay/theme.h"

struct node;

struct fit {
    struct theme_card look;         // the measures to paint with
    int tightness;                  // how much was given up; 0: nothing
    int percent;                    // of the theme's measures
    int room_px, room_width_px;     // that it was laid out for
};

/* Lays the card out by fit->look and fit->tightness, in at most fit->room_width_px; returns the height that it needs. */
typedef int (*fit_fn)(struct node *node);

/* Calls lay_out until it fits, at least once: tightness from 0 to tightness_max, then ever smaller. Returns the height. */
int fit_lay_out(struct fit *fit, struct node *node, int tightness_max, fit_fn lay_out);

/* The room is another, and that matters: it has given something up, or has not room for what it has. */
bool fit_is_stale(const struct fit *fit, const struct node *node);
