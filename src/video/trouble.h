/*
 * trouble.h - what keeps an output from its place, in one word that others can translate, out of the many words of
 * libraries. Thread: any.
 */
#pragma once

/*
 * text: what GStreamer, a library or we said. "refused", "unreachable", "unknown_host", "denied", "lost", "stalled",
 * "listening", "disk", "folder", "missing"; "": none of them. Never NULL.
 */
const char *trouble_name(const char *text);
