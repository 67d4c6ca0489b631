#!/usr/bin/env bash
# Writes what the libraries' public surface is now into src/*/PublicAPI.Unshipped.txt; the diff is what a reviewer has to judge.
# PublicAPI.Shipped.txt has what the last release promised and is edited at a release only.
#
#   tools/update-public-api.sh [LIBRARY ...]     such as Sam2.Torch.Data; without any, all
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# MSBuild reads it as a property; see Directory.Build.props.
export GuardPublicApi=true

case "${1:-}" in -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
libraries=("$@")
[ $# -gt 0 ] || libraries=(Sam2.Torch Sam2.Torch.Data Sam2.Torch.Evaluation Sam2.Torch.Training)

need_dotnet
for library in "${libraries[@]}"; do
    project="$repo/src/$library"
    [ -f "$project/PublicAPI.Unshipped.txt" ] || die "there is no library '$library' with PublicAPI.Unshipped.txt in src/"
    # Starting from nothing also drops what is no longer public.
    echo '#nullable enable' >"$project/PublicAPI.Unshipped.txt"
    dotnet restore "$project" -v quiet </dev/null
    dotnet format analyzers "$project" --no-restore --diagnostics RS0016 --severity warn </dev/null
    say "$library: $(grep -c -v '^#' "$project/PublicAPI.Unshipped.txt" || true) public members beyond those shipped"
done
