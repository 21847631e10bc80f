/* The queue's promises after every step. */
#include "relay_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "net/loop.h"
#include "relay/queue.h"

struct ear {
    struct queue_listener listener;
    char heard[1024];
    bool leaves;
};

static void hear(struct ear *ear, const char *word, uint64_t id)
{
    size_t len = strlen(ear->heard);
    snprintf(ear->heard + len, sizeof(ear->heard) - len, "%s%d ", word, (int)id);
}

static void hear_messages(void *data, struct message *const *messages, size_t count)
{
    struct ear *ear = data;
    hear(ear, "x", count);
    for (size_t i = 0; i < count; i++)
        hear(ear, "", messages[i]->id);
    if (ear->leaves)
        queue_remove_listener(&ear->listener);
}

static void hear_removed(void *data, const struct queue_removal *removal)
{
    struct ear *ear = data;
    for (size_t i = 0; i < removal->id_count; i++)
        hear(ear, "-", removal->ids[i]);
    if (removal->id_count == 0)
        hear(ear, "-none", removal->up_to);
}

static void hear_cleared(void *data, struct str source, uint64_t up_to)
{
    hear(data, "clear", up_to);
}

static void hear_changed(void *data, struct message *message)
{
    hear(data, "=", message->id);
}

static void listen(struct ear *ear, struct queue *queue)
{
    *ear = (struct ear){.listener = {.data = ear, .on_messages = hear_messages, .on_removed = hear_removed,
                                     .on_cleared = hear_cleared, .on_changed = hear_changed}};
    queue_add_listener(queue, &ear->listener);
}

static void push(struct queue *queue, uint64_t id, const char *native_id)
{
    struct message *message = fixture_chat(native_id, "text");
    message_stamp(message, id, 1);
    queue_push(queue, message, NULL);
    message_unref(message);
}

static uint64_t id_of(const struct message *message)
{
    return message ? message->id : 0;
}

static void ids_grow_and_are_found(void **state)
{
    struct queue *queue = queue_create(&(struct queue_options){.capacity = 4});
    assert_int_equal(queue_last_id(queue), 0);
    assert_null(queue_next(queue, 0));
    assert_null(queue_previous(queue, 0));
    static const uint64_t ids[] = {3, 4, 10, 11, 1000000, 1000001};
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%d", (int)ids[i]);
        push(queue, ids[i], name);
        size_t held = i + 1 < 4 ? i + 1 : 4;
        assert_int_equal(queue_count(queue), held);
        assert_int_equal(queue_last_id(queue), ids[i]);
        assert_int_equal(id_of(queue_previous(queue, 0)), ids[i]);
        uint64_t walk = 0;
        for (size_t j = 0; j <= i; j++) {
            bool is_held = j + held > i;
            snprintf(name, sizeof(name), "n%d", (int)ids[j]);
            assert_int_equal(id_of(queue_find(queue, ids[j])), is_held ? ids[j] : 0);
            assert_int_equal(id_of(queue_find_native(queue, STR("twitch"), str_from(name))), is_held ? ids[j] : 0);
            assert_null(queue_find_native(queue, STR("youtube"), str_from(name)));
            assert_null(queue_find(queue, ids[j] + 500));
            if (is_held) {
                walk = id_of(queue_next(queue, walk));
                assert_int_equal(walk, ids[j]);
            }
        }
        assert_null(queue_next(queue, walk));
    }
    assert_int_equal(id_of(queue_previous(queue, 11)), 10);
    assert_null(queue_previous(queue, 10));
    queue_destroy(queue);
}

static void listeners_hear_once_a_turn(void **state)
{
    struct loop *loop = fixture_loop();
    struct queue *queue = queue_create(&(struct queue_options){.loop = loop, .capacity = 8});
    struct ear ear, shy;
    listen(&ear, queue);
    listen(&shy, queue);
    shy.leaves = true;
    push(queue, 1, "a");
    push(queue, 2, "b");
    push(queue, 5, "c");
    assert_true(queue_remove_id(queue, 2, "deleted"));
    assert_string_equal(ear.heard, "-2 ");
    int done = 0;
    loop_post(loop, fixture_done, &done);
    fixture_run(loop, &done);
    assert_string_equal(ear.heard, "-2 x2 1 5 ");
    push(queue, 6, "d");
    done = 0;
    loop_post(loop, fixture_done, &done);
    fixture_run(loop, &done);
    assert_string_equal(ear.heard, "-2 x2 1 5 x1 6 ");
    assert_string_equal(shy.heard, "-2 x2 1 5 ");
    queue_remove_listener(&ear.listener);
    push(queue, 7, "e");
    queue_destroy(queue);  // with a wake-up still posted
    loop_destroy(loop);
}

static void a_burst_is_heard_whole(void **state)
{
    struct queue *queue = queue_create(&(struct queue_options){.capacity = 4});
    struct ear ear;
    listen(&ear, queue);
    for (uint64_t id = 1; id <= 6; id++)
        push(queue, id, "x");
    assert_string_equal(ear.heard, "x4 1 2 3 4 ");
    queue_flush(queue);
    assert_string_equal(ear.heard, "x4 1 2 3 4 x2 5 6 ");
    queue_flush(queue);
    assert_string_equal(ear.heard, "x4 1 2 3 4 x2 5 6 ");
    queue_remove_listener(&ear.listener);
    queue_destroy(queue);
}

static void what_is_removed_is_gone(void **state)
{
    struct queue *queue = queue_create(&(struct queue_options){.capacity = 16});
    for (uint64_t id = 1; id <= 6; id++) {
        struct message *message = message_create(&(struct message_draft){.kind = MESSAGE_CHAT,
            .platform = STR("twitch"), .source = id == 6 ? STR("twitch:bob") : STR("twitch:anna"),
            .native_id = id == 5 ? STR("five") : STR("same"),
            .author = {.id = id % 2 ? STR("odd") : STR("even")}, .text = STR("x")});
        message_stamp(message, id, 1);
        queue_push(queue, message, NULL);
        message_unref(message);
    }
    queue_flush(queue);
    struct ear ear;
    listen(&ear, queue);
    size_t count;
    queue_remove(queue, &(struct queue_removal){.platform = STR("twitch"), .source = STR("twitch:anna"),
                                                .author_id = STR("even"), .up_to = 100}, &count);
    assert_int_equal(count, 2);
    queue_remove(queue, &(struct queue_removal){.platform = STR("twitch"), .author_id = STR("odd"), .up_to = 3}, &count);
    assert_int_equal(count, 2);
    queue_remove(queue, &(struct queue_removal){.platform = STR("twitch"), .native_id = STR("five"), .up_to = 100}, &count);
    assert_int_equal(count, 1);
    queue_remove(queue, &(struct queue_removal){.platform = STR("twitch"), .native_id = STR("none"), .up_to = 9}, &count);
    assert_int_equal(count, 0);
    assert_string_equal(ear.heard, "-2 -4 -1 -3 -5 -none9 ");
    assert_int_equal(queue_count(queue), 1);
    assert_int_equal(id_of(queue_next(queue, 0)), 6);
    assert_null(queue_find(queue, 5));
    assert_null(queue_find_native(queue, STR("twitch"), STR("five")));
    assert_int_equal(id_of(queue_find_native(queue, STR("twitch"), STR("same"))), 6);
    // A question may hold what the queue has let go: listeners hear of it in any case.
    assert_false(queue_remove_id(queue, 5, "removed by anna"));
    assert_string_equal(ear.heard, "-2 -4 -1 -3 -5 -none9 -5 ");
    queue_remove_listener(&ear.listener);
    queue_destroy(queue);
}

static void cleared_and_changed(void **state)
{
    struct queue *queue = queue_create(&(struct queue_options){.capacity = 16});
    struct ear ear;
    push(queue, 1, "a");
    push(queue, 2, "b");
    queue_flush(queue);
    listen(&ear, queue);
    queue_clear(queue, STR("twitch:anna"), 1);
    assert_true(queue_is_cleared(queue, queue_find(queue, 1)));
    assert_false(queue_is_cleared(queue, queue_find(queue, 2)));
    struct message *changed = fixture_chat("b", "new text");
    message_stamp(changed, 2, 1);
    assert_true(queue_replace(queue, changed));
    assert_ptr_equal(queue_find(queue, 2), changed);
    assert_ptr_equal(queue_find_native(queue, STR("twitch"), STR("b")), changed);
    message_unref(changed);
    changed = fixture_chat("z", "never there");
    message_stamp(changed, 77, 1);
    assert_false(queue_replace(queue, changed));
    message_unref(changed);
    assert_string_equal(ear.heard, "clear1 =2 ");
    queue_remove_listener(&ear.listener);
    queue_destroy(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_grow_and_are_found),
        cmocka_unit_test(listeners_hear_once_a_turn),
        cmocka_unit_test(a_burst_is_heard_whole),
        cmocka_unit_test(what_is_removed_is_gone),
        cmocka_unit_test(cleared_and_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
