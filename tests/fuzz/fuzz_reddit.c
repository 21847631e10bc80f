/* fuzz_reddit.c - hostile pages of a thread; lines of one input share a connector. Deps: connector_dep. */
#include "decoding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_decode("reddit", data, size, NULL);
}
