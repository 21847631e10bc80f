"""As a systemd service: what the manager hears, what a stuck part and a stuck pump do to it, and who outlives whom.

The manager is a datagram socket of the test's own, as sd_notify(3) and sd_watchdog_enabled(3) describe it.
"""
import ctypes
import os
import signal
import socket
import sys
import time

from show import Show, wait_until

WATCHDOG_S = 4  # parts are replaced after half of it
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17


class Manager:
    """name: "@abstract" or a path."""

    def __init__(self, name, watchdog_s):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(name.replace("@", "\0"))
        self.environment = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": str(int(watchdog_s * 1e6))}

    def hear(self, wanted, patience_s=30):
        """The next message with this in it."""
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            self.socket.settimeout(max(end - time.monotonic(), 0.01))
            try:
                text = self.socket.recv(4096).decode()
            except TimeoutError:
                break
            if wanted in text:
                return text
        raise AssertionError(f"the manager did not hear {wanted} within {patience_s} s")

    def is_silent(self, wanted, seconds):
        """Nothing of the kind comes for so long, from now on."""
        self.socket.setblocking(False)
        try:
            while True:
                self.socket.recv(4096)
        except BlockingIOError:
            pass
        try:
            self.hear(wanted, seconds)
        except AssertionError:
            return True
        return False


def stop_part(show, name):
    """It stands still and is replaced, while the manager goes on hearing that all is well."""
    old = wait_until(f"{name} runs", lambda: show.pid_of(name))
    os.kill(old, signal.SIGSTOP)
    wait_until(f"{name} is replaced", lambda: show.pid_of(name) not in (None, old))
    assert f"{name} is stuck" in show.log()


def check_run():
    with Show(video={"input": "test", "size": [320, 180], "outputs": []}) as show:
        manager = Manager(f"@antiphon-e2e-{os.getpid()}", WATCHDOG_S)
        show.start_part("run", env=manager.environment)
        manager.hear("STATUS=video runs, relay runs, overlay runs")
        manager.hear("READY=1")
        manager.hear("WATCHDOG=1")
        began = time.monotonic()
        stop_part(show, "overlay")
        assert time.monotonic() - began > WATCHDOG_S / 2 - 1, "the overlay was ended too early"
        manager.hear("overlay is started again")
        manager.hear("WATCHDOG=1", WATCHDOG_S / 2)

        # Killed and started again: the parts are adopted, and what they tell reaches the new one.
        parts = {name: show.pid_of(name) for name in ("video", "relay")}
        show.kill("run")
        show.start_part("run", env=manager.environment)
        manager.hear("READY=1")
        assert {name: show.pid_of(name) for name in parts} == parts, "not adopted"
        time.sleep(WATCHDOG_S / 4)  # a feed from each is due in that time; without one nothing is concluded from silence
        stop_part(show, "relay")

        # A supervisor that hangs is not heard, and holds nobody else to account for the time.
        video, relay = show.pid_of("video"), wait_until("the relay runs", lambda: show.pid_of("relay"))
        show.processes["run"].send_signal(signal.SIGSTOP)
        assert manager.is_silent("WATCHDOG=1", WATCHDOG_S * 0.75), "fed by a supervisor that hangs"
        show.processes["run"].send_signal(signal.SIGCONT)
        manager.hear("WATCHDOG=1")
        assert (show.pid_of("video"), show.pid_of("relay")) == (video, relay), "ended for what was not its fault"
        show.processes["run"].send_signal(signal.SIGTERM)
        manager.hear("STOPPING=1")


def thread_named(pid, name):
    for tid in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{tid}/comm", encoding="ascii") as comm:
            if comm.read().strip() == name:
                return int(tid)
    return None


def check_video():
    """Its loop turns on beside a pump that is held: that is no longer well."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    with Show() as show:
        manager = Manager(os.path.join(show.folder, "manager.sock"), 1)
        process = show.start("video", "--input", "test", "--size", "320x180", "--relay", "none", env=manager.environment)
        manager.hear("READY=1")
        manager.hear("WATCHDOG=1")
        pump = wait_until("the pump's thread", lambda: thread_named(process.pid, "pump"))
        if libc.ptrace(PTRACE_SEIZE, pump, None, None) != 0 or libc.ptrace(PTRACE_INTERRUPT, pump, None, None) != 0:
            print("the pump cannot be held here:", os.strerror(ctypes.get_errno()))
        else:
            os.waitpid(pump, 0x40000000)  # __WALL
            time.sleep(0.1)
            assert manager.is_silent("WATCHDOG=1", 1.5), "fed by a pump that stands still"
            libc.ptrace(PTRACE_DETACH, pump, None, None)
            manager.hear("WATCHDOG=1")
        process.send_signal(signal.SIGTERM)
        manager.hear("STOPPING=1")


check_run()
check_video()
sys.exit(0)
