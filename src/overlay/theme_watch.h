/*
 * theme_watch.h - tells when a theme's file is another: saved in place, renamed over, or its folder exchanged. Asks nothing by
 * itself: the kernel tells (inotify), so a theme that nobody edits costs nothing. Thread: the loop's.
 */
#pragma once

struct error;
struct loop;
struct theme_watch;

/* changed is called once some time after the last change to `path`: editors write in several steps. */
struct theme_watch *theme_watch_create(struct loop *loop, void (*changed)(void *data, const char *path), void *data, struct error *err);
void theme_watch_destroy(struct theme_watch *watch);  // accepts NULL

/* path: a theme's file, or its folder; copied. Known already: nothing happens. What is not there yet is told when it comes. */
void theme_watch_add(struct theme_watch *watch, const char *path);
