"""End to end: rehearsal → relay → overlay → video → file. The question card is found in decoded frames."""
import base64
import json
import os
import subprocess
import sys
import time

from show import Show, frame_rgb, video_times, wait_until

WIDTH, HEIGHT, FPS = 640, 360, 30
TEXT = "این آهنگ برای شما چه معنایی دارد؟"
LINES = [
    {"at_ms": 500, "kind": "chat", "platform": "twitch", "native_id": "t1", "source": "twitch:rehearsal",
     "author": {"id": "117166826", "login": "niloufar", "name": "نیلوفر", "color": "#1E90FF"}, "text": TEXT},
    {"at_ms": 700, "kind": "chat", "platform": "youtube", "native_id": "y1", "source": "youtube:rehearsal01",
     "author": {"id": "UCaming0000000000000000", "name": "@阿明"}, "text": "這首歌對你有什麼意義？ 🎹"},
]


def decode_png(png):
    """An RGBA picture as (width, height, bytes)."""
    probe = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0", "-"], input=png, capture_output=True, check=True)
    width, height = map(int, probe.stdout.decode().strip().split(","))
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", "-", "-f", "rawvideo", "-pix_fmt", "rgba", "-"], input=png, capture_output=True, check=True)
    return width, height, raw.stdout


def difference(frame, picture, base, width, height):
    """Mean absolute difference of the frame's opaque card area to the picture, and to the frame without a card."""
    to_card = to_base = count = 0
    for i in range(width * height):
        if picture[4 * i + 3] < 240:
            continue
        count += 3
        for c in range(3):
            to_card += abs(frame[3 * i + c] - picture[4 * i + c])
            to_base += abs(frame[3 * i + c] - base[3 * i + c])
    assert count > 1000, "the preview shows no card"
    return to_card / count, to_base / count


def wait_for_message(show, text):
    found = wait_until(f"\"{text}\" arrives", lambda: [m for m in show.api("history", limit=50)["messages"] if m.get("text") == text])
    return found[0]["id"]


def air(show, message):
    """Puts the message on air; returns the preview in which the overlay shows it."""
    socket = show.socket()
    question = show.api("question.pick", message=message)["id"]
    show.api("question.air", id=question)
    event = socket.wait_for(lambda event: event["type"] == "on_air" and "question" in event["on_air"]["views"]["main"])
    assert event["on_air"]["views"]["main"]["question"]["text"] == TEXT
    # Two previews on: the card's entrance is over.
    socket.wait_for(lambda event: event["type"] == "preview")
    preview = socket.wait_for(lambda event: event["type"] == "preview", 5) if True else None
    socket.close()
    return question, base64.b64decode(preview["png"])


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
        question, png = air(show, wait_for_message(show, TEXT))
        shown_s = time.monotonic()
        wait_for_message(show, LINES[1]["text"])
        time.sleep(max(0, 1.5 - (time.monotonic() - shown_s)))  # the recording shall hold a second of it
        show.api("question.answer", id=question)
        grown = os.path.getsize(output)
        wait_until("the recording goes on", lambda: os.path.getsize(output) > grown + 100000)
        show.kill("run", 15)

        times = video_times(output)
        steps = [after - before for before, after in zip(times, times[1:])]
        assert max(abs(step - 1 / FPS) for step in steps) < 0.0015, f"frames are not {1 / FPS:.4f} s apart: {min(steps)} … {max(steps)}"
        width, height, picture = decode_png(png)
        base = frame_rgb(output, times[0], width, height)
        found = []
        for at_s in range(1, int(times[-1] * 2)):
            to_card, to_base = difference(frame_rgb(output, at_s / 2, width, height), picture, base, width, height)
            if to_card < 12 and to_base > 25:
                found.append(at_s / 2)
        last_card, last_base = difference(frame_rgb(output, times[-1] - 0.2, width, height), picture, base, width, height)
        print(f"{len(times)} frames; the card is seen at {found} s; at the end it differs by {last_card:.0f}")
        assert found, "the question card is in no frame"
        assert last_base < 12, "the answered question is still there at the end"


sys.exit(main())
