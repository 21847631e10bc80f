/* source.*: connections that come and go while the relay runs. */
#include "api/command.h"

const struct command commands_source[] = {
    {0},
};
