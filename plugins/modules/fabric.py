#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: fabric
short_description: Build, restart, load or remove a virtual network of real routers
version_added: 0.1.0
author: Forestage maintainers (@forestage)
description:
  - Builds a network of FRR routers and traffic hosts in namespaces of this machine, as root or as an ordinary user
    (in a user namespace). Nothing enters the machine's own network; two networks may use the same addresses.
  - Routers have their own host name, processes, C(/etc), C(/var/log), C(/home), C(/root), C(/usr/local/sbin) and
    C(/var/lib/forestage), an ssh server on their management address and sudo. The rest of the machine is read-only to them.
  - The network outlives the play, until O(state=absent) or the end of the machine. Its disks lie in memory.
  - Runs on the controller.
requirements:
  - frr, nftables, sudo, iproute2, openssh-server and openssh-client; for an ordinary user also uidmap and a range in C(/etc/subuid)
    and C(/etc/subgid).
attributes:
  check_mode: {support: full, description: Tells whether something would be done.}
  diff_mode: {support: none, description: A network is there or is not.}
options:
  name:
    description: Name of the network; lower-case letters, digits and hyphens.
    type: str
    required: true
  state:
    description:
      - V(present) builds the network unless it runs, and fails when it runs with another specification.
      - V(absent) ends all its processes and removes its files, also of one that was built half.
      - V(rebooted) cuts the power of O(nodes) and starts them again from their disks.
      - V(traffic) sends O(flows) through it.
    type: str
    choices: [present, absent, rebooted, traffic]
    default: present
  spec:
    description: What the network is made of, a value of the schema C(fabric); for O(state=present), unless O(spec_file) is given.
    type: dict
  spec_file:
    description: A YAML file with the same.
    type: path
  wait:
    description:
      - For V(present) and V(rebooted), wait so many seconds at most until every router has a route to all loopbacks and hosts.
      - V(0) does not wait. For V(traffic), V(0) starts the flows and does not wait for their end.
    type: float
    default: 60
  nodes:
    description: The nodes to restart.
    type: list
    elements: str
    default: []
  flows:
    description: The flows to send, all at once.
    type: list
    elements: dict
    default: []
    suboptions:
      sender: {description: Node that sends., type: str, required: true}
      receiver: {description: Node that receives., type: str, required: true}
      rate_bps: {description: Payload in bit/s., type: float, required: true}
      seconds: {description: How long., type: float, required: true}
      protocol: {description: Transport protocol., type: str, choices: [udp, tcp], default: udp}
      port: {description: Destination port; one of its own by default., type: int, default: 0}
      source: {description: Source address; the sender's first by default., type: str, default: ''}
      address: {description: Destination address; the receiver's first by default., type: str, default: ''}
      size: {description: Bytes of a datagram or write., type: int, default: 1200}
      name: {description: Name in the report., type: str, default: ''}
"""

EXAMPLES = r"""
- name: Build the lab
  forestage.network.fabric:
    name: lab
    spec_file: inventories/lab/fabric.yml

- name: Send 30 Mbit/s from one site to the other
  forestage.network.fabric:
    name: lab
    state: traffic
    flows:
      - {sender: host-a1, receiver: host-b1, rate_bps: 30e6, seconds: 5}
  register: sent

- name: Remove it
  forestage.network.fabric:
    name: lab
    state: absent
"""

RETURN = r"""
fabric:
  description:
    - The network, with the keys C(name), C(folder), C(userns), C(holder_pid), C(admin_key), C(agent_key),
      C(agent_public_key), C(known_hosts), C(ssh_args) and C(nodes) (each with C(pid), C(kind), C(mgmt) and C(ssh_port)).
  returned: when it runs
  type: dict
converged_seconds:
  description: How long it took until all routes were there.
  returned: when waited for
  type: float
traffic:
  description: For each flow C(name), C(sent_packets), C(received_packets), C(loss), C(rate_bps), C(mean_delay_ms), C(error) and more.
  returned: when flows were waited for
  type: list
  elements: dict
"""
