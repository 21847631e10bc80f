/* fuzz_x.c - hostile lines and pages of X's API; lines of one input share a connector. Deps: connector_dep. */
#include "decoding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_decode("x", data, size, NULL);
}
