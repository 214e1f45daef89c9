"""The demo village's own drawings, as SVG of 1600 × 900: what no free photograph shows honestly.

Every scene is one function that returns the inside of an SVG; small parts (hills, trees, houses, people) are shared.
"""

import math

W, H = 1600, 900

INK = "#2A211B"
CREAM = "#F6EFE4"
GOLD = "#FFCF6B"
RED = "#C4392B"
DEEP_RED = "#8E2419"
BLUE = "#2B7A9B"
GREEN = "#4C8C52"
DARK_GREEN = "#27512D"
ORANGE = "#D88A2B"
BARK = "#5B4636"
STONE = "#8C8377"

SKIES = {
    "morning": ("#F9C98F", "#FDEBD0"),
    "day": ("#8EC3DC", "#E4EFE6"),
    "dusk": ("#B9A2CC", "#F4CDA6"),
    "evening": ("#3B3A66", "#E08A5B"),
    "night": ("#161A36", "#3B4470"),
    "rain": ("#4B5A68", "#93A2A8"),
}


# ---------------------------------------------------------------- parts

def rect(x, y, w, h, fill, r=0, more=""):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{r}" fill="{fill}" {more}/>'


def circle(x, y, r, fill, more=""):
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{fill}" {more}/>'


def ellipse(x, y, rx, ry, fill, more=""):
    return f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="{fill}" {more}/>'


def path(d, fill="none", stroke="none", width=0, more=""):
    return f'<path d="{d}" fill="{fill}" stroke="{stroke}" stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round" {more}/>'


def poly(points, fill, more=""):
    return f'<polygon points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="{fill}" {more}/>'


def text(x, y, words, size, fill=INK, weight=700, anchor="middle", more=""):
    return (f'<text x="{x}" y="{y}" font-family="Noto Sans CJK SC" font-size="{size}" font-weight="{weight}" '
            f'fill="{fill}" text-anchor="{anchor}" {more}>{words}</text>')


def group(inside, x=0, y=0, scale=1.0, turn=0.0, more=""):
    return f'<g transform="translate({x:.1f} {y:.1f}) rotate({turn}) scale({scale})" {more}>{inside}</g>'


def flip(inside, x=0, y=0, scale=1.0):
    return f'<g transform="translate({x:.1f} {y:.1f}) scale({-scale} {scale})">{inside}</g>'


def gradient(name, top, bottom, x2=0, y2=1):
    return (f'<linearGradient id="{name}" x1="0" y1="0" x2="{x2}" y2="{y2}"><stop offset="0" stop-color="{top}"/>'
            f'<stop offset="1" stop-color="{bottom}"/></linearGradient>')


def sky(kind):
    top, bottom = SKIES[kind]
    stars = ""
    if kind == "night":
        stars = "".join(circle((i * 12.9898 * 1237 + i * i * 78.233) % W, (i * i * 37.719 + i * 151.7) % 430, 1.5 + i % 3, CREAM, 'opacity="0.7"') for i in range(44))
    return gradient("sky", top, bottom) + rect(0, 0, W, H, "url(#sky)") + stars


def sun(x, y, r=80, fill="#FFE2A6", glow=True):
    halo = circle(x, y, r * 2.2, fill, 'opacity="0.18"') + circle(x, y, r * 1.5, fill, 'opacity="0.28"') if glow else ""
    return halo + circle(x, y, r, fill)


def hills(base, height, fill, seed=1, waves=3):
    """One range of soft hills across the picture."""
    points = []
    for i in range(0, 33):
        x = W * i / 32
        y = base - height * (0.5 + 0.5 * math.sin(i / 32 * waves * math.pi + seed) * math.cos(i / 32 * 2.1 * math.pi + seed * 1.7))
        points.append((x, y))
    line = " L".join(f"{x:.0f} {y:.0f}" for x, y in points)
    return path(f"M0 {H} L{line} L{W} {H} Z", fill)


def peaks(base, fill, tops):
    """Steep mountains: (x, height, half width) each, rounded at the top."""
    out = ""
    for x, height, half in tops:
        out += path(f"M{x - half} {base} C{x - half * 0.55} {base - height * 0.35} {x - half * 0.45} {base - height} {x} {base - height} "
                    f"C{x + half * 0.5} {base - height} {x + half * 0.6} {base - height * 0.3} {x + half} {base} Z", fill)
    return out


def clouds(places, fill="#FFFFFF", opacity=0.75):
    out = ""
    for x, y, s in places:
        out += group(ellipse(0, 0, 90, 26, fill) + circle(-34, -16, 32, fill) + circle(18, -26, 42, fill) + circle(58, -8, 26, fill), x, y, s)
    return f'<g opacity="{opacity}">{out}</g>'


def tree(x, y, s=1.0, leaf=GREEN, dark=DARK_GREEN):
    return group(rect(-9, -70, 18, 80, BARK, 6) + circle(0, -120, 62, dark) + circle(-40, -100, 44, leaf)
                 + circle(36, -108, 48, leaf) + circle(-4, -150, 46, leaf), x, y, s)


def fruit_tree(x, y, s=1.0, fruit="#F3C33C", leaf="#3F7F45"):
    spots = [(-52, -104), (-20, -140), (22, -112), (46, -84), (-6, -88), (4, -168), (54, -134), (-46, -146)]
    return tree(x, y, s, leaf) + group("".join(circle(a, b, 13, fruit) + circle(a - 4, b - 4, 4, "#FFF4C9") for a, b in spots), x, y, s)


def banyan(x, y, s=1.0, leaf="#3E7A45", dark="#27512D"):
    """A wide old banyan with hanging roots and a stone ring."""
    trunk = path("M-70 0 C-50 -60 -62 -120 -96 -190 L-60 -200 C-36 -150 -22 -160 -14 -210 L18 -210 C22 -160 36 -150 66 -200 "
                 "L98 -186 C62 -120 52 -60 74 0 Z", "#5A4433")
    roots = "".join(path(f"M{a} -210 C{a + 6} -140 {a - 8} -90 {a + 2} {b}", "none", "#6B5342", 5)
                    for a, b in ((-150, -40), (-112, -20), (118, -30), (158, -60), (-186, -96), (196, -110)))
    crown = "".join(ellipse(a, b, rx, ry, c) for a, b, rx, ry, c in (
        (0, -300, 300, 110, dark), (-190, -260, 150, 84, dark), (196, -258, 154, 86, dark),
        (-120, -322, 150, 90, leaf), (110, -330, 160, 92, leaf), (0, -372, 150, 76, leaf),
        (-230, -272, 92, 56, leaf), (236, -274, 96, 58, leaf), (0, -276, 150, 60, leaf)))
    shine = "".join(ellipse(a, b, 46, 20, "#6BA35F", 'opacity="0.6"') for a, b in ((-150, -352), (60, -384), (170, -336), (-40, -330)))
    ring = rect(-130, -14, 260, 30, STONE, 8) + rect(-138, -20, 276, 14, "#A39A8C", 6)
    return group(trunk + roots + crown + shine + ring, x, y, s)


def house(x, y, s=1.0, wall="#EFE3CF", roof="#4A4A50"):
    """A farmhouse with a tiled roof."""
    body = rect(-130, -120, 260, 120, wall) + poly([(-156, -116), (156, -116), (112, -188), (-112, -188)], roof)
    tiles = "".join(path(f"M{-100 + i * 34} -184 L{-130 + i * 43} -118", "none", "#5C5C63", 4) for i in range(7))
    door = rect(-26, -78, 52, 78, "#7A4B32", 4) + rect(-22, -74, 20, 70, "#8C5A3C") + rect(2, -74, 20, 70, "#8C5A3C")
    panes = rect(-104, -86, 50, 42, "#8FB4BE", 3) + rect(54, -86, 50, 42, "#8FB4BE", 3)
    couplet = rect(-38, -72, 9, 56, RED) + rect(29, -72, 9, 56, RED) + rect(-26, -90, 52, 9, RED)
    return group(body + tiles + door + panes + couplet, x, y, s)


def wok_house(x, y, s=1.0):
    """An old Cantonese house with gables shaped like the ears of a wok."""
    body = rect(-150, -130, 300, 130, "#9A9C97")
    bricks = "".join(path(f"M-150 {-130 + i * 16} H150", "none", "#8A8C87", 1.5) for i in range(8))
    roof = poly([(-120, -130), (120, -130), (96, -196), (-96, -196)], "#5A5650") + rect(-104, -204, 208, 12, "#3E3A36", 4)
    ear = path("M0 0 V-70 C0 -150 90 -150 90 -70 V0 Z", "#8B8D88") + path("M-6 -62 V-72 C-6 -164 96 -164 96 -72 V-62", "none", "#35322E", 14)
    door = rect(-34, -92, 68, 92, "#4C3A2E") + rect(-28, -86, 26, 86, "#6B4A35") + rect(2, -86, 26, 86, "#6B4A35")
    couplet = rect(-52, -86, 12, 66, RED) + rect(40, -86, 12, 66, RED) + rect(-34, -110, 68, 13, "#2A211B", 2)
    return group(body + bricks + roof + group(ear, -176, -128) + group(ear, 86, -128) + door + couplet, x, y, s)


def committee(x, y, s=1.0):
    """The village office: two storeys, a flag, a notice board."""
    body = rect(-230, -230, 460, 230, "#F1E6D4") + rect(-246, -250, 492, 26, "#B9AC9A", 4) + rect(-230, -122, 460, 10, "#D8CBB6")
    panes = "".join(rect(-200 + i * 84, -206, 56, 60, "#8FB4BE", 3) for i in range(5))
    panes += "".join(rect(a, -92, 70, 56, "#8FB4BE", 3) for a in (-206, -120, 62, 146))
    door = rect(-36, -96, 72, 96, "#6B4A35", 3) + rect(-32, -92, 30, 92, "#8C5A3C") + rect(2, -92, 30, 92, "#8C5A3C")
    sign = rect(-120, -146, 240, 26, RED, 3) + text(0, -126, "榕树村党群服务中心", 19, GOLD)
    flag = rect(296, -330, 7, 330, "#B7B0A4") + path("M303 -326 C340 -340 366 -312 404 -326 V-262 C366 -248 340 -276 303 -262 Z", "#D0312A")
    return group(body + panes + door + sign + flag, x, y, s)


def person(x, y, s=1.0, coat=BLUE, hair=INK, hat=None, stick=False):
    head = circle(0, -128, 26, "#E9B991") + path("M-27 -132 C-27 -166 27 -166 27 -132 C14 -146 -14 -146 -27 -132 Z", hair)
    if hat:
        head += path("M-54 -138 C-24 -150 -14 -180 0 -182 C14 -180 24 -150 54 -138 Z", hat)
    legs = rect(-22, -34, 18, 40, "#3C3F4A", 8) + rect(4, -34, 18, 40, "#3C3F4A", 8)
    body = path("M-34 -26 C-36 -70 -30 -100 0 -102 C30 -100 36 -70 34 -26 Z", coat)
    cane = path("M44 6 V-70 C44 -84 62 -84 62 -72", "none", BARK, 6) if stick else ""
    return group(legs + body + head + cane, x, y, s)


def lantern(x, y, s=1.0, fill=RED):
    return group(path("M0 -70 V-46", "none", GOLD, 4) + rect(-16, -48, 32, 9, GOLD, 3) + ellipse(0, -8, 46, 36, fill)
                 + ellipse(0, -8, 22, 36, "none", f'stroke="{GOLD}" stroke-width="3" opacity="0.7"') + rect(-16, 24, 32, 9, GOLD, 3)
                 + path("M-8 33 V62 M0 33 V66 M8 33 V62", "none", GOLD, 3) + ellipse(-14, -16, 10, 16, "#FFFFFF", 'opacity="0.18"'), x, y, s)


def lantern_string(x1, y1, x2, y2, count, sag=60, s=0.7, fill=RED):
    out = path(f"M{x1} {y1} Q{(x1 + x2) / 2} {(y1 + y2) / 2 + sag * 2} {x2} {y2}", "none", INK, 3)
    for i in range(1, count + 1):
        t = i / (count + 1)
        x = (1 - t) ** 2 * x1 + 2 * t * (1 - t) * (x1 + x2) / 2 + t * t * x2
        y = (1 - t) ** 2 * y1 + 2 * t * (1 - t) * ((y1 + y2) / 2 + sag * 2) + t * t * y2
        out += lantern(x, y + 70 * s, s, fill)
    return out


def paddies(top, near, far, water=False):
    """Fields in perspective, striped towards the horizon."""
    out = gradient("field", far, near) + rect(0, top, W, H - top, "url(#field)")
    stroke = "#FFFFFF" if water else "#000000"
    for i in range(-14, 15):
        out += path(f"M{W / 2 + i * 26} {top} L{W / 2 + i * 190} {H}", "none", stroke, 3, f'opacity="{0.16 if water else 0.10}"')
    for i in range(1, 7):
        y = top + (H - top) * (i / 6) ** 1.9
        out += path(f"M0 {y:.0f} H{W}", "none", "#6B5B3B", 4 + i * 1.6, 'opacity="0.55"')
    return out


def bamboo(x, y, s=1.0):
    out = ""
    for i, (dx, height) in enumerate(((-40, 330), (-8, 400), (26, 360), (58, 300))):
        out += rect(dx, -height, 13, height, ("#6FA05B", "#7DAF66")[i % 2], 4)
        out += "".join(rect(dx - 1, -height + k * 62, 15, 4, "#4E7B40") for k in range(height // 62))
        out += "".join(path(f"M{dx + 6} {-height + 30 + k * 48} q{38 if k % 2 else -38} -6 {64 if k % 2 else -64} 26 q{-34 if k % 2 else 34} -2 {-64 if k % 2 else 64} -26",
                            "#5D9450") for k in range(4))
    return group(out, x, y, s)


def table_top(y=640, fill="#7A5638", back="#EAD9BC", top="#F4E8D2"):
    """A wooden table in a warm room: the ground of the still lifes."""
    planks = "".join(path(f"M0 {y + 40 + i * 62} H{W}", "none", "#000000", 3, 'opacity="0.10"') for i in range(5))
    light = f'<radialGradient id="lamp" cx="0.5" cy="0.35" r="0.75"><stop offset="0" stop-color="{top}"/><stop offset="1" stop-color="{back}"/></radialGradient>'
    return light + rect(0, 0, W, y, "url(#lamp)") + rect(0, y, W, H - y, fill) + planks + rect(0, y, W, 12, "#FFFFFF", 0, 'opacity="0.14"')


def plain(top, bottom, glow=None):
    spot = circle(W / 2, H / 2, 330, glow, 'opacity="0.35"') + circle(W / 2, H / 2, 240, glow, 'opacity="0.35"') if glow else ""
    return gradient("ground", top, bottom) + rect(0, 0, W, H, "url(#ground)") + spot


def shadow(x, y, rx, ry=26):
    return ellipse(x, y, rx, ry, "#000000", 'opacity="0.20"')


def village_row(y, s=0.55):
    return (house(180, y, s) + wok_house(430, y + 4, s) + house(690, y, s, "#F4E9DA") + house(1010, y + 2, s, "#E9DDC8")
            + wok_house(1240, y, s) + house(1480, y + 4, s))


def pomelo(x, y, s=1.0, whole=True):
    skin = path("M0 -118 C70 -112 104 -40 100 14 C96 76 52 104 0 104 C-52 104 -96 76 -100 14 C-104 -40 -70 -112 0 -118 Z", "#E9C93F")
    shine = ellipse(-36, -30, 22, 44, "#FFF2A8", 'opacity="0.65" transform="rotate(18 -36 -30)"')
    dots = "".join(circle(-60 + (i * 47) % 130, -50 + (i * 61) % 130, 3, "#C9A526", 'opacity="0.6"') for i in range(26))
    stalk = path("M0 -118 q4 -18 -4 -30", "none", BARK, 9) + path("M0 -130 C40 -170 92 -160 112 -136 C74 -112 34 -112 0 -130 Z", "#4B8A4B")
    if whole:
        return group(skin + shine + dots + stalk, x, y, s)
    flesh = circle(0, 0, 100, "#F0D65C") + circle(0, 0, 84, "#FFF8DE")
    for i in range(11):
        a, b = i * 2 * math.pi / 11 + 0.04, (i + 1) * 2 * math.pi / 11 - 0.04
        flesh += path(f"M0 0 L{74 * math.cos(a):.1f} {74 * math.sin(a):.1f} A74 74 0 0 1 {74 * math.cos(b):.1f} {74 * math.sin(b):.1f} Z", "#F7E7A9")
    return group(flesh, x, y, s)


def carton(x, y, s, words, fill="#C79A62"):
    return group(poly([(-190, -150), (190, -150), (190, 120), (-190, 120)], fill) + poly([(-190, -150), (-150, -200), (150, -200), (190, -150)], "#DDB27A")
                 + rect(-190, -150, 380, 14, "#B58750") + rect(-18, -200, 36, 60, "#E7CFA4") + text(0, 10, words, 64, "#5A3D20")
                 + text(0, 72, "榕树村", 34, "#7A5630", 400), x, y, s)


def sack(x, y, s, words, fill="#F1E6CF", ink=RED):
    return group(path("M-120 130 C-140 40 -136 -60 -96 -140 H96 C136 -60 140 40 120 130 C60 150 -60 150 -120 130 Z", fill)
                 + path("M-96 -140 C-70 -176 -60 -190 -74 -214 H74 C60 -190 70 -176 96 -140 Z", "#E2D3B4") + rect(-92, -154, 184, 18, ORANGE, 8)
                 + rect(-74, -80, 148, 150, "none", 10, f'stroke="{ink}" stroke-width="7"') + text(0, 22, words, 62, ink), x, y, s)


def bottle(x, y, s, words, liquid="#E0A52E"):
    return group(path("M-64 140 V-60 C-64 -110 -30 -116 -30 -156 V-196 H30 V-156 C30 -116 64 -110 64 -60 V140 C64 158 -64 158 -64 140 Z", liquid)
                 + rect(-36, -222, 72, 34, RED, 6) + rect(-64, -30, 128, 120, CREAM, 4) + text(0, 48, words, 44, DEEP_RED)
                 + rect(-50, -90, 14, 50, "#FFFFFF", 6, 'opacity="0.45"'), x, y, s)


def jar(x, y, s, words, fill="#D9932A"):
    return group(rect(-100, -110, 200, 240, fill, 34) + rect(-86, -160, 172, 54, "#B8791C", 12) + rect(-100, -40, 200, 110, CREAM)
                 + text(0, 34, words, 56, "#7A4A12") + rect(-84, -96, 20, 200, "#FFFFFF", 10, 'opacity="0.30"'), x, y, s)


def leafy(x, y, s=1.0, fill=GREEN):
    return group("".join(path("M0 0 C-30 -60 -20 -130 0 -170 C20 -130 30 -60 0 0 Z", fill if i % 2 else "#6BA35F", "none", 0, f'transform="rotate({a})"')
                         for i, a in enumerate((-58, -34, -12, 12, 34, 58))), x, y, s)


def scene(inside):
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{W}" height="{H}" viewBox="0 0 {W} {H}">{inside}</svg>'


# ---------------------------------------------------------------- landscapes

def village_entrance():
    return (sky("morning") + sun(1180, 250, 90) + hills(520, 180, "#C9A98A", 2.2) + hills(560, 130, "#A8A77F", 0.7) + hills(610, 80, "#7F9A66", 3.1)
            + village_row(640, 0.5) + rect(0, 640, W, 260, "#86A15F") + path("M720 640 C760 720 620 800 560 900 H1060 C980 800 900 720 860 640 Z", "#DCC9A4")
            + banyan(420, 800, 1.25) + person(690, 800, 0.72, "#8E2419", "#DDD6CB", stick=True) + person(770, 806, 0.72, "#6B7F5A", "#C9C2B6")
            + person(900, 760, 0.55, BLUE) + bamboo(1470, 800, 0.9))


def village_dusk():
    return (sky("evening") + sun(420, 470, 110, "#FFB36B") + hills(540, 170, "#6D5878", 1.2) + hills(590, 120, "#4E4C63", 2.6)
            + village_row(690, 0.62) + rect(0, 688, W, 220, "#2E3A33")
            + "".join(rect(x, 648, 18, 20, GOLD) for x in (128, 226, 636, 738, 960, 1062, 1430, 1530)) + banyan(880, 840, 1.1, "#35573B", "#20382A")
            + lantern_string(40, 480, 640, 470, 4, 50) + lantern_string(1120, 470, 1580, 480, 3, 40))


def paddy_field():
    return (sky("day") + sun(1280, 180, 70) + clouds([(320, 170, 1.2), (800, 120, 0.8), (1060, 230, 0.7)]) + hills(470, 150, "#9DB8B4", 1.4)
            + hills(500, 90, "#7FA27F", 3.3) + paddies(490, "#4F9A4A", "#A9CF86") + person(560, 720, 0.8, BLUE, hat="#E4C887")
            + person(1010, 660, 0.62, RED, hat="#E4C887")
            + group(ellipse(0, 0, 40, 20, "#FFFFFF") + path("M30 -8 C52 -30 46 -56 58 -64 l16 4", "none", "#FFFFFF", 9) + path("M-6 16 V56 M8 16 V56", "none", INK, 4)
                    + path("M-30 4 L-70 14", "none", "#FFFFFF", 12), 1260, 742, 1.1))


def rice_harvest():
    combine = (rect(-150, -150, 260, 110, RED, 12) + rect(20, -230, 110, 90, "#8FB4BE", 8) + rect(14, -240, 122, 16, DEEP_RED, 4) + rect(-150, -176, 130, 30, "#A32C20", 6)
               + path("M110 -60 H200 V-6 H110 Z", "#7A7A7A") + "".join(path(f"M{150 + i * 14} -70 V-4", "none", "#4A4A4A", 4) for i in range(4))
               + rect(-150, -46, 250, 46, "#3A3A3A", 22) + "".join(circle(-120 + i * 48, -22, 14, "#8A8A8A") for i in range(5)) + path("M-150 -140 L-210 -200", "none", RED, 20))
    return (sky("day") + sun(280, 190, 80) + clouds([(720, 150, 1.1), (1240, 200, 0.9)]) + hills(480, 160, "#A9B9A0", 0.5) + hills(520, 90, "#8FA070", 2)
            + paddies(510, "#D9A93B", "#F0D27D") + group(combine, 820, 770, 1.35) + person(330, 830, 0.9, BLUE, hat="#E4C887")
            + "".join(sack(1330 + i * 88, 800 - (i % 2) * 14, 0.42, "谷") for i in range(3)))


def terraces():
    out = sky("dusk") + sun(1200, 230, 80, "#FFE0B0") + peaks(560, "#A89AB4", [(250, 240, 330), (700, 320, 360), (1200, 260, 380), (1520, 200, 260)])
    for i, fill in enumerate(("#8FA886", "#7E9E6B", "#6F9457", "#5F8A49", "#4E7D3D")):
        y = 520 + i * 76
        out += path(f"M0 {y} C300 {y - 70} 520 {y + 50} 820 {y - 14} S1400 {y - 70} 1600 {y - 6} V900 H0 Z", fill)
        out += path(f"M0 {y} C300 {y - 70} 520 {y + 50} 820 {y - 14} S1400 {y - 70} 1600 {y - 6}", "none", "#F2E3B8", 6, 'opacity="0.7"')
    return out + house(1180, 640, 0.5) + tree(1310, 650, 0.7)


def tea_hills():
    out = sky("morning") + sun(330, 210, 80) + hills(480, 200, "#BFC7A7", 1.1) + rect(0, 470, W, 430, "#7FA35A")
    for row in range(7):
        y = 500 + row * row * 7 + row * 22
        out += "".join(ellipse(x + (row % 2) * 60, y, 78 + row * 9, 22 + row * 5, ("#3F7A3B", "#4C8A45")[row % 2]) for x in range(-40, 1720, 128 + row * 12))
    return out + person(1120, 640, 0.75, RED, hat="#E4C887") + person(560, 590, 0.55, BLUE, hat="#E4C887")


def orchard():
    return (sky("day") + sun(1320, 170, 70) + clouds([(380, 160, 1.0), (900, 110, 0.8)]) + hills(460, 170, "#9DBBA6", 0.2) + rect(0, 460, W, 440, "#8FAE5E")
            + "".join(path(f"M{800 + i * 60} 460 L{800 + i * 330} 900", "none", "#6E8F45", 6, 'opacity="0.5"') for i in range(-6, 7))
            + "".join(fruit_tree(x, 560, 0.75) for x in range(120, 1600, 240)) + "".join(fruit_tree(x, 700, 1.1) for x in (60, 420, 1180, 1540))
            + fruit_tree(800, 800, 1.5) + person(1010, 820, 0.95, RED, hat="#E4C887") + carton(560, 800, 0.42, "柚"))


def danxia():
    def cliff(x, y, w, h):
        body = path(f"M{x} {y} C{x + w * 0.04} {y - h * 0.8} {x + w * 0.12} {y - h} {x + w * 0.34} {y - h} H{x + w * 0.72} C{x + w * 0.92} {y - h} {x + w * 0.95} {y - h * 0.6} {x + w} {y} Z", "#C2603C")
        bands = "".join(path(f"M{x + w * 0.06} {y - h * k} C{x + w * 0.3} {y - h * k - 10} {x + w * 0.6} {y - h * k + 12} {x + w * 0.93} {y - h * k}", "none", "#9E4528", 9, 'opacity="0.55"')
                        for k in (0.2, 0.36, 0.52, 0.68, 0.84))
        return body + bands + ellipse(x + w * 0.52, y - h, w * 0.24, 16, "#5E8A4A")
    return (sky("dusk") + sun(300, 220, 76, "#FFE0B0") + hills(560, 120, "#A99AB0", 2.4) + cliff(820, 640, 300, 300) + cliff(1120, 650, 380, 400) + cliff(540, 640, 240, 200)
            + cliff(120, 650, 330, 250) + hills(680, 60, "#5F8A4A", 1.0) + rect(0, 676, W, 224, "#5B8F9A")
            + "".join(path(f"M{(i * 263) % 1500} {706 + i * 17} h{120 + (i % 3) * 60}", "none", "#FFFFFF", 4, 'opacity="0.28"') for i in range(11)))


def plum_pass():
    plum = rect(-9, -150, 18, 160, "#4A382C", 6) + path("M0 -110 C50 -150 80 -170 110 -220 M0 -90 C-50 -120 -90 -150 -110 -200 M0 -140 C10 -190 0 -220 20 -260", "none", "#4A382C", 11) + "".join(
        circle(x, y, 15, "#FFFFFF") + circle(x, y, 6, "#F2B8C0") for x, y in ((110, -226), (76, -176), (128, -186), (-112, -206), (-80, -150), (-130, -160), (20, -268), (4, -220), (46, -196), (-40, -118), (58, -132), (-20, -240), (90, -246), (-92, -236)))
    steps = "".join(poly([(760 - 34 * i - 20, 470 + 12 * i + i * i * 2.4), (860 + 34 * i + 20, 470 + 12 * i + i * i * 2.4), (866 + 34 * i + 40, 482 + 20 * i + i * i * 2.4), (754 - 34 * i - 40, 482 + 20 * i + i * i * 2.4)], ("#A39A8C", "#8F8678")[i % 2]) for i in range(12))
    gate = rect(640, 290, 340, 190, "#8A8C87") + path("M760 480 V400 C760 340 860 340 860 400 V480 Z", "#3E4A4E") + rect(620, 270, 380, 30, "#6F706B", 4) + poly([(600, 272), (1020, 272), (960, 220), (660, 220)], "#4F4A45") + rect(730, 306, 160, 36, "#3E3A36", 4) + text(810, 335, "古 道", 28, GOLD)
    return (sky("morning") + sun(1260, 180, 66) + peaks(640, "#A8A77F", [(200, 330, 380), (1440, 360, 420)]) + peaks(700, "#8C9470", [(470, 280, 380), (1160, 290, 400)]) + rect(0, 560, W, 340, "#7F8A5E") + gate + steps
            + group(plum, 300, 700, 1.5) + group(plum, 1320, 710, 1.6) + flip(plum, 520, 600, 0.9) + flip(plum, 1110, 600, 0.9) + person(800, 690, 0.7, "#7A5638", hat="#E4C887"))


def waterfall():
    return (sky("day") + peaks(900, "#6F8F6A", [(180, 760, 420), (1440, 800, 460)]) + peaks(900, "#587A55", [(440, 560, 330), (1180, 600, 340)])
            + path("M720 150 C740 300 700 420 740 640 H900 C870 420 910 300 880 150 Z", "#EAF4F6")
            + "".join(path(f"M{750 + i * 26} 170 C{760 + i * 24} 330 {738 + i * 28} 460 {760 + i * 26} 640", "none", "#B9DCE4", 6) for i in range(6))
            + ellipse(820, 700, 420, 120, "#7FB4C0") + ellipse(820, 660, 150, 40, "#FFFFFF", 'opacity="0.7"') + rect(0, 740, W, 160, "#6B8F55")
            + path("M0 800 C300 740 500 860 820 790 S1350 800 1600 760 V830 C1350 860 1100 850 820 850 S300 820 0 860 Z", "#DCC9A4") + bamboo(140, 800, 0.9) + tree(1500, 810, 1.1)
            + person(560, 830, 0.6, RED) + person(620, 834, 0.55, BLUE))


def sunrise_deck():
    return (sky("morning") + sun(820, 420, 120) + peaks(560, "#D6B08E", [(220, 200, 300), (620, 150, 300), (1120, 220, 340), (1480, 160, 260)]) + clouds([(200, 540, 2.0), (640, 570, 2.2), (1180, 550, 2.4), (1560, 580, 1.8)], "#FFF6E8", 0.9)
            + hills(760, 110, "#7C8A5E", 1.8) + rect(0, 770, W, 130, "#5D4634") + "".join(rect(i * 100, 770, 4, 130, "#3E2E22") for i in range(17))
            + rect(0, 690, W, 14, "#7A5C44") + "".join(rect(40 + i * 190, 690, 14, 90, "#7A5C44") for i in range(9)) + person(600, 800, 0.95, BLUE) + person(700, 802, 0.88, RED))


def old_house_night():
    return (sky("night") + circle(1280, 190, 62, "#FFF1C9") + hills(560, 160, "#26304A", 1.5) + rect(0, 640, W, 260, "#2C332C") + wok_house(560, 700, 1.45)
            + rect(498, 596, 124, 104, "#E8A94E", 0, 'opacity="0.55"') + lantern(420, 560, 0.9) + lantern(700, 560, 0.9) + house(1130, 700, 1.0, "#D9C9AE")
            + rect(1026, 614, 50, 42, GOLD) + rect(1184, 614, 50, 42, GOLD) + banyan(1440, 820, 0.9, "#2B4A34", "#1B3124") + rect(0, 760, W, 140, "#3B3A33"))


def roundhouse():
    return (sky("day") + clouds([(300, 160, 1.0), (1180, 200, 1.1)]) + hills(480, 160, "#8FB09A", 0.9) + hills(540, 90, "#729468", 2.5) + rect(0, 600, W, 300, "#9DB06B")
            + rect(420, 330, 760, 380, "#D9C7A2") + rect(380, 300, 840, 40, "#4F4A45", 6) + poly([(360, 304), (1240, 304), (1180, 250), (420, 250)], "#5F5952")
            + rect(360, 300, 120, 420, "#CDB98F") + rect(1120, 300, 120, 420, "#CDB98F") + poly([(340, 300), (500, 300), (470, 236), (370, 236)], "#4F4A45")
            + poly([(1100, 300), (1260, 300), (1230, 236), (1130, 236)], "#4F4A45") + "".join(rect(540 + i * 90, 400, 18, 40, "#5B4A33") for i in range(6))
            + "".join(rect(408 + k, 380 + i * 90, 18, 34, "#5B4A33") for i in range(3) for k in (0, 760)) + path("M740 710 V580 C740 530 860 530 860 580 V710 Z", "#4C3A2E")
            + rect(726, 600, 12, 90, RED) + rect(862, 600, 12, 90, RED) + path("M620 900 C700 800 740 760 750 710 H850 C860 760 900 800 980 900 Z", "#DCC9A4") + tree(200, 760, 1.3) + tree(1420, 770, 1.4))


def reservoir():
    return (sky("day") + clouds([(420, 150, 1.0), (1180, 120, 0.8)]) + peaks(470, "#8FAE97", [(200, 230, 320), (640, 280, 360), (1180, 250, 400), (1540, 200, 240)]) + rect(0, 440, W, 220, "#6FA9BC")
            + "".join(path(f"M{(i * 331) % 1500} {470 + i * 15} h{160}", "none", "#FFFFFF", 4, 'opacity="0.3"') for i in range(11))
            + poly([(0, 640), (1600, 600), (1600, 900), (0, 900)], "#9A948A") + poly([(0, 640), (1600, 600), (1600, 630), (0, 670)], "#C7C0B2")
            + "".join(path(f"M{i * 90} {672 - i * 2.2} L{i * 90 - 60} 900", "none", "#87817A", 3) for i in range(20)) + rect(1060, 470, 110, 150, "#E2D8C6") + poly([(1040, 474), (1190, 474), (1166, 430), (1064, 430)], "#7A4B32")
            + person(420, 660, 0.6, BLUE) + person(480, 660, 0.6, GREEN, hat="#E4C887"))


def canal():
    digger = (rect(-120, -110, 200, 80, ORANGE, 12) + rect(-30, -190, 100, 86, "#E8B45A", 8) + rect(-16, -178, 70, 56, "#8FB4BE", 6) + path("M70 -90 L210 -230 L300 -130", "none", ORANGE, 28)
              + path("M284 -140 q56 40 20 96 l-60 -30 Z", "#6A6A6A") + rect(-140, -36, 250, 46, "#3A3A3A", 23) + "".join(circle(-112 + i * 48, -13, 14, "#8A8A8A") for i in range(5)))
    return (sky("day") + clouds([(300, 150, 1.0), (1000, 190, 0.8)]) + hills(470, 140, "#97B59A", 2.7) + rect(0, 470, W, 430, "#8BAF5F")
            + path("M760 470 C740 640 560 760 420 900 H1010 C960 760 880 640 840 470 Z", "#BBB3A4") + path("M776 470 C760 640 640 760 540 900 H900 C880 760 850 640 826 470 Z", "#5F9DB0")
            + "".join(path(f"M{700 - i * 40} {600 + i * 70} q40 -14 80 0 t80 0", "none", "#FFFFFF", 5, 'opacity="0.5"') for i in range(4))
            + group(digger, 1160, 730, 1.25) + person(330, 720, 0.9, ORANGE, hat="#F2C53D") + person(240, 740, 0.9, BLUE, hat="#F2C53D"))


def lamp_road():
    lamp = path("M0 0 V-380 q4 -40 60 -42", "none", "#D9DDE0", 12) + rect(50, -432, 84, 18, "#F2F4F5", 8) + poly([(-60, -420), (50, -470), (74, -440), (-36, -390)], "#27426B") + path("M60 -412 L-40 0 H240 L124 -412 Z", GOLD, "none", 0, 'opacity="0.20"')
    return (sky("night") + circle(260, 160, 46, "#FFF1C9") + hills(560, 150, "#232C49", 0.8) + village_row(650, 0.45) + rect(0, 648, W, 252, "#29352C")
            + path("M700 648 C760 720 480 800 300 900 H1180 C1020 800 900 720 850 648 Z", "#5B5650") + group(lamp, 1180, 850, 1.1) + group(lamp, 1010, 730, 0.62) + group(lamp, 920, 680, 0.36)
            + person(690, 820, 0.8, RED) + person(770, 826, 0.62, BLUE))


def flood():
    return (sky("rain") + clouds([(260, 130, 2.2), (760, 90, 2.6), (1300, 140, 2.3)], "#39454F", 0.9) + "".join(path(f"M{(i * 97) % 1640} {(i * 131) % 560} l-26 70", "none", "#C6D6DC", 4, 'opacity="0.45"') for i in range(70))
            + hills(560, 150, "#5A6B62", 0.6) + house(260, 600, 0.8) + house(560, 560, 0.7, "#E9DDC8") + rect(0, 560, W, 60, "#5F7159") + path("M0 600 C260 570 420 640 760 610 S1300 600 1600 640 V900 H0 Z", "#9C7B52")
            + "".join(path(f"M{(i * 251) % 1500 - 40} {650 + i * 22} q50 -20 100 0 t100 0", "none", "#C9AB80", 6, 'opacity="0.7"') for i in range(11))
            + rect(1180, 430, 64, 380, "#F4F1EA", 6) + "".join(rect(1180, 446 + i * 36, 34 if i % 2 else 22, 8, "#2A211B") for i in range(10)) + rect(1180, 560, 64, 10, RED) + text(1300, 580, "警戒水位", 38, CREAM, 700, "start"))


def evacuation():
    return (sky("rain") + "".join(path(f"M{(i * 97) % 1640} {(i * 131) % 500} l-22 60", "none", "#C6D6DC", 4, 'opacity="0.35"') for i in range(46)) + hills(620, 260, "#5F7A62", 2.2)
            + rect(0, 640, W, 260, "#6B7F5A") + path("M0 860 C400 840 700 760 980 660 S1300 560 1420 470 l70 30 C1380 640 1200 720 1020 790 S500 900 300 900 H0 Z", "#DCC9A4")
            + group(rect(-190, -150, 380, 150, "#F1E6D4") + rect(-210, -176, 420, 30, GREEN, 4) + "".join(rect(-160 + i * 90, -116, 56, 52, "#8FB4BE", 3) for i in range(4)) + rect(-24, -60, 48, 60, "#6B4A35")
                    + rect(-70, -226, 140, 46, "#2E7D43", 6) + text(0, -192, "避险点", 32, "#FFFFFF"), 1380, 470, 0.9)
            + person(330, 850, 1.0, RED, "#DDD6CB", stick=True) + person(430, 840, 1.05, BLUE) + person(560, 812, 0.9, GREEN) + person(640, 806, 0.6, ORANGE) + person(840, 736, 0.75, "#6B5B8C") + person(900, 726, 0.75, "#A0522D"))


def typhoon():
    arms = "".join(path(f"M800 450 C{800 + 260 * math.cos(a):.0f} {450 + 260 * math.sin(a):.0f} {800 + 420 * math.cos(a + 0.9):.0f} {450 + 380 * math.sin(a + 0.9):.0f} {800 + 460 * math.cos(a + 1.7):.0f} {450 + 400 * math.sin(a + 1.7):.0f}",
                        "none", "#EAF2F5", 62, 'opacity="0.55"') for a in (0, 1.257, 2.513, 3.77, 5.027))
    return (gradient("sea", "#1D4C66", "#123244") + rect(0, 0, W, H, "url(#sea)") + arms + circle(800, 450, 170, "#EAF2F5", 'opacity="0.75"') + circle(800, 450, 56, "#1D4C66")
            + path("M0 0 H520 C470 90 380 120 330 210 C250 250 160 240 90 330 C60 380 20 390 0 400 Z", "#5E8A4A") + "".join(path(f"M{840 - i * 90} {420 - i * 52} l-46 -26", "none", GOLD, 12) for i in range(1, 5)))


# ---------------------------------------------------------------- people and village life

def meeting():
    return (plain("#F1E3CB", "#D9C19A") + rect(0, 120, W, 96, RED) + text(W / 2, 190, "榕树村村民代表会议", 62, GOLD) + rect(0, 640, W, 260, "#8A6544")
            + rect(420, 500, 760, 150, "#6F4A30", 8) + "".join(person(520 + i * 140, 520, 0.9, c, h) for i, (c, h) in enumerate(((BLUE, INK), ("#6B7F5A", "#B8B0A4"), (RED, INK), ("#5E4B7A", INK), ("#7A5638", "#DDD6CB"))))
            + rect(400, 480, 800, 44, "#8E5F3E", 8) + "".join(rect(500 + i * 140, 452, 40, 32, "#FFFFFF", 4) for i in range(5))
            + "".join(flip(person(0, 0, 1.15, c, h), 170 + i * 210, 900) for i, (c, h) in enumerate(((ORANGE, INK), ("#46607A", "#DDD6CB"), (GREEN, INK), ("#8E2419", "#B8B0A4"), ("#39536B", INK), ("#7F6A4F", INK), ("#A0522D", "#DDD6CB")))))


def office():
    return (sky("day") + clouds([(260, 150, 1.1), (1280, 130, 0.9)]) + hills(520, 150, "#9DBBA6", 1.3) + rect(0, 700, W, 200, "#CFC4AE") + committee(740, 710, 1.55) + tree(120, 740, 1.3)
            + group(rect(-110, -150, 220, 130, "#6B4A35", 6) + rect(-98, -138, 196, 106, "#F4F1EA") + "".join(rect(-84, -122 + i * 22, 168 - (i % 3) * 40, 8, "#B9AC9A") for i in range(4)) + rect(-96, -20, 14, 60, "#6B4A35") + rect(82, -20, 14, 60, "#6B4A35") + rect(-110, -178, 220, 30, RED, 4) + text(0, -155, "公开栏", 22, GOLD), 230, 830, 1.25)
            + person(360, 850, 1.0, "#46607A", "#DDD6CB") + person(440, 856, 1.0, ORANGE))


def notice_board():
    sheets = ""
    for i, (x, w, fill) in enumerate(((360, 250, "#FFFDF6"), (640, 250, "#FDF1D8"), (920, 300, "#FFFDF6"))):
        sheets += rect(x, 300, w, 320, fill, 4) + rect(x + 24, 326, w - 48, 30, RED if i != 1 else ORANGE, 3)
        sheets += "".join(rect(x + 24, 376 + k * 34, (w - 48) * (1 - (k % 3) * 0.16), 12, "#C9BCA6", 4) for k in range(7))
    return (sky("day") + hills(560, 140, "#9DBBA6", 0.4) + rect(0, 700, W, 200, "#CFC4AE") + rect(290, 250, 1000, 420, "#5B4030", 14) + rect(310, 270, 960, 380, "#E5D6BB", 6) + sheets
            + poly([(250, 250), (1330, 250), (1250, 170), (330, 170)], "#8E2419") + text(790, 228, "村务公开栏", 46, GOLD) + rect(340, 670, 30, 190, "#5B4030") + rect(1210, 670, 30, 190, "#5B4030")
            + person(200, 860, 1.2, "#46607A", "#DDD6CB", stick=True) + person(1420, 860, 1.2, RED))


def opera_stage():
    curtain = "".join(path(f"M{x} 170 C{x + 30} 360 {x - 20} 520 {x + 10} 700 h60 C{x + 50} 520 {x + 90} 360 {x + 60} 170 Z", c) for x, c in ((210, DEEP_RED), (270, RED), (330, DEEP_RED), (1200, DEEP_RED), (1260, RED), (1320, DEEP_RED)))
    singer = (path("M-110 300 C-120 120 -60 40 0 40 C60 40 120 120 110 300 Z", "#D23C6B") + path("M-110 120 C-190 150 -230 240 -240 320 l90 -6 C-140 240 -120 190 -80 150 Z", "#F4F1EA") + path("M110 120 C190 110 230 60 262 20 l40 70 C260 150 190 190 90 180 Z", "#F4F1EA")
              + circle(0, -14, 50, "#F3D2B5") + path("M-58 -10 C-70 -90 70 -90 58 -10 C40 -52 -40 -52 -58 -10 Z", INK) + "".join(circle(-66 + i * 22, -78 - (3 - abs(i - 3)) * 10, 12, c) for i, c in enumerate((GOLD, "#5FB6C9", GOLD, RED, GOLD, "#5FB6C9", GOLD)))
              + circle(-18, -12, 5, INK) + circle(18, -12, 5, INK) + circle(-24, 6, 9, "#EE8C8C", 'opacity="0.8"') + circle(24, 6, 9, "#EE8C8C", 'opacity="0.8"') + rect(-60, 150, 120, 20, GOLD, 6) + "".join(circle(-44 + i * 30, 220, 9, GOLD) for i in range(4)))
    return (sky("night") + rect(150, 130, 1300, 620, "#3A2A22", 10) + rect(200, 170, 1200, 560, "#F0C98A") + circle(800, 430, 230, "#F7E0B3") + curtain + poly([(90, 140), (1510, 140), (1380, 40), (220, 40)], "#5F2A20")
            + path("M90 140 H1510", "none", GOLD, 12) + rect(470, 70, 660, 60, DEEP_RED, 8) + text(800, 116, "榕 树 戏 台", 46, GOLD) + rect(130, 720, 1340, 60, "#7A4B32") + group(singer, 800, 410, 1.05)
            + lantern(290, 260, 1.1) + lantern(1310, 260, 1.1) + "".join(circle(60 + i * 108, 880 + (i % 2) * 14, 46, "#15110E") for i in range(15)) + "".join(path(f"M{14 + i * 108} 930 q46 -40 92 0", "#15110E", "#15110E", 20) for i in range(15)))


def lion_dance():
    lion = (path("M-190 120 C-260 -60 -150 -210 20 -210 C190 -210 270 -60 210 120 C140 200 -120 200 -190 120 Z", RED) + path("M-150 -120 C-200 -240 -90 -250 -60 -180 M170 -120 C220 -240 110 -250 80 -180", "none", GOLD, 26) + ellipse(10, -120, 60, 44, GOLD) + circle(10, -122, 26, "#8FD3E8")
            + circle(-80, -30, 62, "#FFFFFF") + circle(100, -30, 62, "#FFFFFF") + circle(-74, -22, 30, INK) + circle(94, -22, 30, INK) + circle(-66, -32, 10, "#FFFFFF") + circle(102, -32, 10, "#FFFFFF") + path("M-140 -100 q60 -50 116 -6 M44 -106 q60 -44 116 6", "none", "#FFFFFF", 18)
            + ellipse(10, 44, 70, 40, GREEN) + circle(-16, 46, 10, INK) + circle(36, 46, 10, INK) + path("M-150 90 C-60 160 80 160 170 90 L150 150 C70 210 -50 210 -130 150 Z", "#FFF3E0") + path("M-120 140 q130 60 260 0", "none", "#FFFFFF", 34) + "".join(circle(-110 + i * 36, 168 + 14 * math.sin(i), 18, "#FFFFFF") for i in range(8))
            + "".join(circle(-176 + i * 70, -176 - 40 * math.sin(i * 0.8), 20, c) for i, c in enumerate((ORANGE, "#5FB6C9", GOLD, "#5FB6C9", ORANGE, GOLD))))
    tail = path("M150 60 C330 20 460 60 520 190 C540 260 470 300 420 260 C330 200 240 220 170 200 Z", ORANGE) + "".join(path(f"M{250 + i * 66} {70 + i * 10} q-20 60 6 120", "none", GOLD, 14) for i in range(4)) + path("M420 240 V380 M480 250 V380", "none", "#3C3F4A", 40) + path("M-70 180 V380 M70 180 V380", "none", "#3C3F4A", 40)
    drum = ellipse(0, 0, 110, 34, "#F4E3C1") + path("M-110 0 C-130 60 -130 100 -100 140 H100 C130 100 130 60 110 0 C60 40 -60 40 -110 0 Z", RED) + ellipse(0, 0, 110, 34, "#F4E3C1")
    return (sky("morning") + hills(500, 140, "#C9A98A", 1.9) + wok_house(220, 620, 0.9) + wok_house(1390, 620, 0.9) + rect(0, 610, W, 290, "#D3BD96") + lantern_string(0, 90, 800, 70, 5, 60, 0.8) + lantern_string(800, 70, 1600, 90, 5, 60, 0.8)
            + group(tail + lion, 700, 470, 1.0) + group(drum, 250, 720, 1.1) + person(250, 720, 1.1, BLUE) + group(drum, 250, 730, 1.1))


def square_evening():
    return (sky("evening") + hills(540, 150, "#5D5378", 0.7) + village_row(650, 0.5) + rect(0, 648, W, 252, "#8C7A66") + lantern_string(0, 200, 800, 180, 5, 70, 0.9) + lantern_string(800, 180, 1600, 200, 5, 70, 0.9)
            + "".join(person(240 + i * 190, 760 + (i % 2) * 70, 0.95, c, h) for i, (c, h) in enumerate(((RED, INK), ("#5FA0A8", "#B8B0A4"), (ORANGE, INK), ("#A0527A", INK), (GREEN, "#DDD6CB"), ("#C96A3A", INK), (BLUE, INK))))
            + "".join(path(f"M{206 + i * 190} {690 + (i % 2) * 70} l-44 -60 M{274 + i * 190} {690 + (i % 2) * 70} l44 -60", "none", "#E9B991", 15) for i in range(7)))


def open_cinema():
    return (sky("night") + hills(600, 170, "#20263F", 2.0) + rect(360, 130, 880, 500, "#0E0E14", 8) + rect(384, 154, 832, 452, "#E9EDF2") + path("M384 606 V420 C560 330 700 470 860 390 S1120 380 1216 330 V606 Z", "#7FA27F") + circle(1060, 270, 60, "#FFE2A6") + banyan(580, 596, 0.42)
            + rect(380, 630, 16, 220, "#3A2A22") + rect(1204, 630, 16, 220, "#3A2A22") + poly([(800, 900), (384, 154), (1216, 154)], "#FFFFFF", 'opacity="0.05"') + rect(0, 720, W, 180, "#1B211C")
            + "".join(circle(90 + i * 130, 800 + (i % 2) * 30, 44, "#0D100E") + path(f"M{30 + i * 130} 900 q60 -90 120 0", "#0D100E", "#0D100E", 10) for i in range(12)))


def library():
    shelves, colours = "", (RED, BLUE, GREEN, ORANGE, "#6B5B8C", "#B5894A", "#3E6B70", "#A34A5A")
    for row in range(3):
        y, x = 150 + row * 190, 130
        shelves += rect(110, y + 150, 900, 18, "#6F4A30")
        n = 0
        while x < 980:
            w, h = 26 + (n * 7 + row * 5) % 20, 104 + (n * 13 + row * 29) % 44
            shelves += rect(x, y + 150 - h, w, h, colours[(n + row * 3) % 8], 3) + rect(x + 5, y + 170 - h, w - 10, 8, CREAM, 2)
            x, n = x + w + 5, n + 1
    return (plain("#F3E6CE", "#E0CBA5") + rect(90, 110, 940, 640, "#8A6544", 10) + rect(110, 130, 900, 600, "#5B4030") + shelves + rect(0, 750, W, 150, "#A57F57") + rect(1080, 560, 440, 30, "#6F4A30", 6) + rect(1120, 590, 24, 220, "#6F4A30") + rect(1460, 590, 24, 220, "#6F4A30")
            + path("M1180 560 q60 -50 120 -6 q60 -44 120 6 l-6 -24 q-58 -40 -114 6 q-56 -46 -114 -6 Z", "#FFFDF6") + path("M1440 560 V470 l-60 -70", "none", "#3C3F4A", 10) + path("M1340 400 h80 l-20 -46 h-40 Z", GREEN) + poly([(1340, 402), (1420, 402), (1480, 560), (1240, 560)], GOLD, 'opacity="0.20"')
            + person(1200, 860, 1.25, RED) + person(1400, 860, 1.0, BLUE))


def calligraphy():
    brush = path("M0 0 L150 -260", "none", "#7A4B32", 20) + path("M0 0 q-34 20 -50 70 q40 -16 66 -50 Z", INK)
    return (table_top(300, "#8A6544") + poly([(330, 860), (560, 380), (720, 380), (590, 860)], RED) + poly([(900, 860), (830, 380), (990, 380), (1170, 860)], RED)
            + "".join(text(x, y, c, s, "#1A1410", 700) for x, y, c, s in ((620, 500, "春", 84), (575, 640, "满", 104), (522, 800, "村", 124), (912, 500, "福", 84), (950, 640, "到", 104), (1000, 800, "家", 124)))
            + group(brush, 1190, 690, 1.2) + ellipse(1370, 700, 100, 44, "#2B2622") + ellipse(1370, 690, 72, 28, "#0F0C0A") + lantern(180, 150, 1.1) + lantern(1430, 150, 1.1))


def classroom():
    return (plain("#F4EAD5", "#E6D3AE") + rect(360, 130, 880, 360, "#6F4A30", 10) + rect(380, 150, 840, 320, "#2F5B48") + text(800, 270, "种一棵树", 70, CREAM, 400) + text(800, 380, "护一条河", 70, CREAM, 400) + rect(0, 640, W, 260, "#B58D60")
            + person(1340, 700, 1.5, "#8E2419") + "".join(rect(150 + i * 260, 740, 200, 24, "#8A6544", 6) + person(250 + i * 260, 780, 0.95, c) + rect(150 + i * 260, 744, 200, 30, "#8A6544", 6) for i, c in enumerate((BLUE, ORANGE, GREEN, RED))))


def canteen():
    bowl = path("M-120 0 H120 C110 80 60 104 0 104 C-60 104 -110 80 -120 0 Z", "#F7F4EC") + path("M-112 22 q112 30 224 0", "none", BLUE, 8) + ellipse(0, 0, 120, 26, "#FFFFFF") + ellipse(0, -8, 96, 34, "#FFFDF6")
    dish = ellipse(0, 0, 170, 56, "#F7F4EC") + ellipse(0, -6, 130, 40, "#E9E2D2")
    return (table_top(380, "#8A5F3E") + group(dish + "".join(ellipse(-70 + i * 28, -16 - (i % 2) * 14, 34, 14, c) for i, c in enumerate((GREEN, "#6BA35F", GREEN, "#3F7F45", "#6BA35F", GREEN))), 430, 620, 1.1)
            + group(dish + "".join(circle(-80 + i * 32, -18 - (i % 2) * 12, 26, c) for i, c in enumerate(("#B5643A", "#C97B46", "#A5552E", "#C97B46", "#B5643A", "#A5552E"))), 1170, 620, 1.1) + group(bowl, 800, 680, 1.25)
            + path("M940 560 L1220 800 M970 540 L1250 780", "none", "#6B4A35", 12) + "".join(path(f"M{740 + i * 60} 600 q-24 -50 0 -100 t0 -100", "none", "#FFFFFF", 10, 'opacity="0.55"') for i in range(3)) + group(dish + ellipse(0, -10, 110, 30, "#E8C94A") + circle(-40, -14, 12, "#7FA35A") + circle(30, -8, 12, "#7FA35A"), 800, 850, 0.9))


def visit_elder():
    return (plain("#F1E3CB", "#DDC49B") + rect(180, 150, 380, 320, "#8FB4BE", 6) + path("M370 150 V470 M180 310 H560", "none", "#6F4A30", 14) + rect(166, 136, 408, 348, "none", 8, 'stroke="#6F4A30" stroke-width="26"') + rect(0, 700, W, 200, "#A57F57")
            + rect(930, 470, 40, 300, "#6F4A30", 8) + rect(930, 620, 250, 36, "#8A6544", 8) + rect(1150, 640, 26, 130, "#6F4A30") + person(1050, 760, 1.7, "#7A5638", "#E6E0D6", stick=True) + person(690, 800, 1.75, "#C4392B") + person(460, 800, 1.65, BLUE)
            + group(sack(0, 0, 0.55, "米") + bottle(130, 20, 0.55, "油"), 780, 790, 1.0) + rect(1240, 180, 210, 270, RED, 6) + text(1345, 360, "福", 140, GOLD))


def clean_up():
    broom = path("M0 0 L-60 -220", "none", BARK, 12) + path("M0 0 l-46 90 h100 Z", "#D9B36A")
    bins = "".join(group(rect(-60, -130, 120, 130, c, 8) + rect(-68, -150, 136, 26, c, 8, 'opacity="0.85"') + text(0, -56, w, 40, "#FFFFFF"), x, 760, 1.1) for x, c, w in ((1060, "#3A7D44", "厨余"), (1220, "#7A7A7A", "其他"), (1380, "#2B7A9B", "回收")))
    return (sky("day") + clouds([(300, 150, 1.1), (900, 110, 0.8)]) + hills(500, 150, "#9DBBA6", 2.0) + village_row(620, 0.55) + rect(0, 618, W, 282, "#C9BFA8") + rect(0, 618, W, 40, "#86A15F") + bins
            + person(330, 820, 1.2, RED) + group(broom, 420, 760, 1.0) + person(620, 830, 1.15, "#C4392B") + flip(group(broom, 90, -60), 600, 830) + person(840, 810, 1.1, ORANGE))


def party_boat():
    return (sky("morning") + sun(1180, 300, 110, "#FFD58A") + hills(480, 120, "#C9A08A", 1.2) + rect(0, 470, W, 430, "#7FA9AE") + "".join(path(f"M{(i * 287) % 1560 - 60} {500 + i * 28} q60 -18 120 0 t120 0", "none", "#FFFFFF", 5, 'opacity="0.4"') for i in range(14))
            + group(path("M-430 40 C-380 130 -300 150 0 150 C300 150 380 130 440 20 C300 70 -300 80 -430 40 Z", "#8E2419") + rect(-230, -130, 460, 170, "#B5442F", 6) + "".join(rect(-200 + i * 92, -96, 60, 80, "#F3D9A4", 4) for i in range(5)) + path("M-280 -126 C-140 -200 140 -200 280 -126 Z", "#5F2A20") + rect(-6, -330, 12, 150, BARK) + path("M6 -326 C60 -346 90 -306 140 -326 V-256 C90 -236 60 -276 6 -256 Z", "#D0312A"), 760, 640, 1.15))


def long_march():
    marchers = "".join(person(x, y, 0.5, "#5E6B73", "#4A545B") + path(f"M{x + 16} {y - 20} l24 -70", "none", BARK, 4) for x, y in ((470, 680), (560, 660), (650, 636), (740, 606), (830, 572), (920, 536), (1010, 500), (1100, 468)))
    return (sky("evening") + sun(1260, 330, 90, "#FFB36B") + peaks(700, "#6A5573", [(260, 330, 360), (720, 260, 340), (1480, 420, 420)]) + path("M0 780 C400 760 760 640 1000 520 C1160 440 1300 430 1600 400 V900 H0 Z", "#4C4A3E") + path("M300 760 C620 700 860 600 1120 470", "none", "#A8977A", 26) + marchers
            + group(rect(0, -170, 8, 170, BARK) + path("M8 -166 C50 -184 80 -150 124 -166 V-96 C80 -80 50 -114 8 -96 Z", "#D0312A"), 1160, 470, 1.0) + hills(880, 60, "#39382F", 2.2))


def torch():
    return (gradient("red", "#7E1F18", "#C4392B") + rect(0, 0, W, H, "url(#red)") + "".join(path(f"M800 470 L{800 + 1200 * math.cos(i * math.pi / 14 + math.pi):.0f} {470 + 1200 * math.sin(i * math.pi / 14 + math.pi):.0f} L{800 + 1200 * math.cos((i + 0.5) * math.pi / 14 + math.pi):.0f} {470 + 1200 * math.sin((i + 0.5) * math.pi / 14 + math.pi):.0f} Z", "#FFCF6B", "none", 0, 'opacity="0.10"') for i in range(14))
            + path("M720 520 H880 L840 820 H760 Z", "#E8B45A") + rect(700, 490, 200, 40, GOLD, 10) + path("M800 150 C900 260 930 330 890 420 C870 480 730 480 712 420 C690 350 760 320 800 150 Z", "#FFB13B") + path("M800 270 C850 340 860 380 840 430 C824 462 776 462 762 430 C748 390 780 350 800 270 Z", "#FFF0B8"))


def study_room():
    book = path("M0 0 C-90 -60 -230 -70 -330 -30 V210 C-230 170 -90 180 0 240 Z", "#FFFDF6") + path("M0 0 C90 -60 230 -70 330 -30 V210 C230 170 90 180 0 240 Z", "#FBF3E0") + path("M-330 210 C-230 170 -90 180 0 240 C90 180 230 170 330 210 V236 C230 196 90 206 0 266 C-90 206 -230 196 -330 236 Z", DEEP_RED)
    lines = "".join(path(f"M-290 {20 + i * 34} C-210 {-4 + i * 34} -110 {2 + i * 34} -40 {40 + i * 34}", "none", "#C9BCA6", 7) + path(f"M290 {20 + i * 34} C210 {-4 + i * 34} 110 {2 + i * 34} 40 {40 + i * 34}", "none", "#C9BCA6", 7) for i in range(5))
    star = "".join(f"{(0 + (60 if i % 2 == 0 else 24) * math.sin(i * math.pi / 5)):.1f},{(0 - (60 if i % 2 == 0 else 24) * math.cos(i * math.pi / 5)):.1f} " for i in range(10))
    return table_top(600, "#7A2A20", "#E9C9A8", "#F8E9D2") + shadow(800, 730, 420) + group(book + lines, 800, 470, 1.2) + f'<polygon points="{star}" fill="#D0312A" transform="translate(800 280)"/>' + group(rect(-40, -70, 80, 110, "#F4F1EA", 8) + path("M40 -50 q50 0 40 40 q-8 24 -40 26", "none", "#F4F1EA", 12) + text(0, 4, "茶", 44, RED), 1320, 640, 1.2)


# ---------------------------------------------------------------- things

def pomelos():
    return table_top(600) + shadow(560, 770, 230) + shadow(1000, 800, 420) + carton(540, 620, 1.25, "沙田柚") + pomelo(900, 660, 1.25) + pomelo(1150, 700, 1.05) + pomelo(1350, 720, 0.95) + pomelo(1010, 790, 0.85, False) + leafy(730, 800, 0.5)


def pomelo_box():
    return table_top(620, "#6F7F4F", "#D8E3C4", "#EEF3DF") + shadow(800, 820, 480) + rect(380, 520, 840, 280, "#C79A62", 8) + rect(380, 520, 840, 30, "#B58750") + "".join(pomelo(500 + i * 200, 510 - (i % 2) * 20, 0.95) for i in range(4)) + rect(380, 640, 840, 110, "#E7CFA4") + text(800, 716, "榕树村 沙田柚", 60, "#5A3D20")


def eggs():
    basket = path("M-360 0 H360 C340 160 250 220 0 220 C-250 220 -340 160 -360 0 Z", "#B58750") + "".join(path(f"M{-340 + i * 52} 6 C{-320 + i * 48} 120 {-230 + i * 36} 200 {-190 + i * 30} 214", "none", "#8A6038", 8) for i in range(14)) + "".join(path(f"M{-352 + i * 16} {50 + i * 56} H{352 - i * 16}", "none", "#8A6038", 8) for i in range(3))
    lay = "".join(ellipse(-270 + i * 108, -40 - (i % 2) * 26, 70, 88, c, f'transform="rotate({-18 + i * 7} {-270 + i * 108} -40)"') + ellipse(-288 + i * 108, -70 - (i % 2) * 26, 14, 22, "#FFFFFF", 'opacity="0.5"') for i, c in enumerate(("#E9BE92", "#F3DCC0", "#DDA878", "#F0D0AA", "#E3B485", "#F3DCC0")))
    return table_top(600, "#7A5638", "#E7D8B4", "#F7EDD5") + shadow(800, 800, 430) + group(path("M-360 0 C-300 -60 300 -60 360 0 Z", "#D8C07A") + lay + basket, 800, 570, 1.05)


def honey():
    comb = "".join(poly([(x + 46 * math.cos(k * math.pi / 3), y + 46 * math.sin(k * math.pi / 3)) for k in range(6)], ("#E2A132", "#D18F22", "#F0B94E")[(i + j) % 3], 'stroke="#B5761A" stroke-width="6"') for i in range(4) for j in range(3) for x, y in ((140 + i * 72, 640 + j * 82 + (i % 2) * 41),))
    return table_top(560, "#7A5638", "#F0DDB0", "#FBF0D2") + comb + shadow(800, 800, 240) + jar(800, 640, 1.35, "蜂蜜") + shadow(1180, 810, 200) + jar(1160, 690, 1.0, "蜂蜜", "#C57F1E") + path("M1330 430 L1460 760", "none", "#9A6A3A", 18) + ellipse(1476, 790, 44, 60, "#B98246", 'transform="rotate(-20 1476 790)"') + "".join(path(f"M1440 {762 + i * 20} l70 -22", "none", "#7A5028", 6) for i in range(4))


def rice_sacks():
    grain = "".join(ellipse(420 + (i * 67) % 760, 800 + (i * 37) % 70, 13, 6, "#FFFDF6", f'transform="rotate({(i * 53) % 180} {420 + (i * 67) % 760} {800 + (i * 37) % 70})"') for i in range(90))
    return table_top(560, "#8A6544") + shadow(620, 790, 220) + shadow(960, 790, 220) + sack(620, 620, 1.3, "新米") + sack(960, 640, 1.2, "丝苗", "#EAF0DA", "#2E6B3A") + grain + group("".join(path(f"M0 0 C{20 + i * 10} -120 {60 + i * 26} -180 {120 + i * 36} -190", "none", "#C9A038", 6) + "".join(ellipse(60 + i * 22 + k * 16, -150 - i * 6 - k * 8, 16, 8, "#E3BE55", f'transform="rotate(30 {60 + i * 22 + k * 16} {-150 - i * 6 - k * 8})"') for k in range(5)) for i in range(4)), 1180, 780, 1.2)


def peanut_oil():
    nut = path("M-60 0 C-60 -34 -20 -34 0 -18 C20 -34 60 -34 60 0 C60 34 20 34 0 18 C-20 34 -60 34 -60 0 Z", "#D9B077") + "".join(path(f"M{-44 + i * 18} -16 q6 16 0 32", "none", "#B88B50", 4) for i in range(6))
    return table_top(580, "#6F4A30", "#F0E0BE", "#FAF1DC") + shadow(700, 800, 130) + shadow(960, 800, 120) + bottle(700, 610, 1.35, "花生油") + bottle(960, 640, 1.1, "花生油", "#D99A28") + "".join(group(nut, x, y, s, a) for x, y, s, a in ((330, 790, 1.1, 20), (460, 830, 1.0, -30), (400, 740, 0.9, 70), (1180, 800, 1.1, 10), (1310, 770, 1.0, -40), (1250, 850, 0.9, 30), (560, 850, 0.8, 15)))


def tea_cup():
    pot = ellipse(0, 0, 180, 140, "#8A4B32") + rect(-50, -168, 100, 40, "#7A3F2A", 14) + circle(0, -176, 22, "#7A3F2A") + path("M170 -30 C270 -60 250 -130 310 -150", "none", "#8A4B32", 42) + path("M-170 -60 C-290 -70 -290 80 -160 60", "none", "#8A4B32", 34)
    cup = path("M-80 0 H80 C74 60 40 84 0 84 C-40 84 -74 60 -80 0 Z", "#F7F4EC") + ellipse(0, 0, 80, 20, "#FFFFFF") + ellipse(0, 2, 66, 14, "#C98A3A")
    return table_top(580, "#5F4630", "#D6DEC0", "#EEF2DF") + shadow(620, 790, 260) + group(pot, 620, 650, 1.1) + shadow(1060, 812, 130, 18) + group(cup, 1060, 720, 1.2) + group(cup, 1320, 750, 1.0) + "".join(path(f"M{1030 + i * 36} 680 q-22 -44 0 -88 t0 -88", "none", "#FFFFFF", 9, 'opacity="0.6"') for i in range(3)) + leafy(300, 850, 0.8) + leafy(1180, 870, 0.55)


def sweet_potato():
    strip = "".join(group(path("M-130 0 C-120 -34 120 -40 134 -6 C130 34 -110 40 -130 0 Z", c) + path("M-96 -6 C-30 -20 40 -20 100 -8", "none", "#FFFFFF", 6, 'opacity="0.25"'), x, y, 1.0, a) for x, y, a, c in ((660, 560, -12, "#C9662B"), (860, 540, 16, "#B9541F"), (760, 600, 4, "#D87A38"), (960, 600, -20, "#C9662B"), (600, 630, 22, "#D87A38"), (820, 650, -6, "#B9541F"), (1000, 660, 12, "#D87A38")))
    return table_top(560, "#6F4A30", "#F2DDB8", "#FBF0D8") + shadow(810, 790, 440) + ellipse(810, 680, 420, 130, "#E6D7B6") + ellipse(810, 664, 370, 104, "#F3E8CF") + strip + group(path("M-150 20 C-130 -60 60 -90 150 -20 C110 60 -90 90 -150 20 Z", "#A3485A"), 300, 780, 0.9, -14) + group(path("M-150 20 C-130 -60 60 -90 150 -20 C110 60 -90 90 -150 20 Z", "#8E3B4C"), 1340, 790, 0.8, 12)


def phone_scam():
    return (plain("#1F4A5E", "#123041", "#2B7A9B") + rect(600, 120, 400, 690, "#15110E", 44) + rect(624, 170, 352, 590, "#F6EFE4", 16) + rect(650, 210, 300, 90, "#E3D8C6", 14) + text(800, 268, "恭喜您中奖了", 36, RED) + rect(650, 324, 300, 90, "#E3D8C6", 14) + text(800, 382, "请先转账", 40, RED)
            + poly([(800, 440), (930, 670), (670, 670)], "#E8A21F") + rect(788, 510, 24, 90, INK, 8) + circle(800, 632, 14, INK) + path("M470 230 L1130 760", "none", RED, 34, 'opacity="0.9"') + path("M470 760 L1130 230", "none", RED, 34, 'opacity="0.9"') + text(800, 864, "不听 · 不信 · 不转账", 58, GOLD))


def scales():
    pan = path("M-120 0 H120 C110 60 60 84 0 84 C-60 84 -110 60 -120 0 Z", GOLD) + path("M-110 0 L0 -170 L110 0", "none", "#E8B45A", 6)
    return (plain("#1F5069", "#143648", "#2B7A9B") + rect(784, 200, 32, 500, GOLD, 10) + rect(640, 690, 320, 44, GOLD, 14) + rect(690, 660, 220, 40, "#E8B45A", 10) + circle(800, 190, 36, GOLD) + path("M470 270 C620 210 980 210 1130 270", "none", GOLD, 22) + group(pan, 480, 450, 1.2) + group(pan, 1120, 450, 1.2) + house(480, 446, 0.42) + group(rect(-44, -90, 88, 90, "#FFFDF6", 4) + "".join(rect(-30, -74 + i * 20, 60, 8, "#B9AC9A") for i in range(4)), 1120, 446, 1.0) + text(800, 830, "遇事找法 有理说理", 56, CREAM))


def contract():
    return (table_top(260, "#7A5638") + group(rect(-320, -260, 640, 620, "#FFFDF6", 6) + text(0, -170, "借  条", 76, INK) + "".join(rect(-250, -110 + i * 62, 500 - (i % 3) * 70, 16, "#CFC4AE", 6) for i in range(6)) + rect(60, 260, 200, 8, "#8C8377") + text(20, 270, "签名", 36, INK, 400) + circle(200, 230, 46, RED, 'opacity="0.55"'), 720, 480, 1.0, -4)
            + group(rect(-16, -300, 32, 300, "#27426B", 12) + poly([(-16, 0), (16, 0), (0, 54)], "#B9AC9A"), 1180, 760, 1.0, 28) + group(rect(-90, -60, 180, 120, "#B3221A", 14) + circle(0, 0, 44, "#8E1A13"), 1330, 380, 1.0))


def scam_paper():
    return (table_top(260, "#5B4630", "#E6CFA8", "#F6E6C8") + group(rect(-330, -270, 660, 640, "#FFFDF6", 6) + rect(-330, -270, 660, 130, DEEP_RED, 6) + text(0, -184, "养老项目认购书", 66, GOLD) + text(0, -60, "月月返利 稳赚不赔", 54, RED)
            + "".join(rect(-250, 0 + i * 58, 500 - (i % 3) * 80, 16, "#CFC4AE", 6) for i in range(4)) + text(-190, 310, "认购人", 36, INK, 400) + rect(-110, 316, 240, 6, "#8C8377"), 640, 470, 1.0, -3)
            + "".join(group(rect(-120, -60, 240, 120, c, 8) + circle(0, 0, 40, "#FFFFFF", 'opacity="0.35"') + text(0, 18, "100", 48, "#FFFFFF"), x, y, 1.0, a) for x, y, a, c in ((1200, 520, 14, "#B5443C"), (1240, 620, -8, "#C4564C"), (1180, 720, 6, "#B5443C")))
            + text(1190, 330, "？", 150, RED))


def gone():
    slats = "".join(rect(430, 300 + i * 42, 740, 34, ("#9AA5AB", "#8A959B")[i % 2]) for i in range(12))
    return (sky("dusk") + rect(0, 800, W, 100, "#8C8377") + rect(300, 130, 1000, 690, "#D8CBB6") + rect(390, 270, 820, 550, "#6A6A6A") + slats + rect(360, 160, 880, 100, "#7E1F18", 6) + text(800, 232, "某某养老服务部", 60, "#C9A98A")
            + group(rect(-190, -90, 380, 180, "#FFFDF6", 4) + text(0, -6, "店面转租", 72, RED) + text(0, 60, "人已搬走", 40, INK, 400), 800, 540, 1.0, -5) + person(240, 850, 1.5, "#7A5638", "#DDD6CB", stick=True) + person(1390, 850, 1.45, "#8E2419", "#DDD6CB") + text(240, 560, "？", 110, CREAM) + text(1390, 570, "？", 110, CREAM))


def homestead():
    plan = rect(-330, -230, 660, 460, "#FFFDF6", 6) + rect(-270, -170, 300, 220, "none", 0, f'stroke="{BLUE}" stroke-width="10"') + path("M-120 -170 V50 M-270 -60 H30", "none", BLUE, 8) + rect(90, -170, 180, 340, "#CFE0B8") + rect(-270, 90, 300, 80, "#E8DCC2") + path("M-270 200 H30 M-270 190 V210 M30 190 V210", "none", RED, 6)
    return plain("#E8DAB9", "#CDB98F") + rect(0, 640, W, 260, "#8FAE5E") + house(1160, 760, 1.7) + tree(1460, 790, 1.2) + group(plan, 480, 430, 1.05, -5) + group(rect(-70, -90, 140, 180, "#8E2419", 6) + text(0, 0, "权", 60, GOLD) + text(0, 60, "证", 44, GOLD), 820, 660, 1.0, 8)


def fire_safety():
    ext = rect(-80, -180, 160, 380, RED, 60) + rect(-40, -240, 80, 70, "#3A3A3A", 10) + path("M-40 -230 C-150 -230 -160 -80 -150 60", "none", INK, 22) + path("M40 -236 l90 -40", "none", "#3A3A3A", 20) + rect(-60, -60, 120, 130, CREAM, 6) + text(0, 20, "灭火", 46, RED)
    flame = path("M0 -240 C110 -120 150 -40 100 70 C70 130 -70 130 -100 70 C-140 -30 -30 -60 0 -240 Z", "#E86A2B") + path("M0 -110 C56 -40 70 10 46 66 C30 96 -30 96 -46 66 C-66 10 -20 -20 0 -110 Z", "#FFC34D")
    return plain("#3B2420", "#1D1411", "#B3221A") + group(ext, 520, 500, 1.35) + group(flame, 1060, 600, 1.5) + rect(860, 740, 420, 30, "#6F4A30", 8) + text(800, 862, "人走断电 · 灶前不离人", 54, GOLD)


def helmet():
    shell = path("M-330 120 C-360 -180 -190 -300 10 -300 C220 -300 350 -150 340 120 Z", ORANGE) + path("M-330 120 C-340 60 -336 20 -326 -30 L330 -30 C340 20 342 60 340 120 Z", "#B96E1C")
    visor = path("M30 -190 C180 -180 320 -90 352 40 L330 90 H60 C30 0 20 -100 30 -190 Z", "#BFDDE4") + path("M80 -140 C160 -130 230 -80 270 -20", "none", "#FFFFFF", 16, 'opacity="0.7"')
    strap = path("M-180 120 C-170 250 -60 300 20 296 C110 290 170 220 180 120", "none", INK, 26) + rect(-30, 270, 90, 50, "#6A6A6A", 10)
    return (sky("day") + hills(560, 120, "#9DBBA6", 0.6) + rect(0, 640, W, 260, "#7A7670") + "".join(rect(80 + i * 320, 846, 180, 14, "#F4F1EA") for i in range(6))
            + shadow(800, 790, 330) + group(strap + shell + visor + path("M-260 -140 C-200 -230 -90 -262 -10 -262", "none", "#F4B85C", 20), 790, 460, 1.05))


def water_tap():
    return (plain("#CFE3E8", "#9FC4CE") + rect(0, 700, W, 200, "#8C8377") + rect(180, 300, 560, 60, "#9AA5AB", 20) + rect(690, 250, 110, 160, "#B7C0C5", 24) + path("M780 330 H900 C980 330 990 400 990 460", "none", "#9AA5AB", 58) + rect(720, 170, 50, 90, "#9AA5AB", 12) + rect(640, 140, 210, 44, RED, 22) + path("M990 500 C1030 560 1030 600 990 604 C950 600 950 560 990 500 Z", "#4FA3C4")
            + group(rect(-150, -130, 300, 190, "#3E86A8", 10) + ellipse(0, -130, 150, 34, "#5FB0CF") + ellipse(0, -126, 128, 24, "#A9DCEC"), 990, 820, 1.0) + group(path("M0 0 L170 -170", "none", "#6A6A6A", 34) + circle(196, -196, 56, "#6A6A6A") + circle(214, -214, 30, "#9FC4CE"), 320, 700, 1.2) + text(1330, 330, "停水检修", 96, "#1F4A5E"))


def loudspeaker():
    return (sky("day") + clouds([(300, 180, 1.0), (1240, 140, 1.0)]) + hills(620, 140, "#9DBBA6", 1.6) + village_row(760, 0.5) + rect(0, 758, W, 142, "#86A15F") + rect(780, 250, 26, 560, "#6B6B6B", 6)
            + "".join(f'<g transform="translate(793 330) scale({k} 1)">{poly([(30, -36), (240, -130), (240, 130), (30, 36)], "#D9DDE0")}{ellipse(240, 0, 40, 130, "#AEB5BA")}{rect(0, -30, 40, 60, "#8A9197", 8)}</g>' for k in (1, -1))
            + "".join(path(f"M{1120 + i * 70} {230 - i * 30} q60 100 0 {200 + i * 60}", "none", ORANGE, 14) + path(f"M{466 - i * 70} {230 - i * 30} q-60 100 0 {200 + i * 60}", "none", ORANGE, 14) for i in range(3)))


def warning_flags():
    out = plain("#2F3A42", "#1B2228")
    for i, (c, ink, w) in enumerate((("#2F6FD0", "#FFFFFF", "蓝"), ("#F2C21A", INK, "黄"), ("#EE7B1B", "#FFFFFF", "橙"), ("#D0261E", "#FFFFFF", "红"))):
        out += rect(150 + i * 340, 260 - i * 22, 280, 380 + i * 22, c, 28) + text(290 + i * 340, 480 - i * 10, w, 150, ink) + text(290 + i * 340, 580, ("一般", "较重", "严重", "特别严重")[i], 48, ink)
    return out + path("M170 740 H1420", "none", "#8C8377", 16) + poly([(1410, 712), (1480, 740), (1410, 768)], "#8C8377") + text(800, 840, "颜色越往右 情况越急", 52, CREAM)


def remote_tv():
    buttons = "".join(circle(-54 + (i % 3) * 54, 140 + (i // 3) * 58, 20, "#4A453F") for i in range(9))
    ring = circle(0, -40, 96, "#4A453F") + circle(0, -40, 42, GOLD) + text(0, -26, "OK", 38, INK) + poly([(0, -124), (18, -100), (-18, -100)], CREAM) + poly([(0, 44), (18, 20), (-18, 20)], CREAM) + poly([(-84, -40), (-60, -58), (-60, -22)], CREAM) + poly([(84, -40), (60, -58), (60, -22)], CREAM)
    colours = "".join(rect(-84 + i * 44, 70, 34, 18, c, 6) for i, c in enumerate((RED, GREEN, GOLD, BLUE)))
    return (plain("#F1E3CB", "#D5BE95") + rect(130, 150, 880, 530, "#15110E", 20) + rect(156, 176, 828, 466, "#26201A", 8) + rect(186, 206, 500, 290, "#7FA27F", 8) + path("M186 496 V400 C300 350 420 430 520 380 S640 380 686 360 V496 Z", "#4C8C52", "none", 0) + circle(600, 270, 34, "#FFE2A6") + "".join(rect(710, 206 + i * 74, 250, 62, c, 8) for i, c in enumerate((RED, BLUE, GREEN, ORANGE))) + "".join(rect(186 + i * 196, 520, 180, 100, "#3A2F24", 8) for i in range(4))
            + rect(480, 680, 180, 40, "#2A211B") + rect(380, 716, 380, 24, "#2A211B", 10) + group(rect(-120, -210, 240, 600, "#2A2622", 56) + circle(60, -168, 18, RED) + ring + colours + buttons, 1290, 400, 1.15, 10))


def heart_pressure():
    return (plain("#F3DCD2", "#E2B7A6") + path("M800 720 C540 540 430 420 470 300 C510 200 680 190 800 330 C920 190 1090 200 1130 300 C1170 420 1060 540 800 720 Z", RED) + path("M360 470 H610 l50 -110 l80 240 l70 -180 l40 50 H1240", "none", CREAM, 18) + group(rect(-150, -100, 300, 200, "#F4F1EA", 20) + rect(-120, -76, 170, 120, "#BFD3C2", 8) + text(-34, 2, "128", 62, INK) + circle(100, -30, 24, BLUE) + circle(100, 40, 24, GREEN), 1290, 720, 1.0) + group(rect(-120, -40, 240, 80, "#FFFFFF", 40) + rect(0, -40, 120, 80, ORANGE, 40), 330, 720, 1.0, -20))


def exercise():
    def figure(x, arms):
        return circle(x, 330, 48, "#E9B991") + path(f"M{x - 50} 320 C{x - 50} 260 {x + 50} 260 {x + 50} 320 C{x + 20} 296 {x - 20} 296 {x - 50} 320 Z", INK) + path(f"M{x - 60} 610 C{x - 70} 480 {x - 60} 400 {x} 396 C{x + 60} 400 {x + 70} 480 {x + 60} 610 Z", "#F4F1EA") + path(arms, "none", "#F4F1EA", 38) + path(f"M{x - 34} 600 L{x - 70} 800 M{x + 34} 600 L{x + 70} 800", "none", "#2A3B48", 46)
    return (sky("morning") + sun(800, 240, 110) + hills(600, 150, "#BFC7A7", 0.9) + rect(0, 740, W, 160, "#9DB06B") + figure(400, "M350 430 C300 330 320 220 380 180 M450 430 C500 330 480 220 420 180") + figure(800, "M750 430 C660 440 600 420 520 400 M850 430 C940 400 980 380 1060 400") + figure(1210, "M1160 430 C1100 500 1090 560 1120 600 M1260 430 C1320 330 1320 240 1280 180"))


def first_aid():
    return plain("#DCE8DD", "#B4CFB8") + shadow(800, 760, 420) + rect(470, 330, 660, 420, "#F4F1EA", 40) + rect(660, 240, 280, 120, "none", 30, 'stroke="#8C8377" stroke-width="34"') + rect(470, 330, 660, 90, "#E3DCCB", 40) + rect(745, 440, 110, 260, RED, 10) + rect(670, 515, 260, 110, RED, 10) + group(path("M-160 40 C-120 -80 20 20 80 -60 C120 -110 190 -60 160 -10", "none", "#4E7B40", 34) + circle(168, -20, 28, "#4E7B40") + circle(176, -28, 5, INK), 300, 760, 1.0) + leafy(1330, 820, 0.9)


def mosquito():
    pot = path("M-130 -60 H130 L96 110 H-96 Z", "#B5643A") + rect(-146, -92, 292, 44, "#C97B46", 8)
    bug = ellipse(0, 0, 20, 54, INK) + circle(0, -66, 20, INK) + path("M0 -84 L0 -130", "none", INK, 5) + ellipse(-60, -10, 62, 18, "#DDE7EA", 'opacity="0.85" transform="rotate(24 -60 -10)"') + ellipse(60, -10, 62, 18, "#DDE7EA", 'opacity="0.85" transform="rotate(-24 60 -10)"') + path("M-14 10 L-90 70 L-100 130 M14 10 L90 70 L100 130 M-14 -20 L-96 -40 M14 -20 L96 -40", "none", INK, 5)
    return plain("#E6DFC4", "#C9BC93") + rect(0, 690, W, 210, "#A57F57") + shadow(460, 800, 220) + group(pot, 460, 680, 1.35) + ellipse(460, 572, 190, 30, "#6FA9BC") + group(bug, 1080, 400, 1.6, 18) + circle(1080, 400, 260, "none", f'stroke="{RED}" stroke-width="34"') + path("M900 584 L1262 216", "none", RED, 34)


def stove_window():
    return plain("#E7EDF0", "#BFCDD4") + rect(160, 130, 520, 430, "#8FB4BE", 8) + rect(140, 110, 560, 470, "none", 8, 'stroke="#6F4A30" stroke-width="34"') + path("M420 110 V580", "none", "#6F4A30", 26) + poly([(420, 130), (420, 560), (560, 600), (560, 170)], "#A9CBD4", 'opacity="0.7"') + "".join(path(f"M{560 + i * 30} {250 + i * 90} q60 -40 120 0 t120 0", "none", "#FFFFFF", 14) for i in range(3)) + rect(0, 720, W, 180, "#A57F57") + group(path("M-170 0 H170 L120 150 H-120 Z", "#5A5A5A") + ellipse(0, 0, 170, 40, "#3A3A3A") + ellipse(0, 0, 140, 28, "#E8582B") + ellipse(0, -4, 90, 18, "#FFC34D"), 1120, 660, 1.2) + rect(1000, 836, 240, 30, "#3A3A3A", 8) + text(1120, 420, "开窗通风", 92, "#7A2A20")


def swimming():
    return (sky("day") + hills(420, 120, "#9DBBA6", 1.7) + rect(0, 420, W, 480, "#5F9DB0") + "".join(path(f"M{(i * 263) % 1500 - 40} {460 + i * 34} q50 -18 100 0 t100 0", "none", "#FFFFFF", 6, 'opacity="0.4"') for i in range(13)) + path("M0 620 C240 600 380 700 420 900 H0 Z", "#86A15F") + circle(980, 640, 120, "none", f'stroke="{RED}" stroke-width="62"') + "".join(path(f"M{980 + 92 * math.cos(a):.0f} {640 + 92 * math.sin(a):.0f} L{980 + 148 * math.cos(a):.0f} {640 + 148 * math.sin(a):.0f}", "none", "#FFFFFF", 44) for a in (0.78, 2.36, 3.93, 5.5))
            + group(rect(-150, -110, 300, 150, "#F4F1EA", 10) + rect(-150, -110, 300, 46, RED, 10) + text(0, -76, "水深危险", 34, "#FFFFFF") + text(0, 6, "禁止下水", 50, RED) + rect(-12, 40, 24, 150, BARK), 250, 690, 1.15))


def greenhouse():
    arch = "".join(path(f"M{180 + i * 30} 820 C{180 + i * 30} {420 - i * 6} {1420 - i * 30} {420 - i * 6} {1420 - i * 30} 820", "none", "#DDE5E8", 8, 'opacity="0.9"') for i in (0, 6, 12))
    beds = "".join(rect(300 + i * 260, 700, 200, 130, "#6B4A35", 10) + "".join(leafy(330 + i * 260 + k * 46, 730 + (k % 2) * 60, 0.34, ("#6BA35F", "#4C8C52")[(i + k) % 2]) for k in range(4)) for i in range(4))
    return sky("day") + hills(500, 140, "#9DBBA6", 0.9) + rect(0, 640, W, 260, "#A9B77A") + path("M180 820 C180 400 1420 400 1420 820 Z", "#EDF4F2", "none", 0, 'opacity="0.75"') + arch + beds + person(240, 850, 1.0, BLUE, hat="#E4C887")


def drone():
    body = rect(-90, -34, 180, 68, "#F4F1EA", 24) + circle(0, 30, 30, "#3A3A3A") + "".join(path(f"M{k * 70} -14 L{k * 190} -60", "none", "#3A3A3A", 16) + ellipse(k * 190, -74, 100, 14, "#9AA5AB", 'opacity="0.8"') + rect(k * 190 - 8, -84, 16, 26, "#3A3A3A") for k in (-1, 1)) + rect(-60, 40, 120, 60, "#8FC7D9", 12)
    return sky("day") + sun(1340, 160, 66) + hills(470, 150, "#9DBBA6", 2.9) + paddies(480, "#5FA04F", "#B5D68C") + group(body, 760, 300, 1.5) + "".join(path(f"M{690 + i * 24} 440 L{560 + i * 66} 640", "none", "#E6F3F6", 6, 'opacity="0.6"') for i in range(7)) + person(1260, 840, 1.15, BLUE, hat="#E4C887")


def soil_test():
    return plain("#E9DDBF", "#D2BE93") + rect(0, 560, W, 340, "#6B4A35") + "".join(circle((i * 173) % 1600, 600 + (i * 97) % 280, 10 + i % 14, "#543828") for i in range(60)) + "".join(leafy(140 + i * 190, 566, 0.55, ("#6BA35F", "#4C8C52")[i % 2]) for i in range(8)) + group(rect(-60, -200, 120, 290, "#E6F0F2", 30, 'stroke="#8FB4BE" stroke-width="10"') + rect(-50, -20, 100, 100, "#8A5F3E", 24), 480, 400, 1.0) + group(rect(-60, -200, 120, 290, "#E6F0F2", 30, 'stroke="#8FB4BE" stroke-width="10"') + rect(-50, -60, 100, 140, "#C9A26A", 24), 660, 400, 1.0) + group(rect(-170, -190, 340, 400, "#FFFDF6", 8) + text(0, -120, "配方卡", 54, RED) + "".join(text(-110, -40 + i * 70, w, 42, INK, 700, "start") + rect(-40, -66 + i * 70, v, 26, c, 6) for i, (w, v, c) in enumerate((("氮", 150, GREEN), ("磷", 90, ORANGE), ("钾", 120, BLUE)))), 1080, 360, 1.0, 4)


def frost_cover():
    return sky("night") + circle(1280, 180, 60, "#FFF1C9") + hills(520, 140, "#2C3A55", 0.8) + rect(0, 600, W, 300, "#56644F") + "".join(fruit_tree(x, y, s, "#E8912B") for x, y, s in ((220, 680, 0.9), (560, 670, 0.85), (1060, 680, 0.9), (1400, 690, 0.95))) + path("M640 820 C660 600 940 600 960 820 Z", "#E9EEF2", "none", 0, 'opacity="0.92"') + "".join(path(f"M{690 + i * 50} 640 q10 90 0 176", "none", "#C9D3DA", 4) for i in range(5)) + "".join(text((i * 331) % 1500 + 60, 90 + (i * 127) % 430, "*", 54, "#DCE8F2", 400) for i in range(16)) + rect(0, 820, W, 80, "#465341")


def camellia():
    flower = "".join(ellipse(0, -58, 40, 60, "#FBF8F2", f'transform="rotate({a})"') for a in range(0, 360, 60)) + circle(0, 0, 34, "#E8B93F") + "".join(circle(18 * math.cos(a), 18 * math.sin(a), 5, "#C98A1F") for a in (0, 1, 2, 3, 4, 5))
    fruit = circle(0, 0, 50, "#9A5A3A") + path("M-40 -20 q40 30 80 0", "none", "#7A432A", 6) + ellipse(-16, -18, 12, 16, "#C98A60", 'opacity="0.6"')
    leaf = path("M0 0 C60 -70 170 -70 230 0 C170 50 60 50 0 0 Z", "#3F7A3B") + path("M10 0 H220", "none", "#6BA35F", 5)
    return plain("#DCE6CF", "#AEC39B") + "".join(group(leaf, x, y, s, a) for x, y, s, a in ((180, 330, 1.2, 20), (420, 640, 1.3, -30), (860, 240, 1.2, 10), (980, 640, 1.4, 28), (640, 480, 1.1, -12), (1180, 420, 1.1, 60), (200, 700, 1.0, -60))) + path("M60 860 C400 620 800 500 1540 160", "none", BARK, 20) + group(flower, 520, 400, 1.7) + group(flower, 1000, 500, 1.4) + group(fruit, 760, 640, 1.4) + group(fruit, 1300, 330, 1.3) + group(fruit, 300, 560, 1.1)


def peanut_field():
    return sky("day") + hills(440, 130, "#9DBBA6", 0.3) + rect(0, 440, W, 240, "#7FA35A") + "".join(leafy(60 + i * 130, 500 + (i % 3) * 60, 0.4, ("#6BA35F", "#4C8C52")[i % 2]) for i in range(13)) + rect(0, 660, W, 240, "#8A5F3E") + leafy(800, 680, 1.2) + path("M800 676 C780 740 740 760 700 800 M800 676 C800 760 810 790 800 840 M800 676 C830 740 870 760 910 790 M800 676 C860 720 940 730 990 760", "none", "#C9A26A", 8) + "".join(group(path("M-46 0 C-46 -28 -14 -28 0 -14 C14 -28 46 -28 46 0 C46 28 14 28 0 14 C-14 28 -46 28 -46 0 Z", "#E3C08A"), x, y, 1.0, a) for x, y, a in ((690, 812, 40), (800, 856, 90), (922, 806, -40), (1004, 772, -20)))


def fish_pond():
    fish = path("M-90 0 C-50 -50 50 -50 90 0 C50 50 -50 50 -90 0 Z", "#7A8F97") + poly([(-84, 0), (-140, -40), (-140, 40)], "#6A7F87") + circle(56, -10, 8, INK) + path("M20 -30 q20 30 0 60", "none", "#5A6F77", 5)
    return sky("day") + hills(420, 140, "#9DBBA6", 2.2) + rect(0, 420, W, 120, "#86A15F") + ellipse(800, 690, 780, 260, "#5F9DB0") + "".join(path(f"M{(i * 251) % 1300 + 120} {560 + i * 28} q40 -14 80 0 t80 0", "none", "#FFFFFF", 5, 'opacity="0.4"') for i in range(10)) + group(fish, 620, 660, 0.9) + group(fish, 1000, 740, 1.1, -8) + flip(fish, 820, 800, 0.8) + group(rect(-60, -30, 120, 40, "#9AA5AB", 8) + "".join(path(f"M0 -10 q{k * 60} -120 {k * 110} 0", "none", "#EAF4F6", 7) for k in (-1, -0.6, 0.6, 1)), 1180, 600, 1.1) + tree(120, 520, 1.0) + bamboo(1480, 540, 0.6) + person(330, 560, 0.7, BLUE, hat="#E4C887")


def delivery():
    van = rect(-330, -230, 420, 230, "#F4F1EA", 14) + path("M90 -170 H220 C260 -170 300 -90 310 -60 V0 H90 Z", "#E3D8C6") + path("M120 -146 H212 C236 -146 262 -96 268 -72 H120 Z", "#8FB4BE") + rect(-330, -110, 420, 44, ORANGE) + text(-120, -150, "助农直通车", 56, "#8E2419") + "".join(circle(x, 4, 54, INK) + circle(x, 4, 26, "#9AA5AB") for x in (-210, 190))
    return sky("day") + clouds([(300, 150, 1.1), (1180, 180, 0.9)]) + hills(520, 150, "#9DBBA6", 1.2) + rect(0, 640, W, 260, "#A8A29A") + rect(0, 620, W, 40, "#86A15F") + village_row(636, 0.4) + group(van, 900, 770, 1.45) + "".join(carton(150 + i * 150, 790 - (i % 2) * 0, 0.38, w) for i, w in enumerate(("柚", "蛋"))) + carton(225, 690, 0.38, "米") + person(400, 830, 1.15, BLUE)


def live_sale():
    return plain("#F4DDBF", "#E0B98A") + rect(0, 660, W, 240, "#8A6544") + rect(560, 150, 320, 560, "#15110E", 34) + rect(580, 190, 280, 470, "#F6EFE4", 10) + pomelo(720, 420, 0.9) + rect(600, 560, 240, 70, RED, 34) + text(720, 608, "下单", 44, "#FFFFFF") + circle(640, 236, 16, RED) + text(720, 252, "直播", 40, INK) + path("M720 710 V820 M640 860 L720 800 L800 860", "none", INK, 16) + person(250, 860, 1.9, "#A0527A") + pomelo(430, 700, 0.7) + carton(1150, 690, 0.9, "沙田柚") + carton(1390, 740, 0.7, "土鸡蛋") + circle(1060, 240, 100, "none", f'stroke="{GOLD}" stroke-width="26"')


def kitchen_job():
    return plain("#F1E3CB", "#DDC49B") + rect(0, 620, W, 280, "#9A948A") + rect(0, 600, W, 30, "#C7C0B2") + group(path("M-190 0 H190 C170 120 90 150 0 150 C-90 150 -170 120 -190 0 Z", "#3A3A3A") + path("M190 10 h170", "none", "#6B4A35", 26) + ellipse(0, 0, 190, 44, "#4A4A4A") + "".join(circle(-110 + i * 44, -14 - (i % 2) * 30, 26, c) for i, c in enumerate((GREEN, ORANGE, "#6BA35F", RED, GREEN, GOLD)))
                                                                                                                                         , 1020, 520, 1.2) + "".join(path(f"M{920 + i * 80} 430 q-24 -60 0 -110 t0 -110", "none", "#FFFFFF", 12, 'opacity="0.6"') for i in range(3)) + person(480, 760, 2.6, "#F4F1EA") + group(path("M-60 0 V-60 C-110 -70 -100 -150 -40 -136 C-20 -180 30 -180 46 -136 C104 -150 112 -70 60 -60 V0 Z", "#FFFFFF"), 480, 390, 1.0)


def packing_job():
    return plain("#EFE4D0", "#D8C6A4") + rect(0, 640, W, 260, "#8C8377") + rect(100, 560, 1400, 60, "#6A6A6A", 20) + "".join(circle(160 + i * 128, 620, 24, "#4A4A4A") for i in range(11)) + "".join(carton(320 + i * 330, 470, 0.68, w) for i, w in enumerate(("柚", "柚", "柚", "柚"))) + person(470, 860, 1.5, BLUE) + person(820, 860, 1.5, RED) + person(1180, 860, 1.5, GREEN)


def sweeper_job():
    return sky("morning") + sun(1220, 230, 90) + hills(520, 150, "#C9C09A", 1.5) + village_row(640, 0.55) + rect(0, 638, W, 262, "#C9BFA8") + person(700, 850, 1.8, ORANGE, hat="#E8912B") + group(path("M0 0 L-90 -330", "none", BARK, 16) + path("M0 0 l-80 120 h160 Z", "#D9B36A"), 900, 740, 1.0) + group(rect(-110, -130, 220, 130, GREEN, 10) + rect(-120, -156, 240, 32, DARK_GREEN, 8) + circle(-70, 10, 24, INK) + circle(70, 10, 24, INK), 1180, 850, 1.2) + tree(180, 700, 1.2)


def homestay():
    return sky("evening") + sun(260, 420, 80, "#FFB36B") + hills(560, 160, "#5D5378", 1.4) + rect(0, 680, W, 220, "#4C5A44") + wok_house(600, 720, 1.6) + rect(520, 620, 160, 100, "#E8A94E", 0, 'opacity="0.5"') + house(1130, 720, 1.35, "#E4D3B2") + rect(990, 604, 68, 56, GOLD) + rect(1204, 604, 68, 56, GOLD) + lantern(410, 560, 1.0) + lantern(790, 560, 1.0) + group(rect(-110, -50, 220, 90, "#5F2A20", 8) + text(0, 14, "榕下人家", 46, GOLD), 600, 470, 1.0) + path("M520 900 C560 800 560 760 560 720 H650 C650 760 660 800 720 900 Z", "#B9A98A") + bamboo(1450, 780, 1.0)


def bus():
    coach = rect(-420, -260, 800, 250, "#4C8C52", 34) + rect(-420, -110, 800, 40, CREAM) + "".join(rect(-390 + i * 132, -226, 112, 96, "#BFDDE4", 10) for i in range(5)) + rect(280, -226, 82, 190, "#BFDDE4", 8) + "".join(circle(x, 0, 58, INK) + circle(x, 0, 28, "#9AA5AB") for x in (-260, 220)) + rect(-60, -96, 240, 66, "#2E6B3A", 8) + text(60, -48, "村村通", 48, GOLD)
    return sky("day") + clouds([(260, 160, 1.0), (900, 110, 0.9)]) + hills(520, 150, "#9DBBA6", 0.7) + rect(0, 640, W, 260, "#8A857E") + "".join(rect(60 + i * 300, 830, 170, 14, "#F4F1EA") for i in range(6)) + group(coach, 840, 770, 1.1) + rect(190, 430, 14, 330, "#6A6A6A") + circle(197, 400, 62, BLUE) + text(197, 420, "站", 58, "#FFFFFF") + person(330, 800, 1.1, RED, "#DDD6CB") + person(110, 800, 1.0, "#46607A")


def card_office():
    return plain("#D9E6EA", "#AFC9D1") + rect(0, 640, W, 260, "#8A6544") + rect(0, 620, W, 34, "#A57F57") + person(800, 640, 2.1, BLUE) + rect(560, 560, 480, 80, "#6F4A30", 6) + group(rect(-170, -106, 340, 212, "#F4F1EA", 18) + rect(-140, -70, 110, 130, "#C9D3DA", 8) + circle(-85, -24, 30, "#8FB4BE") + path("M-130 60 q45 -70 90 0 Z", "#8FB4BE") + "".join(rect(0, -60 + i * 44, 140 - i * 16, 18, "#B9AC9A", 6) for i in range(3)), 360, 720, 1.15, -8) + group(rect(-150, -190, 300, 380, "#FFFDF6", 8) + text(0, -110, "办事指南", 50, RED) + "".join(circle(-104, -40 + i * 70, 14, GREEN) + rect(-74, -50 + i * 70, 170 - i * 20, 20, "#CFC4AE", 6) for i in range(3)), 1250, 680, 1.0, 6)


def vaccine_dog():
    dog = ellipse(0, 0, 170, 110, "#B5793F") + circle(170, -100, 80, "#B5793F") + path("M120 -160 C80 -150 80 -70 110 -50 Z", "#8A5A2B") + circle(196, -116, 11, INK) + ellipse(240, -84, 18, 13, INK) + path("M-150 -30 C-230 -80 -230 -150 -200 -170", "none", "#B5793F", 30) + "".join(rect(x, 70, 40, 110, "#A56C35", 14) for x in (-120, -50, 60, 120)) + rect(108, -46, 100, 20, RED, 8)
    needle = rect(-120, -30, 200, 60, "#E6F0F2", 10, 'stroke="#8FB4BE" stroke-width="8"') + rect(-60, -22, 130, 44, "#8FD0B0", 6) + rect(80, -10, 90, 20, "#9AA5AB") + rect(-190, -12, 76, 24, "#9AA5AB") + rect(-206, -44, 20, 88, "#9AA5AB", 6)
    return plain("#E3EAD3", "#BFCF9F") + rect(0, 700, W, 200, "#9DB06B") + shadow(680, 790, 260) + group(dog, 660, 600, 1.2) + group(needle, 1240, 400, 1.2, -28)


def insurance():
    return plain("#DDE8EC", "#B3CBD4") + group(path("M0 -300 C150 -220 250 -230 280 -230 C290 60 190 240 0 330 C-190 240 -290 60 -280 -230 C-250 -230 -150 -220 0 -300 Z", BLUE) + path("M0 -250 C120 -190 200 -190 234 -190 C240 40 160 200 0 276 Z", "#3E93B5") + rect(-34, -120, 68, 240, "#FFFFFF", 10) + rect(-120, -34, 240, 68, "#FFFFFF", 10), 560, 450, 1.1) + person(1010, 760, 1.9, RED, "#DDD6CB") + person(1190, 760, 1.7, GREEN) + person(1340, 760, 1.1, ORANGE) + rect(0, 760, W, 140, "#8FAE9B")


def job_scam():
    return plain("#F0DFC4", "#D8BB8D") + group(rect(-280, -260, 560, 560, "#FFFDF6", 10) + text(0, -170, "高薪招聘", 76, RED) + text(0, -80, "日结八百 不用经验", 46, INK, 400) + text(0, 0, "先交押金三百元", 50, INK) + path("M-220 90 H220 M-220 150 H140", "none", "#CFC4AE", 14), 640, 440, 1.0, -3) + group(circle(0, 0, 150, "none", f'stroke="{RED}" stroke-width="30"') + path("M-100 100 L100 -100", "none", RED, 30), 1000, 620, 1.0) + circle(1220, 360, 120, "#DCEBEF", f'stroke="{INK}" stroke-width="26"') + path("M1300 450 L1430 610", "none", INK, 40) + text(1220, 400, "？", 120, RED)


def festivals():
    return sky("night") + circle(800, 260, 150, "#FFF1C9") + circle(800, 260, 220, "#FFF1C9", 'opacity="0.18"') + hills(640, 150, "#26304A", 0.9) + village_row(720, 0.5) + rect(0, 718, W, 182, "#2C332C") + lantern_string(0, 300, 640, 280, 4, 60, 0.9) + lantern_string(960, 280, 1600, 300, 4, 60, 0.9, ORANGE) + group(ellipse(0, 30, 220, 50, "#6F4A30") + "".join(circle(-110 + i * 74, -6, 50, "#C98A3A") + circle(-110 + i * 74, -12, 36, "#D99F52") + text(-110 + i * 74, 2, "月", 36, "#8A5A1F") for i in range(4)), 800, 820, 1.0)


def solar_terms():
    out = plain("#EFE7CF", "#D8CBA1")
    for i, (w, c) in enumerate((("立春", "#7FB069"), ("清明", "#6BA35F"), ("立夏", "#4C8C52"), ("芒种", "#D9A93B"), ("立秋", "#D88A2B"), ("霜降", "#B5643A"), ("立冬", "#5F7F95"), ("大寒", "#46607A"))):
        a = i * math.pi / 4 - math.pi / 2
        out += circle(800 + 300 * math.cos(a), 450 + 300 * math.sin(a), 104, c) + text(800 + 300 * math.cos(a), 468 + 300 * math.sin(a), w, 52, "#FFFFFF")
    return out + circle(800, 450, 150, "#F6EFE4") + text(800, 440, "二十四", 60, DEEP_RED) + text(800, 512, "节气", 60, DEEP_RED)


def dialects():
    def bubble(x, y, w, words, fill, ink, tail):
        return rect(x, y, w, 150, fill, 60) + poly([(x + w * tail, y + 140), (x + w * tail + 60, y + 140), (x + w * tail - 10, y + 210)], fill) + text(x + w / 2, y + 98, words, 68, ink)
    return plain("#F2E4C8", "#D9BE8E") + bubble(150, 170, 480, "食咗饭未？", RED, "#FFFFFF", 0.3) + bubble(700, 110, 520, "食饱唔曾？", GREEN, "#FFFFFF", 0.4) + bubble(1000, 320, 460, "食未？", BLUE, "#FFFFFF", 0.5) + person(300, 820, 2.0, "#7A5638", "#DDD6CB") + person(780, 830, 2.0, "#A0527A") + person(1220, 820, 2.0, "#46607A") + rect(0, 810, W, 90, "#A57F57")


def legal_aid():
    return plain("#DCE6E2", "#B1C7BF") + rect(0, 660, W, 240, "#8A6544") + person(520, 760, 2.2, "#2A3B48") + person(1080, 760, 2.1, "#A0522D", "#DDD6CB") + rect(380, 600, 840, 70, "#6F4A30", 8) + group(rect(-90, -70, 180, 130, "#FFFDF6", 4) + "".join(rect(-66, -46 + i * 30, 130 - i * 20, 12, "#CFC4AE", 4) for i in range(3)), 800, 570, 1.0) + rect(640, 150, 320, 120, "#1F5069", 16) + text(800, 234, "12348", 84, GOLD) + group(path("M-40 0 C-40 -60 40 -60 40 0", "none", "#1F5069", 20) + rect(-56, -6, 30, 50, "#1F5069", 8) + rect(26, -6, 30, 50, "#1F5069", 8), 800, 370, 1.2)


def labour():
    return plain("#E9DEC6", "#CFBA90") + group(rect(-260, -300, 520, 640, "#FFFDF6", 8) + text(0, -210, "劳动合同", 78, INK) + "".join(text(-190, -110 + i * 92, w, 46, INK, 400, "start") + circle(180, -126 + i * 92, 22, GREEN) + path(f"M168 {-126 + i * 92} l10 12 l18 -24", "none", "#FFFFFF", 7) for i, w in enumerate(("工资多少", "几号发放", "做什么活", "工伤保险"))), 560, 440, 1.0, -3) + person(1120, 800, 2.3, BLUE, hat="#F2C53D") + rect(0, 800, W, 100, "#8C8377")


def rain_jacket():
    return sky("rain") + "".join(path(f"M{(i * 97) % 1640} {(i * 131) % 640} l-24 66", "none", "#C6D6DC", 4, 'opacity="0.4"') for i in range(60)) + hills(600, 130, "#5F7A62", 1.1) + rect(0, 660, W, 240, "#6B6459") + "".join(ellipse(180 + i * 300, 780 + (i % 2) * 60, 110, 20, "#8FA4AC") for i in range(5)) + person(620, 830, 1.7, GOLD, hat=ORANGE) + person(860, 836, 1.2, BLUE) + path("M720 560 C720 420 1040 420 1040 560 C980 530 940 530 880 560 C820 530 780 530 720 560 Z", RED) + path("M880 480 V760", "none", BARK, 10)


SCENES = {name.replace("_", "-"): function for name, function in list(globals().items())
          if callable(function) and getattr(function, "__module__", None) == __name__ and function.__code__.co_argcount == 0}


def svg(name):
    return scene(SCENES[name]())
