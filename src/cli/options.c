#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/command.h"

enum { HELP = 256, FIRST };  // above every short option's character

static void print_help(const struct option_usage *usage)
{
    printf("usage: antiphon %s [OPTION …]%s%s\n\n%s\n\noptions:\n", usage->command, usage->operands ? " " : "",
        usage->operands ? usage->operands : "", usage->summary);
    for (size_t i = 0; i < usage->count; i++) {
        const struct option_spec *spec = &usage->specs[i];
        char left[64];
        snprintf(left, sizeof(left), "--%s%s%s", spec->name, spec->value_name ? " " : "",
            spec->value_name ? spec->value_name : "");
        printf("  %-26s %s\n", left, spec->help);
    }
    printf("  %-26s %s\n", "--help", "print this and end");
}

static bool refuse(const struct option_usage *usage, const struct option_spec *spec, const char *value,
    const char *expected)
{
    fprintf(stderr, "antiphon %s: --%s \"%s\": %s\n", usage->command, spec->name, value, expected);
    return false;
}

static bool store_int(const struct option_usage *usage, const struct option_spec *spec, const char *value)
{
    char *end;
    errno = 0;
    long number = strtol(value, &end, 10);
    bool is_bounded = spec->min != 0 || spec->max != 0;
    char expected[80] = "expected a whole number";
    if (is_bounded)
        snprintf(expected, sizeof(expected), "expected a whole number from %d to %d", spec->min, spec->max);
    if (end == value || *end || errno || number != (int)number
        || (is_bounded && (number < spec->min || number > spec->max)))
        return refuse(usage, spec, value, expected);
    *(int *)spec->target = (int)number;
    return true;
}

static bool store_real(const struct option_usage *usage, const struct option_spec *spec, const char *value)
{
    char *end;
    double number = strtod(value, &end);
    if (end == value || *end || !(number > 0 && number < 1e9))
        return refuse(usage, spec, value, "expected a number above 0");
    *(double *)spec->target = number;
    return true;
}

static bool store(const struct option_usage *usage, const struct option_spec *spec, const char *value)
{
    switch (spec->kind) {
    case OPTION_FLAG:
        *(bool *)spec->target = true;
        return true;
    case OPTION_TEXT:
        *(const char **)spec->target = value;
        return true;
    case OPTION_INT:
        return store_int(usage, spec, value);
    case OPTION_REAL:
        return store_real(usage, spec, value);
    case OPTION_LIST: {
        struct option_list *list = spec->target;
        if (list->count == OPTION_LIST_MAX)
            return refuse(usage, spec, value, "given too often (16 times at most)");
        list->items[list->count++] = value;
        return true;
    }
    }
    return false;
}

static enum option_answer stop(int *status, int value)
{
    *status = value;
    return OPTIONS_STOP;
}

static enum option_answer misused(const struct option_usage *usage, int *status)
{
    fprintf(stderr, "antiphon %s: see 'antiphon %s --help'\n", usage->command, usage->command);
    return stop(status, COMMAND_USAGE);
}

enum option_answer options_parse(const struct option_usage *usage, int argc, char **argv, int *first, int *status)
{
    struct option *table = xcalloc(usage->count + 2, sizeof(*table));
    for (size_t i = 0; i < usage->count; i++) {
        const struct option_spec *spec = &usage->specs[i];
        table[i] = (struct option){spec->name, spec->kind == OPTION_FLAG ? no_argument : required_argument, NULL,
            FIRST + (int)i};
    }
    table[usage->count] = (struct option){"help", no_argument, NULL, HELP};

    char *name = xasprintf("antiphon %s", usage->command);  // getopt's own messages begin with argv[0]
    char *given = argv[0];
    argv[0] = name;
    optind = 0;
    enum option_answer answer = OPTIONS_GO;
    for (int found; answer == OPTIONS_GO && (found = getopt_long(argc, argv, "h", table, NULL)) != -1;) {
        if (found == HELP || found == 'h') {
            print_help(usage);
            answer = stop(status, COMMAND_OK);
        } else if (found == '?' || !store(usage, &usage->specs[found - FIRST], optarg ? optarg : "")) {
            answer = misused(usage, status);
        }
    }
    argv[0] = given;
    free(name);
    free(table);
    if (answer == OPTIONS_GO && !usage->operands && optind < argc) {
        fprintf(stderr, "antiphon %s: unexpected \"%s\"\n", usage->command, argv[optind]);
        return misused(usage, status);
    }
    *first = optind;
    return answer;
}
