/* cmd_clear.c - everything off the air. */
#include "cli/command.h"
#include "cli/one_shot.h"

int cmd_clear(int argc, char **argv)
{
    return one_shot_command(argc, argv, "clear", "Takes question, poll and captions off the air.");
}
