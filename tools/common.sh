# shellcheck shell=bash
# Sourced by the other scripts: where the repository is, which stack was chosen, how to report.

repo="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
stack_file="$repo/artifacts/stack"
TorchStack="${TorchStack:-}" TorchDevice="${TorchDevice:-}"

# The .NET command line neither sends telemetry nor greets.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

say() { printf '%s\n' "$*" >&2; }
die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# Exports TorchStack (and TorchDevice) as setup.sh chose them; the environment goes before the file.
load_stack() {
    [ -f "$stack_file" ] || return 1
    local key value
    while IFS='=' read -r key value; do
        case "$key" in
            TorchStack) export TorchStack="${TorchStack:-$value}" ;;
            TorchDevice) export TorchDevice="${TorchDevice:-$value}" ;;
        esac
    done <"$stack_file"
    [ -n "$TorchStack" ]
}
