#include "cli/output_plan.h"

#include <stdlib.h>

#include "base/log.h"
#include "cli/config.h"
#include "cli/destination.h"
#include "video/studio.h"

void output_plan_read(struct studio_output_options *options, const struct config *config, const struct config_output *output)
{
    bool is_program = output->width_px == config->video.width_px && output->height_px == config->video.height_px;
    options->name = output->name;
    options->view = output->view;
    options->to = output->to;
    options->bitrate_kbps = output->bitrate_kbps;
    options->width_px = is_program ? 0 : output->width_px;
    options->height_px = is_program ? 0 : output->height_px;
    options->fit = output->is_cropped ? STUDIO_CROP : STUDIO_PAD;
    options->focus = output->focus;
    options->captions = output->captions;
    options->delay_ms = output->delay_ms;
    options->is_off = output->is_off;
    char *words = config_explain_output(config, output);
    if (words)
        log_info("video", "output %s to %s", output->name, words);
    free(words);
}

void output_plan_advise(struct studio_output_options *options, const struct destination *platform,
    const struct studio_options *program)
{
    bool is_usual = program->width_px == 0 && program->height_px == 0;
    int width_px = options->width_px ? options->width_px : is_usual ? STUDIO_USUAL_WIDTH_PX : program->width_px;
    int height_px = options->height_px ? options->height_px : is_usual ? STUDIO_USUAL_HEIGHT_PX : program->height_px;
    double fps = program->fps_num ? (double)program->fps_num / program->fps_den : STUDIO_USUAL_FPS;
    struct destination_advice advice = destination_advise(platform, width_px, height_px, fps);
    if (advice.bitrate_max_kbps && options->bitrate_kbps > advice.bitrate_max_kbps)
        log_warn("video", "output %s: %d kbit/s is more than the %d that %s takes (%s); set bitrate_kbps to %d or less",
            options->name, options->bitrate_kbps, advice.bitrate_max_kbps, platform->title, advice.source,
            advice.bitrate_max_kbps);
    if (platform && !options->bitrate_kbps)  // else the studio's to choose: it may share another output's encoder
        options->bitrate_kbps = advice.bitrate_kbps;
    options->sound_kbps = advice.sound_kbps;
    options->key_seconds = advice.key_seconds;
    options->b_frames = advice.b_frames;
}
