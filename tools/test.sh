#!/usr/bin/env bash
# Builds everything and runs all tests. The last line is "N passed, N failed" (", N skipped" where some were).
#
#   tools/test.sh [--fast]     --fast leaves out the category Slow
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

filter=()
for argument in "$@"; do
    case "$argument" in
        --fast) filter=(--filter 'TestCategory!=Slow') ;;
        -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) die "unknown argument '$argument'; see tools/test.sh --help" ;;
    esac
done

passed=0 failed=0 skipped=0
summary=()
finish() {
    echo
    printf '%s\n' ${summary[@]+"${summary[@]}"}
    local line="$passed passed, $failed failed"
    [ "$skipped" -eq 0 ] || line+=", $skipped skipped"
    echo "$line"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
# Anything that goes wrong before a test could run counts as one failure.
broken() {
    summary+=("$1")
    failed=$((failed + 1))
}

if ! (need_dotnet && need_ffmpeg); then
    broken "what the tests need is not installed"
    finish
    exit 1
fi
if ! dotnet build "$repo/Sam2.Torch.sln" -c Release -nologo -v quiet "-clp:NoSummary;ErrorsOnly" </dev/null; then
    broken "the solution does not build"
    finish
    exit 1
fi

results="$repo/artifacts/test-results"
rm -rf "$results"
mkdir -p "$results"
projects=("$repo"/tests/*.Tests)

# Two projects at a time: much of a test occupies one core only. Threads that wait must not keep the other busy.
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"
run() {
    local path project started status
    for path in "$@"; do
        project="$(basename "$path")" started=$SECONDS status=0
        dotnet test "$path" -c Release --no-build -nologo ${filter[@]+"${filter[@]}"} \
            --results-directory "$results" --logger "trx;LogFileName=$project.trx" --logger "console;verbosity=minimal" \
            --blame-hang --blame-hang-timeout 20m --blame-hang-dump-type none </dev/null >"$results/$project.log" 2>&1 || status=$?
        echo $status $((SECONDS - started)) >"$results/$project.status"
        echo "== $project"
        cat "$results/$project.log"
    done
}
# Both halves take about as long.
first=() second=()
for path in "${projects[@]}"; do
    case "$(basename "$path")" in
        Sam2.Torch.Tests | Sam2.Torch.Training.Tests) first+=("$path") ;;
        *) second+=("$path") ;;
    esac
done
run ${first[@]+"${first[@]}"} &
run ${second[@]+"${second[@]}"}
wait

counter() { sed -n "s/.*<Counters [^>]*\b$1=\"\([0-9]*\)\".*/\1/p" "$2" | head -n 1; }

for path in "${projects[@]}"; do
    project="$(basename "$path")" status=1 seconds=0
    [ ! -f "$results/$project.status" ] || read -r status seconds <"$results/$project.status"
    trx="$results/$project.trx"
    if [ ! -f "$trx" ]; then
        broken "$project: no results (exit status $status)"
        continue
    fi
    ok="$(counter passed "$trx")" bad="$(counter failed "$trx")" total="$(counter total "$trx")"
    ok="${ok:-0}" bad="${bad:-0}" total="${total:-0}"
    left=$((total - ok - bad))
    # The test host can die with no test to blame; nothing run at all is no success either.
    if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$ok" -eq 0 ]; }; then
        bad=1
    fi
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + left))
    summary+=("$(printf '%-28s %5d passed %5d failed %5d skipped %5d s' "$project" "$ok" "$bad" "$left" "$seconds")")
done

finish
