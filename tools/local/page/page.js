import { clearCards, collapseAll, filterBy, replayed, showHop } from './cards.js';
import { element, say } from './elements.js';
import { hopItem } from './hop.js';

const MAX_NOTICES = 20;
/** What waits while the page is paused; older ones are dropped. */
const MAX_WAITING = 5000;

const form = document.querySelector('#form');
const answer = document.querySelector('#answer');
const feed = document.querySelector('#feed');
const notices = document.querySelector('#notices');
const pause = document.querySelector('#pause');
/** Hops that came since somebody pressed "Pause", else undefined. */
let waiting;
/** What came before stays cleared away, also after the page has connected again. */
let clearedAt = '';
let noticeCount = 0;

function show(hop) {
  if (hop.name === 'notice') showNotice(hop);
  else showHop(hop, (again) => send({ again }));
}

function showNotice(hop) {
  notices.hidden = false;
  const list = notices.querySelector('ol');
  list.prepend(hopItem(hop));
  noticeCount += 1;
  if (list.children.length <= MAX_NOTICES) return;
  list.lastElementChild.remove();
  notices.querySelector('.note').textContent = `${noticeCount - MAX_NOTICES} older ones are not shown.`;
}

function clear() {
  clearCards();
  noticeCount = 0;
  notices.hidden = true;
  notices.querySelector('ol').replaceChildren();
  notices.querySelector('.note').replaceChildren();
  if (waiting) waiting = [];
}

function receive(hop) {
  if (hop.at <= clearedAt) return;
  if (waiting === undefined) return show(hop);
  waiting.push(hop);
  const lost = waiting.length > MAX_WAITING ? ', too many to keep' : '';
  waiting = waiting.slice(-MAX_WAITING);
  pause.textContent = `Resume (${new Set(waiting.map(({ event }) => event)).size} new${lost})`;
}

function togglePause() {
  const queued = waiting;
  waiting = queued === undefined ? [] : undefined;
  pause.ariaPressed = String(queued === undefined);
  pause.textContent = queued === undefined ? 'Resume' : 'Pause';
  queued?.forEach(show);
}

/**
 * Leaves only what has an effect: status, lead and incident are the incident update's, and two
 * faults replace the body.
 */
function fit() {
  const { event, fault } = form.elements;
  const bomb = fault.value === 'gzip-bomb';
  const other = event.value !== '' || bomb;
  for (const name of ['status', 'lead', 'slackId']) form.elements[name].disabled = other;
  form.elements.incident.disabled = other || fault.value === 'bad-schema';
  event.disabled = bomb || fault.value === 'bad-schema';
}

function chosen() {
  const { slackId, ...fields } = Object.fromEntries(new FormData(form));
  return slackId ? { ...fields, lead: slackId } : fields;
}

async function send(fields) {
  const submit = form.querySelector('button');
  // Not "disabled", which would take the focus away.
  if (submit.ariaDisabled === 'true') return;
  submit.ariaDisabled = 'true';
  answer.replaceChildren(element('p', '', 'Sending ...'));
  try {
    const response = await fetch('/send', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fields),
    });
    const { title, meaning, webhookId } = await response.json();
    answer.replaceChildren(element('p', '', element('strong', '', title)), element('p', '', meaning));
    if (webhookId) answer.append(element('p', '', linkTo(webhookId)));
  } catch {
    answer.replaceChildren(element('p', '', 'The local system does not answer. Is npm start still running?'));
  } finally {
    submit.ariaDisabled = 'false';
  }
}

function linkTo(event) {
  const link = element('a', '', 'Show its hops');
  link.href = `#${encodeURIComponent(event)}`;
  return link;
}

const { selects, commands } = await (await fetch('/choices')).json();
for (const [name, options] of Object.entries(selects))
  form.elements[name].append(...options.map(([value, text]) => new Option(text, value)));
form.elements.status.value = 'learning';
document.querySelector('#none code').textContent = commands.send;
document.querySelector('#count').dataset.command = commands.story;
form.addEventListener('change', fit);
form.addEventListener('submit', async (submitted) => {
  submitted.preventDefault();
  await send(chosen());
});

document.querySelector('#text').addEventListener('input', ({ target }) => filterBy({ text: target.value }));
document.querySelector('#outcome').addEventListener('change', ({ target }) => filterBy({ outcome: target.value }));
document.querySelector('#collapse').addEventListener('click', ({ target }) => {
  const pressed = target.ariaPressed !== 'true';
  target.ariaPressed = String(pressed);
  collapseAll(pressed);
});
pause.addEventListener('click', togglePause);
document.querySelector('#clear').addEventListener('click', () => {
  clearedAt = new Date().toISOString();
  clear();
  say('Cleared.');
});

const source = new EventSource('/events');
source.addEventListener('open', () => {
  // Each connection begins with what is kept, so that after a restart of the system the page starts over too.
  clear();
  feed.textContent = 'Live';
});
source.addEventListener('error', () => {
  feed.textContent = 'Not connected: is npm start still running?';
});
source.addEventListener('message', ({ data }) => receive(JSON.parse(data)));
source.addEventListener('replayed', replayed);
