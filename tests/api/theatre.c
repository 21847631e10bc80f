#include "theatre.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "net/loop.h"
#include "rehearsal/rehearsal.h"

struct theatre {
    struct loop *loop;
    struct rehearsal *rehearsal;
    json_t *addresses;
    pthread_t thread;
    sem_t done;
    // Of the call that is carried out.
    void (*fn)(struct theatre *theatre);
    const struct rehearsal_options *options;
    const struct message *message;
    const char *fault, *platform;
    json_t *state;
    struct error err;
};

static void *run(void *data)
{
    struct theatre *theatre = data;
    loop_run(theatre->loop, NULL);
    return NULL;
}

static void carry_out(void *data)
{
    struct theatre *theatre = data;
    theatre->fn(theatre);
    sem_post(&theatre->done);
}

static void call(struct theatre *theatre, void (*fn)(struct theatre *theatre))
{
    theatre->fn = fn;
    theatre->err = (struct error){0};
    loop_post(theatre->loop, carry_out, theatre);
    while (sem_wait(&theatre->done) != 0) {
    }
    if (theatre->err.code != ERROR_NONE)
        fail_msg("%s", theatre->err.text);
}

static void open_it(struct theatre *theatre)
{
    theatre->rehearsal = rehearsal_create(theatre->loop, theatre->options, &theatre->err);
    if (theatre->rehearsal)
        theatre->addresses = rehearsal_addresses(theatre->rehearsal);
}

struct theatre *theatre_open(const struct rehearsal_options *options)
{
    struct theatre *theatre = xcalloc(1, sizeof(*theatre));
    theatre->loop = loop_create(NULL);
    theatre->options = options;
    sem_init(&theatre->done, 0, 0);
    assert_int_equal(pthread_create(&theatre->thread, NULL, run, theatre), 0);
    call(theatre, open_it);
    return theatre;
}

static void close_it(struct theatre *theatre)
{
    rehearsal_destroy(theatre->rehearsal);
    loop_stop(theatre->loop);
}

void theatre_close(struct theatre *theatre)
{
    call(theatre, close_it);
    pthread_join(theatre->thread, NULL);
    loop_destroy(theatre->loop);
    sem_destroy(&theatre->done);
    json_decref(theatre->addresses);
    free(theatre);
}

json_t *theatre_source(const struct theatre *theatre, const char *connector)
{
    size_t index;
    json_t *source;
    json_array_foreach(json_object_get(theatre->addresses, "sources"), index, source) {
        if (strcmp(json_get_text(source, "connector"), connector) == 0)
            return json_incref(source);
    }
    fail_msg("the rehearsal knows no \"%s\"", connector);
    return NULL;
}

static void say_it(struct theatre *theatre)
{
    rehearsal_say(theatre->rehearsal, theatre->message);
}

void theatre_say(struct theatre *theatre, const struct message *message)
{
    theatre->message = message;
    call(theatre, say_it);
}

static void break_it(struct theatre *theatre)
{
    rehearsal_fault(theatre->rehearsal, theatre->fault, theatre->platform, 0, &theatre->err);
}

void theatre_fault(struct theatre *theatre, const char *fault, const char *platform)
{
    theatre->fault = fault;
    theatre->platform = platform;
    call(theatre, break_it);
}

static void look(struct theatre *theatre)
{
    theatre->state = rehearsal_state(theatre->rehearsal);
}

json_t *theatre_state(struct theatre *theatre)
{
    call(theatre, look);
    return theatre->state;
}

static void look_at_writes(struct theatre *theatre)
{
    theatre->state = json_deep_copy(rehearsal_writes(theatre->rehearsal, theatre->platform));
}

json_t *theatre_writes(struct theatre *theatre, const char *platform)
{
    theatre->platform = platform;
    call(theatre, look_at_writes);
    return theatre->state;
}
