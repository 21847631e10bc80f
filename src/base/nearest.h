/*
 * nearest.h - the known word that somebody most likely meant: "card_tpo" is card_top with two letters swapped.
 * Thread: any.
 */
#pragma once

/* .word is set, all else zero; then each known word is tried. */
struct nearest {
    const char *word;
    const char *found;  // NULL: none is near enough; borrowed from what was tried
    int distance;       // letters put in, left out, exchanged or swapped with the next
};

void nearest_try(struct nearest *nearest, const char *known);
