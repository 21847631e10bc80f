"""End to end: rehearsal → relay → overlay → video → file. The question card is found in decoded frames."""
import json
import os
import sys

from show import CardFinder, Show, check_continuous, wait_until

WIDTH, HEIGHT, FPS = 640, 360, 30
TEXT = "این آهنگ برای شما چه معنایی دارد؟"
LINES = [
    {"at_ms": 500, "kind": "chat", "platform": "twitch", "native_id": "t1", "source": "twitch:rehearsal",
     "author": {"id": "117166826", "login": "niloufar", "name": "نیلوفر", "color": "#1E90FF"}, "text": TEXT},
    {"at_ms": 700, "kind": "chat", "platform": "youtube", "native_id": "y1", "source": "youtube:rehearsal01",
     "author": {"id": "UCaming0000000000000000", "name": "@阿明"}, "text": "這首歌對你有什麼意義？ 🎹"},
]


def main():
    with Show() as show:
        transcript = os.path.join(show.folder, "transcript.jsonl")
        with open(transcript, "w", encoding="utf-8") as out:
            out.writelines(json.dumps(line) + "\n" for line in LINES)
        output = os.path.join(show.folder, "show.mkv")
        show.config.update(
            sources=show.rehearse(transcript)["sources"], views=[{"name": "main", "size": [WIDTH, HEIGHT]}],
            video={"input": "test", "size": [WIDTH, HEIGHT], "fps": FPS, "outputs": [{"name": "file", "to": output, "bitrate_kbps": 3000}]})
        show.start_part("run")
        show.wait_for_relay()
        wait_until("the recording begins", lambda: os.path.exists(output) and os.path.getsize(output) > 10000)
        show.wait_for_message(LINES[1]["text"])
        question, png = show.air_question(show.wait_for_message(TEXT))
        socket = show.socket()
        show.api("question.answer", id=question)
        socket.wait_for(lambda event: event["type"] == "preview" and event.get("is_empty"))  # it gets its tick first
        socket.close()
        grown = os.path.getsize(output)
        wait_until("the recording goes on", lambda: os.path.getsize(output) > grown + 100000)
        show.kill("run", 15)

        times = check_continuous(output, FPS)
        # The last frame is the one without a card; if it still had one, no frame would differ from it.
        seen = CardFinder.over_input(png, output, times[-1] - 0.1).find(output)
        assert any(seen), "the question card is in no frame"
        first, last = seen.index(True), len(seen) - 1 - seen[::-1].index(True)
        print(f"{len(seen)} frames, the question card from {first / FPS:.2f} s to {last / FPS:.2f} s")
        assert last - first > FPS, "the question card is in less than a second of the recording"
        assert all(seen[first + FPS // 2:last]), "the question card blinks"


sys.exit(main())
