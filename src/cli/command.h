/*
 * command.h - the subcommands of `antiphon`: one file cmd_<name>.c each, one line in main.c's table.
 * A command gets argv with its own name first, answers --help on standard output with status 0, a wrong call on
 * standard error with COMMAND_USAGE, and prints errors as one line: `antiphon NAME: what, where, way out`.
 */
#pragma once

enum {
    COMMAND_OK = 0,
    COMMAND_FAILED = 1,  // it ran and something went wrong
    COMMAND_USAGE = 2,   // it was called wrongly
};

int cmd_chapters(int argc, char **argv);
int cmd_blank(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_clear(int argc, char **argv);
int cmd_decode(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_door(int argc, char **argv);
int cmd_link(int argc, char **argv);
int cmd_login(int argc, char **argv);
int cmd_next(int argc, char **argv);
int cmd_obs(int argc, char **argv);
int cmd_overlay(int argc, char **argv);
int cmd_panic(int argc, char **argv);
int cmd_rehearse(int argc, char **argv);
int cmd_relay(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_say(int argc, char **argv);
int cmd_text(int argc, char **argv);
int cmd_theme(int argc, char **argv);
int cmd_video(int argc, char **argv);
