"""One chosen frame, and one chosen card, end the process that works on them: it is back within 5 s, without that thing."""
import json
import os
import signal
import sys
import time

from show import Show, wait_until

BACK_S = 5
FRAME, CARD = "poison-frame-4711", "poison-card-4712"


def line(at_ms, number, text):
    return {"at_ms": at_ms, "kind": "chat", "platform": "youtube", "source": "youtube:rehearsal01", "native_id": f"y{number}",
            "author": {"id": f"UCviewer{number:016d}", "name": f"@viewer{number}"}, "text": text}


def texts(show):
    return [message.get("text", "") for message in show.api("history", limit=100)["messages"]]


def check_frame():
    """The relay dies of one frame and comes back; all other messages are there once, and the journal says what happened."""
    with Show() as show:
        transcript = os.path.join(show.folder, "transcript.jsonl")
        with open(transcript, "w", encoding="utf-8") as out:
            lines = [line(500, 1, "before"), line(2500, 2, FRAME), line(6000, 3, "after")]
            out.writelines(json.dumps(entry) + "\n" for entry in lines)
        show.config["sources"] = show.rehearse(transcript)["sources"]
        show.start_part("run", env={"ANTIPHON_TEST_ABORT_ON": FRAME})
        show.wait_for_relay()
        first = show.pid_of("relay")
        wait_until("the relay dies of the frame", lambda: show.pid_of("relay") != first)
        died = time.monotonic()
        show.wait_for_relay()
        back_s = time.monotonic() - died
        second = show.pid_of("relay")
        wait_until("the message after it arrives", lambda: "after" in texts(show))
        assert show.pid_of("relay") == second, "the relay died again of the same frame"
        assert texts(show).count("before") == 1 and FRAME not in texts(show)
        told = show.journal_rows("SELECT text FROM audit")
        assert any("youtube" in (row[0] or "") for row in told) or FRAME in str(told), f"the journal does not tell: {told}"
        print(f"relay: back after {back_s:.2f} s without the frame")
        assert back_s <= BACK_S


def check_card():
    """The overlay dies of one card and comes back; the next question is drawn."""
    with Show() as show:
        show.start_part("run", env={"ANTIPHON_TEST_ABORT_ON": CARD})
        show.wait_for_relay()
        socket = show.socket()
        first = wait_until("the overlay runs", lambda: show.pid_of("overlay"))
        bad = show.api("question.add", text=f"Who is {CARD}?")["id"]
        good = show.api("question.add", text="What is next?")["id"]
        show.api("question.air", id=bad)
        wait_until("the overlay dies of the card", lambda: show.pid_of("overlay") != first)
        died = time.monotonic()
        wait_until("the overlay is back", lambda: show.pid_of("overlay") not in (None, first))
        show.api("question.air", id=good)
        revision = socket.wait_for(lambda event: event["type"] == "on_air"
                                   and event["on_air"]["views"]["main"].get("question", {}).get("id") == good)["revision"]
        socket.wait_for(lambda event: event["type"] == "overlay" and event["overlay"].get("applied", {}).get("revision") == revision)
        back_s = time.monotonic() - died
        print(f"overlay: the next card is drawn after {back_s:.2f} s")
        assert back_s <= BACK_S
        show.kill("run", signal.SIGTERM)


def main():
    check_frame()
    check_card()


sys.exit(main())
