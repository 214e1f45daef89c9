#!/usr/bin/python3
"""Makes the demo village's media from free photographs, own drawings and synthetic sound.

usage: make.py PACKS OUT     (called by ../prepare.sh)

Reads photos.toml, receipts.toml and clips.toml beside this file. Makes only what some pack names, at most two things
at a time, and keeps every result in OUT/.made under the hash of everything it was made from.
"""

import concurrent.futures
import hashlib
import json
import math
import mmap
import os
import re
import struct
import subprocess
import sys
import tempfile
import tomllib
import wave
import zlib
from decimal import Decimal
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

import drawings

HERE = Path(__file__).resolve().parent
FONTS = HERE.parent.parent / "fonts"
PHOTO = (1600, 900)
SCREEN = (1280, 720)
RATE = 25
FADE = 12  # frames of a cross-fade


def font(size, bold=False):
    return ImageFont.truetype(str(FONTS / f"NotoSansCJKsc-{'Bold' if bold else 'Regular'}.otf"), size)


def run(*command, **options):
    subprocess.run([str(part) for part in command], check=True, **options)


# ---------------------------------------------------------------- pictures

def resource(path, inner):
    """One file of a Qt resource container (`.rcc`), in which gcompris-qt-data keeps its photographs."""
    data = Path(path).read_bytes()
    assert data[:4] == b"qres", f"{path} is no Qt resource file"
    version, tree, contents, names = struct.unpack(">IIII", data[4:20])
    node_size = 22 if version >= 2 else 14

    def find(index, parts):
        at = tree + index * node_size
        name_offset, flags = struct.unpack(">IH", data[at:at + 6])
        if index:
            length = struct.unpack(">H", data[names + name_offset:names + name_offset + 2])[0]
            name = data[names + name_offset + 6:names + name_offset + 6 + 2 * length].decode("utf-16-be")
            if name != parts[0]:
                return None
            parts = parts[1:]
        if flags & 2:
            count, first = struct.unpack(">II", data[at + 6:at + 14])
            return next((found for child in range(first, first + count) if (found := find(child, parts)) is not None), None)
        start = contents + struct.unpack(">I", data[at + 10:at + 14])[0]
        length = struct.unpack(">I", data[start:start + 4])[0]
        content = data[start + 4:start + 4 + length]
        return zlib.decompress(content[4:]) if flags & 1 else content

    content = find(0, inner.split("/"))
    if content is None:
        raise FileNotFoundError(f"{inner} in {path}")
    return content


def photo(spec, target):
    if "inner" in spec:
        with tempfile.NamedTemporaryFile() as raw:
            raw.write(resource(spec["file"], spec["inner"]))
            raw.flush()
            image = Image.open(raw.name)
            image.load()
    else:
        image = Image.open(spec["file"])
        image.draft("RGB", (2400, 1800))  # a JPEG is decoded at a fraction of its size: much faster
    image = image.convert("RGB")
    # The crop is [left, top, width] as fractions of the picture; the height follows from 16 : 9.
    left, top, width = spec.get("crop", [0.0, 0.0, 1.0])
    w = image.width * width
    h = w * PHOTO[1] / PHOTO[0]
    if h > image.height:
        h = image.height
        w = h * PHOTO[0] / PHOTO[1]
    x = min(image.width * left, image.width - w)
    y = min(image.height * top, image.height - h)
    image.resize(PHOTO, Image.LANCZOS, box=(x, y, x + w, y + h)).save(target, quality=88, optimize=True)


def drawing(name, target):
    with tempfile.TemporaryDirectory() as work:
        source, picture = Path(work, "x.svg"), Path(work, "x.png")
        source.write_text(drawings.svg(name), encoding="utf-8")
        run("rsvg-convert", "--width", PHOTO[0], "--output", picture, source)
        Image.open(picture).convert("RGB").save(target, quality=90, optimize=True)


def capitals(amount):
    """An amount in the capital figures of receipts: 10,800.00 → 壹万零捌佰元整."""
    figures, units = "零壹贰叁肆伍陆柒捌玖", ("", "拾", "佰", "仟")
    cents = int(Decimal(amount.replace(",", "")) * 100)
    yuan, jiao, fen = cents // 100, cents // 10 % 10, cents % 10

    def group(number):
        words, gap = "", False
        for place in (3, 2, 1, 0):
            digit = number // 10 ** place % 10
            if digit:
                words += ("零" if gap and words else "") + figures[digit] + units[place]
                gap = False
            else:
                gap = True
        return words

    high, low = divmod(yuan, 10_000)
    words = (group(high) + "万" if high else "") + ("零" if high and 0 < low < 1000 else "") + group(low)
    words = (words or "零") + "元"
    if jiao or fen:
        words += (figures[jiao] + "角" if jiao else "零") + (figures[fen] + "分" if fen else "")
    return words + ("整" if not fen else "")


def stamp(words, colour=(196, 42, 34)):
    """A round stamp; what it says makes clear that it is none."""
    size = 300
    seal = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    draw = ImageDraw.Draw(seal)
    draw.ellipse((6, 6, size - 6, size - 6), outline=colour + (210,), width=8)
    draw.text((size / 2, 104), "粤乡示范", font=font(46, True), fill=colour + (210,), anchor="mm")
    draw.line((50, 150, size - 50, 150), fill=colour + (210,), width=4)
    draw.text((size / 2, 198), words, font=font(46, True), fill=colour + (210,), anchor="mm")
    return seal.rotate(12, resample=Image.BICUBIC)


def receipt(spec, target):
    width, height = 1500, 1000
    ink, line, red = (44, 52, 74), (120, 130, 150), (170, 40, 34)
    paper = Image.new("RGB", (width, height), (250, 245, 232))
    draw = ImageDraw.Draw(paper)
    for i in range(-3, 6):  # the mark that nobody can overlook
        mark = Image.new("RGBA", (560, 150), (0, 0, 0, 0))
        ImageDraw.Draw(mark).text((280, 75), "示范样张", font=font(110, True), fill=(190, 160, 110, 46), anchor="mm")
        mark = mark.rotate(24, expand=True, resample=Image.BICUBIC)
        paper.paste(mark, (i * 420 + 60, 160 + (i % 2) * 340), mark)
    draw.text((width / 2, 84), f"{spec['title']}（示范）", font=font(60, True), fill=red, anchor="mm")
    draw.line((430, 128, width - 430, 128), fill=red, width=3)
    draw.text((90, 170), f"日期：{spec['date']}", font=font(34), fill=ink, anchor="lm")
    draw.text((width - 90, 170), f"编号：{spec['number']}", font=font(34), fill=red, anchor="rm")
    draw.text((90, 228), f"付款单位：{spec.get('payer', '榕树村村民委员会')}", font=font(36), fill=ink, anchor="lm")
    edges = [90, 610, 830, 1090, 1410]
    rows = [["摘要", "数量", "单价（元）", "金额（元）"], *spec["lines"]]
    top, step = 270, 76
    bottom = top + step * max(len(rows), 5)
    for i in range(max(len(rows), 5) + 1):
        draw.line((edges[0], top + i * step, edges[-1], top + i * step), fill=line, width=3)
    for x in edges:
        draw.line((x, top, x, bottom), fill=line, width=3)
    for i, row in enumerate(rows):
        for k, cell in enumerate(row):
            bold = i == 0
            y = top + i * step + step / 2
            if i == 0:
                draw.text(((edges[k] + edges[k + 1]) / 2, y), cell, font=font(34, bold), fill=line, anchor="mm")
            elif k == 0:
                draw.text((edges[k] + 20, y), cell, font=font(36), fill=ink, anchor="lm")
            else:
                draw.text((edges[k + 1] - 20, y), cell, font=font(36), fill=ink, anchor="rm")
    total = sum(Decimal(row[3].replace(",", "")) for row in spec["lines"])
    assert total == Decimal(spec["total"].replace(",", "")), f"{spec['name']}: the lines make {total}"
    draw.text((90, bottom + 56), f"合计（大写）：{capitals(spec['total'])}", font=font(40, True), fill=ink, anchor="lm")
    draw.text((width - 90, bottom + 56), f"¥ {spec['total']}", font=font(44, True), fill=ink, anchor="rm")
    draw.line((90, bottom + 100, width - 90, bottom + 100), fill=line, width=3)
    draw.text((90, bottom + 152), f"收款：{spec['payee']}", font=font(36), fill=ink, anchor="lm")
    draw.text((90, bottom + 212), f"经手：{spec['by']}", font=font(36), fill=ink, anchor="lm")
    draw.text((560, bottom + 212), f"证明：{spec['witness']}", font=font(36), fill=ink, anchor="lm")
    seal = stamp("样张无效")
    paper.paste(seal, (width - 430, bottom + 20), seal)
    paper.save(target, quality=90, optimize=True)


def certificate(spec, target):
    width, height = 1600, 1130
    paper = Image.new("RGB", (width, height), (252, 244, 224))
    draw = ImageDraw.Draw(paper)
    for inset, colour, thick in ((26, (176, 44, 34), 18), (58, (222, 170, 70), 8), (76, (222, 170, 70), 3)):
        draw.rectangle((inset, inset, width - inset, height - inset), outline=colour, width=thick)
    draw.text((width / 2, 220), spec["title"], font=font(120, True), fill=(176, 44, 34), anchor="mm")
    draw.text((180, 390), spec["to"], font=font(62, True), fill=(52, 40, 30), anchor="lm")
    for i, words in enumerate(spec["text"]):
        draw.text((180, 500 + i * 96), words, font=font(54), fill=(52, 40, 30), anchor="lm")
    draw.text((width - 180, 850), spec["from"], font=font(50), fill=(52, 40, 30), anchor="rm")
    draw.text((width - 180, 930), spec["date"], font=font(46), fill=(52, 40, 30), anchor="rm")
    draw.text((width / 2, 1026), "粤乡示范内容 人物与事情均为虚构", font=font(34), fill=(150, 120, 90), anchor="mm")
    seal = stamp("证书样张")
    paper.paste(seal, (width - 860, 730), seal)
    paper.save(target, quality=90, optimize=True)


# ---------------------------------------------------------------- sound

def pluck(tune, target):
    """A melody of plucked strings. A tune is `tempo` in beats a minute and lines of notes such as `G4 A4:2 -:1`."""
    beat = 60 / tune["tempo"]
    with tempfile.TemporaryDirectory() as work:
        phrases = []
        for number, line in enumerate(tune["lines"]):
            at, tones, delays = 0.0, [], []
            for word in line.split():
                name, _, beats = word.partition(":")
                if name != "-":
                    for tone in name.split("+"):
                        tones += ["pluck", tone]
                        delays.append(f"{at:.3f}")
                at += float(beats or 1) * beat
            phrase = Path(work, f"{number}.wav")
            length = max(2.2, at - float(delays[-1]) + 0.1)  # the last tone reaches the end of the line
            run("sox", "-n", "-r", 48000, "-b", 16, phrase, "synth", f"{length:.3f}", *tones, "delay", *delays, "remix", "-", "norm", -6, "trim", 0, f"{at:.3f}")
            phrases.append(phrase)
        run("sox", *phrases, target, "reverb", 30, "norm", -6, stderr=subprocess.DEVNULL)


def drum(tune, target):
    """A drum and gong pattern: `D` a deep beat, `d` a light one, `g` the gong, `.` a rest, four to a beat."""
    step = 15 / tune["tempo"]
    voices = {"D": ("sine", "95-48", 0.34, 1.0), "d": ("sine", "190-120", 0.14, 0.55), "g": ("square", "523", 0.9, 0.10)}
    with tempfile.TemporaryDirectory() as work:
        for key, (wave_form, tone, length, level) in voices.items():
            run("sox", "-n", "-r", 48000, "-b", 16, Path(work, f"{key}.wav"), "synth", length, wave_form, tone, "fade", "l", 0, length, length * 0.9, "vol", level)
        raw = {key: read_mono(Path(work, f"{key}.wav")) for key in voices}
        pattern = "".join(tune["lines"]).replace(" ", "")
        sound = [0] * int((len(pattern) * step + 1) * 48000)
        for i, key in enumerate(pattern):
            start = int(i * step * 48000)
            for k, value in enumerate(raw.get(key, ())):
                sound[start + k] += value
        write_mono(target, [max(-32000, min(32000, value)) for value in sound])


def read_mono(path):
    with wave.open(str(path)) as file:
        return struct.unpack(f"<{file.getnframes()}h", file.readframes(file.getnframes()))


def write_mono(path, values):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes(struct.pack(f"<{len(values)}h", *values))


def seconds(path):
    with wave.open(str(path)) as file:
        return file.getnframes() / file.getframerate()


def speak(words, target):
    raw = target.with_suffix(".raw.wav")
    run("espeak-ng", "-v", "cmn", "-s", 195, "-p", 42, "-g", 0, "-w", raw, words)
    run("sox", raw, "-r", 48000, "-c", 1, "-b", 16, target, "norm", -3)


# ---------------------------------------------------------------- clips

# Frames are made as the three planes of I420 (BT.709, limited range), which x264 takes as they are: twice as fast as RGB.
TO_YUV = (0.1826, 0.6142, 0.0620, 16, -0.1006, -0.3386, 0.4392, 128, 0.4392, -0.3989, -0.0403, 128)


def planes(image):
    y, u, v = image.convert("RGB").convert("RGB", TO_YUV).split()
    half = ((image.width + 1) // 2, (image.height + 1) // 2)
    return [y, u.resize(half, Image.BOX), v.resize(half, Image.BOX)]


def window(source, box):
    """What lies within a box, at the size of the screen."""
    left, top, right, bottom = box
    halved = (left / 2, top / 2, right / 2, bottom / 2)
    small = (SCREEN[0] // 2, SCREEN[1] // 2)
    return [source[0].resize(SCREEN, Image.BILINEAR, box=box), source[1].resize(small, Image.BILINEAR, box=halved), source[2].resize(small, Image.BILINEAR, box=halved)]


class Layer:
    """Something with transparency that lies over frames at an even place."""

    def __init__(self, image, x, y):
        image = image.crop((0, 0, image.width + image.width % 2, image.height + image.height % 2))
        alpha = image.getchannel("A")
        self.planes = planes(image)
        self.masks = [alpha, alpha.resize(self.planes[1].size, Image.BOX)]
        self.at = (x - x % 2, y - y % 2)

    def over(self, frame):
        x, y = self.at
        frame[0].paste(self.planes[0], (x, y), self.masks[0])
        frame[1].paste(self.planes[1], (x // 2, y // 2), self.masks[1])
        frame[2].paste(self.planes[2], (x // 2, y // 2), self.masks[1])


class Moving:
    """A picture with a slow camera: frame(i) is what the camera sees in frame i."""

    def __init__(self, path, move, frames):
        image = Image.open(path).convert("RGB")
        self.planes = planes(image if image.size == PHOTO else image.resize(PHOTO, Image.LANCZOS))
        self.move, self.frames = move, max(frames, 2)

    def frame(self, i):
        w, h = PHOTO
        if self.move in ("in", "out"):
            share = i / (self.frames - 1)
            zoom = 1.0 - 0.16 * (share if self.move == "in" else 1 - share)
            bw, bh = w * zoom, h * zoom
            return window(self.planes, ((w - bw) / 2, (h - bh) / 2, (w + bw) / 2, (h + bh) / 2))
        # One pixel a frame, so that the picture glides without shimmering; it stops at the edge.
        wide, high = w - SCREEN[0], h - SCREEN[1]
        x = {"left": wide - i, "right": i}.get(self.move, wide // 2)
        y = {"up": high - i * 2 // 3, "down": i * 2 // 3}.get(self.move, high // 2)
        x, y = max(0, min(wide, x)), max(0, min(high, y))
        u, v = x // 2, y // 2
        return [self.planes[0].crop((x, y, x + SCREEN[0], y + SCREEN[1]))] + [
            plane.crop((u, v, u + SCREEN[0] // 2, v + SCREEN[1] // 2)) for plane in self.planes[1:]]


class Footage:
    """Real footage, decoded once, played to and fro at half speed so that it never jumps."""

    SIZE = (768, 432)

    def __init__(self, raw, start, crop):
        self.file = open(raw, "rb")
        self.bytes = mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ)
        self.one = self.SIZE[0] * self.SIZE[1] * 3 // 2
        self.count = len(self.bytes) // self.one
        self.start, self.crop = start, crop
        self.last = (None, None)

    def frame(self, i):
        at = (self.start + i // 2) % (2 * self.count - 2)
        at = at if at < self.count else 2 * self.count - 2 - at
        if self.last[0] != at:
            w, h = self.SIZE
            begin, luma = at * self.one, w * h
            cut = [self.bytes[begin:begin + luma], self.bytes[begin + luma:begin + luma * 5 // 4], self.bytes[begin + luma * 5 // 4:begin + self.one]]
            source = [Image.frombytes("L", (w, h), cut[0]), Image.frombytes("L", (w // 2, h // 2), cut[1]), Image.frombytes("L", (w // 2, h // 2), cut[2])]
            left, top, share = self.crop
            self.last = (at, window(source, (left * w, top * h, (left + share) * w, (top + share) * h)))
        return [plane.copy() for plane in self.last[1]]


def wrap(words, face, width):
    lines, line = [], ""
    for character in words:
        if face.getlength(line + character) > width and character not in "，。！？、；：”）》":
            lines.append(line)
            line = ""
        line += character
    return [*lines, line]


def caption_layer(words, title):
    """What lies over the pictures of one shot: a band with the caption, above it the programme's title."""
    layer = Image.new("RGBA", SCREEN, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    face = font(38, True)
    lines = wrap(words, face, SCREEN[0] - 2 * 84)
    band = 64 + 54 * len(lines)
    top = SCREEN[1] - 44 - band
    draw.rounded_rectangle((56, top, SCREEN[0] - 56, SCREEN[1] - 44), 18, fill=(21, 17, 14, 205))
    draw.rectangle((56, top + 18, 64, SCREEN[1] - 62), fill=(255, 207, 107, 255))
    for i, line in enumerate(lines):
        draw.text((88, top + 34 + i * 54), line, font=face, fill=(246, 239, 228, 255))
    name = font(26, True)
    w = name.getlength(title) + 36
    draw.rounded_rectangle((56, top - 56, 56 + w, top - 12), 12, fill=(196, 57, 43, 235))
    draw.text((56 + w / 2, top - 34), title, font=name, fill=(255, 255, 255, 255), anchor="mm")
    top -= 60 + top % 2
    return Layer(layer.crop((0, top, SCREEN[0], SCREEN[1])), 0, top)


def title_layer(title, subtitle):
    layer = Image.new("RGBA", SCREEN, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    draw.rectangle((0, 230, SCREEN[0], 490), fill=(21, 17, 14, 190))
    draw.rectangle((0, 230, SCREEN[0], 236), fill=(255, 207, 107, 255))
    draw.text((SCREEN[0] / 2, 336), title, font=font(92, True), fill=(246, 239, 228, 255), anchor="mm")
    draw.text((SCREEN[0] / 2, 438), subtitle, font=font(38), fill=(255, 207, 107, 255), anchor="mm")
    return Layer(layer.crop((0, 230, SCREEN[0], 490)), 0, 230)


def mark_layer():
    layer = Image.new("RGBA", (200, 52), (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    draw.rounded_rectangle((0, 0, 199, 51), 12, fill=(21, 17, 14, 130))
    draw.text((100, 26), "粤乡示范", font=font(30, True), fill=(246, 239, 228, 230), anchor="mm")
    return Layer(layer, SCREEN[0] - 248, 40)


def clip(spec, sources, target):
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        title_seconds = 3.0
        at, cues, shots = title_seconds, [], []
        for number, shot in enumerate(spec["shots"]):
            length = float(shot.get("seconds", 4))
            if words := shot.get("say", shot["caption"] if spec.get("spoken") else ""):
                voice = work / f"voice{number}.wav"
                speak(words, voice)
                length = max(length, seconds(voice) + 0.7)
                cues.append((at + 0.2, voice))
            frames = round(length * RATE)
            shots.append((shot, frames))
            at += frames / RATE
        shots[0] = (shots[0][0], shots[0][1] + round(title_seconds * RATE))
        total = sum(frames for _, frames in shots)
        sound = mix(spec, sources, cues, total / RATE, work)
        footage = work / "footage.i420"
        if any("footage" in shot for shot, _ in shots):
            run("gst-launch-1.0", "-q", "filesrc", f"location={sources['footage']}", "!", "decodebin", "!", "videoconvert", "!", "videoscale", "!", "videorate", "!",
                f"video/x-raw,format=I420,width={Footage.SIZE[0]},height={Footage.SIZE[1]},framerate={RATE}/1", "!", "filesink", f"location={footage}")
        encoder = subprocess.Popen(
            ["gst-launch-1.0", "-q",
             "fdsrc", "fd=0", "!", "rawvideoparse", "format=i420", f"width={SCREEN[0]}", f"height={SCREEN[1]}", f"framerate={RATE}/1", "!", "queue", "max-size-buffers=8", "!",
             "x264enc", "speed-preset=ultrafast", "pass=quant", "quantizer=25", "key-int-max=50", "threads=1", "!", "h264parse", "!", "queue", "!",
             "mp4mux", "name=mux", "faststart=true", "!", "filesink", f"location={target}",
             "filesrc", f"location={sound}", "!", "wavparse", "!", "audioconvert", "!", "avenc_aac", "bitrate=96000", "!", "aacparse", "!", "queue", "!", "mux."],
            stdin=subprocess.PIPE)
        mark, banner = mark_layer(), title_layer(spec["title"], spec["subtitle"])
        before = None
        for number, (shot, frames) in enumerate(shots):
            if "footage" in shot:
                moving = Footage(footage, shot["footage"], shot.get("crop", [0.0, 0.0, 1.0]))
            else:
                moving = Moving(sources[shot["picture"]], shot.get("move", "right"), frames + FADE)
            caption = caption_layer(shot["caption"], spec["title"])
            for i in range(frames):
                frame = moving.frame(i)
                if before is not None and i < FADE:
                    frame = [Image.blend(old, new, (i + 1) / (FADE + 1)) for old, new in zip(before[0].frame(before[1] + i), frame)]
                (banner if number == 0 and i < title_seconds * RATE else caption).over(frame)
                mark.over(frame)
                for plane in frame:
                    encoder.stdin.write(plane.tobytes())
            before = (moving, frames)
        encoder.stdin.close()
        if encoder.wait() != 0:
            raise RuntimeError(f"{spec['name']}: the encoder failed")


def mix(spec, sources, cues, length, work):
    """Music under the voice, one sound effect at the start when the clip names one."""
    music = work / "music.wav"
    quiet = 0.22 if cues else 0.6
    source = sources["tune:" + spec["tune"]]
    again = max(0, math.ceil(length / seconds(source)) - 1)
    run("sox", source, "-r", 48000, "-c", 1, music, "repeat", again, "trim", 0, f"{length:.3f}", "vol", quiet, "fade", "t", 0.4, f"{length:.3f}", 1.5)
    parts = [music]
    if effect := spec.get("effect"):
        parts.append(work / "effect.wav")
        raw = work / "effect.in"
        if "inner" in effect:
            raw = work / "effect.ogg"
            raw.write_bytes(resource(effect["file"], effect["inner"]))
        else:
            raw = Path(effect["file"])
        run("sox", "-t", "ogg", raw, "-r", 48000, "-c", 1, parts[-1], "vol", effect.get("volume", 0.5), "pad", effect.get("at", 0.2), 0)
    for number, (at, voice) in enumerate(cues):
        parts.append(work / f"cue{number}.wav")
        run("sox", voice, parts[-1], "pad", f"{at:.3f}", 0)
    mixed = work / "mixed.wav"
    together = ["-m"] if len(parts) > 1 else []
    volumes = [word for part in parts for word in ("-v", "1", part)]
    run("sox", *together, *volumes, "-b", 16, mixed, "trim", 0, f"{length:.3f}", "pad", 0, 1, "trim", 0, f"{length:.3f}", "channels", 2, "gain", "-l", 1, stderr=subprocess.DEVNULL)
    return mixed


# ---------------------------------------------------------------- all of it

def load(name):
    with open(HERE / name, "rb") as file:
        return tomllib.load(file)


def wanted(packs):
    """The media that the packs name, such as `media/office.jpg`, by name."""
    names = {}
    for pack in packs:
        texts = [pack / "pack.toml", *sorted((pack / "items").glob("*.md"))]
        names[pack.name] = {name for text in texts for name in re.findall(r"media/([a-z0-9_.-]+)", text.read_text(encoding="utf-8"))}
    return names


class Maker:
    def __init__(self, out):
        self.store = out / ".made"
        self.store.mkdir(parents=True, exist_ok=True)
        self.keep = set()

    def make(self, kind, name, suffix, spec, function):
        """The path of a result; it is made when nothing with the same inputs was made before."""
        code = (HERE / "drawings.py").read_bytes() if kind == "drawing" else b""
        key = hashlib.sha256(json.dumps([kind, spec], sort_keys=True, ensure_ascii=False).encode() + code + (HERE / "make.py").read_bytes()).hexdigest()[:12]
        path = self.store / f"{name}-{key}{suffix}"
        self.keep.add(path.name)
        if not path.exists():
            part = path.with_name("part-" + path.name)
            function(part)
            part.rename(path)
        return path

    def sweep(self):
        for path in self.store.iterdir():
            if path.is_file() and path.name not in self.keep:
                path.unlink()


def main():
    demo, out = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    settings = tomllib.loads((demo / "demo.toml").read_text(encoding="utf-8"))
    packs = [demo / name for name in settings["packs"]]
    photos, papers, films = load("photos.toml"), load("receipts.toml"), load("clips.toml")
    receipts = {paper["name"]: paper for paper in papers["receipt"]}
    certificates = {paper["name"]: paper for paper in papers["certificate"]}
    clips = {film["name"]: film for film in films["clip"]}
    names = wanted(packs)
    maker = Maker(out)

    def picture(name):
        if name in photos:
            return maker.make("photo", name, ".jpg", photos[name], lambda target: photo(photos[name], target))
        if name in receipts:
            return maker.make("receipt", name, ".jpg", receipts[name], lambda target: receipt(receipts[name], target))
        if name in certificates:
            return maker.make("certificate", name, ".jpg", certificates[name], lambda target: certificate(certificates[name], target))
        if name in drawings.SCENES:
            return maker.make("drawing", name, ".jpg", name, lambda target: drawing(name, target))
        raise SystemExit(f"no picture is called `{name}`")

    everything = set().union(*names.values())
    film_names = sorted(name[:-4] for name in everything if name.endswith(".mp4"))
    for name in film_names:
        if name not in clips:
            raise SystemExit(f"no clip is called `{name}`")
    picture_names = {name[:-4] for name in everything if name.endswith(".jpg")}
    picture_names |= {shot["picture"] for name in film_names for shot in clips[name]["shots"] if "picture" in shot}
    made = {}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, path in zip(sorted(picture_names), pool.map(picture, sorted(picture_names))):
            made[name] = path
        def tune(name):
            spec = films["tune"][name]
            return maker.make("tune", name, ".wav", spec, lambda target: (drum if spec["kind"] == "drum" else pluck)(spec, target))
        tune_names = sorted({clips[name]["tune"] for name in film_names})
        for name, path in zip(tune_names, pool.map(tune, tune_names)):
            made["tune:" + name] = path
    made["footage"] = Path(films["footage"]["file"])
    # The long ones first, so that both processors finish together. Frames are made in processes of their own.
    def length(name):
        return -sum(len(shot["caption"]) for shot in clips[name]["shots"])
    def sources_of(name):
        spec = clips[name]
        needed = {shot["picture"] for shot in spec["shots"] if "picture" in shot} | {"tune:" + spec["tune"]}
        needed |= {"footage"} if any("footage" in shot for shot in spec["shots"]) else set()
        return {key: made[key] for key in needed}
    order = sorted(film_names, key=length)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        # One child process per clip: this very script, which then finds everything but the clip already made.
        def one(name):
            spec = clips[name]
            sources = sources_of(name)
            def make_in_child(target):
                job = json.dumps({"spec": spec, "sources": {key: str(path) for key, path in sources.items()}, "target": str(target)})
                run(sys.executable, "-B", __file__, "--clip", job)
            inputs = [spec, films["tune"][spec["tune"]], sorted(path.name for path in sources.values())]
            return maker.make("clip", name, ".mp4", inputs, make_in_child)
        for name, path in zip(order, pool.map(one, order)):
            made[name + ".mp4"] = path
    for pack in packs:
        target = out / pack.name / "media"
        target.mkdir(parents=True, exist_ok=True)
        for name in names[pack.name]:
            source = made[name] if name.endswith(".mp4") else made[name[:-4]]
            (target / name).unlink(missing_ok=True)
            os.link(source, target / name)
        for path in target.iterdir():
            if path.name not in names[pack.name]:
                path.unlink()
    maker.sweep()
    print(f"{len(picture_names)} pictures and {len(film_names)} clips for {len(packs)} packs in {out}")


if __name__ == "__main__":
    if sys.argv[1] == "--clip":
        job = json.loads(sys.argv[2])
        clip(job["spec"], {key: Path(path) for key, path in job["sources"].items()}, Path(job["target"]))
    else:
        main()
