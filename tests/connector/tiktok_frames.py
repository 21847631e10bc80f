#!/usr/bin/env python3
"""Writes tests/data/tiktok/webcast-*.frames: protobuf byte by byte from the field tables, without any protobuf library.

The numbers here were typed from the protocol's tables and not from src/connector/proto: if one of the two is wrong, the
recorded cases fail. Run it after a change, look at what `antiphon decode tiktok` makes of the frames, and commit both.
usage: tiktok_frames.py FOLDER
"""
import base64
import gzip
import sys
from pathlib import Path


def varint(n):
    n &= (1 << 64) - 1
    out = b""
    while n > 0x7F:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def tag(number, wire):
    return varint(number << 3 | wire)


def field(number, value):
    """int and bool are varints, str and bytes are length-delimited, a list repeats the field."""
    if isinstance(value, list):
        return b"".join(field(number, one) for one in value)
    if isinstance(value, (bool, int)):
        return tag(number, 0) + varint(int(value))
    if isinstance(value, str):
        value = value.encode()
    return tag(number, 2) + varint(len(value)) + value


def msg(fields):
    """{number: value}; a nested dict is a message."""
    out = b""
    for number, value in fields.items():
        if isinstance(value, dict):
            value = msg(value)
        elif isinstance(value, list):
            value = [msg(one) if isinstance(one, dict) else one for one in value]
        out += field(number, value)
    return out


def packed(values):
    return b"".join(varint(v) for v in values)


# ---- Inner {1 method, 2 payload, 3 msg_id, 6 is_history}, FetchResult, PushFrame ----

def inner(method, payload, msg_id=0, history=False):
    if isinstance(payload, dict):
        payload = msg(payload)
    fields = {1: method, 2: payload, 3: msg_id}
    if history:
        fields[6] = True
    return msg(fields)


def result(inners, **more):
    fields = {1: inners, 2: more.get("cursor", "c-1"), 4: 1795354820500, 5: more.get("ext", "fetch_time:1|seq:2"), 9: True}
    return msg(fields)


def push(payload, kind="msg", log_id=77, packing=None, header=True):
    headers = []
    if packing == "gzip":
        payload = gzip.compress(payload, mtime=0)
        if header:
            headers = [{1: "compress_type", 2: "gzip"}]
    return msg({1: 5, 2: log_id, 5: headers, 6: "pb", 7: kind, 8: payload})


def line(frame):
    return base64.b64encode(frame).decode()


def events(*inners):
    return line(push(result(list(inners))))


# ---- people ----

def common(msg_id, time=1795354820123, key=None, pattern=None, pieces=None):
    fields = {2: msg_id, 3: 7574999999999999999}
    if time:
        fields[4] = time
    if key or pattern:
        fields[8] = {k: v for k, v in {1: key, 2: pattern, 4: pieces}.items() if v}
    return fields


def user(uid, name, handle=None, **more):
    fields = {1: uid, 3: name}
    if more.get("avatar"):
        fields[9] = {1: more["avatar"]}
    if more.get("verified"):
        fields[12] = True
    if more.get("admin"):
        fields[32] = {2: True}
    if handle:
        fields[38] = handle
    if more.get("badges"):
        fields[64] = [{1: 4, 3: scene, 12: {2: "7196929090442513157", 5: level}} for scene, level in more["badges"]]
    return fields


SARA = user(6900000000000000123, "سارا 🌙", "sara.live", avatar=["https://p16.example/a.heic", "https://p16.example/a.webp?x-expires=1"],
            badges=[(10, "7"), (8, "12")])
AHMAD = user(6900000000000000456, "أحمد", "ahmad_q8")
XIAOMEI = user(6900000000000000789, "小美", "xiaomei")
CHEN = user(6900000000000000792, "陳小明", "chen_08")
ROSE = {5: 5655, 11: 1, 12: 1, 16: "Rose", 21: {1: ["https://p16.example/rose.png"]}}


def chat(msg_id, who, text, **more):
    fields = {1: common(msg_id), 2: who, 3: text, 14: "fa"}
    if more.get("emotes"):
        fields[13] = [{1: at, 2: {1: eid, 2: {1: ["https://p16.example/%s.webp" % eid]}}} for at, eid in more["emotes"]]
    if more.get("identity"):
        fields[18] = more["identity"]
    return inner("WebcastChatMessage", fields, msg_id, more.get("history", False))


def gift(msg_id, repeat, end, group=1795354819000, **more):
    fields = {1: common(msg_id, 1795354821000), 2: 5655, 4: more.get("groups", 1), 5: repeat, 6: repeat, 7: more.get("who", AHMAD),
              9: end, 11: group, 15: more.get("gift", ROSE)}
    if more.get("to"):
        fields[8] = more["to"]
    if more.get("order"):
        fields[28] = more["order"]
    return inner("WebcastGiftMessage", fields, msg_id)


def poll(msg_id, part, options, **more):
    numbers = {"start": 4, "end": 5, "update": 6}
    at = 3 if part == "start" else 2
    body = {at: [{1: votes, 2: text, 3: i} for i, (text, votes) in enumerate(options)]}
    if part == "start":
        body[4] = more["title"]
    fields = {1: common(msg_id), 2: 1, 3: 7575000000000002000, numbers[part]: body, 7: 0}
    return inner("WebcastPollMessage", fields, msg_id)


CASES = {}

CASES["webcast-chat"] = [
    events(chat(7575000000000000021, SARA, "این گیم رو از کجا بگیرم؟ 🎮", identity={2: True, 4: True}),
           chat(7575000000000000022, user(6900000000000000001, "Host", "host"), "你好 👋", identity={6: True}),
           chat(7575000000000000023, user(6900000000000000002, "", "handle.only", admin=True, verified=True), "مرحبا"),
           chat(7575000000000000024, user(6900000000000000003, "", "mod", badges=[(1, ""), (4, "3"), (99, "1"), (0, "")]), "x",
                identity={5: True})),
]
CASES["webcast-emotes"] = [
    # An emote's place counts UTF-16 units: "🎉" is two, and a place inside of it counts as behind it.
    events(chat(31, SARA, "سلام 🎉!", emotes=[(0, "e1"), (7, "e2"), (6, "e3"), (99, "e4"), (-5, "e5")])),
    events(inner("WebcastEmoteChatMessage", {1: common(32), 2: XIAOMEI, 3: [
        {1: "7210000000000000001", 2: {1: ["https://p16.example/emote.webp"]}}, {1: "7210000000000000002"}]}, 32)),
]
CASES["webcast-gift-streak"] = [
    events(gift(41, 1, 0, order="o-1"), gift(42, 3, 0, order="o-2"), gift(43, 5, 1, order="o-3")),
    # Two hits of a bundle; a guest of the room is meant.
    events(gift(44, 2, 0, group=1795354829999, groups=5, to=CHEN)),
    # No group: the first event names the streak, until it is over.
    events(gift(45, 1, 0, group=0), gift(46, 2, 0, group=0), gift(47, 2, 1, group=0), gift(48, 1, 0, group=0)),
]
CASES["webcast-gift-final"] = [
    # Not of type 1: final at once although repeat_end is 0. The same order again under another id has the same key.
    events(gift(51, 1, 0, gift={5: 7000, 11: 2, 12: 29999, 16: "Lion"}, order="7575000000000009999"),
           gift(52, 1, 0, gift={5: 7000, 11: 2, 12: 29999, 16: "Lion"}, order="7575000000000009999"),
           gift(53, 1, 0, gift={5: 7000, 11: 2, 12: 29999, 16: "شیر"}),
           gift(54, 2000000000, 0, groups=2000000000, gift={5: 7000, 11: 2, 12: 2000000000, 16: "too much"}),
           gift(55, 1, 0, gift={5: 7000, 11: 2, 12: -1, 16: "less than nothing"}),
           inner("WebcastGiftMessage", {1: common(56), 2: 5655}, 56)),
]
CASES["webcast-social"] = [
    events(inner("WebcastLikeMessage", {1: common(61), 2: 15, 3: 40228, 5: XIAOMEI}, 61),
           inner("WebcastSocialMessage", {1: common(62, key="pm_main_follow_message_viewer_2"), 2: CHEN, 4: 1, 6: 5123}, 62),
           inner("WebcastSocialMessage", {1: common(63, key="pm_mt_guidance_viewer_5_share"), 2: AHMAD, 4: 3, 8: 1}, 63),
           inner("WebcastSocialMessage", {1: common(64, key="pm_something_new"), 2: AHMAD, 4: 1}, 64),
           inner("WebcastMemberMessage", {1: common(65, key="live_room_enter_toast"), 2: CHEN, 3: 216, 10: 1}, 65),
           inner("WebcastMemberMessage", {1: common(66), 10: 26}, 66)),
]
CASES["webcast-question"] = [
    events(inner("WebcastQuestionNewMessage", {1: common(71, 0), 2: {1: 7575000000000001000, 2: "下次直播是什麼時候？", 3: 0, 4: 1795354825, 5: CHEN}}, 71),
           inner("WebcastQuestionNewMessage", {1: common(72), 2: {1: 7575000000000001001, 2: "بازی بعدی؟", 4: 1795354825123, 5: SARA}}, 72),
           inner("WebcastQuestionNewMessage", {1: common(73), 2: {2: "no id"}}, 73)),
]
CASES["webcast-poll"] = [
    events(poll(81, "start", [("شطرنج", 0), ("تخته‌نرد", 0)], title="کدوم بازی؟"), poll(82, "update", [("شطرنج", 12), ("تخته‌نرد", 7)]),
           poll(83, "end", [("شطرنج", 31), ("تخته‌نرد", -1)])),
    events(inner("WebcastPollMessage", {1: common(84), 3: 5, 6: {2: [{1: 3, 2: "A"}]}, 8: {3: "basic title"}}, 84),
           inner("WebcastPollMessage", {1: common(85), 3: 5}, 85), inner("WebcastPollMessage", {1: common(86), 6: {}}, 86)),
]
CASES["webcast-room"] = [
    events(inner("WebcastControlMessage", {1: common(91), 2: 1}, 91), inner("WebcastControlMessage", {1: common(92), 2: 2}, 92),
           inner("WebcastControlMessage", {1: common(93), 2: 9}, 93),
           inner("WebcastLiveIntroMessage", {1: common(94), 2: 1, 4: "Daily chess at 8", 5: user(1, "host")}, 94),
           inner("WebcastRoomMessage", {1: common(95), 2: "Welcome to TikTok LIVE!"}, 95),
           inner("WebcastRoomPinMessage", {1: common(96), 2: {2: AHMAD, 3: "قوانین چت را بخوانید"}, 30: "WebcastChatMessage", 33: 1, 34: 30,
                                           35: 7575000000000000021}, 96),
           inner("WebcastRoomPinMessage", {1: common(97), 33: 2, 35: 7575000000000000021}, 97),
           inner("WebcastControlMessage", {1: common(98), 2: 3, 3: ""}, 98), inner("WebcastControlMessage", {1: common(99), 2: 4}, 99)),
]
CASES["webcast-removed"] = [
    events(inner("WebcastImDeleteMessage", {1: common(101), 2: packed([7575000000000000021, 22]), 3: packed([6900000000000000123])}, 101)),
    # The same not packed: older servers.
    events(inner("WebcastImDeleteMessage", {1: common(102), 2: [7575000000000000021], 3: []}, 102)),
    events(inner("WebcastImDeleteMessage", {1: common(103), 2: packed([1] * 1001)}, 103)),
]
CASES["webcast-subscriptions"] = [
    # One subscription is told by up to three messages: the first counts.
    events(inner("WebcastSubNotifyMessage", {1: common(111), 2: SARA, 4: 3, 6: 1}, 111),
           inner("WebcastMemberMessage", {1: common(112), 2: SARA, 10: 3}, 112),
           inner("WebcastBarrageMessage", {1: common(113), 3: 4, 50: SARA}, 113)),
    events(inner("WebcastSubNotifyMessage", {1: common(114), 2: AHMAD, 4: 1, 6: 0}, 114)),
    events(inner("WebcastBarrageMessage", {1: common(115, key="ttlive_superfan_join"), 3: 4, 50: XIAOMEI}, 115)),
    events(inner("WebcastBarrageMessage", {1: common(116), 3: 7, 50: CHEN, 102: {1: 5}}, 116)),
    events(inner("WebcastBarrageMessage", {1: common(117), 3: 8, 5: {1: "k", 2: "{0:user} reached level {1:string}", 4: [
        {1: 11, 21: {1: AHMAD}}, {1: 1, 11: "20"}]}, 50: AHMAD}, 117)),
]
CASES["webcast-envelope"] = [
    events(inner("WebcastEnvelopeMessage", {1: common(121), 2: {1: "7575000000000003000", 2: 1, 4: "小美", 5: 100, 6: 10, 7: 1795354990,
                                                               8: "6900000000000000789"}, 3: 1}, 121),
           inner("WebcastEnvelopeMessage", {1: common(122), 2: {1: "7575000000000003001", 2: 2, 5: 500}, 3: 1}, 122),
           inner("WebcastEnvelopeMessage", {1: common(123)}, 123)),
]
CASES["webcast-skipped"] = [
    events(inner("WebcastRoomUserSeqMessage", {1: common(131), 2: [{1: 300, 2: AHMAD, 3: 1}], 3: 215, 7: 1890}, 131),
           inner("WebcastCaptionMessage", {1: common(132), 2: 1795354830000, 3: 1800, 4: [{1: "en", 2: "welcome everyone"}], 7: True}, 132),
           inner("WebcastGoalUpdateMessage", b"\xff\xff", 133), inner("WebcastSomethingOfNextYear", b"\xff\xff\xff", 134),
           chat(135, AHMAD, "after all that")),
    # Unknown fields of every wire type around known ones; groups (3, 4) are long dead and not readable for protobuf-c.
    events(inner("WebcastChatMessage", field(500, 7) + tag(501, 1) + b"12345678" + tag(502, 5) + b"1234" + field(503, "x" * 300) +
                 msg({1: common(136), 2: AHMAD, 3: "unknown fields"}) + field(536870911, 1), 136)),
    line(push(b"", "hb")), line(push(b"", "ack")), line(push(b"", "im_enter_room_resp")), line(push(b"x", "of next year")),
]
CASES["webcast-history"] = [
    events(chat(141, SARA, "written before", history=True), chat(142, SARA, "now")),
    # Without common.create_time there is no time; the id of the envelope stands in for that of the event.
    events(inner("WebcastChatMessage", {2: SARA, 3: "no common"}, 143)),
    line(result([chat(144, AHMAD, "a fetch result by itself")])),
]
CASES["webcast-packed"] = [
    line(push(result([chat(151, SARA, "packed and said so")]), packing="gzip")),
    line(push(result([chat(152, SARA, "packed, and only its first bytes tell")]), packing="gzip", header=False)),
    line(push(result([chat(153, SARA, "said to be packed")])[:-1] + b"", packing="gzip")[:-9] + b"123456789"),
    line(msg({2: 1, 5: [{1: "compress_type", 2: "gzip"}], 7: "msg", 8: "this is no gzip"})),
    # A bomb: 64 MB of zeros in 64 kB.
    line(push(b"\0" * (64 << 20), packing="gzip")),
    # A bomb in a bomb is data, and never unpacked twice.
    line(push(gzip.compress(result([chat(154, SARA, "twice")]), mtime=0), packing="gzip")),
    line(push(result([chat(155, SARA, "after the bombs")]), packing="gzip")),
]
CASES["webcast-ids"] = [
    events(chat(1 << 63, user(1 << 63, "beyond int64", "big"), "id 2^63"), chat((1 << 64) - 1, user((1 << 64) - 1, "all bits"), "id 2^64-1"),
           chat((1 << 53) + 1, user((1 << 53) + 1, "beyond doubles"), "id 2^53+1"), chat(161, {3: "id in words only", 1028: "7" * 4096}, "4,096 digits")),
]
CASES["webcast-text"] = [
    # Not UTF-8, cut in the middle of a character, a NUL, and direction marks: repaired, kept, kept.
    events(inner("WebcastChatMessage", msg({1: common(171), 2: SARA}) + field(3, b"\xff\xfe broken \xc3"), 171),
           inner("WebcastChatMessage", msg({1: common(172), 2: SARA}) + field(3, "نیم‌نویسه 🎮".encode()[:-2]), 172),
           chat(173, SARA, "a NUL \0 inside"), chat(174, SARA, "\u202eevil\u202c 👩🏽‍💻 \u200fنعم"), chat(175, SARA, ""),
           poll(176, "start", [("x", 1)], title="broken"),
           inner("WebcastPollMessage", msg({1: common(177), 3: 9}) + field(4, field(3, field(2, b"\xff"))), 177)),
]


def over_long(n, size):
    out = [(n >> 7 * i & 0x7F) | 0x80 for i in range(size)]
    out[-1] &= 0x7F
    return bytes(out)


TAIL = chat(199, AHMAD, "the next one is read")
CASES["webcast-unreadable"] = [
    # Each batch ends with a good message: one that cannot be read does not end it.
    events(inner("WebcastChatMessage", b"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 181), TAIL),  # a length that never ends
    events(inner("WebcastChatMessage", b"\x1a\x7fshort", 182), TAIL),  # a length beyond the end
    events(inner("WebcastChatMessage", b"\x1a\xff\xff\xff\xff\x0fshort", 183), TAIL),  # 4 GB announced
    events(inner("WebcastChatMessage", tag(3, 0) + varint(5), 184), TAIL),  # content as a number
    events(inner("WebcastChatMessage", tag(2, 2) + varint(2) + tag(1, 2) + varint(0), 185), TAIL),  # user.id as bytes
    events(inner("WebcastChatMessage", tag(3, 7) + b"x", 186), TAIL),  # a wire type that does not exist
    events(inner("WebcastChatMessage", tag(3, 3) + b"x" + tag(3, 4), 187), TAIL),  # a group
    events(inner("WebcastChatMessage", b"\x00\x00", 188), TAIL),  # field 0
    events(inner("WebcastChatMessage", b"\x1a", 189), TAIL),  # cut behind the tag
    # A number in ten bytes where one would do is allowed; in eleven it is not.
    events(inner("WebcastLikeMessage", msg({1: common(190)}) + tag(2, 0) + over_long(15, 10) + msg({5: AHMAD}), 190), TAIL),
    events(inner("WebcastLikeMessage", tag(2, 0) + over_long(15, 11), 191), TAIL),
    events(inner("WebcastChatMessage", b"", 192), TAIL),  # nothing at all: an empty message is valid
    events(inner("", b"", 193), TAIL), events(msg({3: 194}), TAIL),
    # The frame itself.
    line(push(result([TAIL]))[:-5]), line(b"\x08"), line(msg({7: "msg", 8: b"\x0a\xff\xff"})), line(b"\x42\x01"),
    "not base64!", "AAA", "{\"event\":", "[]", "{}", "",
]


def deep(count):
    inside = b""
    for _ in range(count):
        inside = field(1, inside)
    return inside


CASES["webcast-nested"] = [
    # A message in itself a thousand times over, in fields that we know and in one that we do not.
    events(inner("WebcastChatMessage", b"".join(field(2, b"") for _ in range(20000)) + msg({1: common(201), 3: "20,000 users, merged"}), 201)),
    events(inner("WebcastChatMessage", msg({1: common(202), 2: AHMAD, 3: "unknown, and deep"}) + field(77, deep(1000)), 202)),
    events(inner("WebcastChatMessage", msg({1: common(203), 2: {**AHMAD, 64: [{3: 8}] * 5000}, 3: "5,000 badges",
                                            13: [{1: i} for i in range(5000)]}), 203)),
    # Each two bytes become a struct of some hundred: beyond the bound for one event.
    events(inner("WebcastEmoteChatMessage", msg({1: common(204)}) + field(3, b"") * 80000, 204), TAIL),
]


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in CASES.items():
        (folder / (name + ".frames")).write_text("\n".join(lines) + "\n")


main()
