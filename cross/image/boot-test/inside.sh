#!/bin/bash
# Runs inside the booted box, as root, once per boot; the file `phase` beside it counts the boots. What it says goes to
# the serial line: `TEST ok …`, `TEST FAILED …`, `TEST screenshot NAME`, `TEST key NAME`, and at last `TEST END`.
set -uo pipefail

cd "$(dirname "$0")" || exit 1
phase=$(cat phase)

ok() { echo "TEST ok $phase: $*"; }
failed() { echo "TEST FAILED $phase: $*"; }
# check WORDS COMMAND…
check() {
    local words=$1 output
    shift
    if output=$("$@" 2>&1); then ok "$words"; else failed "$words ($(tail --lines=3 <<< "$output" | tr '\n' ' '))"; fi
}
# refuse WORDS COMMAND…: the command must fail.
refuse() {
    local words=$1
    shift
    if "$@" > /dev/null 2>&1; then failed "$words"; else ok "$words"; fi
}
main_pid() { systemctl show --property MainPID --value yuexiang.service; }
# Waits for COMMAND at most SECONDS.
within() {
    local seconds=$1
    shift
    for ((i = 0; i < seconds; i++)); do
        if "$@" > /dev/null 2>&1; then return 0; fi
        sleep 1
    done
    return 1
}
another_pid() { [[ $(main_pid) != 0 && $(main_pid) != "$1" ]]; }
# Presses a key of the emulated USB keyboard, which is a remote control to the box.
press() {
    echo "TEST key $1"
    sleep "${2:-4}"
}
screenshot() {
    echo "TEST screenshot $1"
    sleep "${2:-5}"
}
reboot_into() {
    echo "$1" > phase
    sync
    echo "TEST reboot after phase $phase"
    systemctl reboot
    sleep infinity
}

services() {
    local state
    state=$(timeout 300 systemctl is-system-running --wait)
    sed 's/^/TEST note /' /run/yuexiang-data 2> /dev/null
    if [[ $state == running ]]; then
        ok "the system is running"
    else
        failed "the system is $state: $(systemctl --failed --plain --no-legend | cut --delimiter=' ' --fields=1)"
        journalctl --boot --priority=warning --no-hostname --lines=20 | sed 's/^/TEST journal | /'
    fi
    check "yuexiang.service is active" within 60 systemctl is-active yuexiang.service
    echo "TEST note $(systemd-analyze time | head --lines=1)"
    echo "TEST note memory of the service: $(systemctl show --property MemoryCurrent yuexiang.service)"
    dmesg | sed --quiet "/Run .init\\|EXT4-fs\\|systemd\[1\]: systemd 2/s/^/TEST note /p" | cut --characters=-120
    echo "TEST note $(free --mebi | sed --quiet 2p | tr --squeeze-repeats ' ')"
}

read_only() {
    local folder
    for folder in / /usr /etc; do
        refuse "$folder cannot be written to" touch "$folder/boot-test"
    done
    check "the root is squashfs" grep --quiet ' / squashfs ro' /proc/mounts
    check "data is on its partition" grep --quiet '^/dev/[^ ]* /var/lib/yuexiang ext4 rw' /proc/mounts
    check "the data partition fills the medium" test "$(df --output=size --block-size=M /data | tail -1 | tr -dc 0-9)" -gt 800
    check "the journal is kept on the data partition" test -d "/data/journal/$(cat /etc/machine-id)"
    check "there is swap in compressed memory" grep --quiet zram0 /proc/swaps
}

nobody_logs_in() {
    refuse "root has no password" grep --quiet '^root:[^*!]' /etc/shadow
    refuse "no program is setuid" bash -c 'find /usr -xdev -perm /6000 -type f | grep --quiet .'
    refuse "no login prompt is running" pgrep --exact agetty
    local listening
    listening=$(awk 'NR > 1 && $4 == "0A" {print $2}' /proc/net/tcp /proc/net/tcp6 |
        grep --invert-match --extended-regexp '^(0100007F|3500007F|3600007F|0{24}01000000)' || true)
    if [[ -z $listening ]]; then ok "nothing listens to the network"; else failed "something listens: $listening"; fi
}

sandbox() {
    local pid
    pid=$(main_pid)
    check "the program is not root" test "$(stat --format=%U "/proc/$pid")" = yuexiang
    check "the program has no capabilities" grep --quiet '^CapEff:\s*0*$' "/proc/$pid/status"
    check "the program can gain no privileges" grep --quiet '^NoNewPrivs:\s*1$' "/proc/$pid/status"
    check "the program's system calls are filtered" grep --quiet '^Seccomp:\s*2$' "/proc/$pid/status"
}

installer() {
    mount --mkdir --options ro /dev/disk/by-partlabel/yuexiang-config /run/look
    check "the installer's self-test left its words" grep --quiet SELFTEST /run/look/selftest.txt
    refuse "the installer's self-test runs once" test -e /run/look/selftest
    check "the configuration was taken" cmp /run/look/yuexiang.toml /etc/yuexiang/yuexiang.toml
    umount /run/look
}

# Runs a program as the service would be: with all its settings but those that start and end it.
as_service() {
    local properties=(--property RuntimeDirectoryPreserve=yes) line
    while read -r line; do
        properties+=(--property "$line")
    done < <(sed --quiet '/^\[Service\]/,/^\[Install\]/p' /usr/lib/systemd/system/yuexiang.service |
        grep '^[A-Z][A-Za-z]*=' | grep --invert-match --extended-regexp '^(Type|Notify|Exec|Watchdog|Restart|Timeout)')
    systemd-run --quiet --pipe --wait --collect "${properties[@]}" "$@"
}

selftest() {
    local words
    words=$(as_service timeout 240 /usr/bin/yuexiang selftest 2>&1)
    printf '%s\n' "$words" | sed 's/^/TEST selftest | /'
    check "selftest passes inside the service's sandbox" grep --quiet --line-regexp 'SELFTEST OK' <<< "$words"
}

# Programs given by --extra, each at most three minutes; their words are shown, their exit codes count. They run as root,
# those named service-* in the service's sandbox, and those named exclusive-* while the service is stopped.
extras() {
    local program code run
    modprobe uinput
    modprobe vkms 2> /dev/null || echo "TEST note this kernel has no vkms; the display is the machine's virtio-gpu"
    for program in extra/*; do
        [[ -f $program && -x $program ]] || continue
        if [[ ${program##*/} == exclusive-* ]]; then systemctl stop yuexiang.service; fi
        run=(timeout 180 "$PWD/$program")
        if [[ ${program##*/} == service-* ]]; then run=(as_service "${run[@]}"); fi
        "${run[@]}" 2>&1 | sed "s|^|TEST $program \| |"
        code=${PIPESTATUS[0]}
        if [[ $code == 0 ]]; then ok "$program"; else failed "$program ended with $code"; fi
        if [[ ${program##*/} == exclusive-* ]]; then systemctl start yuexiang.service; fi
    done
}

watchdog() {
    local pid
    pid=$(main_pid)
    kill -KILL "$pid"
    check "a killed program is started again" within 30 another_pid "$pid"
    within 60 systemctl is-active yuexiang.service
    pid=$(main_pid)
    kill -STOP "$pid"
    check "a program that hangs is started again by the watchdog" within 60 another_pid "$pid"
    check "it is active again" within 60 systemctl is-active yuexiang.service
}

slot_b_is_good() {
    /usr/libexec/yuexiang/boot-slots show | grep --quiet BOOT_B_OK=1
}

case $phase in
    1)
        services
        read_only
        nobody_logs_in
        sandbox
        installer
        selftest
        screenshot start 8
        extras
        echo "written before the reboot" > /var/lib/yuexiang/boot-test
        cp /etc/machine-id /data/boot-test.machine-id
        reboot_into 2
        ;;
    2)
        services
        check "data outlive a reboot" grep --quiet before /var/lib/yuexiang/boot-test
        check "the machine-id outlives a reboot" cmp /etc/machine-id /data/boot-test.machine-id
        check "the journal has the boot before" journalctl --boot=-1 --lines=1 --quiet
        watchdog
        screenshot again 8
        press home
        press right
        screenshot home
        journalctl --boot --unit yuexiang.service --lines=12 --output=cat | sed 's/^/TEST journal | /'
        check "slot A is the one that runs" test "$(/usr/libexec/yuexiang/boot-slots get-current)" = A
        # What RAUC does: the other slot is bad, is written, becomes primary, and is tried.
        check "slot B is marked bad" /usr/libexec/yuexiang/boot-slots set-state B bad
        for part in boot root; do
            dd if="/dev/disk/by-partlabel/yuexiang-$part-a" of="/dev/disk/by-partlabel/yuexiang-$part-b" bs=4M \
                conv=fsync status=none
        done
        check "slot B becomes primary" /usr/libexec/yuexiang/boot-slots set-primary B
        reboot_into 3
        ;;
    3)
        services
        check "slot B runs after the switch" test "$(/usr/libexec/yuexiang/boot-slots get-current)" = B
        check "slot B is marked good by itself" within 150 slot_b_is_good
        # A slot that does not start: its boot files are gone. The loader goes on to the other one by itself.
        /usr/libexec/yuexiang/boot-slots set-state A bad
        dd if=/dev/zero of=/dev/disk/by-partlabel/yuexiang-boot-a bs=1M count=1 conv=fsync status=none
        check "a broken slot A becomes primary" /usr/libexec/yuexiang/boot-slots set-primary A
        reboot_into 4
        ;;
    4)
        services
        check "the loader falls back to slot B" test "$(/usr/libexec/yuexiang/boot-slots get-current)" = B
        # As a blank box is: no configuration on its partitions.
        mount --mkdir /dev/disk/by-partlabel/yuexiang-config /run/look && rm /run/look/yuexiang.toml
        umount /run/look
        rm /etc/yuexiang/yuexiang.toml
        reboot_into 5
        ;;
    5)
        check "a blank box starts without errors" test "$(timeout 300 systemctl is-system-running --wait)" = running
        refuse "a blank box waits for its configuration" systemctl is-active yuexiang.service
        screenshot blank
        echo "TEST stick"
        check "a USB stick brings the configuration" within 60 test -f /etc/yuexiang/yuexiang.toml
        check "the program starts with it" within 60 systemctl is-active yuexiang.service
        echo "TEST END"
        sync
        systemctl poweroff
        ;;
esac
