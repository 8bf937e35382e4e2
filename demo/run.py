# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole loop, once, on a lab network of this machine: `make demo`.

Every step runs the command that a user runs on his own network, and shows it.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from steps import Steps
from terminal import Stopped, Terminal
from world import ROOT, World, find_collection, last_sample

AS_OF = "2026-11-23T00:00:00Z"


def main() -> int:
    """Run the steps; 0 when all of them showed what they are there to show."""
    args = _arguments()
    find_collection()
    from ansible_collections.forestage.network.plugins.plugin_utils.fabric import Fabric

    if args.first == 1:
        Fabric.remove(args.fabric)
        shutil.rmtree(args.folder, ignore_errors=True)
        args.folder.mkdir(parents=True, mode=0o700)
    world = World(args.folder, args.fabric, args.as_of or (last_sample(args.history) if args.history else AS_OF))
    if args.history:
        world.bring(args.history, args.mapping, args.policies or ROOT / "inventories/example/policies.yml")
    world.write_variables()
    terminal = Terminal(args.folder / "log")
    steps = Steps(world, terminal, own_history=bool(args.history))
    titles = (
        (steps.lab, "Production: a lab network of real routers comes up"),
        (steps.arrive, "History arrives"),
        (steps.foresee, "The Provisioning Forecast"),
        (steps.queue, "The queue, with people's own requests and another engine's forecast"),
        (steps.rehearse, "Rehearsal on virtual copies; in mode shadow nothing is deployed"),
        (steps.deploy, "Deployment with a deadline; what goes wrong takes itself back"),
        (steps.learn, "The calendar moves on: outcomes, reverts, calibration"),
        (steps.report, "The report"),
    )
    wanted = titles[:4] if args.history else titles
    try:
        for number, (step, title) in enumerate(wanted, 1):
            if number >= args.first:
                with terminal.step(number, title):
                    step()
    except Stopped as error:
        print(f"\nThe demonstration stopped: {error}", file=sys.stderr)
        return 1
    finally:
        if not args.keep:
            Fabric.remove(args.fabric)
    terminal.account()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=ROOT / ".cache/demo", help="where everything goes; emptied first")
    parser.add_argument("--fabric", default="demo", help="name of the virtual network")
    parser.add_argument("--as-of", help=f"the analytics' clock at the start (default {AS_OF}, or the end of your own history)")
    parser.add_argument("--history", type=_existing, help="your own history instead of the generated one: the first four steps only")
    parser.add_argument("--mapping", type=_existing, help="what the series of a single-file history are")
    parser.add_argument("--policies", type=_existing, help="policies for your own history (default: inventories/example/policies.yml)")
    parser.add_argument("--first", type=int, default=1, help="go on at this step with what an earlier run left by --keep")
    parser.add_argument("--keep", action="store_true", help="leave the lab running at the end")
    return parser.parse_args()


def _existing(text: str) -> Path:
    path = Path(text).expanduser().resolve()
    if not path.exists():
        raise argparse.ArgumentTypeError(f"{path} is not there; name a file or folder that is")
    return path


if __name__ == "__main__":
    sys.exit(main())
