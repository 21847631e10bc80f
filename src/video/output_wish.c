/* What is wanted of an output: copied, looked at, and turned into the rendition that it sends. */
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "video/encoder.h"
#include "video/output_chain.h"
#include "video/output_inside.h"
#include "video/program.h"

void output_copy_options(struct output *output, const struct studio_output_options *is)
{
    output->options.is = *is;
    output->options.is.name = output->name = xstrdup(is->name);
    output->options.is.view = output->view = xstrdup(is->view && *is->view ? is->view : NULL);
    output->options.is.frame_socket = output->frame_socket = xstrdup(output->view ? is->frame_socket : NULL);
    output->options.is.to = output->to = xstrdup(is->to);
    output->options.is.captions = output->captions =
        xstrdup(is->captions && *is->captions ? is->captions : NULL);
}

bool output_check_size(const struct studio_output_options *is, struct error *err)
{
    int width = is->width_px, height = is->height_px;
    bool is_good = (width == 0 && height == 0) || (width >= STUDIO_SIDE_MIN_PX && height >= STUDIO_SIDE_MIN_PX
        && width <= STUDIO_SIDE_MAX_PX && height <= STUDIO_SIDE_MAX_PX && width % 2 == 0 && height % 2 == 0);
    return is_good || error_set(err, ERROR_DATA, "size %dx%d: expected two even numbers from %d to %d", width, height,
        STUDIO_SIDE_MIN_PX, STUDIO_SIDE_MAX_PX);
}

/*
 * A key frame every two seconds, where nothing else is wished. A picture of the program's size, or shape, is not cut, so
 * that equal ones are equal whatever is said of it.
 */
void output_describe_key(struct output *output, const struct studio_output_options *is)
{
    const struct program *program = output->options.program;
    double fps = (double)program->fps_num / program->fps_den;
    int width_px = is->width_px ? is->width_px : program->width_px, height_px = is->height_px ? is->height_px : program->height_px;
    bool is_shaped = (int64_t)width_px * program->height_px != (int64_t)height_px * program->width_px;
    bool is_recording = output_is_recording(output);
    output->key = (struct rendition_key){
        .view = output->view, .frame_socket = output->frame_socket, .captions = output->captions,
        .is_recorded = is_recording, .is_raw = output_chain_is_raw(&output->address),
        .is_any_rate = is_recording && !is->bitrate_kbps,
        .fit = is_shaped ? is->fit : STUDIO_PAD, .focus = is_shaped && is->fit == STUDIO_CROP ? is->focus : 0,
        .sound_kbps = is->sound_kbps,
        .encoder = {
            .width_px = width_px, .height_px = height_px, .fps_num = program->fps_num, .fps_den = program->fps_den,
            .key_frames = (int)((is->key_seconds ? is->key_seconds : 2) * fps + 0.5), .b_frames = is->b_frames,
            .is_constant = !is_recording,
            .bitrate_kbps = is->bitrate_kbps ? is->bitrate_kbps : encoder_usual_kbps(width_px, height_px, fps),
        },
    };
}

static bool is_same_but_texts(const struct studio_output_options *a, const struct studio_output_options *b)
{
    return a->bitrate_kbps == b->bitrate_kbps && a->width_px == b->width_px && a->height_px == b->height_px
        && a->fit == b->fit && a->focus == b->focus && a->sound_kbps == b->sound_kbps
        && a->key_seconds == b->key_seconds && a->b_frames == b->b_frames && a->delay_ms == b->delay_ms
        && a->is_off == b->is_off;
}

bool output_is_as(const struct output *output, const struct studio_output_options *options)
{
    const struct studio_output_options *is = &output->options.is;
    const char *view = options->view && *options->view ? options->view : NULL;
    return strcmp(is->name, options->name) == 0 && strcmp(is->to, options->to) == 0 && g_strcmp0(is->view, view) == 0
        && g_strcmp0(is->frame_socket, view ? options->frame_socket : NULL) == 0
        && g_strcmp0(is->captions, options->captions && *options->captions ? options->captions : NULL) == 0 && is_same_but_texts(is, options);
}
