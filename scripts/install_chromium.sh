#!/bin/sh
# Makes sure that the browser tests find a Chromium: the system's own, Debian's package, or Playwright's download.
# Usage: install_chromium.sh PYTHON   (a Python in which the tests' packages are installed)
set -eu
python=$1
cd "$(dirname "$0")/.."

found() { "$python" -m tests.browser.chromium >/dev/null 2>&1; }

found && exit 0

echo "No Chromium found; it is needed to test the widget in a real JupyterLab page."
if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo"; else as_root="no"; fi
# Ubuntu's package of that name is only a pointer to a snap, so apt is asked on Debian alone.
if [ "$as_root" != no ] && grep -qs '^ID=debian' /etc/os-release; then
    $as_root apt-get update -qq </dev/null || true
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core </dev/null >/dev/null || true
fi
found && exit 0
if [ "$as_root" != no ]; then
    "$python" -m playwright install --with-deps chromium </dev/null || true
else
    "$python" -m playwright install chromium </dev/null || true
fi
found && exit 0

cat >&2 <<'MESSAGE'
Chromium could neither be found nor installed, so the browser tests cannot run.
Install it and call the same command again, for instance
    Debian:  sudo apt-get install chromium
    Fedora:  sudo dnf install chromium
    macOS:   brew install --cask chromium
or name one that you have:  CHROMIUM=/path/to/chrome make test
To test all but the browser:  .venv/bin/python -m pytest -m "not browser"
MESSAGE
exit 1
