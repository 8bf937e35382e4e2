# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs inside the namespaces: standard library only, and nothing of Ansible.

`holder.py` is started as a program (``python -m inside.holder``); the rest serves it.
"""
