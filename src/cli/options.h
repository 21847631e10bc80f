/*
 * options.h - a subcommand's options as a table: parsed by getopt_long(), and --help is written from it.
 * Thread: main, before any other starts.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum option_kind {
    OPTION_FLAG,  // bool
    OPTION_TEXT,  // const char *, borrowed from argv
    OPTION_INT,   // int, within min..max
    OPTION_REAL,  // double, above 0
    OPTION_LIST,  // struct option_list, once for each time it is given
};

enum { OPTION_LIST_MAX = 16 };

struct option_list {
    const char *items[OPTION_LIST_MAX];  // borrowed from argv
    size_t count;
};

struct option_spec {
    const char *name;        // long name without the dashes
    enum option_kind kind;
    void *target;            // where the value goes, of the kind's type; untouched if the option is not given
    const char *value_name;  // "FILE"; NULL for flags
    const char *help;        // one line
    int min, max;            // OPTION_INT; both 0: any
};

struct option_usage {
    const char *command;   // "relay"
    const char *operands;  // "[FILE]"; NULL: none allowed
    const char *summary;   // what it does, in sentences
    const struct option_spec *specs;
    size_t count;
};

enum option_answer { OPTIONS_GO, OPTIONS_STOP };

/*
 * OPTIONS_GO: argv from *first on are the operands. OPTIONS_STOP: end with *status; help or the error was printed.
 * --help is in every table by itself.
 */
enum option_answer options_parse(const struct option_usage *usage, int argc, char **argv, int *first, int *status);
