const MARKS = {
  done: ['✓', 'done'],
  ended: ['•', 'ended as it should'],
  warning: ['!', 'warning'],
  stopped: ['✗', 'stopped'],
  alert: ['▶', 'attention'],
};
/** Older ones leave the page. */
const MAX_CARDS = 50;

const form = document.querySelector('#form');
const answer = document.querySelector('#answer');
const events = document.querySelector('#events');
const feed = document.querySelector('#feed');
const cards = new Map();

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** The card of a webhook, made when its first hop comes; notices share one. */
function cardOf({ webhookId, name }) {
  const key = webhookId ?? (name === 'notice' ? 'Notices' : 'Without a usable webhook id');
  const known = cards.get(key);
  if (known) return known;
  const made = { incident: element('p', 'incident'), hops: element('ol') };
  made.card = element('article', '', element('h3', '', key), made.hops);
  cards.set(key, made);
  events.prepend(made.card);
  if (cards.size > MAX_CARDS) {
    const [oldest, { card }] = cards.entries().next().value;
    card.remove();
    cards.delete(oldest);
  }
  document.querySelector('#none').hidden = true;
  return made;
}

function show(hop) {
  const made = cardOf(hop);
  if (hop.incidentId && !made.incident.isConnected) {
    made.incident.textContent = `Incident ${hop.incidentId}`;
    made.hops.before(made.incident);
  }
  const [mark, state] = MARKS[hop.state];
  const sign = element('span', 'mark', `${mark} `);
  sign.ariaHidden = 'true';
  const time = element('time', '', new Date(hop.at).toTimeString().slice(0, 8) + hop.at.slice(19, 23));
  time.dateTime = hop.at;
  const what = element('span', 'what', sign, element('span', 'hidden', `${state}: `), hop.text);
  const line = element('li', hop.state, time, element('span', 'hop', hop.name), what);
  if (hop.why) line.append(element('span', 'why', hop.why));
  made.hops.append(line);
}

function fill(name, choices, none) {
  const select = form.elements[name];
  if (none) select.append(new Option(none, ''));
  for (const [value, what] of choices) select.append(new Option(what ? `${value}: ${what}` : value, value));
}

/** Status and lead are the incident update's alone. */
function fit() {
  const other = form.elements.event.value !== '';
  for (const name of ['status', 'lead']) form.elements[name].disabled = other;
}

async function send(submitted) {
  submitted.preventDefault();
  const chosen = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ''));
  const button = form.querySelector('button');
  // Not "disabled", which would take the focus away.
  if (button.ariaDisabled === 'true') return;
  button.ariaDisabled = 'true';
  answer.replaceChildren(element('p', '', 'Sending ...'));
  try {
    const response = await fetch('/send', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(chosen),
    });
    const { title, meaning } = await response.json();
    answer.replaceChildren(element('p', '', element('strong', '', title)), element('p', '', meaning));
  } catch {
    answer.replaceChildren(element('p', '', 'The local system does not answer. Is npm start still running?'));
  } finally {
    button.ariaDisabled = 'false';
  }
}

const choices = await (await fetch('/choices')).json();
fill(
  'event',
  choices.events.map((type) => [type]),
  'the incident update',
);
fill(
  'status',
  choices.statuses.map((status) => [status]),
);
form.elements.status.value = 'learning';
fill('lead', Object.entries(choices.leads), "the example's own");
fill('fault', Object.entries(choices.faults), 'none');
form.elements.event.addEventListener('change', fit);
form.addEventListener('submit', send);

const source = new EventSource('/events');
source.addEventListener('open', () => {
  // Each connection begins with what is kept, so that a restart of the system begins anew here too.
  cards.clear();
  events.replaceChildren();
  feed.textContent = 'Live';
});
source.addEventListener('error', () => {
  feed.textContent = 'Not connected: is npm start still running?';
});
source.addEventListener('message', ({ data }) => show(JSON.parse(data)));
