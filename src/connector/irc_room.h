/*
 * irc_room.h - what one learns on a connection: the server's rules (numeric 005), and who is in the channel.
 * Thread: the loop's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/str.h"
#include "connector/irc_line.h"

enum { IRC_MEMBERS_MAX = 50000, IRC_BUCKETS = 1024, IRC_MODES_MAX = 32, IRC_LINE_BYTES = 512 };

struct irc_member {
    struct list link;   // in a bucket
    char *key;          // owned; the nick, folded
    char *nick;         // owned
    char *account;      // owned; NULL: none, or not known
    char *userhost;     // owned; NULL: not known
    uint32_t modes;     // bit i: has the mode room.prefix_modes[i]
};

struct irc_room {
    struct hash_key key;
    struct list buckets[IRC_BUCKETS];  // struct irc_member
    size_t member_count;
    enum { IRC_FOLD_RFC1459, IRC_FOLD_STRICT, IRC_FOLD_ASCII } fold;
    char prefix_modes[IRC_MODES_MAX], prefix_marks[IRC_MODES_MAX];  // "qaohv", "~&@%+"
    char list_modes[IRC_MODES_MAX * 2], set_modes[IRC_MODES_MAX * 2], on_modes[IRC_MODES_MAX * 2];  // CHANMODES A, B, C
    char chantypes[16];
    char *network;      // owned; NULL: not said
    size_t line_bytes;
    int history_max;    // lines of one CHATHISTORY; 0: no limit was told
    bool has_id_refs;   // CHATHISTORY takes msgids, too
    char *nick;         // owned; ours; NULL: not known
    char *userhost;     // owned; ours, as others see it; NULL: not known
};

void irc_room_init(struct irc_room *room);
void irc_room_fini(struct irc_room *room);

/* Nobody is there any more; the rules stay. */
void irc_room_clear(struct irc_room *room);

/* 005: "PREFIX=(ov)@+" and so on; takes one token. */
void irc_room_take_rule(struct irc_room *room, struct str token);

/* Names compared by CASEMAPPING. */
bool irc_room_is_same(const struct irc_room *room, struct str a, struct str b);
char *irc_room_fold(const struct irc_room *room, struct str name);  // the caller frees
bool irc_room_is_us(const struct irc_room *room, struct str nick);
bool irc_room_is_channel(const struct irc_room *room, struct str name);

struct irc_member *irc_room_find(const struct irc_room *room, struct str nick);  // NULL: not here
/* Finds or makes; NULL only above IRC_MEMBERS_MAX. */
struct irc_member *irc_room_add(struct irc_room *room, struct str nick);
void irc_room_remove(struct irc_room *room, struct str nick);
void irc_room_rename(struct irc_room *room, struct str from, struct str to);

/* An entry of 353: "@+nick" or "@nick!user@host". */
void irc_room_add_name(struct irc_room *room, struct str name);

/* Bits of enum ROLE_…, of the member's modes. */
uint32_t irc_room_roles(const struct irc_room *room, const struct irc_member *member);

/* One change of a MODE line. */
struct irc_mode {
    bool is_set;
    char mode;
    struct str param;  // empty: it takes none
};

/* Calls fn for each change in the line's parameters from `first` on. */
void irc_room_each_mode(const struct irc_room *room, const struct irc_line *line, size_t first,
                        void (*fn)(void *data, const struct irc_mode *mode), void *data);

/* o, v … of a member. False: it is no such mode. */
bool irc_room_set_mode(struct irc_room *room, const struct irc_mode *mode);

/* `*` and `?` in the mask; letters by CASEMAPPING. */
bool irc_room_matches(const struct irc_room *room, struct str mask, struct str text);

void irc_set_text(char **slot, struct str text);  // frees, copies; an empty text is NULL
