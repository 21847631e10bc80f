#include "video/mix.h"

#include <math.h>

#include "video/program.h"

static float approach(float gain, float target, float step)
{
    if (gain < target)
        return gain + step < target ? gain + step : target;
    return gain - step > target ? gain - step : target;
}

void mix_add(float *out, const float *in, size_t frames, float *gain, float target, float step)
{
    for (size_t i = 0; i < frames && (*gain > 0 || target > 0); i++) {
        *gain = approach(*gain, target, step);
        for (size_t channel = 0; channel < PROGRAM_CHANNELS; channel++)
            out[i * PROGRAM_CHANNELS + channel] += in[i * PROGRAM_CHANNELS + channel] * *gain;
    }
}

void mix_clean(float *samples, size_t frames)
{
    const float loudest = 16;
    for (size_t i = 0; i < frames * PROGRAM_CHANNELS; i++)
        samples[i] = fabsf(samples[i]) <= loudest ? samples[i] : 0;  // false for what is no number, too
}
