/*
 * kit.c - what the tests with the real OBS need beside it, as subcommands:
 *   publish PATH WIDTH HEIGHT   serves a view of test cards; a command a line on standard input, "ok" for each
 *   fetch PATH                  waits until another's view stands still with something on it; then the same commands
 *   close TITLE                 closes the window whose title begins like this, as a person does with a click
 *   judge WIDTH HEIGHT NAME=FILE…   which picture (RGB, 8 bits) each frame on standard input is, a line for each
 * Commands: size W H · card N (0: none) · save FILE R G B W H plain|light|keyed: the view over a ground of that colour and size,
 * blended on sRGB values or in light, or as a key leaves it · end
 */
#include <X11/Xlib.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "frame/frame.h"

enum { CARD_WIDTH = 256, CARD_HEIGHT = 120, BEAT_MS = 200, STILL_MS = 1500, PATIENCE_MS = 30000 };

static int fail(const char *what)
{
    fprintf(stderr, "kit: %s\n", what);
    return 1;
}

/* ---- the test's own picture ---- */

struct board {
    int32_t width, height;
    uint8_t *pixels;  // BGRA, no gaps
    struct frame_box card;
};

/* Every alpha from left to right, of four colours in bands; the last is a rounded edge as text has. */
static void fill_card(struct board *board, int number)
{
    static const double bands[4][3] = {{1, 1, 1}, {0, 0, 0}, {0.9, 0.2, 0.4}, {0.2, 0.6, 1}};
    const struct frame_box *box = &board->card;
    for (int32_t y = box->top; y < box->bottom; y++) {
        for (int32_t x = box->left; x < box->right; x++) {
            int band = (y - box->top) * 4 / CARD_HEIGHT;
            double alpha = (double)(x - box->left) / (CARD_WIDTH - 1);
            if (band == 3)
                alpha = fmax(0, fmin(1, 80 - hypot(x - box->left - CARD_WIDTH / 2, y - box->bottom + 10)));
            uint8_t *pixel = board->pixels + ((size_t)y * (size_t)board->width + (size_t)x) * 4;
            for (int i = 0; i < 3; i++)
                pixel[i] = (uint8_t)lround(255 * alpha * bands[(band + number) % 4][2 - i]);
            pixel[3] = (uint8_t)lround(255 * alpha);
        }
    }
}

static void clear_card(struct board *board)
{
    for (int32_t y = board->card.top; y < board->card.bottom; y++)
        memset(board->pixels + ((size_t)y * (size_t)board->width + (size_t)board->card.left) * 4, 0, CARD_WIDTH * 4);
}

static void resize_board(struct board *board, int32_t width, int32_t height)
{
    free(board->pixels);
    *board = (struct board){.width = width, .height = height, .pixels = xcalloc((size_t)width * (size_t)height, 4)};
}

static void show_card(struct board *board, struct frame_writer *writer, int number)
{
    struct frame_box damage[2] = {board->card};
    clear_card(board);
    int32_t left = number ? 8 * number : 0, top = number ? 5 * number : 0;
    board->card = number ? (struct frame_box){left, top, left + CARD_WIDTH, top + CARD_HEIGHT} : (struct frame_box){0};
    if (number)
        fill_card(board, number);
    damage[1] = board->card;
    frame_writer_publish(writer, board->pixels, (size_t)board->width * 4, damage, 2);
}

/* ---- what OBS should make of it ---- */

static double decode(double value)
{
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double encode(double light)
{
    return light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055;
}

enum mode { PLAIN, LIGHT, KEYED };

/* KEYED: what is at least half opaque stands in its own colour, the rest is gone (docs/window.md). */
static double lay_over(double premultiplied, double alpha, double ground, enum mode mode)
{
    if (mode == PLAIN)
        return premultiplied + ground * (1 - alpha);
    double straight = alpha > 0 ? fmin(1, premultiplied / alpha) : 0;
    if (mode == KEYED)
        return alpha * 255 >= 128 ? straight : ground;
    return encode(decode(straight) * alpha + decode(ground) * (1 - alpha));
}

static bool save(const uint8_t *pixels, size_t stride, int32_t width, int32_t height, const char *arguments)
{
    char path[512], word[16];
    int ground[3], canvas_width, canvas_height;
    if (sscanf(arguments, "%511s %d %d %d %d %d %15s", path, &ground[0], &ground[1], &ground[2], &canvas_width, &canvas_height,
               word) != 7)
        return false;
    enum mode mode = strcmp(word, "keyed") == 0 ? KEYED : strcmp(word, "light") == 0 ? LIGHT : PLAIN;
    FILE *out = fopen(path, "wb");
    if (!out)
        return false;
    for (int y = 0; y < canvas_height; y++) {
        for (int x = 0; x < canvas_width; x++) {
            static const uint8_t nothing[4] = {0};
            const uint8_t *pixel = x < width && y < height ? pixels + (size_t)y * stride + (size_t)x * 4 : nothing;
            for (int i = 0; i < 3; i++)
                fputc((int)lround(255 * lay_over(pixel[2 - i] / 255.0, pixel[3] / 255.0, ground[i] / 255.0, mode)), out);
        }
    }
    return fclose(out) == 0;
}

/* ---- publish ---- */

/* False: the end. */
static bool obey(struct board *board, struct frame_writer *writer, const char *line)
{
    int a, b;
    bool ok = true;
    if (sscanf(line, "size %d %d", &a, &b) == 2) {
        resize_board(board, a, b);
        ok = frame_writer_resize(writer, a, b, NULL);
        frame_writer_publish(writer, board->pixels, (size_t)a * 4, NULL, 0);
    } else if (sscanf(line, "card %d", &a) == 1) {
        show_card(board, writer, a);
    } else if (strncmp(line, "save ", 5) == 0) {
        ok = save(board->pixels, (size_t)board->width * 4, board->width, board->height, line + 5);
    } else {
        return false;
    }
    puts(ok ? "ok" : "failed");
    return fflush(stdout) == 0;
}

static int publish(const char *path, int32_t width, int32_t height)
{
    struct error err = {0};
    struct board board = {0};
    char line[1024];
    struct frame_writer *writer = frame_writer_create(&(struct frame_writer_options){path, width, height}, &err);
    if (!writer)
        return fail(err.text);
    setvbuf(stdin, NULL, _IONBF, 0);  // or poll() would not see what stdio has taken already
    resize_board(&board, width, height);
    frame_writer_publish(writer, board.pixels, (size_t)width * 4, NULL, 0);
    puts("ok");
    fflush(stdout);
    while (true) {
        struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = frame_writer_fd(writer), .events = POLLIN}};
        poll(fds, 2, BEAT_MS);
        frame_writer_beat(writer);
        if (fds[1].revents)
            frame_writer_handle(writer);
        if (fds[0].revents && (!fgets(line, sizeof(line), stdin) || !obey(&board, writer, line)))
            break;
    }
    frame_writer_destroy(writer);
    free(board.pixels);
    return 0;
}

/* ---- fetch ---- */

static int fetch(const char *path)
{
    struct frame_reader *reader = frame_reader_create(&(struct frame_reader_options){.path = path});
    int64_t start_ms = clock_monotonic_ms(), changed_ms = start_ms;
    uint64_t sequence = 0;
    const struct frame_picture *picture = NULL;
    char line[1024];
    while (!picture || picture->is_empty || clock_monotonic_ms() - changed_ms < STILL_MS) {
        if (clock_monotonic_ms() - start_ms > PATIENCE_MS) {
            frame_reader_destroy(reader);
            return fail("the view does not come to rest with something on it");
        }
        struct pollfd news = {.fd = frame_reader_fd(reader), .events = POLLIN};
        poll(&news, 1, 50);
        frame_reader_poll(reader);
        picture = frame_reader_picture(reader);
        if (picture && picture->sequence != sequence)
            changed_ms = clock_monotonic_ms();
        sequence = picture ? picture->sequence : 0;
    }
    puts("ok");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin) && strncmp(line, "save ", 5) == 0) {
        puts(save(picture->pixels, picture->stride_bytes, picture->width_px, picture->height_px, line + 5) ? "ok" : "failed");
        fflush(stdout);
    }
    frame_reader_destroy(reader);
    return 0;
}

/* ---- close ---- */

static Window find_window(Display *display, Window from, const char *title)
{
    char *name = NULL;
    bool is_it = XFetchName(display, from, &name) && name && strncmp(name, title, strlen(title)) == 0;
    XFree(name);
    if (is_it)
        return from;
    Window root, parent, *children = NULL, found = 0;
    unsigned count = 0;
    if (XQueryTree(display, from, &root, &parent, &children, &count)) {
        for (unsigned i = 0; i < count && !found; i++)
            found = find_window(display, children[i], title);
        XFree(children);
    }
    return found;
}

/* The message that a window manager sends (ICCCM, 4.2.8.1). */
static int close_window(const char *title)
{
    Display *display = XOpenDisplay(NULL);
    Window window = display ? find_window(display, DefaultRootWindow(display), title) : 0;
    if (!window)
        return fail("there is no such window");
    XEvent event = {.xclient = {.type = ClientMessage, .window = window, .format = 32}};
    event.xclient.message_type = XInternAtom(display, "WM_PROTOCOLS", False);
    event.xclient.data.l[0] = (long)XInternAtom(display, "WM_DELETE_WINDOW", False);
    XSendEvent(display, window, False, NoEventMask, &event);
    XCloseDisplay(display);
    return 0;
}

/* ---- judge ---- */

struct candidate {
    const char *name;
    uint8_t *pixels;
};

struct verdict {
    size_t beyond;  // channels that differ by more than 3
    int worst;
};

static struct verdict compare(const uint8_t *a, const uint8_t *b, size_t bytes)
{
    struct verdict verdict = {0};
    for (size_t i = 0; i < bytes; i++) {
        int distance = abs(a[i] - b[i]);
        verdict.worst = distance > verdict.worst ? distance : verdict.worst;
        verdict.beyond += distance > 3;
    }
    return verdict;
}

static bool load(struct candidate *candidate, char *argument, size_t bytes)
{
    char *equals = strchr(argument, '=');
    if (!equals)
        return false;
    *equals = '\0';
    FILE *in = fopen(equals + 1, "rb");
    *candidate = (struct candidate){argument, xmalloc(bytes)};
    bool ok = in && fread(candidate->pixels, bytes, 1, in) == 1;
    if (in)
        fclose(in);
    return ok;
}

static int judge(int width, int height, int count, char **arguments)
{
    size_t bytes = (size_t)width * (size_t)height * 3;
    struct candidate *candidates = xcalloc((size_t)count, sizeof(*candidates));
    uint8_t *frame = xmalloc(bytes);
    for (int i = 0; i < count; i++) {
        if (!load(&candidates[i], arguments[i], bytes))
            return fail("a picture cannot be read, or has another size");
    }
    while (fread(frame, bytes, 1, stdin) == 1) {
        struct verdict best = {.beyond = SIZE_MAX};
        const char *name = "";
        for (int i = 0; i < count; i++) {
            struct verdict verdict = compare(frame, candidates[i].pixels, bytes);
            if (verdict.beyond < best.beyond || (verdict.beyond == best.beyond && verdict.worst < best.worst)) {
                best = verdict;
                name = candidates[i].name;
            }
        }
        printf("%s %zu %d\n", name, best.beyond, best.worst);
    }
    for (int i = 0; i < count; i++)
        free(candidates[i].pixels);
    free(candidates);
    free(frame);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "publish") == 0)
        return publish(argv[2], atoi(argv[3]), atoi(argv[4]));
    if (argc == 3 && strcmp(argv[1], "fetch") == 0)
        return fetch(argv[2]);
    if (argc == 3 && strcmp(argv[1], "close") == 0)
        return close_window(argv[2]);
    if (argc >= 5 && strcmp(argv[1], "judge") == 0)
        return judge(atoi(argv[2]), atoi(argv[3]), argc - 4, argv + 4);
    return fail("see the top of kit.c");
}
