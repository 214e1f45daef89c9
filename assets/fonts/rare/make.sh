#!/bin/bash
# Makes the font of rare characters, and the list of what is in it, from Debian's fonts-noto-cjk.
#
#   needs: Debian package fonts-noto-cjk; fontTools 4.68.0 (`pip install fonttools==4.68.0`)
#   usage: PYTHON=/path/to/python3 assets/fonts/rare/make.sh
#          NOTO=folder/with/NotoSansCJK-Regular.ttc   when the package is unpacked elsewhere than installed
#
# It takes what ../NotoSansCJKsc-Regular.otf leaves: run it again after ../subset.sh has changed that one. The same inputs
# give the same bytes.
set -euo pipefail
cd "$(dirname "$0")"
python=${PYTHON:-python3}
export NOTO=${NOTO:-/usr/share/fonts/opentype/noto}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" - > "$work/unicodes.txt" <<'PYTHON'
import os
from fontTools.ttLib import TTCollection, TTFont

whole = TTCollection(os.environ["NOTO"] + "/NotoSansCJK-Regular.ttc", lazy=True).fonts[2].getBestCmap()
base = TTFont("../NotoSansCJKsc-Regular.otf", lazy=True).getBestCmap()

SPANS = [
    (0x2E80, 0x2FFF),      # radicals, which PDF readers copy in place of characters; description characters
    (0x3100, 0x312F),      # Bopomofo
    (0x3400, 0x4DBF),      # extension A
    (0x4E00, 0x9FFF),      # the basic block
    (0xF900, 0xFAFF),      # compatibility ideographs
    (0x20000, 0x3FFFF),    # extensions B and on: what the font has of them
]
for first, last in SPANS:
    for character in range(first, last + 1):
        if character in whole and character not in base:
            print(f"{character:04X}")
PYTHON

# Face 2 of the collection is "Noto Sans CJK SC".
"$python" -m fontTools.subset "$NOTO/NotoSansCJK-Regular.ttc" \
    --font-number=2 --unicodes-file="$work/unicodes.txt" \
    --layout-features='' --drop-tables+=BASE,VORG,vhea,vmtx,GDEF,GSUB,GPOS \
    --no-hinting --no-desubroutinize --notdef-outline \
    --name-IDs=0,1,2,3,4,5,6,7,13,14 --name-languages=0x0409,0x0804 \
    --no-recalc-timestamp --output-file="$work/rare.otf"

# A family of its own: two fonts of one name and weight would hide one another.
WORK=$work "$python" - <<'PYTHON'
import os
from fontTools.ttLib import TTFont

FAMILY, POSTSCRIPT, OUT = "Noto Sans CJK SC Rare", "NotoSansCJKscRare-Regular", "NotoSansCJKscRare-Regular.otf"
font = TTFont(os.environ["WORK"] + "/rare.otf", recalcTimestamp=False)
for record in font["name"].names:
    text = {1: FAMILY, 3: font["name"].getDebugName(3) + ";Rare", 4: FAMILY, 6: POSTSCRIPT}.get(record.nameID)
    if text:
        record.string = text
cff = font["CFF "].cff
cff.fontNames = [POSTSCRIPT]
cff.topDictIndex[0].FamilyName = FAMILY
cff.topDictIndex[0].FullName = FAMILY
font.save(OUT)

font = TTFont(OUT)
characters = sorted(font.getBestCmap())
# The box measures them without opening the file: see `FontMeasure` in ui/src/fonts.rs.
assert all(font["hmtx"][glyph][0] == 1000 for glyph in font.getGlyphOrder()), "one em each"
spans = []
for character in characters:
    if spans and spans[-1][1] + 1 == character:
        spans[-1][1] = character
    else:
        spans.append([character, character])
with open("characters.txt", "w") as out:
    for first, last in spans:
        out.write(f"{first:04X}\n" if first == last else f"{first:04X}-{last:04X}\n")
print(OUT, os.path.getsize(OUT), "bytes,", len(characters), "characters in", len(spans), "spans")
PYTHON
