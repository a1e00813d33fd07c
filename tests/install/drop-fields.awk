# SPDX-License-Identifier: MIT
#
# awk -v name=wzp_x -v keep=N -f drop-fields.awk HEADER
#
# Prints a public header without the last fields of the struct wzp_x: the first
# N stay, all but one with keep=0. The names of those left out go to the file
# `dropped`, one a line. Comments go.
{ text = text $0 "\n" }
END {
    while (match(text, /\/\*/)) {
        end = index(substr(text, RSTART), "*/")
        text = substr(text, 1, RSTART - 1) " " substr(text, RSTART + end + 1)
    }
    start = index(text, "typedef struct " name " {")
    if (!start) exit 1
    head = substr(text, 1, start + length("typedef struct " name " {") - 1)
    body = substr(text, length(head) + 1)
    depth = n = 0
    field = ""
    for (i = 1; depth >= 0; i++) {
        c = substr(body, i, 1)
        if (c == "{") depth++
        if (c == "}" && --depth < 0) break
        field = field c
        if (c == ";" && depth == 0) {
            fields[++n] = field
            field = ""
        }
    }
    if (!keep) keep = n - 1
    printf "%s", head
    for (f = 1; f <= n; f++) {
        if (f <= keep) {
            printf "%s", fields[f]
            continue
        }
        last = fields[f]
        sub(/(\[[^]]*\])?;$/, "", last)
        sub(/^.*[^A-Za-z0-9_]/, "", last)
        print last >dropped
    }
    printf "\n%s", substr(body, i)
}
