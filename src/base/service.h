/*
 * service.h - a process tells whoever watches over it that it is well: systemd, or `antiphon run`. The protocol is
 * that of sd_notify(3): lines in a datagram to the socket that NOTIFY_SOCKET names; a feed is due more often than
 * WATCHDOG_USEC. Where nobody watches, every call is harmless and cheap.
 * Thread: one, the process's loop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Reads the environment. Until then, and where it names no socket of this machine, nothing is told. */
void service_open(void);

/* "READY=1\nSTATUS=…", "STOPPING=1". Never waits; what cannot be told at this moment is left out. */
void service_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How long we may be silent; 0: nobody minds. */
int64_t service_patience_ms(void);

/*
 * "WATCHDOG=1", if the last one is a fourth of the patience ago: call it at least that often, from what must go on.
 */
void service_feed(void);
