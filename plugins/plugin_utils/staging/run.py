# SPDX-License-Identifier: GPL-3.0-or-later
"""Run Molecule's scenario `staging` for one plan, on the machine where this runs: ``python -I run.py < order > verdicts``.

The order is JSON: `plans`, `rules` (text of golden rules, or null), `version` (of the collection that planned) and
`timeout_s`. Several plans run side by side, each in a process of its own. It works from a collection that is installed and
read-only: everything that is written goes into a private folder in memory, which is wiped, and the fabric is removed,
whatever happens.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn, cast

COLLECTION = Path(__file__).resolve().parents[3]
LAST_LINES = 25
PROGRAMS = Path(sys.executable).parent
# Molecule asks for Ansible's version before every playbook, which takes half a second each time
PLAYBOOK = f"""#!/bin/sh
test "$1" = --version && exec echo ansible-playbook
exec {shlex.quote(str(PROGRAMS / "ansible-playbook"))} "$@"
"""


class RunError(RuntimeError):
    """Staging could not be run; the text is one sentence."""


def version_of(collection: Path) -> str:
    """The version of a collection, installed or checked out."""
    manifest = collection / "MANIFEST.json"
    if manifest.is_file():
        return str(json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]["version"])
    found = re.search(r"^version: *(\S+)", (collection / "galaxy.yml").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else "unknown"


def run(order: dict[str, Any]) -> dict[str, Any]:
    """Carry out an order; returns `verdicts` by change_id, `junit`, and in `not_run` why there is no verdict on a change.

    A plan that fails takes no other's verdicts with it; `RunError` where none succeeds.
    """
    own = version_of(COLLECTION)
    if order["version"] != own:
        raise RunError(f"the staging host has version {own} of the collection, the controller {order['version']}; install the same on both")
    if len(order["plans"]) == 1:
        return _rehearse(order["plans"][0], order)
    answers = _side_by_side([{**order, "plans": [plan]} for plan in order["plans"]])
    complaints = [answer for answer in answers if isinstance(answer, str)]
    if len(complaints) == len(answers):
        raise RunError(complaints[0])
    whole: dict[str, Any] = {"verdicts": {}, "junit": {}, "not_run": {}}
    for plan, answer in zip(order["plans"], answers, strict=True):
        if isinstance(answer, str):
            whole["not_run"] |= dict.fromkeys([*plan["changes"], *plan["not_staged"]], answer)
        else:
            whole = {part: found | answer.get(part, {}) for part, found in whole.items()}
    return whole


def _side_by_side(orders: list[dict[str, Any]]) -> list[dict[str, Any] | str]:
    """Carry out each order in a process of its own, which clears up after itself when it is told to end.

    Returns the answer of each, or what it complained of.
    """
    argv = [sys.executable, "-I", __file__]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(argv, **pipes) for _unused in orders]
    try:
        for process, order in zip(processes, orders, strict=True):
            with cast(IO[str], process.stdin) as pipe:
                pipe.write(json.dumps(order))
            process.stdin = None
        said = [process.communicate() for process in processes]
    finally:
        for process in processes:
            if process.poll() is None:
                process.terminate()
                process.wait()
    return [
        (" ".join(complaint.split()) or f"a rehearsal ended with code {process.returncode}") if process.returncode else json.loads(answer)
        for process, (answer, complaint) in zip(processes, said, strict=True)
    ]


def _rehearse(plan: dict[str, Any], order: dict[str, Any]) -> dict[str, Any]:
    """Run the scenario for one plan."""
    with _workspace(plan["fabric"]) as work:
        (work / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
        if order["rules"]:
            (work / "rules.yml").write_text(order["rules"], encoding="utf-8")
        if not plan["changes"]:
            return _nothing_to_do(plan["not_staged"])
        code = _molecule(work, float(order["timeout_s"]))
        result = work / "results" / "verdicts.json"
        if not result.is_file():
            said = _reason(work)
            if "was not built" in said:
                return _nothing_to_do(dict.fromkeys(plan["changes"], f"the virtual copy does not start: {said}"))
            raise RunError(f"Molecule ended with code {code} before there was a verdict: {said}")
        answer: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        return answer


def _nothing_to_do(reasons: dict[str, str]) -> dict[str, Any]:
    """The answer when no change of the plan can be rehearsed."""
    from ansible_collections.forestage.network.plugins.plugin_utils.checks.verdict import junit, not_staged

    verdicts = {change_id: not_staged(change_id, why) for change_id, why in reasons.items()}
    return {"verdicts": verdicts, "junit": {change_id: junit([verdict]) for change_id, verdict in verdicts.items()}}


@contextmanager
def _workspace(fabric: str) -> Iterator[Path]:
    """A private folder, in memory where there is some; wiped at the end, with the fabric that was built from it."""
    homes = (os.environ.get("XDG_RUNTIME_DIR", ""), "/dev/shm")  # noqa: S108  the folder is private
    home = next((path for path in homes if path and os.access(path, os.W_OK | os.X_OK)), tempfile.gettempdir())
    work = Path(tempfile.mkdtemp(prefix="forestage-stage-", dir=home))
    try:
        tree = work / "collections" / "ansible_collections" / "forestage"
        tree.mkdir(parents=True)
        (tree / "network").symlink_to(COLLECTION, target_is_directory=True)
        sys.path.insert(0, str(work / "collections"))
        for name in ("results", "home", "ephemeral", "tmp", "bin"):
            (work / name).mkdir()
        if not os.statvfs(work).f_flag & os.ST_NOEXEC:
            (work / "bin" / "ansible-playbook").write_text(PLAYBOOK, encoding="utf-8")
            (work / "bin" / "ansible-playbook").chmod(0o700)
        shutil.copytree(COLLECTION / "molecule" / "staging", work / "molecule" / "staging", copy_function=shutil.copyfile)
        yield work
    finally:
        from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric

        Fabric.remove(fabric)
        shutil.rmtree(work, ignore_errors=True)


def _environment(work: Path) -> dict[str, str]:
    """Nothing of the caller's Ansible or Molecule settings, and nothing outside the workspace to write to."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MOLECULE_"))}
    return {
        **kept,
        "PATH": f"{work / 'bin'}:{PROGRAMS}:{kept.get('PATH', '')}:/usr/sbin:/sbin",
        "HOME": str(work / "home"),
        "XDG_CACHE_HOME": str(work / "home" / ".cache"),
        "TMPDIR": str(work / "tmp"),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_HOME": str(work / "home" / ".ansible"),
        "ANSIBLE_LOCAL_TEMP": str(work / "tmp"),
        "ANSIBLE_COLLECTIONS_PATH": str(work / "collections"),
        "ANSIBLE_NOCOLOR": "1",
        "NO_COLOR": "1",
        "COLUMNS": "200",
        "MOLECULE_GLOB": "molecule/*/molecule.yml",
        "MOLECULE_EPHEMERAL_DIRECTORY": str(work / "ephemeral"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "FORESTAGE_STAGING": str(work),
    }


def _molecule(work: Path, seconds: float) -> int:
    """Run the scenario; its exit code. Its whole process group ends with it."""
    argv = [sys.executable, "-m", "molecule", "test", "--scenario-name", "staging", "--destroy", "never"]  # the workspace removes it
    with (work / "molecule.log").open("wb") as log:
        process = subprocess.Popen(
            argv, cwd=work, env=_environment(work), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        try:
            return process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise RunError(f"staging did not end in {seconds:g} s; stage fewer changes at once, or raise stage_timeout_s") from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _reason(work: Path) -> str:
    """Why there is no verdict, in one line: what the failed task said, else the end of Molecule's log."""
    said = work / "error.txt"
    if said.is_file():
        return " ".join(said.read_text(encoding="utf-8").split())
    lines = (work / "molecule.log").read_text(encoding="utf-8", errors="replace").splitlines()
    return " ".join(" ".join(lines[-LAST_LINES:]).split()) or "it said nothing"


def _stop(_number: int, _frame: object) -> NoReturn:
    raise SystemExit("staging was stopped")


def main() -> int:
    """Read the order, print the answer; an error is one sentence on stderr and exit code 1."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _stop)
    try:
        answer = run(json.load(sys.stdin))
    except (RunError, OSError, ImportError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
