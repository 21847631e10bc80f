/* language_name.h - a language's name in itself and its own script: "فارسی" for fa, "中文（繁體）" for zh-Hant. Thread: any. */
#pragma once

enum { LANGUAGE_NAME_BYTES = 128 };

/* The tag itself where the name is not known. Free of quotation marks and controls. */
void language_name(const char *tag, char out[LANGUAGE_NAME_BYTES]);
