"""The relay is killed at random moments under 1,000 messages a second, 50 times and more.

What must hold: YouTube's messages are in the journal, each once. Twitch's are in the journal once, or inside a recorded gap.
An id never names two messages. A question on air neither blinks nor changes.
"""
import json
import os
import random
import sys
import time

from show import Show, wait_until

ROUNDS = int(os.environ.get("ANTIPHON_KILL_ROUNDS", "50"))
RATE = 500  # a second on each of the two platforms
CLOCKS_MS = 1500  # a gap begins at the last second that the connection was known to work


def number_of(text):
    """The running number that the rehearsal's load puts in front of each text: "#4711 …"."""
    return int(text[1:].split(" ", 1)[0]) if text.startswith("#") else None


class Watcher:
    """A client as the overlay is one: what it saw of ids and of the question on air."""

    def __init__(self, show):
        self.show, self.socket, self.revision = show, None, None
        self.seen, self.changes, self.question = {}, 0, None

    def connect(self):
        self.socket = self.show.socket(have=self.revision, topics=["on_air", "feed"])
        self.look(0.2)

    def look(self, seconds):
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                self.take(self.socket.next(max(0.01, end - time.monotonic())))
        except (TimeoutError, ConnectionError):
            pass

    def take(self, event):
        self.revision = event.get("revision", self.revision)
        for message in event.get("messages", []) + event.get("feed", []):
            known = self.seen.setdefault(message["id"], message.get("native_id"))
            assert known == message.get("native_id"), f"id {message['id']} names {known} and {message.get('native_id')}"
        if "on_air" in event and self.question is not None:
            now = event["on_air"]["views"]["main"].get("question")
            assert now == self.question, f"the question on air changed: {self.question} → {now}"


def air_a_question(show):
    messages = wait_until("messages arrive", lambda: [m for m in show.api("history", limit=50)["messages"] if m["kind"] == "chat"])
    question = show.api("question.pick", message=messages[-1]["id"])["id"]
    show.api("question.air", id=question)
    socket = show.socket(topics=["on_air"])
    event = socket.wait_for(lambda event: "on_air" in event and "question" in event["on_air"]["views"]["main"])
    socket.close()
    return event["on_air"]["views"]["main"]["question"]


def kill_rounds(show):
    watcher = Watcher(show)
    watcher.question = air_a_question(show)
    for _ in range(ROUNDS):
        watcher.connect()
        watcher.look(random.uniform(0.05, 0.8))
        show.kill("relay")
        watcher.socket.close()
        show.start_part("relay")
        show.wait_for_relay()
    watcher.connect()
    watcher.look(0.5)
    print(f"{len(watcher.seen)} ids seen over {ROUNDS} kills")


def rows_of(show, platform):
    """(id, native id, number, time in ms) of every chat message of the platform in the journal."""
    rows = []
    for row_id, text in show.journal_rows("SELECT id, json FROM messages"):
        message = json.loads(text)
        if message["platform"] == platform and number_of(message.get("text", "")) is not None:
            rows.append((row_id, message["native_id"], number_of(message["text"]), message["time_ms"]))
    return rows


def check_once(rows, name):
    numbers = [row[2] for row in rows]
    twice = {number for number in numbers if numbers.count(number) > 1} if len(set(numbers)) < len(numbers) else set()
    assert not twice, f"{name}: twice in the journal: {sorted(twice)[:10]}"
    assert len({row[1] for row in rows}) == len(rows), f"{name}: a native id stands twice"


def check_gaps(rows, gaps):
    rows = sorted(rows, key=lambda row: row[2])
    missing = 0
    for before, after in zip(rows, rows[1:]):
        if after[2] == before[2] + 1:
            continue
        missing += after[2] - before[2] - 1
        covering = [gap for gap in gaps if gap[0] <= before[3] + CLOCKS_MS and gap[1] >= after[3] - CLOCKS_MS]
        assert covering, f"twitch: #{before[2] + 1} to #{after[2] - 1} ({before[3]} … {after[3]} ms) lie in no gap; gaps: {gaps[-5:]}"
    print(f"twitch: {len(rows)} messages, {missing} missing inside {len(gaps)} gaps")


def main():
    with Show() as show:
        addresses = show.rehearse(show.transcript_of("twitch", "youtube"), "--load", RATE)
        show.config["sources"] = addresses["sources"]
        show.start_part("relay")
        show.wait_for_relay()
        kill_rounds(show)
        last = wait_until("YouTube's messages arrive", lambda: max((row[2] for row in rows_of(show, "youtube")), default=0))
        wait_until("both platforms go on", lambda: all(max((row[2] for row in rows_of(show, name)), default=0) > last for name in ("twitch", "youtube")))
        show.kill("relay", 15)

        ids = [row[0] for row in show.journal_rows("SELECT id FROM messages")]
        assert len(ids) == len(set(ids)), "an id stands twice in the journal"
        youtube, twitch = rows_of(show, "youtube"), rows_of(show, "twitch")
        check_once(youtube, "youtube")
        check_once(twitch, "twitch")
        numbers = sorted(row[2] for row in youtube)
        lost = sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))
        assert not lost, f"youtube: lost {len(lost)}: {lost[:10]}"
        gaps = show.journal_rows("SELECT from_ms, to_ms FROM gaps WHERE source LIKE 'twitch:%'")
        check_gaps(twitch, gaps)
        print(f"youtube: {len(youtube)} messages, each once")


sys.exit(main())
