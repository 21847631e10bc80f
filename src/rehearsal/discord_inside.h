/*
 * discord_inside.h - what the files of Discord's side share: discord.c is the gateway with its sessions, discord_rest.c
 * the HTTP API, discord_frame.c how a message looks there. Thread: the loop's.
 */
#pragma once

#include "rehearsal/side.h"

enum { DISCORD_LOG = 1 << 15, DISCORD_SESSIONS = 32, DISCORD_ID_BYTES = 24, DISCORD_WRITES = 16 };

#define DISCORD_GUILD "2000000000000000000"
#define DISCORD_BOT "1000000000000000000"
#define DISCORD_HOOK "6000000000000000000"
#define DISCORD_ROLE "4001000000000000000"
#define DISCORD_EPOCH_MS INT64_C(1420070400000)

/* What happened, as the gateway tells it. Ids grow with time: people read histories by them. */
struct discord_entry {
    uint64_t id;       // of the message that it is about; 0: none
    char *word;        // owned; how the transcript calls that message
    char *name;        // owned; "MESSAGE_CREATE"
    char *data;        // owned; JSON; NULL: deleted since, a history does not have it
};

struct discord_session {
    char id[40];       // "": free
    uint64_t begin;    // place in the log of what came behind READY and GUILD_CREATE
    bool is_connected;
};

struct discord_side {
    struct side base;
    struct discord_entry log[DISCORD_LOG];  // place modulo DISCORD_LOG
    uint64_t first, end;
    uint64_t last_id;
    struct discord_session sessions[DISCORD_SESSIONS];
    size_t next_session;
    uint64_t identifies, resumes, invalid, zombies;
    uint64_t owner;                          // of the server; 0: nobody
    int64_t writes[DISCORD_WRITES];          // monotonic ms, when, of the newest
    size_t next_write;
    char nonce[64];                          // of the last write, and what it became
    char nonce_id[DISCORD_ID_BYTES];
    uint64_t written_id;                     // the id of what is said now, if it was written; 0: a new one
};

struct discord_side *discord_side_of(struct side *base);

/* A snowflake above all before. */
uint64_t discord_side_new_id(struct discord_side *side);

/* Into the log, and to all sessions. data: taken over. word: NULL: none. */
void discord_side_tell(struct discord_side *side, const char *name, json_t *data, uint64_t id, struct str word);

/* The newest entry of a message, by the transcript's word or by id; NULL: not known any more. */
struct discord_entry *discord_side_find(struct discord_side *side, struct str word, uint64_t id);

/* discord_rest.c */
bool discord_side_request(struct side *base, struct server_request *request, const char *path);

/* discord_frame.c: the event that a message is; NULL: Discord knows no such thing. *name: its name. */
json_t *discord_frame(struct discord_side *side, const struct message *message, uint64_t id, const char **name);
uint64_t discord_frame_person(struct str id);  // any word as a snowflake; 0 of nothing
