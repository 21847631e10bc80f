"""A question is deleted by its platform, another one's author banned, while each is on air at 1,000 messages a second.

How long each takes is printed: until clients are told, by this test's clock, and by the relay's own figures until the
overlay has painted without it. The card must be gone from the overlay's picture, and not fade out.
"""
import base64
import json
import os
import sys
import time
import urllib.request

from show import Show, decode_png, wait_until

RATE = 500  # on each of two platforms
LIMIT_MS = 100
BUSY_MS = 1000  # of what other processes have a part in, on a machine that does more than this


def say(addresses, **line):
    request = urllib.request.Request(addresses["control"].rstrip("/") + "/say", method="POST", data=json.dumps(line).encode())
    urllib.request.urlopen(request, timeout=10).close()


def air(show, addresses, word, author):
    say(addresses, kind="chat", platform="twitch", native_id=word, author={"id": author, "login": word, "name": "نیلوفر"},
        text=f"این آهنگ {word} برای شما چه معنایی دارد؟")
    message = show.wait_for_message(f"این آهنگ {word} برای شما چه معنایی دارد؟")
    socket = show.socket(topics=["on_air", "desk"])
    question = show.api("question.pick", message=message)["id"]
    show.api("question.air", id=question)
    socket.wait_for(lambda event: event["type"] == "preview" and "png" in event and has_card(event["png"]))
    return socket, message


def has_card(png):
    return any(decode_png(base64.b64decode(png))[2][3::4])


def take_off(addresses, socket, **line):
    """Milliseconds from the platform's word to the client that knows it off air."""
    asked = time.monotonic()
    say(addresses, platform="twitch", **line)
    revision = socket.wait_for(lambda event: event["type"] == "on_air" and "question" not in event["on_air"]["views"]["main"])["revision"]
    told = (time.monotonic() - asked) * 1000
    open_ends = {"applied", "picture"}
    while open_ends:  # in any order
        event = socket.next()
        if event["type"] == "overlay" and event["overlay"]["applied"]["revision"] == revision:
            open_ends.discard("applied")
        if event["type"] == "preview" and "png" in event and not has_card(event["png"]):
            open_ends.discard("picture")
    socket.close()
    return told


def removal(show):
    source, = [source for source in show.api("source.list")["sources"] if source["platform"] == "twitch"]
    return source.get("removal", {})


def main():
    with Show() as show:
        addresses = show.rehearse(show.transcript_of("twitch", "youtube"), "--load", RATE)
        show.config.update(sources=addresses["sources"], views=[{"name": "main", "size": [640, 360]}])
        show.start_part("run")
        show.wait_for_relay()
        first = wait_until("Twitch is heard", lambda: [m for m in show.api("history")["messages"] if m["platform"] == "twitch"])
        began = time.monotonic()
        told = [take_off(addresses, air(show, addresses, "bright", "117166826")[0], kind="delete", target={"native_id": "bright"})]
        # The second one stays until the relay's queue has let go of its message.
        socket, last = air(show, addresses, "dark", "117166827")
        wait_until("5,000 more messages came", lambda: show.api("history", limit=1)["messages"][0]["id"] > last + 5000)
        told.append(take_off(addresses, socket, kind="ban", target={"author_id": "117166827"}))
        rate = (show.api("history", limit=1)["messages"][0]["id"] - first[0]["id"]) / (time.monotonic() - began)

        figures = wait_until("both are measured", lambda: (lambda found: found.get("off_air", {}).get("count") == 2 and found)(removal(show)))
        print(f"at {rate:.0f} messages a second: told after {told[0]:.1f} and {told[1]:.1f} ms; lists {figures['lists']}, "
              f"off air {figures['off_air']}, since the platform's own time {figures.get('whole')}")
        assert figures["lists"]["worst_ms"] <= LIMIT_MS, figures
        assert figures["off_air"]["worst_ms"] <= BUSY_MS, figures
        assert max(told) <= BUSY_MS, told


sys.exit(main())
