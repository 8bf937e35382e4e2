# SPDX-License-Identifier: GPL-3.0-or-later
"""Who acts: a name that the one who acts cannot choose."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TRUST = "FORESTAGE_TRUST_AWX_USER"
"""The administrator's word that AWX starts every job here, as an environment variable: `true` or nothing."""

BY_A_PERSON = ("manual", "relaunch", "workflow")
"""How AWX says that a person started a job. For any other AWX names nobody, so that a job's own variable would be believed."""

_EVERY_USER = ["0", "0", "4294967295"]


def acting_user(variables: Mapping[str, Any], environment: Mapping[str, str], user_map: Path = Path("/proc/self/uid_map")) -> str:
    """The user that AWX has logged in, where the administrator vouches for it; otherwise the operating system's, behind sudo.

    AWX sets its own variables over whatever a template, a survey or a launch gives, but outside AWX anybody can give them.

    Args:
        variables: Ansible's.
        environment: of the process. An extra variable cannot set it; an execution environment or an instance group does.
        user_map: which users this process can become. In a namespace of its own, anybody is root, and sudo proves nothing.
    """
    if environment.get(TRUST, "").lower() == "true" and environment.get("JOB_ID") and environment.get("AWX_HOST"):
        name = variables.get("awx_user_name")
        if name and variables.get("awx_job_launch_type") in BY_A_PERSON and not variables.get("awx_parent_job_schedule_id"):
            return str(name)
    if os.geteuid() == 0 and environment.get("SUDO_USER") and _words(user_map) == _EVERY_USER:
        return environment["SUDO_USER"]
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").split()
    except OSError:
        return []
