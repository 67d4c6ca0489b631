# shellcheck shell=bash
# Sourced by the other scripts: where the repository is, how to report, what has to be installed.

repo="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# The .NET command line neither sends telemetry nor greets.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

say() { printf '%s\n' "$*" >&2; }
die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# Ends the script unless the .NET SDK is new enough. Everything else that is built with comes from NuGet.
need_dotnet() {
    local how="install it as https://learn.microsoft.com/dotnet/core/install says" found
    command -v dotnet >/dev/null || die "the .NET 10 SDK is missing; $how"
    found="$(dotnet --list-sdks | cut -d' ' -f1 | paste -s -d ' ' -)"
    grep -q -E '(^| )[1-9][0-9]+\.' <<<"$found" || die "the .NET 10 SDK is missing (found: ${found:-none}); $how"
}

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# Installs packages of Debian or Ubuntu.
apt_install() {
    say "apt-get install $*"
    # On a machine that has just started, the system's own updates hold the lock for some minutes.
    as_root apt-get -o DPkg::Lock::Timeout=600 update -qq >&2 </dev/null &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y -qq --no-install-recommends "$@" >&2 </dev/null
}

# ffmpeg and ffprobe, which read and write videos: installed where apt can, else asked for.
need_ffmpeg() {
    ! { command -v ffmpeg && command -v ffprobe; } >/dev/null || return 0
    command -v apt-get >/dev/null || die "ffmpeg is missing; install it with your package manager"
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null || die "ffmpeg is missing; run as root: apt-get install ffmpeg"
    apt_install ffmpeg || die "ffmpeg is missing, and apt-get could not install it"
}
