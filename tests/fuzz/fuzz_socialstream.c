/* fuzz_socialstream.c - hostile objects of Social Stream Ninja, and its HTML alone; lines share a connector. */
#include "decoding.h"

#include "connector/html_text.h"

/* Every emote lies within the text. */
static void check_html(const char *text, size_t len)
{
    struct html_text html = {0};
    html_text_read(&html, (struct str){text, len}, "https://e.example/");
    for (size_t i = 0; i < html.emote_count; i++) {
        if (html.emotes[i].from >= html.emotes[i].to || html.emotes[i].to > html.text.len)
            abort();
    }
    html_text_fini(&html);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0)
        check_html((const char *)data, size);
    return fuzz_decode("socialstream", data, size, NULL);
}
