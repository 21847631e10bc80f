/*
 * ircd.h - real IRC servers for the tests, as children on loopback, and people who talk there. A server lives in a folder
 * of its own with certificates made for it. Thread: the test's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "net/loop.h"

enum ircd_kind { IRCD_INSPIRCD, IRCD_NGIRCD };

struct ircd {
    enum ircd_kind kind;
    char folder[64];
    uint16_t port, tls_port, web_port;  // web_port 0: it speaks no websocket
    pid_t pid;
};

/* False: the program is not installed. Fails the test if it does not start. The ports answer when it returns. */
bool ircd_start(struct ircd *ircd, enum ircd_kind kind);
void ircd_kill(struct ircd *ircd);     // -9
void ircd_restart(struct ircd *ircd);  // same ports, same folder
void ircd_stop(struct ircd *ircd);     // ends it and removes the folder

/* Somebody with a plain client, in #live. */
struct person {
    struct loop *loop;
    struct lines *lines;
    char nick[32];
    bool is_in, is_gone;
    struct buffer heard;  // every line and "\n"
    struct buffer said;   // the texts of PRIVMSGs of `listens_to` to #live, joined
    const char *listens_to;
};

void person_start(struct person *person, struct loop *loop, const struct ircd *ircd, const char *nick);
void person_stop(struct person *person);
void person_say(struct person *person, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool person_heard(const struct person *person, const char *words);
