#!/usr/bin/env bash
# Chooses the build stack, installs what it needs and says which and why. Safe to run again.
#
#   tools/setup.sh [--stack system|nuget] [--device cpu|cuda]
#
#   system  the operating system's libtorch (Debian, Ubuntu) or the one LIBTORCH names; ffmpeg for media
#   nuget   TorchSharp, libtorch and SkiaSharp from NuGet; --device picks which libtorch
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

stack="${TorchStack:-}"
why="asked for by the environment variable TorchStack"
device="${TorchDevice:-}"
while [ $# -gt 0 ]; do
    case "$1" in
        --stack) stack="${2:-}"; why="asked for by --stack"; shift 2 || die "--stack needs system or nuget" ;;
        --stack=*) stack="${1#*=}"; why="asked for by --stack"; shift ;;
        --device) device="${2:-}"; shift 2 || die "--device needs cpu or cuda" ;;
        --device=*) device="${1#*=}"; shift ;;
        -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) die "unknown argument '$1'; see tools/setup.sh --help" ;;
    esac
done
case "$stack" in '' | system | nuget) ;; *) die "unknown stack '$stack': system or nuget" ;; esac

# Tests of this script put another system's files under another root.
root="${SAM2_SETUP_ROOT:-}"

apt_updated=no
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }
apt_update() {
    [ "$apt_updated" = no ] || return 0
    apt_updated=yes
    say "apt-get update"
    as_root apt-get update -qq >&2
}

is_debian_like() {
    command -v apt-get >/dev/null && grep -q -E '^(ID|ID_LIKE)=.*\b(debian|ubuntu)\b' "$root/etc/os-release" 2>/dev/null
}

# The version of libtorch-dev that apt would install, or nothing.
libtorch_candidate() {
    LC_ALL=C apt-cache policy libtorch-dev 2>/dev/null | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

libtorch_is_installed() {
    [ -e "$root/usr/include/torch/library.h" ] || [ -e "$root/usr/include/torch/csrc/api/include/torch/torch.h" ]
}

choose_stack() {
    if [ -n "${LIBTORCH:-}" ]; then
        stack=system why="LIBTORCH names $LIBTORCH"
    elif libtorch_is_installed; then
        stack=system why="libtorch's headers are installed"
    elif is_debian_like; then
        local version
        version="$(libtorch_candidate)"
        [ -n "$version" ] || { apt_update; version="$(libtorch_candidate)"; }
        if [ -n "$version" ] && dpkg --compare-versions "$version" ge 1.13; then
            stack=system why="apt offers libtorch-dev $version"
        else
            stack=nuget why="apt offers ${version:+only }libtorch-dev ${version:-nowhere}, and 1.13 is the least that works"
        fi
    else
        stack=nuget why="$(uname -s) without Debian's packages, and no libtorch is installed"
    fi
}
[ -n "$stack" ] || choose_stack

install_missing_packages() {
    local wanted=(g++ cmake make ffmpeg libdnnl-dev) missing=() package
    [ -n "${LIBTORCH:-}" ] || wanted+=(libtorch-dev)
    if ! command -v dpkg-query >/dev/null; then
        for package in g++ cmake make ffmpeg; do
            command -v "$package" >/dev/null || die "the system stack needs $package; install it with your package manager"
        done
        return 0
    fi
    for package in "${wanted[@]}"; do
        # A compiler, CMake or ffmpeg from elsewhere serves as well as Debian's.
        command -v "$package" >/dev/null && continue
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
        die "these packages are missing and neither root nor sudo is at hand; run as root: apt-get install ${missing[*]}"
    apt_update
    say "apt-get install ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 </dev/null ||
        die "apt-get could not install: ${missing[*]}"
}

check_dotnet() {
    local how="install it as https://learn.microsoft.com/dotnet/core/install says" found
    command -v dotnet >/dev/null || die "the .NET 10 SDK is missing; $how"
    found="$(dotnet --list-sdks | cut -d' ' -f1)"
    grep -q '^[1-9][0-9]\.' <<<"$found" || die "the .NET 10 SDK is missing (found: ${found:-none}); $how"
}

choose_device() {
    case "$device" in
        cpu | cuda-linux | cuda-windows) return 0 ;;
        '' | cuda) ;;
        *) die "unknown device '$device': cpu or cuda" ;;
    esac
    if [ "$device" = cuda ] || { command -v nvidia-smi >/dev/null && nvidia-smi >/dev/null 2>&1; }; then
        case "$(uname -s)" in Linux) device=cuda-linux ;; MINGW* | MSYS*) device=cuda-windows ;; *) device=cpu ;; esac
    else
        device=cpu
    fi
}

check_dotnet
if [ "$stack" = system ]; then
    install_missing_packages
    say "stack: system ($why)"
else
    choose_device
    command -v ffmpeg >/dev/null || say "note: ffmpeg is not installed; pictures work without it, videos need it"
    say "stack: nuget, $device ($why)"
fi

mkdir -p "$(dirname "$stack_file")"
{
    echo "TorchStack=$stack"
    [ "$stack" = system ] || echo "TorchDevice=$device"
} >"$stack_file.part"
mv "$stack_file.part" "$stack_file"
