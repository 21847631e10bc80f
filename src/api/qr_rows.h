/* qr_rows.h - an address as rows of modules for a phone's camera, 1 is dark, without the quiet zone around it. Thread: any. */
#pragma once

#include <jansson.h>

json_t *qr_rows(const char *url);  // a new reference; NULL: too long for one
