import { button, element, say } from './elements.js';
import { clock, hopItem, mark } from './hop.js';

/** Older ones leave the page. */
const MAX_CARDS = 200;
const MAX_HOPS = 60;
/** Of those that the page begins with, so many are open. */
const OPEN_AT_FIRST = 10;

const events = document.querySelector('#events');
const count = document.querySelector('#count');
const none = document.querySelector('#none');
/** By event; the one that something happened to last is at the end. */
const cards = new Map();
let leftOut = 0;
let collapsed = false;
let filter = { text: '', outcome: '' };

/** Shows a hop on the card of its event, which moves to the top. `sendAgain` is called with a webhook id. */
export function showHop(hop, sendAgain) {
  const card = cards.get(hop.event) ?? newCard(hop, sendAgain);
  if (hop.incidentId) card.incident.textContent = `incident ${hop.incidentId}`;
  card.hops.append(hopItem(hop));
  if (card.hops.children.length > MAX_HOPS) {
    card.hops.firstElementChild.remove();
    card.dropped += 1;
    card.note.textContent = `${card.dropped} earlier hops are not shown.`;
  }
  card.states = hop.states;
  card.text += ` ${[hop.incidentId, hop.name, hop.text, hop.reason].filter(Boolean).join(' ').toLowerCase()}`;
  const [state] = hop.states;
  card.root.className = state;
  card.summary.className = `head ${state}`;
  card.state.replaceChildren(...mark(state));
  card.verdict.textContent = hop.verdict;
  card.time.replaceChildren(clock(hop.at));
  raise(hop.event, card);
  card.root.hidden = !passes(card);
  tellCount();
}

function newCard({ event, webhookId }, sendAgain) {
  const part = (name) => element('span', name);
  const card = { text: event.toLowerCase(), states: [], dropped: 0, hops: element('ol'), note: element('p', 'note') };
  Object.assign(card, { state: part(), incident: part('incident'), verdict: part('verdict'), time: part() });
  card.summary = element('summary', '', card.state, element('h3', '', event), card.incident, card.verdict, card.time);
  card.fold = element('details', '', card.summary, card.note, card.hops);
  if (webhookId) card.fold.append(element('div', 'more', details(webhookId), ...actions(webhookId, sendAgain)));
  card.fold.open = !collapsed;
  card.root = element('article', '', card.fold);
  card.root.id = event;
  return card;
}

function raise(event, card) {
  cards.delete(event);
  cards.set(event, card);
  if (cards.size > MAX_CARDS) {
    const [oldest, { root }] = cards.entries().next().value;
    root.remove();
    cards.delete(oldest);
    leftOut += 1;
  }
  if (events.firstElementChild === card.root) return;
  const focused = document.activeElement;
  events.prepend(card.root);
  if (card.root.contains(focused)) focused.focus({ preventScroll: true });
}

/** Body and message are read when somebody asks for them. */
function details(webhookId) {
  const fold = element('details', 'fold', element('summary', '', 'Body and message'));
  fold.addEventListener('toggle', async () => {
    if (!fold.open) return;
    const found = await (await fetch(`/details?id=${encodeURIComponent(webhookId)}`)).json();
    const texts = found.flatMap(([title, text]) => [element('h4', '', title), element('pre', '', text)]);
    fold.replaceChildren(fold.firstElementChild, ...texts);
    for (const pre of fold.querySelectorAll('pre')) pre.tabIndex = 0;
  });
  return fold;
}

function actions(webhookId, sendAgain) {
  const copy = button('Copy id', async () => {
    await navigator.clipboard.writeText(webhookId);
    say(`Copied ${webhookId}.`);
    copy.textContent = 'Copied';
    setTimeout(() => copy.replaceChildren('Copy id'), 2000);
  });
  const again = button('Send again', () => sendAgain(webhookId));
  again.title = 'Sends the same body under the same webhook id, with a new signature';
  return [copy, again];
}

/** Called once all events are there that the page begins with. */
export function replayed() {
  for (const { fold } of [...cards.values()].slice(0, -OPEN_AT_FIRST)) fold.open = false;
}

export function collapseAll(pressed) {
  collapsed = pressed;
  for (const { fold } of cards.values()) fold.open = !collapsed;
}

export function filterBy(changes) {
  filter = { ...filter, ...changes };
  let shown = 0;
  for (const card of cards.values()) {
    card.root.hidden = !passes(card);
    if (!card.root.hidden) shown += 1;
  }
  tellCount();
  say(`${shown} of ${cards.size} events match.`);
}

function passes({ text, states }) {
  const wanted = filter.outcome;
  const outcome = wanted === 'done' ? states[0] === 'done' : wanted === '' || states.includes(wanted);
  return outcome && text.includes(filter.text.trim().toLowerCase());
}

export function clearCards() {
  cards.clear();
  events.replaceChildren();
  leftOut = 0;
  tellCount();
}

function tellCount() {
  const shown = [...cards.values()].filter(({ root }) => !root.hidden).length;
  const all = shown === cards.size ? shown : `${shown} of ${cards.size}`;
  none.hidden = cards.size > 0;
  count.hidden = cards.size === 0;
  count.textContent = `${all} ${cards.size === 1 ? 'event' : 'events'}, the latest first.`;
  if (leftOut > 0) count.append(` ${leftOut} older ones are not shown: `, element('code', '', count.dataset.command));
}
