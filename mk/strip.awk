# SPDX-License-Identifier: MIT
#
# Prints "file:line:text" of C sources with comments gone and strings emptied.
# For the checks that search code, not what is said about it.
FNR == 1 { comment = 0 }
{
    out = ""
    line = $0
    while (line != "") {
        if (comment) {
            end = index(line, "*/")
            if (!end) break
            line = substr(line, end + 2)
            comment = 0
            continue
        }
        if (!match(line, /\/\*|\/\/|"|'/)) {
            out = out line
            break
        }
        out = out substr(line, 1, RSTART - 1)
        token = substr(line, RSTART, RLENGTH)
        line = substr(line, RSTART + RLENGTH)
        if (token == "//") break
        if (token == "/*") {
            comment = 1
            continue
        }
        # A literal: up to its closing quote, escapes skipped.
        body = token == "\"" ? "^([^\"\\\\]|\\\\.)*\"" : "^([^'\\\\]|\\\\.)*'"
        if (match(line, body)) line = substr(line, RLENGTH + 1)
        out = out token token
    }
    print FILENAME ":" FNR ":" out
}
