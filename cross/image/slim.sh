#!/bin/bash
# usage: slim.sh ROOT
# Takes out of the root file system what no program of the box needs. Nothing is installed on a box: an update replaces
# the whole root.
set -euo pipefail

here=$(dirname "$(readlink --canonicalize "$0")")
cd "${1:?the root file system is missing}"
readonly libraries=usr/lib/aarch64-linux-gnu

# At run time, other file systems lie over these.
find boot dev var tmp run home srv media mnt opt -mindepth 1 -delete
rm --force etc/{passwd-,group-,shadow-,gshadow-,subuid*,subgid*,.pwd.lock,ld.so.cache}

lines() { sed --regexp-extended 's/[[:space:]]*#.*//; /^$/d' "$here/lists/$1.txt"; }

# The package manager, Perl, documentation, other languages, pictures for desktops, headers. The manifest has the
# versions of the packages.
rm --recursive --force \
    usr/share/{doc,doc-base,man,info,lintian,locale,bug,menu,pixmaps,icons,themes,applications,bash-completion,zsh} \
    usr/share/{perl,perl5,iso-codes,xml,mime,gtk-3.0,X11/locale,sounds,i18n,common-licenses,initramfs-tools,debconf} \
    usr/share/{dpkg,gcc,glib-2.0,gettext,misc,polkit-1,debianutils,keyrings,libc-bin,util-linux,pam-configs} \
    usr/share/{GConf,OpenNI2,alsa/speaker-test,gst-plugins-*,gstreamer-*,thumbnailers,mfx,flite,vulkan,drirc.d} \
    usr/lib/{apt,dpkg,systemd/catalog,gcc,init,ssl/misc,pcrlock.d,gold-ld,python3*,mime} \
    usr/lib/udev/{hwdb.d,rules.d/*libgphoto*} usr/lib/systemd/{user,user-*} \
    etc/{apt,dpkg,cron.d,cron.daily,logrotate.d,skel,init.d,rc?.d,perl,gtk-3.0,default/useradd,X11} \
    "$libraries"/{perl,perl5,perl-base,gconv,dri,gdk-pixbuf-2.0,gtk-3.0,libgtk-3-0,vdpau,engines-3,caca,avahi,krb5} \
    "$libraries"/{directfb-*,OpenNI2,sasl2,cryptsetup,alsa-topology,cmake,pkgconfig,libv4lconvert0,nss,*.a,*.o}
find usr/bin usr/sbin \( -name 'apt*' -o -name 'dpkg*' -o -name 'perl*' -o -name 'deb*' -o -name 'update-*' \
    -o -name '*-update' -o -name 'gst-*' -o -name 'gdk-*' -o -name 'gtk-*' -o -name 'chfn' -o -name 'chsh' \
    -o -name 'newgrp' -o -name 'gpasswd' -o -name 'passwd' -o -name 'expiry' -o -name 'chage' -o -name 'su' \) -delete
# Scripts whose interpreter has gone.
grep --recursive --files-with-matches --max-count=1 --binary-files=without-match \
    '^#! */usr/bin/\(perl\|python\|env perl\)' usr/bin usr/sbin | xargs --no-run-if-empty rm
find usr/share/zoneinfo -mindepth 1 -maxdepth 1 ! -name Asia ! -name UTC -exec rm --recursive {} +
find usr/share/zoneinfo/Asia ! -name Shanghai -type f -delete
find usr/share/zoneinfo -xtype l -delete
# The program draws with its own fonts, and its library wants fontconfig to have one all the same.
find usr/share/fonts -type f ! -name DejaVuSans.ttf -delete

# Nothing is mounted setuid: nobody logs in, and no program changes who it is.
find . -xdev -perm /6000 -type f -exec chmod u-s,g-s {} +

# GStreamer's plugins that the player does not build with.
lines plugins | sed 's/.*/libgst&.so/' | LC_ALL=C sort > /tmp/keep.$$
(cd "$libraries/gstreamer-1.0" && find . -maxdepth 1 -name 'libgst*.so' -printf '%f\n' | LC_ALL=C sort) > /tmp/have.$$
comm -23 /tmp/keep.$$ /tmp/have.$$ | sed 's/^/slim.sh: no plugin is named /' >&2
comm -13 /tmp/keep.$$ /tmp/have.$$ | sed "s|^|$libraries/gstreamer-1.0/|" | xargs rm
rm /tmp/keep.$$ /tmp/have.$$
rm --recursive --force "$libraries"/gstreamer-1.0/validate
# They ask a desktop for its proxy.
rm --force "$libraries"/gio/modules/libgio*proxy.so

# Debian links these two by its alternatives, which `unpacked` packages do not set.
ln --symbolic --force blas/libblas.so.3 "$libraries/libblas.so.3"
ln --symbolic --force lapack/liblapack.so.3 "$libraries/liblapack.so.3"

# Shared libraries that neither a program nor a plugin nor another needed library asks for.
{
    find usr -type f ! -path "$libraries/*.so*" -perm /111
    find "$libraries" -mindepth 2 -name '*.so*' -type f
    lines libraries | sed "s|^|$libraries/|"
} > /tmp/roots.$$
{
    "$here/elf-closure.sh" . < /tmp/roots.$$
    lines libraries | while read -r name; do
        echo "$libraries/$name"
        realpath --relative-to=. "$libraries/$name"
    done
} | LC_ALL=C sort --unique > /tmp/needed.$$
find "$libraries" -maxdepth 1 -name '*.so*' ! -name 'ld-linux-*' | LC_ALL=C sort > /tmp/have.$$
comm -13 /tmp/needed.$$ /tmp/have.$$ | xargs --no-run-if-empty rm
rm /tmp/{roots,needed,have}.$$
find -L "$libraries" -maxdepth 1 -type l -delete
chroot . /usr/sbin/ldconfig
rm --recursive --force var/cache
