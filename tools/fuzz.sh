#!/usr/bin/env bash
# Tries inputs that are damaged or made up, and finds those that end in a crash, an endless loop, too much memory or an exception that
# nobody documented.
#
#   tools/fuzz.sh list                             the targets
#   tools/fuzz.sh TARGET|all [--runs N] [--seed S] tries N inputs of one target, or of each; the same seed gives the same inputs
#   tools/fuzz.sh TARGET|all --jobs N              tries them in N processes at a time
#   tools/fuzz.sh TARGET --input FILE              tries one file
#
# What it finds goes to artifacts/fuzz. It takes one core for each job, at the lowest priority.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case "${1:---help}" in
    -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
need_dotnet
dotnet build "$repo/tests/Sam2.Fuzz" -c Release -nologo -v quiet "-clp:NoSummary;ErrorsOnly" </dev/null >&2 || die "the build failed"
exec nice -n 19 dotnet exec "$repo/artifacts/bin/Sam2.Fuzz/release/Sam2.Fuzz.dll" "$@"
