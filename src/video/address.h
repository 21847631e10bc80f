/*
 * address.h - where a picture comes from or goes to: what kind of place it is, and how to name it without its
 * secrets. Stream keys stand in paths and queries of addresses, and libraries like to repeat addresses in their
 * errors. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct error;

enum address_kind {
    ADDRESS_NONE,
    ADDRESS_TEST,  // the built-in pattern and tone
    ADDRESS_FILE,
    ADDRESS_SRT, ADDRESS_UDP, ADDRESS_RTMP,
    ADDRESS_RTSP,
    ADDRESS_V4L2,      // v4l2:/dev/videoN
    ADDRESS_SCREEN,    // screen:[DISPLAY][/WxH+X+Y]
    ADDRESS_PIPEWIRE,  // pipewire:[NAME]
    ADDRESS_PULSE,     // pulse:[NAME]
    ADDRESS_SHM,       // shm:PATH
    ADDRESS_HLS,       // hls:FOLDER; outputs only, as the next
    ADDRESS_WINDOW,    // window:
    ADDRESS_URI,   // whatever else GStreamer can open; inputs only
};

enum address_container { CONTAINER_NONE, CONTAINER_MKV, CONTAINER_MP4, CONTAINER_TS, CONTAINER_FLV };

struct address {
    enum address_kind kind;
    enum address_container container;  // of output files
    bool is_listener;                  // SRT: it waits for the peer
    char *text;     // as given; secret
    char *shown;    // for people: "rtmp://host/app/***"
    char **secrets; // NULL-terminated; every part of text that must not be seen
};

/*
 * False: err names what is expected. Release with address_fini() in either case. Secrets are hidden from the
 * log at once.
 */
bool address_parse_input(struct address *address, const char *text, struct error *err);
bool address_parse_output(struct address *address, const char *text, struct error *err);
void address_fini(struct address *address);

/* Behind the scheme and its colon: "/dev/video0" of "v4l2:/dev/video0". Of a file and of "test": the whole text. */
const char *address_place(const struct address *address);

/* Replaces every secret of the address within text by "***"; the caller frees. */
char *address_mask(const struct address *address, const char *text);
