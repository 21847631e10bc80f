/*
 * feeds.h - where the parts tell `antiphon run` that they are well: the other end of base/service.h, a datagram socket
 * in the runtime folder. Its path stays the same, so parts that were adopted find a new supervisor by themselves.
 * Thread: main.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct error;

struct feed {
    pid_t pid;       // who tells, by the kernel's word
    bool is_ready;   // "READY=1"
    bool is_well;    // "WATCHDOG=1"
};

/* A descriptor that is readable when somebody told something; -1, and err says why. A dead one's socket is replaced. */
int feeds_open(const char *runtime_folder, struct error *err);

/* Between fork() and exec(): the part finds the socket, and must feed within patience_ms. */
void feeds_export(const char *runtime_folder, int64_t patience_ms);

/* False: nothing more at the moment. */
bool feeds_next(int fd, struct feed *feed);
