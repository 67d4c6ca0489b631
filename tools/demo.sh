#!/usr/bin/env bash
# From a clean clone to out/: builds, draws a picture, segments it from a click and from a box, draws a video and
# follows two balls through it, of which one disappears behind a box and comes back.
#
#   tools/demo.sh                                        what the project draws, with the small checkpoint
#   tools/demo.sh IMAGE [MODEL] [PROMPT OPTION ...]      a picture, a checkpoint (path or name) and prompts of yours,
#                                                        such as --point 500,375 or --box 75,275,1725,850
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case "${1:-}" in -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;; esac

need_ffmpeg
sam2="$repo/tools/sam2"
out="$PWD/out"

if [ $# -eq 0 ]; then
    mkdir -p "$out"
    "$sam2" draw "$out/scene.png"
    image="$out/scene.png" model="$repo/weights/sam2.1_hiera_micro.pt"
else
    image="$1" model="$repo/weights/sam2.1_hiera_micro.pt"
    shift
    if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
        model="$1"
        shift
    fi
fi

# A user's picture without a prompt: whatever is in the middle.
prompts=("$@")
if [ ${#prompts[@]} -eq 0 ]; then
    prompts=(--point '50%,50%')
    # Of the drawn picture: the red ball by a box and a click, the blue ball by a box.
    [ "$image" != "$out/scene.png" ] || prompts=(--box '13%,27%,35%,57%' --point '24%,42%' --box '71%,53%,91%,81%')
fi

"$sam2" segment "$image" --model "$model" --out "$out" --json "$out/result.json" "${prompts[@]}"
echo "overlay: $out/overlay.png"

if [ "$image" = "$out/scene.png" ]; then
    "$sam2" draw "$out/clip.mp4" --frames 46
    "$sam2" track "$out/clip.mp4" --model "$model" --out "$out/track" \
        --prompt 'obj=1 box=13%,27%,35%,57% point=24%,42%' --prompt 'obj=2 box=71%,53%,91%,81%'
    echo "video overlay: $out/track/overlay.mp4"
fi
