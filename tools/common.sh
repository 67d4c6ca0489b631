# shellcheck shell=bash
# Sourced by the other scripts: where the repository is, how to report.

repo="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# The .NET command line neither sends telemetry nor greets.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

say() { printf '%s\n' "$*" >&2; }
die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}
