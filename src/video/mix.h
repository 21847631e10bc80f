/*
 * mix.h - sounds added up, each with a gain that moves by small steps: what begins or ends does not click.
 * Frames: one sample of every channel of the program. Thread: any.
 */
#pragma once

#include <stddef.h>

/* Adds `in` to `out`; *gain moves towards target, by `step` a frame at most. */
void mix_add(float *out, const float *in, size_t frames, float *gain, float target, float step);

/* What is no number, or louder than any sound, becomes silence: the AAC encoder refuses it, and an output without sound stands. */
void mix_clean(float *samples, size_t frames);
