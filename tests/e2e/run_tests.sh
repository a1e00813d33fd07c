#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What is seen of a test that fails, in the last lines of make test, make check
# and .ci/run (scripts/run-tests, scripts/run-phase): its name, what it said, and
# the count behind it.
set -u
. "$(dirname "$0")/processes.bash"

program() { # name what-it-says: exits 1 where a test of it fails
    printf '%s\n' '#!/bin/sh' "cat <<'END'" "$2" END \
        "${3:-case '$2' in *FAILED*) exit 1 ;; esac}" >"$TMP/$1"
    chmod +x "$TMP/$1"
}
run_tests() { # program…: $TMP/out, $TMP/end from the list of failed ones on; STATUS
    scripts/run-tests "$TMP/b" "${@/#/$TMP/}" >"$TMP/out" 2>&1
    STATUS=$?
    sed -n '/^=== failed/,$p' "$TMP/out" >"$TMP/end"
}
shows() { grep -q -e "$2" "$TMP/$1"; }
hides() { ! shows "$@"; }
ends_with() { is "$(tail -n 1 "$TMP/$1")" "$2"; }
block() { # program: lines about it at the end
    awk -v head="--- $TMP/$1: " '/^---/ { on = index($0, head) } on' "$TMP/end" | wc -l
}
passed='[ RUN      ] one_that_passes
heard by nobody
[       OK ] one_that_passes'
failed='[ RUN      ] one_that_fails
why_it_fails
[  FAILED  ] one_that_fails'

program good "$passed
3 passed, 0 failed, 1 skipped"
run_tests good
check "what passes is counted" "$(cat "$TMP/out")" ends_with out '3 passed, 0 failed, 1 skipped'
check "and exits so" "exit $STATUS" is "$STATUS" 0
check "and there is no list of failed ones" "$(cat "$TMP/out")" test ! -s "$TMP/end"

program bad "$passed
$failed
$passed
2 passed, 1 failed, 0 skipped"
program crash "$passed
[ RUN      ] one_that_crashes" 'kill -KILL $$'
program leak "$passed
1 passed, 0 failed, 0 skipped
LeakSanitizer: so many bytes" 'exit 23'
program long "[ RUN      ] one_that_fails
$(seq 500 | sed 's/^/line /')
[  FAILED  ] one_that_fails
0 passed, 1 failed, 0 skipped"
program slow "[ RUN      ] one_that_hangs" 'sleep 600'
TEST_TIMEOUT=2 run_tests bad good crash leak long slow
check "what fails is counted, what ends early too" "$(cat "$TMP/end")" ends_with end '6 passed, 5 failed, 1 skipped'
check "and exits so" "exit $STATUS" is "$STATUS" 1
check "a failed test is named at the end" "$(cat "$TMP/end")" shows end 'FAILED  . one_that_fails'
check "and what it said" "$(cat "$TMP/end")" shows end why_it_fails
check "a crash is named by the test it was in" "$(cat "$TMP/end")" shows end one_that_crashes
check "and as what it is" "$(cat "$TMP/end")" shows end "/crash: .*no closing line, exit 137"
check "what is said after all have passed is there" "$(cat "$TMP/end")" shows end 'LeakSanitizer'
check "a program that hangs is ended and named" "$(cat "$TMP/end")" shows end "/slow: .*timeout"
check "and the test it hung in" "$(cat "$TMP/end")" shows end one_that_hangs
check "control: what passes says something" "$(cat "$TMP/out")" shows out 'heard by nobody'
check "what passes is not in the list" "$(cat "$TMP/end")" hides end 'heard by nobody'
check "nor its program" "$(cat "$TMP/end")" hides end "/good"
check "a long story is told from both ends" "$(cat "$TMP/end")" \
    eval 'shows end "line 1$" && shows end "line 500$" && hides end "line 250$"'
check "and is short" "$(block long) lines" test "$(block long)" -le 62

scripts/run-phase "$TMP/p/log" cat "$TMP/end" >"$TMP/shown"
check "a phase shows what its command says" "$(cat "$TMP/shown")" cmp -s "$TMP/shown" "$TMP/end"
check "and keeps no end of one that went well" "it does" test ! -e "$TMP/p/log.failed"
scripts/run-phase "$TMP/p/log" sh -c 'cat "$1" "$2"; exit 7' - "$TMP/out" "$TMP/end" >"$TMP/shown"
check "a phase exits as its command does" "exit $?" is $? 7
check "the end of one that fails begins with the last list" "$(cat "$TMP/p/log.failed")" \
    is "$(grep -c '^---.*/bad: ' "$TMP/p/log.failed")" 1
check "and has no count that would be added twice" "$(cat "$TMP/p/log.failed")" \
    is "$(grep -c -E '^[0-9]+ passed' "$TMP/p/log.failed")" 0
scripts/run-phase "$TMP/p/log" sh -c 'seq 100; exit 1' >"$TMP/shown"
check "without a list the end is the last 60 lines" "$(cat "$TMP/p/log.failed")" \
    is "$(cat "$TMP/p/log.failed")" "$(seq 41 100)"

summary
