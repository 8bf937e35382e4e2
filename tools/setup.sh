#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Lays what a run (`run`) or the tests (`test`) need: system packages, a virtual environment, the collection tree.
# Safe to run again; quick when nothing is missing. Environment: PYTHON (interpreter), VENV (folder).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
LEVEL="${1:?say run or test}"
VENV="${VENV:-.venv}"

say() { printf '%s\n' "$*" >&2; }
fail() { say "setup: $*"; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
may_be_root() { [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; }; }
recent_python() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }
installed() { [ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" = "install ok installed" ]; }

# The packages of bindep.txt for Debian and Ubuntu; those marked `test` only for the tests.
wanted_packages() {
    sed -nE 's/^([a-z0-9.+-]+) +\[platform:dpkg\]$/\1/p' bindep.txt
    if [ "$LEVEL" = test ]; then sed -nE 's/^([a-z0-9.+-]+) +\[platform:dpkg test\]$/\1/p' bindep.txt; fi
}

# Services of the packages must not start on this machine: the lab runs its own.
install_packages() {
    local guard=/usr/sbin/policy-rc.d
    if [ ! -e "$guard" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" >/dev/null
        as_root chmod 755 "$guard"
        trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    say "Installing system packages: $*"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

find_python() {
    local name
    for name in ${PYTHON:-python3.11 python3 python3.12 python3.13 python3.14}; do
        if recent_python "$name"; then command -v "$name"; return; fi
    done
    return 1
}

system_packages() {
    command -v dpkg-query >/dev/null || { say "setup: this is no Debian or Ubuntu; install what bindep.txt lists with your own package manager"; return; }
    local name missing=()
    while read -r name; do installed "$name" || missing+=("$name"); done < <(wanted_packages)
    if ! name="$(find_python)"; then
        [ -z "${PYTHON:-}" ] || fail "PYTHON=$PYTHON is not a Python 3.11 or newer; install it or name another"
        if apt-cache show python3.11-venv >/dev/null 2>&1; then missing+=(python3.11 python3.11-venv); else missing+=(python3 python3-venv); fi
    elif ! has_venv "$name"; then
        missing+=("python$("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv")
    fi
    [ "${#missing[@]}" -gt 0 ] || return 0
    may_be_root || fail "missing system packages; run: sudo apt-get install -y --no-install-recommends ${missing[*]}"
    install_packages "${missing[@]}"
}

python_packages() {
    local files=(-r requirements.txt) stamp="$VENV/.forestage-$LEVEL" python want
    if [ "$LEVEL" = test ]; then files+=(-r requirements-dev.txt); fi
    want="$(cat requirements.txt requirements-dev.txt | sha256sum)"
    if [ -x "$VENV/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$want" ]; then return; fi
    python="$(find_python)" || fail "no Python 3.11 or newer; install one, or name it with PYTHON=…"
    if [ ! -x "$VENV/bin/python" ]; then "$python" -m venv "$VENV"; fi
    say "Installing Python packages into $VENV (a minute or two the first time)"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check "${files[@]}"
    printf '%s\n' "$want" > "$stamp"
}

# ansible finds the checkout as forestage.network through a symbolic link.
collection_tree() {
    local link=.cache/collections/ansible_collections/forestage/network
    mkdir -p "$(dirname "$link")"
    [ "$(readlink "$link" 2>/dev/null)" = "$PWD" ] || ln -sfn "$PWD" "$link"
}

# Where root runs the tests of a throw-away machine, there must be someone to run the lab as an ordinary user.
ordinary_user() {
    if [ "$LEVEL" != test ] || [ "$(id -u)" != 0 ] || [ "${CI:-}" != true ] || grep -qs : /etc/subuid; then return; fi
    useradd --create-home --user-group forestage-test
    grep -qs '^forestage-test:' /etc/subuid || printf 'forestage-test:100000:65536\n' | tee -a /etc/subuid >> /etc/subgid
}

system_packages
python_packages
collection_tree
ordinary_user
