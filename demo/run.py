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
from world import ROOT, World, find_collection

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
    world = World(args.folder, args.fabric, args.as_of)
    world.write_variables()
    terminal = Terminal(args.folder / "log")
    steps = Steps(world, terminal, args.history, args.mapping)
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
    parser.add_argument("--as-of", default=AS_OF, help="the analytics' clock at the start")
    parser.add_argument("--history", type=Path, help="your own history instead of the generated one: forecast and queue only")
    parser.add_argument("--mapping", type=Path, help="what the series of a single-file history are (default: mapping.yml beside it)")
    parser.add_argument("--first", type=int, default=1, help="go on at this step with what an earlier run left by --keep")
    parser.add_argument("--keep", action="store_true", help="leave the lab running at the end")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
