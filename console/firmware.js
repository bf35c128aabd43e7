'use strict';
// Packages and campaigns. What a campaign does is asked again while it is looked at.
const LOOK = 2000;
const PAGE = 100;
const STATES = ['waiting', 'checking', 'delivering', 'ready', 'installing', 'confirming', 'updated', 'failed', 'skipped', 'stopped'];
const REASONS = {
  none: '', 'has-it': 'runs this version already', 'not-meant': 'is not one of those meant',
  'no-version': 'does not say which version it runs', silent: 'never answered in time', asleep: 'slept until the time was over',
  'no-protocol': 'nothing that can update it was running', gone: 'the thing was removed', busy: 'was busy with another image',
  'delivery-too-long': 'did not have the image in time', interrupted: 'the delivery broke off too often',
  'out-of-storage': 'has no room for the image', 'out-of-memory': 'ran out of memory', 'connection-lost': 'lost the connection',
  'bad-checksum': 'says that the checksum is wrong', 'bad-signature': 'says that the signature is wrong',
  'wrong-image': 'says that the image is not for it', 'bad-address': 'could not reach the image', 'install-failed': 'could not install it',
  cancelled: 'was cancelled at the device', refused: 'refused', unsupported: 'cannot do it', 'bad-answer': 'answered nonsense',
  'install-interrupted': 'restarted while installing and runs the old image', 'old-image': 'says done and runs the old image',
  'other-version': 'runs another version', 'not-confirmed': 'did not report the new version in time',
  expired: 'the campaign was over before its turn', aborted: 'the campaign was aborted', internal: 'a bug; the log has it',
};
const ENDED = ['aborted', 'done'];
let shown = '';
let skip = 0;
let device = '';
let packages = [];
let timer = 0;

const name = id => encodeURIComponent(id);
const reason = word => REASONS[word] ?? words(word);
const size = octets => octets < 1 << 20 ? `${Math.ceil(octets / 1024)} KiB` : `${(octets / (1 << 20)).toFixed(1)} MiB`;
const filter = one => [one.profile && `profile ${one.profile}`, one.things && `things ${one.things}`,
  one.version && `version ${one.version}`, ...Object.entries(one.labels || {}).map(([k, v]) => `${k} = ${v}`)]
  .filter(part => part).join(', ') || 'all';

function button(text, work) {
  const made = document.createElement('button');
  made.textContent = text;
  made.onclick = () => act(async () => { await work(); await look(); });
  return made;
}

function options(select, values, texts = values) {
  if (select.options.length === values.length && values.every((value, i) => select.options[i].value === value)) return;
  const before = select.value;
  select.replaceChildren(...values.map((value, i) => new Option(texts[i], value)));
  if (values.includes(before)) select.value = before;
}

async function showPackages() {
  const all = await ask('firmware');
  packages = all.firmware;
  fill($('#packages'), packages.map(one => {
    const digest = document.createElement('code');
    digest.textContent = one.sha256.slice(0, 16) + '…';
    digest.title = one.sha256;
    return {
      cells: [one.id, one.version, size(one.octets), filter(one.target), one.signedBy || 'nobody', digest,
        `${time(one.uploaded)} by ${one.by}`, button('Remove', async () => {
          if (confirm(`Remove the package ${one.id}?`)) await ask(`firmware/${name(one.id)}`, 'DELETE');
        })],
    };
  }));
  $('#space').textContent = `${size(all.used)} of ${size(all.most)} used; a package may have ${size(all.largest)}.`;
  for (const select of [$('#begin').elements.firmware, $('#rollback').elements.firmware]) {
    options(select, packages.map(one => one.id), packages.map(one => `${one.id} (${one.version})`));
  }
}

async function showCampaigns() {
  const { campaigns } = await ask('campaigns');
  fill($('#campaigns'), campaigns.map(one => ({
    cells: [one.id, one.state, one.firmware, one.version, one.counts.updated || 0, one.counts.failed || 0,
      one.devices, time(one.started)],
    type: one.state,
    open: () => act(async () => {
      shown = one.id;
      skip = 0;
      device = '';
      await look();
      $('#campaign').scrollIntoView();
    }),
  })));
  return campaigns;
}

function acts(one) {
  const post = what => () => ask(`campaigns/${name(one.id)}/${what}`, 'POST');
  const all = [];
  if (one.state === 'running') all.push(button('Pause', post('pause')));
  if (one.state === 'paused') all.push(button('Resume', post('resume')));
  if (one.state === 'running' || one.state === 'paused') {
    all.push(button('Abort', async () => {
      if (confirm(`Abort ${one.id}? Devices that install are followed to their end, the others stop.`)) await post('abort')();
    }));
  }
  if (ENDED.includes(one.state)) {
    all.push(button('Forget', async () => {
      if (!confirm(`Forget ${one.id} and what became of its devices?`)) return;
      await ask(`campaigns/${name(one.id)}`, 'DELETE');
      shown = '';
    }));
  }
  $('#campaign-acts').replaceChildren(...all.flatMap(each => [each, ' ']));
}

function showCampaign(one) {
  const over = ['updated', 'failed', 'skipped', 'stopped'].reduce((sum, state) => sum + (one.counts[state] || 0), 0);
  const pace = one.plan.pace;
  $('#campaign h2').textContent = one.id;
  $('#campaign-state').textContent = one.state;
  $('#campaign-state').className = one.state;
  $('#campaign-detail').textContent = one.detail;
  $('#campaign-plan').textContent = `Brings ${one.firmware} (version ${one.version}) to ${one.devices} devices (${filter(one.plan.devices)}): `
    + `a first wave of ${pace.canary}, each ${pace.growth} times larger, ${pace.perMinute} a minute`
    + (pace.window ? `, from ${pace.window.from} to ${pace.window.to} ${pace.window.zone}` : '')
    + `; aborts when more than ${pace.abortPercent} % fail. Begun by ${one.by}, ${time(one.started)}`
    + (one.ended ? `, ended ${time(one.ended)}.` : '.')
    + (one.rollbackOf ? ` Takes back ${one.rollbackOf}.` : '');
  $('#campaign progress').max = one.devices;
  $('#campaign progress').value = over;
  $('#campaign-progress').textContent = `${over} of ${one.devices} have ended; wave ${one.wave}, ${one.admitted} devices in it and those before.`;
  acts(one);
  $('#rollback').hidden = !ENDED.includes(one.state);
  fill($('#counts'), STATES.filter(state => one.counts[state])
    .map(state => ({ cells: [state, one.counts[state]], type: state })));
  fill($('#reasons'), Object.entries(one.reasons).map(([word, count]) => ({ cells: [reason(word), count] })));
  options($('#device-state'), ['', ...STATES], ['all', ...STATES]);
  $('#campaign').hidden = false;
}

async function showDevices(one) {
  const state = $('#device-state').value;
  const { devices } = await ask(`campaigns/${name(one.id)}/devices?skip=${skip}&limit=${PAGE}${state && `&state=${state}`}`);
  fill($('#devices'), devices.map(each => ({
    cells: [each.thing, each.state, reason(each.reason), each.detail, each.before, each.attempts, time(each.since)],
    type: each.state,
    open: () => act(async () => { device = each.thing; await showPassage(one); }),
  })));
  $('#device-range').textContent = devices.length ? `${skip + 1} to ${skip + devices.length}` : 'none';
  $('#earlier').disabled = skip === 0;
  $('#later').disabled = devices.length < PAGE;
}

async function showPassage(one) {
  if (!device) {
    $('#passage').hidden = true;
    return;
  }
  const { history } = await ask(`campaigns/${name(one.id)}/devices/${name(device)}`);
  $('#passage h3').textContent = `${device} in this campaign`;
  fill($('#passage table'), history.map(step =>
    ({ cells: [time(step.at), step.state, reason(step.reason), step.detail], type: step.state })));
  $('#passage').hidden = false;
}

// Everything once, and again while a campaign goes on.
async function look() {
  clearTimeout(timer);
  await showPackages();
  const campaigns = await showCampaigns();
  const one = campaigns.find(each => each.id === shown);
  if (one) {
    showCampaign(one);
    await showDevices(one);
    await showPassage(one);
  } else {
    $('#campaign').hidden = true;
  }
  if (location.hash === '#firmware' && campaigns.some(each => !ENDED.includes(each.state))) {
    timer = setTimeout(() => look().catch(error => say(error.message)), LOOK);
  }
}

// The fields of a form that are filled in.
const given = form => Object.fromEntries([...new FormData(form)].filter(([, value]) => typeof value === 'string' && value.trim() !== '')
  .map(([key, value]) => [key, value.trim()]));

$('#upload').addEventListener('submit', event => {
  event.preventDefault();
  const form = event.target;
  const { id, ...about } = given(form);
  act(async () => {
    say(`${id} is being uploaded …`);
    await ask(`firmware/${name(id)}?${new URLSearchParams(about)}`, 'PUT', new Blob([form.elements.image.files[0]]));
    form.reset();
    say(`${id} is there.`);
    await look();
  });
});

$('#begin').addEventListener('submit', event => {
  event.preventDefault();
  const form = event.target;
  const { id, firmware, things, profile, version, from, to, zone, ...numbers } = given(form);
  const pace = Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, Number(value)]));
  if (from || to) pace.window = { from, to, zone: zone || 'UTC' };
  act(async () => {
    await ask('campaigns', 'POST', { id, firmware, devices: { things, profile, version }, pace });
    form.reset();
    shown = id;
    skip = 0;
    device = '';
    await look();
  });
});

$('#rollback').addEventListener('submit', event => {
  event.preventDefault();
  const form = event.target;
  act(async () => {
    const next = given(form);
    await ask(`campaigns/${name(shown)}/rollback`, 'POST', next);
    form.reset();
    shown = next.id;
    skip = 0;
    device = '';
    await look();
  });
});

const page = by => act(async () => { skip = Math.max(0, skip + by); await look(); });
$('#earlier').addEventListener('click', () => page(-PAGE));
$('#later').addEventListener('click', () => page(PAGE));
$('#device-state').addEventListener('change', () => { skip = 0; page(0); });
$('#begin').elements.zone.defaultValue = Intl.DateTimeFormat().resolvedOptions().timeZone;
pages['#firmware'] = () => act(look);
if (location.hash === '#firmware') turn();
