"""A test that wants mounts of its own: imported first, it begins again as root of a user and mount namespace, or is skipped."""
from harness import *

if not os.environ.get("ANTIPHON_TEST_NAMESPACE"):
    ALONE = ["unshare", "--user", "--map-root-user", "--mount"]
    if not shutil.which("unshare"):
        skip("no unshare")
    tried = subprocess.run([*ALONE, "mount", "-t", "tmpfs", "tmpfs", FOLDER], capture_output=True, text=True)
    if tried.returncode != 0:
        skip(f"no mount namespaces for users here: {tried.stderr.strip()}")
    stop_all()
    os.execvpe("unshare", [*ALONE, sys.executable, *sys.argv], dict(os.environ, ANTIPHON_TEST_NAMESPACE="1"))


def mount(*args):
    subprocess.run(["mount", *args], check=True)
