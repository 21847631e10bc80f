/* main.c - picks the subcommand. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "cli/command.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"run", cmd_run, "everything the configuration names, kept alive"},
    {"relay", cmd_relay, "the chats, the queue, the panel"},
    {"overlay", cmd_overlay, "what is on air, drawn"},
    {"video", cmd_video, "the outgoing picture"},
    {"demo", cmd_demo, "a show of its own, to look at"},
    {"rehearse", cmd_rehearse, "play a transcript as the platforms would"},
    {"obs", cmd_obs, "the overlay as a source in OBS"},
    {"check", cmd_check, "what is missing on this machine, and what to do"},
    {"link", cmd_link, "a new sign-in link for the panel"},
    {"door", cmd_door, "the addresses for other programs"},
    {"login", cmd_login, "log in at a platform, to write and moderate there"},
    {"next", cmd_next, "the next question on air"},
    {"clear", cmd_clear, "everything off the air"},
    {"panic", cmd_panic, "a blank overlay at once"},
    {"blank", cmd_blank, "the holding picture for the audience at once"},
    {"say", cmd_say, "something said in the chats"},
    {"chapters", cmd_chapters, "what was on air and when, for the recording"},
    {"decode", cmd_decode, "recorded frames of a platform as messages"},
    {"theme", cmd_theme, "how cards look: previews, a theme of one's own, its mistakes"},
    {"text", cmd_text, "how a line of text is laid out"},
};

static void print_usage(FILE *out)
{
    fprintf(out, "usage: antiphon COMMAND [OPTION …]\n\n");
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fprintf(out, "\n'antiphon COMMAND --help' says more. --version prints the version.\n");
}

int main(int argc, char **argv)
{
    // A closed pipe or a file past its limit is an error of one write, not the end of the show.
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (argc < 2) {
        print_usage(stderr);
        return COMMAND_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return COMMAND_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("antiphon %s\n", ANTIPHON_VERSION);
        return COMMAND_OK;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    fprintf(stderr, "antiphon: \"%s\" is no command; see 'antiphon --help'\n", argv[1]);
    return COMMAND_USAGE;
}
