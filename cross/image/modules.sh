#!/bin/bash
# usage: modules.sh FROM KERNEL_VERSION LIST TO
# Copies from FROM/lib/modules/KERNEL_VERSION the kernel modules that LIST names, and what they depend on, into the
# file system TO, and writes depmod's tables.
set -euo pipefail

from=$1/lib/modules/$2 version=$2 list=$3 to=$4/usr/lib/modules/$2
[[ -f $from/modules.dep ]] || depmod --basedir "$1" "$version"

mkdir --parents "$to"
cp "$from"/modules.{builtin,builtin.modinfo,order} "$to/"
# Lines of modules.dep: MODULE: DEPENDENCY…, all of them below kernel/.
awk '
    NR == FNR { if ($0 !~ /^#/ && $0 != "") wanted["kernel/" $0] = 1; next }
    {
        module = substr($1, 1, length($1) - 1)
        part = module
        do {
            if (part in wanted) { $1 = module; for (i = 1; i <= NF; i++) print $i; used[part] = 1; break }
        } while (sub("/[^/]*$", "", part))
    }
    END {
        for (name in wanted) if (!(name in used)) print "modules.sh: nothing is named " name > "/dev/stderr"
    }
' "$list" "$from/modules.dep" | LC_ALL=C sort --unique |
    (cd "$from" && xargs cp --parents --target-directory="$to")
depmod --basedir "$4" "$version"
# Binary twins of tables that are there as text, and tables that only servers of modules need.
rm --force "$to"/modules.{symbols,devname}.bin
