#include <X11/Xlib.h>
#include <glib.h>
#include <unistd.h>

#include "base/log.h"
#include "video/screen.h"

static int handle_refusal(Display *display, XErrorEvent *event)
{
    char words[128];
    XGetErrorText(display, event->error_code, words, sizeof(words));
    log_warn("video/screen", "the X server refused request %d: %s", event->request_code, words);
    return 0;
}

/* Returning from here would end the process, and there is no other way out of Xlib. */
static int handle_loss(Display *display)
{
    log_warn("video/screen", "the X server is gone");
    for (;;)
        pause();
    return 0;
}

static gpointer install(gpointer data)
{
    XInitThreads();
    XSetErrorHandler(handle_refusal);
    XSetIOErrorHandler(handle_loss);
    return NULL;
}

bool screen_guard(struct error *err)
{
    static GOnce once = G_ONCE_INIT;
    g_once(&once, install, NULL);
    return true;
}
