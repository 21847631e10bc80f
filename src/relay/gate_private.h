/* gate_private.h - what the files behind gate.h share. Thread: the loop's. */
#pragma once

#include "relay/gate.h"

struct links;

enum { GATE_DROPPED = 64 };

/* The settings, read. */
struct gate_rules {
    int64_t hold_ms;
    bool catches_links;
    char **domains, **prefixes, **ignored, **languages;  // NULL-terminated, owned
    size_t domain_count;
};

/* What waits. */
struct held {
    struct message *message;  // owned
    int64_t due_ms;
    uint32_t streak;  // of its native id: finds the gift that counts up among all the lines; 0: it is a line
    bool is_text_withheld, is_name_withheld;
};

struct lane {
    char *platform;  // owned
    struct gate_line lines[GATE_LINES];
    size_t count;
};

struct gate {
    struct gate_options options;
    char *words_folder, *own_words;
    json_t *settings;
    char **show_languages;  // NULL-terminated
    struct gate_rules rules;
    struct words *words;
    struct links *links;
    char **bots;            // "*:nightbot", NULL-terminated; of the shipped list
    struct held *held;
    size_t held_count, held_capacity;
    struct lane *lanes;
    size_t lane_count;
    struct gate_event events[GATE_EVENTS];
    size_t event_count;
    struct gate_caught *caught[GATE_CAUGHT_MAX];
    size_t caught_count, told_count;  // told: of these the first so many
    uint64_t dropped[GATE_DROPPED];   // by moderators, a ring: a restart does not catch them again
    size_t dropped_count;
    json_t *resumed;                  // the stored state until gate_resume_held(); owned
    uint64_t last_order;
    uint64_t newest;                  // message that was ever shown, also if it is off air since
    int64_t passed_ms;                // when lines came last
    bool is_changed;                  // since the state was stored
    struct gate_counts counts;
};

/* --- gate_rules.c --- */

void rules_read_gate(struct gate_rules *rules, const json_t *settings);
void rules_fini_gate(struct gate_rules *rules);
bool rules_ignore(const struct gate *gate, const struct message *message);
char **texts_copy(const char *const *texts, size_t count);  // NULL-terminated
void texts_free(char **texts);

/* Reads bots.txt anew. */
void rules_read_bots(struct gate *gate);

/* Looks at text and links. Returns the number of reasons. */
size_t rules_look(struct gate *gate, const struct message *message, struct gate_reason *reasons);

/* --- gate_store.c --- */

void gate_save(struct gate *gate);

/* --- gate_removal.c --- */

void gate_remove_line(struct lane *lane, size_t index);
void gate_remove_event(struct gate *gate, size_t index);
void gate_remove_caught(struct gate *gate, size_t index);  // and tells, if its coming was told
void gate_forget_caught(struct gate_caught *caught);

/* A word was added because it is on air now: what holds it goes to the list. */
void gate_look_again(struct gate *gate);

/* --- gate.c --- */

void gate_note_change(struct gate *gate);
void gate_show_line(struct gate *gate, struct message *message, bool is_name_withheld, bool is_allowed);
/* first: see gate.h. */
void gate_show_event(struct gate *gate, struct message *message, uint64_t first, const struct held *how, int64_t passed_ms);
void gate_catch(struct gate *gate, struct message *message, const struct gate_reason *reasons, size_t count);
bool gate_is_bad_name(const struct gate *gate, const struct message *message);
bool gate_is_event(const struct message *message);
