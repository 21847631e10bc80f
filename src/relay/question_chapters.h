/*
 * question_chapters.h - what was on air and when, as chapters of the recording. A question whose message was deleted has
 * none. Thread: the relay's own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct questions;

enum question_chapters_format {
    /*
     * Lines "M:SS text" for a video's description. YouTube wants the first at 0:00 and each 10 s at least
     * (support.google.com/youtube/answer/9884579, 2026-11): a first line is added, and those that are shorter are left out.
     */
    QUESTION_CHAPTERS_YOUTUBE,
    QUESTION_CHAPTERS_WEBVTT,  // a track of kind "chapters"
    QUESTION_CHAPTERS_CSV,     // in,out,in_ms,out_ms,text,author,platform
    QUESTION_CHAPTERS_FORMATS,
};

struct question_chapters_options {
    enum question_chapters_format format;
    int64_t zero_ms;  // Unix: where the recording begins; 0: with the show
    int64_t show_ms;  // of questions_write_shows(); 0: the one that is now
};

/* Appends them. Returns how many there are. */
size_t questions_write_chapters(const struct questions *questions, const struct question_chapters_options *options,
                                struct buffer *out);

/* False: there is no such format. */
bool question_chapters_format(const char *name, enum question_chapters_format *format);
const char *question_chapters_type(enum question_chapters_format format);       // "text/vtt; charset=utf-8"
const char *question_chapters_file_name(enum question_chapters_format format);  // "chapters.vtt"
