/*
 * wire.h - the frame stream's Unix socket: who may speak, and the two messages. Behind the door of frame.h.
 * A SOCK_SEQPACKET; only the writer sends. WIRE_MEMORY carries the memfd of the pictures to come; WIRE_NEWS says
 * that there is a newer picture, and is dropped when a reader does not take it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

enum wire_type { WIRE_MEMORY = 1, WIRE_NEWS = 2 };

#define WIRE_MAGIC UINT32_C(0x666e7461)  // "atnf"

struct wire_message {
    uint32_t magic, type;
    uint64_t sequence;
};

/*
 * Listens at path, mode 0600. *lock_fd holds path.lock as long as it is open, so that two writers never serve one
 * path and a dead one's socket can be replaced. -1, and err says why.
 */
int wire_listen(const char *path, int *lock_fd, struct error *err);

/* -1 with errno: nobody listens there (yet). Never waits. */
int wire_connect(const char *path);

/* The process at the other end runs as this one's user. */
bool wire_peer_is_us(int fd);

/* memory_fd: -1 for none. False: the peer is gone; a full queue is no failure, and nothing was sent then. */
bool wire_send(int fd, enum wire_type type, uint64_t sequence, int memory_fd);

enum wire_result { WIRE_GOT, WIRE_NOTHING, WIRE_CLOSED, WIRE_BROKEN };

/*
 * The next message, without waiting. *memory_fd is -1 or the caller's to close. WIRE_BROKEN: not our messages; all
 * descriptors that came are closed.
 */
enum wire_result wire_receive(int fd, struct wire_message *message, int *memory_fd);
