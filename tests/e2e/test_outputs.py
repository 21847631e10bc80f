"""The outgoing picture as the desk has it: small pictures of each output, one blank for them all, and what of it outlives a kill -9."""
import base64
import os
import re
import signal
import sys
import urllib.request

from show import Show, wait_until
from test_sources import check_metrics


def free_port():
    import socket
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def metrics(show):
    token = show.api("token.add", role="viewer", name="prometheus")["token"]
    port = re.search(r"panel on .*?port (\d+)", show.log())[1]
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": "Bearer " + token})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def look(show, desk):
    """Pictures come to who asked, of each output, and of nobody else."""
    desk.send({"type": "command", "ref": 1, "command": "output.watch"})
    for name in ("stream", "file"):
        event = desk.wait_for(lambda event, name=name: event["type"] == "output_picture" and event["output"] == name)
        assert base64.b64decode(event["jpeg"]).startswith(b"\xff\xd8\xff"), event["jpeg"][:40]
    desk.send({"type": "command", "ref": 2, "command": "output.watch", "on": False})


def is_dark(desk, expected):
    """Every network output is blank, or none is; the recording never."""
    desk.wait_for(lambda event: event.get("output", {}).get("name") == "stream" and event["output"]["is_blank"] == expected)
    event = desk.wait_for(lambda event: event.get("output", {}).get("name") == "file")
    assert event["output"]["is_blank"] is False and event["output"]["is_recording"], event


def main():
    with Show() as show:
        show.config.update(video={"input": "test", "size": [320, 180], "outputs": [
            {"name": "stream", "view": "main", "to": f"srt://127.0.0.1:{free_port()}?mode=listener"},
            {"name": "file", "view": "main", "to": os.path.join(show.folder, "show.mkv")}]})
        show.start_part("run")
        show.wait_for_relay()
        desk = show.socket(topics=["outputs"])
        desk.wait_for(lambda event: event.get("output", {}).get("name") == "file" and event["output"]["state"] == "live")
        look(show, desk)
        show.api("blank")
        is_dark(desk, True)
        text = metrics(show)
        check_metrics(text)
        for line in ("antiphon_video_up 1", "antiphon_video_blank 1", 'antiphon_output_blank{output="stream",view="main"} 1',
                     'antiphon_output_live{output="file",view="main"} 1'):
            assert line + "\n" in text, f"{line} is not in:\n{text}"
        assert re.search(r'antiphon_output_encode_seconds\{output="file",view="main"\} 0\.\d', text), text
        os.kill(show.pid_of("video"), signal.SIGKILL)
        desk.wait_for(lambda event: event.get("video", {}).get("state") == "lost")
        event = desk.wait_for(lambda event: event.get("video", {}).get("is_blank") is True and event["video"]["state"] == "there")
        is_dark(desk, True)
        show.api("blank", on=False)
        is_dark(desk, False)
        wait_until("the record of it", lambda: [row["detail"] for row in show.api("audit", action="blank")["entries"]] == [{"on": False}, {}])
        print("blank stood over a kill -9; pictures came to who looked")


if __name__ == "__main__":
    sys.exit(main())
