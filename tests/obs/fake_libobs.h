/*
 * fake_libobs.h - the few functions of libobs that the source calls, with textures in memory and counts of all that costs
 * something. Thread: one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <obs-module.h>

struct gs_texture {
    uint32_t width, height;
    uint8_t *pixels;  // BGRA, no gaps
};

struct obs_source {
    bool is_showing;
    size_t filters;
};

struct obs_data {
    const char *view;
};

struct fake {
    size_t uploads, uploaded_px;  // textures made with pixels
    size_t copies;                // on the card
    size_t textures;              // alive
    size_t entered;               // times that the graphics context was entered
    int inside;                   // how deep in it
    size_t drawn;
    const struct gs_texture *shown;  // drawn last
    const char *drawn_with;          // the technique
    const char *technique;           // of a loop that is under way
    bool is_full;                    // the card takes no more textures
    bool was_srgb;                   // while drawing
    bool is_srgb, is_linear;         // state of the framebuffer, and of the item
    enum gs_color_space space;
    enum gs_blend_type blend_source, blend_ground;
    int blend_depth;
    char log[256];                   // the last line
    size_t list_count;               // in the dialog
    const char *info;                // the dialog's text
};

extern struct fake fake;
