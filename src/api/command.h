/*
 * command.h - commands: a table of name, role, arguments and function; checked once for all of them. The answer may
 * come later and finds its way to websocket or HTTP request, or nowhere if they are gone. Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/api_private.h"
#include "base/str.h"

enum argument_type {
    ARGUMENT_TEXT = 1,
    ARGUMENT_ID,       // an integer above 0
    ARGUMENT_INT,
    ARGUMENT_NUMBER,
    ARGUMENT_BOOL,
    ARGUMENT_OBJECT,
    ARGUMENT_TEXTS,    // an array of texts
};

struct argument {
    const char *name;
    enum argument_type type;
    bool is_optional;
};

enum { COMMAND_ARGUMENTS_MAX = 20 };

struct sent;

/* One call. `arguments` have the types of the table; absent ones are optional ones. */
struct call {
    struct api *api;
    const json_t *arguments;
    const char *by;       // who, for the record
    struct client *client; // NULL: over HTTP
    struct reply *reply;  // for those that answer later
    enum api_role role;   // of who calls
};

enum outcome { COMMAND_FAILED, COMMAND_DONE, COMMAND_LATER };

struct command {
    const char *name;
    enum api_role role;  // at least
    struct argument arguments[COMMAND_ARGUMENTS_MAX];
    /*
     * COMMAND_DONE: *result, if set, is handed over. COMMAND_FAILED: err says why, without the command's name.
     * COMMAND_LATER: reply_done() or reply_failed() comes, once.
     */
    enum outcome (*fn)(const struct call *call, json_t **result, struct error *err);
};

/* One table a file: commands_<group>.c. Each ends with {0}. */
extern const struct command commands_question[], commands_poll[], commands_captions[], commands_moderation[],
    commands_source[], commands_output[], commands_history[], commands_access[], commands_reply[],
    commands_card[],
    commands_login[],
    commands_audit[],
    commands_crew[],
    commands_feed[],
    commands_gate[],
    commands_host[],
    commands_question_work[],
    commands_show[];

/* Where an answer goes. */
struct reply {
    struct list link;  // in api.replies
    struct api *api;   // NULL: the api is gone, and with it everything a late answer could touch
    const struct command *command;
    struct client *client;           // NULL: gone, or over HTTP
    struct server_request *request;  // NULL: gone, or by websocket
    json_t *ref;                     // what the client called it; NULL: nothing
    char *by;
    char *audit;                     // what the record keeps of it; NULL: nothing to record
    void *data;                      // the command's own, freed with free()
    uint64_t reading;                // the journal's number of what it waits for; 0: nothing
    uint64_t sent;                   // the number of what it waits for on the platforms; 0: nothing
    bool is_held, is_given;
    bool is_counting;                // a poll is counted for it
};

/* Runs it and answers. ref and request: one of them, or none. arguments: an object; other members are refused. */
void command_run(struct api *api, const char *name, const json_t *arguments, const struct identity *who,
                 struct client *client, const json_t *ref, struct server_request *request);

/* The index'th of all commands, for tests; NULL behind the last. */
const struct command *command_at(size_t index);

/* Each frees the reply. result: handed over, may be NULL. */
void reply_done(struct reply *reply, json_t *result);
void reply_failed(struct reply *reply, const struct error *err);

/*
 * Around a question to the journal, which may be answered within the call that asks it: reply_hold() before, and
 * reply_reads() with the number that came back.
 */
void reply_hold(struct reply *reply);
void reply_reads(struct reply *reply, uint64_t number);

/* Something on the platforms is done: who waits for it is answered. */
void reply_handle_sent(struct api *api, const struct sent *sent);
json_t *sent_result(const struct sent *sent);  // {"sent":{…}}, a new reference

/*
 * Does it on the platforms as replies_act() does; commands_reply.c. The answer is given when all results are there if
 * the argument "wait" says so, as it does over HTTP when nobody says otherwise.
 */
struct connector_act;
enum outcome command_act(const struct call *call, const struct connector_act *act, const char *const *sources,
                         size_t source_count, json_t **result, struct error *err);

/* The client is gone: its answers go nowhere. */
void reply_forget_client(struct api *api, const struct client *client);
void reply_forget_all(struct api *api);

/* The arguments' values; absent ones are "", 0 or false. */
struct str call_text(const struct call *call, const char *name);
const char *call_string(const struct call *call, const char *name);  // without NUL inside; "" if it has one
int64_t call_int(const struct call *call, const char *name);
bool call_bool(const struct call *call, const char *name, bool otherwise);
bool call_has(const struct call *call, const char *name);
