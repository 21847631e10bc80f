#include "cli/check_outputs.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "cli/config.h"
#include "cli/destination.h"
#include "video/address.h"
#include "video/encoder.h"

static struct destination_advice advise(const struct config *config, const struct config_output *output)
{
    return destination_advise(output->platform, output->width_px, output->height_px, config->video.fps);
}

static enum address_kind kind_of(const struct config_output *output)
{
    struct address address;
    enum address_kind kind = address_parse_output(&address, output->to, NULL) ? address.kind : ADDRESS_NONE;
    address_fini(&address);
    return kind;
}

static bool is_streamed(const struct config_output *output)
{
    enum address_kind kind = kind_of(output);
    return kind == ADDRESS_RTMP || kind == ADDRESS_SRT || kind == ADDRESS_HLS;
}

static bool shows_the_same(const struct config_output *a, const struct config_output *b)
{
    return strcmp(a->view, b->view) == 0 && a->width_px == b->width_px && a->height_px == b->height_px
        && a->is_cropped == b->is_cropped && a->focus == b->focus;
}

/* Whose encode a recording takes that asks for no rate (video/renditions.c). NULL: it has one of its own. */
static const struct config_output *find_lender(const struct config *config, const struct config_output *output)
{
    if (output->bitrate_kbps || kind_of(output) != ADDRESS_FILE)
        return NULL;
    for (size_t i = 0; i < config->video.output_count; i++) {
        const struct config_output *other = &config->video.outputs[i];
        if (shows_the_same(other, output) && is_streamed(other))
            return other;
    }
    return NULL;
}

static void say_picture(const struct config *config, const struct config_output *output, check_output_fn say, void *data)
{
    bool is_program = output->width_px == config->video.width_px && output->height_px == config->video.height_px;
    const struct config_output *lender = find_lender(config, output), *encoded = lender ? lender : output;
    struct destination_advice advice = advise(config, encoded);
    int kbps = encoded->bitrate_kbps ? encoded->bitrate_kbps : advice.bitrate_kbps;
    bool is_too_much = !lender && advice.bitrate_max_kbps && kbps > advice.bitrate_max_kbps;
    struct buffer text = {0};
    buffer_printf(&text, "view %s, %d x %d", output->view, output->width_px, output->height_px);
    if (!is_program && output->is_cropped)
        buffer_printf(&text, ", cropped at %g", output->focus);
    else if (!is_program)
        buffer_add_string(&text, ", padded");
    buffer_printf(&text, ", %d kbit/s", kbps);
    if (is_too_much)
        buffer_printf(&text, ", more than the %d that %s takes: set bitrate_kbps to that or less", advice.bitrate_max_kbps,
            output->platform->title);
    if (lender)
        buffer_printf(&text, " (the encode of %s)", lender->name);
    else
        buffer_printf(&text, " (%s)", output->bitrate_kbps && !is_too_much ? "as you set it" : advice.source);
    char *words = buffer_take(&text);
    say(data, !is_too_much, output->name, words);
    free(words);
}

/* The overlay is brought to the picture's size: where the shapes differ, letters get wide or narrow. */
static void say_shape(const struct config *config, const struct config_output *output, check_output_fn say, void *data)
{
    const struct config_view *view = config_find_view(config, output->view);
    if ((int64_t)view->width_px * output->height_px == (int64_t)view->height_px * output->width_px)
        return;
    char *words = xasprintf("view %s is %d x %d, another shape than this picture: its cards are stretched; name a view of "
        "\"size\": [%d, %d]", view->name, view->width_px, view->height_px, output->width_px, output->height_px);
    say(data, false, output->name, words);
    free(words);
}

void check_outputs(const struct config *config, check_output_fn say, void *data)
{
    for (size_t i = 0; i < config->video.output_count; i++) {
        const struct config_output *output = &config->video.outputs[i];
        say_picture(config, output, say, data);
        say_shape(config, output, say, data);
        char *rule = config_explain_output(config, output);
        if (rule)
            say(data, !output->platform->shows_own_only, output->name, rule);
        free(rule);
    }
}

/* ---- encoders */

static bool is_tried(const struct config *config, size_t index)
{
    const struct config_output *output = &config->video.outputs[index];
    for (size_t i = 0; i < index; i++) {
        const struct config_output *other = &config->video.outputs[i];
        if (other->width_px == output->width_px && other->height_px == output->height_px)
            return true;
    }
    return false;
}

/* No outputs yet: what the program's size would get. */
void check_encoders(const struct config *config, check_output_fn say, void *data)
{
    const struct config_output program = {.width_px = config->video.width_px, .height_px = config->video.height_px};
    for (size_t i = 0; i < (config->video.output_count ? config->video.output_count : 1); i++) {
        const struct config_output *output = config->video.output_count ? &config->video.outputs[i] : &program;
        if (config->video.output_count && is_tried(config, i))
            continue;
        struct destination_advice advice = advise(config, output);
        encoder_explain(&(struct encoder_options){
            .width_px = output->width_px, .height_px = output->height_px,
            .fps_num = config->video.fps, .fps_den = 1, .key_frames = advice.key_seconds * config->video.fps,
            .bitrate_kbps = output->bitrate_kbps ? output->bitrate_kbps : advice.bitrate_kbps,
            .b_frames = advice.b_frames, .is_constant = output->platform != NULL,
        }, say, data);
    }
}
