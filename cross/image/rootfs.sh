#!/bin/bash
# usage: rootfs.sh ROOT      (build.sh has mmdebstrap call it when the packages of lists/system.txt are installed)
# Completes the root file system: packages that are only unpacked, kernel and initial file system, the box's own files,
# the program. Environment: DIST is the program's archive; kernel, initial file system and manifest go to OUT.
set -euo pipefail

here=$(dirname "$(readlink --canonicalize "$0")")
root=${1:?the root file system is missing}
: "${DIST:?}" "${OUT:?}" "${SOURCE_DATE_EPOCH:?}" "${MMDEBSTRAP_APT_CONFIG:?}"
export APT_CONFIG=$MMDEBSTRAP_APT_CONFIG
work=$(mktemp --directory)
trap 'rm --recursive --force "$work"' EXIT
kernel=$work/kernel
mkdir "$kernel"
downloads=$root/var/cache/apt/archives
note() { echo "== $*"; }
lines() { sed --regexp-extended 's/[[:space:]]*#.*//; /^$/d' "$here/lists/$1.txt"; }
# shellcheck disable=SC2016  # dpkg's own variables
name_and_version() { dpkg-deb --show --showformat '${Package} ${Version}\n' "$1"; }
# unpack DEB TO [tar's options]; an old path such as ./lib/… leads through the link to ./usr/lib.
unpack() { dpkg-deb --fsys-tarfile "$1" | tar --extract --keep-directory-symlink --directory "$2" "${@:3}"; }

note "packages that are unpacked"
rm --force "$downloads"/*.deb
# shellcheck disable=SC2046  # one word each
apt-get --quiet=2 --yes --no-install-recommends --download-only install $(lines unpacked)
{
    echo "# installed"
    # shellcheck disable=SC2016  # dpkg's own variables
    chroot "$root" dpkg-query --show --showformat '${Package} ${Version}\n'
    echo "# unpacked"
    for deb in "$downloads"/*.deb; do
        unpack "$deb" "$root" --exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/icons' \
            --exclude='./usr/share/locale' --exclude='./usr/include'
        name_and_version "$deb"
    done
} > "$OUT/manifest.txt"

note "kernel"
package=$(apt-cache depends linux-image-arm64 | sed --quiet 's/.*Depends: \(linux-image-.*\)/\1/p' | head --lines=1)
(cd "$kernel" && apt-get --quiet=2 --option APT::Sandbox::User=root download "$package")
{
    echo "# kernel"
    name_and_version "$kernel"/*.deb
} >> "$OUT/manifest.txt"
unpack "$kernel"/*.deb "$kernel"
version=${package#linux-image-}
"$here/modules.sh" "$kernel" "$version" "$here/lists/modules-root.txt" "$root"
cp "$kernel/boot/vmlinuz-$version" "$OUT/vmlinuz"

note "the box's own files"
rm --force "$root/etc/resolv.conf"
# Whoever checked this tree out may have another umask.
cp --recursive --preserve=mode,links "$here/rootfs" "$work/rootfs"
chmod --recursive u=rwX,go=rX "$work/rootfs"
cp --recursive --no-target-directory --preserve=mode,links "$work/rootfs" "$root"
install -D --mode=644 "$here/rauc/system.conf" "$root/etc/rauc/system.conf"
tar --extract --keep-directory-symlink --no-same-owner --directory "$root" --file "$DIST"
# The units of this tree, also when the archive comes from elsewhere.
install --mode=644 --target-directory="$root/usr/lib/systemd/system" "$here"/../systemd/*.service
install -D --mode=644 "$here/../systemd/yuexiang.sysusers.conf" "$root/usr/lib/sysusers.d/yuexiang.conf"
install -D --mode=644 "$here/../systemd/yuexiang.tmpfiles.conf" "$root/usr/lib/tmpfiles.d/yuexiang.conf"
install --mode=644 --target-directory="$root/usr/lib/udev/rules.d" "$here"/../systemd/*.rules
chown --recursive --no-dereference root:root "$root"/{etc,usr}
mkdir --parents "$root/etc/ssl/certs"
cat "$root"/usr/share/ca-certificates/mozilla/*.crt > "$root/etc/ssl/certs/ca-certificates.crt"
systemd-sysusers --root="$root"
mkdir --parents "$root"/{data,etc/yuexiang}
: > "$root/etc/machine-id"
echo yuexiang > "$root/etc/hostname"
printf '127.0.0.1 localhost yuexiang\n::1 localhost\n' > "$root/etc/hosts"
ln --symbolic --force /usr/share/zoneinfo/Asia/Shanghai "$root/etc/localtime"
ln --symbolic --force ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"

note "services"
systemctl --quiet --root="$root" set-default multi-user.target
systemctl --quiet --root="$root" enable systemd-networkd systemd-resolved systemd-timesyncd yuexiang yuexiang-setup \
    yuexiang-slot-good
# A picture is shown before there is a network, and without one. Nobody logs in, on the screen or on a serial line.
# What keeps tables up to date after packages were installed has nothing to do on a root that never changes.
systemctl --quiet --root="$root" mask systemd-networkd-wait-online.service getty@.service serial-getty@.service \
    console-getty.service container-getty@.service autovt@.service systemd-hwdb-update.service \
    systemd-journal-catalog-update.service systemd-update-done.service systemd-machine-id-commit.service \
    systemd-firstboot.service systemd-pcrphase.service systemd-pcrphase-sysinit.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer

note "initial file system"
"$here/initrd.sh" "$root" "$version" "$kernel" "$OUT/initrd.img"
