# SPDX-License-Identifier: MIT
#
# For the tests in this folder: programs as processes, and what is said of each
# check. A test waits for what it expects to see, never for a time; the limit is
# for what never comes, and wide, as machines are slow. Processes are ended by
# their numbers.
TMP=$(mktemp -d) || exit 1
PASSED=0 FAILED=0 SKIPPED=0
PIDS=()
LIMIT_S=60
SAID=$TMP # where it is kept what they write

cleanup() {
    local p
    for p in "${PIDS[@]+"${PIDS[@]}"}"; do kill -KILL "$p" 2>/dev/null; done
    rm -rf "$TMP"
}
trap cleanup EXIT

# check name why-if-not command…: "why" is from before the command waited; the end
# of what its arguments name is shown as it is after.
check() {
    local name=$1 why=$2
    shift 2
    if "$@"; then
        PASSED=$((PASSED + 1)) && printf '[       OK ] %s\n' "$name"
    else
        FAILED=$((FAILED + 1)) && printf '[  FAILED  ] %s: %s\n' "$name" "$why"
        local word file
        for word in "$@"; do
            for file in "$word" "$SAID/$word.err" "$SAID/$word.jsonl"; do
                [ -f "$file" ] && printf '   now %s:\n' "${file##*/}" && tail -n 3 "$file"
            done
        done
    fi
}
is() { [ "$1" = "$2" ]; }

# In the background: PID; what it writes is in $SAID/name.out and .err.
begin() { # name command…
    local name=$1
    shift
    : >"$SAID/$name.out" >"$SAID/$name.err" # there to be read at once
    "$@" </dev/null >"$SAID/$name.out" 2>"$SAID/$name.err" &
    PID=$!
    PIDS+=("$PID")
}
becomes() { # command…: true once it succeeds
    local end=$((SECONDS + LIMIT_S))
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}
await() { # file pattern
    becomes grep -s -q -e "$2" "$1"
}
is_gone() { ! kill -0 "$1" 2>/dev/null; }
ends() { # pid: STATUS
    if ! becomes is_gone "$1"; then
        STATUS=still-running
        return
    fi
    wait "$1"
    STATUS=$?
}
stop() { # pid: STATUS
    kill -TERM "$1"
    ends "$1"
}

summary() {
    printf '%d passed, %d failed, %d skipped\n' $PASSED $FAILED $SKIPPED
    [ $FAILED -eq 0 ]
}
