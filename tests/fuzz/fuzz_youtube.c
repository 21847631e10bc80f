/*
 * fuzz_youtube.c - hostile pages of YouTube's live chat, cut where the first byte says; and what its errors, names
 * and lists of videos do with the same bytes. Deps: connector_dep.
 */
#include "decoding.h"

#include "base/json.h"
#include "base/memory.h"
#include "connector/youtube_api.h"
#include "connector/youtube_find.h"
#include "connector/youtube_names.h"
#include "connector/youtube_scan.h"

static void add_piece(void *data, const char *text, size_t len)
{
    buffer_add(data, text, len);
    buffer_add_char(data, '\n');
}

static void add_refusal(void *data, const struct error *err)
{
    buffer_add_char(data, '!');
}

/* The pieces are the same wherever the network cuts. */
static void check_cuts(const char *text, size_t len, size_t cut)
{
    static const struct youtube_scan_handler handler = {add_piece, add_piece, add_refusal};
    struct buffer whole = {0}, parts = {0};
    struct youtube_scan scan;
    youtube_scan_init(&scan, &handler, &whole);
    bool is_good = youtube_scan_feed(&scan, text, len, NULL);
    youtube_scan_reset(&scan);
    scan.data = &parts;
    bool is_good_too = youtube_scan_feed(&scan, text, cut, NULL) && youtube_scan_feed(&scan, text + cut, len - cut, NULL);
    if (is_good != is_good_too || whole.len != parts.len || (whole.len && memcmp(whole.data, parts.data, whole.len) != 0))
        abort();
    youtube_scan_fini(&scan);
    buffer_fini(&whole);
    buffer_fini(&parts);
}

static void check_words(const char *text, size_t len)
{
    struct youtube_failure failure = youtube_explain(403, text, len, "nothing");
    if (!utf8_is_valid(failure.text, strlen(failure.text)))
        abort();
    json_t *answer = json_parse(text, len, NULL);
    struct youtube_broadcast broadcast;
    youtube_broadcast_choose(answer, "x", true, &broadcast);
    json_decref(answer);
    char *word = xstrndup(text, len);
    free(youtube_video_id(word));
    free(youtube_channel_name(word));
    free(word);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct buffer out = {0};
    struct connector_options options = {.deliver = fuzz_check_message, .data = &out};
    struct connector *connector = connector_create_decoder("youtube", &options, NULL);
    char *frame = malloc(size);
    memcpy(frame, data, size);
    connector_receive(connector, frame, size, NULL);
    check_cuts(frame, size, data[size - 1] % size);
    check_words(frame, size);
    free(frame);
    connector_destroy(connector);
    buffer_fini(&out);
    return 0;
}
