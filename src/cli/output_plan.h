/*
 * output_plan.h - what the studio is told of an output: the configuration's words, then the platform's recommendations
 * where it has none. Thread: any.
 */
#pragma once

struct config;
struct config_output;
struct destination;
struct studio_options;
struct studio_output_options;

/* Texts are borrowed of `output`. Says in the log which platform's rule holds for it. */
void output_plan_read(struct studio_output_options *options, const struct config *config, const struct config_output *output);

/*
 * Once size and rate of the program are known: bitrate, sound, key frames and B-frames where nothing was said. More than
 * the platform takes is a warning. platform NULL: none that we know.
 */
void output_plan_advise(struct studio_output_options *options, const struct destination *platform,
    const struct studio_options *program);
