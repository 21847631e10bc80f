/* cmd_decode.c - `antiphon decode`: recorded frames in, messages out, one JSON object a line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "chat/message.h"
#include "cli/command.h"
#include "cli/options.h"
#include "connector/connector.h"

static void print_message(void *data, struct message *message)
{
    struct buffer *out = data;
    buffer_clear(out);
    message_write_json(message, out);
    buffer_add_char(out, '\n');
    fwrite(out->data, 1, out->len, stdout);
}

/* What a frame is blamed for may quote it: nothing of it reaches the terminal as a control. */
static void print_error(const char *name, size_t line, const struct error *err)
{
    char text[sizeof(err->text)];
    snprintf(text, sizeof(text), "%s", err->text);
    for (char *c = text; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    }
    fprintf(stderr, "antiphon decode: %s: line %zu: %s\n", name, line, text);
}

static int decode_lines(struct connector *connector, FILE *in, const char *name)
{
    char *text = NULL;
    size_t capacity = 0;
    int status = COMMAND_OK;
    ssize_t len;
    for (size_t line = 1; (len = getline(&text, &capacity, in)) >= 0; line++) {
        while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
            len--;
        struct error err = {0};
        if (len > 0 && !connector_receive(connector, text, (size_t)len, &err)) {
            print_error(name, line, &err);
            status = COMMAND_FAILED;
        }
    }
    free(text);
    if (ferror(in)) {
        fprintf(stderr, "antiphon decode: %s: cannot be read to its end\n", name);
        status = COMMAND_FAILED;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "antiphon decode: cannot write to standard output\n");
        status = COMMAND_FAILED;
    }
    return status;
}

static int decode_file(const char *platform, const char *path)
{
    struct buffer out = {0};
    struct error err = {0};
    struct connector_options options = {.deliver = print_message, .data = &out};
    struct connector *connector = connector_create_decoder(platform, &options, &err);
    if (!connector) {
        fprintf(stderr, "antiphon decode: %s\n", err.text);
        return COMMAND_USAGE;
    }
    bool is_file = path && strcmp(path, "-") != 0;
    FILE *in = is_file ? fopen(path, "re") : stdin;
    int status = COMMAND_FAILED;
    if (in) {
        status = decode_lines(connector, in, is_file ? path : "standard input");
    } else {
        error_errno(&err, "%s", path);
        fprintf(stderr, "antiphon decode: %s\n", err.text);
    }
    if (in && is_file)
        fclose(in);
    connector_destroy(connector);
    buffer_fini(&out);
    return status;
}

/* Every platform there is, so that none is forgotten here. */
static char *make_summary(void)
{
    struct buffer names = {0};
    for (size_t i = 0; connector_name_at(i); i++)
        buffer_printf(&names, "%s%s", i > 0 ? ", " : "", connector_name_at(i));
    char *list = buffer_take(&names);
    char *summary = xasprintf(
        "Reads recorded frames of a platform, one a line, from FILE or standard input, and prints the messages\n"
        "that they become, one JSON object a line (docs/message.md). Frames that cannot be read go to standard\n"
        "error with their line; the exit status is 1 then.\n\nPlatforms: %s.", list);
    free(list);
    return summary;
}

int cmd_decode(int argc, char **argv)
{
    char *summary = make_summary();
    const struct option_usage usage = {"decode", "PLATFORM [FILE]", summary, NULL, 0};
    int first, status;
    enum option_answer answer = options_parse(&usage, argc, argv, &first, &status);
    free(summary);
    if (answer == OPTIONS_STOP)
        return status;
    if (argc - first < 1 || argc - first > 2) {
        fprintf(stderr, "usage: antiphon decode PLATFORM [FILE]\n");
        return COMMAND_USAGE;
    }
    return decode_file(argv[first], argc - first == 2 ? argv[first + 1] : NULL);
}
