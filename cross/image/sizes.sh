#!/bin/bash
# usage: sizes.sh ROOT
# Says what takes how much of the root file system, in KiB before compression and after (each part by itself, zstd).
set -euo pipefail

cd "${1:?the root file system is missing}"
readonly libraries=usr/lib/aarch64-linux-gnu
rest=$(mktemp)
trap 'rm --force "$rest" "$rest".*' EXIT
find . -xdev ! -type d -printf '%P\n' | LC_ALL=C sort > "$rest"

printf '%-44s %9s %9s\n' part KiB 'packed'
# part NAME REGEX: takes the matching files out of what is left.
part() {
    grep --extended-regexp "$2" "$rest" > "$rest.part" || true
    grep --invert-match --extended-regexp "$2" "$rest" > "$rest.new" || true
    mv "$rest.new" "$rest"
    local plain packed
    plain=$(tr '\n' '\0' < "$rest.part" | du --files0-from=- --bytes --total | tail --lines=1 | cut --fields=1)
    packed=$(tar --create --no-recursion --files-from="$rest.part" 2> /dev/null | zstd -12 -T2 | wc --bytes)
    printf '%-44s %9d %9d\n' "$1" $((plain / 1024)) $((packed / 1024))
}
part 'Yuexiang' '^usr/(bin/yuexiang|share/yuexiang|share/doc/yuexiang)'
part 'kernel modules' '^usr/lib/modules/'
part 'FFmpeg (libav*, libsw*, libpostproc)' "^$libraries/lib(av|sw|postproc)"
part 'GStreamer and its plugins' "^$libraries/(libgst|gstreamer)"
codecs='x26|aom|SvtAv1|dav1d|vpx|codec2|rav1e|jxl|xvid|theora|vorbis|opus|mp3lame|twolame|shine|gsm|zvbi|openjp|webp'
part 'libraries that FFmpeg asks for: codecs' "^$libraries/lib($codecs)"
filters='flite|pocketsphinx|sphinx|blas|lapack|gfortran|rubberband|placebo|vulkan|bs2b|vidstab|zimg|mysofa|ass|lilv|sord'
filters+='|serd|sratom|fftw|samplerate|chromaprint'
part 'libraries that FFmpeg asks for: speech, filters' \
    "^$libraries/(blas|lapack|lib($filters))"
part 'libicu, libxml2, librsvg, cairo, pango' \
    "^$libraries/lib(icu|xml2|rsvg|cairo|pango|harfbuzz|pixman|freetype|fontconfig|graphite)"
part 'TLS: libcrypto, gnutls, certificates' \
    "^$libraries/lib(crypto|ssl|gnutls|nettle|hogweed|gmp|p11|unistring|gcrypt)|^etc/ssl|^usr/share/ca-"
part 'other libraries' "^$libraries/"
part 'systemd and udev' '^usr/(lib/(systemd|udev)|bin/(systemd|journalctl|udevadm|loginctl|.*ctl$))'
part 'other programs' '^usr/(bin|sbin|libexec)/'
part 'everything else' '.'
printf '%-44s %9d\n' total "$(find . -xdev -type f -printf '%s\n' | awk '{sum += $1} END {print sum / 1024}')"
