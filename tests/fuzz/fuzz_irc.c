/* fuzz_irc.c - hostile lines from an IRC server; those of one input share a connector, and so who is there. Deps: connector_dep. */
#include "decoding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_decode("irc", data, size, NULL);
}
