#!/bin/bash
# Makes the two shipped fonts from Debian's fonts-noto-cjk. Run it again only to change the set of characters.
#
#   needs: Debian packages fonts-noto-cjk and unicode-data; fontTools 4.68.0 (`pip install fonttools==4.68.0`)
#   usage: PYTHON=/path/to/python3 assets/fonts/subset.sh
#
# The same inputs give the same bytes: fontTools keeps the source's time stamp (--no-recalc-timestamp).
set -euo pipefail
cd "$(dirname "$0")"
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" - > "$work/unicodes.txt" <<'PYTHON'
import bz2, re

wanted = set()
def span(first, last):
    wanted.update(range(first, last + 1))

# 通用规范汉字表 (2013), 8,105 characters.
general = {
    int(m[1], 16)
    for line in bz2.open("/usr/share/unicode/Unihan_OtherMappings.txt.bz2", "rt")
    if (m := re.match(r"U\+([0-9A-F]+)\tkTGH\t", line))
}
assert len(general) == 8105, len(general)
wanted |= general

# GB 2312, all of it: older texts and typed names use it.
for lead in range(0xA1, 0xF8):
    for trail in range(0xA1, 0xFF):
        try:
            wanted.add(ord(bytes([lead, trail]).decode("gb2312")))
        except UnicodeDecodeError:
            pass

# Characters of Guangdong's division names (2023, 1 province to 26,842 villages) that neither list has.
wanted |= {ord(c) for c in "㘵㙟並冚噉坣坵垇埜塭壆岎峉峎崑巺廻捲棆樑氹洊湳湻滣濛甶硃碁礐竂篢粦舖菴蓆蔴裡輋迴魚鮀鮜𣒍"}

# Written Cantonese, and the traditional forms that songs and inscriptions of the province need most.
wanted |= {ord(c) for c in "嘅啲冇佢哋睇嚟咗嗰喺唔攞嘢咁俾畀乜咩嗌揾搵瞓攰靚咪惗諗嘥閂嗱㗎喇囉啩噃嘞啱嘛邊點過嗮晒啫喎咯嘈揸掟揼冧痾咭嬲餸煲焗孖囡仔乸脷咀氹"}
wanted |= {ord(c) for c in "粵鄉劇詞曲龍獅鳳廣東門開關園書畫茶葉橋樓廟祠戲臺樹風雲國語歷學農業電視"}

span(0x20, 0x7E)                                    # ASCII
span(0xA0, 0xFF)                                    # Latin-1
span(0x100, 0x17F)                                  # Latin extended A: names, pinyin ā ē ī ō ū
wanted |= {ord(c) for c in "ǎǐǒǔǖǘǚǜńňǹḿ"}
span(0x2010, 0x2027); span(0x2030, 0x203B); wanted |= {0x203C, 0x2044, 0x2047, 0x2048, 0x2049}
wanted |= {ord(c) for c in "€℃℉№℡™Ω℮⅓⅔⅛⅜⅝⅞"}
span(0x2190, 0x2199)                                # arrows
wanted |= {ord(c) for c in "−±×÷≈≠≤≥∞∶∷√∑∏∈∴∵∠⊥∥⊙"}
span(0x2460, 0x2473)                                # ①–⑳
span(0x2474, 0x2487)                                # ⑴–⒇
span(0x2776, 0x277F)                                # ❶–❿
wanted |= {ord(c) for c in "■□▪▫▲△▶▷▼▽◀◁◆◇○◎●◐◯★☆☀☁☂☎♀♂♪♫♥✓✔✕✖✗✘➡⬅⬆⬇"}
span(0x2500, 0x254B)                                # box drawing, in GB 2312
span(0x3000, 0x303F)          # CJK punctuation
span(0x3041, 0x30FE)                                # kana, in GB 2312
span(0x31C0, 0x31E3)                                # strokes, for teaching characters
wanted |= {ord(c) for c in "㈠㈡㈢㈣㈤㈥㈦㈧㈨㈩㊣㎎㎏㎜㎝㎞㎡㎥㏄㏎"}
wanted |= {ord(c) for c in "︰﹏﹐﹑﹒﹔﹕﹖﹗"}
span(0xFF01, 0xFF5E); span(0xFFE0, 0xFFE6)          # full-width forms

print("\n".join(f"{c:04X}" for c in sorted(wanted)))
PYTHON

for weight in Regular Bold; do
    # Face 2 of the collection is "Noto Sans CJK SC".
    "$python" -m fontTools.subset "/usr/share/fonts/opentype/noto/NotoSansCJK-$weight.ttc" \
        --font-number=2 --unicodes-file="$work/unicodes.txt" \
        --layout-features=kern --layout-scripts='latn,DFLT,hani' \
        --drop-tables+=BASE,VORG,vhea,vmtx,GDEF \
        --no-hinting --no-desubroutinize --notdef-outline --ignore-missing-unicodes \
        --name-IDs=0,1,2,3,4,5,6,7,13,14 --name-languages=0x0409,0x0804 \
        --no-recalc-timestamp --output-file="NotoSansCJKsc-$weight.otf"
done

"$python" - <<'PYTHON'
from fontTools.ttLib import TTFont
for weight in ("Regular", "Bold"):
    path = f"NotoSansCJKsc-{weight}.otf"
    font = TTFont(path)
    cmap, advance = font.getBestCmap(), font["hmtx"].metrics
    figures = {advance[cmap[ord(c)]][0] for c in "0123456789"}
    assert len(figures) == 1, figures
    assert len({advance[cmap[ord(c)]][0] for c in ".,"}) == 1
    import os
    print(path, os.path.getsize(path), "bytes,", len(cmap), "characters,", len(font.getGlyphOrder()), "glyphs, figures", figures.pop())
PYTHON

# One blank character, for systems without any font: see `substitute_for_no_font` in ui/src/fonts.rs.
"$python" -m fontTools.subset NotoSansCJKsc-Regular.otf --unicodes=U+0020 --output-file=Space.otf \
    --layout-features='' --no-hinting --desubroutinize --notdef-outline --name-IDs=1,2,4,6
