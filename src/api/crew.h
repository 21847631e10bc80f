/*
 * crew.h - who is at the desk: who has the panel open, who is on duty, which languages they read and where they live, and
 * the notes that one leaves for the next. A person is a name: his browsers and phones are one. Kept in the journal's state.
 * Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/role.h"
#include "base/str.h"

struct api;
struct buffer;
struct client;
struct crew;
struct error;

enum {
    CREW_PEOPLE_MAX = 64,        // who was seen longest ago is forgotten; never one who is here
    CREW_LANGUAGES_MAX = 8,
    CREW_LANGUAGE_BYTES = 36,    // the longest tag that RFC 5646, 4.4.1 asks to be kept, with the NUL
    CREW_ZONE_BYTES = 64,        // "America/Argentina/ComodRivadavia"
    CREW_NOTES_MAX = 50,         // the oldest goes
    CREW_NOTE_BYTES_MAX = 2000,
    CREW_AWAY_MS = 12 * 3600 * 1000,  // on duty, and no browser open for that long: off duty
};

struct crew_duty {
    bool is_on_duty;
    const char *languages[CREW_LANGUAGES_MAX];  // borrowed; those he reads, best first
    size_t language_count;
    bool has_languages;   // else they stay
    const char *time_zone;  // borrowed; IANA's name, "Asia/Tehran"; NULL: it stays
};

struct crew *crew_create(struct api *api);  // borrowed; reads what the journal holds
void crew_destroy(struct crew *crew);       // accepts NULL

/* A panel has said hello, or is gone (and out of the list of clients). Other programs are no people. */
void crew_handle_hello(struct crew *crew, const struct client *client);
void crew_handle_gone(struct crew *crew, const struct client *client);

/* False: err names the value; nothing changed. */
bool crew_set_duty(struct crew *crew, const char *name, enum api_role role, const struct crew_duty *duty, struct error *err);

/* He was sent out: off duty. */
void crew_send_out(struct crew *crew, const char *name);

/* Once a minute: who left without a word. */
void crew_sweep(struct crew *crew);

/* 0: err says why not. */
uint64_t crew_add_note(struct crew *crew, struct str text, const char *by, struct error *err);
bool crew_remove_note(struct crew *crew, uint64_t id, struct error *err);

/* ,"crew":{"people":[…],"notes":[…]} */
void crew_write_snapshot(const struct crew *crew, struct buffer *out);
