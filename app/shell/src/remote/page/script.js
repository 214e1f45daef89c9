'use strict';

const TEXTS = {
  zh: {
    title: '粤乡遥控器', home: '主页', menu: '菜单', info: '信息', back: '返回', volume: '音量', channel: '频道',
    red: '党建', green: '治理', yellow: '文明', blue: '创业', keyboard: '也可以用键盘',
    lost: '盒子没有回应，正在重新连接…', on: '已连接', off: '没有连接', connecting: '正在连接', full: '全屏',
    power: '待机', mute: '静音', up: '上', down: '下', left: '左', right: '右', ok: '确定',
    volumeup: '音量加', volumedown: '音量减', channelup: '频道加', channeldown: '频道减',
    rewind: '快退', fastforward: '快进', playpause: '播放或暂停', stop: '停止', digits: '选台', standby: '待机中',
    other: 'English', arrows: '移动', colours: '四个板块', live: '电视直播', focus: '焦点',
  },
  en: {
    title: 'Yuexiang remote control', home: 'Home', menu: 'Menu', info: 'Info', back: 'Back', volume: 'VOL', channel: 'CH',
    red: 'Party', green: 'Rule', yellow: 'Culture', blue: 'Trade', keyboard: 'The keyboard works, too',
    lost: 'The box does not answer, connecting again…', on: 'Connected', off: 'Not connected', connecting: 'Connecting', full: 'Full screen',
    power: 'Standby', mute: 'Mute', up: 'Up', down: 'Down', left: 'Left', right: 'Right', ok: 'OK',
    volumeup: 'Volume up', volumedown: 'Volume down', channelup: 'Channel up', channeldown: 'Channel down',
    rewind: 'Rewind', fastforward: 'Fast forward', playpause: 'Play or pause', stop: 'Stop', digits: 'Channel number', standby: 'On standby',
    other: '中文', arrows: 'Move', colours: 'The four boards', live: 'Live television', focus: 'Focus',
  },
};

// The same keys as in the box's own window.
const KEYBOARD = {
  ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right', Enter: 'ok', Escape: 'back', Backspace: 'back',
  Home: 'home', h: 'home', m: 'menu', ContextMenu: 'menu', i: 'info', PageUp: 'channelup', PageDown: 'channeldown',
  '+': 'volumeup', '=': 'volumeup', '-': 'volumedown', x: 'mute', p: 'power', ' ': 'playpause', s: 'stop', ',': 'rewind', '.': 'fastforward',
  F1: 'red', F2: 'green', F3: 'yellow', F4: 'blue', r: 'red', g: 'green', y: 'yellow', b: 'blue',
};
for (let digit = 0; digit < 10; digit++) KEYBOARD[digit] = String(digit);

const SHORTCUTS = [
  ['↑ ↓ ← →', 'arrows'], ['Enter', 'ok'], ['Esc', 'back'], ['H', 'home'], ['M', 'menu'], ['I', 'info'], ['0–9', 'digits'],
  ['PgUp PgDn', 'channel'], ['+ −', 'volume'], ['X', 'mute'], ['Space', 'playpause'], [', .', 'rewind', 'fastforward'],
  ['R G Y B', 'colours'], ['P', 'power'],
];

const HELD_AFTER = 450, REPEAT_EVERY = 110;
const $ = (id) => document.getElementById(id);
const picture = $('picture'), remote = $('remote');
let language = localStorage.getItem('language') || (document.documentElement.lang.startsWith('en') ? 'en' : 'zh');
let connected = null;
let last = null;

// ---------------------------------------------------------------------------------------------------------- language

function translate() {
  const texts = TEXTS[language];
  document.documentElement.lang = language === 'en' ? 'en' : 'zh-CN';
  document.title = texts.title;
  for (const element of document.querySelectorAll('[data-t]')) element.textContent = texts[element.dataset.t];
  for (const element of document.querySelectorAll('[data-l]')) {
    element.setAttribute('aria-label', texts[element.dataset.l]);
    if (element.tagName === 'BUTTON') element.title = texts[element.dataset.l];
  }
  $('language').textContent = texts.other;
  $('language').lang = language === 'en' ? 'zh-CN' : 'en';
  $('shortcuts').replaceChildren(...SHORTCUTS.map(([keys, ...names]) => {
    const entry = document.createElement('div');
    const term = document.createElement('dt'), meaning = document.createElement('dd');
    for (const key of keys.split(' ')) {
      const cap = document.createElement('kbd');
      cap.textContent = key;
      term.append(cap, ' ');
    }
    meaning.textContent = names.map((name) => texts[name]).join(language === 'en' ? ', ' : '、');
    entry.append(term, meaning);
    return entry;
  }));
  showStatus();
  if (last) describe(last);
}

$('language').addEventListener('click', () => {
  language = language === 'en' ? 'zh' : 'en';
  localStorage.setItem('language', language);
  translate();
});

// -------------------------------------------------------------------------------------------------------------- keys

// One request at a time keeps the order; a repeat that would have to wait is dropped, so that a held key stops at once.
let sending = Promise.resolve(), waiting = 0;

function send(key, action) {
  if (action === 'repeat' && waiting > 0) return;
  waiting++;
  sending = sending.then(async () => {
    try {
      const answer = await fetch('/keys', {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ key, action }),
      });
      if (!answer.ok) console.warn(await answer.text());
      remote.classList.add('sent');
      setTimeout(() => remote.classList.remove('sent'), 90);
    } catch {
      setConnected(false);
    } finally {
      waiting--;
    }
  });
}

const held = new Map();

function press(key) {
  if (held.has(key)) return;
  const timers = {};
  timers.wait = setTimeout(() => { timers.repeat = setInterval(() => send(key, 'repeat'), REPEAT_EVERY); }, HELD_AFTER);
  held.set(key, timers);
  button(key)?.classList.add('held');
  send(key, 'down');
}

function release(key) {
  const timers = held.get(key);
  if (!timers) return;
  clearTimeout(timers.wait);
  clearInterval(timers.repeat);
  held.delete(key);
  button(key)?.classList.remove('held');
  send(key, 'up');
}

const button = (key) => remote.querySelector(`[data-key="${key}"]`);
const releaseAll = () => [...held.keys()].forEach(release);

for (const element of remote.querySelectorAll('[data-key]')) {
  const key = element.dataset.key;
  element.type = 'button';
  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    press(key);
  });
  for (const end of ['pointerup', 'pointercancel', 'lostpointercapture']) element.addEventListener(end, () => release(key));
  element.addEventListener('contextmenu', (event) => event.preventDefault());
  // A screen reader clicks without a pointer.
  element.addEventListener('click', (event) => { if (event.detail === 0 && event.isTrusted) { press(key); release(key); } });
}

function meaning(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  // Who has gone to a button with the tab key presses that one. A click does not move the focus.
  if (event.target instanceof HTMLButtonElement && (event.key === 'Enter' || event.key === ' ')) return null;
  if (event.key === 'Escape' && document.fullscreenElement) return null;
  return KEYBOARD[event.key.length === 1 ? event.key.toLowerCase() : event.key] || null;
}

addEventListener('keydown', (event) => {
  const key = meaning(event);
  if (!key) return;
  event.preventDefault();
  if (!event.repeat) press(key);
});
addEventListener('keyup', (event) => {
  const key = meaning(event);
  if (key) { event.preventDefault(); release(key); }
});
addEventListener('blur', releaseAll);
document.addEventListener('visibilitychange', () => { if (document.hidden) releaseAll(); });

// ----------------------------------------------------------------------------------------------------------- picture

const POLL_EVERY = 700, STREAM_PATIENCE = 5000;
let polling = null, patience = null, pictureUrl = null;

function watchStream() {
  stopPolling();
  clearTimeout(patience);
  picture.src = '/stream?' + Date.now();
  // Some browsers show no stream and report no error either.
  patience = setTimeout(() => { if (!picture.naturalWidth) startPolling(); }, STREAM_PATIENCE);
}

function startPolling() {
  if (polling) return;
  const poll = async () => {
    try {
      const answer = await fetch('/screen.png', { cache: 'no-store' });
      if (answer.ok) {
        const url = URL.createObjectURL(await answer.blob());
        picture.src = url;
        if (pictureUrl) URL.revokeObjectURL(pictureUrl);
        pictureUrl = url;
      }
    } catch { setConnected(false); }
    if (polling) polling = setTimeout(poll, document.hidden ? 5000 : POLL_EVERY);
  };
  polling = setTimeout(poll, 0);
}

function stopPolling() {
  clearTimeout(polling);
  polling = null;
}

picture.addEventListener('error', () => { if (!polling) startPolling(); });
$('full').addEventListener('click', () => picture.parentElement.requestFullscreen());
picture.addEventListener('dblclick', () => picture.parentElement.requestFullscreen());

// -------------------------------------------------------------------------------------------------------- connection

function setConnected(now) {
  if (connected === now) return;
  const again = connected === false && now;
  connected = now;
  document.body.classList.toggle('lost', now === false);
  $('lost').hidden = now !== false;
  if (again || (now && !picture.src)) watchStream();
  showStatus();
}

function showStatus() {
  const status = $('status');
  status.className = connected ? 'on' : connected === false ? 'off' : '';
  status.lastElementChild.textContent = TEXTS[language][connected ? 'on' : connected === false ? 'off' : 'connecting'];
}

/** In words what is on the screen, for who cannot see the picture. */
function describe(view) {
  const texts = TEXTS[language];
  const names = { live: texts.live, home: texts.home };
  const where = view.standby ? texts.standby : view.title || names[view.screen] || view.player.source;
  const focused = view.items.find((item) => item.id === view.focused);
  const place = document.createElement('span'), focus = document.createElement('b');
  place.textContent = view.standby || !focused ? where : where + ' · ';
  focus.textContent = view.standby || !focused ? '' : focused.label;
  $('now').replaceChildren(place, focus);
}

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function follow() {
  for (;;) {
    try {
      const query = last && connected ? `?since=${last.serial}&wait_ms=20000` : '';
      const answer = await fetch('/view.json' + query, { cache: 'no-store', signal: AbortSignal.timeout(30000) });
      if (!answer.ok) throw new Error(String(answer.status));
      last = await answer.json();
      setConnected(true);
      describe(last);
      // Views come often while a video plays; four a second are enough for words.
      await wait(250);
    } catch {
      setConnected(false);
      await wait(1500);
    }
  }
}

translate();
follow();
