#!/bin/bash
# usage: disk.sh OUT
# Makes boot.vfat and disk.img.zst in the folder OUT, from its root.squashfs, vmlinuz and initrd.img, without mounting
# anything. Sizes and places of the partitions are those of layout.sfdisk.
set -euo pipefail

here=$(dirname "$(readlink --canonicalize "$0")")
out=${1:?the folder is missing}
: "${SOURCE_DATE_EPOCH:?}"
disk=$out/disk.img
work=$(mktemp --directory)
trap 'rm --recursive --force "$work" "$disk"' EXIT
fail() { echo "disk.sh: $*" >&2; exit 1; }

# vfat FILE MEBIBYTES LABEL ID; copy FILE FROM TO. Both sizes are right for FAT16. mtools write the date of the file that is copied.
vfat() {
    rm --force "$1"
    truncate --size="${2}M" "$1"
    mkfs.vfat --invariant -F 16 -s 4 -n "$3" -i "$4" "$1" > /dev/null
}
copy() {
    cp "$2" "$work/file"
    touch --date="@$SOURCE_DATE_EPOCH" "$work/file"
    mcopy -m -i "$1" "$work/file" "::$3"
}

# A folder would get the date of now: extlinux.conf stands where U-Boot is told to look for it.
vfat "$out/boot.vfat" 96 BOOT 59550001
copy "$out/boot.vfat" "$out/vmlinuz" vmlinuz
copy "$out/boot.vfat" "$out/initrd.img" initrd.img
copy "$out/boot.vfat" "$here/boot/extlinux.conf" extlinux.conf

mkimage -A arm64 -T script -C none -n yuexiang -d "$here/boot/boot.cmd" "$work/boot.scr" > /dev/null
vfat "$work/config.vfat" 32 YUEXIANG 59550000
copy "$work/config.vfat" "$work/boot.scr" boot.scr
copy "$work/config.vfat" "$here/boot/README.txt" README.txt

rm --force "$disk"
truncate --size=1200M "$disk"
sfdisk --quiet "$disk" < "$here/layout.sfdisk"

# put FILE PARTITION
put() {
    local start size
    read -r start size < <(sfdisk --json "$disk" | jq --raw-output ".partitiontable.partitions[] |
        select(.name == \"$2\") | \"\(.start) \(.size)\"")
    [[ $(stat --format=%s "$1") -le $((size * 512)) ]] || fail "$1 is larger than the partition $2"
    dd if="$1" of="$disk" bs=512 seek="$start" conv=notrunc,sparse status=none
}
put "$work/config.vfat" yuexiang-config
put "$out/boot.vfat" yuexiang-boot-a
put "$out/root.squashfs" yuexiang-root-a
zstd --quiet --force -T2 -9 "$disk" -o "$out/disk.img.zst"
