# SPDX-License-Identifier: GPL-3.0-or-later
"""A seeded, closed-loop stand-in for a network's monitoring: the lab's past, and its future under what is deployed.

Latent demand is drawn from the seed alone. What monitoring *sees* is a function of that demand and
of the configuration in force: capacity clips it, OSPF costs move it, a QoS class protects an
application, a filter removes an attack, a new leaf takes its share of the users.

Series written (``unique_id`` = ``device|object|metric``; every 5 min, users every hour; rates in bit/s
come from the counters; all users live by Europe/Berlin):

==========================================  ======================  ========  ==============================================
device | object                             metric                  kind      labels (JSON) and meaning
==========================================  ======================  ========  ==============================================
core-a1, core-a2, core-b1, core-b2 | eth3   if_out_octets (B)       counter   link=inter-site, cut=a-to-b (core-a*) or
                                            if_drops (packet)       counter   b-to-a (core-b*): the cut's demand is conserved
edge-a1, edge-b1 | eth3                     the same two            counter   link=uplink
leaf-a1, leaf-b1 | eth1, eth2               the same two            counter   link=leaf, cut=leaf-a1-up / leaf-b1-up
each interface above                        capacity_bps (bit/s)    limit     20e6 in force from the start; leaf uplinks 100e6
edge-b1 | shop                              app_response_ms (ms)    gauge     application=shop, interface=eth3,
                                            app_transactions        gauge     destination=198.51.100.0/24, protocol=tcp,
                                            app_error_ratio         gauge     port=443: the campaigns' application
leaf-a1 | erp                               the same three          gauge     application=erp, interface=eth1: calm
edge-a1, edge-b1 | eth3                     sec_intrusion_attempts  event_…   source=prefix of the busiest source: edge-b1
                                            sec_malware_detections  event_…   203.0.113.0/24 (the attack), edge-a1 198.18.7.0/24
leaf-a1, leaf-b1 | device                   kpi_active_users        gauge     cut=users-a / users-b, hourly, users per leaf
once deployed: leaf-b2 (hostname) | device  kpi_active_users        gauge     cut=users-b; new_leaf's share of the site
once deployed: device | rule's name         filter_hits             counter   counts="device object metric" it dropped
once deployed: device | interface:class     qos_class_octets        counter   counts="device object metric" it protects
==========================================  ======================  ========  ==============================================

``events.ics``: campaigns (CATEGORIES:CAMPAIGN, X-FORESTAGE-DEVICES:edge-b1), every second week,
Thursday 08:00 to Saturday 22:00 Europe/Berlin; at the end of week 8 four are past and one is to come in 3 days.

At the end of week 8 (default start 2026-09-28, so as_of 2026-11-23T00:00:00Z), hourly means:

* edge-a1 eth3: peak 15.3 Mbit/s, +7 %/week: beyond 80 % of 20 Mbit/s in week 9 → ``capacity``.
* core-a1 eth3: peak 15.2 Mbit/s, +6.5 %/week, at OSPF cost 10; core-a2 eth3 idles at 1.7 Mbit/s with cost 100 → ``te_cost`` 100.
* edge-b1 shop: response 85 to 105 ms, in campaigns 290 to 500 (limit 150), while the link stays below 80 % → ``qos_event``.
* edge-b1 eth3: intrusion attempts rise since day 51 from 6 to 60 per 5 min (limit 30) → ``filter`` or ``rate_limit``, ttl.
* leaf-b1: 385 users in the busy hours, +18 a week; a leaf serves 400 → ``device_baseline`` leaf-b2, role leaf.
* Not needed: core-a2, core-b1, core-b2, every leaf uplink, edge-b1's capacity, erp, edge-a1's security, leaf-a1's users.

A counter reset (leaf-a1 eth1, day 24) and gaps (core-b2 eth3) are there on purpose.
``latent.parquet`` (``unique_id, ds, demand``; rates as ``…|if_out_bps``) holds the demand under the
configuration of the first day. The engine never reads it; tests of the outcome labels do.
"""
