# Loaded by every bats file: the build under test first on PATH, the data, a scratch directory.
bats_require_minimum_version 1.5.0
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export TOP DATA=$TOP/tests/data LC_ALL=C
BIN=$TOP/${BUILD:-build/gcc}
# Debian's python3 is the one whose packages make deps installs.
export PATH="$BIN:$TOP/bin:$TOP/pipelines:/usr/bin:/bin:$PATH"
# bats' own run keeps stderr apart with --separate-stderr; `stderr` is then in $stderr.
