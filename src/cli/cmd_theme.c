/* cmd_theme.c - themes: looked at without a relay, begun, checked, listed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/folders.h"
#include "cli/options.h"
#include "cli/themes.h"
#include "overlay/png.h"
#include "overlay/preview.h"
#include "overlay/theme.h"
#include "text/text.h"

enum { SIDE_MIN = 16, SIDE_MAX = 8192, SAMPLE_MAX = 1 << 20 };

static int finish(bool is_good, const struct error *err)
{
    if (!is_good)
        fprintf(stderr, "antiphon theme: %s\n", err->text);
    return is_good ? COMMAND_OK : COMMAND_FAILED;
}

/* The one operand that a part of the command takes; NULL: it was printed what is wrong. */
static const char *take_one(const char *what, int argc, char **argv, int first)
{
    if (argc - first == 1)
        return argv[first];
    fprintf(stderr, "antiphon theme: expected one %s; see 'antiphon theme --help'\n", what);
    return NULL;
}

/* ---- preview */

struct wish {
    const char *card, *language, *output, *size, *background, *state;
};

/* Another language's sample than its own is better than none: "fa-AF" takes fa, "zh" zh-Hans, "zh-TW" zh-Hant, the rest en. */
static char *find_sample(const char *language, struct error *err)
{
    static const struct { const char *of, *instead; } others[] = {{"zh", "zh-Hans"}, {"zh-TW", "zh-Hant"}, {"zh-HK", "zh-Hant"}};
    char *tag = xstrdup(language), *path = NULL;
    for (char *cut = tag + strlen(tag); !path && cut; cut = strrchr(tag, '-')) {
        *cut = '\0';
        for (size_t i = 0; i <= ARRAY_LENGTH(others) && !path; i++) {
            bool is_own = i == ARRAY_LENGTH(others);
            char *name = xasprintf("themes/samples/%s.json", is_own ? tag : others[i].instead);
            if (is_own || strcmp(others[i].of, tag) == 0)
                path = folder_asset(name, NULL);
            free(name);
        }
    }
    free(tag);
    return path ? path : folder_asset("themes/samples/en.json", err);
}

static json_t *read_state(const struct wish *wish, struct error *err)
{
    char *path = wish->state ? xstrdup(wish->state) : find_sample(wish->language, err);
    struct buffer text = {0};
    json_t *state = NULL;
    if (path && file_read(path, SAMPLE_MAX, &text, err)) {
        state = json_parse(text.data, text.len, err);
        if (!state)
            error_prefix(err, "%s", path);
    }
    json_t *picked = state ? preview_pick(state, wish->card, err) : NULL;
    json_decref(state);
    buffer_fini(&text);
    free(path);
    return picked;
}

static bool read_wish(const struct wish *wish, struct preview_options *options, struct error *err)
{
    char end;
    if (sscanf(wish->size, "%dx%d%c", &options->width_px, &options->height_px, &end) != 2 || options->width_px < SIDE_MIN ||
        options->width_px > SIDE_MAX || options->height_px < SIDE_MIN || options->height_px > SIDE_MAX)
        return error_set(err, ERROR_DATA, "--size \"%.40s\": expected WIDTHxHEIGHT, each from %d to %d", wish->size, SIDE_MIN, SIDE_MAX);
    if (!ground_parse(wish->background, &options->ground))
        return error_set(err, ERROR_DATA, "--background \"%.40s\": expected light, dark, busy, none or \"#RRGGBB\"", wish->background);
    options->language = wish->language;
    return true;
}

static bool write_picture(const struct preview_options *options, const json_t *state, const char *path, struct error *err)
{
    uint32_t *pixels = preview_draw(options, state, err);
    struct buffer png = {0};
    bool is_good = pixels && (png_write(pixels, options->width_px, options->height_px, (size_t)options->width_px * 4, &png) ||
        error_set(err, ERROR_SYSTEM, "no memory for the picture"));
    is_good = is_good && file_write_atomic(path, png.data, png.len, 0644, err);
    buffer_fini(&png);
    free(pixels);
    return is_good;
}

static bool preview(const struct wish *wish, const char *name, struct error *err)
{
    struct preview_options options = {0};
    char *theme = NULL;
    json_t *state = NULL;
    bool is_good = read_wish(wish, &options, err) && (theme = theme_find(name, err)) && (state = read_state(wish, err)) &&
        (options.text = text_engine_create(&(struct text_engine_options){.language = wish->language}, err));
    options.theme_path = theme;
    is_good = is_good && write_picture(&options, state, wish->output, err);
    text_engine_destroy(options.text);
    json_decref(state);
    free(theme);
    return is_good;
}

static int run_preview(int argc, char **argv)
{
    struct wish wish = {.card = "question,poll,captions,chat,goal", .language = "en", .output = "preview.png", .size = "1920x1080", .background = "busy"};
    const struct option_spec specs[] = {
        {"card", OPTION_TEXT, &wish.card, "KIND", "question, poll … or several: question,poll; or all; some of a show"},
        {"lang", OPTION_TEXT, &wish.language, "L", "of texts and digits: en, fa, zh-Hans, zh-Hant, ar, ur, ja, ko, ru, hi, he; en"},
        {"output", OPTION_TEXT, &wish.output, "FILE", "the PNG to write; preview.png"},
        {"size", OPTION_TEXT, &wish.size, "WxH", "of the view; 1920x1080. Taller than wide: the theme's portrait"},
        {"background", OPTION_TEXT, &wish.background, "B", "light, dark, busy, none (transparent) or \"#RRGGBB\"; busy"},
        {"state", OPTION_TEXT, &wish.state, "FILE", "own texts: JSON as a view of the on-air state, docs/api.md"},
    };
    const struct option_usage usage = {"theme preview", "NAME",
        "Draws a theme's cards into a picture, without a relay. NAME is a theme's name or, with a / in it, a path.", specs,
        ARRAY_LENGTH(specs)};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    const char *name = take_one("NAME", argc, argv, first);
    struct error err = {0};
    return name ? finish(preview(&wish, name, &err), &err) : COMMAND_USAGE;
}

/* ---- new */

static void replace(struct buffer *text, const char *old, const char *new)
{
    buffer_add_char(text, '\0');
    text->len--;
    const char *at = strstr(text->data, old);
    if (!at)
        return;
    struct buffer changed = {0};
    buffer_add(&changed, text->data, (size_t)(at - text->data));
    buffer_add_string(&changed, new);
    buffer_add_string(&changed, at + strlen(old));
    buffer_fini(text);
    *text = changed;
}

/* A copy knows its own name, and where its schema lies. */
static void rename_theme(struct buffer *text, const char *from, const char *name)
{
    char *old_name = xasprintf("\"name\": \"%s\"", from), *new_name = xasprintf("\"name\": \"%s\"", name);
    char *schema = folder_asset("themes/theme.schema.json", NULL);
    replace(text, old_name, new_name);
    if (schema)
        replace(text, "../theme.schema.json", schema);
    free(schema);
    free(new_name);
    free(old_name);
}

static bool write_new(const char *name, const char *from, struct error *err)
{
    if (!theme_is_name(name))
        return error_set(err, ERROR_DATA, "\"%.80s\": a theme's name has 1 to 64 of a-z, A-Z, 0-9, - and _", name);
    char *source = theme_find(from, err), *folder = theme_own_folder(name, err);
    char *read = source ? xasprintf("%s/theme.json", source) : NULL, *file = folder ? xasprintf("%s/theme.json", folder) : NULL;
    struct buffer text = {0};
    struct stat info;
    bool is_good = read && file && (stat(file, &info) != 0 ||
        error_set(err, ERROR_DATA, "%s: is there already; choose another name or edit it", file));
    is_good = is_good && file_read(read, SAMPLE_MAX, &text, err) && file_make_folder(folder, err);
    if (is_good)
        rename_theme(&text, from, name);
    is_good = is_good && file_write_atomic(file, text.data, text.len, 0644, err);
    if (is_good)
        printf("%s\n", file);
    buffer_fini(&text);
    free(file);
    free(read);
    free(folder);
    free(source);
    return is_good;
}

static int run_new(int argc, char **argv)
{
    const char *from = "evening";
    const struct option_spec specs[] = {{"from", OPTION_TEXT, &from, "THEME", "begin with a copy of this one; evening"}};
    const struct option_usage usage = {"theme new", "NAME",
        "Begins a theme in the configuration's folder, as a copy of another, and prints its file's path.", specs, 1};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    const char *name = take_one("NAME", argc, argv, first);
    struct error err = {0};
    return name ? finish(write_new(name, from, &err), &err) : COMMAND_USAGE;
}

/* ---- check, list, schema */

static int run_check(int argc, char **argv)
{
    const struct option_usage usage = {"theme check", "FILE",
        "Reads a theme (a name, a folder or a file) as a view would; what is wrong is said with file, line and key.", NULL, 0};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    const char *name = take_one("FILE", argc, argv, first);
    if (!name)
        return COMMAND_USAGE;
    struct error err = {0};
    struct stat info;
    char *path = stat(name, &info) == 0 ? xstrdup(name) : theme_find(name, &err);
    struct theme *theme = path ? theme_load(path, &(struct theme_options){1920, 1080}, &err) : NULL;
    bool is_good = theme != NULL;
    if (is_good)
        printf("%s: good\n", path);
    theme_destroy(theme);
    free(path);
    return finish(is_good, &err);
}

static void print_theme(void *data, const char *name, const char *folder, bool is_own)
{
    printf("%-16s %s\n", name, folder);
}

static int run_list(int argc, char **argv)
{
    const struct option_usage usage = {"theme list", NULL, "Prints all themes by name, and where they lie.", NULL, 0};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    theme_each(print_theme, NULL);
    return COMMAND_OK;
}

static int run_schema(int argc, char **argv)
{
    const struct option_usage usage = {"theme schema", NULL, "Prints the JSON schema of themes, for editors.", NULL, 0};
    int first, status;
    if (options_parse(&usage, argc, argv, &first, &status) == OPTIONS_STOP)
        return status;
    struct buffer text = {0};
    theme_write_schema(&text);
    fwrite(text.data, 1, text.len, stdout);
    buffer_fini(&text);
    return COMMAND_OK;
}

static const struct {
    const char *name, *what;
    int (*run)(int argc, char **argv);
} parts[] = {
    {"preview", "a theme's cards as a picture", run_preview},
    {"new", "a theme of one's own, begun from another", run_new},
    {"check", "what is wrong with a theme", run_check},
    {"list", "which themes there are", run_list},
    {"schema", "the JSON schema of themes", run_schema},
};

static void print_usage(FILE *out)
{
    fprintf(out, "usage: antiphon theme PART [OPTION …]\n\n");
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
        fprintf(out, "  %-10s %s\n", parts[i].name, parts[i].what);
    fprintf(out, "\n'antiphon theme PART --help' says more.\n");
}

int cmd_theme(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < ARRAY_LENGTH(parts); i++) {
        if (strcmp(argv[1], parts[i].name) == 0)
            return parts[i].run(argc - 1, argv + 1);
    }
    bool is_asked = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    if (argc > 1 && !is_asked)
        fprintf(stderr, "antiphon theme: \"%.80s\" is no part of it; see 'antiphon theme --help'\n", argv[1]);
    else
        print_usage(is_asked ? stdout : stderr);
    return is_asked ? COMMAND_OK : COMMAND_USAGE;
}
