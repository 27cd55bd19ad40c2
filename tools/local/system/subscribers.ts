import { compileFilter } from '../../services/pubsub/filter.ts';

/** The topic of local runs; the same name as in production. */
export const TOPIC = 'projects/alan-eu-tools/topics/incident-events';

/** A subscriber of the topic. */
export interface SubscriberSettings {
  /** Its subscription's id. */
  readonly name: string;
  /** Where messages are pushed to; undefined: they are pulled. */
  readonly url: string | undefined;
  /** Pub/Sub's filter language; '' passes everything. */
  readonly filter: string;
}

/** https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names, and short enough for its dead letter's name. */
const SUBSCRIPTION_ID = /^(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,240}$/;
const OWN_NAMES = /^(incident-lead|demo-subscriber|subscriber-[0-9]+)(-dead-letter)?$/;
const EXAMPLE_FILTER = 'attributes.incidentStatus = "learning"';

/** @throws Error where the text of `--subscriber` is not a URL, and a filter after a blank. */
export function readPushSubscriber(text: string, index: number): SubscriberSettings {
  const [url = '', ...rest] = text.trim().split(/\s+/);
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new Error(
      `--subscriber must be an http or https URL, optionally followed by a space and a filter, but is "${text}". Example: --subscriber 'http://127.0.0.1:9000/ ${EXAMPLE_FILTER}'`,
    );
  }
  return { name: `subscriber-${index + 1}`, url, filter: checkFilter('--subscriber', rest.join(' ')) };
}

/** @throws Error where the text of `--pull` is not the name of a subscription, and a filter after a colon. */
export function readPullSubscriber(text: string): SubscriberSettings {
  const [, name = '', filter = ''] = /^([^:]*)(?::(.*))?$/s.exec(text.trim()) ?? [];
  if (!SUBSCRIPTION_ID.test(name)) {
    throw new Error(
      `--pull must be the name of a subscription (a letter, then letters, digits and . _ ~ + % -), optionally followed by a colon and a filter, but is "${text}". Example: --pull 'my-team:${EXAMPLE_FILTER}'`,
    );
  }
  if (OWN_NAMES.test(name))
    throw new Error(`--pull: ${name} is a subscription of npm start itself. Choose another name.`);
  return { name, url: undefined, filter: checkFilter('--pull', filter.trim()) };
}

/** @throws Error where the value of `--demo-subscriber` is not a filter. */
export function readDemoFilter(option: string | true | undefined): string | undefined {
  if (option === undefined) return undefined;
  return checkFilter('--demo-subscriber', option === true ? '' : option);
}

function checkFilter(option: string, filter: string): string {
  try {
    compileFilter(filter);
    return filter;
  } catch (error) {
    throw new Error(
      `${option}: "${filter}" is not a Pub/Sub filter (${(error as Error).message}) Example: ${EXAMPLE_FILTER}`,
    );
  }
}
