import { InvalidArgumentError } from 'commander';
import { compileFilter } from '../../services/pubsub/filter.ts';

/** A subscriber of the topic. */
export interface SubscriberSettings {
  /** Its subscription's id. */
  readonly name: string;
  /** Where messages are pushed to; undefined: they are pulled. */
  readonly url?: string;
  /** Pub/Sub's filter language; '' passes everything. */
  readonly filter: string;
}

/** https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names, and short enough for its dead letter's name. */
const SUBSCRIPTION_ID = /^(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,240}$/;
const OWN_NAMES = /^(incident-lead|demo-subscriber|subscriber-[0-9]+)(-dead-letter)?$/;
const EXAMPLE_FILTER = 'attributes.incidentStatus = "learning"';

// Each reads the text of an option for commander, which puts option and text before the sentences of the errors.

/** Adds a push subscriber: a URL, and a filter after a blank. */
export function addPushSubscriber(text: string, others: readonly SubscriberSettings[]): SubscriberSettings[] {
  const [url = '', ...filter] = text.trim().split(/\s+/);
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new InvalidArgumentError(
      `It must be an http or https URL, optionally followed by a space and a filter. Example: 'http://127.0.0.1:9000/ ${EXAMPLE_FILTER}'`,
    );
  }
  return [...others, { name: `subscriber-${others.length + 1}`, url, filter: readFilter(filter.join(' ')) }];
}

/** Adds a pull subscriber: the name of its subscription, and a filter after a colon. */
export function addPullSubscriber(text: string, others: readonly SubscriberSettings[]): SubscriberSettings[] {
  const [, name = '', filter = ''] = /^([^:]*)(?::(.*))?$/s.exec(text.trim()) ?? [];
  if (!SUBSCRIPTION_ID.test(name)) {
    throw new InvalidArgumentError(
      `It must be the name of a subscription (a letter, then letters, digits and . _ ~ + % -), optionally followed by a colon and a filter. Example: 'my-team:${EXAMPLE_FILTER}'`,
    );
  }
  if (OWN_NAMES.test(name))
    throw new InvalidArgumentError(`${name} is a subscription of npm start itself. Choose another name.`);
  if (others.some((other) => other.name === name))
    throw new InvalidArgumentError(`${name} is given twice. Choose another name.`);
  return [...others, { name, filter: readFilter(filter.trim()) }];
}

/** Returns the filter as it is. */
export function readFilter(filter: string): string {
  try {
    compileFilter(filter);
    return filter;
  } catch (error) {
    throw new InvalidArgumentError(
      `"${filter}" is not a Pub/Sub filter (${(error as Error).message}) Example: ${EXAMPLE_FILTER}`,
    );
  }
}
