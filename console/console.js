'use strict';
// Lists things with their latest values and follows the live stream. The token stays in this tab.
const $ = selector => document.querySelector(selector);
const rows = new Map();
let attempt = 0;

const say = text => { $('#message').textContent = text; };
const call = (path, headers, signal) =>
  fetch(path, { signal, headers: { Authorization: `Bearer ${sessionStorage.getItem('token')}`, ...headers } });

async function problem(response) {
  const body = await response.json().catch(() => ({}));
  return new Error(body.detail || `${response.status} ${response.statusText}`);
}

function row(thing, property) {
  const key = `${thing}/${property}`;
  if (!rows.has(key)) {
    const line = $('tbody').insertRow();
    for (let i = 0; i < 7; i++) line.insertCell();
    line.cells[0].textContent = thing;
    line.cells[2].textContent = property;
    rows.set(key, line);
  }
  return rows.get(key);
}

function show(thing, property, reading) {
  const line = row(thing, property);
  [reading.value, reading.unit || '', reading.quality, new Date(reading.time).toLocaleString()]
    .forEach((text, i) => { line.cells[i + 3].textContent = text; });
  line.className = reading.quality;
}

function showStatus(thing, status) {
  for (const [key, line] of rows) {
    if (key.startsWith(`${thing}/`)) {
      line.cells[1].textContent = status;
      line.cells[1].className = status;
    }
  }
}

async function list() {
  for (let after = '', more = true; more;) {
    const response = await call(`/api/v1/things?limit=1000&after=${encodeURIComponent(after)}`);
    if (!response.ok) throw await problem(response);
    const page = await response.json();
    for (const thing of page.things) {
      const latest = Object.entries(thing.latest);
      if (latest.length === 0) row(thing.id, '');
      latest.forEach(([property, reading]) => show(thing.id, property, reading));
      showStatus(thing.id, thing.status);
    }
    after = page.next;
    more = after !== '';
  }
  $('table').hidden = false;
}

async function follow(mine) {
  let last = '';
  while (mine === attempt) {
    try {
      const response = await call('/api/v1/stream?kind=reading,status',
        { Accept: 'text/event-stream', ...(last && { 'Last-Event-ID': last }) });
      if (!response.ok) throw await problem(response);
      say('live');
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ''; mine === attempt;) {
        const { value, done } = await reader.read();
        if (done) break;
        const events = (rest + value).split('\n\n');
        rest = events.pop();
        for (const event of events) {
          const data = /^data: (.*)$/m.exec(event);
          last = (/^id: (.*)$/m.exec(event) || [, last])[1];
          if (!data) continue;
          const uplink = JSON.parse(data[1]);
          if (uplink.kind === 'reading') show(uplink.thing, uplink.property, uplink);
          if (uplink.kind === 'status') showStatus(uplink.thing, uplink.status);
        }
      }
      reader.cancel();
    } catch (error) {
      say(`not live: ${error.message}`);
    }
    await new Promise(resolve => setTimeout(resolve, 2000));
  }
}

async function start() {
  const mine = ++attempt;
  rows.clear();
  $('tbody').replaceChildren();
  try {
    await list();
    follow(mine);
  } catch (error) {
    say(error.message);
  }
}

$('#login').addEventListener('submit', event => {
  event.preventDefault();
  sessionStorage.setItem('token', $('#token').value.trim());
  $('#token').value = '';
  start();
});
if (sessionStorage.getItem('token')) start();
