/* command_rules.h - what holds for a command besides its role and arguments. Thread: any. */
#pragma once

enum command_rule {
    COMMAND_AIRS = 1 << 0,    // may bring something on air: refused while a panic locks it, unless it says "on_air" or "on" false
    COMMAND_MAY_AIR = 1 << 4, // the same, only if it says "on_air" true
    COMMAND_BUTTON = 1 << 1,  // a button's token may send it
    COMMAND_OFTEN = 1 << 2,   // comes many times a minute: the audit counts instead of writing each
    COMMAND_READS = 1 << 3,   // a moderator's or owner's that changes nothing, or whose part writes its own audit line
};

/* Of enum command_rule; 0: nothing special. */
unsigned command_rules(const char *name);

/* Of the index'th entry, for tests; NULL behind the last. */
const char *command_rules_name(unsigned index);
