# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  queue_url:
    description:
      - Where the queue is, either the path of an SQLite file or a URL such as V(postgresql://user@host/database).
      - Without it the variable C(forestage_queue_url) is used, then the environment variable E(FORESTAGE_QUEUE_URL), then
        V(~/.forestage/queue.db).
      - A PostgreSQL password is best left to E(PGPASSWORD) or a password file. It is masked in every message.
    type: str
  as_of:
    description:
      - The time for which priorities, start times and expiry are judged, as RFC 3339 in UTC.
      - Without it the variable C(forestage_as_of) is used, then the present. Leases always run by the present.
    type: str
notes:
  - Runs on the controller and needs no connection to the host.
  - Who acts is the user of the operating system; behind C(sudo), the user who called it.
  - Where the administrator of AWX has set E(FORESTAGE_TRUST_AWX_USER) to V(true) for its jobs, it is the user whom AWX has logged in.
requirements:
  - sqlalchemy >= 2.0.30
  - alembic >= 1.13
  - jsonschema >= 4.21
  - psycopg >= 3.1.18 (for PostgreSQL)
attributes:
  check_mode:
    description: Reports what it would do, and changes no row.
    support: full
  diff_mode:
    description: There is no difference to show.
    support: none
"""
