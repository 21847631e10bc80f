/*
 * gate.h - a stage whose platform is its side of the rehearsal, with a login, and a door at which webhooks arrive.
 * Thread: the test's.
 */
#pragma once

#include "connector/login.h"
#include "rehearsal/rehearsal.h"
#include "stage.h"

struct server;

#define GATE_TOKEN "0123456789abcdef0123456789abcdefABCDEF"

struct gate {
    struct stage stage;
    struct rehearsal *rehearsal;
    const char *platform;     // borrowed
    char *stored;             // owned; of the login
    struct server *door;      // POST http://…/ goes to the connector
    size_t requests;          // at the door
    int status;               // of the last answer
    char answer[400];         // its body
    size_t said;
};

/* settings: "kick.site=open", ends with NULL; may be NULL. */
void gate_init(struct gate *gate, const char *platform, const char *const *settings);
void gate_fini(struct gate *gate);

/* A login at the platform whose token is this. Before gate_start(). */
void gate_log_in(struct gate *gate, const char *token, const char *scopes, const char *account_id, const char *account_name);

/* The rehearsal's own source, with `more` ("\"key\":1,…" or "") besides; without the keys in `less` (commas between). */
void gate_start(struct gate *gate, const char *cursor, const char *more, const char *less);

/* The platform sends its webhooks to the door from now on. */
void gate_open_door(struct gate *gate);

/* Something is said at the platform: JSON of a message; platform is filled in. */
void gate_say(struct gate *gate, const char *message, ...) __attribute__((format(printf, 2, 3)));
void gate_fault(struct gate *gate, const char *fault);

/* The platform's state in the rehearsal, a number. */
int64_t gate_count(const struct gate *gate, const char *key);

/* An act; returns its number. */
uint64_t gate_act(struct gate *gate, const struct connector_act *act);

/* One request at the door from another hand; the answer is in status and answer. header: "name: value" lines. */
void gate_knock(struct gate *gate, const char *method, const char *query, const char *body, const char *const *headers);
