/* captions.* */
#include <string.h>

#include "api/command.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "relay/captions.h"

static enum outcome load(const struct call *call, json_t **result, struct error *err)
{
    const char *format = call_string(call, "format");
    bool is_srt = strcmp(format, "srt") == 0;
    if (!is_srt && strcmp(format, "vtt") != 0) {
        error_set(err, ERROR_DATA, "format \"%.20s\": srt or vtt is expected", format);
        return COMMAND_FAILED;
    }
    const char *name = call_string(call, "track");
    if (!captions_load(call->api->relay->captions, name, call_string(call, "language"),
                       is_srt ? CAPTION_FORMAT_SRT : CAPTION_FORMAT_VTT, call_text(call, "text"), call->by, err))
        return COMMAND_FAILED;
    const struct caption_track *track = captions_find(call->api->relay->captions, name);
    *result = json_pack("{s:I,s:I}", "cues", (json_int_t)track->cues.count, "skipped", (json_int_t)track->cues.skipped);
    return COMMAND_DONE;
}

static enum outcome start(const struct call *call, json_t **result, struct error *err)
{
    bool is_done = captions_start(call->api->relay->captions, call_string(call, "track"), clock_unix_ms(),
                                  call_int(call, "at_ms"), call->by, err);
    return is_done ? COMMAND_DONE : COMMAND_FAILED;
}

static enum outcome stop(const struct call *call, json_t **result, struct error *err)
{
    bool is_done = captions_stop(call->api->relay->captions, call_string(call, "track"), call->by, err);
    return is_done ? COMMAND_DONE : COMMAND_FAILED;
}

static enum outcome line(const struct call *call, json_t **result, struct error *err)
{
    const char *speaker = json_get_text(call->arguments, "speaker");
    const struct caption_utterance live = {.text = call_text(call, "text"), .speaker = str_from(speaker ? speaker : ""),
        .seconds = json_get_real(call->arguments, "seconds", 0)};
    bool is_done = captions_utter(call->api->relay->captions, call_string(call, "track"), call_string(call, "language"),
                                  &live, clock_unix_ms(), call->by, err);
    return is_done ? COMMAND_DONE : COMMAND_FAILED;
}

const struct command commands_captions[] = {
    {"captions.load", API_ROLE_MODERATOR,
     {{"track", ARGUMENT_TEXT}, {"language", ARGUMENT_TEXT}, {"format", ARGUMENT_TEXT}, {"text", ARGUMENT_TEXT}}, load},
    {"captions.start", API_ROLE_MODERATOR, {{"track", ARGUMENT_TEXT}, {"at_ms", ARGUMENT_INT, true}}, start},
    {"captions.stop", API_ROLE_MODERATOR, {{"track", ARGUMENT_TEXT}}, stop},
    {"captions.line", API_ROLE_MODERATOR,
     {{"track", ARGUMENT_TEXT}, {"language", ARGUMENT_TEXT}, {"text", ARGUMENT_TEXT}, {"seconds", ARGUMENT_NUMBER, true},
      {"speaker", ARGUMENT_TEXT, true}},
     line},
    {0},
};
