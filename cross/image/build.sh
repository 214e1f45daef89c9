#!/bin/bash
# usage: build.sh PROGRAM.tar.zst OUT
#
# Makes the image of an aarch64 box in the folder OUT:
#   root.squashfs   the read-only root             -> slot yuexiang-root-a or -b
#   boot.vfat       kernel and initial file system -> slot yuexiang-boot-a or -b
#   disk.img.zst    the whole medium: both slots' partitions, A filled; to be written to an eMMC or a card
#   manifest.txt    the versions of all packages
#   sizes.txt       what takes how much
# PROGRAM.tar.zst is what `cargo xtask cross --target aarch64 --release` makes. Packages come from the mirrors that
# this machine's own apt uses. The same packages and the same program give the same bytes; SOURCE_DATE_EPOCH is the
# date that files get, without it that of the last commit.
#
# Runs as root on Debian 12 and says which packages are missing.
set -euo pipefail

here=$(dirname "$(readlink --canonicalize "$0")")
fail() { echo "build.sh: $*" >&2; exit 1; }

[[ $# == 2 ]] || fail "usage: build.sh PROGRAM.tar.zst OUT"
[[ $EUID == 0 ]] || fail "file systems are owned by root: run it with sudo"
DIST=$(readlink --canonicalize "$1")
[[ -f $DIST ]] || fail "there is no file $1: make it with cargo xtask cross --target aarch64 --release"
mkdir --parents "$2"
OUT=$(readlink --canonicalize "$2")
export DIST OUT
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct)}
export LC_ALL=C.UTF-8 TZ=UTC
unset -v HOME && export HOME=/nonexistent

missing=()
while read -r program package; do
    command -v "$program" > /dev/null || missing+=("$package")
done <<'PROGRAMS'
mmdebstrap mmdebstrap
qemu-aarch64-static qemu-user-static
update-binfmts binfmt-support
mksquashfs squashfs-tools
mkfs.vfat dosfstools
mcopy mtools
mkimage u-boot-tools
sfdisk fdisk
depmod kmod
cpio cpio
jq jq
zstd zstd
readelf binutils
PROGRAMS
[[ ${#missing[@]} == 0 ]] || fail "needed first: apt-get install ${missing[*]}"

# mmdebstrap runs the maintainer scripts of another architecture. The flag F of the registration opens the emulator
# now, so that it is found inside the new root.
register_emulator() {
    local registered=/proc/sys/fs/binfmt_misc/qemu-aarch64
    [[ $(uname --machine) != aarch64 ]] || return 0
    [[ -e /proc/sys/fs/binfmt_misc/register ]] || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc ||
        fail "the kernel cannot run programs by an emulator (CONFIG_BINFMT_MISC)"
    [[ -e $registered ]] || update-binfmts --import qemu-aarch64 2> /dev/null || true
    [[ -e $registered ]] || update-binfmts --enable qemu-aarch64
    grep --quiet '^flags:.*F' "$registered" || fail "qemu-aarch64 is registered without the flag F in binfmt_misc"
}

# The mirrors of the host's apt that carry Debian itself.
mirrors() {
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    # shellcheck disable=SC2016  # apt's own variables
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
        sort --unique | sed "s|^|deb [signed-by=$keyring] |"
}

lines() { sed --regexp-extended 's/[[:space:]]*#.*//; /^$/d' "$here/lists/$1.txt"; }

register_emulator
work=$(mktemp --directory --tmpdir="${TMPDIR:-/tmp}" yuexiang-image.XXXXXX)
trap 'rm --recursive --force --one-file-system "$work"' EXIT
chmod 755 "$work"

mirrors > "$work/sources.list"
[[ -s $work/sources.list ]] || fail "apt knows no mirror of Debian: run apt-get update first"
mmdebstrap --quiet --mode=root --architectures=arm64 --variant=essential --format=directory \
    --include="$(lines system | paste --serial --delimiters=,)" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt=force-unsafe-io \
    --customize-hook="$here/rootfs.sh \"\$1\"" \
    bookworm "$work/root" - < "$work/sources.list"

"$here/slim.sh" "$work/root"
"$here/sizes.sh" "$work/root" > "$OUT/sizes.txt"
rm --force "$OUT/root.squashfs"
# xz would be a tenth smaller, and takes a small core four times as long to read. Files that are younger than
# SOURCE_DATE_EPOCH get that date.
mksquashfs "$work/root" "$OUT/root.squashfs" -quiet -no-progress -noappend -no-exports -no-xattrs \
    -comp zstd -Xcompression-level 19 -b 256K
"$here/disk.sh" "$OUT"
{
    echo
    stat --format='%s %n' "$OUT"/{root.squashfs,boot.vfat,vmlinuz,initrd.img,disk.img.zst} | sed "s|$OUT/||"
} >> "$OUT/sizes.txt"
(cd "$OUT" && sha256sum root.squashfs boot.vfat disk.img.zst > SHA256SUMS && cat SHA256SUMS)
