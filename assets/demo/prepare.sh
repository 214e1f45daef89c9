#!/bin/bash
# Builds the demo's content packs: OUT/{province,city,county,town,village}, ready to publish.
# The texts are copied from here; pictures and clips are made from the packages in packages.txt. Does nothing when nothing changed.
set -euo pipefail

demo=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ $# -ne 1 ]; then
    echo "usage: $0 OUT" >&2
    exit 2
fi
mkdir -p "$1"
out=$(cd "$1" && pwd)

# Debian's own interpreter has Debian's python3-pil; another python3 on PATH may not.
python=/usr/bin/python3
missing=()
for tool in "$python" rsvg-convert gst-launch-1.0 sox espeak-ng; do
    command -v "$tool" > /dev/null || missing+=("$tool")
done
for file in /usr/share/backgrounds/life_by_Aitzol_Berasategi.jpg /usr/share/backgrounds/mate/nature/Aqua.jpg \
    /usr/share/palapeli/collection/citrus-fruits.jpg /usr/share/gcompris-qt/rcc/erase.rcc \
    /usr/share/kivy-examples/widgets/cityCC0.mpg /usr/share/sounds/freedesktop/stereo/bell.oga; do
    [ -e "$file" ] || missing+=("$file")
done
if [ -x "$python" ] && ! "$python" -c 'import PIL, tomllib' 2> /dev/null; then
    missing+=("python3-pil")
fi
if [ ${#missing[@]} -gt 0 ]; then
    echo "missing: ${missing[*]}" >&2
    echo "install the Debian packages listed in $demo/packages.txt (with --no-install-recommends)" >&2
    exit 1
fi

stamp=$(cd "$demo/.." && find demo fonts -type f ! -name '*.md' -o -type f -path 'demo/*/items/*' | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum | cut -d ' ' -f 1)
if [ "$(cat "$out/.stamp" 2> /dev/null || true)" = "$stamp" ]; then
    echo "the demo in $out is up to date"
    exit 0
fi
rm -f "$out/.stamp"

# Drawings and captions use the shipped fonts only, whatever else the machine has.
mkdir -p "$out/.made/fontconfig"
cat > "$out/.made/fontconfig/fonts.conf" << XML
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir>$demo/../fonts</dir><cachedir>$out/.made/fontconfig</cachedir></fontconfig>
XML
export FONTCONFIG_FILE="$out/.made/fontconfig/fonts.conf"

"$python" -c 'import sys, tomllib; print("\n".join(tomllib.load(open(sys.argv[1], "rb"))["packs"]))' "$demo/demo.toml" | while read -r pack; do
    mkdir -p "$out/$pack/items"
    cp "$demo/$pack/pack.toml" "$out/$pack/pack.toml"
    # An item whose file is gone here must be gone there.
    find "$out/$pack/items" -name '*.md' -delete
    cp "$demo/$pack"/items/*.md "$out/$pack/items/"
done
"$python" -B "$demo/studio/make.py" "$demo" "$out"
echo "$stamp" > "$out/.stamp"
