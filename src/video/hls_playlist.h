/*
 * hls_playlist.h - the media playlist of a live HLS stream (RFC 8216, 4.3): the newest segments, numbered on from what an
 * earlier run left in the folder, so that a player that is watching goes on. Thread: its owner's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { HLS_SEGMENTS = 6, HLS_KEPT = 10 };  // in the playlist; files, for those who were late with asking

struct hls_playlist;

/* text: of the playlist that an earlier run left; NULL or anything else: none. */
struct hls_playlist *hls_playlist_create(const char *text);
void hls_playlist_destroy(struct hls_playlist *playlist);  // accepts NULL

/* The number that the next segment takes; its file is "segment-NUMBER.ts". */
unsigned hls_playlist_next(const struct hls_playlist *playlist);
char *hls_segment_name(unsigned number);  // the caller frees

/* The next segment is complete. Returns the number of the newest whose file is not needed any more, -1: none. */
int64_t hls_playlist_add(struct hls_playlist *playlist, int64_t duration_ns);

/* What follows does not fit what was before: after a break, or another run. */
void hls_playlist_break(struct hls_playlist *playlist);

/* The caller frees. is_ended: nothing will follow. */
char *hls_playlist_write(const struct hls_playlist *playlist, bool is_ended);
