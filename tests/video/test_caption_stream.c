/*
 * Captions in the coded stream, read back by programs that are not ours: ffprobe (side data), ffmpeg's CEA-608 decoder
 * and GStreamer's ccextractor. Pictures are encoded as fast as it goes: times are those of the stream.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "video/caption_book.h"
#include "video/caption_data.h"
#include "video/caption_times.h"
#include "video/hls_captions.h"
#include "video/scribe.h"
#include "video/setup.h"

#define MS NS_PER_MS

static char *folder;

/* What the studio is told of the track at a time: all that stands or comes. */
struct step {
    int at_ms;
    size_t count;
    struct caption_line lines[4];
};

struct script {
    struct caption_book *book;
    const struct step *steps;
    size_t count, done;
};

static GstPadProbeReturn tell(GstPad *pad, GstPadProbeInfo *info, void *data)
{
    struct script *script = data;
    int64_t now_ns = (int64_t)GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
    for (; script->done < script->count && script->steps[script->done].at_ms * MS <= now_ns; script->done++) {
        const struct step *step = &script->steps[script->done];
        caption_book_set(script->book, step->lines, step->count, now_ns);
    }
    return GST_PAD_PROBE_OK;
}

static char *run(const char *format, const char *encoder, int fps, int seconds, const struct step *steps, size_t count)
{
    char *file = xasprintf("%s/%s-%d.ts", folder, format, fps);
    char *text = xasprintf("videotestsrc num-buffers=%d pattern=ball ! video/x-raw,format=I420,width=320,height=180,"
        "framerate=%d/1 ! identity name=before ! %s ! h264parse name=parse "
        "! video/x-h264,stream-format=byte-stream,alignment=au ! identity name=after ! mpegtsmux ! filesink location=%s",
        fps * seconds, fps, encoder, file);
    GError *error = NULL;
    g_autoptr(GstElement) pipeline = gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    if (error)
        fail_msg("%s", error->message);
    struct script script = {caption_book_create(), steps, count, 0};
    g_autoptr(GstElement) before = gst_bin_get_by_name(GST_BIN(pipeline), "before");
    g_autoptr(GstElement) coder = gst_bin_get_by_name(GST_BIN(pipeline), "coder");
    g_autoptr(GstElement) after = gst_bin_get_by_name(GST_BIN(pipeline), "after");
    g_autoptr(GstPad) early = gst_element_get_static_pad(before, "sink");
    g_autoptr(GstPad) raw = gst_element_get_static_pad(coder, "sink");
    g_autoptr(GstPad) coded = gst_element_get_static_pad(after, "src");
    gst_pad_add_probe(early, GST_PAD_PROBE_TYPE_BUFFER, tell, &script, NULL);
    struct caption_data *data = caption_data_attach(&(struct caption_data_options){
        .writer = {script.book, "en", fps, 1}, .encoder = GST_OBJECT_NAME(gst_element_get_factory(coder))}, raw, coded);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    g_autoptr(GstMessage) message =
        gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    assert_non_null(message);
    assert_int_equal(GST_MESSAGE_TYPE(message), GST_MESSAGE_EOS);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    caption_data_unref(data);
    caption_book_destroy(script.book);
    free(text);
    return file;
}

/* ---- Readers ---- */

static char *output_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *output_of(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *command = g_strdup_vprintf(format, args);
    va_end(args);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    GString *all = g_string_new(NULL);
    char part[4096];
    for (size_t len; (len = fread(part, 1, sizeof(part), pipe)) > 0;)
        g_string_append_len(all, part, (gssize)len);
    assert_int_equal(pclose(pipe), 0);
    return g_string_free(all, FALSE);
}

static int count_of(const char *text, const char *part)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        count++;
    return count;
}

static int count_side_data(const char *file)
{
    g_autofree char *frames =
        output_of("ffprobe -v error -select_streams v -show_frames -show_entries frame_side_data_list %s", file);
    return count_of(frames, "ATSC A53");
}

/* What ffmpeg's decoder of field 1 shows, as "from>until text|second row" in tenths of seconds, a page a line. */
static char *shown_by_ffmpeg(const char *file)
{
    g_autofree char *srt = output_of("ffmpeg -v error -f lavfi -i 'movie=%s[out+subcc]' -map 0:s -f srt -", file);
    g_strdelimit(srt, "\r", ' ');
    GString *all = g_string_new(NULL);
    g_auto(GStrv) blocks = g_strsplit(srt, "\n\n", -1);
    for (size_t i = 0; blocks[i] && strlen(blocks[i]) > 1; i++) {
        double from, until;
        g_auto(GStrv) lines = g_strsplit(g_strstrip(blocks[i]), "\n", 3);
        g_strdelimit(lines[1], ",", '.');
        assert_int_equal(sscanf(lines[1], "00:00:%lf --> 00:00:%lf", &from, &until), 2);
        const char *begin = strstr(lines[2], "\\an7}");
        assert_non_null(begin);
        g_autofree char *text = g_strndup(begin + 5, strcspn(begin + 5, "<"));
        g_string_append_printf(all, "%.1f>%.1f %s\n", from, until, g_strdelimit(text, "\n", '|'));
    }
    return g_string_free(all, FALSE);
}

/* The bytes of cc_data of every picture in the order in which they are shown. */
static char *taken_by_ccextractor(const char *file)
{
    char *out = xasprintf("%s.cc", file);
    g_autofree char *printed = output_of("gst-launch-1.0 -q filesrc location=%s ! tsdemux ! h264parse ! avdec_h264 "
        "! ccextractor name=cc cc.src ! queue ! fakesink sync=false cc.caption ! queue ! filesink location=%s", file, out);
    char *bytes;
    gsize len;
    assert_true(g_file_get_contents(out, &bytes, &len, NULL));
    g_autofree char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guchar *)bytes, len);
    char *result = xasprintf("%zu %s", (size_t)len, digest);
    g_free(bytes);
    free(out);
    return result;
}

/* ---- Timed lines: every way into the stream shows the same ---- */

#define TIMED(name, words, from, until) \
    {.language = "en", .id = name, .text = words, .from_ns = from * MS, .until_ns = until * MS, .is_final = true}
#define LIVE(name, words, from, final) \
    {.language = "en", .id = name, .text = words, .from_ns = from * MS, .until_ns = 9000 * MS, .is_live = true, .is_final = final}

static const struct step timed[] = {
    {0, 3, {TIMED("1", "Hello ♪ world, 'hahahaha'", 2000, 4000), TIMED("2", "taken back", 5000, 6000),
               TIMED("3", "Grüße, naïve café; łódź “¿Qué?” ÀÉÑñ 😀 \n--> 100 %", 4000, 5000)}},
    {3500, 2, {TIMED("1", "Hello ♪ world, 'hahahaha'", 2000, 4000),
                  TIMED("3", "Grüße, naïve café; łódź “¿Qué?” ÀÉÑñ 😀 \n--> 100 %", 4000, 5000)}},
    {4500, 2, {TIMED("3", "Grüße, naïve café; łódź “¿Qué?” ÀÉÑñ 😀 \n--> 100 %", 4000, 5000),
                  TIMED("4", "سلام", 5500, 6000)}},
    {5000, 1, {TIMED("5", "and on", 6500, 7000)}},
};

/* 25 pairs a second at 25 and 50 pictures: a full page follows a full one a fifth of a second late. */
#define SHOWN(second) \
    "2.0>" second " Hello ♪ world, ’hahahaha’\n" \
    second ">5.0 Grüße, naïve café; lódz “¿Qué?” |ÀÉÑñ --> 100 %\n" \
    "6.5>7.0 and on\n"

static const struct way {
    const char *name, *encoder;
    int fps;
    const char *shown;
} ways[] = {
    {"meta", "x264enc name=coder tune=zerolatency speed-preset=ultrafast", 30, SHOWN("4.0")},
    {"meta-b-frames", "x264enc name=coder bframes=2 b-adapt=false rc-lookahead=0 speed-preset=ultrafast", 30, SHOWN("4.0")},
    {"sei", "openh264enc name=coder", 30, SHOWN("4.0")},
    {"sei-60", "openh264enc name=coder", 60, SHOWN("4.0")},
    {"sei-50", "openh264enc name=coder", 50, SHOWN("4.2")},
    {"sei-25", "openh264enc name=coder", 25, SHOWN("4.2")},
};

static void test_timed(void **state)
{
    char *first = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        const struct way *way = &ways[i];
        char *file = run(way->name, way->encoder, way->fps, 8, timed, G_N_ELEMENTS(timed));
        print_message("%s\n", way->name);
        assert_int_equal(count_side_data(file), 8 * way->fps);
        g_autofree char *shown = shown_by_ffmpeg(file);
        assert_string_equal(shown, way->shown);
        char *bytes = taken_by_ccextractor(file);
        assert_memory_equal(bytes, "14400 ", 6);  // 9,600 bits a second
        if (way->fps == 30 && first)
            assert_string_equal(bytes, first);
        if (first)
            free(bytes);
        else
            first = bytes;
        free(file);
    }
    free(first);
}

/* ---- Live lines roll up ---- */

static const struct step live[] = {
    {500, 1, {LIVE("a", "so today", 500, false)}},
    {800, 1, {LIVE("a", "so today we will hear", 500, false)}},
    {1400, 1, {LIVE("a", "so today we will see something new", 500, true)}},
    {4000, 2, {LIVE("a", "so today we will see something new", 500, true), LIVE("b", "second line", 4000, true)}},
    {6000, 0, {{{0}}}},
};

static void test_live(void **state)
{
    char *file = run("live", "openh264enc name=coder", 30, 8, live, G_N_ELEMENTS(live));
    g_autofree char *shown = shown_by_ffmpeg(file);
    // the first row came at 0.8: ffmpeg counts a screen that was empty as its beginning
    assert_string_equal(shown,
        "0.0>1.9 so today we will see something\n"
        "1.9>4.1 so today we will see something |new\n"
        "4.1>6.0 so today we will see something |new |second line\n");
    free(file);
}

/* ---- HLS: segments a language beside those of the media, read by way of index.m3u8 ---- */

struct folder {
    struct hls_captions *hls;
    struct caption_times times;
    unsigned closed;
    int64_t from_ns;
};

static GstBusSyncReply handle_message(GstBus *bus, GstMessage *message, void *data)
{
    struct folder *hls = data;
    const GstStructure *news = gst_message_get_structure(message);
    guint64 until_ns;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT && gst_structure_has_name(news, "splitmuxsink-fragment-closed")
        && gst_structure_get_uint64(news, "running-time", &until_ns)) {
        hls_captions_add(hls->hls, hls->closed++, hls->from_ns, (int64_t)until_ns, &hls->times);
        hls->from_ns = (int64_t)until_ns;
    }
    return GST_BUS_PASS;
}

static char *read_text(const char *name)
{
    g_autofree char *path = g_strdup_printf("%s/%s", folder, name);
    char *text = NULL;
    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

static void make_hls(struct caption_book *book, struct folder *hls)
{
    g_autofree char *text = g_strdup_printf("videotestsrc num-buffers=300 ! video/x-raw,format=I420,width=320,height=180,"
        "framerate=30/1 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=60 ! h264parse ! hls.video "
        "audiotestsrc num-buffers=468 samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse ! hls.audio "
        "hlssink2 name=hls target-duration=2 max-files=4 playlist-length=3 location=%s/segment%%05d.ts "
        "playlist-location=%s/stream.m3u8", folder, folder);
    g_autoptr(GstElement) pipeline = gst_parse_launch_full(text, NULL, GST_PARSE_FLAG_FATAL_ERRORS, NULL);
    assert_non_null(pipeline);
    hls->hls = hls_captions_create(&(struct hls_captions_options){
        .book = book, .folder = folder, .stream = "stream.m3u8", .captions = "en",
        .kept_segments = 4, .width_px = 320,
        .height_px = 180, .bandwidth_kbps = 1000, .fps = 30});
    caption_times_begin(&hls->times, 0, 0);
    g_autoptr(GstBus) bus = gst_element_get_bus(pipeline);
    gst_bus_set_sync_handler(bus, handle_message, hls, NULL);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    g_autoptr(GstMessage) message =
        gst_bus_timed_pop_filtered(bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    assert_int_equal(GST_MESSAGE_TYPE(message), GST_MESSAGE_EOS);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    g_autofree char *playlist = read_text("stream.m3u8");
    hls_captions_list(hls->hls, playlist);
    hls_captions_end(hls->hls);
    assert_true(scribe_wait(10000));
}

#define SUBTITLES(name, tag) \
    "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",NAME=\"" name "\",LANGUAGE=\"" tag \
    "\",AUTOSELECT=YES,DEFAULT=NO,FORCED=NO,URI=\"" tag ".m3u8\"\n"

/* A line that goes on over the border of two segments is in both, each with its part. */
static const struct {
    const char *language, *srt;
} read_back[] = {
    {"fa", "1\n00:00:04,200 --> 00:00:05,000\nسلام به همه\n\n2\n00:00:05,500 --> 00:00:06,000\nخوش آمدید\n\n"
        "3\n00:00:06,000 --> 00:00:06,500\nخوش آمدید\n\n"},
    {"zh-Hant", "1\n00:00:06,000 --> 00:00:07,000\n圍棋 & <象棋>\n\n"},
    {"en", "1\n00:00:08,100 --> 00:00:09,000\nfirst\nsecond --> third\n\n"},
};

/* Every media segment that is there has its subtitles and no other, and their clock is that of its first picture. */
static void check_clock(const char *text, const char *media, int number)
{
    g_autofree char *pts = output_of("ffprobe -v error -select_streams v -show_entries packet=pts -of csv=p=0 %s "
        "| grep -v '^$' | sort -n | head -1", media);
    g_autofree char *map = g_strdup_printf("X-TIMESTAMP-MAP=MPEGTS:%d,LOCAL:00:00:%02d.000\n", atoi(pts), 2 * number);
    assert_true(strstr(text, map) != NULL);
}

static void check_segment(int number)
{
    g_autofree char *media = g_strdup_printf("%s/segment%05d.ts", folder, number);
    g_autofree char *name = g_strdup_printf("fa-%05d.vtt", number);
    g_autofree char *text = read_text(name);
    assert_int_equal(g_file_test(media, G_FILE_TEST_EXISTS), text != NULL);
    assert_int_equal(text != NULL, number > 0);
    if (text)
        check_clock(text, media, number);
}

static void test_hls(void **state)
{
    const struct caption_line lines[] = {
        {.language = "fa", .id = "1", .text = "سلام به همه", .from_ns = 4200 * MS, .until_ns = 5000 * MS},
        {.language = "fa", .id = "2", .text = "خوش آمدید", .from_ns = 5500 * MS, .until_ns = 6500 * MS},
        {.language = "zh-Hant", .id = "3", .text = "圍棋 & <象棋>", .from_ns = 6000 * MS, .until_ns = 7000 * MS},
        {.language = "en", .id = "4", .text = "first\nsecond --> third", .from_ns = 8100 * MS, .until_ns = 9000 * MS},
        {.language = "stream", .id = "5", .text = "a tag that is a playlist's name", .from_ns = 8200 * MS, .until_ns = 9000 * MS},
    };
    struct caption_book *book = caption_book_create();
    caption_book_expect(book, "fa");
    caption_book_set(book, lines, G_N_ELEMENTS(lines), 0);
    struct folder hls = {.closed = 0};
    make_hls(book, &hls);
    g_autofree char *index = read_text("index.m3u8");
    assert_string_equal(index, "#EXTM3U\n#EXT-X-VERSION:3\n"
        SUBTITLES("فارسی", "fa") SUBTITLES("中文（繁體）", "zh-Hant") SUBTITLES("English", "en")
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",NAME=\"stream\",LANGUAGE=\"stream\",AUTOSELECT=YES,DEFAULT=NO,FORCED=NO,"
        "URI=\"x-stream.m3u8\"\n#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"captions\",NAME=\"English\",LANGUAGE=\"en\",AUTOSELECT=YES,DEFAULT=NO,"
        "INSTREAM-ID=\"CC1\"\n#EXT-X-STREAM-INF:BANDWIDTH=1000000,RESOLUTION=320x180,FRAME-RATE=30.000,"
        "SUBTITLES=\"subtitles\",CLOSED-CAPTIONS=\"captions\"\nstream.m3u8\n");
    for (size_t i = 0; i < G_N_ELEMENTS(read_back); i++) {
        g_autofree char *srt = output_of("ffmpeg -v error -allowed_extensions ALL -i %s/%s.m3u8 -f srt -", folder,
            read_back[i].language);
        g_auto(GStrv) lines_read = g_strsplit(srt, "\r", -1);
        g_autofree char *without = g_strjoinv("", lines_read);
        assert_string_equal(without, read_back[i].srt);
    }
    for (int number = 0; number < 5; number++)
        check_segment(number);
    g_autofree char *stream = read_text("stream.m3u8");
    assert_non_null(strstr(stream, "segment00004.ts"));  // the media's still
    caption_book_destroy(book);
}

int main(void)
{
    struct error err;
    char name[] = "/tmp/antiphon-captions-XXXXXX";
    if (!setup_gstreamer(&err) || !(folder = mkdtemp(name)))
        return 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_timed), cmocka_unit_test(test_live), cmocka_unit_test(test_hls)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    g_autofree char *remove = g_strdup_printf("rm -r %s", folder);
    return !getenv("KEEP") && system(remove) ? 1 : failed;
}
