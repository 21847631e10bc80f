/* cmd_next.c - the next question on air. */
#include "cli/command.h"
#include "cli/one_shot.h"

int cmd_next(int argc, char **argv)
{
    return one_shot_command(argc, argv, "next",
        "Marks the question on air as answered and puts the oldest ready one on air.");
}
