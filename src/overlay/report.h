/*
 * report.h - what the overlay tells the relay: the revision that is on screen and since when, characters that no face
 * has (of questions also before they are on air), cards that are not drawn because they ended the program before, and a small picture of each view.
 * Pictures: when a view has come to rest, and a fifth of a second after it began to move; while it moves on, one a
 * second. None that looks like the one before. Thread: the loop's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct link;
struct loop;
struct preflight;
struct report;
struct view;

struct report_options {
    struct loop *loop;   // borrowed, all three
    struct link *link;
    struct view *const *views;
    size_t view_count;
    const struct preflight *preflight;  // borrowed
};

struct report *report_create(const struct report_options *options);
void report_destroy(struct report *report);  // accepts NULL

/* This state was taken over; it is reported once all views have painted it. */
void report_applied(struct report *report, const char *revision);

/* What preflight.h found is another, or a theme's file has, or has no more, a mistake. */
void report_words(struct report *report);

/* The relay is there (again): it is told everything. */
void report_all(struct report *report);

/* A view painted: its preview is old, and what was applied may be on screen now. */
void report_painted(struct report *report, const struct view *view);
