/*
 * glass.h - both ends of a measurement from glass to glass: a camera whose every picture carries its number (marker.h),
 * sent as MPEG-TS by SRT, and a player that finds the numbers again and sees where the picture has changed. Both add as
 * little of their own as they can: no B-frames, one thread, no waiting. What they add all the same shows when one is
 * connected to the other.
 * Thread: any; on_picture() is called on GStreamer's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct glass_camera;
struct glass_player;

enum { GLASS_SRT_LATENCY_MS = 20 };  // of the player; loopback loses nothing

struct glass_camera_options {
    const char *to;  // srt://…; mode=listener waits for who calls
    int width_px, height_px, fps;
};

/* It runs at once: a test picture that stands still but for the number. NULL: no encoder, or the address is taken. */
struct glass_camera *glass_camera_create(const struct glass_camera_options *options, struct error *err);
void glass_camera_destroy(struct glass_camera *camera);  // accepts NULL

/* When picture `number` was taken, clock_monotonic_ns(); 0: not within the last thousands. */
int64_t glass_camera_taken_ns(struct glass_camera *camera, uint16_t number);

struct glass_picture {
    int64_t at_ns;      // clock_monotonic_ns() when it was decoded
    bool has_number;
    uint16_t number;
    size_t moved_px;    // luma samples, of one in four, that are clearly others than in the picture before
    size_t changed_px;  // the same against the picture that glass_player_note() named
};

struct glass_player_options {
    const char *from;  // srt://…?mode=listener
    void (*on_picture)(void *data, const struct glass_picture *picture);  // must not block
    void *data;
};

struct glass_player *glass_player_create(const struct glass_player_options *options, struct error *err);
void glass_player_destroy(struct glass_player *player);  // accepts NULL; on_picture() is not called any more

/* changed_px is counted against the newest picture from now on. */
void glass_player_note(struct glass_player *player);

/* Why no picture comes, if GStreamer said so; "" if not. The caller frees. */
char *glass_player_trouble(struct glass_player *player);
