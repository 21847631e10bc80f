#include "video/hls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "video/hls_captions.h"
#include "video/hls_playlist.h"
#include "video/scribe.h"

enum { PLAYLIST_BYTES_MAX = 65536, FILE_MODE = 0644, LATE = 64 };

static const char stream_name[] = "stream.m3u8";

struct hls {
    struct hls_options options;
    char *folder, *language;       // owned, behind the options
    struct hls_playlist *playlist;
    struct hls_captions *captions; // while a pipeline runs
    struct scribe *scribe;
    int64_t from_ns;               // of the segment that is being written
    unsigned next;                 // atomic: its number
};

/* What the scribe is told. */
struct job {
    char *path, *text;   // owned
    char *folder;        // owned
    int64_t old_number;  // of a segment that may go, and those shortly before it, which an earlier run left; negative: none
};

static void write_playlist(void *data)
{
    struct job *job = data;
    struct error err;
    if (!file_write_atomic(job->path, job->text, strlen(job->text), FILE_MODE, &err))
        log_warn("video/hls", "%s", err.text);
    for (int64_t number = job->old_number; number >= 0 && number > job->old_number - LATE; number--) {
        char *name = hls_segment_name((unsigned)number), *path = xasprintf("%s/%s", job->folder, name);
        bool is_gone = unlink(path) < 0;
        free(name), free(path);
        if (is_gone)
            break;
    }
    free(job->path), free(job->text), free(job->folder);
    free(job);
}

static void tell(struct hls *hls, int64_t old_number, bool is_end)
{
    struct job *job = xcalloc(1, sizeof(*job));
    job->path = xasprintf("%s/%s", hls->folder, stream_name);
    job->text = hls_playlist_write(hls->playlist, is_end);
    hls_captions_list(hls->captions, job->text);
    job->folder = xstrdup(hls->folder);
    job->old_number = old_number;
    if (!scribe_tell(hls->scribe, write_playlist, job)) {
        free(job->path), free(job->text), free(job->folder);
        free(job);
    }
}

static struct hls_playlist *read_playlist(const char *folder)
{
    struct buffer text = {0};
    struct error err;
    char *path = xasprintf("%s/%s", folder, stream_name);
    bool is_there = file_read(path, PLAYLIST_BYTES_MAX, &text, &err);
    free(path);
    char *words = is_there ? buffer_take(&text) : NULL;
    buffer_fini(&text);
    struct hls_playlist *playlist = hls_playlist_create(words);
    free(words);
    return playlist;
}

struct hls *hls_create(const struct hls_options *options, struct error *err)
{
    if (g_mkdir_with_parents(options->folder, 0755) < 0) {
        error_errno(err, "folder \"%s\"", options->folder);
        return NULL;
    }
    struct hls *hls = xcalloc(1, sizeof(*hls));
    hls->options = *options;
    hls->options.folder = hls->folder = xstrdup(options->folder);
    hls->options.captions = hls->language = xstrdup(options->captions);
    hls->playlist = read_playlist(hls->folder);
    hls->scribe = scribe_create();
    return hls;
}

/* On a thread of the pipeline's. */
static char *handle_location(GstElement *sink, guint fragment, struct hls *hls)
{
    char *name = hls_segment_name(__atomic_fetch_add(&hls->next, 1, __ATOMIC_RELAXED));
    char *path = g_strdup_printf("%s/%s", hls->folder, name);
    free(name);
    return path;
}

void hls_attach(struct hls *hls, GstElement *pipeline)
{
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    hls->next = hls_playlist_next(hls->playlist);
    g_signal_connect(sink, "format-location", G_CALLBACK(handle_location), hls);
    hls->captions = hls_captions_create(&(struct hls_captions_options){
        .book = hls->options.book, .folder = hls->folder, .stream = stream_name, .captions = hls->language,
        .kept_segments = HLS_KEPT, .width_px = hls->options.width_px,
        .height_px = hls->options.height_px, .bandwidth_kbps = hls->options.bandwidth_kbps, .fps = hls->options.fps,
    });
}

void hls_handle_message(struct hls *hls, GstMessage *message, const struct caption_times *times)
{
    const GstStructure *structure = gst_message_get_structure(message);
    guint64 at_ns;
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ELEMENT || !structure
        || !gst_structure_get_uint64(structure, "running-time", &at_ns))
        return;
    if (gst_structure_has_name(structure, "splitmuxsink-fragment-opened"))
        hls->from_ns = (int64_t)at_ns;
    if (!gst_structure_has_name(structure, "splitmuxsink-fragment-closed"))
        return;
    unsigned number = hls_playlist_next(hls->playlist);
    int64_t old = hls_playlist_add(hls->playlist, (int64_t)at_ns - hls->from_ns);
    hls_captions_add(hls->captions, number, hls->from_ns, (int64_t)at_ns, times);
    tell(hls, old, false);
}

void hls_detach(struct hls *hls, bool is_end)
{
    if (is_end)
        tell(hls, -1, true);
    hls_captions_end(g_steal_pointer(&hls->captions));
    hls_playlist_break(hls->playlist);
}

void hls_destroy(struct hls *hls)
{
    if (!hls)
        return;
    scribe_end(hls->scribe, free, NULL);
    hls_playlist_destroy(hls->playlist);
    free(hls->folder), free(hls->language);
    free(hls);
}
