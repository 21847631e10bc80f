/*
 * half_writer.h - a writer of whole, opaque pictures of one colour, now BLUE and now RED, that is killed by SIGKILL in the
 * middle of copying one into its slot. Without a hook: the rows from where it is to die cannot be read, and the signal
 * that says so is answered with the kill.
 */
#pragma once

#include <stdint.h>

enum half_colour { HALF_BLUE = (int)0xFF0000FF, HALF_RED = (int)0xFFFF0000 };  // premultiplied BGRA, as 32 bits

struct half_options {
    const char *path;  // of the frame stream's socket
    int width_px, height_px;
    int pictures;      // whole ones that somebody reads, before the one that is not; 8 at least, so that every slot is full
    int die_row;       // 1 to height - 1
    int pause_ms;      // between two of them
};

/* Does not return. Exit status 1: it could not begin. */
_Noreturn void half_writer_run(const struct half_options *options);
