/*
 * bench_decode.c - what it costs to make a message of a frame. Lines `name value unit`.
 * The tagged Twitch line is one for which tmi.js needed 8400 ns on a machine at rest; decode_tmi.cjs measures it anew.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "chat/message.h"
#include "connector/connector.h"
#include "connector/emote_table.h"
#include "connector/tiktok.pb-c.h"
#include "net/base64.h"

static const char twitch_line[] =
    "@badge-info=subscriber/14;badges=moderator/1,subscriber/12;client-nonce=6f1a0d;"
    "color=#1E90FF;display-name=Niloufar;emotes=25:0-4;first-msg=0;flags=;id=7f1c2a54-0b7e-4a51-9d52-2f4d1d0e9a11;"
    "mod=1;returning-chatter=0;room-id=700100200;subscriber=1;tmi-sent-ts=1795312845123;turbo=0;user-id=510220330;"
    "user-type=mod :niloufar!niloufar@niloufar.tmi.twitch.tv PRIVMSG #barg_e_sabz :Kappa \xd8\xa7\xdb\x8c\xd9\x86 "
    "\xd8\xa2\xd9\x87\xd9\x86\xda\xaf what does this song mean to you? And will there be another one tonight";

static void count(void *data, struct message *message)
{
    *(size_t *)data += message->is.text.len;
}

/* The best of several runs: what the work costs when nobody else takes the machine away. */
enum { RUNS = 25 };

static double ours_ns(struct connector *connector, const char *frame, size_t len, int rounds)
{
    int64_t start = clock_monotonic_ns();
    for (int i = 0; i < rounds; i++)
        connector_receive(connector, frame, len, NULL);
    return (double)(clock_monotonic_ns() - start) / rounds;
}

static double jansson_ns(const char *frame, size_t len, int rounds)
{
    int64_t start = clock_monotonic_ns();
    for (int i = 0; i < rounds; i++)
        json_decref(json_loadb(frame, len, 0, NULL));
    return (double)(clock_monotonic_ns() - start) / rounds;
}

static void keep_least(double *least, double value)
{
    if (*least == 0 || value < *least)
        *least = value;
}

static void bench_twitch(void)
{
    size_t bytes = 0;
    struct connector_options options = {.deliver = count, .data = &bytes};
    struct connector *connector = connector_create_decoder("twitch", &options, NULL);
    printf("decode_twitch_line_bytes %zu bytes\n", sizeof(twitch_line) - 1);
    double ns = 0;
    for (int run = 0; run < RUNS; run++)
        keep_least(&ns, ours_ns(connector, twitch_line, sizeof(twitch_line) - 1, 10000));
    printf("decode_twitch %.0f ns\n", ns);
    connector_destroy(connector);
    if (bytes == 0)
        exit(1);
}

/* A frame of EventSub: chat with two emotes and a badge, which is the longest that comes often. */
static const char twitch_frame[] =
    "{\"metadata\":{\"message_id\":\"befa7b53-d79d-478f-86b9-120f112b044e\",\"message_type\":\"notification\","
    "\"message_timestamp\":\"2026-11-22T17:16:03.171067134Z\",\"subscription_type\":\"channel.chat.message\","
    "\"subscription_version\":\"1\"},\"payload\":{\"subscription\":{\"id\":\"f1c2a387-161a-49f9-a165-0f21d7a4e1c4\","
    "\"status\":\"enabled\",\"type\":\"channel.chat.message\",\"version\":\"1\",\"cost\":0,\"condition\":"
    "{\"broadcaster_user_id\":\"700100200\",\"user_id\":\"700100200\"},\"transport\":{\"method\":\"websocket\","
    "\"session_id\":\"AQoQILE98gtqShGmLD7AM6yJThAB\"},\"created_at\":\"2026-11-22T14:57:00.123Z\"},\"event\":"
    "{\"broadcaster_user_id\":\"700100200\",\"broadcaster_user_login\":\"barg_e_sabz\",\"broadcaster_user_name\":\"barg\","
    "\"chatter_user_id\":\"610330440\",\"chatter_user_login\":\"aming\",\"chatter_user_name\":\"\xe9\x98\xbf\xe6\x98\x8e\","
    "\"message_id\":\"cc106a89-1814-4d9d-854c-f4f2f970aae7\",\"message\":{\"text\":\"hello HeyGuys what does this song mean "
    "Kappa\",\"fragments\":[{\"type\":\"text\",\"text\":\"hello \",\"cheermote\":null,\"emote\":null,\"mention\":null},"
    "{\"type\":\"emote\",\"text\":\"HeyGuys\",\"cheermote\":null,\"emote\":{\"id\":\"30259\",\"emote_set_id\":\"0\","
    "\"owner_id\":\"0\",\"format\":[\"static\"]},\"mention\":null},{\"type\":\"text\",\"text\":\" what does this song mean \","
    "\"cheermote\":null,\"emote\":null,\"mention\":null},{\"type\":\"emote\",\"text\":\"Kappa\",\"cheermote\":null,\"emote\":"
    "{\"id\":\"25\",\"emote_set_id\":\"0\",\"owner_id\":\"0\",\"format\":[\"static\"]},\"mention\":null}]},"
    "\"color\":\"#00FF7F\",\"badges\":[{\"set_id\":\"subscriber\",\"id\":\"12\",\"info\":\"16\"}],\"message_type\":\"text\","
    "\"cheer\":null,\"reply\":null,\"channel_points_custom_reward_id\":null,\"source_broadcaster_user_id\":null,"
    "\"source_message_id\":null,\"source_badges\":null,\"is_source_only\":null}}}";

static void bench_twitch_event(void)
{
    size_t bytes = 0;
    struct connector_options options = {.deliver = count, .data = &bytes};
    struct connector *connector = connector_create_decoder("twitch", &options, NULL);
    size_t len = sizeof(twitch_frame) - 1;
    double ours = 0, jansson = 0;
    for (int run = 0; run < RUNS; run++) {
        keep_least(&ours, ours_ns(connector, twitch_frame, len, 1000));
        keep_least(&jansson, jansson_ns(twitch_frame, len, 1000));
    }
    printf("decode_twitch_event_bytes %zu bytes\n", len);
    printf("decode_twitch_event %.0f ns\n", ours);
    printf("decode_twitch_event_against_jansson %.2f times\n", ours / jansson);
    connector_destroy(connector);
    if (bytes == 0)
        exit(1);
}

/* A page as the stream sends it: items of the reference's shape, in several scripts. */
static char *youtube_page(size_t count)
{
    static const char *const texts[] = {
        "what does this song mean to you? :hand-pink-waving:",
        "\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 \xd8\xa7\xd8\xb2 \xd8\xb4\xdb\x8c\xd8\xb1\xd8\xa7\xd8\xb2 \xf0\x9f\x98\x82",
        "\xe5\x8a\xa0\xe6\xb2\xb9\xef\xbc\x81 good evening everybody",
    };
    struct buffer out = {0};
    buffer_add_string(&out, "{\"kind\":\"youtube#liveChatMessageListResponse\",\"etag\":\"abc\",\"pageInfo\":"
                      "{\"totalResults\":20,\"resultsPerPage\":20},\"nextPageToken\":\"GKS3prHW7v4CIJ\",\"items\":[");
    for (size_t i = 0; i < count; i++) {
        const char *text = texts[i % ARRAY_LENGTH(texts)];
        buffer_printf(&out, "%s{\"kind\":\"youtube#liveChatMessage\",\"etag\":\"Zq3x\",\"id\":\"LCC.EhwKGkNPX3RkdC1BbVpVREZRSEV3Z1FkX0hV%zu\","
            "\"snippet\":{\"type\":\"textMessageEvent\",\"liveChatId\":\"KicKGFVDZ3BCQ0RhYmNkZWZn\",\"authorChannelId\":\"UCsaraParsi0000000000000\","
            "\"publishedAt\":\"2026-11-22T18:20:45.123456+00:00\",\"hasDisplayContent\":true,\"displayMessage\":\"%s\",\"textMessageDetails\":{\"messageText\":\"%s\"}},"
            "\"authorDetails\":{\"channelId\":\"UCsaraParsi0000000000000\",\"channelUrl\":\"http://www.youtube.com/channel/UCsaraParsi0000000000000\","
            "\"displayName\":\"@sara_parsi\",\"profileImageUrl\":\"https://yt3.ggpht.com/abc=s88-c-k-c0x00ffffff-no-rj\",\"isVerified\":false,"
            "\"isChatOwner\":false,\"isChatSponsor\":true,\"isChatModerator\":true}}", i ? "," : "", i, text, text);
    }
    buffer_add_string(&out, "]}");
    return buffer_take(&out);
}

static void bench_youtube(void)
{
    enum { ITEMS = 20, ROUNDS = 100 };
    size_t bytes = 0;
    struct connector_options options = {.deliver = count, .data = &bytes};
    struct connector *connector = connector_create_decoder("youtube", &options, NULL);
    char *frame = youtube_page(ITEMS);
    size_t len = strlen(frame);
    double ours = 0, jansson = 0;
    for (int run = 0; run < RUNS; run++) {  // in turn, so that both meet the same machine
        keep_least(&ours, ours_ns(connector, frame, len, ROUNDS));
        keep_least(&jansson, jansson_ns(frame, len, ROUNDS));
    }
    printf("decode_youtube_page_bytes %zu bytes\n", len);
    printf("decode_youtube_item %.0f ns\n", ours / ITEMS);
    printf("jansson_youtube_item %.0f ns\n", jansson / ITEMS);
    printf("decode_youtube_against_jansson %.2f times\n", ours / jansson);
    connector_destroy(connector);
    free(frame);
    if (bytes == 0)
        exit(1);
}

/* An answer of the web page's chat: names, pictures, badges and runs as the page sends them. */
static char *youtube_web_page(size_t count)
{
    struct buffer out = {0};
    buffer_add_string(&out, "{\"continuationContents\":{\"liveChatContinuation\":{\"continuations\":[{\"timedContinuationData\":"
                      "{\"timeoutMs\":4832,\"continuation\":\"0ofMyAPQ\"}}],\"actions\":[");
    for (size_t i = 0; i < count; i++)
        buffer_printf(&out, "%s{\"addChatItemAction\":{\"item\":{\"liveChatTextMessageRenderer\":{\"message\":{\"runs\":[{\"text\":"
            "\"\xd9\x85\xd8\xb1\xd8\xad\xd8\xa8\xd8\xa7 what is the next song \"},{\"emoji\":{\"emojiId\":\"UCkszU2WH9gy1mb0dV-11UJg/CIW60IPp\","
            "\"shortcuts\":[\":yt:\"],\"isCustomEmoji\":true,\"image\":{\"thumbnails\":[{\"url\":\"https://yt3.ggpht.com/e=w24-h24\","
            "\"width\":24,\"height\":24}]}}}]},\"authorName\":{\"simpleText\":\"@sara_parsi\"},\"authorPhoto\":{\"thumbnails\":[{\"url\":"
            "\"https://yt4.ggpht.com/a=s32\",\"width\":32,\"height\":32},{\"url\":\"https://yt4.ggpht.com/a=s64\",\"width\":64,\"height\":64}]},"
            "\"contextMenuEndpoint\":{\"commandMetadata\":{\"webCommandMetadata\":{\"ignoreNavigation\":true}},\"liveChatItemContextMenuEndpoint\":"
            "{\"params\":\"Q2g0S0hBb2FRMHRJWTNGZlgyZzA=\"}},\"id\":\"ChwKGkNKRG%zu\",\"timestampUsec\":\"1795371645123456\",\"authorBadges\":"
            "[{\"liveChatAuthorBadgeRenderer\":{\"icon\":{\"iconType\":\"MODERATOR\"},\"tooltip\":\"Moderator\"}}],"
            "\"authorExternalChannelId\":\"UCsaraParsi0000000000000\",\"contextMenuAccessibility\":{\"accessibilityData\":"
            "{\"label\":\"Chat actions\"}}}},\"clientId\":\"CJ%zu\"}}", i ? "," : "", i, i);
    buffer_add_string(&out, "]}}}");
    return buffer_take(&out);
}

static void bench_youtube_web(void)
{
    enum { ITEMS = 20, ROUNDS = 100 };
    size_t bytes = 0;
    struct connector_options options = {.deliver = count, .data = &bytes};
    struct connector *connector = connector_create_decoder("youtube", &options, NULL);
    char *frame = youtube_web_page(ITEMS);
    size_t len = strlen(frame);
    double ours = 0, jansson = 0;
    for (int run = 0; run < RUNS; run++) {
        keep_least(&ours, ours_ns(connector, frame, len, ROUNDS));
        keep_least(&jansson, jansson_ns(frame, len, ROUNDS));
    }
    printf("decode_youtube_web_item %.0f ns\n", ours / ITEMS);
    printf("decode_youtube_web_against_jansson %.2f times\n", ours / jansson);
    connector_destroy(connector);
    free(frame);
    if (bytes == 0)
        exit(1);
}

/* TikFinity's chat event as its samples show it. */
static const char tiktok_event[] =
    "{\"event\":\"chat\",\"data\":{\"comment\":\"\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 \xd8\xa7\xd8\xb2 \xd8\xaa\xd9\x87\xd8\xb1\xd8\xa7\xd9\x86 what is the next song?\","
    "\"userId\":\"6900000000000000123\",\"secUid\":\"MS4wLjABAAAAexample\",\"uniqueId\":\"sara.live\",\"nickname\":\"\xd8\xb3\xd8\xa7\xd8\xb1\xd8\xa7\","
    "\"profilePictureUrl\":\"https://p16.example/avatar.webp?x-expires=1795000000\",\"followRole\":1,\"userBadges\":[{\"type\":\"privilege\","
    "\"privilegeId\":\"7138381176787539748\",\"level\":12,\"badgeSceneType\":8}],\"userSceneTypes\":[8],\"userDetails\":{\"createTime\":\"0\","
    "\"bioDescription\":\"\",\"profilePictureUrls\":[\"https://p16.example/a.webp\"]},\"followInfo\":{\"followingCount\":120,\"followerCount\":45,"
    "\"followStatus\":1,\"pushStatus\":0},\"isModerator\":false,\"isNewGifter\":false,\"isSubscriber\":true,\"topGifterRank\":null,"
    "\"gifterLevel\":12,\"teamMemberLevel\":3,\"msgId\":\"7575000000000000001\",\"createTime\":\"1795354810123\","
    "\"tikfinityUserId\":1234567,\"tikfinityUsername\":\"mychannel\"}}";

static void bench_tiktok(void)
{
    enum { ROUNDS = 2000 };
    size_t bytes = 0, len = sizeof(tiktok_event) - 1;
    struct connector_options options = {.deliver = count, .data = &bytes};
    struct connector *connector = connector_create_decoder("tiktok", &options, NULL);
    double ours = 0, jansson = 0;
    for (int run = 0; run < RUNS; run++) {
        keep_least(&ours, ours_ns(connector, tiktok_event, len, ROUNDS));
        keep_least(&jansson, jansson_ns(tiktok_event, len, ROUNDS));
    }
    printf("decode_tiktok_event_bytes %zu bytes\n", len);
    printf("decode_tiktok_event %.0f ns\n", ours);
    printf("decode_tiktok_against_jansson %.2f times\n", ours / jansson);
    connector_destroy(connector);
    if (bytes == 0)
        exit(1);
}

static ProtobufCBinaryData bytes_of(const char *text)
{
    return (ProtobufCBinaryData){strlen(text), (uint8_t *)text};
}

/* A packed batch of the webcast: chat with all that a person usually carries. The caller calls buffer_fini(). */
static struct buffer webcast_frame(size_t events)
{
    ProtobufCBinaryData urls[] = {bytes_of("https://p16-sign.tiktokcdn.com/aweme/100x100/tos-maliva-avt-0068/7.heic"),
                                  bytes_of("https://p16-sign.tiktokcdn.com/aweme/100x100/tos-maliva-avt-0068/7.webp?x-expires=1795000000")};
    Tiktok__Image avatar = TIKTOK__IMAGE__INIT;
    avatar.n_url_list = 2;
    avatar.url_list = urls;
    Tiktok__BadgeLog log = TIKTOK__BADGE_LOG__INIT;
    log.privilege_id = bytes_of("7196929090442513157");
    log.level = bytes_of("7");
    Tiktok__Badge badge = TIKTOK__BADGE__INIT, *badges[] = {&badge, &badge};
    badge.scene_type = 10;
    badge.privilege_log_extra = &log;
    Tiktok__User user = TIKTOK__USER__INIT;
    user.id = 6900000000000000123;
    user.nickname = bytes_of("\xd8\xb3\xd8\xa7\xd8\xb1\xd8\xa7");
    user.display_id = bytes_of("sara.live");
    user.avatar_thumb = &avatar;
    user.n_badge_list = 2;
    user.badge_list = badges;
    Tiktok__Common common = TIKTOK__COMMON__INIT;
    common.msg_id = 7575000000000000021;
    common.create_time = 1795354820123;
    Tiktok__UserIdentity identity = TIKTOK__USER_IDENTITY__INIT;
    identity.subscriber = true;
    Tiktok__ChatEvent chat = TIKTOK__CHAT_EVENT__INIT;
    chat.common = &common;
    chat.user = &user;
    chat.user_identity = &identity;
    chat.content = bytes_of("\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 what does this song mean to you? And will there be another");
    uint8_t payload[2048];
    Tiktok__Inner inner = TIKTOK__INNER__INIT, *inners[64];
    inner.method = bytes_of("WebcastChatMessage");
    inner.payload = (ProtobufCBinaryData){tiktok__chat_event__pack(&chat, payload), payload};
    Tiktok__FetchResult result = TIKTOK__FETCH_RESULT__INIT;
    for (size_t i = 0; i < events; i++)
        inners[i] = &inner;
    result.n_messages = events;
    result.messages = inners;
    struct buffer batch = {0}, frame = {0}, text = {0};
    batch.len = tiktok__fetch_result__pack(&result, (uint8_t *)buffer_reserve(&batch, tiktok__fetch_result__get_packed_size(&result)));
    Tiktok__PushFrame push = TIKTOK__PUSH_FRAME__INIT;
    push.payload_type = bytes_of("msg");
    push.payload = (ProtobufCBinaryData){batch.len, (uint8_t *)batch.data};
    frame.len = tiktok__push_frame__pack(&push, (uint8_t *)buffer_reserve(&frame, tiktok__push_frame__get_packed_size(&push)));
    base64_encode(&text, frame.data, frame.len);
    buffer_fini(&batch);
    buffer_fini(&frame);
    return text;
}

/* From base64 on, which the wire does not have: what is printed is a little more than it costs. */
static void bench_webcast(void)
{
    enum { EVENTS = 20, ROUNDS = 200 };
    size_t bytes = 0;
    struct connector_options options = {.deliver = count, .data = &bytes};
    struct connector *connector = connector_create_decoder("tiktok", &options, NULL);
    struct buffer frame = webcast_frame(EVENTS);
    double ours = 0;
    for (int run = 0; run < RUNS; run++)
        keep_least(&ours, ours_ns(connector, frame.data, frame.len, ROUNDS));
    printf("decode_tiktok_webcast_event_bytes %zu bytes\n", frame.len * 3 / 4 / EVENTS);
    printf("decode_tiktok_webcast_event %.0f ns\n", ours / EVENTS);
    buffer_fini(&frame);
    connector_destroy(connector);
    if (bytes == 0)
        exit(1);
}

/* A post as the filtered stream sends it: docs/sources/x.md names the fields that we ask for. */
static const char x_post[] =
    "{\"data\":{\"id\":\"1990000000000000001\",\"text\":\"#question \xd8\xa8\xd8\xa7\xd8\xb2\xdb\x8c what comes next &amp; when? https://t.co/abcdefghij\","
    "\"author_id\":\"9876543210\",\"created_at\":\"2026-11-22T18:20:45.000Z\",\"conversation_id\":\"1990000000000000001\","
    "\"edit_history_tweet_ids\":[\"1990000000000000001\"],\"referenced_tweets\":[{\"type\":\"replied_to\",\"id\":\"1989999999999999999\"}],"
    "\"entities\":{\"hashtags\":[{\"start\":0,\"end\":9,\"tag\":\"question\"}],\"urls\":[{\"start\":40,\"end\":63,\"url\":\"https://t.co/abcdefghij\","
    "\"expanded_url\":\"https://example.org/a\",\"display_url\":\"example.org/a\"}]},\"lang\":\"fa\"},\"includes\":{\"users\":[{\"id\":\"9876543210\","
    "\"name\":\"Sara\",\"username\":\"sara_parsi\",\"profile_image_url\":\"https://pbs.twimg.com/profile_images/1/a_normal.jpg\",\"verified\":true,"
    "\"verified_type\":\"blue\"}]},\"matching_rules\":[{\"id\":\"1273026480692322304\",\"tag\":\"qa\"}]}";

static void bench_x(void)
{
    enum { ROUNDS = 2000 };
    size_t bytes = 0, len = sizeof(x_post) - 1;
    struct connector_options options = {.deliver = count, .data = &bytes};
    struct connector *connector = connector_create_decoder("x", &options, NULL);
    double ours = 0, jansson = 0;
    for (int run = 0; run < RUNS; run++) {
        keep_least(&ours, ours_ns(connector, x_post, len, ROUNDS));
        keep_least(&jansson, jansson_ns(x_post, len, ROUNDS));
    }
    printf("decode_x_post_bytes %zu bytes\n", len);
    printf("decode_x_post %.0f ns\n", ours);
    printf("decode_x_against_jansson %.2f times\n", ours / jansson);
    connector_destroy(connector);
    if (bytes == 0)
        exit(1);
}

static const char discord_frame[] =
    "{\"op\":0,\"s\":1337,\"t\":\"MESSAGE_CREATE\",\"d\":{\"id\":\"1310000000000000001\",\"channel_id\":\"3000000000000000000\",\"guild_id\":"
    "\"2000000000000000000\",\"type\":0,\"content\":\"\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 <:barg:900000000000000001> what does this song mean to you?\","
    "\"timestamp\":\"2026-11-22T18:20:45.123000+00:00\",\"edited_timestamp\":null,\"author\":{\"id\":\"1002\",\"username\":\"sara_parsi\","
    "\"discriminator\":\"0\",\"global_name\":\"Sara\",\"avatar\":\"a_abc123\",\"bot\":false,\"public_flags\":0,\"clan\":null},\"member\":{\"nick\":"
    "\"Sara P\",\"roles\":[\"4001\"],\"joined_at\":\"2024-01-01T00:00:00+00:00\",\"avatar\":null,\"deaf\":false,\"mute\":false},\"mentions\":[],"
    "\"mention_roles\":[],\"mention_everyone\":false,\"attachments\":[],\"embeds\":[],\"components\":[],\"flags\":0,\"tts\":false,\"pinned\":false,"
    "\"nonce\":\"17\"}}";

/* A frame that jansson parses, too: which part of the work is ours. */
/* A message at the door, with the emote, the quote and the badges that one in ten has. */
static const char door_message[] =
    "{\"kind\":\"chat\",\"platform\":\"mychat\",\"native_id\":\"885196de-7f1c-4a51-9d52-2f4d1d0e9a11\",\"time_ms\":1795312845123,"
    "\"author\":{\"id\":\"117166826\",\"login\":\"niloufar\",\"name\":\"\xd9\x86\xdb\x8c\xd9\x84\xd9\x88\xd9\x81\xd8\xb1\",\"roles\":[\"moderator\",\"subscriber\"],"
    "\"badges\":[\"subscriber/12\"],\"color\":\"#1E90FF\",\"avatar\":\"https://a.example/niloufar.png\"},"
    "\"text\":\"Kappa \xd8\xa7\xdb\x8c\xd9\x86 what does this song mean to you? And will there be another one tonight\","
    "\"emotes\":[{\"id\":\"25\",\"name\":\"Kappa\",\"from\":0,\"to\":5,\"url\":\"https://e.example/25\"}],"
    "\"reply_to\":{\"native_id\":\"885196de-7f1c\",\"author\":\"anna\",\"text\":\"good evening everybody\"}}";

/* As the extension sends it: with its picture, its badges and its empty fields. */
static const char socialstream_object[] =
    "{\"chatname\":\"\xe5\xb0\x8f\xe7\xbe\x8e\",\"chatbadges\":[\"https://static.example/badge.png\",{\"type\":\"text\",\"text\":\"Lv12\",\"bgcolor\":\"#224\","
    "\"color\":\"#fff\"}],\"nameColor\":\"#7FD4FF\",\"chatmessage\":\"\xe6\x99\x9a\xe4\xb8\x8a\xe5\xa5\xbd <img src=\\\"https://static.example/emote.png\\\" "
    "alt=\\\":wave:\\\" class=\\\"regular-emote\\\"/> what does this song mean to you? &lt;3\",\"textonly\":false,\"chatimg\":"
    "\"https://yt3.example/a.jpg\",\"hasDonation\":\"\",\"membership\":\"\",\"contentimg\":\"\",\"type\":\"youtube\",\"sourceName\":\"My Channel\",\"userid\":"
    "\"UC0000000000000000000001\",\"moderator\":false,\"event\":false,\"id\":412,\"meta\":{\"messageId\":\"LCC.EhwKGkNJexample\"},\"tid\":771}";

static void bench_json(const char *platform, const char *frame)
{
    enum { ROUNDS = 5000 };
    size_t bytes = 0, len = strlen(frame);
    struct connector_options options = {.deliver = count, .data = &bytes};
    struct connector *connector = connector_create_decoder(platform, &options, NULL);
    double ours = 0, jansson = 0;
    for (int run = 0; run < RUNS; run++) {
        keep_least(&ours, ours_ns(connector, frame, len, ROUNDS));
        keep_least(&jansson, jansson_ns(frame, len, ROUNDS));
    }
    printf("decode_%s_bytes %zu bytes\n", platform, len);
    printf("decode_%s %.0f ns\n", platform, ours);
    printf("jansson_%s %.0f ns\n", platform, jansson);
    printf("decode_%s_against_jansson %.2f times\n", platform, ours / jansson);
    connector_destroy(connector);
    if (bytes == 0)
        exit(1);
}

/* A line of IRCv3 as InspIRCd sends it, in a channel of a thousand. */
/* What third-party emotes cost a message that has none of them: 3,000 words are known. */
static void bench_emotes(void)
{
    enum { ROUNDS = 20000, WORDS = 3000 };
    static const char text[] = "Kappa \xd8\xa7\xdb\x8c\xd9\x86 \xd8\xa2\xd9\x87\xd9\x86\xda\xaf what does this song mean to you? And will there be";
    struct emote_table *table = emote_table_create();
    struct emote_finds finds = {0};
    for (int i = 0; i < WORDS; i++) {
        char word[24];
        int len = snprintf(word, sizeof(word), "%s%d", i % 3 ? "peepoHappy" : "catJAM", i);
        emote_table_add(table, (struct str){word, (size_t)len}, STR("7tv:1"), STR("https://e.example/1"));
    }
    double least = 0;
    for (int run = 0; run < RUNS; run++) {
        int64_t start = clock_monotonic_ns();
        for (int i = 0; i < ROUNDS; i++) {
            struct message_draft draft = {.text = STR(text)};
            emote_table_apply(table, &draft, &finds);
            if (draft.emote_count > 0)
                exit(1);
        }
        keep_least(&least, (double)(clock_monotonic_ns() - start) / ROUNDS);
    }
    printf("emotes_text_bytes %zu bytes\n", sizeof(text) - 1);
    printf("emotes_without_hit %.0f ns\n", least);
    free(finds.found);
    emote_table_destroy(table);
}

static void bench_irc(void)
{
    static const char line[] =
        "@time=2026-11-22T10:00:00.123Z;msgid=00A~1795354810~0;account=niloufar;+draft/reply=00A~1795354809~7 "
        ":niloufar!~nilou@2001:db8::17 PRIVMSG #barg_e_sabz :\xd8\xa7\xdb\x8c\xd9\x86 "
        "\xd8\xa2\xd9\x87\xd9\x86\xda\xaf what does \x02this song\x02 mean to you? And will there be another one tonight";
    size_t bytes = 0;
    struct connector_options options = {.deliver = count, .data = &bytes};
    struct connector *connector = connector_create_decoder("irc", &options, NULL);
    for (int i = 0; i < 1000; i++) {
        char name[64];
        int len = snprintf(name, sizeof(name), ":irc.test 353 me = #barg_e_sabz :+user%d", i);
        connector_receive(connector, name, (size_t)len, NULL);
    }
    double ns = 0;
    for (int run = 0; run < RUNS; run++)
        keep_least(&ns, ours_ns(connector, line, sizeof(line) - 1, 10000));
    printf("decode_irc_line_bytes %zu bytes\n", sizeof(line) - 1);
    printf("decode_irc %.0f ns\n", ns);
    connector_destroy(connector);
    if (bytes == 0)
        exit(1);
}

/* Kick puts JSON into a string of JSON: jansson has to parse both. */
static double jansson_twice_ns(const char *frame, size_t len, int rounds)
{
    int64_t start = clock_monotonic_ns();
    for (int i = 0; i < rounds; i++) {
        json_t *outer = json_loadb(frame, len, 0, NULL), *data = json_object_get(outer, "data");
        json_decref(json_loadb(json_string_value(data), json_string_length(data), 0, NULL));
        json_decref(outer);
    }
    return (double)(clock_monotonic_ns() - start) / rounds;
}

static const char kick_frame[] =
    "{\"event\":\"App\\\\Events\\\\ChatMessageEvent\",\"channel\":\"chatrooms.4567890.v2\",\"data\":\"{\\\"id\\\":"
    "\\\"3f0c2b1e-77a4-4a35-8a5d-0d4b8a2f6c11\\\",\\\"chatroom_id\\\":4567890,\\\"content\\\":\\\"\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 "
    "[emote:37226:KEKW] \xf0\x9f\x98\x82 what does this song mean to you?\\\",\\\"type\\\":\\\"message\\\",\\\"created_at\\\":"
    "\\\"2026-11-22T18:20:45+00:00\\\",\\\"sender\\\":{\\\"id\\\":987654,\\\"username\\\":\\\"Sara_P\\\",\\\"slug\\\":\\\"sara-p\\\","
    "\\\"identity\\\":{\\\"color\\\":\\\"#75FD46\\\",\\\"badges\\\":[{\\\"type\\\":\\\"moderator\\\",\\\"text\\\":\\\"Moderator\\\"},"
    "{\\\"type\\\":\\\"subscriber\\\",\\\"text\\\":\\\"Subscriber\\\",\\\"count\\\":3}]}},\\\"metadata\\\":{\\\"message_ref\\\":"
    "\\\"1795371645000\\\"}}\"}";

static void bench_kick(void)
{
    enum { ROUNDS = 5000 };
    size_t bytes = 0, len = sizeof(kick_frame) - 1;
    struct connector_options options = {.deliver = count, .data = &bytes};
    struct connector *connector = connector_create_decoder("kick", &options, NULL);
    double ours = 0, jansson = 0;
    for (int run = 0; run < RUNS; run++) {
        keep_least(&ours, ours_ns(connector, kick_frame, len, ROUNDS));
        keep_least(&jansson, jansson_twice_ns(kick_frame, len, ROUNDS));
    }
    printf("decode_kick_bytes %zu bytes\n", len);
    printf("decode_kick %.0f ns\n", ours);
    printf("jansson_kick %.0f ns\n", jansson);
    printf("decode_kick_against_jansson %.2f times\n", ours / jansson);
    connector_destroy(connector);
    if (bytes == 0)
        exit(1);
}

/* Comments that are known already are not delivered again: each has an id of its own. */
static void bench_facebook(void)
{
    enum { COMMENTS = 8192 };
    static char frames[COMMENTS][260];
    size_t bytes = 0;
    struct connector_options options = {.deliver = count, .data = &bytes};
    struct connector *connector = connector_create_decoder("facebook", &options, NULL);
    for (int i = 0; i < COMMENTS; i++)
        snprintf(frames[i], sizeof(frames[i]), "{\"id\":\"911936075671494_91193676900%04d\",\"created_time\":\"2026-11-22T18:20:45+0000\","
                 "\"from\":{\"name\":\"\xd8\xb3\xd8\xa7\xd8\xb1\xd8\xa7\",\"id\":\"552524095105158\"},\"message\":\"\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 \xf0\x9f\x98\x82 "
                 "what does this song mean to you? And will there be another one tonight\"}", i);
    double ours = 0, jansson = 0;
    for (int run = 0; run < RUNS; run++) {
        int64_t start = clock_monotonic_ns();
        for (int i = 0; i < COMMENTS; i++)
            connector_receive(connector, frames[i], strlen(frames[i]), NULL);
        keep_least(&ours, (double)(clock_monotonic_ns() - start) / COMMENTS);
        start = clock_monotonic_ns();
        for (int i = 0; i < COMMENTS; i++)
            json_decref(json_loadb(frames[i], strlen(frames[i]), 0, NULL));
        keep_least(&jansson, (double)(clock_monotonic_ns() - start) / COMMENTS);
    }
    printf("decode_facebook %.0f ns\n", ours);
    printf("jansson_facebook %.0f ns\n", jansson);
    printf("decode_facebook_against_jansson %.2f times\n", ours / jansson);
    connector_destroy(connector);
    if (bytes == 0)
        exit(1);
}

static const char instagram_frame[] =
    "{\"object\":\"instagram\",\"entry\":[{\"id\":\"17841405822304914\",\"time\":1795371645,\"changes\":[{\"field\":\"live_comments\","
    "\"value\":{\"id\":\"17865799348089039\",\"from\":{\"id\":\"232323232\",\"username\":\"aming\",\"self_ig_scoped_id\":"
    "\"2105722729836161\"},\"media\":{\"id\":\"90077\",\"media_product_type\":\"LIVE\"},\"text\":\"\\u4f60\\u597d \\ud83c\\udf89 what "
    "does this song mean to you?\",\"parent_id\":\"1231231234\"}}]}]}";

/* A page of twenty comments, each time of others: what was told is not told again. */
static char *reddit_page(unsigned round)
{
    enum { COMMENTS = 20 };
    struct buffer out = {0};
    buffer_add_string(&out, "[{\"kind\":\"Listing\",\"data\":{\"children\":[{\"kind\":\"t3\",\"data\":{\"id\":\"1abcde\",\"title\":\"Q&A\","
                      "\"subreddit\":\"barg\",\"locked\":false,\"archived\":false}}]}},{\"kind\":\"Listing\",\"data\":{\"children\":[");
    for (unsigned i = 0; i < COMMENTS; i++)
        buffer_printf(&out, "%s{\"kind\":\"t1\",\"data\":{\"subreddit_id\":\"t5_2qh0u\",\"approved_at_utc\":null,\"id\":\"m%07u\",\"name\":\"t1_m%07u\","
            "\"parent_id\":\"t3_1abcde\",\"link_id\":\"t3_1abcde\",\"author\":\"sara_parsi\",\"author_fullname\":\"t2_9abc\",\"body\":\"\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 what does "
            "this song mean to you?\",\"created_utc\":1795371645.0,\"edited\":false,\"distinguished\":null,\"is_submitter\":false,\"stickied\":false,"
            "\"score\":1,\"subreddit\":\"barg\",\"permalink\":\"/r/barg/comments/1abcde/_/m1x2y3/\",\"author_flair_text\":null,\"all_awardings\":[],"
            "\"replies\":\"\"}}", i ? "," : "", round * COMMENTS + i, round * COMMENTS + i);
    buffer_add_string(&out, "]}}]");
    return buffer_take(&out);
}

static void bench_reddit(void)
{
    enum { PAGES = 200 };
    size_t bytes = 0;
    struct connector_options options = {.deliver = count, .data = &bytes};
    double ours = 0, jansson = 0;
    char *pages[PAGES];
    for (unsigned i = 0; i < PAGES; i++)
        pages[i] = reddit_page(i);
    for (int run = 0; run < RUNS; run++) {
        struct connector *connector = connector_create_decoder("reddit", &options, NULL);
        double ours_run = 0, jansson_run = 0;
        for (unsigned i = 0; i < PAGES; i++) {
            ours_run += ours_ns(connector, pages[i], strlen(pages[i]), 1);
            jansson_run += jansson_ns(pages[i], strlen(pages[i]), 1);
        }
        keep_least(&ours, ours_run / PAGES);
        keep_least(&jansson, jansson_run / PAGES);
        connector_destroy(connector);
    }
    printf("decode_reddit_page_bytes %zu bytes\n", strlen(pages[0]));
    printf("decode_reddit_comment %.0f ns\n", ours / 20);
    printf("decode_reddit_against_jansson %.2f times\n", ours / jansson);
    for (unsigned i = 0; i < PAGES; i++)
        free(pages[i]);
    if (bytes == 0)
        exit(1);
}

int main(void)
{
    bench_reddit();
    bench_kick();
    bench_facebook();
    bench_json("instagram", instagram_frame);
    bench_emotes();
    bench_irc();
    bench_x();
    bench_tiktok();
    bench_webcast();
    bench_json("discord", discord_frame);
    bench_json("door", door_message);
    bench_json("socialstream", socialstream_object);
    bench_twitch();
    bench_twitch_event();
    bench_youtube();
    bench_youtube_web();
    return 0;
}
