#!/bin/bash
# usage: initrd.sh ROOT KERNEL_VERSION MODULES OUT
# Makes the initial file system OUT from programs of ROOT and from the kernel modules in the folder MODULES, without
# running anything of it. The same input gives the same bytes.
set -euo pipefail

here=$(dirname "$(readlink --canonicalize "$0")")
root=$1 version=$2 modules=$3 out=$4
programs=(usr/sbin/e2fsck usr/sbin/mke2fs usr/sbin/sfdisk usr/sbin/blkid usr/sbin/blockdev usr/bin/kmod)
stage=$(mktemp --directory)
trap 'rm --recursive --force "$stage"' EXIT

mkdir --parents "$stage"/{dev,etc,proc,root,run,sys,usr/{bin,lib,sbin}}
for name in bin lib sbin; do ln --symbolic "usr/$name" "$stage/$name"; done
install --mode=755 "$here/initrd/init" "$stage/init"
install --mode=755 "$root/usr/bin/busybox" "$stage/usr/bin/busybox"
cp --preserve=mode "$root/etc/mke2fs.conf" "$stage/etc/"
mapfile -t libraries < <(printf '%s\n' "${programs[@]}" | "$here/elf-closure.sh" "$root")
(cd "$root" && cp --parents --no-dereference --preserve=mode,links "${programs[@]}" "${libraries[@]}" "$stage")
ln --symbolic mke2fs "$stage/usr/sbin/mkfs.ext4"
# The kernel itself calls this one for what it finds missing. It looks devices up in an index; busybox would compare each
# of them with thousands of lines.
ln --symbolic ../bin/kmod "$stage/usr/sbin/modprobe"
# Every program names its linker by this path.
ln --symbolic aarch64-linux-gnu/ld-linux-aarch64.so.1 "$stage/usr/lib/ld-linux-aarch64.so.1"
"$here/modules.sh" "$modules" "$version" "$here/lists/modules-initrd.txt" "$stage"

find "$stage" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
(cd "$stage" && find . -mindepth 1 -print0 | LC_ALL=C sort --zero-terminated |
    cpio --null --create --format=newc --reproducible --owner=0:0 --quiet) | zstd -19 --quiet --force -o "$out"
