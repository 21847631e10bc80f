/* fuzz_discord.c - hostile frames of the gateway; lines of one input share a connector. Deps: connector_dep. */
#include "decoding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_decode("discord", data, size, NULL);
}
