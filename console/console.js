'use strict';
// Lists things with their latest values and follows the live stream. The token stays in this tab.
const $ = selector => document.querySelector(selector);
const rows = new Map();
let attempt = 0;

const say = text => { $('#message').textContent = text; };
const call = (path, headers, signal, method) =>
  fetch(path, { signal, method, headers: { Authorization: `Bearer ${sessionStorage.getItem('token')}`, ...headers } });

async function problem(response) {
  const body = await response.json().catch(() => ({}));
  return new Error(body.detail || `${response.status} ${response.statusText}`);
}

function row(thing, property) {
  const key = `${thing}/${property}`;
  if (!rows.has(key)) {
    const line = $('#things tbody').insertRow();
    for (let i = 0; i < 7; i++) line.insertCell();
    const open = document.createElement('button');
    open.textContent = thing;
    open.onclick = () => openThing(thing);
    line.cells[0].append(open);
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

// The page of one thing: what is desired of it and why not yet, and its recorder.
async function openThing(thing) {
  const path = `/api/v1/things/${encodeURIComponent(thing)}`;
  const get = async (part, type) => {
    const response = await call(path + part, type && { Accept: type });
    if (!response.ok) throw await problem(response);
    return type ? response.text() : response.json();
  };
  try {
    const { desired } = await get('/desired');
    const recorder = await get('/recorder');
    $('#thing h2').textContent = thing;
    $('#thing tbody').replaceChildren();
    for (const one of desired) {
      const line = $('#thing tbody').insertRow();
      const reported = one.reported ? one.reported.value : '';
      [one.property, one.desired, reported, one.state, one.detail, `${one.source} ${one.by}`]
        .forEach(text => { line.insertCell().textContent = text; });
      line.className = one.state;
    }
    $('#thing').hidden = false;
    $('#recorder').textContent = recorder.on ? `${recorder.frames} frames kept` : '';
    $('#record').textContent = recorder.on ? 'Stop recording' : 'Record frames';
    $('#record').disabled = recorder.byProfile;
    $('#record').onclick = async () => {
      const response = await call(`${path}/recorder`, {}, undefined, recorder.on ? 'DELETE' : 'PUT');
      if (!response.ok) say((await problem(response)).message);
      openThing(thing);
    };
    $('#examples').hidden = !recorder.on;
    $('#examples').onclick = async event => {
      event.preventDefault();
      try {
        const text = await get('/recording', 'application/yaml');
        const link = document.createElement('a');
        link.href = URL.createObjectURL(new Blob([text], { type: 'application/yaml' }));
        link.download = `${thing}-examples.yaml`;
        link.click();
        URL.revokeObjectURL(link.href);
      } catch (error) {
        say(error.message);
      }
    };
  } catch (error) {
    say(error.message);
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
  $('#things').hidden = false;
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
  $('#things tbody').replaceChildren();
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
