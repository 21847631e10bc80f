/*
 * fuzz_tiktok.c - hostile frames of TikFinity and of the webcast. Input that begins with "{" is JSON, one frame a line;
 * anything else is the bytes of one binary frame, or base64 of them, as the recorded ones are. Deps: connector_dep.
 */
#include "decoding.h"

#include "net/base64.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

static bool is_base64(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] < '+' || data[i] > 'z')
            return data[i] == '\n';
    }
    return size > 3;
}

/* A recorded frame is changed below its base64, not in it. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    struct buffer bytes = {0};
    if (is_base64(data, size) && base64_decode(&bytes, (const char *)data, size) && bytes.len > 0 && bytes.len <= max_size) {
        memcpy(data, bytes.data, bytes.len);
        size = bytes.len;
    }
    buffer_fini(&bytes);
    return LLVMFuzzerMutate(data, size, max_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer out = {0}, text = {0};
    struct connector_options options = {.deliver = fuzz_check_message, .data = &out};
    struct connector *connector = connector_create_decoder("tiktok", &options, NULL);
    if (size > 0 && (data[0] == '{' || is_base64(data, size))) {
        fuzz_receive_lines(connector, (const char *)data, size, NULL);
    } else {
        base64_encode(&text, data, size);
        fuzz_receive(connector, text.data ? text.data : "", text.len, NULL);
    }
    connector_destroy(connector);
    buffer_fini(&out);
    buffer_fini(&text);
    return 0;
}
