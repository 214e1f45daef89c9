#!/bin/bash
# usage: boot-test.sh OUT CONFIG [--extra FOLDER] [--cloud PORT] [--keep FOLDER] [--minutes N]
#
# Boots the image that build.sh made in OUT: U-Boot, slot A, systemd, the program; then reboots, lets the watchdog work,
# changes to slot B and back off a broken slot A, and configures a blank box by a USB stick. What is checked stands in boot-test/inside.sh. Everything is emulated
# (qemu-system-aarch64, TCG), so a boot takes a minute or two.
#
# CONFIG    what an installer puts on the YUEXIANG partition: yuexiang.toml and the province's root
# --extra   programs (aarch64) that are run inside: as root, those named service-* in the service's sandbox, those named
#           exclusive-* while the service is stopped
# --cloud   a cloud that listens on 127.0.0.1:PORT; inside it is http://10.0.2.100:8500/. Else there is no network.
# --keep    where console.log and screenshots go
# --minutes fails after so long [30]
#
# The image is tested as it is delivered; a copy of it gets the test by one file in its initial file system.
set -euo pipefail

here=$(dirname "$(readlink --canonicalize "$0")")
fail() { echo "boot-test.sh: $*" >&2; exit 1; }
[[ $# -ge 2 ]] || fail "usage: boot-test.sh OUT CONFIG [--extra FOLDER] [--cloud PORT] [--keep FOLDER] [--minutes N]"
out=$1 config=$2 extra='' cloud='' keep='' minutes=30
shift 2
while [[ $# -gt 0 ]]; do
    [[ $# -ge 2 ]] || fail "$1 needs a value"
    case $1 in
        --extra) extra=$2 ;;
        --cloud) cloud=$2 ;;
        --keep) keep=$2 ;;
        --minutes) minutes=$2 ;;
        *) fail "there is no option $1" ;;
    esac
    shift 2
done
[[ -f $out/disk.img.zst ]] || fail "there is no $out/disk.img.zst: make it with build.sh"
[[ -f $config/yuexiang.toml ]] || fail "there is no $config/yuexiang.toml"
firmware=/usr/lib/u-boot/qemu_arm64/u-boot.bin
for needed in "$firmware" /usr/bin/qemu-system-aarch64 /usr/bin/mcopy /usr/bin/jq /usr/bin/zstd /usr/bin/cpio; do
    [[ -e $needed ]] || fail "needed first: apt-get install qemu-system-arm u-boot-qemu mtools jq zstd cpio"
done

work=$(mktemp --directory --tmpdir="${TMPDIR:-/tmp}" yuexiang-boot-test.XXXXXX)
qemu=''
end() {
    if [[ -n $qemu ]]; then kill "$qemu" 2> /dev/null || true; fi
    if [[ -n $keep ]]; then cp --force "$work"/{*.log,*.png} "$keep/" 2> /dev/null || true; fi
    rm --recursive --force "$work"
}
trap end EXIT
[[ -z $keep ]] || mkdir --parents "$keep"

# start_of NAME: where it begins, in bytes.
start_of() {
    sfdisk --json "$work/disk.img" | jq ".partitiontable.partitions[] | select(.name == \"$1\") | .start * 512"
}

prepare_disk() {
    local boot
    zstd --quiet --decompress "$out/disk.img.zst" -o "$work/disk.img"
    boot=$work/disk.img@@$(start_of yuexiang-boot-a)
    mcopy -o -i "$work/disk.img@@$(start_of yuexiang-config)" "$config"/* ::/
    # As an installer would ask for it.
    mcopy -i "$work/disk.img@@$(start_of yuexiang-config)" /dev/null ::selftest
    # The kernel unpacks one archive behind the other; the first to hold a file wins here, because busybox leaves
    # commands alone that are there already.
    mkdir --parents "$work/initrd/usr/bin"
    install --mode=755 "$here/boot-test/switch_root" "$work/initrd/usr/bin/switch_root"
    ln --symbolic usr/bin "$work/initrd/bin"
    (cd "$work/initrd" && find . | cpio --create --format=newc --owner=0:0 --quiet) > "$work/initrd.img"
    mcopy -i "$boot" ::initrd.img - >> "$work/initrd.img"
    mcopy -o -i "$boot" "$work/initrd.img" ::initrd.img
    # A medium is larger than the image.
    truncate --size=2400M "$work/disk.img"
}

prepare_test() {
    mkdir --parents "$work/test/extra"
    cp "$here/boot-test/inside.sh" "$work/test/"
    echo 1 > "$work/test/phase"
    if [[ -n $extra ]]; then cp --recursive "$extra"/. "$work/test/extra/"; fi
    truncate --size="$(($(du --summarize --block-size=M "$work/test" | cut --fields=1 | tr -d M) + 64))M" "$work/test.img"
    mkfs.ext4 -q -d "$work/test" "$work/test.img"
    # A USB stick as shops sell them: one FAT file system, here without a partition table.
    truncate --size=16M "$work/stick.img"
    mkfs.vfat "$work/stick.img" > /dev/null
    mmd -i "$work/stick.img" ::yuexiang
    mcopy -i "$work/stick.img" "$config"/* ::yuexiang/
}

# A machine that starts anew is a new emulator: the old one emulates ten times slower after a reset.
start_qemu() {
    local network=(-nic none)
    if [[ -n $cloud ]]; then
        # shellcheck disable=SC2054  # qemu's commas
        network=(-netdev "user,id=net,restrict=on,guestfwd=tcp:10.0.2.100:8500-cmd:$here/boot-test/forward $cloud"
            -device virtio-net-pci,netdev=net,romfile=)
    fi
    [[ -p $work/monitor.in ]] || mkfifo "$work/monitor.in" "$work/monitor.out"
    nice --adjustment=5 qemu-system-aarch64 -M virt -cpu cortex-a53 -smp 2 -m 1024 -accel tcg,thread=multi \
        -bios "$firmware" -no-user-config -display none -no-reboot \
        -chardev "file,id=serial,path=$work/console.log,append=on" -serial chardev:serial \
        -chardev "pipe,id=monitor,path=$work/monitor" -mon chardev=monitor \
        -drive "if=none,id=disk,format=raw,cache=unsafe,file=$work/disk.img" -device virtio-blk-pci,drive=disk \
        -drive "if=none,id=test,format=raw,cache=unsafe,file=$work/test.img" \
        -device virtio-blk-pci,drive=test,serial=boottest \
        -device virtio-gpu-pci,xres=1920,yres=1080 -device virtio-rng-pci \
        -device qemu-xhci,id=xhci -device usb-kbd -audiodev none,id=sound -device usb-audio,audiodev=sound \
        -drive "if=none,id=stick,format=raw,file=$work/stick.img" "${network[@]}" 2>> "$work/qemu.log" &
    qemu=$!
    # Opened for both directions, so that neither side waits for the other.
    exec 3<> "$work/monitor.in"
    cat "$work/monitor.out" >> "$work/monitor.log" &
}

prepare_disk
prepare_test
: > "$work/console.log"
start_qemu
deadline=$((SECONDS + minutes * 60))
shown=0
while [[ $SECONDS -lt $deadline ]]; do
    sleep 1
    if ! kill -0 "$qemu" 2> /dev/null; then
        [[ $(grep 'TEST ' "$work/console.log" | tail --lines=1) == *'TEST reboot'* ]] || break
        start_qemu
    fi
    total=$(wc --lines < "$work/console.log")
    [[ $total -gt $shown ]] || continue
    while read -r line; do
        case $line in
            *'TEST key '*) echo "sendkey ${line##*TEST key }" >&3 ;;
            *'TEST stick'*) echo 'device_add usb-storage,drive=stick,bus=xhci.0' >&3 ;;
            *'TEST screenshot '*)
                name=${line##*TEST screenshot }
                echo "screendump $work/${name//[^a-z0-9-]/}.png -f png" >&3
                ;;
        esac
        echo "$(printf '%4d s' "$SECONDS")  $line"
    done < <(sed --quiet "$((shown + 1)),${total}p" "$work/console.log" | tr --delete '\r' |
        grep --extended-regexp 'TEST |yuexiang:|panic|U-Boot 20' || true)
    shown=$total
    if tail --lines=5 "$work/console.log" | grep --quiet 'TEST END'; then deadline=$((SECONDS + 30)); fi
done
if kill -0 "$qemu" 2> /dev/null && ! grep --quiet 'TEST END' "$work/console.log"; then
    echo "The last lines on the console:"
    tail --lines=40 "$work/console.log"
    fail "not done after $minutes minutes"
fi
grep --quiet 'TEST END' "$work/console.log" || { tail --lines=40 "$work/console.log"; fail "the machine ended early"; }
passed=$(grep --count 'TEST ok' "$work/console.log" || true)
if grep 'TEST FAILED' "$work/console.log"; then fail "the lines above failed; $passed passed"; fi
echo "BOOT TEST OK: $passed checks"
