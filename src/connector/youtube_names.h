/* youtube_names.h - what people paste for a video or a channel, made plain. Thread: any. */
#pragma once

#include <stdbool.h>

/* An id, or any address that holds one (watch?v=, youtu.be/, /live/, /shorts/, /embed/). NULL: none; the caller frees. */
char *youtube_video_id(const char *text);

/*
 * "UC…" (an id), "@handle" or "user:name" (an old user name), from any of these or an address. NULL: none of them;
 * the caller frees. Handles may hold any script.
 */
char *youtube_channel_name(const char *text);

/* True: of the form "UC…". */
bool youtube_is_channel_id(const char *name);
