#!/usr/bin/env bash
# Makes folders with the sam2 command, .NET and libtorch: artifacts/publish/sam2-RID, to be copied to a machine and run there. Each has
# a list of the packages in it (sbom.json, in CycloneDX's format).
#
#   tools/publish.sh [RID ...]     of linux-x64, win-x64, win-arm64 and osx-arm64; without any, all but win-arm64
#
# The environment variable TorchDevice=cuda takes the libtorch for CUDA, which exists for linux-x64 and win-x64.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

rids=()
for argument in "$@"; do
    case "$argument" in
        linux-x64 | win-x64 | win-arm64 | osx-arm64) rids+=("$argument") ;;
        -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) die "unknown system '$argument'; see tools/publish.sh --help" ;;
    esac
done
[ ${#rids[@]} -gt 0 ] || rids=(linux-x64 win-x64 osx-arm64)

need_dotnet
(cd "$repo" && dotnet tool restore </dev/null >/dev/null)
version="$(dotnet msbuild "$repo/src/Sam2.Cli" -t:MinVer -getProperty:Version -p:Configuration=Release -nologo </dev/null)"
for rid in "${rids[@]}"; do
    folder="$repo/artifacts/publish/sam2-$rid"
    say "publishing sam2 for $rid ..."
    rm -rf "$folder" "$folder.part"
    # Built apart from what `dotnet build` makes, which has the packages of this machine's system. With libtorch's 400 to 600 MB, the
    # 70 MB of .NET itself are worth having.
    dotnet publish "$repo/src/Sam2.Cli" -c Release -r "$rid" --self-contained -o "$folder.part" \
        -p:ArtifactsPath="$repo/artifacts/publish-build" -p:CreateSymbolicLinksForCopyLocalIfPossible=false \
        -p:PublishDocumentationFiles=false -p:DebugType=none -nologo -v quiet </dev/null
    # A link would lead into this machine's package cache.
    links="$(find "$folder.part" -type l)"
    [ -z "$links" ] || die "the folder has links: $links"
    cp "$repo/LICENSE" "$repo/NOTICE" "$folder.part"
    # What it is built of, with the hash of every package.
    dotnet CycloneDX "$repo/src/Sam2.Cli/Sam2.Cli.csproj" --disable-package-restore --base-intermediate-output-path "$repo/artifacts/publish-build/obj" \
        --runtime "$rid" --set-type Application --set-name sam2 --set-version "$version" --no-serial-number --output-format Json \
        --output "$folder.part" --filename sbom.json </dev/null >/dev/null
    mv "$folder.part" "$folder"
    say "$(du -sh "$folder" | cut -f1) in $folder"
done
