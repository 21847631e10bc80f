/* header.h - a header line of HTTP, as callers hand it in. Thread: any. */
#pragma once

struct net_header {
    const char *name, *value;  // borrowed; the name without colon
};
