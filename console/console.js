'use strict';
// Lists things with their latest values and follows the live stream. The token stays in this tab.
const $ = selector => document.querySelector(selector);
const rows = new Map();
let attempt = 0;
let opened = '';
let again = 0;

const say = text => { $('#message').textContent = text; };
const call = (path, headers, signal, method, body) =>
  fetch(path, { signal, method, body, headers: { Authorization: `Bearer ${sessionStorage.getItem('token')}`, ...headers } });

async function problem(response) {
  const body = await response.json().catch(() => ({}));
  return new Error(body.detail || `${response.status} ${response.statusText}`);
}

// Asks the API for JSON; what is refused is an error in words.
async function ask(path, method, body) {
  const type = body && !(body instanceof Blob) && { 'Content-Type': 'application/json' };
  const octets = body instanceof Blob && { 'Content-Type': 'application/octet-stream' };
  const response = await call(`/api/v1/${path}`, { ...type, ...octets }, undefined, method,
    type ? JSON.stringify(body) : body);
  if (!response.ok) throw await problem(response);
  return response.status === 204 ? {} : response.json();
}

// What a person did; an error is said, and nothing else happens.
async function act(work) {
  try {
    say('');
    await work();
  } catch (error) {
    say(error.message);
  }
}

const time = text => text ? new Date(text).toLocaleString() : '';
const words = text => (text || '').replaceAll('-', ' ');

function fill(table, lines) {
  table.tBodies[0].replaceChildren();
  for (const { cells, type, open } of lines) {
    const line = table.tBodies[0].insertRow();
    if (type) line.className = type;
    cells.forEach((cell, i) => {
      const at = line.insertCell();
      if (i === 0 && open) {
        const button = document.createElement('button');
        button.textContent = cell;
        button.onclick = open;
        at.append(button);
      } else if (cell instanceof Node) {
        at.append(cell);
      } else {
        at.textContent = cell ?? '';
        if (typeof cell === 'number') at.className = 'number';
      }
    });
  }
}

function row(thing, property) {
  const key = `${thing}/${property}`;
  if (!rows.has(key)) {
    const line = $('#things tbody').insertRow();
    for (let i = 0; i < 7; i++) line.insertCell();
    const open = document.createElement('button');
    open.textContent = thing;
    open.onclick = async () => {
      await openThing(thing);
      $('#thing').scrollIntoView();
    };
    line.cells[0].append(open);
    line.cells[2].textContent = property;
    rows.set(key, line);
  }
  return rows.get(key);
}

function show(thing, property, reading) {
  const line = row(thing, property);
  [reading.value, reading.unit || '', reading.quality, time(reading.time)]
    .forEach((text, i) => { line.cells[i + 3].textContent = text; });
  line.className = reading.quality;
}

// One that is being updated may be there or not: its status says it.
function showStage(thing, stage, status) {
  const text = stage === 'updating' ? `${stage}, ${status}` : stage;
  for (const [key, line] of rows) {
    if (key.startsWith(`${thing}/`)) {
      line.cells[1].textContent = text;
      line.cells[1].className = stage;
    }
  }
}

// What a device says of itself, its battery, its radio and its place: objects 3, 4 and 6 of LwM2M,
// and whatever else has properties of these names.
const ABOUT = [
  ['Manufacturer', 'manufacturer'], ['Model', 'modelNumber'], ['Serial number', 'serialNumber'],
  ['Firmware', 'firmwareVersion'], ['Error code', 'errorCode'], ['Battery', 'batteryLevel'],
  ['Signal', 'radioSignalStrength'], ['Link quality', 'linkQuality'], ['Bearer', 'networkBearer'],
  ['Address', 'ipAddresses'], ['Latitude', 'latitude'], ['Longitude', 'longitude'], ['Altitude', 'altitude'],
];
const BEARERS = {
  0: 'GSM', 1: 'TD-SCDMA', 2: 'WCDMA', 3: 'CDMA2000', 4: 'WiMAX', 5: 'LTE-TDD', 6: 'LTE-FDD', 7: 'NB-IoT',
  21: 'WLAN', 22: 'Bluetooth', 23: 'IEEE 802.15.4', 41: 'Ethernet', 42: 'DSL', 43: 'power line',
};
const UNITS = { '%EL': '%', Cel: '°C', lat: '°', lon: '°' };

function about(latest) {
  $('#about').replaceChildren();
  for (const [label, name] of ABOUT) {
    const reading = latest[name];
    if (!reading) continue;
    const term = document.createElement('dt');
    const said = document.createElement('dd');
    term.textContent = label;
    const value = name === 'networkBearer' ? BEARERS[reading.value] ?? reading.value : reading.value;
    said.textContent = `${value}${reading.unit ? ` ${UNITS[reading.unit] || reading.unit}` : ''}`;
    said.title = time(reading.time);
    said.className = reading.quality;
    $('#about').append(term, said);
  }
}

// A value as it is written: a number, true or false; anything else is text.
const value = text => /^(true|false|-?\d+(\.\d+)?([eE][-+]?\d+)?)$/.test(text) ? JSON.parse(text) : text;

function desires(thing, desired, properties) {
  const path = property => `things/${encodeURIComponent(thing)}/desired/${encodeURIComponent(property)}`;
  $('#desired').hidden = desired.length === 0;
  $('#nothing-desired').hidden = desired.length > 0;
  fill($('#desired'), desired.map(one => {
    const withdraw = document.createElement('button');
    withdraw.textContent = 'Withdraw';
    withdraw.onclick = () => act(async () => {
      await ask(path(one.property), 'DELETE');
      await openThing(thing);
    });
    return {
      cells: [one.property, one.desired, one.reported ? one.reported.value : '', one.delta ?? '',
        words(one.state), one.detail, one.attempts, `${one.source} ${one.by}`, one.source === 'administrator' ? withdraw : ''],
      type: one.state,
    };
  }));
  if ($('#properties').children.length !== properties.length) {
    $('#properties').replaceChildren(...properties.map(property => new Option(property)));
  }
  $('#order').onsubmit = event => {
    event.preventDefault();
    const { property, value: text } = event.target.elements;
    act(async () => {
      await ask(path(property.value.trim()), 'PUT', { value: value(text.value.trim()) });
      event.target.reset();
      await openThing(thing);
    });
  };
}

function life(thing, state) {
  $('#stage').textContent = state.stage === 'updating' ? `updating (${state.status})` : state.stage;
  $('#stage').className = state.stage;
  $('#stage-why').textContent = `since ${time(state.since)}${state.reason ? `: ${state.reason}` : ''}`;
  fill($('#life'), state.history.map(step =>
    ({ cells: [time(step.since), step.stage, step.status, step.reason], type: step.stage })));
  const retired = state.stage === 'retired';
  $('#retire button').textContent = retired ? 'Take it back' : 'Retire it';
  $('#retire span').textContent = retired ? '' : 'Out of service for good: what comes from it is refused, its session ends.';
  $('#retire').onsubmit = event => {
    event.preventDefault();
    const reason = event.target.elements.reason.value.trim();
    act(async () => {
      await ask(`things/${encodeURIComponent(thing)}/${retired ? 'reinstate' : 'retire'}`, 'POST', { reason });
      event.target.reset();
      await openThing(thing);
    });
  };
}

// The page of one thing: what it is, its life, what is desired of it and why not yet, its recorder.
async function openThing(thing) {
  const path = `/api/v1/things/${encodeURIComponent(thing)}`;
  const get = async (part, type) => {
    const response = await call(path + part, type && { Accept: type });
    if (!response.ok) throw await problem(response);
    return type ? response.text() : response.json();
  };
  clearTimeout(again);
  again = 0;
  try {
    const [{ latest }, state, { desired }, recorder] =
      await Promise.all([get(''), get('/lifecycle'), get('/desired'), get('/recorder')]);
    opened = thing;
    $('#thing h2').textContent = thing;
    about(latest);
    life(thing, state);
    desires(thing, desired, Object.keys(latest).sort());
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
      showStage(thing.id, thing.stage, thing.status);
    }
    after = page.next;
    more = after !== '';
  }
  $('#things').hidden = false;
  $('nav').hidden = false;
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
          if (uplink.kind === 'status') showStage(uplink.thing, uplink.stage, uplink.status);
          if (uplink.thing === opened && !again) again = setTimeout(() => openThing(opened), 1000);
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
    turn();
  } catch (error) {
    say(error.message);
  }
}

// Which page is shown is in the address.
const pages = { '#things': () => {} };
function turn() {
  const page = location.hash in pages ? location.hash : '#things';
  document.querySelectorAll('main').forEach(view => { view.hidden = view.id !== `view-${page.slice(1)}`; });
  document.querySelectorAll('nav a').forEach(link => {
    link.toggleAttribute('aria-current', link.getAttribute('href') === page);
  });
  if (sessionStorage.getItem('token')) pages[page]();
}
addEventListener('hashchange', turn);

$('#login').addEventListener('submit', event => {
  event.preventDefault();
  sessionStorage.setItem('token', $('#token').value.trim());
  $('#token').value = '';
  start();
});
addEventListener('DOMContentLoaded', () => { if (sessionStorage.getItem('token')) start(); });
