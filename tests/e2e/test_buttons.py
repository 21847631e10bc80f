"""docs/buttons.md is true: every line of it that is a command is run as it stands there, by a token that can press and not read."""
import json
import os
import re
import socket
import subprocess

from show import BINARY, SOURCE_ROOT, Show, Socket


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def examples():
    with open(os.path.join(SOURCE_ROOT, "docs/buttons.md"), encoding="utf-8") as page:
        lines = re.findall(r"^    ((?:curl|antiphon) .*)$", page.read(), re.M)
    assert len(lines) >= 12, lines
    return lines


def run(show, line, token, port):
    line = line.replace("TOKEN", token).replace("127.0.0.1:8470", f"127.0.0.1:{port}")
    path = f"{os.path.dirname(BINARY)}:{os.environ['PATH']}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=30, env={**show.env, "PATH": path}, cwd=show.folder)
    assert done.returncode == 0, f"{line}: status {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


def main():
    port = free_port()
    with Show(panel={"listen": f"127.0.0.1:{port}"}) as show:
        show.config["video"] = {"input": "test", "size": [320, 180], "outputs": [
            {"name": "youtube", "view": "main", "to": os.path.join(show.folder, "youtube.mkv")}]}
        show.start_part("relay")
        show.wait_for_relay()
        show.start_part("video")
        desk = Socket(show.socket_path, topics=["outputs"])
        desk.wait_for(lambda event: event.get("video", {}).get("state") == "there")
        desk.close()
        lines, token = examples(), ""
        for line in lines:
            show.api("question.add", text="What next?")
            answer = run(show, line, token, port)
            if line.endswith("token.add"):
                token = json.loads(answer)["token"]
            if "token.remove" in line:  # its end is read before the lines that use it: a new one for those
                token = show.api("token.add", role="button", name="deck")["token"]
        # As many questions were answered as the lines pressed next.
        pressed = sum("next" in line for line in lines)
        done = [row for row in show.api("audit", action="next", limit=500)["entries"]]
        assert len(done) == pressed, (len(done), pressed)
        refused = subprocess.run(["curl", "-sS", "-w", "%{http_code}", "-H", f"Authorization: Bearer {token}", "-d", "{}",
                                  f"http://127.0.0.1:{port}/api/v1/history"], capture_output=True, text=True, timeout=30)
        assert refused.stdout.endswith("403") and "button" in refused.stdout, refused
        got = subprocess.run(["curl", "-sS", "-w", "%{http_code}", f"http://127.0.0.1:{port}/api/v1/next"], capture_output=True, text=True, timeout=30)
        assert got.stdout.endswith("405") and "POST" in got.stdout, got
        print(f"{len(lines)} examples ran as they stand there")


main()
