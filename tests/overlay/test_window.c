/*
 * Windows under Xvfb with Mesa's software GL: title, class, 32 bits, the view's very pixels, key colour, no GL, GL lost,
 * several of them. Skipped where Xvfb or GLES 3 is absent.
 */
#include "stage.h"

#include <X11/Xatom.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/shape.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "frame/frame.h"
#include "overlay/window_key.h"
#include "relay.h"

enum { WIDTH = 480, HEIGHT = 270 };

static pid_t xvfb;
static Display *display;

/* Xvfb takes a free display by itself and tells its number. */
static bool start_xvfb(void)
{
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    xvfb = fork();
    if (xvfb == 0) {
        char fd[12];
        snprintf(fd, sizeof(fd), "%d", pipe_fds[1]);
        close(pipe_fds[0]);
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDERR_FILENO);
        execlp("Xvfb", "Xvfb", "-displayfd", fd, "-screen", "0", "800x600x24", "-nolisten", "tcp", (char *)NULL);
        _exit(127);
    }
    close(pipe_fds[1]);
    char number[16] = ":";
    FILE *in = fdopen(pipe_fds[0], "r");  // to the line's end: Xvfb gives up if nobody reads all of it
    char *line = fgets(number + 1, sizeof(number) - 1, in);
    fclose(in);
    if (!line)
        return false;
    number[1 + strcspn(number + 1, "\n")] = '\0';
    setenv("DISPLAY", number, 1);
    unsetenv("WAYLAND_DISPLAY");
    display = XOpenDisplay(NULL);
    return display != NULL;
}

static Window find_window(Window from, const char *wanted)
{
    char *title = NULL;
    if (XFetchName(display, from, &title) && title) {
        bool is_ours = strcmp(title, wanted) == 0;
        XFree(title);
        if (is_ours)
            return from;
    }
    Window root, parent, *children = NULL, found = 0;
    unsigned count = 0;
    if (XQueryTree(display, from, &root, &parent, &children, &count)) {
        for (unsigned i = 0; i < count && !found; i++)
            found = find_window(children[i], wanted);
        XFree(children);
    }
    return found;
}

struct shot {
    struct relay relay;
    struct frame_reader *reader;
    struct color key;      // alpha 0: none
    bool is_black;         // behind the picture, as there is nothing to key and no alpha
    const char *title;
    pid_t pid;
    int depth, differing;
    bool has_class, is_over;
};

static void expected_row(const struct shot *shot, const uint32_t *from, uint32_t *to)
{
    if (shot->key.a > 0)
        window_key_row(from, to, WIDTH, shot->key);
    else
        memcpy(to, from, WIDTH * sizeof(*to));  // over black, or over nothing: what is premultiplied stays as it is
}

static bool is_near(uint32_t a, uint32_t b, int channels)
{
    for (int i = 0; i < channels; i++) {
        if (abs((int)(a >> (8 * i) & 0xff) - (int)(b >> (8 * i) & 0xff)) > 2)
            return false;
    }
    return true;
}

static int count_differing(struct shot *shot, XImage *image, const struct frame_picture *picture)
{
    int differing = 0;
    uint32_t wanted[WIDTH];
    for (int y = 0; y < HEIGHT; y++) {
        expected_row(shot, (const uint32_t *)(const void *)(picture->pixels + (size_t)y * picture->stride_bytes), wanted);
        for (int x = 0; x < WIDTH; x++)
            differing += !is_near(wanted[x], (uint32_t)XGetPixel(image, x, y), shot->depth == 32 ? 4 : 3);
    }
    return differing;
}

static bool has_card(const struct frame_picture *picture)
{
    return picture && picture->rows[HEIGHT * 2 / 3].count > 0;
}

static void read_class(struct shot *shot, Window window)
{
    XClassHint hint = {0};
    if (!XGetClassHint(display, window, &hint))
        return;
    shot->has_class = strcmp(hint.res_class, "antiphon") == 0;
    XFree(hint.res_class);
    XFree(hint.res_name);
}

static bool is_process_over(struct shot *shot)
{
    int status;
    shot->is_over = shot->is_over || waitpid(shot->pid, &status, WNOHANG) == shot->pid;
    return shot->is_over;
}

/* NULL: it is not there, or not seen. */
static XImage *take_picture(struct shot *shot, Window window)
{
    XWindowAttributes attributes;
    XGetWindowAttributes(display, window, &attributes);
    if (attributes.map_state != IsViewable || attributes.width != WIDTH || attributes.height != HEIGHT)
        return NULL;
    shot->depth = attributes.depth;
    read_class(shot, window);
    return XGetImage(display, window, 0, 0, WIDTH, HEIGHT, AllPlanes, ZPixmap);
}

/* True once the window shows the card exactly. */
static bool matches(void *data)
{
    struct shot *shot = data;
    if (is_process_over(shot))
        return true;
    frame_reader_poll(shot->reader);
    const struct frame_picture *picture = frame_reader_picture(shot->reader);
    Window window = find_window(DefaultRootWindow(display), shot->title);
    XImage *image = window && has_card(picture) ? take_picture(shot, window) : NULL;
    if (!image)
        return false;
    shot->differing = count_differing(shot, image, picture);
    XDestroyImage(image);
    return shot->differing == 0;
}

/* A window that is remade while we look at it is gone for X: that is no error of the test's. */
static int ignore_error(Display *of, XErrorEvent *event)
{
    return 0;
}

static void begin(struct shot *shot, const struct overlay_window *windows, size_t count)
{
    static const char *const on_air = "{'views':{'main':{'question':{'id':1,'text':'Shown in a window?'}},"
        "'second':{'question':{'id':1,'text':'Shown in a window?'}}},'is_blank':false}";
    relay_start(&shot->relay, on_air);
    relay_listen(&shot->relay);
    const struct overlay_view views[] = {{.name = "main", .width_px = WIDTH, .height_px = HEIGHT},
        {.name = "second", .width_px = WIDTH, .height_px = HEIGHT}};
    char *url = xasprintf("unix:%s", shot->relay.path), *frames = xasprintf("%s/frames-main.sock", shot->relay.folder);
    shot->reader = frame_reader_create(&(struct frame_reader_options){.path = frames});
    shot->pid = spawn_overlay(&(struct overlay_options){.relay = url, .views = views, .view_count = 2,
        .frames_folder = shot->relay.folder, .windows = windows, .window_count = count});
    shot->title = windows[0].title;
    free(url);
    free(frames);
}

static void wait_for_picture(struct shot *shot)
{
    bool is_shown = relay_serve_until(&shot->relay, matches, shot);
    if (shot->is_over)
        return;
    if (!is_shown)
        fail_msg("%s: %d px differ from the view's picture", shot->title, shot->differing);
    assert_true(shot->has_class);
}

static void end(struct shot *shot)
{
    if (!shot->is_over)
        end_overlay(shot->pid, SIGTERM);
    frame_reader_destroy(shot->reader);
    relay_stop(&shot->relay);
    if (shot->is_over)
        skip();  // it has said why: no GLES 3 here
}

static void test_ways(void **state)
{
    static const struct {
        const char *name, *key, *variable, *value;
        struct color ground;
        int depth;
    } ways[] = {
        {"transparent", NULL, NULL, NULL, {0}, 32},
        {"key", "#00FF00", NULL, NULL, {0, 1, 0, 1}, 24},
        {"the card's own colour as key", "#B4532F", NULL, NULL, {0.7059f, 0.3255f, 0.1843f, 1}, 24},
        {"no GL: SDL's renderer on black", NULL, "__EGL_VENDOR_LIBRARY_FILENAMES", "/nonexistent", {0}, 24},
        {"no GL: SDL's renderer on a key", "#FF00FF", "__EGL_VENDOR_LIBRARY_FILENAMES", "/nonexistent", {1, 0, 1, 1}, 24},
        {"GL lost while a card enters", "#00FF00", "ANTIPHON_TEST_LOSE_GL", "1", {0, 1, 0, 1}, 24},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        struct shot shot = {.key = ways[i].ground};
        const struct overlay_window window = {.view = "main", .title = "antiphon", .key = ways[i].key};
        if (ways[i].variable)
            setenv(ways[i].variable, ways[i].value, 1);
        begin(&shot, &window, 1);
        if (ways[i].variable)
            unsetenv(ways[i].variable);
        wait_for_picture(&shot);
        if (!shot.is_over && shot.depth != ways[i].depth)
            fail_msg("%s: %d bits", ways[i].name, shot.depth);
        end(&shot);
    }
}

/* ---- what a desktop is asked for */

static bool has_state(Window window, const char *wanted)
{
    Atom type, *states = NULL;
    int format;
    unsigned long count = 0, rest;
    XGetWindowProperty(display, window, XInternAtom(display, "_NET_WM_STATE", False), 0, 16, False, XA_ATOM, &type, &format,
        &count, &rest, (unsigned char **)&states);
    bool has = false;
    for (unsigned long i = 0; i < count; i++)
        has |= states[i] == XInternAtom(display, wanted, False);
    if (states)
        XFree(states);
    return has;
}

static bool is_undecorated(Window window)
{
    Atom type, hints = XInternAtom(display, "_MOTIF_WM_HINTS", False);
    int format;
    unsigned long count = 0, rest, *values = NULL;
    XGetWindowProperty(display, window, hints, 0, 5, False, hints, &type, &format, &count, &rest, (unsigned char **)&values);
    bool is = count >= 3 && values[2] == 0;
    if (values)
        XFree(values);
    return is;
}

static bool gets_clicks(Window window)
{
    int count = 0, order;
    XRectangle *boxes = XShapeGetRectangles(display, window, ShapeInput, &count, &order);
    if (boxes)
        XFree(boxes);
    return count > 0;
}

static void test_several(void **state)
{
    struct shot shot = {0};
    const struct overlay_window windows[] = {
        {.view = "main", .title = "antiphon: main"},
        {.view = "second", .title = "antiphon: second", .is_borderless = true, .is_on_top = true, .is_click_through = true},
    };
    begin(&shot, windows, 2);
    for (size_t i = 0; i < 2; i++) {
        shot.title = windows[i].title;
        wait_for_picture(&shot);
        Window window = find_window(DefaultRootWindow(display), windows[i].title);
        assert_int_equal(has_state(window, "_NET_WM_STATE_ABOVE"), windows[i].is_on_top);
        assert_int_equal(is_undecorated(window), windows[i].is_borderless);
        assert_int_equal(gets_clicks(window), !windows[i].is_click_through);
    }
    end(&shot);
}

/* ---- other sizes */

static uint32_t mean_of_four(const uint32_t *row, const uint32_t *next, int x)
{
    uint32_t out = 0;
    for (int shift = 0; shift < 32; shift += 8) {
        uint32_t sum = (row[x] >> shift & 0xff) + (row[x + 1] >> shift & 0xff) + (next[x] >> shift & 0xff) +
            (next[x + 1] >> shift & 0xff);
        out |= (sum + 2) / 4 << shift;
    }
    return out;
}

/* A window half as large shows the mean of each four pixels: no line of a letter is lost. */
static bool is_halved(void *data)
{
    struct shot *shot = data;
    frame_reader_poll(shot->reader);
    const struct frame_picture *picture = frame_reader_picture(shot->reader);
    Window window = find_window(DefaultRootWindow(display), shot->title);
    if (is_process_over(shot) || !window || !has_card(picture))
        return shot->is_over;
    XResizeWindow(display, window, WIDTH / 2, HEIGHT / 2);
    XImage *image = XGetImage(display, window, 0, 0, WIDTH / 2, HEIGHT / 2, AllPlanes, ZPixmap);
    if (!image)
        return false;
    shot->differing = 0;
    for (int y = 0; y < HEIGHT / 2; y++) {
        const uint32_t *row = (const uint32_t *)(const void *)(picture->pixels + (size_t)y * 2 * picture->stride_bytes);
        const uint32_t *next = (const uint32_t *)(const void *)((const char *)row + picture->stride_bytes);
        for (int x = 0; x < WIDTH / 2; x++)
            shot->differing += !is_near(mean_of_four(row, next, x * 2), (uint32_t)XGetPixel(image, x, y), 3);
    }
    XDestroyImage(image);
    return shot->differing == 0;
}

static void test_scaled(void **state)
{
    struct shot shot = {0};
    const struct overlay_window window = {.view = "main", .title = "antiphon"};
    begin(&shot, &window, 1);
    if (!relay_serve_until(&shot.relay, is_halved, &shot))
        fail_msg("%d px of the halved picture differ", shot.differing);
    end(&shot);
}

/* Unmapped as a minimised one is; what came on air in the meantime is seen at once when it is back. */
static void test_minimised(void **state)
{
    struct shot shot = {0};
    const struct overlay_window window = {.view = "main", .title = "antiphon"};
    begin(&shot, &window, 1);
    wait_for_picture(&shot);
    Window id = find_window(DefaultRootWindow(display), "antiphon");
    XUnmapWindow(display, id);
    XSync(display, False);
    shot.relay.revision = "x:2";
    shot.relay.on_air = "{'views':{'main':{'question':{'id':2,'text':'Came meanwhile?'}}},'is_blank':false}";
    relay_tell(&shot.relay, "on_air");
    XMapWindow(display, id);
    XSync(display, False);
    wait_for_picture(&shot);
    end(&shot);
}

int main(void)
{
    if (!start_xvfb()) {
        if (xvfb > 0)
            kill(xvfb, SIGTERM);
        print_message("Xvfb does not start here: skipped\n");
        return 77;  // meson: skipped
    }
    XSetErrorHandler(ignore_error);
    XInternAtom(display, "_MOTIF_WM_HINTS", False);  // SDL asks for it only where a window manager has named it
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ways), cmocka_unit_test(test_several),
        cmocka_unit_test(test_scaled), cmocka_unit_test(test_minimised)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    XCloseDisplay(display);
    kill(xvfb, SIGTERM);
    waitpid(xvfb, NULL, 0);
    return failed;
}
