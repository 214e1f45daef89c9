#!/bin/bash
# usage: elf-closure.sh ROOT < FILES
# Prints the shared libraries that the ELF files on standard input (paths below ROOT) need, and those that they need.
# Libraries are looked for by name in ROOT's library folder, as the box's linker does.
set -euo pipefail

root=$1
cd "$root"

{
    sed 's/^/root /'
    find usr/lib/aarch64-linux-gnu -maxdepth 1 -name '*.so*' -printf 'library %f %p\n'
    # readelf complains of the linker scripts and text files that it meets.
    find usr -type f \( -name '*.so*' -o -perm /111 \) -print0 |
        xargs -0 readelf --wide --dynamic 2> /dev/null || true
} | awk '
    $1 == "root" { queue[count++] = $2; next }
    $1 == "library" { library[$2] = $3; next }
    $1 == "File:" { file = $2; next }
    /\(NEEDED\)/ { name = $NF; gsub(/[][]/, "", name); need[file] = need[file] " " name }
    # Of a link, the needs are those of the file that it leads to.
    function target(path,    command, line) {
        if (path in real) return real[path]
        command = "readlink --canonicalize " path
        command | getline line
        close(command)
        sub("^" root "/", "", line)
        return real[path] = line
    }
    END {
        for (i = 0; i < count; i++) {
            n = split(need[target(queue[i])], names, " ")
            for (j = 1; j <= n; j++) {
                path = library[names[j]]
                if (path != "" && !(path in seen)) {
                    seen[path] = 1
                    queue[count++] = path
                    print path
                    print target(path)
                }
            }
        }
    }
' root="$(realpath .)" | LC_ALL=C sort --unique
