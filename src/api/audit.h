/*
 * audit.h - the record of who did what at the desk: each command that changes something, each sign-in, each refusal, with
 * actor and time, in the journal's audit. Never a secret, and never a free text: a question's words may be deleted, and the
 * record of who aired it must not keep them. What comes in floods (refusals, lines of live captions) is written once and
 * then counted: at most AUDIT_FLOODS kinds of it a minute, whoever knocks. Thread: the loop's.
 */
#pragma once

#include <jansson.h>

struct audit;
struct command;
struct journal;
struct loop;

enum { AUDIT_FLOODS = 32, AUDIT_COUNT_MS = 60 * 1000 };

struct audit *audit_create(struct loop *loop, struct journal *journal);  // both borrowed
void audit_destroy(struct audit *audit);  // writes what it has counted; accepts NULL

/* text: JSON by custom. */
void audit_add(struct audit *audit, const char *actor, const char *action, const char *text);

/*
 * The first of (actor, action) is written as it is; those of the next minute are one line {"more":N} when it is over.
 * Beyond AUDIT_FLOODS of them at once, the rest counts as of the actor "others".
 */
void audit_count(struct audit *audit, const char *actor, const char *action, const char *text);

/* The same under "refused.WHAT", with {"why":…}. actor: a name, or an address as audit_address() writes it. */
void audit_refuse(struct audit *audit, const char *actor, const char *what, const char *why);

/* The network that an address belongs to, not the person: "203.0.113.*". Loopback as it is. Static, until the next call. */
const char *audit_address(const char *peer);

/*
 * What the record keeps of a command: ids, numbers, names of things, not what somebody wrote. The caller frees.
 * result may be NULL: its "id" and "sent.id" are added.
 */
char *audit_write_command(const struct command *command, const json_t *arguments);
char *audit_add_result(const char *text, const json_t *result);
