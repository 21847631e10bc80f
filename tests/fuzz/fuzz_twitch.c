/* fuzz_twitch.c - hostile lines from Twitch's IRC; lines of one input share a connector. Deps: connector_dep. */
#include "decoding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_decode("twitch", data, size, NULL);
}
