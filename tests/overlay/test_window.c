/*
 * The window under Xvfb: title, class, 32 bits, the view's very pixels; and the key colour. Skipped where Xvfb or GLES 3 is
 * absent.
 */
#include "stage.h"

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "frame/frame.h"
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

static Window find_window(Window from)
{
    char *title = NULL;
    if (XFetchName(display, from, &title) && title) {
        bool is_ours = strcmp(title, "antiphon") == 0;
        XFree(title);
        if (is_ours)
            return from;
    }
    Window root, parent, *children = NULL, found = 0;
    unsigned count = 0;
    if (XQueryTree(display, from, &root, &parent, &children, &count)) {
        for (unsigned i = 0; i < count && !found; i++)
            found = find_window(children[i]);
        XFree(children);
    }
    return found;
}

struct shot {
    struct relay relay;
    struct frame_reader *reader;
    struct color ground;
    pid_t pid;
    int depth, differing;
    bool has_class, is_over;
};

static uint32_t expected(const struct shot *shot, uint32_t over)
{
    uint32_t rest = 255 - (over >> 24), out = 0;
    const float ground[4] = {shot->ground.b, shot->ground.g, shot->ground.r, 1};
    for (int i = 0; i < 4; i++) {
        float below = ground[i] * shot->ground.a * (float)rest;
        out |= ((over >> (8 * i) & 0xff) + (uint32_t)(below + 0.5f)) << (8 * i);
    }
    return out;
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
    for (int y = 0; y < HEIGHT; y++) {
        const uint32_t *row = (const uint32_t *)(const void *)(picture->pixels + (size_t)y * picture->stride_bytes);
        for (int x = 0; x < WIDTH; x++)
            differing += !is_near(expected(shot, row[x]), (uint32_t)XGetPixel(image, x, y), shot->depth == 32 ? 4 : 3);
    }
    return differing;
}

static bool has_card(const struct frame_picture *picture)
{
    return picture && picture->rows[HEIGHT * 2 / 3].count > 0;
}

/* True once the window shows the card exactly. */
static bool matches(void *data)
{
    struct shot *shot = data;
    int status;
    if (waitpid(shot->pid, &status, WNOHANG) == shot->pid) {
        shot->is_over = true;
        return true;
    }
    frame_reader_poll(shot->reader);
    const struct frame_picture *picture = frame_reader_picture(shot->reader);
    Window window = find_window(DefaultRootWindow(display));
    if (!window || !has_card(picture))
        return false;
    XWindowAttributes attributes;
    XClassHint hint = {0};
    XGetWindowAttributes(display, window, &attributes);
    if (attributes.map_state != IsViewable || attributes.width != WIDTH || attributes.height != HEIGHT)
        return false;
    shot->depth = attributes.depth;
    if (XGetClassHint(display, window, &hint)) {
        shot->has_class = strcmp(hint.res_class, "antiphon") == 0;
        XFree(hint.res_class);
        XFree(hint.res_name);
    }
    XImage *image = XGetImage(display, window, 0, 0, WIDTH, HEIGHT, AllPlanes, ZPixmap);
    if (!image)
        return false;
    shot->differing = count_differing(shot, image, picture);
    XDestroyImage(image);
    return shot->differing == 0;
}

static void show(struct shot *shot, const char *key)
{
    relay_start(&shot->relay, "{'views':{'main':{'question':{'id':1,'text':'Shown in a window?'}}},'is_blank':false}");
    relay_listen(&shot->relay);
    const struct overlay_view view = {.name = "main", .width_px = WIDTH, .height_px = HEIGHT};
    char *url = xasprintf("unix:%s", shot->relay.path), *frames = xasprintf("%s/frames-main.sock", shot->relay.folder);
    shot->reader = frame_reader_create(&(struct frame_reader_options){.path = frames});
    shot->pid = spawn_overlay(&(struct overlay_options){.relay = url, .views = &view, .view_count = 1,
        .frames_folder = shot->relay.folder, .window_view = "main", .window_key = key});
    bool is_shown = relay_serve_until(&shot->relay, matches, shot);
    if (!shot->is_over)
        end_overlay(shot->pid, SIGTERM);
    frame_reader_destroy(shot->reader);
    relay_stop(&shot->relay);
    free(url);
    free(frames);
    if (shot->is_over)
        skip();  // it has said why: no GLES 3 here
    if (!is_shown)
        fail_msg("%d px differ from the view's picture", shot->differing);
    assert_true(shot->has_class);
}

static void test_transparent(void **state)
{
    struct shot shot = {.ground = {0}};
    show(&shot, NULL);
    assert_int_equal(shot.depth, 32);
}

static void test_key(void **state)
{
    struct shot shot = {.ground = {0, 1, 0, 1}};
    show(&shot, "#00FF00");
}

int main(void)
{
    if (!start_xvfb()) {
        if (xvfb > 0)
            kill(xvfb, SIGTERM);
        print_message("Xvfb does not start here: skipped\n");
        return 77;  // meson: skipped
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_transparent), cmocka_unit_test(test_key)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    XCloseDisplay(display);
    kill(xvfb, SIGTERM);
    waitpid(xvfb, NULL, 0);
    return failed;
}
