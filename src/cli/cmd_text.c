/* cmd_text.c - `antiphon text`: how each line of the input is laid out, as JSON; and a picture of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/options.h"
#include "text/picture.h"
#include "text/text.h"

enum { PAD_PX = 12, PICTURE_HEIGHT_MAX = 20000 };

struct request {
    struct text_engine_options engine;
    struct text_options layout;
    const char *png, *file;
};

/* ---- JSON */

static void add_text(struct buffer *out, const char *key, const char *text, size_t len)
{
    buffer_printf(out, "\"%s\":", key);
    buffer_add_json(out, text, len);
}

static void add_run(struct buffer *out, const struct text_layout *layout, const struct text_run *run)
{
    buffer_add_char(out, '{');
    add_text(out, "text", layout->text + run->from, run->to - run->from);
    buffer_printf(out, ",\"from\":%u", run->from);
    buffer_printf(out, ",\"level\":%d,\"script\":\"%s\",\"face\":\"%s\",\"x\":%.1f,\"width\":%.1f}", run->level,
        run->script, run->face, (double)run->x_px, (double)run->width_px);
}

static void add_line(struct buffer *out, const struct text_layout *layout, const struct text_line *line)
{
    buffer_add_char(out, '{');
    add_text(out, "text", layout->text + line->from, line->to - line->from);
    buffer_printf(out, ",\"direction\":\"%s\",\"x\":%.1f,\"width\":%.1f,\"top\":%d,\"height\":%d,\"baseline\":%d,",
        line->is_rtl ? "rtl" : "ltr", (double)line->x_px, (double)line->width_px, line->top_px, line->height_px,
        line->baseline_px);
    if (line->has_ellipsis)
        buffer_add_string(out, "\"ellipsis\":true,");
    buffer_add_string(out, "\"runs\":[");
    for (size_t i = 0; i < line->run_count; i++) {
        if (i > 0)
            buffer_add_char(out, ',');
        add_run(out, layout, &line->runs[i]);
    }
    buffer_add_string(out, "]}");
}

static void add_missing(struct buffer *out, const struct text_missing *missing)
{
    char text[4];
    buffer_add_char(out, '{');
    add_text(out, "text", text, utf8_encode(missing->scalar, text));
    buffer_printf(out, ",\"code\":\"U+%04X\"", missing->scalar);
    if (missing->package)
        buffer_printf(out, ",\"package\":\"%s\"", missing->package);
    buffer_add_char(out, '}');
}

static void print_layout(const struct text_layout *layout)
{
    struct buffer out = {0};
    buffer_add_char(&out, '{');
    add_text(&out, "text", layout->text, layout->text_len);
    buffer_printf(&out, ",\"size\":%.0f,\"width\":%.1f,\"height\":%d,\"cut\":%s,\"lines\":[", (double)layout->size_px,
        (double)layout->content_width_px, layout->height_px, layout->is_cut ? "true" : "false");
    for (size_t i = 0; i < layout->line_count; i++) {
        if (i > 0)
            buffer_add_char(&out, ',');
        add_line(&out, layout, &layout->lines[i]);
    }
    buffer_add_string(&out, "],\"missing\":[");
    for (size_t i = 0; i < layout->missing_count; i++) {
        if (i > 0)
            buffer_add_char(&out, ',');
        add_missing(&out, &layout->missing[i]);
    }
    buffer_add_string(&out, "]}\n");
    fwrite(out.data, 1, out.len, stdout);
    buffer_fini(&out);
}

/* ---- picture: all layouts below one another on a dark ground */

struct sheet {
    struct text_layout **layouts;
    size_t count;
    int width_px, height_px;
};

static void add_to_sheet(struct sheet *sheet, struct text_layout *layout)
{
    sheet->layouts = xreallocarray(sheet->layouts, sheet->count + 1, sizeof(*sheet->layouts));
    sheet->layouts[sheet->count++] = layout;
    sheet->width_px = layout->width_px > sheet->width_px ? layout->width_px : sheet->width_px;
    sheet->height_px += layout->height_px + PAD_PX;
}

static bool write_sheet(const struct sheet *sheet, const char *path, struct error *err)
{
    struct picture picture;
    int width_px = sheet->width_px + 2 * PAD_PX, height_px = sheet->height_px + PAD_PX;
    if (height_px > PICTURE_HEIGHT_MAX)
        height_px = PICTURE_HEIGHT_MAX;
    if (!picture_init(&picture, width_px < 32000 ? width_px : 32000, height_px, 0x15181d))
        return error_set(err, ERROR_SYSTEM, "%s: no memory for %d x %d px", path, width_px, height_px);
    int y_px = PAD_PX;
    for (size_t i = 0; i < sheet->count; i++) {
        picture_paint(&picture, sheet->layouts[i], PAD_PX, y_px, 0xf2f4f8, 0x000000);
        y_px += sheet->layouts[i]->height_px + PAD_PX;
    }
    bool is_written = picture_write(&picture, path, err);
    picture_fini(&picture);
    return is_written;
}

static void sheet_fini(struct sheet *sheet)
{
    for (size_t i = 0; i < sheet->count; i++)
        text_layout_destroy(sheet->layouts[i]);
    free(sheet->layouts);
}

/* ---- the command */

static bool parse_direction(const char *text, enum text_direction *direction)
{
    static const char *const names[] = {"auto", "ltr", "rtl"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (strcmp(text, names[i]) == 0) {
            *direction = (enum text_direction)i;
            return true;
        }
    }
    fprintf(stderr, "antiphon text: --direction \"%s\": auto, ltr or rtl is expected\n", text);
    return false;
}

/* True: go on with the request. False: end with *status. */
static bool parse(int argc, char **argv, struct request *request, int *status)
{
    int size_px = 0, min_size_px = 0, first;
    const char *direction = "auto";
    struct text_options *layout = &request->layout;
    const struct option_spec specs[] = {
        {"width", OPTION_INT, &layout->width_px, "PX", "break lines at this width (default: do not break)", 1, 30000},
        {"size", OPTION_INT, &size_px, "PX", "of the letters (default 36)", 1, TEXT_SIZE_PX_MAX},
        {"lang", OPTION_TEXT, &layout->language, "L", "language of the text: fa, ur, zh-Hant, ja …", 0, 0},
        {"lines", OPTION_INT, &layout->max_lines, "N", "cut with an ellipsis after N lines", 1, TEXT_LINES_MAX},
        {"min-size", OPTION_INT, &min_size_px, "PX", "shrink down to this before cutting", 1, TEXT_SIZE_PX_MAX},
        {"direction", OPTION_TEXT, &direction, "D", "auto (by the first strong letter), ltr or rtl", 0, 0},
        {"bold", OPTION_FLAG, &layout->is_bold, NULL, "bold faces", 0, 0},
        {"outline", OPTION_INT, &layout->outline_px, "PX", "with an outline", 1, TEXT_OUTLINE_PX_MAX},
        {"png", OPTION_TEXT, &request->png, "FILE", "draw all of it into FILE", 0, 0},
        {"fonts", OPTION_TEXT, &request->engine.fonts_path, "FOLDER", "other faces, with a manifest.json", 0, 0},
        {"unhinted", OPTION_FLAG, &request->engine.is_unhinted, NULL, "outlines as drawn, as in the golden pictures", 0, 0},
    };
    const struct option_usage usage = {"text", "[FILE]",
        "Prints, one JSON object per input line, how the line is laid out: its lines with their text and, in visual\n"
        "order, each run's level, script, face and width; and the characters that no font on this machine has.\n"
        "Without FILE, or with -, standard input is read.", specs, ARRAY_LENGTH(specs)};
    if (options_parse(&usage, argc, argv, &first, status) == OPTIONS_STOP)
        return false;
    *status = COMMAND_USAGE;
    if (argc - first > 1) {
        fprintf(stderr, "antiphon text: \"%s\": one FILE is expected\n", argv[first + 1]);
        return false;
    }
    layout->size_px = (float)size_px;
    layout->min_size_px = (float)min_size_px;
    request->file = first < argc ? argv[first] : "-";
    return parse_direction(direction, &layout->direction);
}

static void lay_out(struct text_engine *engine, struct request *request, FILE *input, struct sheet *sheet)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t len;
    while ((len = getline(&line, &capacity, input)) >= 0) {
        while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
            len--;
        request->layout.text = (struct str){line, (size_t)len};
        struct text_layout *layout = text_layout_create(engine, &request->layout);
        print_layout(layout);
        if (request->png && sheet->height_px < PICTURE_HEIGHT_MAX)
            add_to_sheet(sheet, layout);
        else
            text_layout_destroy(layout);
    }
    free(line);
}

static int run(struct request *request, FILE *input)
{
    struct error err = {0};
    struct text_engine *engine = text_engine_create(&request->engine, &err);
    struct sheet sheet = {0};
    if (engine)
        lay_out(engine, request, input, &sheet);
    bool is_done = engine && (!request->png || write_sheet(&sheet, request->png, &err));
    if (!is_done)
        fprintf(stderr, "antiphon text: %s\n", err.text);
    sheet_fini(&sheet);
    text_engine_destroy(engine);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "antiphon text: cannot write to standard output\n");
        is_done = false;
    }
    return is_done ? COMMAND_OK : COMMAND_FAILED;
}

int cmd_text(int argc, char **argv)
{
    struct request request = {0};
    int status = COMMAND_OK;
    if (!parse(argc, argv, &request, &status))
        return status;
    bool is_file = strcmp(request.file, "-") != 0;
    FILE *input = is_file ? fopen(request.file, "re") : stdin;
    if (!input) {
        fprintf(stderr, "antiphon text: %s: %s\n", request.file, strerror(errno));
        return COMMAND_FAILED;
    }
    status = run(&request, input);
    if (is_file)
        fclose(input);
    return status;
}
