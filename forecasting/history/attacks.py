# SPDX-License-Identifier: GPL-3.0-or-later
"""What a security log's message counts as: an intrusion attempt, a malware detection, or neither, and of which class.

The classes are the short names of Suricata's and Snort's ``classification.config``, found by the description that alerts carry.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Finding = tuple[str, str]
"""(``intrusion`` or ``malware``, class)."""

MALWARE = {
    "A Network Trojan was detected": "trojan-activity",
    "Malware Command and Control Activity Detected": "command-and-control",
    "Domain Observed Used for C2 Detected": "domain-c2",
    "Crypto Currency Mining Activity Detected": "coin-mining",
    "Targeted Malicious Activity was Detected": "targeted-activity",
    "Possibly Unwanted Program Detected": "pup-activity",
}
INTRUSION = {
    "Attempted Information Leak": "attempted-recon",
    "Information Leak": "successful-recon-limited",
    "Large Scale Information Leak": "successful-recon-largescale",
    "Attempted Denial of Service": "attempted-dos",
    "Denial of Service": "successful-dos",
    "Detection of a Denial of Service Attack": "denial-of-service",
    "Attempted User Privilege Gain": "attempted-user",
    "Unsuccessful User Privilege Gain": "unsuccessful-user",
    "Successful User Privilege Gain": "successful-user",
    "Attempted Administrator Privilege Gain": "attempted-admin",
    "Successful Administrator Privilege Gain": "successful-admin",
    "Executable code was detected": "shellcode-detect",
    "Detection of a Network Scan": "network-scan",
    "Web Application Attack": "web-application-attack",
    "Access to a potentially vulnerable web application": "web-application-activity",
    "Attempt to login by a default username and password": "default-login-attempt",
    "An attempted login using a suspicious username was detected": "suspicious-login",
    "Decode of an RPC Query": "rpc-portmap-decode",
    "Exploit Kit Activity Detected": "exploit-kit",
    "Successful Credential Theft Detected": "credential-theft",
    "Possible Social Engineering Attempted": "social-engineering",
}
BY_CATEGORY: dict[str, Finding] = {
    **{text.lower(): ("malware", name) for text, name in MALWARE.items()},
    **{text.lower(): ("intrusion", name) for text, name in INTRUSION.items()},
}
CLASSIFICATION = re.compile(r"\[Classification: ([^\]]{1,100})\]")


def of_alert(alert: Mapping[str, Any], rules: Sequence[Mapping[str, str]]) -> Finding | None:
    """What the `alert` of a Suricata EVE record counts as; the user's rules look at the signature and go first."""
    return _by_rule(str(alert.get("signature", "")), rules) or BY_CATEGORY.get(str(alert.get("category", "")).lower())


def of_message(text: str, rules: Sequence[Mapping[str, str]]) -> Finding | None:
    """What a syslog message counts as: the user's rules, Suricata's and Snort's alerts, failed ssh logins, ClamAV."""
    ruled = _by_rule(text, rules)
    if ruled:
        return ruled
    found = CLASSIFICATION.search(text)
    if found:
        return BY_CATEGORY.get(found[1].lower())
    if "sshd" in text and "Failed password for " in text:
        return "intrusion", "ssh-login"
    if "clam" in text and text.rstrip().endswith(" FOUND"):
        return "malware", "clamav"
    return None


def _by_rule(text: str, rules: Sequence[Mapping[str, str]]) -> Finding | None:
    return next(((rule["counts"], rule["class"]) for rule in rules if rule["contains"] in text), None)
